package g1

import (
	"crypto/rand"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// Shares splits a scalar that lives longer than one operation into two that
// do not: k = u + v with u drawn afresh.
func Shares(k *fr.Element) (u, v fr.Element) {
	u.MustSetRandom()
	v.Sub(k, &u)
	return u, v
}

// SumProtected adds up the terms with the same operations for all scalars.
// The two halves of the scalars are summed apart, so that the endomorphism is
// taken once, of the second sum.
func SumProtected(terms ...Term) bls.G1Jac {
	const chunk = 64 // bounds the memory used on the way
	var acc bls.G1Jac
	for len(terms) > chunk {
		part := SumProtected(terms[:chunk]...)
		addJacobian(&acc, &part)
		terms = terms[chunk:]
	}
	picked := make([]bls.G1Affine, 2*tableWindows*len(terms))
	halves := [][]bls.G1Affine{picked[: 0 : len(picked)/2], picked[len(picked)/2:][:0]}
	var points []*bls.G1Affine
	var rest []Product
	for i := range terms {
		b := terms[i].Base
		if b.table == nil {
			points = append(points, &b.Point)
			rest = append(rest, Product{Scalar: &terms[i].Scalar})
			continue
		}
		t := b.table()
		for half, n := range halve(&terms[i].Scalar) {
			for w := range t {
				index, negative := digit(&n, w, tableWindows, tableWindow)
				halves[half] = append(halves[half], signed(&t[w][index], negative))
			}
		}
	}
	reduce(halves, new(workspace))
	for _, half := range []int{1, 0} {
		var part bls.G1Jac
		for i := range halves[half] {
			addMixed(&part, &halves[half][i])
		}
		if half == 1 {
			part.X.Mul(&part.X, &omega)
		}
		addJacobian(&acc, &part)
	}
	if len(rest) > 0 {
		m := NewMultiples(points...)
		for i := range m {
			rest[i].Point = &m[i]
		}
		part := MultiplyProtected(rest...)
		addJacobian(&acc, &part)
	}
	return acc
}

// Points that are not fixed are multiplied with windows of 5 bits.
const (
	window  = 5
	windows = (halfBits + window - 1) / window
	odds    = 1 << (window - 1)
)

// Multiples are the odd multiples 1P, 3P, ..., 31P of a point and their
// images under the endomorphism.
type Multiples [2][odds]bls.G1Affine

// NewMultiples computes the multiples of several points with one inversion.
func NewMultiples(points ...*bls.G1Affine) []Multiples {
	jac := make([]bls.G1Jac, 0, len(points)*odds)
	for _, p := range points {
		var twice bls.G1Jac
		twice.FromAffine(p)
		jac = append(jac, twice)
		double(&twice)
		for range odds - 1 {
			next := jac[len(jac)-1]
			addJacobian(&next, &twice)
			jac = append(jac, next)
		}
	}
	affine := Normalize(jac...)
	out := make([]Multiples, len(points))
	for i := range out {
		copy(out[i][0][:], affine[i*odds:])
		for j := range out[i][1] {
			out[i][1][j].X.Mul(&out[i][0][j].X, &omega)
			out[i][1][j].Y = out[i][0][j].Y
		}
	}
	return out
}

// Product is a scalar and the point that it multiplies.
type Product struct {
	Point  *Multiples
	Scalar *fr.Element
}

// Times is k times the point.
func (m *Multiples) Times(k *fr.Element) Product { return Product{m, k} }

// MultiplyProtected adds up the products with one chain of doublings and with
// the same operations for all scalars.
func MultiplyProtected(products ...Product) (acc bls.G1Jac) {
	split := make([]halves, len(products))
	for i, t := range products {
		split[i] = halve(t.Scalar)
	}
	for i := windows - 1; i >= 0; i-- {
		if i < windows-1 {
			for range window {
				double(&acc)
			}
		}
		for j, t := range products {
			for half := range split[j] {
				index, negative := digit(&split[j][half], i, windows, window)
				p := signed(&t.Point[half][index], negative)
				addMixed(&acc, &p)
			}
		}
	}
	return acc
}

func signed(p *bls.G1Affine, negative int) (q bls.G1Affine) {
	q.X = p.X
	q.Y.Neg(&p.Y)
	q.Y.Select(negative, &p.Y, &q.Y)
	return q
}

// MultiplySecretPoint is k*P for a point that must stay hidden too: it works
// on a projective representation of P drawn afresh, so that the field
// elements it computes with repeat no more than the scalar does.
func MultiplySecretPoint(p *bls.G1Affine, k *fr.Element) (acc bls.G1Jac) {
	const (
		window  = 4
		windows = (halfBits + window - 1) / window
		odds    = 1 << (window - 1)
	)
	var table [2][odds]bls.G1Jac
	first := randomRepresentation(p)
	twice := first
	double(&twice)
	for i := range odds {
		table[0][i] = first
		table[1][i] = first
		table[1][i].X.Mul(&first.X, &omega)
		addJacobian(&first, &twice)
	}
	split := halve(k)
	for i := windows - 1; i >= 0; i-- {
		if i < windows-1 {
			for range window {
				double(&acc)
			}
		}
		for half := range split {
			index, negative := digit(&split[half], i, windows, window)
			q := table[half][index]
			var y fp.Element
			y.Neg(&q.Y)
			q.Y.Select(negative, &q.Y, &y)
			addJacobian(&acc, &q)
		}
	}
	return acc
}

func randomRepresentation(p *bls.G1Affine) (q bls.G1Jac) {
	var octets [fp.Bytes]byte
	var z, square fp.Element
	for z.IsZero() {
		rand.Read(octets[:])
		z.SetBytes(octets[:])
	}
	square.Square(&z)
	q.X.Mul(&p.X, &square)
	square.Mul(&square, &z)
	q.Y.Mul(&p.Y, &square)
	q.Z = z
	return q
}
