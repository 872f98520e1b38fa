package link

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"slices"
	"strings"
)

// A Table holds what was mined from the bytes of one design: every value that
// stood somewhere, by its hash, and every number. It is all that linkers get.
type Table struct {
	Parties []string
	Paths   []Path
	Units   []Unit
	Leaves  []Leaf   // by value, unit and path once it is sorted
	Numbers []Number // of the leaves that are numbers or times

	several []span // values that stand in two units or more, of the sorted leaves
	byUnit  []Leaf // without windows, by unit, path and value
	first   []int  // by unit: where its leaves begin; one more at the end
}

// span is the leaves of one value.
type span struct{ first, last int }

// A Path says where in a message values stand, without array indexes, so that
// it names a role and not a place.
type Path struct {
	Name   string
	Kind   Kind
	Window bool // bytes out of the middle of values that were not taken apart
}

// A Unit is what one party saw of one visit. Which visit it was is the lab's
// label, which every party knows of its own visits and no linker uses to join.
type Unit struct {
	Party uint32 // index into Parties
	Visit uint32
	At    int64 // when the party saw it first, seconds since 1970
}

// A Leaf is one value that stood in a unit.
type Leaf struct {
	Value uint64 // hash of the value
	Path  uint32 // index into Paths
	Unit  uint32 // index into Units
}

// A Number is a leaf that can be counted with: an index, a size, or a time in
// seconds since 1970.
type Number struct {
	Value int64
	Path  uint32
	Unit  uint32
}

// A Kind is what the values at a path look like. It is mined, not declared.
type Kind uint8

// The kinds of paths.
const (
	Value   Kind = iota // anything
	Index               // whole numbers
	Time                // instants: numbers or texts near the time of the visit
	Size                // lengths of messages
	Contact             // when a party was in contact with somebody
	kinds
)

func compareLeaves(a, b Leaf) int {
	if a.Value != b.Value { // nearly always
		return cmp.Compare(a.Value, b.Value)
	}
	return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Path, b.Path))
}

func (l Leaf) before(o Leaf) bool {
	if l.Value != o.Value { // nearly always
		return l.Value < o.Value
	}
	return l.Unit < o.Unit || l.Unit == o.Unit && l.Path < o.Path
}

// Sort orders the leaves, drops double ones, and drops windows that say
// nothing of anybody: those of one unit alone, which nearly all are, and those
// of a great part of all units, which are how messages look. Of values that
// stand in the same units at the same paths, as all windows of one signature
// do, it keeps one: they say the same.
func (t *Table) Sort() {
	t.Leaves = SortLeaves(t.Leaves)
	most := max(len(t.Units)/4, 8)
	seed, seen := maphash.MakeSeed(), make(map[uint64]bool)
	kept := t.Leaves[:0]
	var places []byte
	for rest := t.Leaves; len(rest) > 0; {
		n := sameValue(rest)
		g := rest[:n]
		rest = rest[n:]
		units := 1
		for i := 1; i < n; i++ {
			if g[i].Unit != g[i-1].Unit {
				units++
			}
		}
		if units == 1 || units > most {
			g = slices.DeleteFunc(g, func(l Leaf) bool { return t.Paths[l.Path].Window })
		}
		if units > 1 {
			places = places[:0]
			for _, l := range g {
				places = binary.LittleEndian.AppendUint64(places, uint64(l.Unit)<<32|uint64(l.Path))
			}
			sum := maphash.Bytes(seed, places)
			if seen[sum] {
				continue
			}
			seen[sum] = true
		}
		kept = append(kept, g...)
	}
	t.Leaves = slices.Clip(kept)
	t.index()
}

// index finds the values that may join something, and lays the leaves out by
// units.
func (t *Table) index() {
	t.several = nil
	for first := 0; first < len(t.Leaves); {
		last := first + sameValue(t.Leaves[first:])
		if t.Leaves[first].Unit != t.Leaves[last-1].Unit {
			t.several = append(t.several, span{first, last})
		}
		first = last
	}
	t.first = make([]int, len(t.Units)+1)
	for _, l := range t.Leaves {
		if !t.Paths[l.Path].Window {
			t.first[l.Unit+1]++
		}
	}
	for i := range t.Units {
		t.first[i+1] += t.first[i]
	}
	t.byUnit = make([]Leaf, t.first[len(t.Units)])
	next := slices.Clone(t.first)
	for _, l := range t.Leaves {
		if !t.Paths[l.Path].Window {
			t.byUnit[next[l.Unit]] = l
			next[l.Unit]++
		}
	}
	for i := range t.Units {
		slices.SortFunc(t.of(i), func(a, b Leaf) int {
			if a.Path != b.Path {
				return cmp.Compare(a.Path, b.Path)
			}
			return cmp.Compare(a.Value, b.Value)
		})
	}
}

