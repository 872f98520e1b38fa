package core

import (
	"errors"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// ErrInvalid is a signature or a proof that is well formed and does not hold.
var ErrInvalid = errors.New("does not verify under this public key for these values")

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

func (s *Suite) hashInternal(b []byte) fr.Element { return s.HashToScalar(b, []byte(s.APIID+"H2S_")) }

// commit lists the terms of factor * B, where
// B = P1 + Q_1*domain + H_1*msg_1 + ... + H_L*msg_L.
func (s *Suite) commit(factor *fr.Element, generators Generators, domain *fr.Element, messages []fr.Element) []fixedTerm {
	terms := make([]fixedTerm, len(messages)+2)
	terms[0] = fixedTerm{generator: s.P1(), scalar: *factor}
	terms[1].generator = generators[0]
	terms[1].scalar.Mul(factor, domain)
	for i := range messages {
		terms[i+2].generator = generators[i+1]
		terms[i+2].scalar.Mul(factor, &messages[i])
	}
	return terms
}

// point is B itself.
func (s *Suite) point(generators Generators, domain *fr.Element, messages []fr.Element) bls.G1Jac {
	one := fr.One()
	b := sumFixed(s.commit(&one, generators, domain, messages)[1:])
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

	// 1/(SK + e), with SK never in the clear in a step whose time varies.
	blind := randomScalar()
	var inverse, be fr.Element
	inverse.Mul(sk, &blind)
	be.Mul(&e, &blind)
	inverse.Add(&inverse, &be)
	if inverse.IsZero() || e.IsZero() {
		return nil, errors.New("SK + e or e is zero")
	}
	inverse.Inverse(&inverse)
	inverse.Mul(&inverse, &blind)

	b := s.point(generators, &domain, messages)
	m := newMultiples(new(bls.G1Affine).FromJacobian(&b))
	u, v := shares(&inverse)
	a := sum(term{&m[0], &u}, term{&m[0], &v})
	sig := &Signature{E: e}
	sig.A.FromJacobian(&a)
	if sig.A.IsInfinity() {
		return nil, errors.New("a is the identity")
	}
	return sig, nil
}

// Verify is CoreVerify, section 3.6.2.
func (s *Suite) Verify(pk *PublicKey, sig *Signature, header []byte, messages []fr.Element) error {
	generators := s.Generators(len(messages))
	domain := s.Domain(pk, generators, header)
	b := s.point(generators, &domain, messages)
	m := newMultiples(&sig.A)
	q := sum(term{&m[0], &sig.E})
	q.SubAssign(&b)
	var c bls.G1Affine
	c.FromJacobian(&q)
	if !pairingIsOne(&sig.A, pk, &c) {
		return ErrInvalid
	}
	return nil
}

// DomainAndB are the domain and the encoding of B, for a test vector's trace.
func (s *Suite) DomainAndB(pk *PublicKey, header []byte, messages []fr.Element) (domain fr.Element, b []byte) {
	generators := s.Generators(len(messages))
	domain = s.Domain(pk, generators, header)
	jac := s.point(generators, &domain, messages)
	return domain, encodePoint(nil, new(bls.G1Affine).FromJacobian(&jac))
}
