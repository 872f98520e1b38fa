package g1

import (
	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

// reduce adds up the points of each list, none of them the identity, until few
// are left in each: in rounds, in which the points of a list are added in
// pairs. All additions of a round, in all lists, share one inversion, which
// makes each cost six multiplications instead of the eleven of a mixed
// addition. It overwrites the points and shortens the lists.
func reduce(lists [][]bls.G1Affine, w *workspace) {
	const few = 16 // pairs that are not worth an inversion
	count := 0
	for _, list := range lists {
		count += len(list) / 2
	}
	products := grow(&w.products, count)
	for count >= few {
		products = products[:0]
		product := fp.One()
		var d fp.Element
		for _, list := range lists {
			half := len(list) / 2
			left, right := list[:half], list[half:]
			for i := range left {
				products = append(products, product)
				if denominator(&d, &left[i], &right[i]) != opposite {
					product.Mul(&product, &d)
				}
			}
		}
		product.Inverse(&product)
		count = 0
		at := len(products)
		for n := len(lists) - 1; n >= 0; n-- {
			list := lists[n]
			half := len(list) / 2
			left, right := list[:half], list[half:]
			at -= half
			gone := 0
			for i := half - 1; i >= 0; i-- {
				if addPair(&left[i], &right[i], &product, &products[at+i]) == opposite {
					gone++
				}
			}
			if gone > 0 {
				left = withoutIdentities(left)
			}
			lists[n] = append(left, right[half:]...) // the one without a partner
			count += len(lists[n]) / 2
		}
	}
}

// addToEach adds q to points, with one inversion for all. None is the identity
// and none -q.
func addToEach(points []bls.G1Affine, q *bls.G1Affine, w *workspace) {
	products := grow(&w.products, len(points))
	product := fp.One()
	var d fp.Element
	for i := range points {
		products[i] = product
		denominator(&d, &points[i], q)
		product.Mul(&product, &d)
	}
	product.Inverse(&product)
	for i := len(points) - 1; i >= 0; i-- {
		addPair(&points[i], q, &product, &products[i])
	}
}

// The two kinds of pairs that the formula of addition is not for: they happen
// by intent only.
const (
	different = iota
	same
	opposite
)

// denominator is that of the slope of the line through the points.
func denominator(d *fp.Element, p, q *bls.G1Affine) int {
	sub(d, &q.X, &p.X)
	if !d.IsZero() {
		return different
	}
	if !p.Y.Equal(&q.Y) {
		return opposite
	}
	add(d, &p.Y, &p.Y)
	return same
}

// addPair adds q to p. inverse is one over the product of the denominators up to
// this pair's, before their product without it; addPair takes this pair's out of
// inverse.
func addPair(p, q *bls.G1Affine, inverse, before *fp.Element) int {
	var d, slope, x fp.Element
	kind := denominator(&d, p, q)
	if kind == opposite {
		*p = bls.G1Affine{}
		return kind
	}
	slope.Mul(inverse, before)
	inverse.Mul(inverse, &d)
	if kind == same {
		d.Square(&p.X)
		add(&x, &d, &d)
		add(&d, &d, &x)
	} else {
		sub(&d, &q.Y, &p.Y)
	}
	slope.Mul(&slope, &d)
	x.Square(&slope)
	sub(&x, &x, &p.X)
	sub(&x, &x, &q.X)
	sub(&d, &p.X, &x)
	d.Mul(&d, &slope)
	sub(&p.Y, &d, &p.Y)
	p.X = x
	return kind
}

func withoutIdentities(points []bls.G1Affine) []bls.G1Affine {
	kept := points[:0]
	for _, p := range points {
		if !p.IsInfinity() {
			kept = append(kept, p)
		}
	}
	return kept
}
