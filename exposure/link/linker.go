package link

import (
	"cmp"
	"slices"
)

// The linkers, in the order in which they join. L1, L3 and L4 join by equal
// values, the latter two by derived ones; the others score pairs of units.
const (
	L1 = "L1 equal values"
	L2 = "L2 combinations of values, weighed (Fellegi-Sunter)"
	L3 = "L3 neighbouring numbers"
	L4 = "L4 equal times and sizes"
	L5 = "L5 contact soon after use"
	L6 = "L6 learned (boosted trees)"
)

// Names lists the linkers.
var Names = []string{L1, L2, L3, L4, L5, L6}

// A Linker is all of them, as they were learned from one view.
type Linker struct {
	*Exact
	rules   []rule
	weights *weights          // nil where combinations are masked
	surest  func(View) []Pair // scores of the linker that knows the most
}

// A rule joins the pairs that score at least so much.
type rule struct {
	name  string
	least float64
	score func(v View) []Pair
}

// A Pair is two units that may be of one person. A higher score is surer.
type Pair struct {
	A, B  uint32
	Score float64
}

// leastPrecision is what a linker that scores pairs must show on people that
// its scores were not learned from, scaled to the whole population: each
// person has that many more others to be taken for.
const leastPrecision = 0.99

// leastPeople is how many people a linker that scores pairs must have joined
// visits of, and leastShare which part of those it could have: among a few
// sure pairs of a bad linker it is easy to find no wrong one.
const (
	leastPeople = 10
	leastShare  = 0.5
)

// Learn trains the linkers on a view of training people, with the open
// channels only. population is the number of people that they will be used on,
// training included.
func Learn(t *Table, training View, truth Truth, population int, open Channels) *Linker {
	l := &Linker{Exact: LearnExact(t, training, truth, population, t.masked(open))}
	// One part of the training people teaches the scores, the other from which
	// score on they hold. Those of the first part are others to be taken for.
	fit := View{make([]bool, len(training.In)), true}
	people := newSet(truth.People)
	held := func(unit uint32) bool { return truth.Person[unit]*2654435761>>16&1 == 0 }
	for i, in := range training.In {
		if in {
			people.add(truth.Person[i])
			fit.In[i] = !held(uint32(i))
		}
	}
	scale := float64(population) / float64(max(1, people.count()))
	joined, _ := l.Exact.Join(training)
	add := func(name string, score func(View) []Pair) {
		r := rule{name: name, score: score}
		pairs := fresh(joined, score(training))
		telling := slices.DeleteFunc(slices.Clone(pairs), func(p Pair) bool { return !held(p.A) && !held(p.B) })
		if least, ok := threshold(telling, truth, scale); ok {
			r.least = least
			r.apply(joined, pairs)
			l.rules = append(l.rules, r)
		}
	}
	if open.has(Contact) {
		add(L5, t.contacts)
	}
	if open.has(Combination) {
		w := learnWeights(t, l.Exact, fit, truth, open)
		l.weights, l.surest = w, w.pairs
		add(L2, w.pairs)
		if b := learnBoosted(t, l.Exact, w, fit, truth, open); b != nil {
			l.surest = b.pairs
			add(L6, b.pairs)
		}
	}
	return l
}

// fresh keeps the pairs that are not joined yet, the surest first.
func fresh(joined *Components, pairs []Pair) []Pair {
	pairs = slices.DeleteFunc(pairs, func(p Pair) bool { return joined.Of(p.A) == joined.Of(p.B) })
	slices.SortFunc(pairs, func(p, q Pair) int {
		return cmp.Or(cmp.Compare(q.Score, p.Score), cmp.Compare(p.A, q.A), cmp.Compare(p.B, q.B))
	})
	return pairs
}

