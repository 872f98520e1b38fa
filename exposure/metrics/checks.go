package metrics

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
)

// A Check compares what this package computes with a published figure, or with
// a closed form that random data of the trial's size must come close to.
type Check struct {
	Name      string
	Expected  float64
	Tolerance float64
	Source    string
	Large     bool // takes seconds
	Compute   func() float64
}

// Checked is a Check that was made.
type Checked struct {
	Name      string  `json:"name"`
	Expected  float64 `json:"expected"`
	Got       float64 `json:"got"`
	Tolerance float64 `json:"tolerance"`
	Source    string  `json:"source"`
	OK        bool    `json:"ok"`
}

// Run makes the check.
func (c Check) Run() Checked {
	got := c.Compute()
	return Checked{c.Name, c.Expected, got, c.Tolerance, c.Source, math.Abs(got-c.Expected) <= c.Tolerance}
}

// half is the tolerance of a figure that is printed with so many digits after
// the point.
func half(digits int) float64 { return 0.5001 * math.Pow10(-digits) }

// Checks lists all of them. The figures are those of Anonymeter's published
// tests, of the papers named, or computed from the formula that is given.
func Checks() []Check { return slices.Concat(exactChecks(), largeChecks()) }

func exactChecks() []Check {
	middle := func(k, n int) func() float64 {
		return func() float64 { lo, hi := wilson(k, n); return (lo + hi) / 2 }
	}
	width := func(k, n int) func() float64 {
		return func() float64 { lo, hi := wilson(k, n); return (hi - lo) / 2 }
	}
	const anonymeter = "Anonymeter, published tests"
	const notebook = "Anonymeter, Adult notebook"
	checks := []Check{
		{Name: "Wilson 95 %, 850 of 1000: middle", Expected: 0.849, Tolerance: half(3), Source: anonymeter, Compute: middle(850, 1000)},
		{Name: "Wilson 95 %, 850 of 1000: half width", Expected: 0.022, Tolerance: half(3), Source: anonymeter, Compute: width(850, 1000)},
		{Name: "Wilson 95 %, 0 of 1000: middle", Expected: 0.002, Tolerance: half(3), Source: anonymeter, Compute: middle(0, 1000)},
		{Name: "Wilson 95 %, 0 of 1000: half width", Expected: 0.002, Tolerance: half(3), Source: anonymeter, Compute: width(0, 1000)},
		{Name: "residual of 0.9 over a control of 0.8", Expected: 0.5, Tolerance: 1e-9, Source: anonymeter, Compute: func() float64 { return Residual(0.9, 0.8) }},
		{Name: "linkability, main attack (5 of 2000): middle", Expected: 0.003454, Tolerance: half(6), Source: notebook, Compute: middle(5, 2000)},
		{Name: "linkability, main attack (5 of 2000): half width", Expected: 0.002385, Tolerance: half(6), Source: notebook, Compute: width(5, 2000)},
		{Name: "linkability, control (9 of 2000): middle", Expected: 0.005450, Tolerance: half(6), Source: notebook, Compute: middle(9, 2000)},
		{Name: "linkability, control (9 of 2000): half width", Expected: 0.003081, Tolerance: half(6), Source: notebook, Compute: width(9, 2000)},
		{Name: "rule of three, 0 of 1e6: upper bound", Expected: 3e-6, Tolerance: 1e-12, Source: "Hanley and Lippman-Hand 1983", Compute: func() float64 { return Wilson(0, 1_000_000).Hi }},
	}
	checks = append(checks, clusteringChecks()...)
	return append(checks, informationChecks()...)
}

// partition makes logins of partitions that are given as labels; platforms
// are all one.
func partition(truth, components []uint32) Sessions {
	order := make([]int, len(truth))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(truth[a], truth[b]) })
	s := Sessions{Platform: make([]uint16, len(truth))}
	for _, i := range order {
		s.Person, s.Component = append(s.Person, truth[i]), append(s.Component, components[i])
	}
	return s
}

