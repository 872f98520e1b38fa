package link

import (
	"cmp"
	"slices"
)

// A Point of a curve of precision by recall, over pairs of units.
type Point struct {
	Recall, Precision, FPR float64
}

// Curve gives precision and recall on a view as the linkers that score pairs
// are made to join more: first what is joined by equal values, then pair by
// pair, the surest first. Pairs count by themselves, without what would follow
// from them; at most points are given.
func (l *Linker) Curve(v View, truth Truth, points int) []Point {
	joined, _ := l.Exact.Join(v)
	units, own := make(map[uint32]int), 0.0 // by person
	together := make(map[[2]uint32]int)     // by component and person
	components := make(map[uint32]int)
	total := 0
	for i, in := range v.In {
		if !in {
			continue
		}
		total++
		p, c := truth.Person[i], joined.Of(uint32(i))
		own += float64(units[p])
		units[p]++
		together[[2]uint32{c, p}]++
		components[c]++
	}
	right, claimed := 0.0, 0.0
	for _, n := range together {
		right += float64(pairs(n))
	}
	for _, n := range components {
		claimed += float64(pairs(n))
	}
	others := float64(pairs(total)) - own
	point := func() Point {
		p := Point{Precision: 1}
		if own > 0 {
			p.Recall = right / own
		}
		if claimed > 0 {
			p.Precision = right / claimed
		}
		if others > 0 {
			p.FPR = (claimed - right) / others
		}
		return p
	}
	curve := []Point{point()}
	if l.surest == nil {
		return curve
	}
	scored := fresh(joined, within(l.table, v, l.surest(v)))
	for i, p := range scored {
		claimed++
		if truth.Person[p.A] == truth.Person[p.B] {
			right++
		}
		if (i+1)*points/len(scored) > i*points/len(scored) {
			curve = append(curve, point())
		}
	}
	return curve
}

// Scored gives the scores of pairs of one person and of two, one pair of each
// kind from a person, for what follows from scores alone. Pairs that equal
// values join score above all others. Scores count where some linker that
// scores pairs held up on people it was not trained on: others are chance, and
// differ from run to run with the values that are random in each.
func (l *Linker) Scored(v View, truth Truth) (mated, other []float64) {
	joined, _ := l.Exact.Join(v)
	var all []Pair
	if l.surest != nil && len(l.rules) > 0 {
		all = l.surest(v)
	}
	score := make(map[[2]uint32]float64, len(all))
	for _, p := range all {
		score[[2]uint32{min(p.A, p.B), max(p.A, p.B)}] = p.Score
	}
	of := func(a, b uint32) float64 {
		if joined.Of(a) == joined.Of(b) {
			return 1e6
		}
		if s, ok := score[[2]uint32{min(a, b), max(a, b)}]; ok {
			return s
		}
		return -1e6
	}
	var units []uint32
	for i, in := range v.In {
		if in {
			units = append(units, uint32(i))
		}
	}
	slices.SortFunc(units, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(truth.Person[a], truth.Person[b]), l.table.byChance(a, b))
	})
	for i := range units {
		if i > 0 && truth.Person[units[i]] == truth.Person[units[i-1]] {
			continue
		}
		if i+1 < len(units) && truth.Person[units[i+1]] == truth.Person[units[i]] {
			mated = append(mated, of(units[i], units[i+1]))
		}
		if far := units[(i+len(units)/2)%len(units)]; truth.Person[far] != truth.Person[units[i]] {
			other = append(other, of(units[i], far))
		}
	}
	return mated, other
}

// Alike gives, by person, how many people have a unit in the view with the
// same values as one of the person's, at every path whose values stay the same
// in a person's visits: the fewest over the person's units, oneself included.
// It is 0 for people who are not in the view.
func (l *Linker) Alike(v View, truth Truth) []int {
	signature := make([]uint64, len(v.In))
	for _, o := range l.table.Leaves {
		if v.In[o.Unit] && (l.telling[o.Path] || (l.weights != nil && l.weights.of[o.Path] >= 0)) {
			signature[o.Unit] = (signature[o.Unit]^o.Value)*1099511628211 + uint64(o.Path)
		}
	}
	people := make(map[uint64]map[uint32]bool)
	for i, in := range v.In {
		if in {
			if people[signature[i]] == nil {
				people[signature[i]] = make(map[uint32]bool)
			}
			people[signature[i]][truth.Person[i]] = true
		}
	}
	fewest := make([]int, truth.People)
	for i, in := range v.In {
		if in {
			p, n := truth.Person[i], len(people[signature[i]])
			if fewest[p] == 0 || n < fewest[p] {
				fewest[p] = n
			}
		}
	}
	return fewest
}
