package exposure

import (
	"cmp"
	"slices"
	"strings"
)

// A unit is what one party saw of one visit.
type unit struct {
	party  Party
	visit  int
	leaves []leaf       // distinct
	named  map[int]bool // people of the register named in it
}

// units takes recorded exchanges apart, one unit for each party and visit.
func (m *miner) units(exchanges []Exchange) []unit {
	type key struct {
		party Party
		visit int
	}
	index := make(map[key]int)
	var us []unit
	for _, e := range exchanges {
		k := key{e.Party, e.Visit}
		i, ok := index[k]
		if !ok {
			i = len(us)
			index[k] = i
			us = append(us, unit{party: e.Party, visit: e.Visit, named: make(map[int]bool)})
		}
		leaves, named := m.mine(e)
		us[i].leaves = append(us[i].leaves, leaves...)
		for p := range named {
			us[i].named[p] = true
		}
	}
	for i := range us {
		slices.SortFunc(us[i].leaves, func(a, b leaf) int {
			return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.path, b.path))
		})
		us[i].leaves = slices.Compact(us[i].leaves)
	}
	slices.SortFunc(us, func(a, b unit) int {
		return cmp.Or(cmp.Compare(a.visit, b.visit), cmp.Compare(a.party, b.party))
	})
	return us
}

// keepRepeated drops the shingles that stand in one unit alone: they join
// nothing, and nearly all are such.
func (m *miner) keepRepeated(us []unit) {
	first := make(map[uint64]int32, 1<<16)
	for i, u := range us {
		for j, l := range u.leaves {
			if j > 0 && u.leaves[j-1].value == l.value {
				continue
			}
			if at, ok := first[l.value]; !ok {
				first[l.value] = int32(i)
			} else if at >= 0 {
				first[l.value] = -1
			}
		}
	}
	for i := range us {
		us[i].leaves = slices.DeleteFunc(us[i].leaves, func(l leaf) bool { return first[l.value] >= 0 && strings.HasSuffix(m.paths.names[l.path], windowPath) })
	}
}

// occurrence is a value in a unit.
type occurrence struct {
	leaf
	unit int32
}

// occurrences lists every value of the units, in the order of values, units
// and paths.
func occurrences(us []unit) []occurrence {
	var all []occurrence
	for i, u := range us {
		for _, l := range u.leaves {
			all = append(all, occurrence{l, int32(i)})
		}
	}
	slices.SortFunc(all, func(a, b occurrence) int {
		return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.unit, b.unit), cmp.Compare(a.path, b.path))
	})
	return all
}

// A view is the units that a coalition has, and whether its members compare
// them: a platform alone joins its own units only.
type view struct {
	units  []unit
	values []occurrence // of all units, as occurrences gives them
	in     func(unit int) bool
	shared bool
}

// groups calls f with all occurrences of each value that stands in two or
// more of the units, in the order of the values. f must not keep its
// argument.
func (v view) groups(f func([]occurrence)) {
	var group []occurrence
	flush := func(g []occurrence) {
		if len(g) > 1 && g[0].unit != g[len(g)-1].unit {
			f(g)
		}
	}
	for rest := v.values; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].value == rest[0].value {
			n++
		}
		group = group[:0]
		for _, o := range rest[:n] {
			if v.in(int(o.unit)) {
				group = append(group, o)
			}
		}
		rest = rest[n:]
		if v.shared || len(group) < 2 {
			flush(group)
			continue
		}
		slices.SortStableFunc(group, func(a, b occurrence) int {
			return strings.Compare(string(v.units[a.unit].party), string(v.units[b.unit].party))
		})
		for first := 0; first < len(group); {
			last := first + 1
			for last < len(group) && v.units[group[last].unit].party == v.units[group[first].unit].party {
				last++
			}
			flush(group[first:last])
			first = last
		}
	}
}

// maxCollisions bounds how many other people of the whole population may be
// expected to share a person's value of an admitted path by chance; it keeps
// the precision of the joins at 0.99 and above.
const maxCollisions = 0.01

// A linker joins units by exact values. It learns, on people whose visits it
// is told (R-EXP-03), which paths carry identifiers: a path is admitted when
// its values join the visits of several people, and do not join visits of
// different people. Then it joins the visits of people it was told nothing
// of, by every value at admitted paths that belonged to no more than one training
// person.
type linker struct {
	admitted  map[int32]bool
	common    map[uint64]bool // values of two or more training people
	directory map[int32]bool  // paths that say which platform a visit was at
}

