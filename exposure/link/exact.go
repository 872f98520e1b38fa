package link

import (
	"cmp"
	"math/bits"
	"slices"
)

// An Exact linker joins units by exact values. It learns, on people whose
// visits it is told (R-EXP-03), which paths carry identifiers: a path is
// admitted when values there belong to one person each and join that person's
// visits, and different people are not expected to share a value. Then it
// joins the visits of people it was told nothing of, by every value at
// admitted paths that belonged to no more than one training person, the surest
// paths first, and makes no join that would give somebody two values at a
// surer path where everybody has one: two people of one name have two document
// numbers.
type Exact struct {
	table     *Table
	admitted  []uint32        // paths that carry identifiers, the surest first
	telling   []bool          // the same, by path
	single    []bool          // by path: those where a person has one value
	common    map[uint64]bool // values of two or more training people
	directory []bool          // by path: those that say which platform a visit was at
}

const (
	// support is how many training people have to have a value of their own
	// at a path that joins visits of theirs before the path counts as one that
	// carries identifiers, and how many platforms a path has to tell apart
	// before it counts as one that names them.
	support = 3

	// maxCollisions bounds how many other people of the whole population may
	// be expected to share a person's value of an admitted path by chance; it
	// keeps the precision of the joins at 0.99 and above.
	maxCollisions = 0.01

	// maxSharing is the share of training people above which having a value in
	// common makes a path a class of people, such as an age band: that some of
	// its values belong to one person each is then chance.
	maxSharing = 0.05

	// rare is the most training people who share a value that foretells a
	// wrong join. Values of two or more training people are set aside, so
	// those of many people do no harm. What does is a value of two scored
	// people that at most one training person has. As people fall into the
	// halves by chance, pairs of these are as many, in expectation, as the
	// pairs of training people whose value at most one other training person
	// has: values of two people and of three.
	rare = 3
)

// Support is how many people who came twice there must be to learn from.
const Support = support

// tally is what training people had at a path.
type tally struct {
	joined     set              // people with visits joined by a value of their own
	sharing    set              // people with a value that others have too, but not most
	collisions int              // pairs of people with a rare value in common
	platforms  map[int32]uint64 // the one value that people share at each
	several    bool             // a value of several platforms, or several of one
}

func (s set) count() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// distinct collects numbers once each; a new round forgets them.
type distinct struct {
	round uint32
	last  []uint32
	list  []uint32
}

func newDistinct(n int) *distinct { return &distinct{last: make([]uint32, n)} }

func (d *distinct) reset() { d.round++; d.list = d.list[:0] }

func (d *distinct) add(i uint32) {
	if d.last[i] != d.round {
		d.last[i] = d.round
		d.list = append(d.list, i)
	}
}

