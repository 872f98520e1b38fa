package exposure

import (
	"slices"

	"github.com/halfmask/halfmask/exposure/link"
	"github.com/halfmask/halfmask/exposure/metrics"
	"github.com/halfmask/halfmask/exposure/report"
	"github.com/halfmask/halfmask/spec"
)

// What a guardian whom siblings share gives away (R-EXP-14). The names in
// results:
const (
	SiblingLinkage   = "sibling_linkage"   // pairs of siblings that are joined
	SiblingPrecision = "sibling_precision" // pairs of people joined who are siblings
)

const methodHouseholds = "household-bootstrap"

// household is two siblings or more of whom a coalition has something.
type household struct {
	id      uint32
	members []uint32 // persons, ascending
}

// siblings asks, for a coalition, whether the visits of one child can be joined
// with those of another who has the same guardian. The linkers that join by
// equal values (L1, L3 and L4) learn anew, with households in the place of
// people: one half of them teaches what joins the other.
func (s *scorer) siblings(c coalition, design string) {
	if s.households == nil || c.each {
		return
	}
	in, homes := s.homes(c)
	if len(homes) == 0 {
		return
	}
	truth := link.Truth{Platform: s.truth.Platform, People: s.people}
	half := random(s.seed, "folds of households", 0).Perm(s.people)
	for _, p := range s.truth.Person {
		truth.Person = append(truth.Person, s.households[p])
	}
	joined := make([]*link.Components, folds)
	linkers := make([]*link.Exact, folds)
	scored := make([]link.View, folds)
	for fold := range folds {
		training := link.View{In: make([]bool, len(in)), Shared: true}
		scored[fold] = link.View{In: make([]bool, len(in)), Shared: true}
		for i, has := range in {
			own := half[truth.Person[i]]%folds == fold
			training.In[i], scored[fold].In[i] = has && !own, has && own
		}
		linkers[fold] = link.LearnExact(s.seen.Table, training, truth, s.people, nil)
		joined[fold], _ = linkers[fold].Join(scored[fold])
	}
	components := s.componentsOf(scored, joined)
	var linked metrics.Ratio
	for _, h := range homes {
		together := 0
		for i, a := range h.members {
			for _, b := range h.members[:i] {
				if meet(components[a], components[b]) {
					together++
				}
			}
		}
		linked.Num, linked.Den = append(linked.Num, float64(together)), append(linked.Den, float64(pairs(len(h.members))))
	}
	right, all := s.joinedPairs(components)
	add := func(metric, unit string, e metrics.Estimate) {
		if e.Method == metrics.MethodBootstrap {
			e.Method = methodHouseholds
		}
		s.rows = append(s.rows, Row{Design: design, Coalition: c.name, Stratum: spec.AllStrata, Metric: metric,
			Estimate: e.Value, Lo: e.Lo, Hi: e.Hi, Method: e.Method, N: e.N, Unit: unit})
	}
	e := linked.Estimate(s.seed)
	if len(homes) < folds*link.Support {
		e = metrics.None(tooFewToLearn)
	}
	add(SiblingLinkage, "share of pairs of siblings", e)
	if all > 0 {
		add(SiblingPrecision, "share of pairs of people joined", metrics.Wilson(right, all))
	}
	s.details.Controls = append(s.details.Controls, report.Control{Design: design, Coalition: string(c.name), Stratum: string(spec.AllStrata),
		Metric: SiblingLinkage, Rate: linked.Value(), Control: s.shuffledHomes(homes, components)})
	if linked.Value() > 0 {
		s.details.Kin = append(s.details.Kin, s.kin(c, design, homes, linkers, scored)...)
	}
}

// homes gives the units of the coalition, and the households of which it has
// something of two people at least.
func (s *scorer) homes(c coalition) (in []bool, homes []household) {
	in = make([]bool, len(s.seen.Units))
	has := make([]bool, s.people)
	for i := range in {
		in[i] = c.has(s.seen.party(i))
		has[s.truth.Person[i]] = has[s.truth.Person[i]] || in[i]
	}
	members := make(map[uint32][]uint32)
	for p, id := range s.households {
		if has[p] {
			members[id] = append(members[id], uint32(p))
		}
	}
	for id, m := range members {
		if len(m) > 1 {
			homes = append(homes, household{id, m})
		}
	}
	slices.SortFunc(homes, func(a, b household) int { return int(a.id) - int(b.id) })
	return in, homes
}

