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
	}{{850, 1000, 0.849, 0.022}, {0, 1000, 0.002, 0.002}, {1, 1000, 0.003, 0.003}} {
		lo, hi := wilson(c.k, c.n)
		if m, h := (lo+hi)/2, (hi-lo)/2; math.Abs(m-c.middle) > 0.0006 || math.Abs(h-c.half) > 0.0006 {
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

// The interval that holds the truth 95 times of 100 holds it about that often,
// for shares that differ from person to person.
func TestBootstrapCoverage(t *testing.T) {
	for _, c := range []struct {
		people int
		least  float64
	}{{20, 0.86}, {50, 0.9}, {300, 0.92}} {
		const worlds = 200
		covered := 0
		for w := range worlds {
			r := random(uint64(w), "coverage", c.people)
			var num, den []float64
			for range c.people {
				// Pairs: heavy use by a few, linked with a chance of 0.5 each.
				n := 1 + int(math.Exp(r.NormFloat64())*r.ExpFloat64())
				k := 0
				for range n {
					if r.Float64() < 0.5 {
						k++
					}
				}
				num, den = append(num, float64(k)), append(den, float64(n))
			}
			if e := Bootstrap(num, den, uint64(w)); e.Lo <= 0.5 && 0.5 <= e.Hi {
				covered++
			}
		}
		got := float64(covered) / worlds
		t.Logf("%d people: %.3f", c.people, got)
		if got < c.least {
			t.Errorf("%d people: the interval holds the truth %v of the time, want %v at least", c.people, got, c.least)
		}
	}
}

// Bagga and Baldwin's example (1998): twelve mentions of three people of whom
// one response puts the second and the third together, another the first and
// the third. The pairwise precisions are 21/31 and 21/46.
func TestPairwisePrecisionOfThePublishedExample(t *testing.T) {
	mentions := func(from, to int) map[string]int {
		m := make(map[string]int)
		for i := from; i <= to; i++ {
			m[string(rune('a'+i))] = 1
		}
		return m
	}
	people := []map[string]int{mentions(1, 5), mentions(6, 7), mentions(8, 12)}
	for _, c := range []struct {
		response [][]int
		right    float64
	}{{[][]int{{0}, {1, 2}}, 21.0 / 31}, {[][]int{{0, 2}, {1}}, 21.0 / 46}} {
		f := newFindings(len(people))
		for _, cluster := range c.response {
			visits := make(map[int]map[string]int)
			for _, p := range cluster {
				visits[p] = people[p]
			}
			f.component(visits, nil)
		}
		copy(f.visited, people)
		found := make(map[string]float64)
		f.rows(AllPlatforms, 1, func(metric, _ string, e Estimate) { found[metric] = e.Value })
		if math.Abs(found[LinkagePrecision]-c.right) > 1e-12 || found[CrossPlatformLinkage] != 1 {
			t.Errorf("response %v: precision %v, recall %v; want %v and 1", c.response, found[LinkagePrecision], found[CrossPlatformLinkage], c.right)
		}
	}
}
