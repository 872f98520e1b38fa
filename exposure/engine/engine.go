// Package engine joins what the parties of a design saw, for populations of
// the size of a country, and counts what came of it: the linker and the
// figures of package exposure (spec/exposure.md, R-EXP-03 and section 4) over
// columns of hashed values instead of messages.
//
//	Data     --> columns of (value, unit)     from a stand-in, or from a run
//	radix    --> groups of equal values       one column at a time
//	learn    --> may the column join?         on the half of the people not scored
//	sets     --> components, for each View    union-find
//	tally    --> Counts --> Figures           contingency sums, Poisson bootstrap
//
// A unit is what one party saw of one visit. A value is 64 bits; two values
// of twelve million fall together by chance in four columns of a million. All
// sums are integers, so that other engines can be held to them.
//
// Start at [Run]; [Memory] says beforehand what it will take. Left out: joins
// by anything but exact values, which package exposure's other linkers make on
// executed runs.
package engine

import (
	"context"
	"errors"
	"fmt"
)

// Party is who saw a unit: a platform by its place in the schedule's list, or
// one of those below.
type Party uint8

// Parties that are no platforms.
const (
	Issuer     Party = 255 // enrolls; in the centralized designs it answers logins too
	StatusHost Party = 254
	Observer   Party = 253 // of the network
)

// NoPlatform is the platform of units that belong to no login.
const NoPlatform = 255

// Units are what the parties saw, in columns. Units of one person follow each
// other, and of those the units of one login, the platform's first.
type Units struct {
	First    []uint32 // by person: its first unit; one more at the end
	Party    []Party
	Platform []uint8 // whose login it was, NoPlatform for none
}

// Len counts the units.
func (u *Units) Len() int { return len(u.Party) }

// People counts the people.
func (u *Units) People() int { return len(u.First) - 1 }

// A Column is one kind of value that units carry.
type Column struct {
	Name string
	// Names says that document numbers of the register stand there: whoever
	// has one knows whose unit it is.
	Names bool
}

// An Entry is a value in a unit. Fill sets Value and Unit.
type Entry struct {
	Value uint64
	Unit  uint32

	party    Party
	platform uint8
	half     uint8
}

// Data is what Run joins.
type Data interface {
	Units() *Units
	Columns() []Column
	// Fill appends the entries of a column that belong to the people from
	// first to before last, by units. It is called from several goroutines.
	Fill(column, first, last int, to []Entry) []Entry
}

// A View is the units that a coalition has.
type View struct {
	Name    string
	Members [256]bool // by Party
	// Alone keeps the members from comparing: each joins its own units only.
	Alone bool
	// Platforms leaves logins at other platforms out; nil leaves none.
	Platforms *[256]bool
	// Directory says that the members who are no platforms can tell from a
	// unit of a login at which platform it was.
	Directory bool
}

func (v *View) has(party Party, platform uint8) bool {
	return v.Members[party] && (v.Platforms == nil || platform == NoPlatform || v.Platforms[platform])
}

// Options of Run. The zero value works.
type Options struct {
	Seed     uint64                          // of the halves and of the intervals
	Progress func(done, total int)           // called between columns
	Column   func(name string, by []Verdict) // told what was made of a column, by view
}

// Run joins the data for each view and counts.
func Run(ctx context.Context, d Data, views []View, o Options) ([]*Counts, error) {
	units := d.Units()
	if err := units.check(); err != nil {
		return nil, err
	}
	if len(views) == 0 {
		return nil, errors.New("engine: no view")
	}
	r := newRun(units, views, o.Seed)
	columns := d.Columns()
	for c := range columns {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		sorted := r.column(d, c)
		verdicts := make([]Verdict, len(views))
		each(len(views), func(v int) {
			verdicts[v] = r.learn(sorted, &views[v])
			verdicts[v].Again = r.join(sorted, &views[v], verdicts[v], r.sets[v])
		})
		if o.Column != nil {
			o.Column(columns[c].Name, verdicts)
		}
		if o.Progress != nil {
			o.Progress(c+1, len(columns))
		}
	}
	return r.count(d)
}

func (u *Units) check() error {
	if len(u.First) == 0 || len(u.Platform) != len(u.Party) || int(u.First[len(u.First)-1]) != len(u.Party) || u.First[0] != 0 {
		return errors.New("engine: the columns of the units are not of one length")
	}
	for p := range u.People() {
		if u.First[p] > u.First[p+1] {
			return fmt.Errorf("engine: the units of person %d end before they begin", p)
		}
	}
	return nil
}
