package link

import (
	"cmp"
	"math"
	"slices"
)

// weights is L2: the record linkage of Fellegi and Sunter (1969), where an
// agreement weighs the more the rarer the value is (Winkler).
type weights struct {
	table  *Table
	fields []field
	of     []int32 // by path: its field, or -1
	unseen float64 // share of people taken to have a value that no training person had
}

// A field is a path whose values stay the same in a person's visits and are
// shared by several people.
type field struct {
	same  float64            // m: how often two visits of one person agree
	other float64            // how often two people do
	share map[uint64]float64 // u: by value, the share of people who have it
}

const (
	leastSame = 0.9 // of visits of one person that agree at a field
	mostOther = 0.9 // of people who agree there: else it says nothing
	maxBlock  = 64  // units that agree in everything before there is nobody to tell
	maxRare   = 16  // units of a value that is rare enough to compare all pairs
	maxTypes  = 64  // sets of fields that units have
)

// learnWeights learns the fields of training people.
func learnWeights(t *Table, exact *Exact, v View, truth Truth, open Channels) *weights {
	w := &weights{table: t, of: make([]int32, len(t.Paths))}
	type held struct {
		value  uint64
		person uint32
	}
	type seen struct {
		held  []held
		last  map[uint32]uint64 // person: hash of the values in the last visit
		same  int
		again int
	}
	paths := make([]*seen, len(t.Paths))
	for i, p := range t.Paths {
		if !p.Window && p.Kind != Contact && open.has(p.Kind) && !exact.telling[i] {
			paths[i] = &seen{last: make(map[uint32]uint64)}
		}
	}
	for unit, in := range v.In {
		if !in {
			continue
		}
		p := truth.Person[unit]
		for leaves := t.of(unit); len(leaves) > 0; {
			path, values, n := leaves[0].Path, uint64(0), 0
			s := paths[path]
			for ; n < len(leaves) && leaves[n].Path == path; n++ {
				values = values*31 + leaves[n].Value
				if s != nil {
					s.held = append(s.held, held{leaves[n].Value, p})
				}
			}
			leaves = leaves[n:]
			if s == nil {
				continue
			}
			if old, ok := s.last[p]; ok {
				s.again++
				if old == values {
					s.same++
				}
			}
			s.last[p] = values
		}
	}
	people := 0
	for path, s := range paths {
		w.of[path] = -1
		if s == nil || s.again < support {
			continue
		}
		people = max(people, len(s.last))
		f := field{same: min(0.999, float64(s.same)/float64(s.again)), share: make(map[uint64]float64)}
		if f.same < leastSame {
			continue
		}
		slices.SortFunc(s.held, func(a, b held) int {
			if a.value != b.value {
				return cmp.Compare(a.value, b.value)
			}
			return cmp.Compare(a.person, b.person)
		})
		n := float64(len(s.last))
		shared, squares := 0, 0
		for rest := slices.Compact(s.held); len(rest) > 0; {
			holders := 1
			for holders < len(rest) && rest[holders].value == rest[0].value {
				holders++
			}
			f.share[rest[0].value] = float64(holders) / n
			squares += holders * holders
			if holders > 1 {
				shared++
			}
			rest = rest[holders:]
		}
		f.other = float64(squares) / (n * n)
		if f.other > mostOther || shared == 0 {
			continue
		}
		w.of[path] = int32(len(w.fields))
		w.fields = append(w.fields, f)
	}
	w.unseen = 1 / float64(max(people, 1)) // as of one
	return w
}

// described gives the values of each unit of the view at the fields, by field.
func (w *weights) described(v View) [][]Leaf {
	units := make([][]Leaf, len(v.In))
	for unit, in := range v.In {
		if !in {
			continue
		}
		for _, l := range w.table.of(unit) { // fields are in the order of their paths
			if f := w.of[l.Path]; f >= 0 {
				l.Path = uint32(f)
				units[unit] = append(units[unit], l)
			}
		}
	}
	return units
}

