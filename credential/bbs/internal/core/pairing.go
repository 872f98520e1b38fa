package core

import (
	"sync"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// lines are the precomputed line evaluations of a fixed point of G2.
type lines [2][len(bls.LoopCounter) - 1]bls.LineEvaluationAff

func precompute(q *bls.G2Affine) *lines {
	l := lines(bls.PrecomputeLines(*q))
	return &l
}

var baseLines = sync.OnceValue(func() *lines {
	_, _, _, bp2 := bls.Generators()
	return precompute(&bp2)
})

// pairingIsOne reports whether h(a, W) * h(b, BP2) is the identity, for a and
// b in G1. An identity among them is not accepted.
func pairingIsOne(a *bls.G1Affine, pk *PublicKey, b *bls.G1Affine) bool {
	if a.IsInfinity() || b.IsInfinity() {
		return false
	}
	return productIsOne([]bls.G1Affine{*a, *b}, []*lines{pk.lines(), baseLines()})
}

// productIsOne reports whether the product of the pairings of points with
// points of G2, given by their lines, is the identity. gnark-crypto shares the
// squarings, and writes into the lines it is given, so it gets a copy.
func productIsOne(points []bls.G1Affine, with []*lines) bool {
	scratch := make([][2][len(bls.LoopCounter) - 1]bls.LineEvaluationAff, len(with))
	for i := range with {
		scratch[i] = *with[i]
	}
	ok, err := bls.PairingCheckFixedQ(points, scratch)
	return err == nil && ok
}
