package rangeproof

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// The timing test is a tool: it runs for HALFMASK_TIMING=1 only, because a
// busy machine spoils it. It times an operation on secrets of two classes, one
// fixed and extreme and one random, in a random order, and compares the
// classes (Welch's t, without the slow tail that interruptions make). The
// control shows that a time which depends on the secret is seen.
func TestTimingDoesNotTellSecretsApart(t *testing.T) {
	if os.Getenv("HALFMASK_TIMING") == "" {
		t.Skip("set HALFMASK_TIMING=1 on a quiet machine")
	}
	const (
		suspicious = 5 // |t| by chance: below one in a million
		attempts   = 4
		lower      = 1000
		count      = 1 << 16
	)
	random := func() uint64 { return lower + rand.Uint64N(count) }
	either := func(fixed bool, constant, other uint64) uint64 {
		if fixed {
			return constant
		}
		return other
	}
	proving := func(c Construction, constant uint64) func(bool) func() {
		return func(fixed bool) func() {
			s, o := committed(t, scalar(either(fixed, constant, random())), lower, lower+count)
			return func() { c.Prove(s, o, nil) }
		}
	}
	for _, c := range []struct {
		name   string
		n      int
		leaks  bool
		secret func(fixed bool) func()
	}{
		{"control", 2000, true, func(fixed bool) func() {
			k := fresh()
			if fixed {
				k = fr.One()
			}
			return func() { times(&testBases.g.point, &k) }
		}},
		{"digits", 20000, false, func(fixed bool) func() {
			s := &Statement{lower: lower, upper: lower + count, weights: weights(count)}
			m := scalar(either(fixed, lower, random()))
			return func() { s.digits(&m) }
		}},
		{"vector-range, all digits 0", 4000, false, proving(VectorRange, lower)},
		{"vector-range, all digits 1", 4000, false, proving(VectorRange, lower+count-1)},
		{"sigma-range, all digits 0", 1000, false, proving(SigmaRange, lower)},
		{"sigma-range, all digits 1", 1000, false, proving(SigmaRange, lower+count-1)},
		{"vector-range, blinding", 4000, false, func(fixed bool) func() {
			o := &Opening{scalar(random()), fresh()}
			if fixed {
				o.Blinding = fr.One()
			}
			s, err := NewStatement(testBases, affine(testBases.commit(o, fresh)), lower, lower+count)
			if err != nil {
				t.Fatal(err)
			}
			return func() { VectorRange.Prove(s, o, nil) }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			least, most := math.Inf(1), 0.0
			for range attempts {
				v := math.Abs(welch(c.n, c.secret))
				t.Logf("|t| = %.1f", v)
				least, most = min(least, v), max(most, v)
				if !c.leaks && least < suspicious || c.leaks && most >= suspicious {
					return
				}
			}
			if c.leaks {
				t.Errorf("the test does not see a time that depends on the secret: |t| = %.1f", most)
			} else {
				t.Errorf("the time depends on the secret: |t| = %.1f in the best of %d attempts", least, attempts)
			}
		})
	}
}

func welch(n int, secret func(fixed bool) func()) float64 {
	type sample struct {
		fixed bool
		op    func()
		took  time.Duration
	}
	samples := make([]sample, n)
	for i := range samples {
		samples[i].fixed = rand.IntN(2) == 0
		samples[i].op = secret(samples[i].fixed)
	}
	for i := range samples {
		start := time.Now()
		samples[i].op()
		samples[i].took = time.Since(start)
	}
	samples = samples[n/20:] // warm-up
	slices.SortFunc(samples, func(a, b sample) int { return int(a.took - b.took) })
	samples = samples[:len(samples)*7/10]
	var count, mean, m2 [2]float64
	for _, s := range samples {
		class := 0
		if s.fixed {
			class = 1
		}
		x := float64(s.took)
		count[class]++
		d := x - mean[class]
		mean[class] += d / count[class]
		m2[class] += d * (x - mean[class])
	}
	v := m2[0]/(count[0]-1)/count[0] + m2[1]/(count[1]-1)/count[1]
	return (mean[0] - mean[1]) / math.Sqrt(v)
}