// structural is the share of training people above which a value within an
// opaque blob is taken for a part of the encoding, which says nothing about
// the other values at its path.
const structural = 0.1

// support is how many training people a path has to join visits of before it
// counts as one that carries identifiers, and how many platforms it has to
// tell apart before it counts as one that names them.
const support = 3

// learn trains on a view of training people. person and platform give the
// truth about a unit; population is the number of people the linker will be
// used on, training included.
func (m *miner) learn(v view, person func(unit int) int, platform func(unit int) string, population int) *linker {
	l := &linker{admitted: make(map[int32]bool), common: make(map[uint64]bool), directory: make(map[int32]bool)}
	type tally struct {
		joined     map[int]bool // people
		collisions int
		platforms  map[string]uint64 // the one value that people share at each
		several    bool              // a value of several platforms, or several of one
	}
	tallies := make(map[int32]*tally)
	people := make(map[int]bool)
	for i := range v.units {
		if v.in(i) {
			people[person(i)] = true
		}
	}
	v.groups(func(g []occurrence) {
		perPerson := make(map[int]map[int32]bool)
		perPath := make(map[int32]bool)
		where := make(map[string]bool)
		for _, o := range g {
			p := person(int(o.unit))
			if perPerson[p] == nil {
				perPerson[p] = make(map[int32]bool)
			}
			perPerson[p][o.unit] = true
			perPath[o.path] = true
			where[platform(int(o.unit))] = true
		}
		if len(perPerson) > 1 {
			l.common[g[0].value] = true
		}
		for path := range perPath {
			t := tallies[path]
			if t == nil {
				t = &tally{joined: make(map[int]bool), platforms: make(map[string]uint64)}
				tallies[path] = t
			}
			if len(perPerson) > 1 {
				for name := range where {
					old, ok := t.platforms[name]
					t.several = t.several || len(where) > 1 || (ok && old != g[0].value)
					t.platforms[name] = g[0].value
				}
			}
			for p, units := range perPerson {
				if len(units) > 1 {
					t.joined[p] = true
				}
			}
			opaque := strings.HasSuffix(m.paths.names[path], windowPath)
			if opaque && len(perPerson) > 2 && float64(len(perPerson)) > structural*float64(len(people)) {
				continue
			}
			// Pairs of people who share the value, at whichever path.
			t.collisions += len(perPerson) * (len(perPerson) - 1) / 2
		}
	})
	pairs := float64(len(people)) * float64(len(people)-1) / 2
	for path, t := range tallies {
		expected := float64(t.collisions) / max(pairs, 1) * float64(population)
		if len(t.joined) >= support && expected <= maxCollisions {
			l.admitted[path] = true
		}
		l.directory[path] = !t.several && len(t.platforms) >= support
	}
	return l
}

// join gives each unit that is in a component, named by its smallest member;
// units outside get -1. used counts the joins that each path made.
func (l *linker) join(v view) (component []int, used map[int32]int) {
	component = make([]int, len(v.units))
	for i := range component {
		component[i] = -1
		if v.in(i) {
			component[i] = i
		}
	}
	root := func(i int) int {
		for component[i] != i {
			component[i] = component[component[i]]
			i = component[i]
		}
		return i
	}
	used = make(map[int32]int)
	v.groups(func(g []occurrence) {
		if l.common[g[0].value] {
			return
		}
		first := -1
		for _, o := range g {
			switch {
			case !l.admitted[o.path]:
			case first < 0:
				first = int(o.unit)
			default:
				if a, b := root(first), root(int(o.unit)); a != b {
					component[max(a, b)] = min(a, b)
					used[o.path]++
				}
			}
		}
	})
	for i := range component {
		if component[i] >= 0 {
			component[i] = root(i)
		}
	}
	return component, used
}

// recognises reports whether the unit carries a value at a path that told the
// platforms of the training people apart. Which value is which platform's is
// public: platforms say who they are.
func (l *linker) recognises(u unit) bool {
	return slices.ContainsFunc(u.leaves, func(f leaf) bool { return l.directory[f.path] })
}
