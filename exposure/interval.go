package exposure

import (
	"math"
	"math/rand/v2"
	"slices"
)

// An Estimate is a figure with its 95 % interval.
type Estimate struct {
	Value, Lo, Hi float64
	Method        string // how the interval was made
	N             int    // how many units it rests on
}

const z95 = 1.959963984540054

// Wilson gives the share k/n with the Wilson score interval (Wilson 1927).
// With no event among n the upper bound is the rule of three, 3/n (Hanley and
// Lippman-Hand 1983), which is what "none found" can mean at most; with n
// events the lower bound is one minus that.
func Wilson(k, n int) Estimate {
	switch {
	case n == 0:
		return noEstimate("none")
	case k == 0 || k == n:
		return ruleOfThree(float64(k)/float64(n), n)
	}
	e := Estimate{Value: float64(k) / float64(n), Method: "wilson", N: n}
	e.Lo, e.Hi = wilson(k, n)
	return e
}

func wilson(k, n int) (lo, hi float64) {
	share, fn := float64(k)/float64(n), float64(n)
	centre := (share + z95*z95/(2*fn)) / (1 + z95*z95/fn)
	half := z95 / (1 + z95*z95/fn) * math.Sqrt(share*(1-share)/fn+z95*z95/(4*fn*fn))
	return max(0, centre-half), min(1, centre+half)
}

// ruleOfThree bounds a share that is 0 or 1 among n.
func ruleOfThree(share float64, n int) Estimate {
	bound := min(1, 3/float64(n))
	e := Estimate{Value: share, Method: "rule-of-three", N: n}
	e.Lo, e.Hi = max(0, share-bound), min(1, share+bound)
	return e
}

// noEstimate is a figure that does not exist, and why.
func noEstimate(why string) Estimate {
	return Estimate{Value: math.NaN(), Lo: math.NaN(), Hi: math.NaN(), Method: why}
}

// bootstrapReplicates is enough for a stable 95 % percentile interval.
const bootstrapReplicates = 1000

// Bootstrap gives the ratio of the sums of num and den, one pair per person,
// with a percentile interval over resampled persons (Efron 1979): logins of
// one person are not independent, persons are. When the ratio is 0 or 1 the
// bound is the rule of three over persons. The resampling is seeded by seed
// alone. N is the number of persons.
func Bootstrap(num, den []float64, seed uint64) Estimate {
	n := len(num)
	total := sum(den)
	if total == 0 {
		return noEstimate("none")
	}
	e := Estimate{Value: sum(num) / total, Method: "person-bootstrap", N: n}
	if e.Value == 0 || e.Value == 1 {
		return ruleOfThree(e.Value, n)
	}
	r := rand.New(rand.NewPCG(seed, 0x626f6f74))
	ratios := make([]float64, bootstrapReplicates)
	for i := range ratios {
		var a, b float64
		for range n {
			p := r.IntN(n)
			a, b = a+num[p], b+den[p]
		}
		ratios[i] = a / b
	}
	slices.Sort(ratios)
	at := func(q float64) float64 { return ratios[int(q*float64(len(ratios)-1)+0.5)] }
	e.Lo, e.Hi = at(0.025), at(0.975)
	return e
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}
