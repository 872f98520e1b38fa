package core

import (
	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

// Point arithmetic for public values: gnark-crypto's squarings cost as much as
// its multiplications, so these formulas trade no multiplication for a
// squaring and have fewer additions. Halving branches on its argument, so they
// are for public values alone.

// Multiplications that do not wait for each other stand together, which lets
// the processor overlap them.

// double doubles p: 7 multiplications.
func double(p *bls.G1Jac) {
	var b, bb, s, e, x fp.Element
	e.Square(&p.X)
	b.Square(&p.Y)
	p.Z.Mul(&p.Z, &p.Y)
	s.Mul(&p.X, &b)
	x.Double(&e)
	e.Add(&e, &x)
	e.Halve() // 3/2 * X^2
	x.Square(&e)
	bb.Square(&b)
	x.Sub(&x, &s)
	p.X.Sub(&x, &s)
	s.Sub(&s, &p.X)
	e.Mul(&e, &s)
	p.Y.Sub(&e, &bb)
}

// addMixed adds a point other than the identity: 11 multiplications.
func addMixed(p *bls.G1Jac, a *bls.G1Affine) {
	if p.Z.IsZero() {
		p.FromAffine(a)
		return
	}
	var zz, yz, h, r, hh, x, v fp.Element
	zz.Square(&p.Z)
	yz.Mul(&a.Y, &p.Z)
	h.Mul(&a.X, &zz)
	r.Mul(&yz, &zz)
	h.Sub(&h, &p.X)
	r.Sub(&r, &p.Y)
	if h.IsZero() {
		p.AddMixed(a) // the same point, or its negative
		return
	}
	hh.Square(&h)
	x.Square(&r)
	p.Z.Mul(&p.Z, &h)
	v.Mul(&p.X, &hh)
	h.Mul(&h, &hh) // H^3
	x.Sub(&x, &h)
	x.Sub(&x, &v)
	p.X.Sub(&x, &v)
	v.Sub(&v, &p.X)
	h.Mul(&h, &p.Y)
	r.Mul(&r, &v)
	p.Y.Sub(&r, &h)
}
