package mint

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"

	"github.com/go-jose/go-jose/v4"
)

// digest derives 32 bytes from the seed for one purpose.
func digest(seed uint64, purpose ...string) [32]byte {
	h := sha256.New()
	h.Write([]byte("halfmask mint 1"))
	binary.Write(h, binary.BigEndian, seed)
	for _, p := range purpose {
		binary.Write(h, binary.BigEndian, uint32(len(p)))
		io.WriteString(h, p)
	}
	return [32]byte(h.Sum(nil))
}

// deriveKey gives the P-256 key of the seed for one purpose.
func deriveKey(seed uint64, purpose string) signer {
	for try := 0; ; try++ {
		d := digest(seed, "key", purpose, fmt.Sprint(try))
		if k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d[:]); err == nil {
			return signer{k}
		}
	}
}

// signer signs deterministically: crypto/ecdsa does so (RFC 6979) when it is
// given no randomness, and this ignores what it is given.
type signer struct{ key *ecdsa.PrivateKey }

func (s signer) Public() crypto.PublicKey { return s.key.Public() }

func (s signer) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return s.key.Sign(nil, digest, opts)
}

// jwsSigner lets go-jose sign with a signer.
type jwsSigner struct {
	signer
	kid string
}

func (s jwsSigner) jwk() *jose.JSONWebKey {
	return &jose.JSONWebKey{Key: &s.key.PublicKey, KeyID: s.kid, Algorithm: string(jose.ES256), Use: "sig"}
}

func (s jwsSigner) sign(typ string, payload []byte) (string, error) {
	opts := (&jose.SignerOptions{}).WithType(jose.ContentType(typ)).WithHeader("kid", s.kid)
	js, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: opaque{s.signer}}, opts)
	if err != nil {
		return "", err
	}
	jws, err := js.Sign(payload)
	if err != nil {
		return "", err
	}
	return jws.CompactSerialize()
}

// opaque is the jose.OpaqueSigner of a signer.
type opaque struct{ s signer }

func (o opaque) Public() *jose.JSONWebKey { return &jose.JSONWebKey{Key: o.s.Public()} }

func (o opaque) Algs() []jose.SignatureAlgorithm { return []jose.SignatureAlgorithm{jose.ES256} }

func (o opaque) SignPayload(payload []byte, _ jose.SignatureAlgorithm) ([]byte, error) {
	sum := sha256.Sum256(payload)
	der, err := o.s.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &rs); err != nil {
		return nil, err
	}
	out := make([]byte, 64)
	rs.R.FillBytes(out[:32])
	rs.S.FillBytes(out[32:])
	return out, nil
}
