package sdjwt_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/credential/sdjwt"
)

const (
	issuerID = "https://issuer.example"
	typeID   = "https://issuer.example/vct/person/1"
	nonce    = "n-0S6_WzA2Mj"
	audience = "redirect_uri:https://platform.example/back"
)

var (
	day = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

	issuerKey = newP256()
	holderKey = newP256()
	otherKey  = newP256()

	issuerSigner = jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: issuerKey, KeyID: "2026"}}
	holderSigner = jose.SigningKey{Algorithm: jose.ES256, Key: holderKey}

	policy = sdjwt.Policy{Type: typeID, Now: now}
	bound  = sdjwt.Policy{Type: typeID, Now: now, KeyBinding: &sdjwt.KeyBinding{Nonce: nonce, Audience: audience}}
)

func newP256() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

func newEd25519() ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

func public(key *ecdsa.PrivateKey) *jose.JSONWebKey { return &jose.JSONWebKey{Key: &key.PublicKey} }

// trusted answers with the issuer's key and for nobody else.
func trusted(by jws.Signer) (*jose.JSONWebKey, error) {
	if by.Issuer != issuerID || by.KeyID != "2026" && by.KeyID != "" {
		return nil, errors.New("unknown by.Issuer or key")
	}
	return public(issuerKey), nil
}

func template() sdjwt.Template {
	return sdjwt.Template{
		Issuer: issuerID, Type: typeID,
		IssuedAt: day, NotBefore: day, Expires: day.AddDate(0, 2, 0),
		HolderKey: public(holderKey),
		Disclosable: map[string]any{
			"age_over_18": true,
			"name":        "Specimen",
			"address":     map[string]any{"city": sdjwt.Selective{Value: "Here"}, "street": "Nowhere 1"},
			"languages":   []any{"zh", sdjwt.Selective{Value: "en"}, sdjwt.Selective{Value: "fr"}},
		},
		Decoys: 2,
	}
}

// issued gives a fresh credential of the template.
func issued(t testing.TB) string {
	t.Helper()
	s, err := sdjwt.Issue(issuerSigner, template())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// presented gives a presentation of the claims named, with key binding.
func presented(t testing.TB, names ...string) string {
	t.Helper()
	c, err := sdjwt.Parse(issued(t))
	if err != nil {
		t.Fatal(err)
	}
	var paths [][]any
	for _, name := range names {
		paths = append(paths, []any{name})
	}
	s, err := c.Select(paths...)
	if err != nil {
		t.Fatal(err)
	}
	s, err = sdjwt.Bind(s, holderSigner, nonce, audience, now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// object is a JSON object to be forged.
type object = map[string]any

// with gives a copy of o with other members; a nil value takes one away.
func with(o, changes object) object {
	out := object{}
	for name, v := range o {
		out[name] = v
	}
	for name, v := range changes {
		if v == nil {
			delete(out, name)
		} else {
			out[name] = v
		}
	}
	return out
}

func header() object { return object{"alg": "ES256", "typ": "dc+sd-jwt", "kid": "2026"} }

func payload() object {
	return object{"iss": issuerID, "vct": typeID, "exp": day.AddDate(0, 2, 0).Unix(), "cnf": object{"jwk": jwk(&holderKey.PublicKey)}}
}

func jwk(key any) object {
	data, err := json.Marshal(jose.JSONWebKey{Key: key})
	if err != nil {
		panic(err)
	}
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		panic(err)
	}
	return o
}

func toJSON(v any) string {
	if s, ok := v.(raw); ok {
		return string(s)
	}
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// raw is JSON to be used as it is.
type raw string

func (r raw) MarshalJSON() ([]byte, error) { return []byte(r), nil }

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// es256 signs in the raw form of JWS.
func es256(key *ecdsa.PrivateKey) func(string) []byte {
	return func(input string) []byte {
		sum := sha256.Sum256([]byte(input))
		r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
		if err != nil {
			panic(err)
		}
		signature := make([]byte, 64)
		r.FillBytes(signature[:32])
		s.FillBytes(signature[32:])
		return signature
	}
}

// jwt makes a JWT out of anything.
func jwt(header, payload any, sign func(string) []byte) string {
	input := b64(toJSON(header)) + "." + b64(toJSON(payload))
	return input + "." + b64(string(sign(input)))
}

// forge makes an SD-JWT with the issuer's key.
func forge(header, payload any, disclosures ...string) string {
	return strings.Join(append([]string{jwt(header, payload, es256(issuerKey))}, append(disclosures, "")...), "~")
}

// disclose makes a disclosure out of anything, and its digest.
func disclose(array any) (text, digest string) {
	text = b64(toJSON(array))
	sum := sha256.Sum256([]byte(text))
	return text, b64(string(sum[:]))
}

// bind adds a Key Binding JWT made out of anything.
func bind(sdjwt string, header, payload object, key *ecdsa.PrivateKey) string {
	return sdjwt + jwt(header, payload, es256(key))
}

func bindingHeader() object { return object{"alg": "ES256", "typ": "kb+jwt"} }

func bindingPayload(sdjwt string) object {
	sum := sha256.Sum256([]byte(sdjwt))
	return object{"iat": now.Unix(), "aud": audience, "nonce": nonce, "sd_hash": b64(string(sum[:]))}
}

// refused checks that err is the refusal with that name and that it tells
// its clause.
func refused(t testing.TB, err error, check string) {
	t.Helper()
	if err == nil {
		t.Fatalf("accepted, want refusal %q", check)
	}
	var e *credential.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is not a *credential.Error", err)
	}
	if e.Check != check {
		t.Errorf("refused by %q (%v), want %q", e.Check, err, check)
	}
	if e.Clause == "" || len(err.Error()) > 600 {
		t.Errorf("refusal without clause, or of %d characters: %.600s", len(err.Error()), err)
	}
}