func clusteringChecks() []Check {
	// Bagga and Baldwin 1998: twelve items of three entities (5, 2, 5); the
	// first response joins the last two entities, the second the first and last.
	key := []uint32{0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2}
	first := partition(key, []uint32{0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1})
	second := partition(key, []uint32{0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0})
	// Amigó and others 2009: fourteen items of three categories (4, 3, 7).
	amigo := partition([]uint32{0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2}, []uint32{0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 3, 4})
	ari := partition([]uint32{0, 0, 1, 1}, []uint32{0, 0, 1, 2})
	value := func(f func() (Ratio, Ratio), which int) func() float64 {
		return func() float64 { a, b := f(); return []Ratio{a, b}[which].Value() }
	}
	const bagga, amigoSource = "Bagga and Baldwin 1998, example", "Amigó and others 2009, example"
	var checks []Check
	for _, c := range []struct {
		name                      string
		s                         Sessions
		bcubed, pairwise, ari, vi float64
	}{{"first response", first, 0.762, 0.677, 0.690, 0.503}, {"second response", second, 0.583, 0.457, 0.337, 0.833}} {
		checks = append(checks,
			Check{Name: "B-cubed precision, " + c.name, Expected: c.bcubed, Tolerance: half(3), Source: bagga, Compute: value(c.s.PlainBCubed, 0)},
			Check{Name: "B-cubed recall, " + c.name, Expected: 1, Tolerance: 1e-9, Source: bagga, Compute: value(c.s.PlainBCubed, 1)},
			Check{Name: "pairwise precision, " + c.name, Expected: c.pairwise, Tolerance: half(3), Source: bagga, Compute: value(c.s.Pairwise, 0)},
			Check{Name: "adjusted Rand index, " + c.name, Expected: c.ari, Tolerance: half(3), Source: bagga, Compute: c.s.ARI},
			Check{Name: "variation of information, " + c.name + ", bits", Expected: c.vi, Tolerance: half(3), Source: bagga, Compute: c.s.VI})
	}
	alone := partition(key, []uint32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
	return append(checks,
		Check{Name: "adjusted Rand index, [0 0 1 2] against [0 0 1 1]", Expected: 0.5714, Tolerance: half(4), Source: "Hubert and Arabie 1985, formula", Compute: ari.ARI},
		Check{Name: "B-cubed precision, 14 items", Expected: 0.695, Tolerance: half(3), Source: amigoSource, Compute: value(amigo.PlainBCubed, 0)},
		Check{Name: "B-cubed recall, 14 items", Expected: 0.599, Tolerance: half(3), Source: amigoSource, Compute: value(amigo.PlainBCubed, 1)},
		Check{Name: "B-cubed recall without the item itself, nothing joined", Expected: 0, Tolerance: 0, Source: "doi 10.1007/s10791-024-09436-7", Compute: value(alone.BCubed, 1)},
	)
}

func informationChecks() []Check {
	crowds := func(n, c int, forward, want float64) Check {
		return Check{Name: "Crowds, degree of anonymity, N=" + strconv.Itoa(n) + " C=" + strconv.Itoa(c) + " p=0.75", Expected: want, Tolerance: half(3),
			Source: "Díaz and others 2002, formula", Compute: func() float64 {
				// The predecessor is the sender with 1 − p(N−C−1)/N, each other
				// honest member with p/N.
				weights := []float64{1 - forward*float64(n-c-1)/float64(n)}
				for range n - c - 1 {
					weights = append(weights, forward/float64(n))
				}
				return Degree(weights, n-c)
			}}
	}
	pool := func(n, pool int, want float64) Check {
		return Check{Name: "pool mix, effective set, N=" + strconv.Itoa(n) + " n=" + strconv.Itoa(pool), Expected: want, Tolerance: half(1),
			Source: "Serjantov and Danezis 2002, formula", Compute: func() float64 {
				// Messages of the round k rounds ago left the pool now with
				// (N/(N+n))·(n/(N+n))^k / N each.
				var weights []float64
				for stay := 1.0; stay > 1e-15; stay *= float64(pool) / float64(n+pool) {
					for range n {
						weights = append(weights, stay/float64(n+pool))
					}
				}
				return math.Exp2(Entropy(weights))
			}}
	}
	bell := func(n int, want float64) Check {
		return Check{Name: "entropy of a random partition of " + strconv.Itoa(n) + ", bits", Expected: want, Tolerance: half(3), Source: "log2 of the Bell number",
			Compute: func() float64 {
				row := []float64{1}
				for range n - 1 {
					next := []float64{row[len(row)-1]}
					for _, v := range row {
						next = append(next, next[len(next)-1]+v)
					}
					row = next
				}
				return Entropy(slices.Repeat([]float64{1}, int(row[len(row)-1])))
			}}
	}
	const normal = "normal N(1,1) against N(0,1), closed form"
	scores := Scores{normals(1, 200_000), normals(0, 200_000)}
	response := func() ([][]float64, int) {
		// Randomised response over ten values with epsilon = ln 9.
		const m, e = 10, 9.0
		joint := make([][]float64, m)
		for i := range joint {
			for j := range m {
				p := 1 / (e + m - 1) / m
				if i == j {
					p *= e
				}
				joint[i] = append(joint[i], p)
			}
		}
		return joint, m
	}
	return []Check{
		crowds(20, 2, 0.75, 0.851), crowds(20, 5, 0.75, 0.767), crowds(100, 10, 0.75, 0.807),
		pool(100, 100, 400), pool(100, 10, 139.8),
		bell(4, 3.907), bell(10, 16.823),
		{Name: "D_sys at omega 1", Expected: 0.2935, Tolerance: 1e-3, Source: normal, Compute: func() float64 { return scores.SystemLinkability(1) }},
		{Name: "area under the curve", Expected: 0.7602, Tolerance: half(4), Source: normal, Compute: scores.AUC},
		{Name: "advantage", Expected: 0.3829, Tolerance: half(4), Source: normal, Compute: scores.Advantage},
		{Name: "precision of TPR 99 %, FPR 1e-6 among 6 million", Expected: 0.14, Tolerance: half(2), Source: "Bayes", Compute: func() float64 { return PrecisionAt(0.99, 1e-6, 1.67e-7) }},
		{Name: "randomised response, 10 values, ln 9: vulnerability", Expected: 0.5, Tolerance: 1e-9, Source: "Smith 2009, formula", Compute: func() float64 { j, _ := response(); v, _ := Vulnerability(j); return v }},
		{Name: "randomised response: leakage, bits", Expected: 2.322, Tolerance: half(3), Source: "Smith 2009, formula", Compute: func() float64 { j, _ := response(); _, b := Vulnerability(j); return b }},
		{Name: "Shapley, three channels of which any two suffice", Expected: 1. / 3, Tolerance: 1e-9, Source: "symmetry", Compute: func() float64 {
			return Shapley(3, func(open uint) float64 { return map[bool]float64{true: 1}[open&(open-1) != 0] })[0]
		}},
	}
}

// normals gives the quantiles of a normal distribution with the mean.
func normals(mean float64, n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = mean + math.Sqrt2*math.Erfinv(2*(float64(i)+0.5)/float64(n)-1)
	}
	return values
}

