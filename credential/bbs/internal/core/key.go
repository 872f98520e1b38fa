package core

import (
	"errors"
	"math/big"
	"sync"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// KeyGen is KeyGen of section 3.4.1. The caller has checked the lengths.
func (s *Suite) KeyGen(material, info, dst []byte) (fr.Element, error) {
	input := make([]byte, 0, len(material)+2+len(info))
	input = append(input, material...)
	input = append(input, byte(len(info)>>8), byte(len(info)))
	input = append(input, info...)
	k := s.HashToScalar(input, dst)
	if k.IsZero() {
		return k, errors.New("the secret key is zero")
	}
	return k, nil
}

// RandomKey draws a secret key.
func RandomKey() (k fr.Element) {
	for k.IsZero() {
		k = randomScalar()
	}
	return k
}

// PublicKey is a valid public key: a point of the subgroup G2, not the
// identity, with what pairings with it need.
type PublicKey struct {
	W       bls.G2Affine
	Encoded [KeyLength]byte
	lines   func() *lines
}

func newPublicKey(w bls.G2Affine) *PublicKey {
	return &PublicKey{W: w, Encoded: w.Bytes(), lines: sync.OnceValue(func() *lines { return precompute(&w) })}
}

// PublicKeyOf is SkToPk, section 3.4.2. The secret key is split into two
// fresh shares, each multiplied apart.
func PublicKeyOf(k *fr.Element) *PublicKey {
	u, v := g1.Shares(k)
	var a, b bls.G2Jac
	var n big.Int
	a.ScalarMultiplicationBase(u.BigInt(&n))
	b.ScalarMultiplicationBase(v.BigInt(&n))
	a.AddAssign(&b)
	var w bls.G2Affine
	w.FromJacobian(&a)
	return newPublicKey(w)
}

// ParsePublicKey is octets_to_pubkey, section 4.2.4.6.
func ParsePublicKey(octets []byte) (*PublicKey, error) {
	if len(octets) != KeyLength {
		return nil, errLength
	}
	if octets[0]&0x80 == 0 {
		return nil, errPoint
	}
	var w bls.G2Affine
	if _, err := w.SetBytes(octets); err != nil {
		return nil, errPoint
	}
	if w.IsInfinity() {
		return nil, errIdentity
	}
	return newPublicKey(w), nil
}
