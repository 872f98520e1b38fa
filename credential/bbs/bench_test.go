package bbs_test

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/halfmask/halfmask/credential/bbs"
)

// pairingCheck is the yardstick: one check of a product of two pairings with
// both points of G2 fixed.
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

func BenchmarkPairingCheck(b *testing.B) {
	check := pairingCheck(b)
	for b.Loop() {
		check()
	}
}

// bench runs op for 10 and 50 messages, 3 of them disclosed. Beside its mean
// time it reports its least time as a multiple of the least time of a pairing
// check, the two timed in turn: a busy machine slows both.
func bench(b *testing.B, op func(b *testing.B, in *inputs)) {
	for _, n := range []int{10, 50} {
		b.Run(fmt.Sprintf("messages=%d", n), func(b *testing.B) {
			in := newInputs(b, n)
			op(b, in) // builds the tables
			check := pairingCheck(b)
			var total time.Duration
			leastOp, leastCheck := time.Hour, time.Hour
			for b.Loop() {
				start := time.Now()
				op(b, in)
				took := time.Since(start)
				total += took
				leastOp = min(leastOp, took)
				start = time.Now()
				check()
				leastCheck = min(leastCheck, time.Since(start))
			}
			b.ReportMetric(float64(total)/float64(b.N), "ns/op")
			b.ReportMetric(float64(leastOp)/float64(leastCheck), "x-pairing")
		})
	}
}

type inputs struct {
	key              *bbs.SecretKey
	header, ph       []byte
	messages, shown  [][]byte
	disclosed        []int
	signature, proof []byte
}

func newInputs(b testing.TB, n int) *inputs {
	in := &inputs{header: []byte("header"), ph: []byte("nonce"), disclosed: []int{0, 4, 9}}
	var err error
	if in.key, err = bbs.GenerateKey(); err != nil {
		b.Fatal(err)
	}
	for i := range n {
		in.messages = append(in.messages, fmt.Appendf(nil, "message %d", i))
	}
	for _, i := range in.disclosed {
		in.shown = append(in.shown, in.messages[i])
	}
	if in.signature, err = bbs.SHA256.Sign(in.key, in.header, in.messages); err != nil {
		b.Fatal(err)
	}
	if in.proof, err = bbs.SHA256.ProofGen(in.key.PublicKey(), in.signature, in.header, in.ph, in.messages, in.disclosed); err != nil {
		b.Fatal(err)
	}
	return in
}

func BenchmarkSign(b *testing.B) {
	bench(b, func(b *testing.B, in *inputs) {
		if _, err := bbs.SHA256.Sign(in.key, in.header, in.messages); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	bench(b, func(b *testing.B, in *inputs) {
		if err := bbs.SHA256.Verify(in.key.PublicKey(), in.signature, in.header, in.messages); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkProofGen(b *testing.B) {
	bench(b, func(b *testing.B, in *inputs) {
		if _, err := bbs.SHA256.ProofGen(in.key.PublicKey(), in.signature, in.header, in.ph, in.messages, in.disclosed); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkProofVerify(b *testing.B) {
	bench(b, func(b *testing.B, in *inputs) {
		if err := bbs.SHA256.ProofVerify(in.key.PublicKey(), in.proof, in.header, in.ph, in.shown, in.disclosed); err != nil {
			b.Fatal(err)
		}
	})
}
