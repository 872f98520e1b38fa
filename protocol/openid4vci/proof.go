package openid4vci

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
)

const (
	proofType = "openid4vci-proof+jwt"

	clauseProof       = "OpenID4VCI 1.0 appendix F.1"
	clauseVerifyProof = "OpenID4VCI 1.0 appendix F.4"

	maxProof = 4096 // bytes of a proof JWT
)

// ProofAlgs are the algorithms in which a wallet may prove a key to an
// Endpoint.
var ProofAlgs = []string{string(jose.ES256), string(jose.EdDSA)}

type proofClaims struct {
	Audience string `json:"aud"`
	IssuedAt int64  `json:"iat"`
	Nonce    string `json:"nonce,omitempty"`
}

// signProof makes a jwt proof that its bearer holds the key.
func signProof(key jose.SigningKey, audience, nonce string, at time.Time) (string, error) {
	key.Key = anonymousKey(key.Key)
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{EmbedJWK: true}).WithType(proofType))
	if err != nil {
		return "", fmt.Errorf("openid4vci: holder key: %w", err)
	}
	payload, err := json.Marshal(proofClaims{audience, at.Unix(), nonce})
	if err != nil {
		return "", err
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("openid4vci: sign proof: %w", err)
	}
	return jws.CompactSerialize()
}

// anonymousKey drops the name under which a wallet files a key: names could
// tie the keys of a batch together.
func anonymousKey(key any) any {
	switch k := key.(type) {
	case jose.JSONWebKey:
		return k.Key
	case *jose.JSONWebKey:
		return k.Key
	case jose.OpaqueSigner:
		return namelessSigner{k}
	}
	return key
}

type namelessSigner struct{ jose.OpaqueSigner }

func (s namelessSigner) Public() *jose.JSONWebKey {
	k := s.OpaqueSigner.Public()
	if k == nil {
		return nil
	}
	return &jose.JSONWebKey{Key: k.Key}
}

// proof is a verified proof of possession.
type proof struct {
	key        jose.JSONWebKey // public, without name or certificates
	thumbprint [32]byte
	nonce      string
}

// proofPolicy is what an issuer asks of a proof.
type proofPolicy struct {
	audience string
	algs     []string
	now      time.Time
	maxAge   time.Duration
	maxSkew  time.Duration // how far ahead the wallet's clock may be
}

// verifyProof checks everything about a proof but whether its nonce is ours.
func verifyProof(compact string, p proofPolicy) (*proof, error) {
	header, payload, err := splitProof(compact)
	if err != nil {
		return nil, err
	}
	fail := func(check, format string, args ...any) error {
		return credential.Failed(check, clauseVerifyProof, format, args...)
	}
	switch {
	case header.Typ != proofType:
		return nil, fail("proof-typ", "typ is %.40q, not %s", header.Typ, proofType)
	case !slices.Contains(p.algs, header.Alg):
		return nil, fail("proof-alg", "alg %.20q is not one of %s", header.Alg, strings.Join(p.algs, ", "))
	case header.Crit != nil:
		return nil, fail("proof-crit", "crit is not understood")
	case header.JWK == nil || header.Kid != nil || header.X5C != nil:
		return nil, fail("proof-key", "the header must name its key by jwk, and by nothing else")
	}
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"} {
		if _, ok := header.JWK[private]; ok {
			return nil, fail("proof-private-key", "jwk has the private member %s", private)
		}
	}
	jws, err := jose.ParseSignedCompact(compact, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(header.Alg)})
	if err != nil || len(jws.Signatures) != 1 || jws.Signatures[0].Header.JSONWebKey == nil {
		return nil, fail("proof-key", "jwk is not a usable public key")
	}
	key := jose.JSONWebKey{Key: jws.Signatures[0].Header.JSONWebKey.Key}
	if !fits(key.Key, header.Alg) {
		return nil, fail("proof-key", "jwk is not a key for %s", header.Alg)
	}
	if _, err := jws.Verify(key); err != nil {
		return nil, fail("proof-signature", "the signature does not verify with jwk")
	}
	var claims struct {
		Audience *string  `json:"aud"`
		IssuedAt *float64 `json:"iat"`
		Expires  *float64 `json:"exp"`
		Nonce    *string  `json:"nonce"`
	}
	if err := decodeStrict(payload, &claims); err != nil {
		return nil, fail("proof-claims", "%w", err)
	}
	if claims.Audience == nil || *claims.Audience != p.audience {
		return nil, fail("proof-aud", "aud is not %s", p.audience)
	}
	issued, err := numericDate(claims.IssuedAt)
	if err != nil {
		return nil, fail("proof-iat", "iat %w", err)
	}
	if age := p.now.Sub(issued); age > p.maxAge || age < -p.maxSkew {
		return nil, fail("proof-iat", "iat is not within the last %v", p.maxAge)
	}
	if claims.Expires != nil {
		if expires, err := numericDate(claims.Expires); err != nil || !p.now.Before(expires) {
			return nil, fail("proof-exp", "the proof has expired")
		}
	}
	if claims.Nonce == nil || *claims.Nonce == "" {
		return nil, fail("proof-nonce", "nonce is missing")
	}
	sum, err := thumbprint(key)
	if err != nil {
		return nil, fail("proof-key", "jwk has no thumbprint")
	}
	return &proof{key, sum, *claims.Nonce}, nil
}

type proofHeader struct {
	Alg  string                     `json:"alg"`
	Typ  string                     `json:"typ"`
	JWK  map[string]json.RawMessage `json:"jwk"`
	Kid  any                        `json:"kid"`
	X5C  any                        `json:"x5c"`
	Crit any                        `json:"crit"`
}

func splitProof(compact string) (header proofHeader, payload []byte, err error) {
	fail := func(format string, args ...any) error {
		return credential.Failed("proof-jwt", clauseProof, format, args...)
	}
	if len(compact) > maxProof {
		return header, nil, fail("the proof has %d bytes, more than %d", len(compact), maxProof)
	}
	parts := strings.Split(compact, ".")
	if len(parts) != 3 {
		return header, nil, fail("not a JWT of three parts")
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(parts[0])
	if err != nil {
		return header, nil, fail("the header is not base64url")
	}
	if err := decodeStrict(raw, &header); err != nil {
		return header, nil, fail("header: %w", err)
	}
	payload, err = base64.RawURLEncoding.Strict().DecodeString(parts[1])
	if err != nil {
		return header, nil, fail("the payload is not base64url")
	}
	return header, payload, nil
}

// fits reports whether the key is of the one kind that the algorithm has.
func fits(key any, alg string) bool {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		return alg == string(jose.ES256) && k.Curve == elliptic.P256()
	case ed25519.PublicKey:
		return alg == string(jose.EdDSA) && len(k) == ed25519.PublicKeySize
	}
	return false
}

func numericDate(n *float64) (time.Time, error) {
	if n == nil {
		return time.Time{}, errors.New("is missing")
	}
	if *n < 0 || *n > 1<<40 {
		return time.Time{}, errors.New("is not a time in seconds")
	}
	return time.Unix(int64(*n), 0), nil
}
