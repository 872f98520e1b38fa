package exposure

import (
	"math"
	"testing"
)

// The targets are those of the published tests of Anonymeter, which gives the
// middle of the interval and half its width.
func TestWilsonMatchesPublishedFigures(t *testing.T) {
	for _, c := range []struct {
		k, n         int
		middle, half float64
	}{{850, 1000, 0.849, 0.022}, {1, 1000, 0.003, 0.003}} {
		e := Wilson(c.k, c.n)
		if m, h := (e.Lo+e.Hi)/2, (e.Hi-e.Lo)/2; math.Abs(m-c.middle) > 0.0006 || math.Abs(h-c.half) > 0.0006 {
			t.Errorf("Wilson(%d, %d): %.4f ± %.4f, want %.3f ± %.3f", c.k, c.n, m, h, c.middle, c.half)
		}
	}
}

func TestNothingFoundHasTheRuleOfThreeForABound(t *testing.T) {
	if e := Wilson(0, 1_000_000); e.Value != 0 || e.Lo != 0 || e.Hi != 3e-6 {
		t.Errorf("Wilson(0, 1e6) = %+v, want an upper bound of 3e-6", e)
	}
	none := make([]float64, 300)
	ones := make([]float64, 300)
	for i := range ones {
		ones[i] = 1
	}
	if e := Bootstrap(none, ones, 1); e.Value != 0 || e.Hi != 0.01 || e.N != 300 {
		t.Errorf("Bootstrap of nothing = %+v, want an upper bound of 0.01", e)
	}
	if e := Bootstrap(ones, ones, 1); e.Value != 1 || e.Lo != 0.99 || e.Hi != 1 {
		t.Errorf("Bootstrap of everything = %+v, want a lower bound of 0.99", e)
	}
	if e := Bootstrap(nil, nil, 1); !math.IsNaN(e.Value) {
		t.Errorf("Bootstrap of no persons = %+v, want no figure", e)
	}
}

func TestBootstrapCoversTheMeanAndRepeats(t *testing.T) {
	r := random(7, "test", 0)
	var values, ones []float64
	for range 400 {
		values, ones = append(values, math.Round(r.Float64()*0.8)), append(ones, 1)
	}
	a, b := Bootstrap(values, ones, 3), Bootstrap(values, ones, 3)
	if a != b {
		t.Errorf("the same seed gives %+v and %+v", a, b)
	}
	// Half the width of a 95 % interval of a proportion, by the normal law.
	want := z95 * math.Sqrt(a.Value*(1-a.Value)/400)
	if half := (a.Hi - a.Lo) / 2; math.Abs(half-want) > want/5 || a.Lo > a.Value || a.Hi < a.Value {
		t.Errorf("Bootstrap = %+v, want about ± %.4f", a, want)
	}
}
