package g1

import (
	"sync"
	"sync/atomic"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// Base is a fixed point of G1 with its encoding and, once it has been
// multiplied, tables of its multiples: one of 117 kB for secret scalars, and
// another of 2.2 MB when it has been multiplied by public scalars 64 times. A
// wallet, which verifies little, never builds that one.
type Base struct {
	Point   bls.G1Affine
	Encoded [PointLength]byte
	table   func() *table             // nil: it has steps alone
	steps   func() *Point             // nil: it has tables
	wide    atomic.Pointer[wideTable] // nil: not yet
	uses    atomic.Int32
}

// NewBase is for a point that is multiplied often.
func NewBase(p bls.G1Affine) *Base {
	b := &Base{Point: p, Encoded: p.Bytes()}
	b.table = sync.OnceValue(func() *table { return newTable(&p) })
	return b
}

// NewRareBase is for a point that does not deserve a table.
func NewRareBase(p bls.G1Affine) *Base {
	b := &Base{Point: p, Encoded: p.Bytes()}
	b.steps = sync.OnceValue(func() *Point { return NewPoint(&p) })
	return b
}

// NewPublicBase is for a point that is multiplied by public scalars alone. The
// table is built at once.
func NewPublicBase(p bls.G1Affine) *Base {
	b := &Base{Point: p}
	b.wide.Store(newWideTable(&p))
	return b
}

// NewSecretBase is for a point whose encoding nobody needs. The table is
// built at once.
func NewSecretBase(p bls.G1Affine) *Base {
	t := newTable(&p)
	return &Base{Point: p, table: func() *table { return t }}
}

// Term is a scalar and the fixed point that it multiplies.
type Term struct {
	Base   *Base
	Scalar fr.Element
}

// Times is k times the base.
func (b *Base) Times(k fr.Element) Term { return Term{b, k} }

// Scalars that may be secret are cut in windows of 7 bits.
const (
	tableWindow  = 7
	tableWindows = (halfBits + tableWindow - 1) / tableWindow
	tableOdds    = 1 << (tableWindow - 1)
)

// table[i][j] is (2j+1) * 2^(i*tableWindow) times a point.
type table [tableWindows][tableOdds]bls.G1Affine

func newTable(p *bls.G1Affine) *table {
	t, w := new(table), new(workspace)
	powers := doublings(p, tableWindows*tableWindow)
	for i := range t {
		at := powers[i*tableWindow:]
		fill(t[i][:], at[0], at[1:], w)
	}
	return t
}

// doublings are P, 2P, 4P, ..., n of them.
func doublings(p *bls.G1Affine, n int) []bls.G1Affine {
	jac := make([]bls.G1Jac, n)
	jac[0].FromAffine(p)
	for i := range jac[1:] {
		jac[i+1] = jac[i]
		double(&jac[i+1])
	}
	return Normalize(jac...)
}

// fill makes a row of first, first + steps[0], first + 2*steps[0], ... where
// each step is twice the one before.
func fill(row []bls.G1Affine, first bls.G1Affine, steps []bls.G1Affine, w *workspace) {
	row[0] = first
	for i, n := 0, 1; n < len(row); i, n = i+1, 2*n {
		copy(row[n:], row[:n])
		addToEach(row[n:2*n], &steps[i], w)
	}
}

// Public scalars are cut in windows of 12 bits, once there is a table for it.
const (
	wideWindow  = 12
	wideWindows = (128 + wideWindow) / wideWindow // of 128 bits and a carry
	wideOften   = 64
)

// wideTable[i][j] is (j+1) * 2^(i*wideWindow) times a point.
type wideTable [wideWindows][1 << (wideWindow - 1)]bls.G1Affine

func newWideTable(p *bls.G1Affine) *wideTable {
	t, w := new(wideTable), new(workspace)
	powers := doublings(p, wideWindows*wideWindow)
	for i := range t {
		at := powers[i*wideWindow:]
		fill(t[i][:], at[0], at, w)
	}
	return t
}

func (b *Base) wideTable() *wideTable {
	if t := b.wide.Load(); t != nil || b.table == nil {
		return t
	}
	if b.uses.Add(1) == wideOften { // one of the callers builds it
		b.wide.Store(newWideTable(&b.Point))
	}
	return b.wide.Load()
}

// pick adds n times the point, times X^2 in the other half.
func (s *Sum) pick(t *wideTable, n [2]uint64, half uint8) {
	carry := uint64(0)
	for w := range t {
		d := n[0]&(1<<wideWindow-1) + carry
		n[0], n[1] = n[0]>>wideWindow|n[1]<<(64-wideWindow), n[1]>>wideWindow
		carry = (d + 1<<(wideWindow-1) - 1) >> wideWindow // 1 if d is in the upper half
		d = d&(carry-1) | (1<<wideWindow-d)&-carry
		if d > 0 {
			s.entries = append(s.entries, entry{&t[w][d-1], half, uint8(carry)})
		}
	}
}

// pickOdd does the same with the smaller table, which has odd multiples: of an
// even number it takes the one above and takes the point away again.
func (s *Sum) pickOdd(t *table, n [2]uint64, half uint8) {
	if n[0]&1 == 0 {
		s.entries = append(s.entries, entry{&t[0][0], half, 1})
	}
	k := [3]uint64{n[0] | 1, n[1]}
	for w := range t {
		index, negative := digit(&k, w, tableWindows, tableWindow)
		s.entries = append(s.entries, entry{&t[w][index], half, uint8(negative)})
	}
}
