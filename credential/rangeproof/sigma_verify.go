package rangeproof

import (
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// Verify checks the proof bytes of the sub-proof.
func (v sigmaRange) Verify(s *Statement, proof, transcript []byte) error {
	const check, clause = "range-proof", sigmaSpec + "4.4.3"
	if err := s.present(); err != nil {
		return err
	}
	if err := bounded(transcript); err != nil {
		return err
	}
	p, err := v.parse(s, proof)
	if err != nil {
		return err
	}
	g, h := s.bases.g, s.bases.h

	// base[0]*D[0] + ... + base[k-1]*D[k-1] = C - lower*G, and for each bit
	// T1 = z_b*G + z_s*H - c*D, T2 = (z_b-c)*D + z_s2*H
	total := new(g1.Sum)
	sums := []*g1.Sum{total}
	var x, minusC fr.Element
	x.SetUint64(s.lower)
	total.Add(g.Times(x))
	minusC.Neg(&p.c)
	for i := range p.bits {
		bit := &p.bits[i]
		x.SetUint64(s.weights[i])
		total.Times(bit.decoded, &x)
		first, second := new(g1.Sum), new(g1.Sum)
		first.Add(g.Times(bit.zB), h.Times(bit.zS))
		first.Times(bit.decoded, &minusC)
		second.Add(h.Times(bit.zS2))
		x.Add(&bit.zB, &minusC)
		second.Times(bit.decoded, &x)
		sums = append(sums, first, second)
	}
	points := g1.Evaluate(sums...)
	if !points[0].Equal(&s.commitment.Affine) {
		return credential.Failed(check, clause, "the bits do not sum up to the committed message")
	}
	if c := p.challenge(s, points[1:], transcript); !c.Equal(&p.c) {
		return credential.Failed(check, clause, "it does not hold for this commitment, these bounds and this transcript")
	}
	return nil
}
