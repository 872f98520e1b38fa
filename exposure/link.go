package exposure

import (
	"cmp"
	"maps"
	"slices"
)

// A linker joins units by exact values. It learns, on people whose visits it
// is told (R-EXP-03), which paths carry identifiers: a path is admitted when
// values there belong to one person each and join that person's visits, and
// different people are not expected to share a value. Then it joins the visits
// of people it was told nothing of, by every value at admitted paths that
// belonged to no more than one training person, the surest paths first, and
// makes no join that would give somebody two values at a surer path where
// everybody has one: two people of one name have two document numbers.
type linker struct {
	admitted  []int32         // paths that carry identifiers, the surest first
	telling   map[int32]bool  // the same
	single    map[int32]bool  // those where a person has one value
	common    map[uint64]bool // values of two or more training people
	directory map[int32]bool  // paths that say which platform a visit was at
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

// tally is what training people had at a path.
type tally struct {
	joined     map[int]bool      // people with visits joined by a value of their own
	sharing    map[int]bool      // people with a value that others have too, but not most
	collisions int               // pairs of people with a rare value in common
	platforms  map[string]uint64 // the one value that people share at each
	several    bool              // a value of several platforms, or several of one
}

// learn trains on a view of training people. person and platform give the
// truth about a unit; population is the number of people the linker will be
// used on, training included.
func (m *miner) learn(v view, person func(unit int) int, platform func(unit int) string, population int) *linker {
	l := &linker{telling: make(map[int32]bool), single: make(map[int32]bool), common: make(map[uint64]bool), directory: make(map[int32]bool)}
	tallies := make(map[int32]*tally)
	people := make(map[int]bool)
	for i := range v.units {
		if v.in(i) {
			people[person(i)] = true
		}
	}
	owners, where, at := make(map[int]bool), make(map[string]bool), make(map[int32]bool)
	v.groups(func(g []occurrence) {
		clear(owners)
		clear(where)
		clear(at)
		for _, o := range g {
			owners[person(int(o.unit))] = true
			where[platform(int(o.unit))] = true
			at[o.path] = true
		}
		if len(owners) > 1 {
			l.common[g[0].value] = true
		}
		for path := range at {
			t := tallies[path]
			if t == nil {
				t = &tally{joined: make(map[int]bool), sharing: make(map[int]bool), platforms: make(map[string]uint64)}
				tallies[path] = t
			}
			if len(owners) == 1 {
				t.joined[person(int(g[0].unit))] = true
				continue
			}
			if len(owners) <= rare {
				t.collisions += pairs(len(owners))
			}
			if 2*len(owners) <= len(people) { // else it is how messages look
				maps.Copy(t.sharing, owners)
			}
			for name := range where {
				old, ok := t.platforms[name]
				t.several = t.several || len(where) > 1 || (ok && old != g[0].value)
				t.platforms[name] = g[0].value
			}
		}
	})
	for path, t := range tallies {
		expected := float64(t.collisions) / float64(max(pairs(len(people)), 1)) * float64(population)
		class := !m.paths.list[path].window && float64(len(t.sharing)) > maxSharing*float64(len(people))
		if len(t.joined) >= support && expected <= maxCollisions && !class {
			l.telling[path] = true
		}
		l.directory[path] = !t.several && len(t.platforms) >= support
	}
	l.admitted = slices.SortedFunc(maps.Keys(l.telling), func(a, b int32) int {
		p, q, s, t := m.paths.list[a], m.paths.list[b], tallies[a], tallies[b]
		if p.window != q.window { // the middle of a value comes last
			if p.window {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(s.collisions, t.collisions), cmp.Compare(len(t.joined), len(s.joined)), cmp.Compare(p.name, q.name))
	})
	l.findSingle(m, v, person)
	return l
}

// findSingle finds the admitted paths at which no training person has two
// values, though the values of several came again in other visits, there or
// elsewhere.
func (l *linker) findSingle(m *miner, v view, person func(unit int) int) {
	type owner struct {
		path   int32
		person int
	}
	type owned struct {
		person int
		value  uint64
	}
	for _, path := range l.admitted {
		l.single[path] = !m.paths.list[path].window
	}
	has := make(map[owner]uint64)
	visits, again := make(map[owned]int), make(map[owned]bool)
	for i, u := range v.units {
		if !v.in(i) {
			continue
		}
		for _, f := range u.leaves {
			if !l.telling[f.path] {
				continue
			}
			at := owned{person(i), f.value}
			if visit, ok := visits[at]; ok && visit != u.visit {
				again[at] = true
			}
			visits[at] = u.visit
			o := owner{f.path, person(i)}
			if value, ok := has[o]; ok && value != f.value {
				l.single[f.path] = false
			}
			has[o] = f.value
		}
	}
	people := make(map[int32]int)
	for o, value := range has {
		if again[owned{o.person, value}] {
			people[o.path]++
		}
	}
	maps.DeleteFunc(l.single, func(path int32, single bool) bool { return !single || people[path] < support })
}

// A union holds disjoint sets of units, each named by its smallest member.
type union []int

func newUnion(n int) union {
	u := make(union, n)
	for i := range u {
		u[i] = i
	}
	return u
}

func (u union) root(i int) int {
	for u[i] != i {
		u[i] = u[u[i]]
		i = u[i]
	}
	return i
}

// join makes one set of two.
func (u union) join(i, j int) {
	a, b := u.root(i), u.root(j)
	u[max(a, b)] = min(a, b)
}

// join gives each unit that is in a component, named by its smallest member;
// units outside get -1. used counts, for each admitted path, how often a value
// there came again.
func (l *linker) join(v view) (component []int, used map[int32]int) {
	at := make(map[int32][][]occurrence) // groups by path
	v.groups(func(g []occurrence) {
		if l.common[g[0].value] {
			return
		}
		var kept []occurrence
		for _, o := range g {
			if l.telling[o.path] {
				kept = append(kept, o)
			}
		}
		for i, o := range kept {
			if !slices.ContainsFunc(kept[:i], func(k occurrence) bool { return k.path == o.path }) {
				at[o.path] = append(at[o.path], kept)
			}
		}
	})
	joined := newUnion(len(v.units))
	one := l.singles(v)
	used = make(map[int32]int)
	done := make(map[int32]bool)
	var heads []int // units of a group that could not be joined with one another
	for _, path := range l.admitted {
		surer := maps.Clone(done)
		done[path] = true
		// By the units and not by the values, whose hashes differ in each run:
		// where joins exclude one another, the order decides.
		slices.SortStableFunc(at[path], func(g, h []occurrence) int {
			return slices.CompareFunc(g, h, func(a, b occurrence) int {
				return cmp.Or(cmp.Compare(a.unit, b.unit), cmp.Compare(a.path, b.path))
			})
		})
		for _, g := range at[path] {
			heads = heads[:0]
			for _, o := range g {
				if !done[o.path] {
					continue
				}
				if !slices.ContainsFunc(heads, func(h int) bool { return l.tryJoin(joined, one, surer, h, int(o.unit)) }) {
					heads = append(heads, int(o.unit))
				} else if o.path == path {
					used[path]++
				}
			}
		}
	}
	component = make([]int, len(v.units))
	for i := range component {
		component[i] = -1
		if v.in(i) {
			component[i] = joined.root(i)
		}
	}
	return component, used
}

// singles gives the values of each unit at the paths where a person has one.
func (l *linker) singles(v view) []map[int32]uint64 {
	one := make([]map[int32]uint64, len(v.units))
	for i, u := range v.units {
		if !v.in(i) {
			continue
		}
		one[i] = make(map[int32]uint64)
		for _, f := range u.leaves {
			if l.single[f.path] {
				one[i][f.path] = f.value
			}
		}
	}
	return one
}

// tryJoin makes one set of the two units' sets, unless somebody would have
// two values at a surer path where everybody has one.
func (l *linker) tryJoin(u union, one []map[int32]uint64, surer map[int32]bool, i, j int) bool {
	a, b := u.root(i), u.root(j)
	if a == b {
		return true
	}
	for path, value := range one[b] {
		if other, ok := one[a][path]; ok && other != value && surer[path] {
			return false
		}
	}
	u.join(a, b)
	root := u.root(a)
	for _, old := range []int{a, b} {
		if old != root {
			maps.Copy(one[root], one[old])
		}
	}
	return true
}

// recognises reports whether the unit carries a value at a path that told the
// platforms of the training people apart. Which value is which platform's is
// public: platforms say who they are.
func (l *linker) recognises(u unit) bool {
	return slices.ContainsFunc(u.leaves, func(f leaf) bool { return l.directory[f.path] })
}
