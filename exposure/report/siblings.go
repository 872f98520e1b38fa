package report

import (
	"fmt"
	"math"
)

// siblings is what a coalition can tell of who shares a guardian.
type siblings struct {
	Design, Coalition string
	Linked            cell
	Chance            float64
	Households        int
	Channels          []string
}

func (d *Data) siblings() (all []siblings) {
	for _, r := range d.Rows {
		if r.Metric != "sibling_linkage" || math.IsNaN(r.Estimate) { // too few households
			continue
		}
		s := siblings{Design: r.Design, Coalition: r.Coalition, Linked: d.cell(r.Design, r.Coalition, r.Stratum, r.Metric), Chance: math.NaN(), Households: r.N}
		for _, c := range d.Details.Controls {
			if c.Metric == r.Metric && c.Design == r.Design && c.Coalition == r.Coalition {
				s.Chance = c.Control
			}
		}
		for _, k := range d.Details.Kin {
			if k.Design == r.Design && k.Coalition == r.Coalition {
				s.Channels = append(s.Channels, fmt.Sprintf("%s (%d pairs)", k.Path, k.Pairs))
			}
		}
		all = append(all, s)
	}
	return all
}
