package rangeproof

import (
	"math/big"
	"testing"
	"time"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// pairingCheck is the yardstick of credential/bbs: one check of a product of
// two pairings with both points of G2 fixed.
func pairingCheck(b testing.TB) func() {
	_, _, g1, g2 := bls.Generators()
	k := big.NewInt(-1 << 62)
	var minus bls.G1Affine
	var w bls.G2Affine
	minus.ScalarMultiplication(&g1, k)
	w.ScalarMultiplication(&g2, k.Neg(k))
	lines := [][2][len(bls.LoopCounter) - 1]bls.LineEvaluationAff{bls.PrecomputeLines(w), bls.PrecomputeLines(g2)}
	scratch := make([][2][len(bls.LoopCounter) - 1]bls.LineEvaluationAff, 2)
	points := []bls.G1Affine{g1, minus}
	return func() {
		copy(scratch, lines)
		if ok, err := bls.PairingCheckFixedQ(points, scratch); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

// bench runs op on a statement of 16 bits, the statement made anew each time.
// Beside its mean time it reports its least time as a multiple of the least
// time of a pairing check, the two timed in turn: a busy machine slows both.
func bench(b *testing.B, c Construction, op func(s *Statement, o *Opening, proof []byte) error) {
	commitment, o := testBases.Commit(scalar(30000))
	s, err := NewStatement(testBases, commitment, 1000, 1000+1<<16)
	if err != nil {
		b.Fatal(err)
	}
	proof, err := c.Prove(s, o, []byte("nonce"))
	if err != nil {
		b.Fatal(err)
	}
	check := pairingCheck(b)
	var total time.Duration
	leastOp, leastCheck := time.Hour, time.Hour
	for b.Loop() {
		start := time.Now()
		s, err := NewStatement(testBases, commitment, 1000, 1000+1<<16)
		if err == nil {
			err = op(s, o, proof)
		}
		took := time.Since(start)
		if err != nil {
			b.Fatal(err)
		}
		total += took
		leastOp = min(leastOp, took)
		start = time.Now()
		check()
		leastCheck = min(leastCheck, time.Since(start))
	}
	b.ReportMetric(float64(total)/float64(b.N), "ns/op")
	b.ReportMetric(float64(leastOp)/float64(leastCheck), "x-pairing")
	b.ReportMetric(float64(len(proof)), "octets")
}

func proveWith(c Construction) func(*Statement, *Opening, []byte) error {
	return func(s *Statement, o *Opening, _ []byte) error {
		_, err := c.Prove(s, o, []byte("nonce"))
		return err
	}
}

func verifyWith(c Construction) func(*Statement, *Opening, []byte) error {
	return func(s *Statement, _ *Opening, proof []byte) error { return c.Verify(s, proof, []byte("nonce")) }
}

func BenchmarkPairingCheck(b *testing.B) {
	check := pairingCheck(b)
	for b.Loop() {
		check()
	}
}

func BenchmarkRangeProve(b *testing.B)       { bench(b, VectorRange, proveWith(VectorRange)) }
func BenchmarkRangeVerify(b *testing.B)      { bench(b, VectorRange, verifyWith(VectorRange)) }
func BenchmarkSigmaRangeProve(b *testing.B)  { bench(b, SigmaRange, proveWith(SigmaRange)) }
func BenchmarkSigmaRangeVerify(b *testing.B) { bench(b, SigmaRange, verifyWith(SigmaRange)) }
