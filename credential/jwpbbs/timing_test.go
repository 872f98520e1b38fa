package jwpbbs

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// welch times an operation on fixed and on random secrets, interleaved at
// random, leaves out the slow tail that interruptions make, and compares the
// two classes by Welch's t.
func welch(n int, op func(k *fr.Element) func()) float64 {
	var took [2][]float64
	for range n {
		class := rand.IntN(2)
		k := fr.One()
		if r := new(fr.Element).MustSetRandom(); class == 1 { // drawn for both
			k = *r
		}
		run := op(&k)
		start := time.Now()
		run()
		took[class] = append(took[class], float64(time.Since(start)))
	}
	var mean, square [2]float64
	for class, times := range took {
		slices.Sort(times)
		times = times[:len(times)*7/10]
		for _, x := range times {
			mean[class] += x / float64(len(times))
		}
		for _, x := range times {
			square[class] += (x - mean[class]) * (x - mean[class]) / float64(len(times)-1) / float64(len(times))
		}
	}
	return math.Abs(mean[0]-mean[1]) / math.Sqrt(square[0]+square[1])
}

// The time of a pseudonym does not tell link secrets apart; that of the same
// multiplication without shares does. It takes long and a quiet machine, so it
// runs when asked for:
//
//	HALFMASK_TIMING=1 go test -run Timing ./credential/jwpbbs
func TestTimingOfThePseudonym(t *testing.T) {
	if os.Getenv("HALFMASK_TIMING") == "" {
		t.Skip("HALFMASK_TIMING is not set")
	}
	const suspicious = 6 // |t| by chance: below one in 10^8
	u := pseudonymBase(atVerifiers, testAudience, "")
	b, c := commitmentBases(), u
	s := *new(fr.Element).MustSetRandom()
	var sink bls.G1Affine
	for _, test := range []struct {
		name  string
		n     int
		leaks bool
		op    func(k *fr.Element) func()
	}{
		{"control: without shares", 2000, true, func(k *fr.Element) func() { return func() { sink = multiply(pair{&u, k}) } }},
		{"multiplication in shares", 20000, false, func(k *fr.Element) func() { return func() { sink = multiplySecret(&u, k) } }},
		{"pseudonym with its proof", 10000, false, func(k *fr.Element) func() { return func() { provePseudonym(b, &c, &u, k, &s, nil) } }},
	} {
		t.Run(test.name, func(t *testing.T) {
			least := math.Inf(1) // of some runs: a busy machine may spoil one
			for range 3 {
				v := welch(test.n, test.op)
				t.Logf("|t| = %.1f", v)
				least = min(least, v)
			}
			if test.leaks != (least > suspicious) {
				t.Errorf("|t| is %.1f", least)
			}
		})
	}
	_ = sink
}
