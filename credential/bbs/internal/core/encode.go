package core

import (
	"errors"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// Serialization, section 4.2.4 of the draft. Decoding checks everything that
// the draft has checked: length, curve, subgroup, not the identity, range.

var (
	errLength   = errors.New("wrong length")
	errPoint    = errors.New("not a compressed point of the prime-order subgroup")
	errIdentity = errors.New("the identity point")
	errScalar   = errors.New("a scalar outside [1, r)")
	errIndex    = errors.New("indexes out of order, out of range or both disclosed and committed")
)

func encodePoint(b []byte, p *bls.G1Affine) []byte {
	e := p.Bytes()
	return append(b, e[:]...)
}

// Signature is a decoded signature.
type Signature struct {
	A bls.G1Affine
	E fr.Element

	point *g1.Point // A as decoded
}

// Bytes is signature_to_octets, section 4.2.4.2.
func (s *Signature) Bytes() []byte {
	return EncodeScalar(encodePoint(make([]byte, 0, SignatureLength), &s.A), &s.E)
}

// ParseSignature is octets_to_signature, section 4.2.4.3.
func ParseSignature(octets []byte) (*Signature, error) {
	if len(octets) != SignatureLength {
		return nil, errLength
	}
	a, err := g1.Decode(octets[:PointLength])
	if err != nil {
		return nil, err
	}
	e, ok := DecodeScalar(octets[PointLength:])
	if !ok {
		return nil, errScalar
	}
	return &Signature{A: a[0].Affine, E: e, point: a[0]}, nil
}

// Proof is a decoded proof.
type Proof struct {
	Abar, Bbar, D bls.G1Affine
	E, R1, R3     fr.Element   // e^, r1^, r3^
	Messages      []fr.Element // m^, one for each undisclosed message
	Challenge     fr.Element

	points []*g1.Point // Abar, Bbar and D as decoded
}

// Bytes is proof_to_octets, section 4.2.4.4.
func (p *Proof) Bytes() []byte {
	b := make([]byte, 0, ProofLengthFloor+len(p.Messages)*ScalarLength)
	b = encodePoint(encodePoint(encodePoint(b, &p.Abar), &p.Bbar), &p.D)
	b = EncodeScalar(EncodeScalar(EncodeScalar(b, &p.E), &p.R1), &p.R3)
	for i := range p.Messages {
		b = EncodeScalar(b, &p.Messages[i])
	}
	return EncodeScalar(b, &p.Challenge)
}

// decodeScalars reads scalars in [1, r) that fill the octets.
func decodeScalars(octets []byte) ([]fr.Element, error) {
	scalars := make([]fr.Element, len(octets)/ScalarLength)
	for i := range scalars {
		var ok bool
		if scalars[i], ok = DecodeScalar(octets[i*ScalarLength:][:ScalarLength]); !ok {
			return nil, errScalar
		}
	}
	return scalars, nil
}

// ParseProof is octets_to_proof, section 4.2.4.5, for at most MaxMessages
// undisclosed messages and a blinding factor.
func ParseProof(octets []byte) (*Proof, error) {
	rest := len(octets) - ProofLengthFloor
	if rest < 0 || rest%ScalarLength != 0 || rest/ScalarLength > MaxMessages+1 {
		return nil, errLength
	}
	scalars, err := decodeScalars(octets[3*PointLength:])
	if err != nil {
		return nil, err
	}
	p := &Proof{
		E: scalars[0], R1: scalars[1], R3: scalars[2],
		Messages: scalars[3 : len(scalars)-1], Challenge: scalars[len(scalars)-1],
	}
	if p.points, err = g1.Decode(octets[:3*PointLength]); err != nil {
		return nil, err
	}
	p.Abar, p.Bbar, p.D = p.points[0].Affine, p.points[1].Affine, p.points[2].Affine
	return p, nil
}
