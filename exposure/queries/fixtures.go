package queries

import (
	"math"

	"github.com/halfmask/halfmask/exposure/engine"
)

// Fixtures are small data that joins get wrong: long paths, stars, hashes of
// zero and of all ones, blocks that are too large, values that two people
// share, nothing at all.
func Fixtures() ([]Data, error) {
	var all [256]bool
	for i := range all {
		all[i] = true
	}
	views := []engine.View{{Name: "together", Members: all}, {Name: "alone", Members: all, Alone: true}, {Name: "few", Members: [256]bool{1: true, 2: true, 3: true}}}
	var data []Data
	add := func(name string, logins []int, columns ...func(person, login int) []uint64) error {
		u := engine.Units{First: []uint32{0}}
		entries := make([][]engine.Entry, len(columns))
		for p, n := range logins {
			for l := range n {
				unit := uint32(len(u.Party))
				u.Party, u.Platform = append(u.Party, engine.Party((p+l)%7)), append(u.Platform, uint8((p+l)%7))
				for c, values := range columns {
					for _, v := range values(p, l) {
						entries[c] = append(entries[c], engine.Entry{Value: v, Unit: unit})
					}
				}
			}
			u.First = append(u.First, uint32(len(u.Party)))
		}
		t, err := engine.NewTable(u)
		if err != nil {
			return err
		}
		for c := range columns {
			if err := t.Add(engine.Column{Name: "column " + string(rune('a'+c))}, entries[c]); err != nil {
				return err
			}
		}
		data = append(data, Data{Name: name, Seed: 1, Values: t, Views: views})
		return nil
	}
	each := func(people, logins int) []int {
		of := make([]int, people)
		for i := range of {
			of[i] = logins
		}
		return of
	}
	own := func(p, l int) uint64 { return engine.Mix(uint64(p), uint64(l)) }
	for _, err := range []error{
		// Each login shares a value with the next: components are long paths.
		add("paths", each(20, 130), func(p, l int) []uint64 { return []uint64{own(p, l/2)} }, func(p, l int) []uint64 { return []uint64{own(p, 1000+(l+1)/2)} }),
		add("stars", each(20, 200), func(p, l int) []uint64 { return []uint64{own(p, 0), own(p, 1+l)} }),
		add("ends of the hash", each(40, 6), func(p, l int) []uint64 {
			switch p {
			case 3:
				return []uint64{0}
			case 4:
				return []uint64{math.MaxUint64}
			case 5:
				return []uint64{math.MaxInt64}
			case 6:
				return []uint64{1 << 63}
			}
			return []uint64{uint64(p) + 10}
		}, func(int, int) []uint64 { return []uint64{0} }, func(int, int) []uint64 { return []uint64{math.MaxUint64} }),
		add("shared", each(60, 4), func(p, l int) []uint64 { return []uint64{own(p, 0)} }, func(p, l int) []uint64 { return []uint64{uint64(p / 2)} }, func(p, l int) []uint64 { return []uint64{uint64(p % 5), own(p, l)} }),
		add("a block too large", append(each(20, 3), 90), func(p, l int) []uint64 { return []uint64{own(p, 0)} }, func(p, l int) []uint64 { return []uint64{own(p, 1+l/3)} }),
		add("no values", each(10, 3), func(int, int) []uint64 { return nil }),
		add("nobody", nil, func(int, int) []uint64 { return nil }),
	} {
		if err != nil {
			return nil, err
		}
	}
	return data, nil
}
