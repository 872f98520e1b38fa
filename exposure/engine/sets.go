package engine

import "math/bits"

// sets holds disjoint sets of units, each named by its smallest member.
type sets []uint32

func newSets(n int) sets {
	s := make(sets, n)
	for i := range s {
		s[i] = uint32(i)
	}
	return s
}

func (s sets) root(i uint32) uint32 {
	for s[i] != i {
		s[i] = s[s[i]]
		i = s[i]
	}
	return i
}

func (s sets) join(i, j uint32) {
	a, b := s.root(i), s.root(j)
	s[max(a, b)] = min(a, b)
}

func population(words []uint64) (n int) {
	for _, w := range words {
		n += bits.OnesCount64(w)
	}
	return n
}

// join makes one set of the units of a view that have a value in common.
// It joins within each half of the people, by what the other half taught, and
// leaves out values that two training people have or that stand in far more
// units than any training person's.
// It gives how often a value came again.
func (r *run) join(sorted []Entry, view *View, verdict Verdict, s sets) (again int64) {
	if verdict.Admitted == [2]bool{} {
		return 0
	}
	const none = ^uint32(0)
	var latest [2][256]uint32 // by half and party, when each member is alone
	var seen [2][256]int      // the group that latest is of
	group := 0
	groups(sorted, func(g []Entry) {
		group++
		var owner, first [2]uint32
		var several [2]bool
		var in [2]int
		owner, first = [2]uint32{none, none}, [2]uint32{none, none}
		for i := range g {
			if view.has(g[i].party, g[i].platform) {
				h := g[i].half
				in[h]++
				p := r.person[g[i].Unit]
				several[h] = several[h] || (owner[h] != none && owner[h] != p)
				owner[h] = p
			}
		}
		for h := range 2 {
			if !verdict.Admitted[h] || several[1-h] || in[h] < 2 || in[h] > blockFactor*verdict.Block[h] {
				in[h] = 0
			}
		}
		if in[0]+in[1] == 0 {
			return
		}
		for i := range g {
			h := g[i].half
			if in[h] == 0 || !view.has(g[i].party, g[i].platform) {
				continue
			}
			if !view.Alone {
				if first[h] == none {
					first[h] = g[i].Unit
					again--
				}
				s.join(first[h], g[i].Unit)
				again++
				continue
			}
			party := g[i].party
			if seen[h][party] == group {
				s.join(latest[h][party], g[i].Unit)
				again++
			}
			seen[h][party], latest[h][party] = group, g[i].Unit
		}
	})
	return again
}