// The trial's size.
const (
	trialPersons = 6_000_000
	trialLogins  = 12_500_000
)

func largeChecks() []Check {
	const cells = 29_220 * 2 * 2_844
	draw := func(purpose uint64) *rand.Rand { return rand.New(rand.NewPCG(1, purpose)) }
	var birthPlaces Classes // made once for three checks
	persons := func() Classes {
		if birthPlaces == nil {
			r := draw(1)
			birthPlaces = make(Classes, trialPersons)
			for i := range birthPlaces {
				birthPlaces[i] = r.Uint64N(cells)
			}
		}
		return birthPlaces
	}
	leakage := func(c func() Classes, which int) func() float64 {
		return func() float64 { v, b := c().Leakage(); return []float64{v, b}[which] }
	}
	days := func() Classes {
		r := draw(2)
		c := make(Classes, trialPersons)
		for i := range c {
			c[i] = r.Uint64N(29_220 * 2)
		}
		return c
	}
	logins := func() Sessions {
		r := draw(4)
		s := Sessions{Person: make([]uint32, trialLogins), Platform: make([]uint16, trialLogins), Component: make([]uint32, trialLogins)}
		for i := range s.Person {
			s.Person[i] = r.Uint32N(trialPersons)
		}
		slices.Sort(s.Person)
		return s
	}
	const uniform = "6 million persons, uniform over birth date × sex × county, closed form"
	checks := []Check{
		{Name: "unique by birth date, sex and county", Expected: 0.96454, Tolerance: 4e-4, Source: uniform, Large: true, Compute: func() float64 { return persons().Anonymity().Unique.Value }},
		{Name: "the same: vulnerability", Expected: 0.982, Tolerance: half(3), Source: uniform, Large: true, Compute: leakage(persons, 0)},
		{Name: "the same: leakage, bits", Expected: 22.49, Tolerance: half(2), Source: uniform, Large: true, Compute: leakage(persons, 1)},
		{Name: "birth date and sex: vulnerability", Expected: 0.00974, Tolerance: half(5), Source: uniform, Large: true, Compute: leakage(days, 0)},
		{Name: "birth date and sex: leakage, bits", Expected: 15.83, Tolerance: half(2), Source: uniform, Large: true, Compute: leakage(days, 1)},
		{Name: "B-cubed recall with the login itself, nothing joined", Expected: 0.42, Tolerance: half(2), Source: "(1-exp(-m))/m, m = 2.08 logins a person", Large: true, Compute: func() float64 {
			s := logins()
			for i := range s.Component {
				s.Component[i] = uint32(i)
			}
			_, recall := s.PlainBCubed()
			return recall.Value()
		}},
		{Name: "12.5 million random 32-bit values: colliding pairs", Expected: 18_190, Tolerance: 4 * math.Sqrt(18_190), Source: "n(n-1)/2^33", Large: true, Compute: func() float64 {
			r := draw(3)
			values := make(Classes, trialLogins)
			for i := range values {
				values[i] = uint64(r.Uint32())
			}
			total := 0.0
			for _, k := range values.sizes() {
				total += pairs(k)
			}
			return total
		}},
		{Name: "12.5 million logins of 6 million persons: pairs of one person", Expected: 13_020_833, Tolerance: 4 * math.Sqrt(13_020_833), Source: "n²/2P", Large: true, Compute: func() float64 {
			_, recall := logins().Pairwise()
			return sum(recall.Den)
		}},
	}
	for _, c := range []struct {
		uses int
		want float64
	}{{20, 0}, {21, 0.0048}, {40, 0.0256}, {100, 0.0404}, {1000, 0.0490}} {
		checks = append(checks, Check{Name: "rotating batch of 20, " + strconv.Itoa(c.uses) + " uses: pair recall", Expected: c.want, Tolerance: half(4),
			Source: "EUDI ARF topic A, method C, closed form", Compute: func() float64 {
				s := Sessions{Person: make([]uint32, c.uses), Platform: make([]uint16, c.uses)}
				for i := range c.uses {
					s.Component = append(s.Component, uint32(i%20))
				}
				_, recall := s.Pairwise()
				return recall.Value()
			}})
	}
	return checks
}
