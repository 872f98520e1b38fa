package core

import (
	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

// sumAffine adds up affine points, none of them the identity, in a tree: all
// additions of a level share one inversion, which makes each cost six
// multiplications instead of the eleven of a mixed addition. It overwrites
// the points.
func sumAffine(points []bls.G1Affine) (acc bls.G1Jac) {
	const few = 20 // points that are not worth an inversion
	products := make([]fp.Element, len(points)/2)
	for len(points) > few {
		half := len(points) / 2
		left, right, odd := points[:half], points[half:2*half], points[2*half:]
		product := fp.One()
		var dx, inverse, slope fp.Element
		for i := range left {
			products[i] = product
			if dx.Sub(&right[i].X, &left[i].X); !dx.IsZero() {
				product.Mul(&product, &dx)
			}
		}
		inverse.Inverse(&product)
		for i := half - 1; i >= 0; i-- {
			p, q := &left[i], &right[i]
			if dx.Sub(&q.X, &p.X); dx.IsZero() {
				// Twice the same point, or a point and its negative: it
				// happens by intent only. They take the general way.
				acc.AddMixed(p)
				acc.AddMixed(q)
				*p = bls.G1Affine{}
				continue
			}
			slope.Mul(&inverse, &products[i])
			inverse.Mul(&inverse, &dx)
			dx.Sub(&q.Y, &p.Y)
			slope.Mul(&slope, &dx)
			dx.Square(&slope)
			dx.Sub(&dx, &p.X).Sub(&dx, &q.X)
			p.X.Sub(&p.X, &dx)
			p.X.Mul(&p.X, &slope)
			p.Y.Sub(&p.X, &p.Y)
			p.X = dx
		}
		n := half
		for i := 0; i < n; i++ { // drop the pairs that went the general way
			if left[i].IsInfinity() {
				n--
				left[i] = left[n]
				i--
			}
		}
		n += copy(points[n:], odd)
		points = points[:n]
	}
	for i := range points {
		acc.AddMixed(&points[i])
	}
	return acc
}
