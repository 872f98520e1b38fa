package exposure

import (
	"context"
	"errors"
	"fmt"

	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/spec"
)

// ExclusionCell is one group of residents in one tier under one rule set,
// and whether one of them, executed, could enroll.
type ExclusionCell struct {
	Rules     string            `json:"rules"`
	Group     string            `json:"group"`
	Title     string            `json:"title"`
	Tier      spec.Tier         `json:"tier"`
	Document  spec.DocumentKind `json:"document"`
	Residents float64           `json:"residents"`
	Low       float64           `json:"low"`  // of the residents: how uncertain
	High      float64           `json:"high"` // the size of the group is
	Excluded  bool              `json:"excluded"`
	Reason    string            `json:"reason,omitempty"`
}

// exclusion sends one person of every group and tier to the design's door,
// under each rule set, and weighs the refusals with the population.
func (r *run) exclusion(ctx context.Context, d scenario.Design) (Row, []ExclusionCell, error) {
	var all []ExclusionCell
	sets := []string{r.rules.Name}
	for _, other := range spec.RuleSets() {
		if other != r.rules.Name {
			sets = append(sets, other)
		}
	}
	for _, set := range sets {
		rules := r.rules
		if set != rules.Name {
			var err error
			if rules, err = spec.LoadRules(set); err != nil {
				return Row{}, nil, err
			}
		}
		y := &execution{run: r}
		if err := y.build(d, rules, 0); err != nil {
			return Row{}, nil, err
		}
		y.clock.Set(Start.Time())
		for _, c := range r.cells {
			err := y.design.Enroll(Visit(ctx, unscored), c.person)
			if err != nil && !errors.Is(err, ErrNotEnrolled) {
				y.network.Close()
				return Row{}, nil, fmt.Errorf("enroll one of %s, %s: %w", c.group.ID, c.tier, err)
			}
			e := ExclusionCell{Rules: set, Group: c.group.ID, Title: c.group.Title, Tier: c.tier,
				Document: c.group.Document, Residents: c.residents, Low: c.residents, High: c.residents, Excluded: err != nil}
			if c.group.Count > 0 {
				e.Low, e.High = c.residents*c.group.Low/c.group.Count, c.residents*c.group.High/c.group.Count
			}
			if err != nil {
				e.Reason = err.Error()
			}
			all = append(all, e)
		}
		if err := y.network.Close(); err != nil {
			return Row{}, nil, err
		}
	}
	s := exclusionBySet(all)[0]
	return Row{Design: d.Name, Coalition: IssuerAlone, Stratum: spec.AllStrata, Metric: Exclusion,
		Estimate: s.share, Lo: s.low, Hi: s.high, Method: "range-of-group-sizes",
		N: len(r.cells), Unit: "share of residents"}, all, nil
}

// setExclusion is the share of residents that a rule set excludes.
type setExclusion struct {
	rules            string
	share, low, high float64
}

func exclusionBySet(cells []ExclusionCell) []setExclusion {
	var sets []setExclusion
	totals := make(map[string]float64)
	for _, c := range cells {
		if len(sets) == 0 || sets[len(sets)-1].rules != c.Rules {
			sets = append(sets, setExclusion{rules: c.Rules})
		}
		totals[c.Rules] += c.Residents
		if c.Excluded {
			s := &sets[len(sets)-1]
			s.share, s.low, s.high = s.share+c.Residents, s.low+c.Low, s.high+c.High
		}
	}
	for i := range sets {
		t := totals[sets[i].rules]
		sets[i].share, sets[i].low, sets[i].high = sets[i].share/t, sets[i].low/t, sets[i].high/t
	}
	return sets
}
