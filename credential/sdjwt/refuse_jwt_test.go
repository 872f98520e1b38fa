package sdjwt_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/credential/sdjwt"
)

func TestForgedButSound(t *testing.T) {
	d, sum := disclose([]any{"salt", "name", "Specimen"})
	s := forge(header(), with(payload(), object{"_sd": []any{sum}}), d)
	if _, err := sdjwt.Verify(s, trusted, policy); err != nil {
		t.Fatalf("the forgery that the refused ones are made from is not accepted: %v", err)
	}
	if _, err := sdjwt.Verify(bind(s, bindingHeader(), bindingPayload(s), holderKey), trusted, bound); err != nil {
		t.Fatalf("nor is it with key binding: %v", err)
	}
}

// What is refused about the issuer-signed JWT.
func TestVerifyRefusesIssuerJWT(t *testing.T) {
	der, err := x509.MarshalPKIXPublicKey(&issuerKey.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	hs256 := func(secret []byte) func(string) []byte {
		return func(input string) []byte {
			m := hmac.New(sha256.New, secret)
			m.Write([]byte(input))
			return m.Sum(nil)
		}
	}
	signed := es256(issuerKey)
	for _, tt := range []struct {
		name  string
		sdjwt string
		check string
	}{
		{"alg none with empty signature", jwt(with(header(), object{"alg": "none"}), payload(), func(string) []byte { return nil }) + "~", "issuer-compact-form"},
		{"alg none with a signature", jwt(with(header(), object{"alg": "none"}), payload(), signed) + "~", "issuer-algorithm"},
		{"alg missing", forge(with(header(), object{"alg": nil}), payload()), "issuer-algorithm"},
		{"alg not a string", forge(with(header(), object{"alg": []any{"ES256"}}), payload()), "issuer-algorithm"},
		{"alg in lower case", forge(with(header(), object{"alg": "es256"}), payload()), "issuer-algorithm"},
		{"HS256 with the public key as secret", jwt(with(header(), object{"alg": "HS256"}), payload(), hs256(der)) + "~", "issuer-algorithm"},
		{"RS256", forge(with(header(), object{"alg": "RS256"}), payload()), "issuer-algorithm"},
		{"ES384 said of an ES256 key", forge(with(header(), object{"alg": "ES384"}), payload()), "issuer-key"},
		{"EdDSA said of an ES256 key", forge(with(header(), object{"alg": "EdDSA"}), payload()), "issuer-key"},
		{"typ missing", forge(with(header(), object{"typ": nil}), payload()), "issuer-header-type"},
		{"typ JWT", forge(with(header(), object{"typ": "JWT"}), payload()), "issuer-header-type"},
		{"typ of a Key Binding JWT", forge(with(header(), object{"typ": "kb+jwt"}), payload()), "issuer-header-type"},
		{"typ of earlier drafts", forge(with(header(), object{"typ": "vc+sd-jwt"}), payload()), "issuer-header-type"},
		{"unknown crit", forge(with(header(), object{"crit": []any{"x"}, "x": 1}), payload()), "issuer-critical-header"},
		{"empty crit", forge(with(header(), object{"crit": []any{}}), payload()), "issuer-critical-header"},
		{"crit b64", forge(with(header(), object{"crit": []any{"b64"}, "b64": true}), payload()), "issuer-critical-header"},
		{"b64 false", forge(with(header(), object{"b64": false}), payload()), "issuer-unencoded-payload"},
		{"key in the header that is not the trusted one", jwt(with(header(), object{"jwk": jwk(&otherKey.PublicKey)}), payload(), es256(otherKey)) + "~", "issuer-signature"},
		{"key behind jku and x5u", jwt(with(header(), object{"jku": "https://evil.example/jwks", "x5u": "https://evil.example/x5u"}), payload(), es256(otherKey)) + "~", "issuer-signature"},
		{"private key in the header", forge(with(header(), object{"jwk": jwk(issuerKey)}), payload()), "issuer-header-private-key"},
		{"secret key in the header", forge(with(header(), object{"jwk": object{"kty": "oct", "k": "AAAA"}}), payload()), "issuer-header-private-key"},
		{"jwk not an object", forge(with(header(), object{"jwk": "key"}), payload()), "issuer-header-private-key"},
		{"kid of another key", forge(with(header(), object{"kid": "2025"}), payload()), "issuer-key"},
		{"kid that is a path", forge(with(header(), object{"kid": "../../../../dev/null"}), payload()), "issuer-key"},
		{"kid that is a URL", forge(with(header(), object{"kid": "https://evil.example/key"}), payload()), "issuer-key"},
		{"kid not a string", forge(with(header(), object{"kid": 2026}), payload()), "issuer-header-json"},
		{"another issuer", forge(header(), with(payload(), object{"iss": "https://evil.example"})), "issuer-key"},
		{"the key of another issuer", jwt(header(), payload(), es256(otherKey)) + "~", "issuer-signature"},
		{"DER instead of a raw signature", jwt(header(), payload(), func(input string) []byte {
			sum := sha256.Sum256([]byte(input))
			der, err := ecdsa.SignASN1(rand.Reader, issuerKey, sum[:])
			if err != nil {
				t.Fatal(err)
			}
			return der
		}) + "~", "issuer-signature"},
		{"all-zero signature", jwt(header(), payload(), func(string) []byte { return make([]byte, 64) }) + "~", "issuer-signature"},
		{"header member twice", forge(raw(`{"alg":"ES256","typ":"dc+sd-jwt","alg":"ES256"}`), payload()), "issuer-header-json"},
		{"header member twice, once escaped", forge(raw(`{"alg":"ES256","typ":"dc+sd-jwt","\u0061lg":"ES256"}`), payload()), "issuer-header-json"},
		{"header not an object", forge(raw(`["ES256"]`), payload()), "issuer-header-json"},
		{"header not JSON", forge(raw(`{"alg":"ES256",}`), payload()), "issuer-header-json"},
		{"header longer than the bound", forge(with(header(), object{"x": strings.Repeat("x", sdjwt.MaxHeader)}), payload()), "issuer-size"},
		{"payload member twice", forge(header(), raw(`{"iss":"`+issuerID+`","vct":"`+typeID+`","exp":1,"exp":99999999999}`)), "issuer-payload-json"},
		{"payload member twice, deep", forge(header(), raw(`{"iss":"`+issuerID+`","vct":"`+typeID+`","a":[{"b":1,"b":2}]}`)), "issuer-payload-json"},
		{"payload with something after it", forge(header(), raw(`{"iss":"`+issuerID+`","vct":"`+typeID+`"} {}`)), "issuer-payload-json"},
		{"payload not an object", forge(header(), raw(`[]`)), "issuer-payload-json"},
		{"payload not UTF-8", forge(header(), raw("{\"iss\":\""+issuerID+"\",\"vct\":\""+typeID+"\",\"x\":\"\xff\"}")), "issuer-payload-json"},
		{"whole number that a float64 changes", forge(header(), raw(`{"iss":"`+issuerID+`","vct":"`+typeID+`","x":9007199254740993}`)), "issuer-payload-json"},
		{"number out of range", forge(header(), raw(`{"iss":"`+issuerID+`","vct":"`+typeID+`","x":1e999}`)), "issuer-payload-json"},
		{"iss missing", forge(header(), with(payload(), object{"iss": nil})), "issuer"},
		{"iss not a string", forge(header(), with(payload(), object{"iss": []any{issuerID}})), "issuer"},
		{"vct missing", forge(header(), with(payload(), object{"vct": nil})), "type"},
		{"vct of another type", forge(header(), with(payload(), object{"vct": "https://issuer.example/vct/other"})), "type"},
		{"aka_vcts that is a string", forge(header(), with(payload(), object{"aka_vcts": typeID})), "type"},
		{"aka_vcts that names no type", forge(header(), with(payload(), object{"aka_vcts": []any{1}})), "type"},
		{"aka_vcts that repeats the vct", forge(header(), with(payload(), object{"aka_vcts": []any{typeID}})), "type"},
		{"exp not a number", forge(header(), with(payload(), object{"exp": "2099-01-01"})), "numeric-date"},
		{"exp null", forge(header(), raw(`{"iss":"`+issuerID+`","vct":"`+typeID+`","exp":null}`)), "numeric-date"},
		{"nbf beyond the year 9999", forge(header(), with(payload(), object{"nbf": 1e15})), "numeric-date"},
		{"meant for somebody else", forge(header(), with(payload(), object{"aud": "https://other.example"})), "credential-audience"},
		{"cnf not an object", forge(header(), with(payload(), object{"cnf": "key"})), "confirmation"},
		{"private key in cnf", forge(header(), with(payload(), object{"cnf": object{"jwk": jwk(holderKey)}})), "confirmation"},
		{"cnf with a point that is not on the curve", forge(header(), with(payload(), object{"cnf": object{"jwk": with(jwk(&holderKey.PublicKey), object{"y": b64(strings.Repeat("\x01", 32))})}})), "confirmation"},
		{"cnf with an RSA key", forge(header(), with(payload(), object{"cnf": object{"jwk": object{"kty": "RSA", "n": "AQAB", "e": "AQAB"}}})), "confirmation"},
		{"cnf with a secret key", forge(header(), with(payload(), object{"cnf": object{"jwk": object{"kty": "oct", "k": "AAAA"}}})), "confirmation"},
		{"cnf with a key on P-521", forge(header(), with(payload(), object{"cnf": object{"jwk": object{"kty": "EC", "crv": "P-521"}}})), "confirmation"},
		{"cnf with a key that is a string", forge(header(), with(payload(), object{"cnf": object{"jwk": "key"}})), "confirmation"},
		{"cnf with a key for encryption", forge(header(), with(payload(), object{"cnf": object{"jwk": with(jwk(&holderKey.PublicKey), object{"use": "enc"})}})), "confirmation"},
		{"cnf with an Ed25519 point of low order", forge(header(), with(payload(), object{"cnf": object{"jwk": object{"kty": "OKP", "crv": "Ed25519", "x": b64("\x01" + strings.Repeat("\x00", 31))}}})), "confirmation"},
		{"JSON serialization", `{"payload":"e30","protected":"e30","signature":"AA"}~`, "issuer-compact-form"},
		{"four parts", strings.Replace(forge(header(), payload()), "~", ".AAAA~", 1), "issuer-compact-form"},
		{"padding", strings.Replace(forge(header(), payload()), ".", "=.", 1), "issuer-compact-form"},
		{"line break inside", strings.Replace(forge(header(), payload()), ".", "\n.", 1), "issuer-compact-form"},
		{"white space before", " " + forge(header(), payload()), "issuer-compact-form"},
		{"nothing", "", "trailing-tilde"},
		{"only a tilde", "~", "issuer-compact-form"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := sdjwt.Verify(tt.sdjwt, trusted, policy)
			refused(t, err, tt.check)
		})
	}
}

