package g1

import (
	"errors"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

// What follows rests on X, the absolute value of the curve's parameter: on
// G1, and in no other point of the curve, X^2 * (x, y) = (omega^2*x, -y). So
// the subgroup check computes X*P and X^2*P by doublings, and the points that
// it meets on its way are kept: with 16^i*P and 16^i*X*P at hand, and their
// images times X^2 for the price of a multiplication, P is multiplied by a
// public scalar without any further doubling.

const (
	seed = 0xd201000000010000 // X

	stepBits = 4
	steps    = 64 / stepBits // digits of a number below X
)

// Point is a point of G1 other than the identity, with multiples of it for
// [Sum.Times].
type Point struct {
	Affine    bls.G1Affine
	multiples []bls.G1Affine // 16^i*P, and after them 16^i*X*P
}

var (
	errPoint    = errors.New("not a compressed point of the prime-order subgroup")
	errIdentity = errors.New("the identity point")
)

// Decode reads compressed points that follow one another. It refuses what is
// no canonical encoding of a point of the subgroup, and the identity.
func Decode(octets []byte) ([]*Point, error) {
	if len(octets)%PointLength != 0 {
		return nil, errPoint
	}
	affine := make([]bls.G1Affine, len(octets)/PointLength)
	for i := range affine {
		var err error
		if affine[i], err = decompress(octets[i*PointLength:][:PointLength]); err != nil {
			return nil, err
		}
	}
	points, ok := check(affine)
	if !ok {
		return nil, errPoint
	}
	return points, nil
}

// Check refuses what is no point of the subgroup, and the identity.
func Check(p *bls.G1Affine) (*Point, error) {
	if p.IsInfinity() {
		return nil, errIdentity
	}
	if !p.IsOnCurve() {
		return nil, errPoint
	}
	points, ok := check([]bls.G1Affine{*p})
	if !ok {
		return nil, errPoint
	}
	return points[0], nil
}

// NewPoint is the point of an affine one that was computed here.
func NewPoint(p *bls.G1Affine) *Point {
	point, err := Check(p)
	if err != nil {
		panic("g1: a point that was computed: " + err.Error())
	}
	return point
}

// check makes points of affine ones on the curve, if all are in the subgroup.
func check(affine []bls.G1Affine) (points []*Point, ok bool) {
	const both = 2 * steps
	w := workspaces.Get().(*workspace)
	defer workspaces.Put(w)
	jac := grow(&w.jacobian, both*len(affine))
	var squared, want bls.G1Jac
	for i := range affine {
		p := jac[i*both:][:both]
		p[0].FromAffine(&affine[i])
		p[steps] = timesSeed(p[:steps])
		squared = timesSeed(p[steps:])
		want.X.Mul(&affine[i].X, &omegaSquared)
		want.Y.Neg(&affine[i].Y)
		want.Z.SetOne()
		if !squared.Equal(&want) {
			return nil, false
		}
	}
	multiples := make([]bls.G1Affine, len(jac))
	normalize(multiples, jac)
	points = make([]*Point, len(affine))
	for i := range points {
		points[i] = &Point{affine[i], multiples[i*both:][:both]}
	}
	return points, true
}

// timesSeed is X*p[0]. It fills p with 16^i*p[0].
func timesSeed(p []bls.G1Jac) (product bls.G1Jac) {
	power := p[0]
	for bit := range 64 {
		if bit > 0 {
			double(&power)
		}
		if bit%stepBits == 0 {
			p[bit/stepBits] = power
		}
		if uint64(seed)>>bit&1 == 1 {
			addJacobian(&product, &power)
		}
	}
	return product
}

// decompress reads a compressed point of the curve other than the identity,
// without the subgroup check.
func decompress(octets []byte) (p bls.G1Affine, err error) {
	const compressed, infinity, largest = 0x80, 0x40, 0x20
	if octets[0]&compressed == 0 {
		return p, errPoint
	}
	flags := octets[0]
	x := [PointLength]byte(octets)
	x[0] &^= compressed | infinity | largest
	if flags&infinity != 0 {
		if flags&largest == 0 && x == [PointLength]byte{} {
			return p, errIdentity
		}
		return p, errPoint
	}
	if p.X.SetBytesCanonical(x[:]) != nil {
		return p, errPoint
	}
	var square fp.Element
	square.Square(&p.X)
	square.Mul(&square, &p.X)
	square.Add(&square, &four)
	if p.Y.Sqrt(&square) == nil {
		return p, errPoint
	}
	if p.Y.LexicographicallyLargest() != (flags&largest != 0) {
		p.Y.Neg(&p.Y)
	}
	return p, nil
}

var four = func() (e fp.Element) {
	e.SetUint64(4)
	return e
}()
