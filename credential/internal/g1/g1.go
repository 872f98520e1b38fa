// Package g1 multiplies and adds points of the group G1 of BLS12-381, which
// every scheme here rests on, in two ways that must not be mixed up:
//
//   - With secret scalars: [SumProtected] for fixed points, [MultiplyProtected]
//     and [MultiplySecretPoint] for others. All scalars cost the same field
//     operations in the same order. What an observer may still learn, and which
//     scalars to split with [Shares] first, is said in package bbs.
//   - With public values, as in verification: a [Sum], in a time that depends
//     on everything in it.
//
// [Decode] is the one way in for points from outside: it checks the encoding,
// the curve, the subgroup and that a point is not the identity. Field
// arithmetic is gnark-crypto's; its scalar multiplications are left out, as
// their time depends on the scalar and they are slower for public ones.
package g1

import (
	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

// PointLength is the octets of a compressed point.
const PointLength = bls.SizeOfG1AffineCompressed

// omega is the cube root of unity with (omega*x, y) = lambda*(x, y) on G1.
var omega = func() (w fp.Element) {
	w.SetString("0x1a0111ea397fe699ec02408663d4de85aa0d857d89759ad4897d29650fb85f9b409427eb4f49fffd8bfd00000000aaac")
	return w
}()

var omegaSquared = func() (w fp.Element) {
	w.Square(&omega)
	return w
}()

// Normalize is the affine form of points, with one inversion for all.
func Normalize(jac ...bls.G1Jac) []bls.G1Affine {
	out := make([]bls.G1Affine, len(jac))
	normalize(out, jac)
	return out
}

func normalize(out []bls.G1Affine, jac []bls.G1Jac) {
	// out[i].X holds the product of the Z before that of jac[i].
	product := fp.One()
	for i := range jac {
		out[i].X = product
		if !jac[i].Z.IsZero() {
			product.Mul(&product, &jac[i].Z)
		}
	}
	product.Inverse(&product)
	var inverse, square fp.Element
	for i := len(jac) - 1; i >= 0; i-- {
		p := &jac[i]
		if p.Z.IsZero() {
			out[i] = bls.G1Affine{}
			continue
		}
		inverse.Mul(&product, &out[i].X)
		product.Mul(&product, &p.Z)
		square.Square(&inverse)
		out[i].X.Mul(&p.X, &square)
		square.Mul(&square, &inverse)
		out[i].Y.Mul(&p.Y, &square)
	}
}