// LearnExact trains on a view of training people. population is the number of
// people the linker will be used on, training included. Masked paths, by
// index, are as if they had not been mined; nil masks none.
func LearnExact(t *Table, v View, truth Truth, population int, masked []bool) *Exact {
	paths := len(t.Paths)
	l := &Exact{table: t, telling: make([]bool, paths), single: make([]bool, paths), common: make(map[uint64]bool), directory: make([]bool, paths)}
	tallies := make([]*tally, paths)
	training := newSet(truth.People)
	for i := range t.Units {
		if v.In[i] {
			training.add(truth.Person[i])
		}
	}
	people := training.count()
	platforms := int32(0)
	for _, p := range truth.Platform {
		platforms = max(platforms, p+1)
	}
	owners, at, where := newDistinct(truth.People), newDistinct(paths), newDistinct(int(platforms)+1)
	t.groups(v, nil, func(g []Leaf) {
		owners.reset()
		at.reset()
		where.reset()
		for _, o := range g {
			if masked == nil || !masked[o.Path] {
				owners.add(truth.Person[o.Unit])
				at.add(o.Path)
				where.add(uint32(truth.Platform[o.Unit] + 1))
			}
		}
		if len(owners.list) > 1 {
			l.common[g[0].Value] = true
		}
		for _, path := range at.list {
			c := tallies[path]
			if c == nil {
				c = &tally{joined: newSet(truth.People), sharing: newSet(truth.People), platforms: make(map[int32]uint64)}
				tallies[path] = c
			}
			if len(owners.list) == 1 {
				c.joined.add(owners.list[0])
				continue
			}
			if len(owners.list) <= rare {
				c.collisions += pairs(len(owners.list))
			}
			if 2*len(owners.list) <= people { // else it is how messages look
				for _, p := range owners.list {
					c.sharing.add(p)
				}
			}
			for _, place := range where.list {
				old, ok := c.platforms[int32(place)]
				c.several = c.several || len(where.list) > 1 || (ok && old != g[0].Value)
				c.platforms[int32(place)] = g[0].Value
			}
		}
	})
	chance := t.chance(v, truth)
	joined := make([]int, paths)
	for path, c := range tallies {
		if c == nil {
			continue
		}
		joined[path] = c.joined.count()
		expected := max(float64(c.collisions), chance[uint32(path)]) / float64(max(pairs(people), 1)) * float64(population)
		class := !t.Paths[path].Window && float64(c.sharing.count()) > maxSharing*float64(people)
		if joined[path] >= support && expected <= maxCollisions && !class {
			l.telling[path] = true
			l.admitted = append(l.admitted, uint32(path))
		}
		l.directory[path] = !c.several && len(c.platforms) >= support
	}
	slices.SortFunc(l.admitted, func(a, b uint32) int {
		p, q := t.Paths[a], t.Paths[b]
		if p.Window != q.Window { // the middle of a value comes last
			if p.Window {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(tallies[a].collisions, tallies[b].collisions), cmp.Compare(joined[b], joined[a]), cmp.Compare(p.Name, q.Name))
	})
	l.findSingle(v, truth)
	return l
}

func pairs(n int) int { return n * (n - 1) / 2 }

// findSingle finds the admitted paths at which no training person has two
// values, though the values of several came again in other visits, there or
// elsewhere.
func (l *Exact) findSingle(v View, truth Truth) {
	type owner struct{ path, person uint32 }
	for _, path := range l.admitted {
		l.single[path] = !l.table.Paths[path].Window
	}
	has := make(map[owner]uint64)
	for unit, in := range v.In {
		if !in {
			continue
		}
		for _, o := range l.table.of(unit) {
			if l.single[o.Path] {
				k := owner{o.Path, truth.Person[unit]}
				old, ok := has[k]
				l.single[o.Path] = !ok || old == o.Value
				has[k] = o.Value
			}
		}
	}
	visits := make(map[uint32]uint32) // by person: the visit where the value at hand stood
	again := make(map[uint32]bool)
	came := make(map[owner]bool)
	l.table.groups(View{v.In, true}, nil, func(g []Leaf) {
		clear(visits)
		clear(again)
		for _, o := range g {
			if !l.telling[o.Path] {
				continue
			}
			p, visit := truth.Person[o.Unit], l.table.Units[o.Unit].Visit
			if old, ok := visits[p]; ok && old != visit {
				again[p] = true
			}
			visits[p] = visit
		}
		for _, o := range g {
			if p := truth.Person[o.Unit]; l.single[o.Path] && again[p] {
				came[owner{o.Path, p}] = true
			}
		}
	})
	people := make([]int, len(l.single))
	for k := range came {
		people[k.path]++
	}
	for path := range l.single {
		l.single[path] = l.single[path] && people[path] >= support
	}
}

// Tells reports whether the values at the path tell people apart and join
// their visits.
func (l *Exact) Tells(path uint32) bool { return l.telling[path] }

// Admitted lists the paths that tell people apart, the surest first.
func (l *Exact) Admitted() []uint32 { return l.admitted }

// Recognises reports, by path, whether the values there told the platforms of
// the training people apart. Which value is which platform's is public:
// platforms say who they are.
func (l *Exact) Recognises(path uint32) bool { return l.directory[path] }

// Join joins the units of a view. used counts, by path, how often a value at
// an admitted path came again.
func (l *Exact) Join(v View) (joined *Components, used []int) {
	at := make(map[uint32][][]Leaf) // groups by path
	l.table.groups(v, l.common, func(g []Leaf) {
		var kept []Leaf
		for _, o := range g {
			if l.telling[o.Path] {
				kept = append(kept, o)
			}
		}
		for i, o := range kept {
			if !slices.ContainsFunc(kept[:i], func(k Leaf) bool { return k.Path == o.Path }) {
				at[o.Path] = append(at[o.Path], kept)
			}
		}
	})
	joined = l.components(v)
	used = make([]int, len(l.telling))
	done := make([]bool, len(l.telling))
	var heads []uint32 // units of a group that could not be joined with one another
	for _, path := range l.admitted {
		done[path] = true
		// By the units and not by the values, whose hashes differ in each run:
		// where joins exclude one another, the order decides.
		slices.SortStableFunc(at[path], func(g, h []Leaf) int {
			return slices.CompareFunc(g, h, func(a, b Leaf) int {
				return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Path, b.Path))
			})
		})
		for _, g := range at[path] {
			heads = heads[:0]
			for _, o := range g {
				if !done[o.Path] {
					continue
				}
				if !slices.ContainsFunc(heads, func(h uint32) bool { return joined.Join(h, o.Unit) }) {
					heads = append(heads, o.Unit)
				} else if o.Path == path {
					used[path]++
				}
			}
		}
		joined.surer[path] = true
	}
	return joined, used
}
