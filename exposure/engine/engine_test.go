package engine

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// logins makes units of one login each, at the platforms given by person.
func logins(platforms ...[]uint8) Units {
	u := Units{First: []uint32{0}}
	for _, list := range platforms {
		for _, p := range list {
			u.Party, u.Platform = append(u.Party, Party(p)), append(u.Platform, p)
		}
		u.First = append(u.First, uint32(len(u.Party)))
	}
	return u
}

func everybody() View {
	v := View{Name: "all"}
	for i := range v.Members {
		v.Members[i] = true
	}
	return v
}

func table(t testing.TB, u Units, columns ...[]Entry) *Table {
	t.Helper()
	d, err := NewTable(u)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range columns {
		if err := d.Add(Column{Name: string(rune('a' + i))}, c); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func runOne(t testing.TB, d Data, v View) *Counts {
	t.Helper()
	c, err := Run(context.Background(), d, []View{v}, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return c[0]
}

// A number of people who log in n times each with a value of their own.
func crowd(people, n int, value func(person, login int) uint64) (Units, []Entry) {
	list := make([][]uint8, people)
	var entries []Entry
	for p := range list {
		for l := range n {
			list[p] = append(list[p], uint8(l%80))
			entries = append(entries, Entry{Value: value(p, l), Unit: uint32(p*n + l)})
		}
	}
	return logins(list...), entries
}

func TestJoins(t *testing.T) {
	for _, c := range []struct {
		name      string
		value     func(person, login int) uint64
		recall    float64
		precision float64 // NaN: nothing joined
	}{
		{"one value each", func(p, _ int) uint64 { return Mix(1, uint64(p)) }, 1, 1},
		{"fresh values", func(p, l int) uint64 { return Mix(uint64(l), uint64(p)) }, 0, math.NaN()},
		{"one value for all", func(int, int) uint64 { return 7 }, 0, math.NaN()},
		{"hash zero for all", func(int, int) uint64 { return 0 }, 0, math.NaN()},
		{"hash of ones for all", func(int, int) uint64 { return math.MaxUint64 }, 0, math.NaN()},
		{"small values", func(p, _ int) uint64 { return uint64(p) }, 1, 1},
		{"high values", func(p, _ int) uint64 { return math.MaxUint64 - uint64(p) }, 1, 1},
		{"a class of people", func(p, _ int) uint64 { return uint64(p % 20) }, 0, math.NaN()},
		{"shared by pairs of people", func(p, _ int) uint64 { return uint64(p / 2) }, 0, math.NaN()},
		{"one credential for two logins", func(p, l int) uint64 { return Mix(uint64(p), uint64(l/2)) }, 1. / 3, 1},
	} {
		u, entries := crowd(400, 4, c.value)
		got := runOne(t, table(t, u, entries), everybody())
		precision, recall := got.Pairwise()
		if math.Abs(recall-c.recall) > 1e-12 || (precision != c.precision && !(math.IsNaN(precision) && math.IsNaN(c.precision))) {
			t.Errorf("%s: recall %v and precision %v, not %v and %v", c.name, recall, precision, c.recall, c.precision)
		}
	}
}

// What each platform holds by itself joins nothing across them.
func TestAlone(t *testing.T) {
	u, entries := crowd(300, 160, func(p, _ int) uint64 { return Mix(1, uint64(p)) })
	v := everybody()
	v.Alone = true
	c := runOne(t, table(t, u, entries), v)
	if num, den := c.CrossPlatform.Sums(); num != 0 || den != 300*80*79/2 {
		t.Errorf("%d of %d pairs of platforms are joined", num, den)
	}
	if num, den := c.Within.Sums(); num != den || den != 300*80 {
		t.Errorf("%d of %d pairs of visits at a platform are joined", num, den)
	}
}

// Naming: by a column that names, through components, and not where two
// people's names meet.
func TestNames(t *testing.T) {
	u, key := crowd(200, 3, func(p, _ int) uint64 { return Mix(1, uint64(p)) })
	d := table(t, u, key)
	var names []Entry
	for p := range 100 {
		names = append(names, Entry{Value: Mix(2, uint64(p)), Unit: uint32(3 * p)})
	}
	if err := d.Add(Column{Name: "document_number", Names: true}, names); err != nil {
		t.Fatal(err)
	}
	c := runOne(t, d, everybody())
	if num, den := c.Sighted.Sums(); c.Named != 100 || num != 300 || den != 600 {
		t.Errorf("%d people named, %d of %d logins sighted", c.Named, num, den)
	}
}

// Closed form: with every person logging in n times and a batch of k used in
// turn, floor and rest of n/k give the pairs (facts: EUDI ARF topic A method C).
func TestRotatingBatch(t *testing.T) {
	for _, c := range []struct {
		n    int
		want float64
	}{{20, 0}, {21, 0.0048}, {40, 0.0256}, {100, 0.0404}, {1000, 0.0490}} {
		u, entries := crowd(60, c.n, func(p, l int) uint64 { return Mix(uint64(p), uint64(l%20)) })
		_, recall := runOne(t, table(t, u, entries), everybody()).Pairwise()
		if math.Abs(recall-c.want) > 0.00005 {
			t.Errorf("batch of 20 and %d uses: recall %.5f, not %v", c.n, recall, c.want)
		}
	}
}

func TestBCubed(t *testing.T) {
	c := &Counts{Contingency: map[Cell]int64{{1, 2, 1}: 6, {3, 3, 2}: 1, {3, 1, 1}: 1, {1, 3, 1}: 1}}
	// Logins: six alone of two each; a component of two of one person's three and another's only one.
	p, r := c.BCubed()
	if want := (2 * 0.5) / 3; math.Abs(p-want) > 1e-12 {
		t.Errorf("precision %v, not %v", p, want)
	}
	if want := (2 * 0.5) / 9; math.Abs(r-want) > 1e-12 {
		t.Errorf("recall %v, not %v", r, want)
	}
	right, joined, all := c.Pairs()
	if right != 1 || joined != 3 || all != 6 {
		t.Errorf("pairs: %d of %d joined of %d", right, joined, all)
	}
}

func TestSort(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, value := range []func(int) uint64{
		func(int) uint64 { return r.Uint64() },
		func(i int) uint64 { return uint64(i % 3) },
		func(i int) uint64 { return r.Uint64() << 56 },
		func(i int) uint64 { return ^uint64(0) >> (i % 64) },
	} {
		for _, n := range []int{0, 1, 5, 23, 24, 1000, 70000} {
			entries := make([]Entry, n)
			for i := range entries {
				entries[i] = Entry{Value: value(i), Unit: uint32(i)}
			}
			want := slices.Clone(entries)
			slices.SortStableFunc(want, func(a, b Entry) int {
				switch {
				case a.Value < b.Value:
					return -1
				case a.Value > b.Value:
					return 1
				}
				return 0
			})
			if new(sorter).sort(entries); !slices.Equal(entries, want) {
				t.Fatalf("%d entries are out of order", n)
			}
		}
	}
}

// The Poisson bootstrap by classes of people covers what it says.
func TestIntervals(t *testing.T) {
	covered := 0
	for w := range 200 {
		r := rand.New(rand.NewPCG(uint64(w), 9))
		var s Sample
		for range 300 {
			n := 1 + int(3*r.ExpFloat64())
			k := 0
			for range n {
				if r.Float64() < 0.5 {
					k++
				}
			}
			s.add(k, n)
		}
		if e := s.Ratio(uint64(w)); e.Lo <= 0.5 && 0.5 <= e.Hi {
			covered++
		}
	}
	if covered < 180 {
		t.Errorf("%d of 200 intervals cover the truth", covered)
	}
}

func TestRefusesBeforeTheRun(t *testing.T) {
	size := Size{People: 6_000_000, Units: 31_000_000, Views: 18}
	if err := Check(size, Memory(size)); err != nil {
		t.Error(err)
	}
	var too *TooLargeError
	if err := Check(size, 1<<30); !errors.As(err, &too) {
		t.Fatalf("a run larger than the machine: %v", err)
	}
	if too.Fits < 100_000 || too.Fits > 6_000_000 {
		t.Errorf("%d people are said to fit", too.Fits)
	}
	size.Units = int(float64(size.Units) * float64(too.Fits) / float64(size.People))
	size.People = too.Fits
	if err := Check(size, 1<<30); err != nil {
		t.Errorf("what is said to fit does not: %v", err)
	}
}

func TestRefusesBrokenColumns(t *testing.T) {
	for name, u := range map[string]Units{
		"no people":           {},
		"units of no length":  {First: []uint32{0, 1}},
		"units of two":        {First: []uint32{0, 1}, Party: []Party{1}, Platform: nil},
		"ends before it":      {First: []uint32{0, 2, 1, 2}, Party: []Party{1, 1}, Platform: []uint8{1, 1}},
		"does not begin at 0": {First: []uint32{1, 1}, Party: []Party{1}, Platform: []uint8{1}},
	} {
		if _, err := NewTable(u); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	d := table(t, logins([]uint8{1}))
	if d.Add(Column{Name: "x"}, []Entry{{Unit: 1}}) == nil {
		t.Error("an entry of a unit that is not there: taken")
	}
	if d.Add(Column{Name: "y"}, nil) != nil || d.Add(Column{Name: "y"}, nil) == nil {
		t.Error("two columns of one name: taken")
	}
}
