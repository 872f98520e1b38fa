package bbs_test

import (
	"fmt"
	"math/big"
	"slices"
	"testing"
	"time"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/rangeproof"
)

// peers/main.go runs these benchmarks and makes BENCHMARKS.md of what they
// report.

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
	least := time.Hour
	for b.Loop() {
		start := spent()
		check()
		least = min(least, spent()-start)
	}
	b.ReportMetric(float64(least), "ns-least")
}

// bench runs op for 10 and 50 messages, 3 of them disclosed, and reports its
// time as a multiple of a pairing check's, beside its mean time.
func bench(b *testing.B, op func(b *testing.B, in *inputs)) {
	benchPrepared(b, func(b *testing.B, in *inputs) func() { return func() { op(b, in) } })
}

// benchPrepared does the same for what prepare returns.
func benchPrepared(b *testing.B, prepare func(b *testing.B, in *inputs) func()) {
	for _, n := range []int{10, 50} {
		b.Run(fmt.Sprintf("messages=%d", n), func(b *testing.B) {
			in := newInputs(b, n)
			ratio(b, 1, func() func() { return prepare(b, in) })
		})
	}
}

// ratio takes the processor time of what prepare returns, per unit, in turn
// with that of pairing checks: a busy machine slows both. Of some runs of each
// the fastest are compared, and the median of these comparisons is reported.
func ratio(b *testing.B, units int, prepare func() func()) {
	for start, n := time.Now(), 0; n < 70 && time.Since(start) < time.Second/2; n++ {
		prepare()() // builds the tables
	}
	const round = 5
	check := pairingCheck(b)
	checks := max(1, units/2)
	timed := func(f func()) time.Duration {
		start := spent()
		f()
		return spent() - start
	}
	var total time.Duration
	var ratios []float64
	leastOp, leastCheck, n := time.Hour, time.Hour, 0
	compare := func() {
		ratios = append(ratios, float64(leastOp)/float64(units)/(float64(leastCheck)/float64(checks)))
		leastOp, leastCheck = time.Hour, time.Hour
	}
	for b.Loop() {
		took := timed(prepare())
		total += took
		leastOp = min(leastOp, took)
		leastCheck = min(leastCheck, timed(func() {
			for range checks {
				check()
			}
		}))
		if n++; n%round == 0 {
			compare()
		}
	}
	if len(ratios) == 0 { // too few runs for a round
		compare()
	}
	slices.Sort(ratios)
	b.ReportMetric(float64(total)/float64(b.N*units), "ns/op")
	b.ReportMetric(ratios[len(ratios)/2], "x-pairing")
}

type inputs struct {
	key              *bbs.SecretKey
	header, ph       []byte
	messages, shown  [][]byte
	disclosed        []int
	signature, proof []byte
	prover           *bbs.Prover
}

func (in *inputs) holder(b testing.TB) *bbs.Prover {
	if in.prover == nil {
		var err error
		if in.prover, err = bbs.SHA256.NewProver(in.key.PublicKey(), in.signature, in.header, in.messages); err != nil {
			b.Fatal(err)
		}
	}
	return in.prover
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

// BenchmarkProofGen is a proof of a holder who keeps a Prover.
func BenchmarkProofGen(b *testing.B) {
	bench(b, func(b *testing.B, in *inputs) {
		if _, err := in.holder(b).ProofGen(in.ph, in.disclosed); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkProofGenAlone is a proof from the signature alone.
func BenchmarkProofGenAlone(b *testing.B) {
	bench(b, func(b *testing.B, in *inputs) {
		if _, err := bbs.SHA256.ProofGen(in.key.PublicKey(), in.signature, in.header, in.ph, in.messages, in.disclosed); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkProofGenOnline is what remains of a prepared proof once the nonce
// is there. Preparations are made outside the time.
func BenchmarkProofGenOnline(b *testing.B) {
	benchPrepared(b, func(b *testing.B, in *inputs) func() {
		prepared := in.holder(b).Prepare()
		return func() {
			if _, err := prepared.ProofGen(in.ph, in.disclosed); err != nil {
				b.Fatal(err)
			}
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

func BenchmarkPseudonymProve(b *testing.B) {
	in := newNymBench(b)
	prover, err := in.suite.NewProver(testKey().PublicKey(), in.signature, in.header, in.signed)
	if err != nil {
		b.Fatal(err)
	}
	ratio(b, 1, func() func() {
		return func() {
			if _, _, err := prover.ProofGen(in.ph, in.claim.Context, in.claim.Disclosed, in.claim.DisclosedCommitted); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkPseudonymVerify(b *testing.B) {
	in := newNymBench(b)
	ratio(b, 1, func() func() {
		return func() {
			if err := in.verify(in.claim); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkRangeProve(b *testing.B)  { benchRange(b, rangeproof.VectorRange, true) }
func BenchmarkRangeVerify(b *testing.B) { benchRange(b, rangeproof.VectorRange, false) }

func BenchmarkSigmaRangeProve(b *testing.B)  { benchRange(b, rangeproof.SigmaRange, true) }
func BenchmarkSigmaRangeVerify(b *testing.B) { benchRange(b, rangeproof.SigmaRange, false) }

// benchRange is a proof for 16 bits, the statement made anew each time.
func benchRange(b *testing.B, c rangeproof.Construction, prove bool) {
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	y0, y1 := bbs.SHA256.Blind().CommitmentGenerators()
	bases, err := rangeproof.NewBases(y1, y0)
	must(err)
	var message fr.Element
	commitment, opening := bases.Commit(*message.SetUint64(30000))
	state := func() *rangeproof.Statement {
		s, err := rangeproof.NewStatement(bases, commitment, 1000, 1000+1<<16)
		must(err)
		return s
	}
	proof, err := c.Prove(state(), opening, []byte("nonce"))
	must(err)
	op := func() { must(c.Verify(state(), proof, []byte("nonce"))) }
	if prove {
		op = func() { _, err := c.Prove(state(), opening, []byte("nonce")); must(err) }
	}
	ratio(b, 1, func() func() { return op })
	b.ReportMetric(float64(len(proof)), "octets")
}

// newNymBench has 10 messages, 3 of them disclosed, of which the prover
// committed to 2, and beside them its blinding factor and one secret.
func newNymBench(b testing.TB) *nymInputs {
	in := newNymInputs(b, bbs.SHA256.Pseudonym(), 1)
	for i := range 5 {
		in.signed.Messages = append(in.signed.Messages, bbs.Number(uint64(i)))
	}
	var err error
	if in.signature, err = in.suite.Sign(testKey(), in.commitment, 1, in.entropy, in.header, in.signed.Messages); err != nil {
		b.Fatal(err)
	}
	in.claim.Known = len(in.signed.Messages)
	in.proof, in.claim.Pseudonym, err = in.suite.ProofGen(testKey().PublicKey(), in.signature, in.header, in.ph, in.claim.Context, in.signed, in.claim.Disclosed, in.claim.DisclosedCommitted)
	if err != nil {
		b.Fatal(err)
	}
	return in
}
