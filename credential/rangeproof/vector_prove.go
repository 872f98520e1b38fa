package rangeproof

import (
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// Prove is spec/rangeproof.md section 4.1.
func (v vectorRange) Prove(s *Statement, o *Opening, transcript []byte) ([]byte, error) {
	return v.prove(s, o, transcript, fresh)
}

func (vectorRange) prove(s *Statement, o *Opening, transcript []byte, random source) ([]byte, error) {
	if err := s.present(); err != nil {
		return nil, err
	}
	bits, err := s.open(o, transcript, random)
	if err != nil {
		return nil, err
	}
	k := len(bits)
	mask, digits := vectorGenerators.take(k)
	g, h := s.bases.g, s.bases.h

	// A = alpha*K + rho*H + b_1*G_1 + ... + b_k*G_k
	alpha, rho := random(), random()
	a := g1.SumProtected(mask.Times(alpha), h.Times(rho))
	for i, b := range bits {
		addDigit(&a, digits[i], b)
	}
	p := &vectorProof{a: affine(a)}
	hashed := newVectorTranscript(s, transcript, &p.a)
	power := hashed.powers(k)

	// With t_i for the bits, the combination of z_i*(c - z_i) by powers of y
	// is c*(sum of y^i*t_i*(1-2*b_i)) - (sum of y^i*t_i^2): no c^2 is left.
	// The second sum is the nonce for alpha; the first, plus alpha, is e.
	t := make([]fr.Element, k)
	p.e = alpha
	var sumT, alphaNonce, square, x, y fr.Element
	for i, b := range bits {
		t[i] = random()
		x.SetUint64(s.weights[i])
		sumT.Add(&sumT, x.Mul(&x, &t[i]))
		x.Mul(&power[i], &t[i])
		y.Neg(&x)
		alphaNonce.Add(&alphaNonce, square.Mul(&x, &t[i]))
		p.e.Add(&p.e, y.Select(b, &x, &y))
	}

	// T = t_0*K + tau*H + t_1*G_1 + ... + t_k*G_k
	// T_C = (w_1*t_1 + ... + w_k*t_k)*G + sigma*H
	tau, sigma := random(), random()
	terms := []g1.Term{mask.Times(alphaNonce), h.Times(tau)}
	for i := range t {
		terms = append(terms, digits[i].Times(t[i]))
	}
	vector := affine(g1.SumProtected(terms...))
	link := affine(g1.SumProtected(g.Times(sumT), h.Times(sigma)))
	p.c = hashed.challenge(&vector, &link, &p.e)

	p.zRho.Mul(&p.c, &rho).Add(&p.zRho, &tau)
	p.zLink.Mul(&p.c, &o.Blinding).Add(&p.zLink, &sigma)
	p.z = make([]fr.Element, k)
	for i, b := range bits {
		x.Add(&t[i], &p.c)
		p.z[i].Select(b, &t[i], &x)
	}
	return p.bytes(), nil
}
