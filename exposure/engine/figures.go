package engine

import (
	"cmp"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/halfmask/halfmask/exposure/metrics"
)

// A Sample counts, for each pair of a numerator and a denominator, the people
// who have it.
type Sample map[[2]uint32]int64

func (s *Sample) add(numerator, denominator int) {
	if *s == nil {
		*s = make(Sample)
	}
	(*s)[[2]uint32{uint32(numerator), uint32(denominator)}]++
}

// People counts the people of the sample.
func (s Sample) People() (n int64) {
	for _, k := range s {
		n += k
	}
	return n
}

// Sums adds the numerators and the denominators.
func (s Sample) Sums() (numerator, denominator int64) {
	for pair, k := range s {
		numerator += int64(pair[0]) * k
		denominator += int64(pair[1]) * k
	}
	return numerator, denominator
}

// Estimate is a figure with its 95 % interval.
type Estimate struct {
	Value, Lo, Hi float64
	Method        string
	People        int64
}

const replicates = 1000

// Share gives k of n people with the Wilson score interval, or the rule of
// three for none or all.
func Share(k, n int) Estimate {
	e := metrics.Wilson(k, n)
	return Estimate{Value: e.Value, Lo: e.Lo, Hi: e.Hi, Method: e.Method, People: int64(e.N)}
}

// Ratio gives the sum of the numerators over that of the denominators, with a
// percentile interval over people, each of whom counts Poisson(1) times in a
// replicate. People with the same pair are drawn at once: n of them count
// Poisson(n) times. A ratio of 0 or 1 has the rule of three.
func (s Sample) Ratio(seed uint64) Estimate {
	return s.estimate(seed, func(pair [2]uint32) (float64, float64) { return float64(pair[0]), float64(pair[1]) })
}

// Mean gives the mean over people of numerator over denominator.
func (s Sample) Mean(seed uint64) Estimate {
	return s.estimate(seed, func(pair [2]uint32) (float64, float64) { return float64(pair[0]) / float64(pair[1]), 1 })
}

func (s Sample) estimate(seed uint64, weigh func([2]uint32) (a, b float64)) Estimate {
	kinds := slices.SortedFunc(maps.Keys(s), func(a, b [2]uint32) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	ratio := func(times func(int64) float64) float64 {
		var num, den float64
		for _, k := range kinds {
			a, b := weigh(k)
			n := times(s[k])
			num, den = num+a*n, den+b*n
		}
		return num / den
	}
	e := Estimate{Value: ratio(func(n int64) float64 { return float64(n) }), Method: "person-bootstrap (Poisson)", People: s.People()}
	numerator, denominator := s.Sums()
	switch {
	case denominator == 0:
		return Estimate{Value: math.NaN(), Lo: math.NaN(), Hi: math.NaN(), Method: "none"}
	case numerator == 0 || numerator == denominator:
		bound := min(1, 3/float64(e.People))
		e.Method, e.Lo, e.Hi = "rule-of-three", max(0, e.Value-bound), min(1, e.Value+bound)
		return e
	}
	r := rand.New(rand.NewPCG(seed, 0x706f6973))
	drawn := make([]float64, replicates)
	for i := range drawn {
		drawn[i] = ratio(func(n int64) float64 { return poisson(r, float64(n)) })
	}
	slices.Sort(drawn)
	e.Lo, e.Hi = drawn[replicates*25/1000], drawn[replicates*975/1000-1]
	return e
}

// poisson draws a number whose mean is m; where m is large, as a normal one.
func poisson(r *rand.Rand, m float64) float64 {
	if m > 100 {
		return math.Max(0, math.Round(m+math.Sqrt(m)*r.NormFloat64()))
	}
	n, none := 0.0, math.Exp(-m)
	for p := r.Float64(); p > none; p *= r.Float64() {
		n++
	}
	return n
}

// Pairs of logins: of one person and joined, joined, and of one person.
func (c *Counts) Pairs() (right, joined, true_ int64) {
	for cell, n := range c.Contingency {
		right += int64(pairs(int(cell.Both))) * n
		// A component of k logins is counted once for each person in it, by
		// their share of its ordered pairs.
		joined += int64(cell.Both) * int64(cell.Component-1) * n
		true_ += int64(cell.Both) * int64(cell.Person-1) * n
	}
	return right, joined / 2, true_ / 2
}

// Pairwise gives precision and recall over pairs of logins; precision is NaN
// where nothing was joined.
func (c *Counts) Pairwise() (precision, recall float64) {
	right, joined, all := c.Pairs()
	return float64(right) / float64(joined), float64(right) / float64(all)
}

// BCubed gives B-cubed precision and recall over logins, each login compared
// with the others only ("elements like me" left out of their own: to link
// nothing has recall 0). Logins alone in their component have no precision,
// logins of people with one have no recall; the means are over the rest.
func (c *Counts) BCubed() (precision, recall float64) {
	var p, r, joined, repeated float64
	for _, cell := range slices.SortedFunc(maps.Keys(c.Contingency), compareCells) {
		n := float64(c.Contingency[cell]) * float64(cell.Both)
		if cell.Component > 1 {
			joined += n
			p += n * float64(cell.Both-1) / float64(cell.Component-1)
		}
		if cell.Person > 1 {
			repeated += n
			r += n * float64(cell.Both-1) / float64(cell.Person-1)
		}
	}
	return p / joined, r / repeated
}

func compareCells(a, b Cell) int {
	return cmp.Or(cmp.Compare(a.Component, b.Component), cmp.Compare(a.Person, b.Person), cmp.Compare(a.Both, b.Both))
}
