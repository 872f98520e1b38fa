package core

import (
	"crypto/rand"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// omega is the cube root of unity with (omega*x, y) = lambda*(x, y) on G1.
var omega = func() (w fp.Element) {
	w.SetString("0x1a0111ea397fe699ec02408663d4de85aa0d857d89759ad4897d29650fb85f9b409427eb4f49fffd8bfd00000000aaac")
	return w
}()

// Points that are not generators are multiplied with windows of 5 bits.
const (
	window  = 5
	windows = (halfBits + window - 1) / window
	odds    = 1 << (window - 1)
)

// multiples are the odd multiples 1P, 3P, ..., 31P of a point and their
// images under the endomorphism.
type multiples [2][odds]bls.G1Affine

// newMultiples computes the multiples of several points with one inversion.
func newMultiples(points ...*bls.G1Affine) []multiples {
	jac := make([]bls.G1Jac, 0, len(points)*odds)
	for _, p := range points {
		var twice bls.G1Jac
		twice.FromAffine(p)
		jac = append(jac, twice)
		twice.DoubleAssign()
		for range odds - 1 {
			next := jac[len(jac)-1]
			next.AddAssign(&twice)
			jac = append(jac, next)
		}
	}
	affine := normalize(jac)
	out := make([]multiples, len(points))
	for i := range out {
		copy(out[i][0][:], affine[i*odds:])
		for j := range out[i][1] {
			out[i][1][j].X.Mul(&out[i][0][j].X, &omega)
			out[i][1][j].Y = out[i][0][j].Y
		}
	}
	return out
}

// normalize is the affine form of the points, with one inversion.
func normalize(jac []bls.G1Jac) []bls.G1Affine {
	inverses := make([]fp.Element, len(jac))
	for i := range jac {
		inverses[i] = jac[i].Z
	}
	inverses = fp.BatchInvert(inverses) // leaves zeros, the identity's, zero
	out := make([]bls.G1Affine, len(jac))
	var square fp.Element
	for i := range jac {
		square.Square(&inverses[i])
		out[i].X.Mul(&jac[i].X, &square)
		square.Mul(&square, &inverses[i])
		out[i].Y.Mul(&jac[i].Y, &square)
	}
	return out
}

// term is a scalar and the point that it multiplies.
type term struct {
	point  *multiples
	scalar *fr.Element
}

// sum adds up the terms with one chain of doublings and with the same
// operations for all scalars.
func sum(terms ...term) (acc bls.G1Jac) {
	split := make([]halves, len(terms))
	for i, t := range terms {
		split[i] = halve(t.scalar)
	}
	for i := windows - 1; i >= 0; i-- {
		if i < windows-1 {
			for range window {
				acc.DoubleAssign()
			}
		}
		for j, t := range terms {
			for half := range split[j] {
				index, negative := digit(&split[j][half], i, windows, window)
				p := signed(&t.point[half][index], negative)
				acc.AddMixed(&p)
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

// multiplySecretPoint is k*P for a point that must stay hidden too: it works
// on a projective representation of P drawn afresh, so that the field
// elements it computes with repeat no more than the scalar does.
func multiplySecretPoint(p *bls.G1Affine, k *fr.Element) (acc bls.G1Jac) {
	const (
		window  = 4
		windows = (halfBits + window - 1) / window
		odds    = 1 << (window - 1)
	)
	var table [2][odds]bls.G1Jac
	first := randomRepresentation(p)
	twice := first
	twice.DoubleAssign()
	for i := range odds {
		table[0][i] = first
		table[1][i] = first
		table[1][i].X.Mul(&first.X, &omega)
		first.AddAssign(&twice)
	}
	split := halve(k)
	for i := windows - 1; i >= 0; i-- {
		if i < windows-1 {
			for range window {
				acc.DoubleAssign()
			}
		}
		for half := range split {
			index, negative := digit(&split[half], i, windows, window)
			q := table[half][index]
			var y fp.Element
			y.Neg(&q.Y)
			q.Y.Select(negative, &q.Y, &y)
			acc.AddAssign(&q)
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

// shares splits a scalar that lives longer than one operation into two that
// do not: k = u + v with u drawn afresh.
func shares(k *fr.Element) (u, v fr.Element) {
	u = randomScalar()
	v.Sub(k, &u)
	return u, v
}
