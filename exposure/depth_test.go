package exposure

import (
	"math"
	"slices"
	"testing"

	"github.com/halfmask/halfmask/exposure/report"
	"github.com/halfmask/halfmask/spec"
)

// Rule R-EXP-12: the channel that carries the identifier is named as the cause,
// and the figures for experts say the same as the headline.
func TestTheCauseOfLinksIsNamed(t *testing.T) {
	f := scored3(plantedDesign(60, 6, func(p int, _ *Exchange, b map[string]any) {
		b["id"] = short8(p)
		delete(b, "band")
	}))
	var channels []report.Channel
	for _, c := range f.details.Channels {
		if c.Coalition == string(AllPlatforms) {
			channels = append(channels, c)
		}
	}
	if !slices.ContainsFunc(channels, func(c report.Channel) bool { return c.Channel == "value" && c.Drop == 1 && c.Shapley > 0.99 }) {
		t.Errorf("channels %+v, want the value to be all of it", channels)
	}
	r := Result{Rows: f.rows}
	for metric, want := range map[string]float64{PairwisePrecision: 1, PairwiseRecall: 1, BCubedRecall: 1, AdjustedRand: 1, VariationOfInfo: 0,
		ProfileLargest: 6, Advantage: 1, AnonymityOne: 1, Vulnerability: 1, ImpureComponents: 0} {
		if row, ok := r.Find("test", AllPlatforms, spec.Minimal, metric); !ok || math.Abs(row.Estimate-want) > 1e-9 {
			t.Errorf("%s: %+v, want %v", metric, row, want)
		}
	}
	for _, c := range f.details.Controls {
		if c.Coalition == string(AllPlatforms) && c.Metric == CrossPlatformLinkage && (c.Rate != 1 || c.Control > 0.2) {
			t.Errorf("control %+v", c)
		}
	}
}

func scored3(exchanges []Exchange, visits []visit, numbers []string) *found {
	return scored(exchanges, visits, numbers, 1)
}
