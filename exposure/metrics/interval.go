package metrics

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// An Estimate is a figure with its 95 % interval.
type Estimate struct {
	Value, Lo, Hi float64
	Method        string // how the interval was made
	N             int    // how many units it rests on; persons, where persons are resampled
}

// The methods of intervals.
const (
	MethodWilson    = "wilson"
	MethodBootstrap = "person-bootstrap"
	MethodThree     = "rule-of-three"
	MethodNone      = "none" // there is nothing to estimate from
)

const z95 = 1.959963984540054

// Wilson gives the share k/n with the Wilson score interval (Wilson 1927).
// With no event among n the upper bound is the rule of three, 3/n (Hanley and
// Lippman-Hand 1983), which is what "none found" can mean at most; with n
// events the lower bound is one minus that.
func Wilson(k, n int) Estimate {
	switch {
	case n == 0:
		return None(MethodNone)
	case k == 0 || k == n:
		return RuleOfThree(float64(k)/float64(n), n)
	}
	e := Estimate{Value: float64(k) / float64(n), Method: MethodWilson, N: n}
	e.Lo, e.Hi = wilson(k, n)
	return e
}

func wilson(k, n int) (lo, hi float64) {
	share, fn := float64(k)/float64(n), float64(n)
	centre := (share + z95*z95/(2*fn)) / (1 + z95*z95/fn)
	half := z95 / (1 + z95*z95/fn) * math.Sqrt(share*(1-share)/fn+z95*z95/(4*fn*fn))
	return max(0, centre-half), min(1, centre+half)
}

// RuleOfThree bounds a share that is 0 or 1 among n.
func RuleOfThree(share float64, n int) Estimate {
	bound := min(1, 3/float64(n))
	e := Estimate{Value: share, Method: MethodThree, N: n}
	e.Lo, e.Hi = max(0, share-bound), min(1, share+bound)
	return e
}

// None is a figure that does not exist, and why.
func None(why string) Estimate {
	return Estimate{Value: math.NaN(), Lo: math.NaN(), Hi: math.NaN(), Method: why}
}

// A Ratio is a figure that is a sum over persons divided by another. Both
// columns are in the order of persons; a person with no Den takes no part.
// Two designs under one schedule have the same persons, so their ratios pair.
type Ratio struct{ Num, Den []float64 }

func (r *Ratio) add(num, den float64) { r.Num, r.Den = append(r.Num, num), append(r.Den, den) }

// Value is the ratio; not a number where there is nothing to divide by.
func (r Ratio) Value() float64 { return sum(r.Num) / sum(r.Den) }

// N counts the persons who take part.
func (r Ratio) N() (n int) {
	for _, d := range r.Den {
		if d != 0 {
			n++
		}
	}
	return n
}

// Estimate gives the ratio with a percentile interval over resampled persons
// (Efron 1979), by the Poisson bootstrap (Chamandy and others 2012): the
// logins of one person belong together, persons do not. Where it is nothing or
// everything for each person, the bound is the rule of three over persons. The
// resampling is seeded by seed alone.
func (r Ratio) Estimate(seed uint64) Estimate {
	n, none, all := 0, true, true
	for i, d := range r.Den {
		if d != 0 {
			n++
			none, all = none && r.Num[i] == 0, all && r.Num[i] == d
		}
	}
	switch {
	case n == 0:
		return None(MethodNone)
	case none:
		return RuleOfThree(0, n)
	case all:
		return RuleOfThree(1, n)
	}
	e := Estimate{Value: r.Value(), Method: MethodBootstrap, N: n}
	e.Lo, e.Hi = percentiles(r, Ratio{}, seed)
	return e
}

// Minus gives the paired difference to another ratio of the same persons:
// each resampling takes the same persons for both, so what they have in common
// cancels out. It panics when the persons are not the same number.
func (r Ratio) Minus(o Ratio, seed uint64) Estimate {
	if len(r.Num) != len(o.Num) || len(r.Den) != len(o.Den) {
		panic("metrics: a difference between ratios of other persons")
	}
	e := Estimate{Value: r.Value() - o.Value(), Method: "paired-" + MethodBootstrap, N: r.N()}
	if math.IsNaN(e.Value) {
		return None(MethodNone)
	}
	e.Lo, e.Hi = percentiles(r, o, seed)
	return e
}

// Replicates are enough for a stable 95 % percentile interval, and fewer where
// that many persons differ from one another that it would take long.
const (
	maxReplicates = 1000
	minReplicates = 200
	maxDraws      = 100_000_000
)

// percentiles resamples the persons. In a Poisson bootstrap each person has a
// weight drawn from Poisson(1); persons with the same figures are drawn for
// together, from Poisson(how many they are), which is the same thing.
func percentiles(a, b Ratio, seed uint64) (lo, hi float64) {
	type figures [4]float64
	count := make(map[figures]int)
	for i := range a.Num {
		f := figures{a.Num[i], a.Den[i]}
		if b.Num != nil {
			f[2], f[3] = b.Num[i], b.Den[i]
		}
		if f != (figures{}) {
			count[f]++
		}
	}
	kinds := make([]figures, 0, len(count))
	for f := range count {
		kinds = append(kinds, f)
	}
	slices.SortFunc(kinds, func(f, g figures) int { return slices.Compare(f[:], g[:]) })

	random := rand.New(rand.NewPCG(seed, 0x626f6f74))
	values := make([]float64, 0, maxReplicates)
	replicates := min(maxReplicates, max(minReplicates, maxDraws/max(len(kinds), 1)))
	for tries := 0; len(values) < replicates && tries < 2*replicates; tries++ {
		var s figures
		for _, f := range kinds {
			weight := float64(poisson(random, float64(count[f])))
			for i := range s {
				s[i] += weight * f[i]
			}
		}
		switch {
		case s[1] == 0 || (b.Num != nil && s[3] == 0): // nobody was drawn
		case b.Num != nil:
			values = append(values, s[0]/s[1]-s[2]/s[3])
		default:
			values = append(values, s[0]/s[1])
		}
	}
	if len(values) == 0 {
		return math.NaN(), math.NaN()
	}
	slices.Sort(values)
	return quantile(values, 0.025), quantile(values, 0.975)
}

// quantile takes the nearest of sorted values.
func quantile[T cmp.Ordered](sorted []T, q float64) T {
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}

// poisson draws from the Poisson distribution: by multiplication while the
// mean is small, else by transformed rejection (Hörmann 1993, PTRS).
func poisson(r *rand.Rand, mean float64) int {
	if mean < 10 {
		limit, n := math.Exp(-mean), 0
		for p := r.Float64(); p > limit; p *= r.Float64() {
			n++
		}
		return n
	}
	b := 0.931 + 2.53*math.Sqrt(mean)
	a := -0.059 + 0.02483*b
	accept := 0.9277 - 3.6224/(b-2)
	scale := math.Log(1.1239 + 1.1328/(b-3.4))
	for {
		u, v := r.Float64()-0.5, r.Float64()
		edge := 0.5 - math.Abs(u)
		k := math.Floor((2*a/edge+b)*u + mean + 0.43)
		if edge >= 0.07 && v <= accept {
			return int(k)
		}
		if k < 0 || (edge < 0.013 && v > edge) {
			continue
		}
		gamma, _ := math.Lgamma(k + 1)
		if math.Log(v)+scale-math.Log(a/(edge*edge)+b) <= k*math.Log(mean)-mean-gamma {
			return int(k)
		}
	}
}
