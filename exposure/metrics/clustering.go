package metrics

import (
	"math"
	"math/rand/v2"
	"slices"
)

// BCubed is figure 8 in the form "Elements Like Me" (doi
// 10.1007/s10791-024-09436-7): for each login, the share of the other logins
// of its component that are of its person (precision), and of the other logins
// of its person that are in its component (recall). A login alone in its
// component claims nothing and takes no part in precision; one alone of its
// person takes no part in recall. So joining nothing has a recall of zero,
// which in plain B-cubed it has not.
func (s Sessions) BCubed() (precision, recall Ratio) { return s.bcubed(1) }

// PlainBCubed counts each login as like itself, as Bagga and Baldwin (1998)
// do. It is for comparison with published figures.
func (s Sessions) PlainBCubed() (precision, recall Ratio) { return s.bcubed(0) }

func (s Sessions) bcubed(self int) (precision, recall Ratio) {
	component, bound := s.dense()
	totals := make([]int, bound)
	for _, c := range component {
		totals[c]++
	}
	s.cells(component, func(lo, hi int, cells []cell) {
		p, pn, r, rn := 0.0, 0.0, 0.0, 0.0
		for _, c := range cells {
			n, like := float64(c.logins), float64(c.logins-self)
			if others := totals[c.component] - self; others > 0 {
				p, pn = p+n*like/float64(others), pn+n
			}
			if others := hi - lo - self; others > 0 {
				r, rn = r+n*like/float64(others), rn+n
			}
		}
		precision.add(p, pn)
		recall.add(r, rn)
	})
	return precision, recall
}

// ARI is the adjusted Rand index (Hubert and Arabie 1985): 1 for the truth,
// about 0 for chance.
func (s Sessions) ARI() float64 {
	component, bound := s.dense()
	totals := make([]int, bound)
	for _, c := range component {
		totals[c]++
	}
	var both, persons, components float64
	s.cells(component, func(lo, hi int, cells []cell) {
		persons += pairs(hi - lo)
		for _, c := range cells {
			both += pairs(c.logins)
		}
	})
	for _, n := range totals {
		components += pairs(n)
	}
	expected := persons * components / pairs(len(s.Person))
	if most := (persons + components) / 2; most != expected {
		return (both - expected) / (most - expected)
	}
	return 1 // both partitions are all in one, or all apart
}

// VI is the variation of information (Meilă 2007) in bits: how much is left to
// learn of the persons from the components and the other way round.
func (s Sessions) VI() float64 {
	component, bound := s.dense()
	totals := make([]int, bound)
	for _, c := range component {
		totals[c]++
	}
	bits := 0.0
	s.cells(component, func(lo, hi int, cells []cell) {
		for _, c := range cells {
			n := float64(c.logins)
			bits += n * (math.Log2(float64(hi-lo)/n) + math.Log2(float64(totals[c.component])/n))
		}
	})
	if len(s.Person) == 0 {
		return 0
	}
	return bits / float64(len(s.Person))
}

// sizeQuantile gives a quantile of a histogram of persons, with the
// percentile interval of 200 resamplings.
func sizeQuantile(sizes []int, q float64, seed uint64) Estimate {
	n := 0
	for _, k := range sizes {
		n += k
	}
	if n == 0 {
		return None(MethodNone)
	}
	at := func(sizes []int, n int) float64 {
		rank := int(math.Ceil(q * float64(n)))
		for size, k := range sizes {
			if rank -= k; rank <= 0 {
				return float64(size)
			}
		}
		return float64(len(sizes) - 1)
	}
	e := Estimate{Value: at(sizes, n), Method: MethodBootstrap, N: n}
	r := rand.New(rand.NewPCG(seed, 0x7175616e))
	var values []float64
	for range minReplicates {
		drawn, total := make([]int, len(sizes)), 0
		for size, k := range sizes {
			if k > 0 {
				drawn[size] = poisson(r, float64(k))
				total += drawn[size]
			}
		}
		if total > 0 {
			values = append(values, at(drawn, total))
		}
	}
	slices.Sort(values)
	e.Lo, e.Hi = quantile(values, 0.025), quantile(values, 0.975)
	return e
}
