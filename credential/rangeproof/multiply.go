package rangeproof

import (
	"math/big"
	"math/bits"
	"sync"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// Scalars are recoded to signed odd digits in radix 2^window.
const (
	window  = 7
	windows = (fr.Bits + window - 1) / window
	odds    = 1 << (window - 1)
)

// base is a fixed point, its encoding, its half and, once it has been
// multiplied, a table of its multiples.
type base struct {
	point, half bls.G1Affine
	encoded     [pointSize]byte
	table       func() *table
}

// table[i][j] is (2j+1) * 2^(i*window) times a point.
type table [windows][odds]bls.G1Affine

func newBase(p bls.G1Affine) *base {
	b := &base{point: p, encoded: p.Bytes()}
	var half fr.Element
	half.SetUint64(2).Inverse(&half)
	b.half = times(&p, &half)
	b.table = sync.OnceValue(func() *table { return newTable(&p) })
	return b
}

func newTable(p *bls.G1Affine) *table {
	var first bls.G1Jac
	first.FromAffine(p)
	all := make([]bls.G1Jac, 0, windows*odds)
	for range windows {
		next, twice := first, first
		twice.DoubleAssign()
		for range odds {
			all = append(all, next)
			next.AddAssign(&twice)
		}
		for range window {
			first.DoubleAssign()
		}
	}
	t := new(table)
	for i, q := range bls.BatchJacobianToAffineG1(all) {
		t[i/odds][i%odds] = q
	}
	return t
}

// term is a fixed point and the scalar that multiplies it.
type term struct {
	base   *base
	scalar fr.Element
}

// multiply adds up the terms with the same operations for all scalars.
func multiply(terms ...term) bls.G1Jac {
	picked := make([]bls.G1Affine, 0, windows*len(terms))
	for i := range terms {
		t := terms[i].base.table()
		k, negative := odd(&terms[i].scalar)
		for w := range t {
			index, sign := digit(&k, w)
			picked = append(picked, signed(&t[w][index], sign^negative))
		}
	}
	return sum(picked)
}

// odd gives k or r - k, whichever is odd, and 1 if it is the latter. Zero
// counts as r.
func odd(k *fr.Element) (n [4]uint64, negative int) {
	n = k.Bits()
	even := 1 - n[0]&1
	var borrow uint64
	for i, q := range modulus {
		var d uint64
		d, borrow = bits.Sub64(q, n[i], borrow)
		n[i] ^= (n[i] ^ d) & -even
	}
	return n, int(even)
}

// modulus is r, the odd number after r - 1.
var modulus = func() [4]uint64 {
	k := fr.One()
	k.Neg(&k)
	n := k.Bits()
	n[0] |= 1
	return n
}()

// digit gives the digit of an odd number at a window: the index of its
// magnitude among 1, 3, 5, ... and its sign (1: negative).
func digit(k *[4]uint64, at int) (index, negative int) {
	word, off := at*window/64, uint(at*window%64)
	v := k[word] >> off
	if word < 3 {
		v |= k[word+1] << (64 - off) // a shift by 64 gives 0
	}
	v |= 1
	if at == windows-1 {
		return int(v >> 1), 0
	}
	d := int64(v&(1<<(window+1)-1)) - 1<<window
	sign := d >> 63
	return int(((d ^ sign) - sign) >> 1), int(sign & 1)
}

func signed(p *bls.G1Affine, negative int) (q bls.G1Affine) {
	q.X = p.X
	q.Y.Neg(&p.Y)
	q.Y.Select(negative, &p.Y, &q.Y)
	return q
}

// addDigit adds digit*b to the sum, for a digit 0 or 1: half of b added or
// taken away, and another half.
func addDigit(sum *bls.G1Jac, b *base, digit int) {
	p := signed(&b.half, 1-digit)
	sum.AddMixed(&p)
	sum.AddMixed(&b.half)
}

// sum adds up points in a tree. All additions of one level share an
// inversion, which makes them cheaper than additions one by one. It
// overwrites the points.
func sum(points []bls.G1Affine) (acc bls.G1Jac) {
	const few = 24 // not worth an inversion
	before := make([]fp.Element, len(points)/2)
	for len(points) > few {
		half := len(points) / 2
		left, right := points[:half], points[half:]
		product := fp.One()
		var dx, dy, inverse, slope fp.Element
		for i := range left {
			before[i] = product
			if dx.Sub(&right[i].X, &left[i].X); !dx.IsZero() {
				product.Mul(&product, &dx)
			}
		}
		inverse.Inverse(&product)
		kept := half
		for i := half - 1; i >= 0; i-- {
			p, q := &left[i], &right[i]
			if dx.Sub(&q.X, &p.X); dx.IsZero() {
				// A point met itself or its negative, which it does not
				// with random scalars: the pair goes the general way.
				acc.AddMixed(p)
				acc.AddMixed(q)
				kept--
				left[i] = left[kept]
				continue
			}
			slope.Mul(&inverse, &before[i])
			inverse.Mul(&inverse, &dx)
			slope.Mul(&slope, dy.Sub(&q.Y, &p.Y))
			dx.Square(&slope)
			dx.Sub(&dx, &p.X).Sub(&dx, &q.X)
			p.X.Sub(&p.X, &dx)
			p.X.Mul(&p.X, &slope)
			p.Y.Sub(&p.X, &p.Y)
			p.X = dx
		}
		if len(right) > half {
			left = append(left[:kept], right[half])
			kept++
		}
		points = left[:kept]
	}
	for i := range points {
		acc.AddMixed(&points[i])
	}
	return acc
}

// times multiplies a public point by a public scalar, in a time that depends
// on both.
func times(p *bls.G1Affine, k *fr.Element) (q bls.G1Affine) {
	var n big.Int
	q.ScalarMultiplication(p, k.BigInt(&n))
	return q
}

func affine(p bls.G1Jac) (q bls.G1Affine) {
	q.FromJacobian(&p)
	return q
}
