package core

import (
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// Generators are the points (Q_1, H_1, ..., H_L) of create_generators.
type Generators []*g1.Base

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
func (s *Suite) CommitmentGenerators() (y0, y1 *g1.Base) {
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
		p := c.suite.hashToG1(c.v, generatorDST)
		if i <= tabledGenerators {
			list = append(list, g1.NewBase(p))
		} else {
			list = append(list, g1.NewRareBase(p))
		}
	}
	c.list.Store(&list)
	return list[:count:count]
}

// createP1 is the derivation of P1 in section 7.2 of the draft.
func (s *Suite) createP1() *g1.Base {
	seedDST := []byte(s.ID + "H2G_HM2S_SIG_GENERATOR_SEED_")
	v := s.mustExpand([]byte(s.ID+"H2G_HM2S_BP_MESSAGE_GENERATOR_SEED"), seedDST)
	v = s.mustExpand(binary.BigEndian.AppendUint64(v, 1), seedDST)
	return g1.NewBase(s.hashToG1(v, []byte(s.ID+"H2G_HM2S_SIG_GENERATOR_DST_")))
}

// P1 is the fixed point P1 of the suite.
func (s *Suite) P1() *g1.Base { return s.p1() }

func (s *Suite) mustExpand(message, dst []byte) []byte {
	v, err := s.expand(message, dst, expandLength)
	if err != nil {
		panic("bbs: " + err.Error())
	}
	return v
}
