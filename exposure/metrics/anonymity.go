package metrics

import (
	"math"
	"slices"
)

// Classes says into which class of indistinguishable people each person falls
// in a coalition's view: persons with equal class are told apart by nothing.
type Classes []uint64

// Anonymity is figure 10.
type Anonymity struct {
	Sizes     []int    // of the classes, ascending
	Unique    Estimate // persons who are alone, k = 1
	Below10   Estimate // persons with fewer than nine others
	Effective float64  // 2^H: the mean number of people that the mean person hides among, by entropy
}

// sizes gives the sizes of the classes, ascending.
func (c Classes) sizes() []int {
	sorted := slices.Clone(c)
	slices.Sort(sorted)
	var sizes []int
	for lo := 0; lo < len(sorted); {
		hi := lo + 1
		for hi < len(sorted) && sorted[hi] == sorted[lo] {
			hi++
		}
		sizes = append(sizes, hi-lo)
		lo = hi
	}
	slices.Sort(sizes)
	return sizes
}

// Anonymity is figure 10: how many people each person cannot be told from
// (Sweeney 2002), and 2^H of the entropy that is left (Serjantov and Danezis
// 2002), every person being equally likely beforehand.
func (c Classes) Anonymity() Anonymity {
	a := Anonymity{Sizes: c.sizes()}
	unique, below, bits := 0, 0, 0.0
	for _, k := range a.Sizes {
		if k == 1 {
			unique++
		}
		if k < 10 {
			below += k
		}
		bits += float64(k) * math.Log2(float64(k))
	}
	a.Unique, a.Below10 = Wilson(unique, len(c)), Wilson(below, len(c))
	if len(c) > 0 {
		a.Effective = math.Exp2(bits / float64(len(c)))
	}
	return a
}

// Leakage is figure 11 for a view that follows from the person and a person
// drawn at random: the probability of guessing the person right in one try
// (Bayes vulnerability), which is the number of classes over that of persons,
// and the min-entropy leakage in bits (Smith 2009).
func (c Classes) Leakage() (vulnerability, bits float64) {
	classes := float64(len(c.sizes()))
	return classes / float64(len(c)), math.Log2(classes)
}

// Vulnerability is the Bayes vulnerability of a channel, given as the joint
// probabilities by secret and observation: the sum over the observations of
// the likeliest secret's. Its leakage is log2 of it over that of the prior.
func Vulnerability(joint [][]float64) (posterior, bits float64) {
	var prior float64
	var most []float64
	for _, row := range joint {
		prior = max(prior, sum(row))
		for y, p := range row {
			for len(most) <= y {
				most = append(most, 0)
			}
			most[y] = max(most[y], p)
		}
	}
	posterior = sum(most)
	return posterior, math.Log2(posterior / prior)
}

// Entropy is that of a distribution, in bits; the weights need not sum to one.
func Entropy(weights []float64) (bits float64) {
	total := sum(weights)
	for _, w := range weights {
		if w > 0 {
			bits -= w / total * math.Log2(w/total)
		}
	}
	return bits
}

// Degree is the degree of anonymity (Díaz and others 2002): the entropy of the
// attacker's distribution over n people as a share of the most there can be.
func Degree(weights []float64, n int) float64 { return Entropy(weights) / math.Log2(float64(n)) }
