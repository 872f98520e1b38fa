package g1

import (
	"math/bits"
	"sync"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// Sum is a sum of points, each multiplied by a public scalar. The zero value
// is the empty sum. It does no arithmetic before [Evaluate], which has its
// points added up together with those of other sums.
//
// Each scalar is written as a sum of tabled multiples of its point, some of
// them times a small digit. Points with the same digit are added up first, in
// one list for each digit from 1 to 8, and one more for those that have to be
// multiplied by X^2 as well.
type Sum struct{ entries []entry }

type entry struct {
	point    *bls.G1Affine
	list     uint8 // 2*(digit-1), and 1 more for X^2
	negative uint8 // 1: the point is taken away
}

const (
	largest = 1 << (stepBits - 1)
	lists   = 2 * largest
)

// Times adds k*p.
func (s *Sum) Times(p *Point, k *fr.Element) {
	for j, n := range digitsOfSeed(k) {
		carry := uint64(0)
		for i := range steps {
			d := n&(1<<stepBits-1) + carry
			n, carry = n>>stepBits, 0
			e := entry{point: &p.multiples[j%2*steps+i], list: uint8(j / 2)}
			if d > largest && i == steps-1 {
				s.put(e, largest) // there is no next digit to carry to
				d -= largest
			} else if d > largest {
				carry = 1
				d, e.negative = 1<<stepBits-d, 1
			}
			s.put(e, d)
		}
	}
}

// put adds an entry's point times a digit.
func (s *Sum) put(e entry, digit uint64) {
	if digit > 0 {
		e.list += uint8(2 * (digit - 1))
		s.entries = append(s.entries, e)
	}
}

// Add adds scalars times fixed points.
func (s *Sum) Add(terms ...Term) {
	for i := range terms {
		b, k := terms[i].Base, &terms[i].Scalar
		if wide := b.wideTable(); wide != nil {
			for half, n := range seedHalves(k) {
				s.pick(wide, n, uint8(half))
			}
		} else if b.table != nil {
			for half, n := range seedHalves(k) {
				s.pickOdd(b.table(), n, uint8(half))
			}
		} else {
			s.Times(b.steps(), k)
		}
	}
}

// Evaluate computes sums.
func Evaluate(sums ...*Sum) []bls.G1Affine {
	total, most := 0, 0
	for _, s := range sums {
		total += len(s.entries)
	}
	w := workspaces.Get().(*workspace)
	defer workspaces.Put(w)
	points := grow(&w.affine, total)
	parts := make([][]bls.G1Affine, 0, lists*len(sums))
	for _, s := range sums {
		var count [lists]int
		for i := range s.entries {
			count[s.entries[i].list]++
		}
		first := len(parts)
		for _, n := range count {
			parts = append(parts, points[:0:n])
			points = points[n:]
			most = max(most, n)
		}
		for i := range s.entries {
			e := &s.entries[i]
			list := &parts[first+int(e.list)]
			n := len(*list)
			*list = (*list)[:n+1]
			(*list)[n].X = e.point.X
			negateIf(&(*list)[n].Y, &e.point.Y, e.negative)
		}
	}
	reduce(parts, w)
	out := make([]bls.G1Jac, len(sums))
	for i := range out {
		out[i] = weigh(parts[i*lists:][:lists])
	}
	return Normalize(out...)
}

// workspace is memory for public values, kept from one use to the next.
type workspace struct {
	jacobian []bls.G1Jac
	affine   []bls.G1Affine
	products []fp.Element
}

var workspaces = sync.Pool{New: func() any { return new(workspace) }}

// grow gives n elements of the memory, with anything in them.
func grow[T any](memory *[]T, n int) []T {
	if cap(*memory) < n {
		*memory = make([]T, n)
	}
	return (*memory)[:n]
}

// weigh is the sum of digit times what the digit's lists hold.
func weigh(parts [][]bls.G1Affine) (total bls.G1Jac) {
	var above bls.G1Jac // all that has this digit or a larger one
	for d := largest - 1; d >= 0; d-- {
		for _, p := range parts[2*d] {
			addMixed(&above, &p)
		}
		for _, p := range parts[2*d+1] { // X^2 * (x, y) = (omega^2*x, -y)
			p.X.Mul(&p.X, &omegaSquared)
			p.Y.Neg(&p.Y)
			addMixed(&above, &p)
		}
		addJacobian(&total, &above)
	}
	return total
}

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

// seedHalves are a and b with k = a + b*X^2, both below 2^128.
func seedHalves(k *fr.Element) (h [2][2]uint64) {
	d := digitsOfSeed(k)
	for i := range h {
		high, low := bits.Mul64(d[2*i+1], seed)
		var c uint64
		h[i][0], c = bits.Add64(low, d[2*i], 0)
		h[i][1] = high + c
	}
	return h
}
