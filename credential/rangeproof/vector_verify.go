package rangeproof

import (
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// Verify is spec/rangeproof.md section 4.2.
func (v vectorRange) Verify(s *Statement, proof, transcript []byte) error {
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
	k := len(p.z)
	mask, digits := vectorGenerators.take(k)
	hashed := newVectorTranscript(s, transcript, &p.a)
	power := hashed.powers(k)

	// z_0 = c*e - (sum of y^i * z_i*(c - z_i))
	// total = w_1*z_1 + ... + w_k*z_k + c*lower
	var z0, total, x fr.Element
	z0.Mul(&p.c, &p.e)
	total.SetUint64(s.lower)
	total.Mul(&total, &p.c)
	for i := range p.z {
		x.Sub(&p.c, &p.z[i])
		x.Mul(&x, &p.z[i]).Mul(&x, &power[i])
		z0.Sub(&z0, &x)
		x.SetUint64(s.weights[i])
		total.Add(&total, x.Mul(&x, &p.z[i]))
	}

	// T = z_0*K + z_rho*H + z_1*G_1 + ... + z_k*G_k - c*A
	// T_C = total*G + z_s*H - c*C
	var minusC fr.Element
	minusC.Neg(&p.c)
	var vector, link g1.Sum
	vector.Add(mask.Times(z0), s.bases.h.Times(p.zRho))
	for i := range p.z {
		vector.Add(digits[i].Times(p.z[i]))
	}
	vector.Times(p.decoded, &minusC)
	link.Add(s.bases.g.Times(total), s.bases.h.Times(p.zLink))
	link.Times(s.commitment, &minusC)

	t := g1.Evaluate(&vector, &link)
	if c := hashed.challenge(&t[0], &t[1], &p.e); !c.Equal(&p.c) {
		return credential.Failed("range-proof", spec+"4.2", "it does not hold for this commitment, these bounds and this transcript")
	}
	return nil
}
