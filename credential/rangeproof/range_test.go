package rangeproof

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
	"pgregory.net/rapid"

	"github.com/halfmask/halfmask/credential"
)

var constructions = []Construction{VectorRange, SigmaRange}

// each runs a test for both constructions.
func each(t *testing.T, test func(t *testing.T, c Construction)) {
	for _, c := range constructions {
		t.Run(c.Algorithm(), func(t *testing.T) { test(t, c) })
	}
}

// hashed gives a point that nobody knows a multiple of.
func hashed(label string) bls.G1Affine {
	p, err := bls.HashToG1([]byte(label), []byte("rangeproof test"))
	if err != nil {
		panic(err)
	}
	return p
}

func newTestBases() *Bases {
	b, err := NewBases(hashed("G"), hashed("H"))
	if err != nil {
		panic(err)
	}
	return b
}

var testBases = newTestBases()

func scalar(n uint64) (k fr.Element) {
	k.SetUint64(n)
	return k
}

// huge is r - n.
func huge(n uint64) fr.Element {
	k := scalar(n)
	return *k.Neg(&k)
}

type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// committed commits to a message and states that it lies in [lower, upper).
func committed(t fataler, message fr.Element, lower, upper uint64) (*Statement, *Opening) {
	t.Helper()
	c, o := testBases.Commit(message)
	s, err := NewStatement(testBases, c, lower, upper)
	if err != nil {
		t.Fatal(err)
	}
	return s, o
}

// refusedBy fails the test unless err is a refusal by the named check.
func refusedBy(t fataler, err error, check string) {
	t.Helper()
	var refusal *credential.Error
	if !errors.As(err, &refusal) {
		t.Fatalf("want a refusal by %s, got %v", check, err)
	}
	if refusal.Check != check || refusal.Clause == "" || refusal.Err == nil {
		t.Fatalf("want a refusal by %s, got %v", check, err)
	}
}

func TestWeightsSumUpToTheRangeAndNothingElse(t *testing.T) {
	for count := uint64(2); count <= 300; count++ {
		w := weights(count)
		if want := int(math.Ceil(math.Log2(float64(count)))); len(w) != want {
			t.Fatalf("%d: %d weights, want %d", count, len(w), want)
		}
		sums := []uint64{0}
		for i, x := range w {
			if x == 0 || i > 0 && x > w[i-1] {
				t.Fatalf("%d: weights %v", count, w)
			}
			for _, s := range sums {
				sums = append(sums, s+x)
			}
			slices.Sort(sums)
			sums = slices.Compact(sums)
		}
		if w[len(w)-1] != 1 || uint64(len(sums)) != count || sums[count-1] != count-1 {
			t.Fatalf("%d: weights %v give %d sums", count, w, len(sums))
		}
	}
	for _, count := range []uint64{1<<32 - 1, 1 << 32, 1<<32 + 1, 1 << 63, 1<<63 + 1, math.MaxUint64} {
		var sum uint64
		for _, x := range weights(count) {
			if x == 0 || sum+x < sum {
				t.Fatalf("%d: weights %v", count, weights(count))
			}
			sum += x
		}
		if sum != count-1 {
			t.Errorf("%d: the weights sum up to %d", count, sum)
		}
	}
}

// Every message is cut into digits exactly if it is in the range.
func TestDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lower := rapid.Uint64Max(math.MaxUint64-2).Draw(t, "lower")
		upper := rapid.Uint64Range(lower+2, math.MaxUint64).Draw(t, "upper")
		message := rapid.OneOf(
			rapid.SampledFrom([]uint64{lower, lower + 1, lower - 1, upper - 1, upper, upper + 1, 0, math.MaxUint64}),
			rapid.Uint64Range(lower, upper-1),
			rapid.Uint64(),
		).Draw(t, "message")
		s := &Statement{lower: lower, upper: upper, weights: weights(upper - lower)}
		var m fr.Element
		m.SetUint64(message)
		digits, inRange := s.digits(&m)
		if want := lower <= message && message < upper; inRange != want {
			t.Fatalf("%d in [%d, %d): %v", message, lower, upper, inRange)
		}
		if inRange {
			sum := lower
			for i, d := range digits {
				if d != 0 && d != 1 {
					t.Fatalf("digit %d", d)
				}
				sum += uint64(d) * s.weights[i]
			}
			if sum != message {
				t.Fatalf("%v of %v is %d, want %d", digits, s.weights, sum, message)
			}
		}
		m.Neg(&m)
		if _, inRange := s.digits(&m); inRange && message != 0 {
			t.Fatalf("r - %d is in [%d, %d)", message, lower, upper)
		}
	})
}

