package rangeproof

import (
	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential"
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

	// base[0]*D[0] + ... + base[k-1]*D[k-1] = C - lower*G
	var total bls.G1Jac
	var x fr.Element
	x.SetUint64(s.lower)
	total = multiply(term{g, x})
	for i := range p.bits {
		x.SetUint64(s.weights[i])
		d := times(&p.bits[i].d, &x)
		total.AddMixed(&d)
	}
	if sum := affine(total); !sum.Equal(&s.commitment) {
		return credential.Failed(check, clause, "the bits do not sum up to the committed message")
	}

	// T1 = z_b*G + z_s*H - c*D, T2 = (z_b-c)*D + z_s2*H
	points := make([][2]bls.G1Affine, len(p.bits))
	var minusC fr.Element
	minusC.Neg(&p.c)
	for i := range p.bits {
		bit := &p.bits[i]
		first := multiply(term{g, bit.zB}, term{h, bit.zS})
		cD := times(&bit.d, &minusC)
		first.AddMixed(&cD)
		second := multiply(term{h, bit.zS2})
		x.Add(&bit.zB, &minusC)
		zD := times(&bit.d, &x)
		second.AddMixed(&zD)
		points[i] = [2]bls.G1Affine{affine(first), affine(second)}
	}
	if c := p.challenge(s, points, transcript); !c.Equal(&p.c) {
		return credential.Failed(check, clause, "it does not hold for this commitment, these bounds and this transcript")
	}
	return nil
}
