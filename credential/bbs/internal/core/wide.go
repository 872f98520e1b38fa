package core

import (
	"math/bits"
	"sync/atomic"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// A generator that has been multiplied often by public scalars gets a wide
// table, with windows of 10 bits and 639 kB. A wallet, which verifies few
// signatures, never builds one.
const (
	wideWindow  = 10
	wideWindows = (128 + wideWindow) / wideWindow // of 128 bits and a carry
	wideOften   = 64
)

// wideTable[i][j] is (j+1) * 2^(i*wideWindow) times a generator.
type wideTable [wideWindows][1 << (wideWindow - 1)]bls.G1Affine

func newWideTable(p *bls.G1Affine) *wideTable {
	var base bls.G1Jac
	base.FromAffine(p)
	t := new(wideTable)
	jac := make([]bls.G1Jac, 0, len(t[0]))
	for i := range t {
		jac = jac[:0]
		next := base
		for range len(t[i]) {
			jac = append(jac, next)
			next.AddAssign(&base)
		}
		copy(t[i][:], normalize(jac))
		base = jac[len(jac)-1]
		base.DoubleAssign()
	}
	return t
}

// wideSlot is the generator's wide table, or nil while it has none.
type wideSlot struct {
	table atomic.Pointer[wideTable]
	uses  atomic.Int32
}

func (g *Generator) wideTable() *wideTable {
	if g.wide == nil {
		return nil
	}
	if t := g.wide.table.Load(); t != nil {
		return t
	}
	if g.wide.uses.Add(1) == wideOften { // one of the callers builds it
		g.wide.table.Store(newWideTable(&g.Point))
	}
	return g.wide.table.Load()
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

// sumFixedPublic is sumFixed for public scalars.
func sumFixedPublic(terms []fixedTerm) bls.G1Jac {
	const chunk = 64 // bounds the memory used on the way
	var acc bls.G1Jac
	var rest []fixedTerm
	var picked [2][]bls.G1Affine
	for i := range picked {
		picked[i] = make([]bls.G1Affine, 0, wideWindows*min(len(terms), chunk))
	}
	flush := func() {
		low, high := sumAffine(picked[0]), sumAffine(picked[1])
		high.X.Mul(&high.X, &omegaSquared) // X^2 * (x, y) = (omega^2 * x, -y)
		low.SubAssign(&high)
		acc.AddAssign(&low)
		picked[0], picked[1] = picked[0][:0], picked[1][:0]
	}
	for i := range terms {
		table := terms[i].generator.wideTable()
		if table == nil {
			rest = append(rest, terms[i])
			continue
		}
		if len(picked[0])+wideWindows > cap(picked[0]) || len(picked[1])+wideWindows > cap(picked[1]) {
			flush()
		}
		for half, n := range seedHalves(&terms[i].scalar) {
			picked[half] = table.pick(picked[half], n)
		}
	}
	flush()
	if len(rest) > 0 {
		part := sumFixed(rest)
		acc.AddAssign(&part)
	}
	return acc
}

// pick appends what sums up to n times the generator.
func (t *wideTable) pick(list []bls.G1Affine, n [2]uint64) []bls.G1Affine {
	carry := uint64(0)
	for w := range t {
		d := n[0]&(1<<wideWindow-1) + carry
		n[0], n[1] = n[0]>>wideWindow|n[1]<<(64-wideWindow), n[1]>>wideWindow
		carry = 0
		if d > 1<<(wideWindow-1) {
			carry = 1
			if d == 1<<wideWindow {
				continue
			}
			p := t[w][1<<wideWindow-d-1]
			p.Y.Neg(&p.Y)
			list = append(list, p)
		} else if d > 0 {
			list = append(list, t[w][d-1])
		}
	}
	return list
}
