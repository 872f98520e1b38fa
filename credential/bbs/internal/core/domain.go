package core

import (
	"slices"
	"sync"
	"sync/atomic"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// Domain is calculate_domain, section 4.2.3.
func (s *Suite) Domain(pk *PublicKey, generators Generators, header []byte) fr.Element {
	b := make([]byte, 0, KeyLength+16+len(generators)*PointLength+len(s.APIID)+len(header))
	b = append(b, pk.Encoded[:]...)
	b = encodeInt(b, len(generators)-1)
	for _, g := range generators {
		b = append(b, g.Encoded[:]...)
	}
	b = append(b, s.APIID...)
	b = encodeInt(b, len(header))
	b = append(b, header...)
	return s.hashInternal(b)
}

// origin is what all credentials of a kind from one signer share: the domain,
// and P1 + Q_1*domain with a table once it has served often.
type origin struct {
	key        [KeyLength]byte
	generators Generators
	header     string

	domain fr.Element
	uses   atomic.Int32
	base   atomic.Pointer[g1.Base]
}

const (
	keptOrigins = 8       // each with a table of 2.2 MB at most
	keptHeader  = 1 << 10 // octets of a header that is worth keeping
	originOften = 64      // uses that are worth a table
)

// origins are the last ones that a verifier met.
type origins struct {
	mu   sync.RWMutex
	kept []*origin
	next int // the one to be replaced
}

// origin gives the one of these values, kept or made anew.
func (s *Suite) origin(pk *PublicKey, generators Generators, header []byte) *origin {
	same := func(o *origin) bool {
		return o.key == pk.Encoded && o.header == string(header) && slices.Equal(o.generators, generators)
	}
	c := &s.origins
	c.mu.RLock()
	i := slices.IndexFunc(c.kept, same)
	if i >= 0 {
		o := c.kept[i]
		c.mu.RUnlock()
		return o
	}
	c.mu.RUnlock()
	o := &origin{key: pk.Encoded, generators: generators, header: string(header), domain: s.Domain(pk, generators, header)}
	if len(header) > keptHeader {
		return o
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) < keptOrigins {
		c.kept = append(c.kept, o)
	} else {
		c.kept[c.next] = o
		c.next = (c.next + 1) % keptOrigins
	}
	return o
}

// times lists the terms of (P1 + Q_1*domain) * k.
func (o *origin) times(s *Suite, k *fr.Element) []g1.Term {
	if b := o.base.Load(); b != nil {
		return []g1.Term{b.Times(*k)}
	}
	two := []g1.Term{s.P1().Times(*k), {Base: o.generators[0]}}
	two[1].Scalar.Mul(&o.domain, k)
	if o.uses.Add(1) == originOften { // one of the callers builds the table
		var sum g1.Sum
		one := fr.One()
		sum.Add(s.P1().Times(one), o.generators[0].Times(o.domain))
		if p := g1.Evaluate(&sum)[0]; p != (bls.G1Affine{}) {
			o.base.Store(g1.NewPublicBase(p))
		}
	}
	return two
}
