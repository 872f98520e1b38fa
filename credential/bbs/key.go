package bbs

import (
	"bytes"
	"fmt"
	"io"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs/internal/core"
)

const (
	SecretKeySize = core.ScalarLength // octets of an encoded secret key: 32
	PublicKeySize = core.KeyLength    // octets of an encoded public key: 96
)

// SecretKey is a signer's key: a scalar in [1, r). Both suites use the same
// keys.
type SecretKey struct {
	scalar fr.Element
	public *PublicKey
}

// PublicKey is a signer's public key: a point of the subgroup G2 other than
// the identity.
type PublicKey struct {
	key *core.PublicKey
}

// GenerateKey draws a secret key from crypto/rand.
func GenerateKey() (*SecretKey, error) {
	return newSecretKey(core.RandomKey()), nil
}

// KeyGen derives a secret key from secret key material of at least 32 octets
// and, optionally, info of at most 65535 octets that tells apart keys of the
// same material (section 3.4.1). A nil dst stands for ciphersuite_id ||
// "KEYGEN_DST_"; a longer one than 255 octets is refused.
func (s *Suite) KeyGen(material, info, dst []byte) (*SecretKey, error) {
	const check, clause = "bbs-keygen", spec + "3.4.1"
	if dst == nil {
		dst = []byte(s.core.ID + "KEYGEN_DST_")
	}
	switch {
	case len(material) < 32:
		return nil, credential.Failed(check, clause, "key material of %d octets, fewer than 32", len(material))
	case len(material) > core.MaxOctets:
		return nil, credential.Failed(check, clause, "key material of %d octets, more than %d", len(material), core.MaxOctets)
	case len(info) > 65535:
		return nil, credential.Failed(check, clause, "key info of %d octets, more than 65535", len(info))
	case len(dst) > 255:
		return nil, credential.Failed(check, clause, "domain separation tag of %d octets, more than 255", len(dst))
	}
	k, err := s.core.KeyGen(material, info, dst)
	if err != nil {
		return nil, &credential.Error{Check: check, Clause: clause, Err: err}
	}
	return newSecretKey(k), nil
}

// ParseSecretKey reads what [SecretKey.Bytes] wrote. It refuses any other
// length, zero, and values from the group order up.
func ParseSecretKey(octets []byte) (*SecretKey, error) {
	const check, clause = "bbs-secret-key", spec + "3.4.1"
	if len(octets) != SecretKeySize {
		return nil, credential.Failed(check, clause, "%d octets instead of %d", len(octets), SecretKeySize)
	}
	k, ok := core.DecodeScalar(octets)
	if !ok {
		return nil, credential.Failed(check, clause, "a scalar outside [1, r)")
	}
	return newSecretKey(k), nil
}

func newSecretKey(k fr.Element) *SecretKey {
	return &SecretKey{scalar: k, public: &PublicKey{core.PublicKeyOf(&k)}}
}

// Bytes encodes the key in 32 octets, big-endian. They are the secret.
func (k *SecretKey) Bytes() []byte { return core.EncodeScalar(nil, &k.scalar) }

// PublicKey is SkToPk (section 3.4.2).
func (k *SecretKey) PublicKey() *PublicKey { return k.public }

// Format prints "bbs.SecretKey" whatever the verb, which keeps the secret out
// of logs and error messages.
func (SecretKey) Format(f fmt.State, _ rune) { io.WriteString(f, "bbs.SecretKey") }

// ParsePublicKey reads a compressed point of G2 (section 4.2.4.6). It refuses
// any other length, points off the curve or outside the subgroup, and the
// identity.
func ParsePublicKey(octets []byte) (*PublicKey, error) {
	k, err := core.ParsePublicKey(octets)
	if err != nil {
		return nil, &credential.Error{Check: "bbs-public-key", Clause: spec + "4.2.4.6", Err: err}
	}
	return &PublicKey{k}, nil
}

// Bytes encodes the key in 96 octets, as a compressed point.
func (k *PublicKey) Bytes() []byte {
	if k.absent() {
		return nil
	}
	return bytes.Clone(k.key.Encoded[:])
}

// Equal reports whether both are the same key.
func (k *PublicKey) Equal(other *PublicKey) bool {
	return !k.absent() && !other.absent() && k.key.Encoded == other.key.Encoded
}

func (k *PublicKey) absent() bool { return k == nil || k.key == nil }

// present refuses a nil or zero key, which no parser returns.
func present(k *PublicKey) error {
	if k.absent() {
		return credential.Failed("bbs-public-key", spec+"4.2.4.6", "no key")
	}
	return nil
}
