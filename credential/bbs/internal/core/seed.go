package core

import (
	"math/bits"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// What follows handles public values alone and takes a time that depends on
// them. It rests on X, the absolute value of the curve's parameter: on G1, and
// in no other point of the curve, X^2 * (x, y) = (omega^2 * x, -y). So the
// subgroup check computes X*P on its way, and a scalar in base X has four
// digits of 64 bits, for which there are then four points.

const seed = 0xd201000000010000 // X

var omegaSquared = func() (w fp.Element) {
	w.Square(&omega)
	return w
}()

// timesSeed is X*P.
func timesSeed(p *bls.G1Jac) bls.G1Jac {
	q := *p
	double(&q)
	q.AddAssign(p) // 0b11
	for _, zeros := range []int{2, 3, 9, 32} {
		for range zeros {
			double(&q)
		}
		q.AddAssign(p)
	}
	for range 16 {
		double(&q)
	}
	return q
}

// checked is a point of the subgroup with X times it.
type checked struct {
	point bls.G1Affine
	seed  bls.G1Jac
}

// checkPoint reports whether a point of the curve is in the subgroup.
func checkPoint(p *bls.G1Affine) (c checked, ok bool) {
	var jac, want bls.G1Jac
	jac.FromAffine(p)
	c.point, c.seed = *p, timesSeed(&jac)
	squared := timesSeed(&c.seed)
	want.X.Mul(&p.X, &omegaSquared)
	want.Y.Neg(&p.Y)
	want.Z.SetOne()
	return c, squared.Equal(&want)
}

// trusted does for a point of the subgroup what checkPoint does.
func trusted(p *bls.G1Affine) checked {
	var jac bls.G1Jac
	jac.FromAffine(p)
	return checked{*p, timesSeed(&jac)}
}

// decompress reads a compressed point of the curve other than the identity,
// without the subgroup check.
func decompress(octets []byte) (p bls.G1Affine, err error) {
	const compressed, infinity, largest = 0x80, 0x40, 0x20
	if len(octets) != PointLength || octets[0]&compressed == 0 {
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

// digitsOfSeed are k in base X, the least first.
func digitsOfSeed(k *fr.Element) (d [4]uint64) {
	n := k.Bits()
	for i := range 3 {
		var rest uint64
		for j := 3; j >= 0; j-- {
			n[j], rest = bits.Div64(rest, n[j], seed)
		}
		d[i] = rest
	}
	d[3] = n[0]
	return d
}

// Points are multiplied with windows of 4 bits, odd and signed.
const (
	publicWindow = 4
	publicOdds   = 1 << (publicWindow - 2)
	publicLength = 65
)

// publicTable holds the odd multiples of P, X*P, X^2*P and X^3*P.
type publicTable [4][publicOdds]bls.G1Affine

func newPublicTables(points []checked) []publicTable {
	jac := make([]bls.G1Jac, 0, 2*publicOdds*len(points))
	for i := range points {
		var p bls.G1Jac
		p.FromAffine(&points[i].point)
		for _, next := range []bls.G1Jac{p, points[i].seed} {
			twice := next
			twice.DoubleAssign()
			jac = append(jac, next)
			for range publicOdds - 1 {
				next.AddAssign(&twice)
				jac = append(jac, next)
			}
		}
	}
	affine := normalize(jac)
	out := make([]publicTable, len(points))
	for i := range out {
		for j := range 2 * publicOdds {
			p := &affine[2*publicOdds*i+j]
			out[i][j/publicOdds][j%publicOdds] = *p
			q := &out[i][2+j/publicOdds][j%publicOdds]
			q.X.Mul(&p.X, &omegaSquared)
			q.Y.Neg(&p.Y)
		}
	}
	return out
}

// publicTerm is a scalar and the point that it multiplies.
type publicTerm struct {
	table  *publicTable
	scalar *fr.Element
}

// sumPublic adds up the terms with one chain of 64 doublings for each 32 of
// them.
func sumPublic(terms ...publicTerm) (acc bls.G1Jac) {
	const most = 32
	if len(terms) > most {
		acc = sumPublic(terms[most:]...)
	}
	part := sumChain(terms[:min(most, len(terms))])
	if len(terms) <= most {
		return part
	}
	acc.AddAssign(&part)
	return acc
}

func sumChain(terms []publicTerm) (acc bls.G1Jac) {
	type row struct {
		points *[publicOdds]bls.G1Affine
		naf    [publicLength]int8
	}
	rows := make([]row, 0, 4*len(terms))
	top := 0
	for _, t := range terms {
		for j, d := range digitsOfSeed(t.scalar) {
			if d == 0 {
				continue
			}
			rows = append(rows, row{points: &t.table[j]})
			top = max(top, naf(&rows[len(rows)-1].naf, d))
		}
	}
	var minus bls.G1Affine
	for i := top - 1; i >= 0; i-- {
		double(&acc)
		for j := range rows {
			switch d := rows[j].naf[i]; {
			case d > 0:
				addMixed(&acc, &rows[j].points[d/2])
			case d < 0:
				p := &rows[j].points[-d/2]
				minus.X = p.X
				minus.Y.Neg(&p.Y)
				addMixed(&acc, &minus)
			}
		}
	}
	return acc
}

// naf writes the digits of k, zero or odd and below 2^(publicWindow-1) in
// magnitude, and returns how many there are.
func naf(out *[publicLength]int8, k uint64) (length int) {
	var high uint64 // bit 64
	for i := 0; k|high != 0; i++ {
		if k&1 == 1 {
			d := int64(k & (1<<publicWindow - 1))
			if d >= 1<<(publicWindow-1) {
				d -= 1 << publicWindow
				k, high = bits.Add64(k, uint64(-d), 0)
			} else {
				k -= uint64(d)
			}
			out[i], length = int8(d), i+1
		}
		k, high = k>>1|high<<63, 0
	}
	return length
}