// weigh sums the weights of two units' values, field by field where both have
// one: log2(m/u) where they agree, log2((1−m)/(1−u)) where they do not.
func (w *weights) weigh(a, b []Leaf) (total float64, agree int) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].Path < b[j].Path:
			i++
			continue
		case a[i].Path > b[j].Path:
			j++
			continue
		}
		at := a[i].Path
		f := w.fields[at]
		best := 0.0 // the rarest value in common
		for ; i < len(a) && a[i].Path == at; i++ {
			for k := j; k < len(b) && b[k].Path == at; k++ {
				if a[i].Value == b[k].Value {
					u := cmp.Or(f.share[a[i].Value], w.unseen)
					best = max(best, math.Log2(f.same/u))
					agree++
				}
			}
		}
		for j < len(b) && b[j].Path == at {
			j++
		}
		if best == 0 {
			best = math.Log2((1 - f.same) / max(1-f.other, 1e-6))
		}
		total += best
	}
	return total, agree
}

// pairs scores the pairs of units that agree in every field that both have,
// and those that have a rare value in common.
func (w *weights) pairs(v View) []Pair {
	units := w.described(v)
	var pairs []Pair
	for _, c := range w.candidates(units) {
		score, agree := w.weigh(units[c[0]], units[c[1]])
		if agree > 0 {
			pairs = append(pairs, Pair{c[0], c[1], score})
		}
	}
	return pairs
}

// candidates lists pairs of units worth a look.
func (w *weights) candidates(units [][]Leaf) [][2]uint32 {
	found := make(map[[2]uint32]bool)
	add := func(a, b uint32) {
		if a != b {
			found[[2]uint32{min(a, b), max(a, b)}] = true
		}
	}
	// Units by the set of fields that they have.
	types := make(map[string][]uint32)
	var rareValues []Leaf
	for i, leaves := range units {
		if len(leaves) == 0 {
			continue
		}
		var key []byte
		for j, l := range leaves {
			if j == 0 || leaves[j-1].Path != l.Path {
				key = append(key, byte(l.Path), byte(l.Path>>8))
			}
			rareValues = append(rareValues, l)
		}
		types[string(key)] = append(types[string(key)], uint32(i))
	}
	names := make([]string, 0, len(types))
	for name := range types {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(types[b]), len(types[a])), cmp.Compare(a, b))
	})
	names = names[:min(len(names), maxTypes)]
	for i, a := range names {
		for _, b := range names[:i+1] {
			blocks := make(map[uint64][]uint32)
			common := inBoth(a, b)
			if len(common) == 0 {
				continue
			}
			members := types[a]
			if a != b {
				members = slices.Concat(types[a], types[b])
			}
			for _, u := range members {
				signature := uint64(14695981039346656037)
				for _, l := range units[u] {
					if common[l.Path] {
						signature = (signature ^ l.Value) * 1099511628211
						signature ^= signature >> 29
					}
				}
				blocks[signature] = append(blocks[signature], u)
			}
			for _, block := range blocks {
				if len(block) > maxBlock {
					continue
				}
				// All pairs of a few, else those next to one another in time.
				slices.SortFunc(block, func(a, b uint32) int {
					return cmp.Or(cmp.Compare(w.table.Units[a].At, w.table.Units[b].At), w.table.byChance(a, b))
				})
				for k := range block {
					first := k - 1
					if len(block) <= maxRare {
						first = 0
					}
					for j := max(0, first); j < k; j++ {
						add(block[j], block[k])
					}
				}
			}
		}
	}
	slices.SortFunc(rareValues, compareLeaves)
	for rest := rareValues; len(rest) > 0; {
		g := rest[:sameValue(rest)]
		rest = rest[len(g):]
		if len(g) <= maxRare {
			for i := range g {
				for j := range i {
					add(g[i].Unit, g[j].Unit)
				}
			}
		}
	}
	out := make([][2]uint32, 0, len(found))
	for c := range found {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b [2]uint32) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	return out
}

// inBoth gives the fields that two sets of fields have in common.
func inBoth(a, b string) map[uint32]bool {
	first := make(map[uint32]bool)
	for i := 0; i < len(a); i += 2 {
		first[uint32(a[i])|uint32(a[i+1])<<8] = true
	}
	both := make(map[uint32]bool)
	for i := 0; i < len(b); i += 2 {
		if f := uint32(b[i]) | uint32(b[i+1])<<8; first[f] {
			both[f] = true
		}
	}
	return both
}
