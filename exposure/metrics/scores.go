package metrics

import (
	"math"
	"slices"
)

// Scores are what a linker gave to pairs of sessions whose truth is known,
// higher for "the same person". To keep the intervals honest, take one pair of
// each kind from a person.
type Scores struct {
	Mated    []float64 // pairs of one person's
	NonMated []float64 // pairs of two persons'
}

// A Point of the curve of a threshold.
type Point struct{ Threshold, TPR, FPR float64 }

// Curve gives the points of the receiver operating characteristic, from the
// strictest threshold to the mildest; tied scores are one point.
func (s Scores) Curve() []Point {
	mated, other := slices.Clone(s.Mated), slices.Clone(s.NonMated)
	slices.Sort(mated)
	slices.Sort(other)
	curve := []Point{{math.Inf(1), 0, 0}}
	i, j := len(mated), len(other)
	for i > 0 || j > 0 {
		at := math.Inf(-1)
		if i > 0 {
			at = mated[i-1]
		}
		if j > 0 {
			at = max(at, other[j-1])
		}
		for i > 0 && mated[i-1] == at {
			i--
		}
		for j > 0 && other[j-1] == at {
			j--
		}
		curve = append(curve, Point{at, share(len(mated)-i, len(mated)), share(len(other)-j, len(other))})
	}
	return curve
}

func share(k, n int) float64 {
	if n == 0 {
		return 0
	}
	return float64(k) / float64(n)
}

// Advantage is the most by which the true positives exceed the false ones at
// one threshold: what the linker wins over a coin in the game of one session
// pair, same person or not.
func (s Scores) Advantage() (most float64) {
	for _, p := range s.Curve() {
		most = max(most, math.Abs(p.TPR-p.FPR))
	}
	return most
}

// AUC is the probability that a pair of one person scores above a pair of two,
// ties counting half.
func (s Scores) AUC() (area float64) {
	curve := s.Curve()
	for i := 1; i < len(curve); i++ {
		area += (curve[i].FPR - curve[i-1].FPR) * (curve[i].TPR + curve[i-1].TPR) / 2
	}
	return area
}

// TPRAt gives the share of pairs of one person found while at most rate of the
// pairs of two are. With fewer than 1/rate such pairs there is no saying.
func (s Scores) TPRAt(rate float64) Estimate {
	if float64(len(s.NonMated))*rate < 1 {
		return None("too-few-pairs")
	}
	best := 0.0
	for _, p := range s.Curve() {
		if p.FPR <= rate {
			best = p.TPR
		}
	}
	return Wilson(int(best*float64(len(s.Mated))+0.5), len(s.Mated))
}

// PrecisionAt gives the precision of a linker with these rates among people
// of whom a pair is of one person with probability prior. It is what an
// advantage does not say: among 6 million people the prior is 1.7e-7.
func PrecisionAt(tpr, fpr, prior float64) float64 {
	right := tpr * prior
	if right == 0 {
		return 0
	}
	return right / (right + fpr*(1-prior))
}

// systemBins is how many bins a histogram of scores has.
const systemBins = 100

// SystemLinkability is D_sys (Gomez-Barrero and others 2018) with the odds
// omega that a pair is of one person: the mean, over the pairs of one person,
// of 2·omega·LR/(1+omega·LR) − 1 where omega·LR exceeds 1 and of 0 elsewhere;
// LR is the ratio of the two histograms at the score.
func (s Scores) SystemLinkability(omega float64) float64 {
	if len(s.Mated) == 0 || len(s.NonMated) == 0 {
		return math.NaN()
	}
	lo := min(slices.Min(s.Mated), slices.Min(s.NonMated))
	hi := max(slices.Max(s.Mated), slices.Max(s.NonMated))
	bin := func(v float64) int {
		if hi == lo {
			return 0
		}
		return min(systemBins-1, int((v-lo)/(hi-lo)*systemBins))
	}
	var mated, other [systemBins]float64
	for _, v := range s.Mated {
		mated[bin(v)] += 1 / float64(len(s.Mated))
	}
	for _, v := range s.NonMated {
		other[bin(v)] += 1 / float64(len(s.NonMated))
	}
	total := 0.0
	for i, m := range mated {
		if w := omega * m; w > other[i] {
			total += m * (2*w/(w+other[i]) - 1)
		}
	}
	return total
}
