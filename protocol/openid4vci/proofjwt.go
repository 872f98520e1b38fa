package openid4vci

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
)

const (
	clauseVerifyProof = "OpenID4VCI 1.0 appendix F.4"
	proofMaxAge       = 5 * time.Minute // since iat
	proofMaxSkew      = time.Minute     // of a wallet's clock that is fast
)

// proofForm is the JWT of appendix F.1.
var proofForm = jws.Form{Typ: "openid4vci-proof+jwt", Prefix: "proof-", Max: 4096, Clause: "OpenID4VCI 1.0 appendix F.1"}

// ProofAlgs are the algorithms in which a wallet may prove a key to an
// Endpoint.
var ProofAlgs = []string{string(jose.ES256), string(jose.EdDSA)}

type proofClaims struct {
	Audience string `json:"aud"`
	IssuedAt int64  `json:"iat"`
	Nonce    string `json:"nonce,omitempty"`
}

// signProof makes a jwt proof that its bearer holds the key. The wallet's
// name of the key stays out: names could tie the keys of a batch together.
func signProof(key jose.SigningKey, audience, nonce string, at time.Time) (string, error) {
	key.Key = jws.Nameless(key.Key)
	compact, err := signWithJWK(key, proofForm, proofClaims{audience, at.Unix(), nonce})
	if err != nil {
		return "", fmt.Errorf("openid4vci: holder key: %w", err)
	}
	return compact, nil
}

// signWithJWK makes a JWT whose header carries the key that signed it.
func signWithJWK(key jose.SigningKey, form jws.Form, claims any) (string, error) {
	public, err := jws.PublicKey(key.Key)
	if err != nil {
		return "", err
	}
	if public == nil {
		return "", errors.New("a key without its public half")
	}
	return jws.Sign(key, form, map[string]any{"jwk": &jose.JSONWebKey{Key: public.Key}}, claims, public)
}

// jwtVerifier is the issuer's side of proof type jwt.
type jwtVerifier struct{}

func (jwtVerifier) VerifyProof(element json.RawMessage, p ProofPolicy) (*Proved, error) {
	var compact string
	if err := json.Unmarshal(element, &compact); err != nil {
		return nil, credential.Failed("proof-jwt", proofForm.Clause, "not a string")
	}
	token, key, err := readSelfSigned(compact, proofForm, p.Algs)
	if err != nil {
		return nil, err
	}
	fail := func(check, format string, args ...any) error {
		return credential.Failed(check, clauseVerifyProof, format, args...)
	}
	var claims struct {
		Audience *string  `json:"aud"`
		IssuedAt *float64 `json:"iat"`
		Expires  *float64 `json:"exp"`
		Nonce    *string  `json:"nonce"`
	}
	if err := token.Decode(&claims); err != nil {
		return nil, fail("proof-claims", "%w", err)
	}
	if claims.Audience == nil || *claims.Audience != p.Audience {
		return nil, fail("proof-aud", "aud is not %s", p.Audience)
	}
	if err := checkIssuedAt(claims.IssuedAt, p.Now); err != nil {
		return nil, fail("proof-iat", "iat %w", err)
	}
	if claims.Expires != nil {
		if expires, err := numericDate(claims.Expires); err != nil || !p.Now.Before(expires) {
			return nil, fail("proof-exp", "the proof has expired")
		}
	}
	if claims.Nonce == nil || *claims.Nonce == "" {
		return nil, fail("proof-nonce", "nonce is missing")
	}
	unique, err := thumbprint(*key)
	if err != nil {
		return nil, fail("proof-key", "jwk has no thumbprint")
	}
	return &Proved{Key: *key, Nonce: *claims.Nonce, Unique: unique}, nil
}

// readSelfSigned reads a JWT whose header carries its key as jwk, and as
// nothing else, and checks that this key signed it: a proof of possession,
// which says nothing of who has the key.
func readSelfSigned(compact string, form jws.Form, algs []string) (*jws.Token, *jose.JSONWebKey, error) {
	token, err := jws.Read(compact, form)
	if err != nil {
		return nil, nil, err
	}
	fail := func(check, format string, args ...any) error {
		return credential.Failed(form.Prefix+check, form.Clause, format, args...)
	}
	if !slices.Contains(algs, string(token.Alg)) {
		return nil, nil, fail("algorithm", "alg %s is not one of %s", token.Alg, strings.Join(algs, ", "))
	}
	for _, name := range []string{"kid", "x5c", "x5u", "jku", "trust_chain"} {
		if _, ok := token.Header[name]; ok || token.Header["jwk"] == nil {
			return nil, nil, fail("key", "the header must name its key by jwk, and by nothing else")
		}
	}
	key, err := jws.ReadKey(token.Header["jwk"])
	if err != nil {
		return nil, nil, fail("key", "jwk: %w", err)
	}
	if err := token.Verify(key); err != nil {
		return nil, nil, err
	}
	return token, key, nil
}

// checkIssuedAt holds an iat against the time in which proofs are taken.
func checkIssuedAt(iat *float64, now time.Time) error {
	issued, err := numericDate(iat)
	if err != nil {
		return err
	}
	if age := now.Sub(issued); age > proofMaxAge || age < -proofMaxSkew {
		return fmt.Errorf("is not within the last %v", proofMaxAge)
	}
	return nil
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

func thumbprint(key jose.JSONWebKey) (sum [32]byte, err error) {
	switch key.Key.(type) {
	case *ecdsa.PublicKey, ed25519.PublicKey:
	default:
		return sum, errors.New("openid4vci: not a public key")
	}
	b, err := key.Thumbprint(crypto.SHA256)
	if err != nil || len(b) != len(sum) {
		return sum, errors.New("openid4vci: key without a thumbprint")
	}
	return [32]byte(b), nil
}
