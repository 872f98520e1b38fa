package exposure

import (
	"fmt"
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

// A name that no platform asks for is told of as one, though members of a
// message have names, too; and what a thief would have counts it in bits.
func TestWhatNobodyAskedForIsCounted(t *testing.T) {
	figures := func(plant func(p int, e *Exchange, body map[string]any)) map[string]float64 {
		r := Result{Rows: scored3(plantedDesign(60, 6, plant)).rows}
		all := make(map[string]float64)
		for _, metric := range []string{OverDisclosure, OverDisclosedBits, BreachPersons, BreachEdges, BreachExcess, BreachDays} {
			row, ok := r.Find("test", AllPlatforms, spec.Minimal, metric)
			if !ok {
				t.Fatalf("no figure for %s", metric)
			}
			all[metric] = row.Estimate
		}
		return all
	}
	plain := figures(nil)
	named := figures(func(p int, _ *Exchange, b map[string]any) { b["name"] = short8(p) })
	// At each login where nobody asks for a name one claim too many, of log2(60)
	// bits.
	platforms, err := spec.Platforms()
	if err != nil {
		t.Fatal(err)
	}
	asks := make(map[string]bool)
	for _, p := range platforms {
		asks[p.ID] = slices.Contains(p.Claims, "name") || slices.ContainsFunc(p.Sometimes, func(o spec.Occasion) bool { return slices.Contains(o.Claims, "name") })
	}
	_, visits, _ := plantedDesign(60, 6, nil)
	want := 0.0
	for _, v := range visits {
		if !asks[v.platform] {
			want += math.Log2(60)
		}
	}
	if more := named[BreachExcess] - plain[BreachExcess]; math.Abs(more-want) > 1e-3 || want == 0 {
		t.Errorf("%v bits more with a name, want %v", more, want)
	}
	if named[OverDisclosure] <= plain[OverDisclosure] || named[OverDisclosedBits] <= plain[OverDisclosedBits] {
		t.Errorf("over-disclosure %v with a name, %v without", named, plain)
	}
	numbered := figures(func(p int, _ *Exchange, b map[string]any) {
		b["document_number"] = fmt.Sprintf("00000019900101%04d", p)
	})
	if numbered[BreachPersons] != 60 || numbered[BreachDays] != 60*30 || numbered[BreachEdges] != 360 || plain[BreachPersons] != 0 || plain[BreachDays] != 0 {
		t.Errorf("with document numbers %v, without %v", numbered, plain)
	}
}
