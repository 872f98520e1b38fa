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
// Lippman-Hand 1983), which is what "none found" can mean at most.
func Wilson(k, n int) Estimate {
	if n == 0 {
		return Estimate{Value: math.NaN(), Lo: math.NaN(), Hi: math.NaN(), Method: "none"}
	}
	share, fn := float64(k)/float64(n), float64(n)
	if k == 0 {
		return Estimate{Hi: min(1, 3/fn), Method: "rule-of-three", N: n}
	}
	centre := (share + z95*z95/(2*fn)) / (1 + z95*z95/fn)
	half := z95 / (1 + z95*z95/fn) * math.Sqrt(share*(1-share)/fn+z95*z95/(4*fn*fn))
	return Estimate{Value: share, Lo: max(0, centre-half), Hi: min(1, centre+half), Method: "wilson", N: n}
}

// bootstrapReplicates is enough for a stable 95 % percentile interval.
const bootstrapReplicates = 1000

// Bootstrap gives the ratio of the sums of num and den, one pair per person,
// with a percentile interval over resampled persons (Efron 1979): logins of
// one person are not independent, persons are. When the ratio is 0 the upper
// bound is the rule of three over persons; when it is 1 the lower bound is one
// minus that. The resampling is seeded by seed alone. N is the sum of den.
func Bootstrap(num, den []float64, seed uint64) Estimate {
	n := len(num)
	total, hits := sum(den), sum(num)
	if total == 0 {
		return Wilson(0, 0)
	}
	e := Estimate{Value: hits / total, Method: "rule-of-three", N: int(total)}
	bound := min(1, 3/float64(n))
	switch e.Value {
	case 0:
		e.Hi = bound
		return e
	case 1:
		e.Lo, e.Hi = 1-bound, 1
		return e
	}
	r := rand.New(rand.NewPCG(seed, 0x626f6f74))
	ratios := make([]float64, bootstrapReplicates)
	for i := range ratios {
		var a, b float64
		for range n {
			p := r.IntN(n)
			a, b = a+num[p], b+den[p]
		}
		ratios[i] = a / max(b, 1)
	}
	slices.Sort(ratios)
	at := func(q float64) float64 { return ratios[int(q*float64(len(ratios)-1)+0.5)] }
	e.Lo, e.Hi, e.Method = at(0.025), at(0.975), "person-bootstrap"
	return e
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}
