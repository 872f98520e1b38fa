// Package timing tests that the time of an operation does not tell secrets
// apart. It takes two classes of secrets, one fixed and extreme and one
// random, runs the operation on a random interleaving of them, leaves out the
// slow tail that interruptions make, and compares the classes by Welch's t. A
// control, whose time does depend on the secret, shows that it would be seen.
//
// It is a tool for a machine with nothing else to do, so its tests run when
// asked for:
//
//	HALFMASK_TIMING=1 go test -v -run Timing ./credential/...
package timing

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"
)

const (
	suspicious = 6 // |t| by chance: below one in 10^8
	attempts   = 4 // a busy machine may spoil some
)

// Asked skips a test unless HALFMASK_TIMING is set.
func Asked(t *testing.T) {
	t.Helper()
	if os.Getenv("HALFMASK_TIMING") == "" {
		t.Skip("set HALFMASK_TIMING=1 on a quiet machine")
	}
}

// An Operation draws a secret, the fixed one or one at random, in the same
// time, and gives what to time.
type Operation func(fixed bool) func()

// Test fails when that many runs tell the classes apart.
func Test(t *testing.T, name string, runs int, op Operation) {
	t.Run(name, func(t *testing.T) {
		if least, _ := extremes(t, runs, op); least >= suspicious {
			t.Errorf("the time depends on the secret: |t| = %.1f in the best of %d attempts", least, attempts)
		}
	})
}

// Control fails when that many runs do not tell them apart.
func Control(t *testing.T, name string, runs int, op Operation) {
	t.Run(name, func(t *testing.T) {
		if _, most := extremes(t, runs, op); most < suspicious {
			t.Errorf("a time that depends on the secret is not seen: |t| = %.1f", most)
		}
	})
}

func extremes(t *testing.T, runs int, op Operation) (least, most float64) {
	least = math.Inf(1)
	for range attempts {
		v := math.Abs(welch(runs, op))
		t.Logf("|t| = %.1f", v)
		least, most = min(least, v), max(most, v)
	}
	return least, most
}

func welch(runs int, op Operation) float64 {
	type sample struct {
		fixed bool
		op    func()
		took  time.Duration
	}
	samples := make([]sample, runs)
	for i := range samples {
		samples[i].fixed = rand.IntN(2) == 0
		samples[i].op = op(samples[i].fixed)
	}
	for i := range samples {
		start := time.Now()
		samples[i].op()
		samples[i].took = time.Since(start)
	}
	samples = samples[runs/20:] // warm-up
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