// of gives the leaves of a unit without windows, by path and value.
func (t *Table) of(unit int) []Leaf { return t.byUnit[t.first[unit]:t.first[unit+1]] }

// SortLeaves orders leaves by value, unit and path, in place, and drops double
// ones. Values are hashes, and so their first bits cut the leaves into many
// parts of like size, which are sorted each for itself.
func SortLeaves(ls []Leaf) []Leaf {
	shift := 64 - min(bits.Len(uint(len(ls)/16)), 18)
	parts := 1 << (64 - shift)
	ends := make([]int, parts)
	for _, l := range ls {
		ends[l.Value>>shift]++
	}
	next := make([]int, parts)
	for i := range ends[1:] {
		next[i+1] = ends[i]
		ends[i+1] += ends[i]
	}
	first := 0
	for part, end := range ends {
		for next[part] < end {
			l := ls[next[part]]
			for to := l.Value >> shift; to != uint64(part); to = l.Value >> shift {
				l, ls[next[to]] = ls[next[to]], l
				next[to]++
			}
			ls[next[part]] = l
			next[part]++
		}
		if few := ls[first:end]; len(few) > 32 {
			slices.SortFunc(few, compareLeaves)
		} else { // nearly all of them
			for i := range few {
				for j := i; j > 0 && few[j].before(few[j-1]); j-- {
					few[j], few[j-1] = few[j-1], few[j]
				}
			}
		}
		first = end
	}
	return slices.Compact(ls)
}

// sameValue counts the leaves of the first value.
func sameValue(ls []Leaf) int {
	n := 1
	for n < len(ls) && ls[n].Value == ls[0].Value {
		n++
	}
	return n
}

// A View is the units that a coalition has, and whether its members compare
// them: a platform alone joins its own units only.
type View struct {
	In     []bool // by unit
	Shared bool
}

// groups calls f with all leaves of each value that stands in two or more of
// the units, in the order of the values, but for those to skip. f must not
// keep its argument.
func (t *Table) groups(v View, skip map[uint64]bool, f func([]Leaf)) {
	var group []Leaf
	flush := func(g []Leaf) {
		if len(g) > 1 && g[0].Unit != g[len(g)-1].Unit {
			f(g)
		}
	}
	for _, s := range t.several {
		if skip[t.Leaves[s.first].Value] {
			continue
		}
		group = group[:0]
		for _, l := range t.Leaves[s.first:s.last] {
			if v.In[l.Unit] {
				group = append(group, l)
			}
		}
		if v.Shared || len(group) < 2 {
			flush(group)
			continue
		}
		slices.SortStableFunc(group, func(a, b Leaf) int { return cmp.Compare(t.Units[a.Unit].Party, t.Units[b.Unit].Party) })
		for first := 0; first < len(group); {
			last := first + 1
			for last < len(group) && t.Units[group[last].Unit].Party == t.Units[group[first].Unit].Party {
				last++
			}
			flush(group[first:last])
			first = last
		}
	}
}

// Truth says of each unit whose it was and where; no linker reads it of the
// people it is used on.
type Truth struct {
	Person   []uint32 // by unit
	Platform []int32  // by unit; -1 for a visit at no platform
	People   int      // how many there are: persons are numbered below
}

// role is a party without its own name: "platform" of "platform:syn-01".
func (t *Table) role(unit uint32) string {
	role, _, _ := strings.Cut(t.Parties[t.Units[unit].Party], ":")
	return role
}

// byChance orders units in a way that has nothing to do with whose they are:
// the lab counts visits person by person.
func (t *Table) byChance(a, b uint32) int {
	mix := func(u uint32) uint64 {
		h := (uint64(t.Units[u].Visit) + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9
		return (h ^ h>>29) * 0x94d049bb133111eb
	}
	return cmp.Or(cmp.Compare(mix(a), mix(b)), cmp.Compare(t.Parties[t.Units[a].Party], t.Parties[t.Units[b].Party]))
}

// A set of small numbers.
type set []uint64

func newSet(n int) set     { return make(set, (n+63)/64) }
func (s set) add(i uint32) { s[i/64] |= 1 << (i % 64) }
