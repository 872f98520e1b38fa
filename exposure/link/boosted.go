package link

import (
	"cmp"
	"math"
	"slices"
)

// boosted is L6: gradient-boosted trees (Friedman 2001) of two levels over
// what two units have in common. It is a check on the other linkers: what it
// finds beyond them, they have missed.
type boosted struct {
	table   *Table
	exact   *Exact
	weights *weights
	open    Channels
	trees   []tree
}

// features are what a pair of units is described by.
type features [8]float64

// The features, by place.
const (
	weighs    = iota // weight of the agreements
	agreeing         // agreements
	sharing          // values that few units have and both of these
	rarest           // log2 of how few units have the rarest of them
	apart            // log2 of the least distance between their numbers
	seconds          // log2 of the time between them
	sizes            // log2 of the least distance between their sizes
	sameParty        // 1 where one party saw both
)

const (
	rounds  = 40     // trees
	step    = 0.3    // how much of each tree counts
	bins    = 16     // thresholds tried for a feature
	sample  = 2500   // pairs of each kind that are learned from
	many    = 20_000 // units, from which on fewer pairs are looked at
	distant = 64.0   // log2 of a distance between numbers that are not there
)

func logDistance(d int64) float64 { return math.Log2(1 + math.Abs(float64(d))) }

// described lists pairs of units worth a look, with their features.
func (b *boosted) described(v View) (pairs []Pair, x []features) {
	t := b.table
	units := b.weights.described(v)
	type shared struct {
		n      int
		rarest float64
	}
	worth := make(map[[2]uint32]shared)
	key := func(a, b uint32) [2]uint32 { return [2]uint32{min(a, b), max(a, b)} }
	look := func(k [2]uint32) {
		if _, ok := worth[k]; !ok {
			worth[k] = shared{}
		}
	}
	for _, c := range b.weights.candidates(units) {
		look(c)
	}
	if b.open.has(Contact) {
		for _, p := range t.contacts(v) {
			look(key(p.A, p.B))
		}
	}
	masked := t.masked(b.open)
	most := maxRare
	if len(v.In) > many { // else there were too many pairs
		most = maxRare / 4
	}
	t.groups(v, b.exact.common, func(g []Leaf) {
		if len(g) > most {
			return
		}
		for i, l := range g {
			if t.Paths[l.Path].Window || (masked != nil && masked[l.Path]) {
				continue
			}
			for _, o := range g[:i] {
				if o.Unit != l.Unit && !t.Paths[o.Path].Window && (masked == nil || !masked[o.Path]) {
					k := key(o.Unit, l.Unit)
					s := worth[k]
					worth[k] = shared{s.n + 1, max(s.rarest, -math.Log2(float64(len(g))/maxRare))}
				}
			}
		}
	})
	numbers := make([][]Number, len(v.In)) // by unit
	byPath := make(map[uint32][]Number)
	for _, n := range t.Numbers {
		kind := t.Paths[n.Path].Kind
		if v.In[n.Unit] && b.open.has(kind) && (kind == Index || kind == Size) {
			numbers[n.Unit] = append(numbers[n.Unit], n)
			if kind == Index {
				byPath[n.Path] = append(byPath[n.Path], n)
			}
		}
	}
	for _, list := range byPath { // next to one another
		slices.SortFunc(list, func(a, b Number) int { return cmp.Or(cmp.Compare(a.Value, b.Value), t.byChance(a.Unit, b.Unit)) })
		for i := 1; i < len(list); i++ {
			if list[i].Unit != list[i-1].Unit && list[i].Value != list[i-1].Value {
				look(key(list[i].Unit, list[i-1].Unit))
			}
		}
	}
	keys := make([][2]uint32, 0, len(worth))
	for k := range worth {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b [2]uint32) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	for _, k := range keys {
		score, agree := b.weights.weigh(units[k[0]], units[k[1]])
		f := features{weighs: score, agreeing: float64(agree), sharing: float64(worth[k].n), rarest: worth[k].rarest, apart: distant, sizes: distant}
		for _, n := range numbers[k[0]] {
			for _, o := range numbers[k[1]] {
				if n.Path != o.Path {
					continue
				}
				at := apart
				if t.Paths[n.Path].Kind == Size {
					at = sizes
				}
				f[at] = min(f[at], logDistance(n.Value-o.Value))
			}
		}
		if b.open.has(Contact) {
			f[seconds] = logDistance(t.Units[k[0]].At - t.Units[k[1]].At)
		}
		if t.Units[k[0]].Party == t.Units[k[1]].Party {
			f[sameParty] = 1
		}
		pairs, x = append(pairs, Pair{A: k[0], B: k[1]}), append(x, f)
	}
	return pairs, x
}

