package core

import (
	"errors"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// ErrInvalid is a signature or a proof that is well formed and does not hold.
var ErrInvalid = errors.New("does not verify under this public key for these values")

func (s *Suite) hashInternal(b []byte) fr.Element { return s.HashToScalar(b, []byte(s.APIID+"H2S_")) }

// commit lists the terms of factor * B, where
// B = P1 + Q_1*domain + H_1*msg_1 + ... + H_L*msg_L.
func (s *Suite) commit(factor *fr.Element, generators Generators, domain *fr.Element, messages []fr.Element) []g1.Term {
	terms := make([]g1.Term, len(messages)+2)
	terms[0] = s.P1().Times(*factor)
	terms[1].Base = generators[0]
	terms[1].Scalar.Mul(factor, domain)
	for i := range messages {
		terms[i+2].Base = generators[i+1]
		terms[i+2].Scalar.Mul(factor, &messages[i])
	}
	return terms
}

// point is B itself.
func (s *Suite) point(generators Generators, domain *fr.Element, messages []fr.Element) bls.G1Jac {
	one := fr.One()
	b := g1.SumProtected(s.commit(&one, generators, domain, messages)[1:]...)
	b.AddMixed(&s.P1().Point)
	return b
}

// Sign is CoreSign, section 3.6.1.
func (s *Suite) Sign(sk *fr.Element, pk *PublicKey, header []byte, messages []fr.Element) (*Signature, error) {
	generators := s.Generators(len(messages))
	domain := s.Domain(pk, generators, header)

	input := EncodeScalar(make([]byte, 0, (len(messages)+2)*ScalarLength), sk)
	for i := range messages {
		input = EncodeScalar(input, &messages[i])
	}
	e := s.hashInternal(EncodeScalar(input, &domain))
	clear(input)

	b := s.point(generators, &domain, messages)
	return sign(sk, &e, new(bls.G1Affine).FromJacobian(&b))
}

// sign gives (B * (1 / (SK + e)), e), with SK never in the clear in a step
// whose time varies.
func sign(sk, e *fr.Element, b *bls.G1Affine) (*Signature, error) {
	if b.IsInfinity() {
		return nil, errors.New("b is the identity")
	}
	blind := randomScalar()
	var inverse, be fr.Element
	inverse.Mul(sk, &blind)
	be.Mul(e, &blind)
	inverse.Add(&inverse, &be)
	if inverse.IsZero() || e.IsZero() {
		return nil, errors.New("SK + e or e is zero")
	}
	inverse.Inverse(&inverse)
	inverse.Mul(&inverse, &blind)

	m := g1.NewMultiples(b)
	u, v := g1.Shares(&inverse)
	a := g1.MultiplyProtected(m[0].Times(&u), m[0].Times(&v))
	sig := &Signature{E: *e}
	sig.A.FromJacobian(&a)
	if sig.A.IsInfinity() {
		return nil, errors.New("a is the identity")
	}
	return sig, nil
}

// Verify is CoreVerify, section 3.6.2, for the generators (Q_1, H_1, ...) of
// the messages.
func (s *Suite) Verify(pk *PublicKey, sig *Signature, generators Generators, header []byte, messages []fr.Element) error {
	return s.NewCredential(pk, sig, generators, header, messages).Verify(pk)
}

// Verify is the same for what a holder holds.
func (c *Credential) Verify(pk *PublicKey) error {
	a := c.sig.point
	if a == nil {
		a = g1.NewPoint(&c.sig.A)
	}
	// A*e - B, as -(B - A*e): P1 times 1 is cheaper than P1 times -1.
	var minus fr.Element
	minus.Neg(&c.sig.E)
	one := fr.One()
	var sum g1.Sum
	sum.Times(a, &minus)
	sum.Add(c.suite.commit(&one, c.generators, &c.domain, c.messages)...)
	point := g1.Evaluate(&sum)[0]
	point.Neg(&point)
	if !pairingIsOne(&c.sig.A, pk, &point) {
		return ErrInvalid
	}
	return nil
}

// DomainAndB are the domain and the encoding of B, for a test vector's trace.
func (s *Suite) DomainAndB(pk *PublicKey, generators Generators, header []byte, messages []fr.Element) (domain fr.Element, b []byte) {
	domain = s.Domain(pk, generators, header)
	jac := s.point(generators, &domain, messages)
	return domain, encodePoint(nil, new(bls.G1Affine).FromJacobian(&jac))
}