// threshold gives the lowest score from which on the pairs are precise enough.
// It is that of a right pair: below the last of these there is nothing to gain.
func threshold(pairs []Pair, truth Truth, scale float64) (least float64, ok bool) {
	right, wrong := 0.0, 0.0
	people, able := make(map[uint32]bool), make(map[uint32]bool)
	for _, p := range pairs {
		if truth.Person[p.A] == truth.Person[p.B] {
			able[truth.Person[p.A]] = true
		}
	}
	enough := max(leastPeople, int(leastShare*float64(len(able))))
	some := false // right pair of this score
	for i, p := range pairs {
		if truth.Person[p.A] == truth.Person[p.B] {
			right++
			some = true
			people[truth.Person[p.A]] = true
		} else {
			wrong++
		}
		if i+1 < len(pairs) && pairs[i+1].Score == p.Score {
			continue
		}
		if some && right >= leastPrecision*(right+wrong*scale) && len(people) >= enough {
			least, ok = p.Score, true
		}
		some = false
	}
	return least, ok
}

// apply joins the pairs that score enough and counts the joins.
func (r rule) apply(joined *Components, pairs []Pair) (joins int) {
	for _, p := range pairs {
		if p.Score >= r.least && joined.Of(p.A) != joined.Of(p.B) && joined.Join(p.A, p.B) {
			joins++
		}
	}
	return joins
}

// Join joins the units of a view. used counts, by path, how often an equal
// value joined; by counts the joins of each linker.
func (l *Linker) Join(v View) (joined *Components, used []int, by map[string]int) {
	joined, used = l.Exact.Join(v)
	by = make(map[string]int)
	for path, n := range used {
		if n > 0 {
			by[l.table.linker(uint32(path))] += n
		}
	}
	for _, r := range l.rules {
		by[r.name] += r.apply(joined, fresh(joined, within(l.table, v, r.score(v))))
	}
	return joined, used, by
}

// within keeps the pairs that the members of the view would compare.
func within(t *Table, v View, pairs []Pair) []Pair {
	if v.Shared {
		return pairs
	}
	return slices.DeleteFunc(pairs, func(p Pair) bool { return t.Units[p.A].Party != t.Units[p.B].Party })
}

// linker says which linker joins by equal values at the path.
func (t *Table) linker(path uint32) string {
	switch t.Paths[path].Kind {
	case Index:
		return L3
	case Time, Size, Contact:
		return L4
	}
	return L1
}

// ByKind lists the linkers that rest on a channel.
func ByKind(k Kind) []string {
	switch k {
	case Value:
		return []string{L1}
	case Index:
		return []string{L3}
	case Time, Size:
		return []string{L4}
	case Contact:
		return []string{L4, L5}
	}
	return []string{L2, L6}
}

// contacts is L5: a unit at a platform with the unit elsewhere that is nearest
// in time, such as a refill after use or a status fetched at a presentation.
// The score is the less the longer the time between the two.
func (t *Table) contacts(v View) (pairs []Pair) {
	var uses, others []uint32
	for i, in := range v.In {
		switch {
		case !in:
		case t.role(uint32(i)) == "platform":
			uses = append(uses, uint32(i))
		default:
			others = append(others, uint32(i))
		}
	}
	slices.SortStableFunc(others, func(a, b uint32) int { return cmp.Compare(t.Units[a].At, t.Units[b].At) })
	at := func(i int) int64 { return t.Units[others[i]].At }
	// Somebody else in contact as soon makes it a guess.
	alone := func(i int) bool {
		return (i == 0 || at(i-1) != at(i)) && (i == len(others)-1 || at(i+1) != at(i))
	}
	for _, u := range uses {
		now := t.Units[u].At
		i, _ := slices.BinarySearchFunc(others, now, func(o uint32, at int64) int { return cmp.Compare(t.Units[o].At, at) })
		if i < len(others) && at(i)-now <= contactSeconds && alone(i) {
			pairs = append(pairs, Pair{u, others[i], -float64(at(i) - now)})
		}
		if i > 0 && now-at(i-1) <= contactSeconds && alone(i-1) {
			pairs = append(pairs, Pair{u, others[i-1], -float64(now-at(i-1)) - 0.5})
		}
	}
	return pairs
}

// contactSeconds is how far apart in time two units may be to be taken for one
// occasion.
const contactSeconds = 600