// learnBoosted learns from the pairs of training people; nil where they are
// all of one kind.
func learnBoosted(t *Table, exact *Exact, w *weights, v View, truth Truth, open Channels) *boosted {
	b := &boosted{table: t, exact: exact, weights: w, open: open}
	pairs, all := b.described(v)
	var kinds [2][]int // pairs of two people, and of one
	for i, p := range pairs {
		kind := 0
		if truth.Person[p.A] == truth.Person[p.B] {
			kind = 1
		}
		kinds[kind] = append(kinds[kind], i)
	}
	if len(kinds[0]) == 0 || len(kinds[1]) < support {
		return nil
	}
	var x []features
	var y []float64
	for kind, list := range kinds {
		every := (len(list) + sample - 1) / sample
		for i := 0; i < len(list); i += every {
			x, y = append(x, all[list[i]]), append(y, float64(kind))
		}
	}
	b.trees = boost(x, y)
	return b
}

// pairs scores pairs of units by the log of the odds that they are of one
// person.
func (b *boosted) pairs(v View) []Pair {
	pairs, x := b.described(v)
	for i := range pairs {
		for _, t := range b.trees {
			pairs[i].Score += t.of(x[i])
		}
	}
	return pairs
}

// A tree asks at most two questions: of a feature, whether it is at most so
// much. Nodes 1 and 2 follow node 0, on no and on yes.
type tree struct {
	ask   [3]question
	value [4]float64
}

type question struct {
	feature int
	most    float64
}

func (q question) yes(x features) int {
	if x[q.feature] <= q.most {
		return 1
	}
	return 0
}

func (t tree) leaf(x features) int {
	first := t.ask[0].yes(x)
	return 2*first + t.ask[1+first].yes(x)
}

func (t tree) of(x features) float64 { return t.value[t.leaf(x)] }

// boost fits trees to the residuals of the logistic loss, one after another.
func boost(x []features, y []float64) (trees []tree) {
	thresholds := quantiles(x)
	score := make([]float64, len(x))
	residual, curvature := make([]float64, len(x)), make([]float64, len(x))
	all := make([]int, len(x))
	for i := range all {
		all[i] = i
	}
	for range rounds {
		for i := range x {
			p := 1 / (1 + math.Exp(-score[i]))
			residual[i], curvature[i] = y[i]-p, p*(1-p)
		}
		var t tree
		t.ask[0] = split(x, residual, curvature, all, thresholds)
		var sides [2][]int
		for _, i := range all {
			side := t.ask[0].yes(x[i])
			sides[side] = append(sides[side], i)
		}
		for side, rows := range sides {
			t.ask[1+side] = split(x, residual, curvature, rows, thresholds)
		}
		var up, down [4]float64
		for i := range x {
			leaf := t.leaf(x[i])
			up[leaf] += residual[i]
			down[leaf] += curvature[i]
		}
		for leaf := range t.value {
			t.value[leaf] = step * up[leaf] / (down[leaf] + 1)
		}
		for i := range x {
			score[i] += t.of(x[i])
		}
		trees = append(trees, t)
	}
	return trees
}

// split finds the question that tells the residuals apart best.
func split(x []features, residual, curvature []float64, rows []int, thresholds [len(features{})][]float64) (best question) {
	most := math.Inf(-1)
	for feature, list := range thresholds {
		for _, at := range list {
			var up, down [2]float64
			q := question{feature, at}
			for _, i := range rows {
				side := q.yes(x[i])
				up[side] += residual[i]
				down[side] += curvature[i]
			}
			if gain := up[0]*up[0]/(down[0]+1) + up[1]*up[1]/(down[1]+1); gain > most {
				most, best = gain, q
			}
		}
	}
	return best
}

// quantiles gives the thresholds that are tried for each feature.
func quantiles(x []features) (thresholds [len(features{})][]float64) {
	for feature := range thresholds {
		values := make([]float64, len(x))
		for i := range x {
			values[i] = x[i][feature]
		}
		slices.Sort(values)
		for i := range bins {
			thresholds[feature] = append(thresholds[feature], values[i*(len(values)-1)/bins])
		}
		thresholds[feature] = slices.Compact(thresholds[feature])
	}
	return thresholds
}
