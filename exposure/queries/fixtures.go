package queries

import (
	"math"

	"github.com/halfmask/halfmask/exposure/engine"
)

// A shape is people with something that joins get wrong, in columns of their
// own.
type shape struct {
	logins  []int // by person
	columns []func(person, login int) []uint64
}

func each(people, logins int) []int {
	of := make([]int, people)
	for i := range of {
		of[i] = logins
	}
	return of
}

func own(p, l int) uint64 { return engine.Mix(uint64(p), uint64(l)) }

// shapes are long paths, in which each login shares a value with the next;
// stars; hashes of zero, of all ones and at the end of signed numbers; values
// that two people share, and classes; a value in far too many units.
var shapes = []shape{
	{each(20, 20), []func(p, l int) []uint64{
		func(p, l int) []uint64 { return []uint64{own(p, l/2)} },
		func(p, l int) []uint64 { return []uint64{own(p, 1000+(l+1)/2)} },
	}},
	{each(20, 200), []func(p, l int) []uint64{func(p, l int) []uint64 { return []uint64{own(p, 0), own(p, 1+l)} }}},
	{each(40, 6), []func(p, l int) []uint64{
		func(p, l int) []uint64 {
			return []uint64{[]uint64{0, math.MaxUint64, math.MaxInt64, 1 << 63, uint64(p) + 1}[min(p, 4)]}
		},
		func(int, int) []uint64 { return []uint64{0} },
		func(int, int) []uint64 { return []uint64{math.MaxUint64} },
	}},
	{each(60, 4), []func(p, l int) []uint64{
		func(p, l int) []uint64 { return []uint64{own(p, 0)} },
		func(p, l int) []uint64 { return []uint64{uint64(p / 2)} },
		func(p, l int) []uint64 { return []uint64{uint64(p % 5), own(p, l)} },
	}},
	{append(each(20, 3), 90), []func(p, l int) []uint64{
		func(p, l int) []uint64 { return []uint64{own(p, 0)} },
		func(p, l int) []uint64 { return []uint64{own(p, 1+l/3)} },
	}},
}

// Fixtures are small data that joins get wrong: all shapes in one town, a
// town without a value, and one without people.
func Fixtures() ([]Data, error) {
	var all [256]bool
	for i := range all {
		all[i] = true
	}
	together := engine.View{Name: "together", Members: all}
	views := []engine.View{together, {Name: "alone", Members: [256]bool{1: true, 2: true, 3: true, 5: true}, Alone: true}}
	var data []Data
	for _, town := range []struct {
		name   string
		shapes []shape
		views  []engine.View
	}{
		{"all shapes", shapes, views},
		{"no values", []shape{{each(10, 3), []func(int, int) []uint64{func(int, int) []uint64 { return nil }}}}, views[:1]},
		{"nobody", []shape{{nil, []func(int, int) []uint64{func(int, int) []uint64 { return nil }}}}, views[:1]},
	} {
		t, err := table(town.shapes)
		if err != nil {
			return nil, err
		}
		data = append(data, Data{Name: town.name, Seed: 1, Values: t, Views: town.views})
	}
	return data, nil
}

// table puts the people of the shapes side by side.
func table(shapes []shape) (*engine.Table, error) {
	u := engine.Units{First: []uint32{0}}
	var columns [][]engine.Entry
	for _, s := range shapes {
		first := len(columns)
		columns = append(columns, make([][]engine.Entry, len(s.columns))...)
		for p, n := range s.logins {
			for l := range n {
				unit := uint32(len(u.Party))
				u.Party, u.Platform = append(u.Party, engine.Party((p+l)%7)), append(u.Platform, uint8((p+l)%7))
				for c, values := range s.columns {
					for _, v := range values(p, l) {
						columns[first+c] = append(columns[first+c], engine.Entry{Value: v, Unit: unit})
					}
				}
			}
			u.First = append(u.First, uint32(len(u.Party)))
		}
	}
	t, err := engine.NewTable(u)
	if err != nil {
		return nil, err
	}
	for c, entries := range columns {
		if err := t.Add(engine.Column{Name: "column " + string(rune('a'+c))}, entries); err != nil {
			return nil, err
		}
	}
	return t, nil
}
