package exposure

import "github.com/halfmask/halfmask/exposure/metrics"

// findings gathers, person by person, what the linkers joined and what there
// was to join.
type findings struct {
	visited   []map[string]int // per person: logins at each platform
	joined    []map[[2]string]bool
	within    []float64         // per person: pairs of visits joined at one platform
	namedAt   []map[string]bool // per person: platforms where a visit was named rightly
	sighted   map[int]bool      // visits
	sightedBy []float64         // per person: visits

	// Per person: pairs of platforms in one component, of which right are all
	// this person's own. A pair of two people's counts half for each.
	right, claimed []float64
}

func newFindings(people int) *findings {
	f := &findings{
		visited: make([]map[string]int, people), joined: make([]map[[2]string]bool, people),
		within: make([]float64, people), namedAt: make([]map[string]bool, people),
		sighted: make(map[int]bool), sightedBy: make([]float64, people),
		right: make([]float64, people), claimed: make([]float64, people),
	}
	for p := range people {
		f.visited[p] = make(map[string]int)
		f.joined[p] = make(map[[2]string]bool)
		f.namedAt[p] = make(map[string]bool)
	}
	return f
}

func (f *findings) login(v visit) { f.visited[v.person][v.platform]++ }

// component takes the visits of one component, by person and platform, and
// the people whose number stands in it.
func (f *findings) component(visits map[int]map[string]int, named map[int]bool) {
	nodes := 0
	for p, platforms := range visits {
		nodes += len(platforms)
		for a, n := range platforms {
			f.within[p] += float64(pairs(n))
			for b := range platforms {
				if a < b {
					f.joined[p][[2]string{a, b}] = true
				}
			}
			if len(named) == 1 && named[p] {
				f.namedAt[p][a] = true
			}
		}
	}
	for p, platforms := range visits {
		f.right[p] += float64(pairs(len(platforms)))
		f.claimed[p] += float64(len(platforms)*(nodes-1)) / 2
	}
}

func pairs(n int) int { return n * (n - 1) / 2 }

// rows gives the figures that make sense for the coalition.
func (f *findings) rows(c coalition, seed uint64, add func(metric, unit string, e metrics.Estimate)) {
	var joined, possible, within, withinPossible, sighted, logins, namedAt, visitedAt, right, claimed []float64
	active, named := 0, 0
	for p, platforms := range f.visited {
		if len(platforms) == 0 {
			continue
		}
		active++
		if len(f.namedAt[p]) > 0 {
			named++
		}
		total, repeats := 0, 0
		for _, n := range platforms {
			total += n
			repeats += pairs(n)
		}
		sighted, logins = append(sighted, f.sightedBy[p]), append(logins, float64(total))
		namedAt, visitedAt = append(namedAt, float64(len(f.namedAt[p]))), append(visitedAt, float64(len(platforms)))
		if repeats > 0 {
			within, withinPossible = append(within, f.within[p]/float64(repeats)), append(withinPossible, 1)
		}
		if f.claimed[p] > 0 {
			right, claimed = append(right, f.right[p]), append(claimed, f.claimed[p])
		}
		if n := pairs(len(platforms)); n > 0 {
			// Every person weighs the same, however many platforms.
			joined, possible = append(joined, float64(len(f.joined[p]))/float64(n)), append(possible, 1)
		}
	}
	if c.each {
		add(WithinPlatformLinkage, "share of pairs of visits (mean over persons)", metrics.Ratio{Num: within, Den: withinPossible}.Estimate(seed))
		add(Reidentification, "share of persons at a platform", metrics.Ratio{Num: namedAt, Den: visitedAt}.Estimate(seed))
		return
	}
	if c.central {
		add(CentralSight, "share of logins", metrics.Ratio{Num: sighted, Den: logins}.Estimate(seed))
	}
	add(CrossPlatformLinkage, linkageUnit, metrics.Ratio{Num: joined, Den: possible}.Estimate(seed))
	if len(claimed) > 0 {
		add(LinkagePrecision, "share of joined pairs", metrics.Ratio{Num: right, Den: claimed}.Estimate(seed))
	}
	add(Reidentification, "share of persons", metrics.Wilson(named, active))
}
