package sdjwt

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
)

// algorithms are the signature algorithms that issuers and holders may use.
var algorithms = []jose.SignatureAlgorithm{jose.ES256, jose.ES384, jose.EdDSA}

// signatureSize gives the octets of a raw signature (RFC 7518 section 3.4,
// RFC 8037 section 3.1).
var signatureSize = map[jose.SignatureAlgorithm]int{jose.ES256: 64, jose.ES384: 96, jose.EdDSA: 64}

// kind is one of the two JWTs of a presentation.
type kind struct {
	typ    string // the typ header it must carry
	prefix string // of the names of the checks on it
	max    int    // characters of the whole JWT
	clause string // where its form is defined
}

var (
	issuerJWT  = kind{typ: "dc+sd-jwt", prefix: "issuer-", max: MaxSize, clause: "draft-ietf-oauth-sd-jwt-vc-24 section 2.2.1"}
	bindingJWT = kind{typ: "kb+jwt", prefix: "key-binding-", max: MaxKeyBinding, clause: "RFC 9901 section 4.3"}
)

func (k kind) failed(check, clause, format string, args ...any) error {
	return credential.Failed(k.prefix+check, clause, format, args...)
}

// A token is a JWT whose form has been checked and whose signature has not.
type token struct {
	kind    kind
	alg     jose.SignatureAlgorithm
	kid     string
	payload map[string]any
	jws     *jose.JSONWebSignature
}

// readToken reads a JWT in compact serialization: three parts in base64url,
// a header that says nothing this package does not understand, and a JSON
// object as payload.
func readToken(text string, k kind) (*token, error) {
	if len(text) > k.max {
		return nil, k.failed("size", "RFC 8725 section 3.10", "%d characters, more than %d", len(text), k.max)
	}
	parts := strings.SplitN(text, ".", 4)
	if len(parts) != 3 {
		return nil, k.failed("compact-form", "RFC 7515 section 7.1", "not three parts separated by dots")
	}
	if len(parts[0]) > MaxHeader {
		return nil, k.failed("size", "RFC 8725 section 3.10", "a header of %d characters, more than %d", len(parts[0]), MaxHeader)
	}
	var raw [3][]byte
	for i, part := range parts {
		var err error
		if raw[i], err = readBase64(part); err != nil {
			return nil, k.failed("compact-form", "RFC 7515 section 7.1", "part %d: %w", i+1, err)
		}
	}
	t := &token{kind: k}
	if err := t.readHeader(raw[0]); err != nil {
		return nil, err
	}
	payload, err := readJSON(raw[1])
	if errors.Is(err, errDepth) {
		return nil, k.failed("depth", "RFC 8725 section 3.10", "payload: %w", err)
	}
	if err != nil {
		return nil, k.failed("payload-json", "RFC 7519 section 7.2", "%w", err)
	}
	var ok bool
	if t.payload, ok = payload.(map[string]any); !ok {
		return nil, k.failed("payload-json", "RFC 7519 section 7.2", "not an object")
	}
	if t.jws, err = jose.ParseSignedCompact(text, algorithms); err != nil {
		return nil, k.failed("compact-form", "RFC 7515 section 5.2", "%w", err)
	}
	return t, nil
}

func (t *token) readHeader(raw []byte) error {
	k := t.kind
	v, err := readJSON(raw)
	if err != nil {
		return k.failed("header-json", "RFC 7515 section 4", "%w", err)
	}
	header, ok := v.(map[string]any)
	if !ok {
		return k.failed("header-json", "RFC 7515 section 4", "not an object")
	}
	alg, _ := header["alg"].(string)
	for _, a := range algorithms {
		if string(a) == alg {
			t.alg = a
		}
	}
	if t.alg == "" {
		return k.failed("algorithm", "RFC 8725 section 3.1", "alg %s is not one of %v", brief(header["alg"]), algorithms)
	}
	if typ, _ := header["typ"].(string); typ != k.typ {
		return k.failed("header-type", k.clause, "typ is %s, not %q", brief(header["typ"]), k.typ)
	}
	if crit, ok := header["crit"]; ok {
		return k.failed("critical-header", "RFC 7515 section 4.1.11", "no extension is understood, crit is %s", brief(crit))
	}
	if _, ok := header["b64"]; ok {
		return k.failed("unencoded-payload", "RFC 7797 section 6", "b64 is not used in JWTs")
	}
	if jwk, ok := header["jwk"]; ok {
		if err := checkNoPrivateKey(jwk); err != nil {
			return k.failed("header-private-key", "RFC 7515 section 4.1.3", "%w", err)
		}
	}
	if kid, ok := header["kid"]; ok {
		if t.kid, ok = kid.(string); !ok {
			return k.failed("header-json", "RFC 7515 section 4.1.4", "kid is not a string")
		}
	}
	return nil
}

// verify checks the signature with a key that the caller trusts.
func (t *token) verify(key *jose.JSONWebKey) error {
	if err := checkKey(key, t.alg); err != nil {
		return t.kind.failed("key", "RFC 8725 section 3.1", "%w", err)
	}
	if _, err := t.jws.Verify(key.Key); err != nil {
		return t.kind.failed("signature", "RFC 7515 section 5.2", "%w", err)
	}
	return nil
}

// checkKey makes sure that key is a public key for exactly this algorithm.
func checkKey(key *jose.JSONWebKey, alg jose.SignatureAlgorithm) error {
	if key == nil {
		return errors.New("no key")
	}
	if key.Use != "" && key.Use != "sig" {
		return fmt.Errorf("the key is for use %q", key.Use)
	}
	if key.Algorithm != "" && key.Algorithm != string(alg) {
		return fmt.Errorf("the key is for algorithm %q, not %s", key.Algorithm, alg)
	}
	of, err := algorithmOf(key)
	if err != nil {
		return err
	}
	if of != alg {
		return fmt.Errorf("the key is for %s, the signature says %s", of, alg)
	}
	return nil
}

// algorithmOf gives the one algorithm that a public key is used with.
func algorithmOf(key *jose.JSONWebKey) (jose.SignatureAlgorithm, error) {
	if key == nil || !key.Valid() {
		return "", errors.New("no valid key")
	}
	switch k := key.Key.(type) {
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			return jose.ES256, nil
		case elliptic.P384():
			return jose.ES384, nil
		}
		return "", errors.New("the curve is neither P-256 nor P-384")
	case ed25519.PublicKey:
		return jose.EdDSA, nil
	default:
		return "", fmt.Errorf("%T is not a public key for %v", key.Key, algorithms)
	}
}

// privateMembers are the members of a JWK that only its owner may know
// (RFC 7518 section 6, RFC 8037 section 2).
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}

func checkNoPrivateKey(jwk any) error {
	object, ok := jwk.(map[string]any)
	if !ok {
		return errors.New("the key is not an object")
	}
	for _, name := range privateMembers {
		if _, ok := object[name]; ok {
			return fmt.Errorf("the key has the private member %q", name)
		}
	}
	return nil
}