// componentsOf gives the components in which each person has a unit, in order.
func (s *scorer) componentsOf(scored []link.View, joined []*link.Components) [][]uint32 {
	of := make([][]uint32, s.people)
	for fold, v := range scored {
		for i, in := range v.In {
			if in {
				p := s.truth.Person[i]
				of[p] = append(of[p], joined[fold].Of(uint32(i)))
			}
		}
	}
	for p := range of {
		slices.Sort(of[p])
		of[p] = slices.Compact(of[p])
	}
	return of
}

// meet reports whether two lists in order have an element in common.
func meet(a, b []uint32) bool {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			return true
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return false
}

// joinedPairs counts the pairs of people who are in one component, and those
// of one household among them.
func (s *scorer) joinedPairs(components [][]uint32) (right, all int) {
	people := make(map[uint32][]uint32)
	for p, in := range components {
		for _, c := range in {
			people[c] = append(people[c], uint32(p))
		}
	}
	met := make([]int, len(components)) // by person: with whom last, and one
	for a, in := range components {
		for _, c := range in {
			for _, b := range people[c] {
				if int(b) >= a {
					break
				}
				if met[b] != a+1 {
					met[b] = a + 1
					all++
					if s.households[a] == s.households[b] {
						right++
					}
				}
			}
		}
	}
	return right, all
}

// shuffledHomes is the control: the same with siblings dealt out to the
// households by chance.
func (s *scorer) shuffledHomes(homes []household, components [][]uint32) float64 {
	var all []uint32
	for _, h := range homes {
		all = append(all, h.members...)
	}
	r := random(s.seed, "siblings by chance", 0)
	together, of := 0, 0
	for range choices {
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		rest := all
		for _, h := range homes {
			dealt := rest[:len(h.members)]
			rest = rest[len(h.members):]
			for i, a := range dealt {
				for _, b := range dealt[:i] {
					of++
					if meet(components[a], components[b]) {
						together++
					}
				}
			}
		}
	}
	return float64(together) / float64(of)
}

// kin names the channels: the paths at which two siblings have a value in
// common that no other household has, those of the most pairs first.
func (s *scorer) kin(c coalition, design string, homes []household, linkers []*link.Exact, scored []link.View) (found []report.Kin) {
	type meeting struct {
		path uint32
		pair [2]uint32
	}
	met := make(map[meeting]bool)
	leaves := s.seen.Leaves
	for n := 0; len(leaves) > 0; leaves = leaves[n:] {
		for n = 1; n < len(leaves) && leaves[n].Value == leaves[0].Value; {
			n++
		}
		for fold, v := range scored {
			var home uint32
			var kept []link.Leaf
			for _, l := range leaves[:n] {
				if !v.In[l.Unit] {
					continue
				}
				id := s.households[s.truth.Person[l.Unit]]
				if len(kept) > 0 && id != home {
					kept = nil // what several households have is most of all leaves
					break
				}
				home, kept = id, append(kept, l)
			}
			for i, a := range kept {
				for _, b := range kept[:i] {
					p, q := s.truth.Person[a.Unit], s.truth.Person[b.Unit]
					if p != q && linkers[fold].Tells(a.Path) {
						met[meeting{a.Path, [2]uint32{min(p, q), max(p, q)}}] = true
					}
				}
			}
		}
	}
	count := make(map[uint32]int)
	for m := range met {
		count[m.path]++
	}
	for path, n := range count {
		// Of what was taken apart the parts say it better; derived paths have none.
		apart := int(path) < len(s.seen.paths) && s.seen.paths[path].Container
		if !s.seen.Paths[path].Window && !apart {
			found = append(found, report.Kin{Design: design, Coalition: string(c.name), Path: s.seen.Paths[path].Name, Pairs: n})
		}
	}
	slices.SortFunc(found, func(a, b report.Kin) int {
		if a.Pairs != b.Pairs {
			return b.Pairs - a.Pairs
		}
		return slices.Compare([]byte(a.Path), []byte(b.Path))
	})
	return found[:min(len(found), mostKin)]
}

// mostKin is how many channels are named for a coalition.
const mostKin = 8