func TestVerifyRefusesStrayBitsInSignature(t *testing.T) {
	s := strings.TrimSuffix(forge(header(), payload()), "~")
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, s[len(s)-1]) // 64 octets leave 4 bits over
	_, err := sdjwt.Verify(s[:len(s)-1]+alphabet[last+1:last+2]+"~", trusted, policy)
	refused(t, err, "issuer-compact-form")
}

func TestVerifyRefusesTimes(t *testing.T) {
	s := issued(t)
	for _, tt := range []struct {
		name  string
		at    time.Time
		check string
	}{
		{"expired, to the second", day.AddDate(0, 2, 0), "expired"},
		{"expired long ago", day.AddDate(10, 0, 0), "expired"},
		{"not yet valid", day.Add(-time.Second), "not-yet-valid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := sdjwt.Verify(s, trusted, sdjwt.Policy{Now: tt.at})
			refused(t, err, tt.check)
			_, err = sdjwt.VerifyIssued(s, trusted, sdjwt.Policy{Now: tt.at})
			refused(t, err, tt.check)
		})
	}
	for _, at := range []time.Time{day, day.AddDate(0, 2, 0).Add(-time.Second)} {
		if _, err := sdjwt.Verify(s, trusted, sdjwt.Policy{Now: at}); err != nil {
			t.Errorf("at %v: %v", at, err)
		}
	}
}

// The answer of the key function is all that counts, and it must be a public
// key for the algorithm.
func TestVerifyRefusesKeyFromCaller(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := issued(t)
	for _, tt := range []struct {
		name string
		key  *jose.JSONWebKey
		err  error
	}{
		{"none", nil, nil},
		{"an error", public(issuerKey), errors.New("revoked")},
		{"empty", &jose.JSONWebKey{}, nil},
		{"private", &jose.JSONWebKey{Key: issuerKey}, nil},
		{"a secret", &jose.JSONWebKey{Key: []byte("0123456789abcdef0123456789abcdef")}, nil},
		{"of another curve", public(p384), nil},
		{"of another kind", &jose.JSONWebKey{Key: newEd25519().Public()}, nil},
		{"for encryption", &jose.JSONWebKey{Key: &issuerKey.PublicKey, Use: "enc"}, nil},
		{"for another algorithm", &jose.JSONWebKey{Key: &issuerKey.PublicKey, Algorithm: "ES384"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := sdjwt.Verify(s, func(jws.Signer) (*jose.JSONWebKey, error) { return tt.key, tt.err }, policy)
			refused(t, err, "issuer-key")
		})
	}
}
