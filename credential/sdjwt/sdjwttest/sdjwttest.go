// Package sdjwttest makes SD-JWT VCs that are the same on every run, for
// vectors and for tests. It is not for issuing: whoever knows the seed knows
// every salt, and with it every claim that a holder withholds.
package sdjwttest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/sha3"
	"encoding/asn1"
	"fmt"
	"math/big"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/credential/sdjwt/internal/seeded"
)

// Issue is [sdjwt.Issue] with salts and decoys from the seed. The result is
// the same on every run when the key's signatures are, as those of
// [Ed25519Key] and [P256Key] are.
func Issue(seed string, key jose.SigningKey, t sdjwt.Template) (string, error) {
	return seeded.Issue(stream("salts", seed), key, t)
}

// Ed25519Key gives the EdDSA key of a seed, named kid when that is not empty.
func Ed25519Key(seed, kid string) (jose.SigningKey, *jose.JSONWebKey) {
	material := make([]byte, ed25519.SeedSize)
	stream("ed25519", seed).Read(material)
	key := ed25519.NewKeyFromSeed(material)
	return jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: key, KeyID: kid}},
		&jose.JSONWebKey{Key: key.Public(), KeyID: kid}
}

// P256Key gives the ES256 key of a seed, named kid when that is not empty.
// Its signatures are those of RFC 6979.
func P256Key(seed, kid string) (jose.SigningKey, *jose.JSONWebKey) {
	random := stream("p256", seed)
	for {
		material := make([]byte, 32)
		random.Read(material)
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), material)
		if err != nil { // not below the order; the next one nearly always is
			continue
		}
		public := &jose.JSONWebKey{Key: &key.PublicKey, KeyID: kid}
		return jose.SigningKey{Algorithm: jose.ES256, Key: deterministic{key, public}}, public
	}
}

func stream(purpose, seed string) *sha3.SHAKE {
	s := sha3.NewSHAKE256()
	fmt.Fprintf(s, "halfmask sdjwttest %s %d %s", purpose, len(seed), seed)
	return s
}

// deterministic signs with the nonces of RFC 6979.
type deterministic struct {
	key    *ecdsa.PrivateKey
	public *jose.JSONWebKey
}

func (d deterministic) Public() *jose.JSONWebKey { return d.public }

func (d deterministic) Algs() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.ES256}
}

func (d deterministic) SignPayload(payload []byte, _ jose.SignatureAlgorithm) ([]byte, error) {
	sum := sha256.Sum256(payload)
	der, err := d.key.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	var signature struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &signature); err != nil || len(rest) > 0 {
		return nil, fmt.Errorf("sdjwttest: not an ECDSA signature: %x", der)
	}
	raw := make([]byte, 64)
	signature.R.FillBytes(raw[:32])
	signature.S.FillBytes(raw[32:])
	return raw, nil
}
