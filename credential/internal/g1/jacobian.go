package g1

import (
	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

// gnark-crypto's squarings cost as much as its multiplications, so these
// formulas trade no multiplication for a squaring. They branch for the
// identity and for points that are equal or opposite, and on nothing else.

// double doubles p: 7 multiplications.
func double(p *bls.G1Jac) {
	var b, bb, s, e, x fp.Element
	e.Square(&p.X)
	b.Square(&p.Y)
	p.Z.Mul(&p.Z, &p.Y)
	s.Mul(&p.X, &b)
	add(&x, &e, &e)
	add(&e, &e, &x)
	half(&e, &e) // 3/2 * X^2
	x.Square(&e)
	bb.Square(&b)
	sub(&x, &x, &s)
	sub(&p.X, &x, &s)
	sub(&s, &s, &p.X)
	e.Mul(&e, &s)
	sub(&p.Y, &e, &bb)
}

// addMixed adds a point other than the identity to p: 11 multiplications.
func addMixed(p *bls.G1Jac, a *bls.G1Affine) {
	if p.Z.IsZero() {
		p.FromAffine(a)
		return
	}
	var zz, yz, h, r fp.Element
	zz.Square(&p.Z)
	yz.Mul(&a.Y, &p.Z)
	h.Mul(&a.X, &zz)
	r.Mul(&yz, &zz)
	sub(&h, &h, &p.X)
	sub(&r, &r, &p.Y)
	p.Z.Mul(&p.Z, &h)
	if h.IsZero() {
		if r.IsZero() {
			p.FromAffine(a)
			double(p)
		}
		return // else a point and its negative: Z is zero
	}
	finish(p, &p.X, &p.Y, &h, &r)
}

// addJacobian adds q to p: 16 multiplications.
func addJacobian(p, q *bls.G1Jac) {
	if q.Z.IsZero() {
		return
	}
	if p.Z.IsZero() {
		*p = *q
		return
	}
	var zz, qzz, u, s, h, r fp.Element
	zz.Square(&p.Z)
	qzz.Square(&q.Z)
	u.Mul(&p.X, &qzz)
	s.Mul(&q.Z, &qzz)
	h.Mul(&q.X, &zz)
	r.Mul(&p.Z, &zz)
	s.Mul(&s, &p.Y)
	r.Mul(&r, &q.Y)
	sub(&h, &h, &u)
	sub(&r, &r, &s)
	if h.IsZero() && r.IsZero() {
		double(p)
		return
	}
	p.Z.Mul(&p.Z, &q.Z)
	p.Z.Mul(&p.Z, &h)
	finish(p, &u, &s, &h, &r)
}

// finish computes X and Y of a sum, where h and r are the differences between
// the points' x and y, and u and s the first one's, over a common Z.
func finish(p *bls.G1Jac, u, s, h, r *fp.Element) {
	var hh, x, v fp.Element
	hh.Square(h)
	x.Square(r)
	v.Mul(u, &hh)
	h.Mul(h, &hh) // H^3
	sub(&x, &x, h)
	sub(&x, &x, &v)
	hh.Mul(h, s)
	sub(&p.X, &x, &v)
	sub(&v, &v, &p.X)
	v.Mul(r, &v)
	sub(&p.Y, &v, &hh)
}
