package core

import (
	"encoding/binary"
	"sync"
	"sync/atomic"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// Generator is a fixed point of G1 with its encoding and, once it has been
// multiplied, a table of its multiples.
type Generator struct {
	Point   bls.G1Affine
	Encoded [PointLength]byte
	table   func() *fixedTable
	wide    *wideSlot // for public scalars
}

func newGenerator(p bls.G1Affine, tabled bool) *Generator {
	g := &Generator{Point: p, Encoded: p.Bytes()}
	if tabled {
		g.table = sync.OnceValue(func() *fixedTable { return newFixedTable(&p) })
		g.wide = new(wideSlot)
	}
	return g
}

// Generators are the points (Q_1, H_1, ..., H_L) of create_generators.
type Generators []*Generator

// generatorCache holds the generators of one api_id made so far and the value
// v from which the next one follows: a longer list always extends a shorter
// one.
type generatorCache struct {
	suite *Suite
	apiID string
	list  atomic.Pointer[Generators] // read without the lock
	mu    sync.Mutex                 // held while extending
	v     []byte
}

// tabledGenerators is how many generators of an api_id get a table, of 117 kB
// each; those after them are multiplied without one.
const tabledGenerators = 64

// Generators is create_generators(messages + 1, api_id), section 4.1.1. The
// caller bounds messages by MaxMessages.
func (s *Suite) Generators(messages int) Generators { return s.generators.create(messages + 1) }

// ProverGenerators is create_generators(committed + 1, "BLIND_" || api_id),
// (Q_2, J_1, ...) of the blind BBS draft.
func (s *Suite) ProverGenerators(committed int) Generators { return s.committed.create(committed + 1) }

// CommitmentGenerators are (Y_0, Y_1) of the blind BBS draft: a commitment in
// a proof is Y_0*s + Y_1*message.
func (s *Suite) CommitmentGenerators() (y0, y1 *Generator) {
	y := s.disclosed.create(2)
	return y[0], y[1]
}

func (c *generatorCache) create(count int) Generators {
	if list := c.list.Load(); list != nil && len(*list) >= count {
		return (*list)[:count:count]
	}
	seedDST := []byte(c.apiID + "SIG_GENERATOR_SEED_")
	generatorDST := []byte(c.apiID + "SIG_GENERATOR_DST_")
	c.mu.Lock()
	defer c.mu.Unlock()
	var list Generators
	if made := c.list.Load(); made != nil {
		list = *made
	} else {
		c.v = c.suite.mustExpand([]byte(c.apiID+"MESSAGE_GENERATOR_SEED"), seedDST)
	}
	for len(list) < count {
		i := len(list) + 1
		c.v = c.suite.mustExpand(binary.BigEndian.AppendUint64(c.v, uint64(i)), seedDST)
		list = append(list, newGenerator(c.suite.hashToG1(c.v, generatorDST), i <= tabledGenerators))
	}
	c.list.Store(&list)
	return list[:count:count]
}

// createP1 is the derivation of P1 in section 7.2 of the draft.
func (s *Suite) createP1() *Generator {
	seedDST := []byte(s.ID + "H2G_HM2S_SIG_GENERATOR_SEED_")
	v := s.mustExpand([]byte(s.ID+"H2G_HM2S_BP_MESSAGE_GENERATOR_SEED"), seedDST)
	v = s.mustExpand(binary.BigEndian.AppendUint64(v, 1), seedDST)
	return newGenerator(s.hashToG1(v, []byte(s.ID+"H2G_HM2S_SIG_GENERATOR_DST_")), true)
}

// P1 is the fixed point P1 of the suite.
func (s *Suite) P1() *Generator { return s.p1() }

func (s *Suite) mustExpand(message, dst []byte) []byte {
	v, err := s.expand(message, dst, expandLength)
	if err != nil {
		panic("bbs: " + err.Error())
	}
	return v
}

// Generators are multiplied with windows of 7 bits.
const (
	fixedWindow  = 7
	fixedWindows = (halfBits + fixedWindow - 1) / fixedWindow
	fixedOdds    = 1 << (fixedWindow - 1)
)

// fixedTable[i][j] is (2j+1) * 2^(i*fixedWindow) times a generator.
type fixedTable [fixedWindows][fixedOdds]bls.G1Affine

func newFixedTable(p *bls.G1Affine) *fixedTable {
	var base bls.G1Jac
	base.FromAffine(p)
	jac := make([]bls.G1Jac, 0, fixedWindows*fixedOdds)
	for range fixedWindows {
		next, twice := base, base
		twice.DoubleAssign()
		for range fixedOdds {
			jac = append(jac, next)
			next.AddAssign(&twice)
		}
		for range fixedWindow {
			base.DoubleAssign()
		}
	}
	t := new(fixedTable)
	for i, a := range normalize(jac) {
		t[i/fixedOdds][i%fixedOdds] = a
	}
	return t
}

// fixedTerm is a scalar and the generator that it multiplies.
type fixedTerm struct {
	generator *Generator
	scalar    fr.Element
}

// sumFixed adds up the terms with the same operations for all scalars. The two
// halves of the scalars are summed apart, so that the endomorphism is taken
// once, of the second sum.
func sumFixed(terms []fixedTerm) bls.G1Jac {
	const chunk = 64 // bounds the memory used on the way
	var acc bls.G1Jac
	var picked [2][]bls.G1Affine
	for i := range picked {
		picked[i] = make([]bls.G1Affine, 0, fixedWindows*min(len(terms), chunk))
	}
	var points []*bls.G1Affine
	var rest []term
	for i := range terms {
		g := terms[i].generator
		if g.table == nil {
			points = append(points, &g.Point)
			rest = append(rest, term{scalar: &terms[i].scalar})
			continue
		}
		table, split := g.table(), halve(&terms[i].scalar)
		for half := range split {
			list := picked[half]
			for w := range table {
				index, negative := digit(&split[half], w, fixedWindows, fixedWindow)
				list = append(list, signed(&table[w][index], negative))
			}
			picked[half] = list
		}
		if len(picked[0]) == cap(picked[0]) {
			acc = sumHalves(&acc, &picked)
		}
	}
	acc = sumHalves(&acc, &picked)
	for len(rest) > 0 {
		n := min(chunk, len(rest))
		m := newMultiples(points[:n]...)
		for i := range m {
			rest[i].point = &m[i]
		}
		part := sum(rest[:n]...)
		acc.AddAssign(&part)
		points, rest = points[n:], rest[n:]
	}
	return acc
}

// sumHalves gives acc + the first list + lambda times the second, and empties
// both.
func sumHalves(acc *bls.G1Jac, picked *[2][]bls.G1Affine) bls.G1Jac {
	low, high := sumAffine(picked[0]), sumAffine(picked[1])
	high.X.Mul(&high.X, &omega)
	low.AddAssign(&high)
	low.AddAssign(acc)
	picked[0], picked[1] = picked[0][:0], picked[1][:0]
	return low
}
