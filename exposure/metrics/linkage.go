package metrics

import "slices"

// Linkage is figure 2: of the pairs of platforms that a person with two or
// more used, the share that one component joins, every person weighing the
// same; and of all pairs of (person, platform) that components join, the share
// that is of one person. A wrong pair counts half for each of its two people.
func (s Sessions) Linkage() (linked, precision Ratio) {
	component, bound := s.dense()
	nodes := make([]int, bound) // distinct persons with platforms, by component
	s.cells(component, func(_, _ int, cells []cell) {
		for _, c := range cells {
			nodes[c.component] += len(c.platforms)
		}
	})
	var used platformSet
	s.cells(component, func(lo, hi int, cells []cell) {
		used.take(s.Platform[lo:hi])
		right, claimed := 0.0, 0.0
		several := 0
		for _, c := range cells {
			k := len(c.platforms)
			right += pairs(k)
			claimed += float64(k) * float64(nodes[c.component]-1) / 2
			if k > 1 {
				several++
			}
		}
		joined := right
		if several > 1 { // components may join the same pair
			joined = used.joined(cells)
		}
		if possible := pairs(len(used.list)); possible > 0 {
			linked.add(joined/possible, 1)
		} else {
			linked.add(0, 0)
		}
		precision.add(right, claimed)
	})
	return linked, precision
}

// platformSet is a person's platforms, and the pairs of them that were joined.
type platformSet struct {
	list  []uint16
	index [1 << 16]uint16
	bits  []uint64
}

func (p *platformSet) take(platforms []uint16) {
	p.list = append(p.list[:0], platforms...)
	slices.Sort(p.list)
	p.list = slices.Compact(p.list)
}

func (p *platformSet) joined(cells []cell) (n float64) {
	for i, platform := range p.list {
		p.index[platform] = uint16(i)
	}
	words := (len(p.list)*len(p.list) + 63) / 64
	p.bits = slices.Grow(p.bits[:0], words)[:words]
	clear(p.bits)
	for _, c := range cells {
		for i, a := range c.platforms {
			for _, b := range c.platforms[:i] {
				bit := int(p.index[a])*len(p.list) + int(p.index[b])
				if p.bits[bit/64]&(1<<(bit%64)) == 0 {
					p.bits[bit/64] |= 1 << (bit % 64)
					n++
				}
			}
		}
	}
	return n
}

// Within is the linkage inside platforms, which accounts are for: of the pairs
// of a person's logins at one platform, the share that is joined, every person
// with such a pair weighing the same. Not a headline figure.
func (s Sessions) Within() (r Ratio) {
	type row struct {
		platform  uint16
		component uint32
	}
	var rows []row
	eachPerson(s.Person, func(lo, hi int) {
		rows = rows[:0]
		for i := lo; i < hi; i++ {
			rows = append(rows, row{s.Platform[i], s.Component[i]})
		}
		slices.SortFunc(rows, func(a, b row) int {
			if a.platform != b.platform {
				return int(a.platform) - int(b.platform)
			}
			if a.component < b.component {
				return -1
			}
			return 1
		})
		joined, possible := 0.0, 0.0
		for i := 0; i < len(rows); {
			j := i
			for k := i; j < len(rows) && rows[j].platform == rows[i].platform; k = j {
				for j < len(rows) && rows[j] == rows[k] {
					j++
				}
				joined += pairs(j - k)
			}
			possible += pairs(j - i)
			i = j
		}
		if possible > 0 {
			r.add(joined/possible, 1)
		} else {
			r.add(0, 0)
		}
	})
	return r
}

// Profiles is figure 6.
type Profiles struct {
	Sizes  []int    // by size: persons whose largest linked profile has that many platforms
	Max    int      // platforms; of a census, so without an interval
	P50    Estimate // platforms
	P99    Estimate // platforms
	Impure Estimate // of components of two logins and more, the share with logins of several persons
}

// Profiles is figure 6: for each person the most platforms that one component
// holds of that person.
func (s Sessions) Profiles(seed uint64) Profiles {
	component, bound := s.dense()
	const none, several = ^uint32(0), ^uint32(0) - 1
	owner := make([]uint32, bound) // which person's run of rows, or several
	for i := range owner {
		owner[i] = none
	}
	logins := make([]uint8, bound) // 1, or 2 for more
	var p Profiles
	person := uint32(0)
	s.cells(component, func(_, _ int, cells []cell) {
		size := 0
		for _, c := range cells {
			size = max(size, len(c.platforms))
			logins[c.component] = uint8(min(2, int(logins[c.component])+c.logins))
			if owner[c.component] == none {
				owner[c.component] = person
			} else {
				owner[c.component] = several
			}
		}
		for len(p.Sizes) <= size {
			p.Sizes = append(p.Sizes, 0)
		}
		p.Sizes[size]++
		person++
	})
	clusters, impure := 0, 0
	for c, n := range logins {
		if n > 1 {
			clusters++
			if owner[c] == several {
				impure++
			}
		}
	}
	p.Impure = Wilson(impure, clusters)
	p.Max = max(0, len(p.Sizes)-1)
	p.P50, p.P99 = sizeQuantile(p.Sizes, 0.5, seed), sizeQuantile(p.Sizes, 0.99, seed)
	return p
}

// Pairwise is figure 7: over the pairs of logins, how many of those joined are
// of one person, and how many of those of one person are joined. A wrong pair
// counts half for each of its two people.
func (s Sessions) Pairwise() (precision, recall Ratio) {
	component, bound := s.dense()
	totals := make([]int, bound)
	for _, c := range component {
		totals[c]++
	}
	s.cells(component, func(lo, hi int, cells []cell) {
		right, claimed := 0.0, 0.0
		for _, c := range cells {
			right += pairs(c.logins)
			claimed += float64(c.logins) * float64(totals[c.component]-1) / 2
		}
		precision.add(right, claimed)
		recall.add(right, pairs(hi-lo))
	})
	return precision, recall
}

// F1 is the harmonic mean of precision and recall.
func F1(precision, recall float64) float64 {
	if precision+recall == 0 {
		return 0
	}
	return 2 * precision * recall / (precision + recall)
}
