package core

import (
	"sync"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
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

// productIsOne reports whether the product of the pairings of points, none of
// them the identity, with points of G2, given by their lines, is the identity.
// It is gnark-crypto's check of pairings with fixed points of G2, but for the
// lines: that one writes into those it is given.
func productIsOne(points []bls.G1Affine, with []*lines) bool {
	// A line through the fixed point is 1 + R0*w*(-x/y) + R1*w^3/y at (x, y).
	byX, byY := make([]fp.Element, len(points)), make([]fp.Element, len(points))
	for i := range points {
		byY[i] = points[i].Y
	}
	byY = fp.BatchInvert(byY)
	for i := range points {
		byX[i].Mul(&points[i].X, &byY[i])
		byX[i].Neg(&byX[i])
	}
	var f bls.GT
	f.SetOne()
	var c0, c1 bls.E2
	const first = len(bls.LoopCounter) - 2
	for i := first; i >= 0; i-- {
		if i < first {
			f.Square(&f)
		}
		for j := range with {
			for k := range bls.LoopCounter[i] + 1 {
				line := &with[j][k][i]
				c0.MulByElement(&line.R1, &byY[j])
				c1.MulByElement(&line.R0, &byX[j])
				multiplyByLine(&f, &c0, &c1)
			}
		}
	}
	f.Conjugate(&f)
	one := bls.FinalExponentiation(&f)
	return one.IsOne()
}

// multiplyByLine multiplies f by c0 + c1*v + v*w, where w^2 = v and v^3 is the
// constant that MulByNonResidue multiplies by: a + b*w times l + v*w is
// (a*l + b*v^2) + (b*l + a*v)*w.
func multiplyByLine(f *bls.GT, c0, c1 *bls.E2) {
	a, b := f.C0, f.C1
	f.C0.MulBy01(c0, c1)
	f.C1.MulBy01(c0, c1)
	var t bls.E2
	f.C0.B0.Add(&f.C0.B0, t.MulByNonResidue(&b.B1))
	f.C0.B1.Add(&f.C0.B1, t.MulByNonResidue(&b.B2))
	f.C0.B2.Add(&f.C0.B2, &b.B0)
	f.C1.B0.Add(&f.C1.B0, t.MulByNonResidue(&a.B2))
	f.C1.B1.Add(&f.C1.B1, &a.B0)
	f.C1.B2.Add(&f.C1.B2, &a.B1)
}