// All messages of all small ranges are proved, and their neighbours are not.
func TestSmallRanges(t *testing.T) {
	each(t, func(t *testing.T, c Construction) {
		for count := uint64(2); count <= 9; count++ {
			for message := uint64(8); message <= 12+count; message++ {
				s, o := committed(t, scalar(message), 10, 10+count)
				proof, err := c.Prove(s, o, nil)
				if message < 10 || message >= 10+count {
					refusedBy(t, err, "range-message")
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if len(proof) != c.ProofSize(s) {
					t.Fatalf("%d octets, want %d", len(proof), c.ProofSize(s))
				}
				if err := c.Verify(s, proof, nil); err != nil {
					t.Fatalf("%d in [10, %d): %v", message, 10+count, err)
				}
			}
		}
	})
}

func TestProofSizes(t *testing.T) {
	for _, c := range []struct {
		upper         uint64
		vector, sigma int
	}{
		{2, 48 + 5*32, 8 + 48 + 4*32},
		{1 << 16, 688, 8 + 16*48 + 49*32},
		{1<<16 + 1, 720, 8 + 17*48 + 52*32},
		{math.MaxUint64, 48 + 68*32, 8 + 64*48 + 193*32},
	} {
		s, _ := committed(t, scalar(0), 0, c.upper)
		if got := VectorRange.ProofSize(s); got != c.vector {
			t.Errorf("upper %d: %d octets, want %d", c.upper, got, c.vector)
		}
		if got := SigmaRange.ProofSize(s); got != c.sigma {
			t.Errorf("upper %d: sigma-range %d octets, want %d", c.upper, got, c.sigma)
		}
	}
}

// A range of 64 bits is proved at its edges.
func TestWidestRange(t *testing.T) {
	each(t, func(t *testing.T, c Construction) {
		for _, message := range []uint64{0, math.MaxUint64 - 1} {
			s, o := committed(t, scalar(message), 0, math.MaxUint64)
			proof, err := c.Prove(s, o, []byte("nonce"))
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Verify(s, proof, []byte("nonce")); err != nil {
				t.Errorf("%d: %v", message, err)
			}
		}
	})
}

func TestEdges(t *testing.T) {
	each(t, func(t *testing.T, c Construction) {
		rapid.Check(t, func(t *rapid.T) {
			lower := rapid.Uint64Range(1, 1<<40).Draw(t, "lower")
			upper := lower + rapid.Uint64Range(2, 1<<17).Draw(t, "count")
			transcript := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "transcript")
			message, inside := rapid.Uint64Range(lower, upper-1).Draw(t, "inside"), true
			m := scalar(message)
			switch rapid.SampledFrom([]string{"inside", "lower", "upper-1", "lower-1", "upper", "r-1", "r-lower", "2^63", "2^64 above"}).Draw(t, "edge") {
			case "lower":
				m = scalar(lower)
			case "upper-1":
				m = scalar(upper - 1)
			case "lower-1":
				m, inside = scalar(lower-1), false
			case "upper":
				m, inside = scalar(upper), false
			case "r-1":
				m, inside = huge(1), false
			case "r-lower":
				m, inside = huge(lower), false
			case "2^63":
				m, inside = scalar(1<<63), false
			case "2^64 above":
				above := scalar(1 << 32)
				m.Add(&m, above.Square(&above))
				inside = false
			}
			s, o := committed(t, m, lower, upper)
			proof, err := c.Prove(s, o, transcript)
			if !inside {
				refusedBy(t, err, "range-message")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Verify(s, proof, transcript); err != nil {
				t.Fatal(err)
			}
		})
	})
}

// Two proofs of one statement have no octet string in common.
func TestProofsAreFresh(t *testing.T) {
	each(t, func(t *testing.T, c Construction) {
		s, o := committed(t, scalar(5), 0, 8)
		seen := map[string]bool{}
		for range 2 {
			proof, err := c.Prove(s, o, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i+16 <= len(proof); i += 8 {
				if part := fmt.Sprint(i, proof[i:i+16]); i >= 8 && seen[part] {
					t.Fatalf("octets %d to %d repeat", i, i+16)
				} else {
					seen[part] = true
				}
			}
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	bases, err := NewBases(hashed("concurrent G"), hashed("concurrent H"))
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			commitment, o := bases.Commit(scalar(1))
			s, err := NewStatement(bases, commitment, 0, 2<<(3*i))
			if err != nil {
				t.Error(err)
				return
			}
			proof, err := VectorRange.Prove(s, o, nil)
			if err == nil {
				err = VectorRange.Verify(s, proof, nil)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}
