package jws_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
)

var form = jws.Form{Typ: "test+jwt", Prefix: "test-", Max: 4096, Clause: "this test"}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// forge signs whatever header and payload it is given.
func forge(t testing.TB, key *ecdsa.PrivateKey, header, payload string) string {
	input := encode(header) + "." + encode(payload)
	return input + "." + base64.RawURLEncoding.EncodeToString(rawSignature(t, key, input))
}

func rawSignature(t testing.TB, key *ecdsa.PrivateKey, input string) []byte {
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return raw
}

func check(t *testing.T, name string, err error, want string) {
	t.Helper()
	var failed *credential.Error
	if !errors.As(err, &failed) || failed.Check != want {
		t.Errorf("%s: %v, want check %s", name, err, want)
	}
}

func TestReadRefuses(t *testing.T) {
	key := newKey(t)
	good := `{"alg":"ES256","typ":"test+jwt"}`
	hmac := forge(t, key, `{"alg":"HS256","typ":"test+jwt"}`, `{}`)
	sound := forge(t, key, good, `{"a":1}`)
	parts := strings.Split(sound, ".")
	for _, c := range []struct{ name, token, check string }{
		{"alg none", encode(`{"alg":"none","typ":"test+jwt"}`) + "." + encode(`{}`) + ".", "test-compact-form"},
		{"alg none with a signature", forge(t, key, `{"alg":"none","typ":"test+jwt"}`, `{}`), "test-algorithm"},
		{"HS256 with the public key as secret", hmac, "test-algorithm"},
		{"no alg", forge(t, key, `{"typ":"test+jwt"}`, `{}`), "test-algorithm"},
		{"alg in lower case", forge(t, key, `{"alg":"es256","typ":"test+jwt"}`, `{}`), "test-algorithm"},
		{"wrong typ", forge(t, key, `{"alg":"ES256","typ":"JWT"}`, `{}`), "test-header-type"},
		{"no typ", forge(t, key, `{"alg":"ES256"}`, `{}`), "test-header-type"},
		{"unknown crit", forge(t, key, `{"alg":"ES256","typ":"test+jwt","crit":["x"],"x":1}`, `{}`), "test-critical-header"},
		{"b64 false", forge(t, key, `{"alg":"ES256","typ":"test+jwt","b64":false}`, `{}`), "test-unencoded-payload"},
		{"private key in the header", forge(t, key, `{"alg":"ES256","typ":"test+jwt","jwk":{"kty":"EC","d":"AA"}}`, `{}`), "test-header-private-key"},
		{"kid as a number", forge(t, key, `{"alg":"ES256","typ":"test+jwt","kid":1}`, `{}`), "test-header-json"},
		{"member twice in the header", forge(t, key, `{"alg":"none","alg":"ES256","typ":"test+jwt"}`, `{}`), "test-header-json"},
		{"member twice in the payload", forge(t, key, good, `{"a":1,"a":2}`), "test-payload-json"},
		{"payload a list", forge(t, key, good, `[]`), "test-payload-json"},
		{"payload and more", forge(t, key, good, `{}{}`), "test-payload-json"},
		{"payload too deep", forge(t, key, good, strings.Repeat(`{"a":`, 1000)+`1`+strings.Repeat(`}`, 1000)), "test-size"},
		{"payload deep", forge(t, key, good, strings.Repeat(`{"a":`, 100)+`1`+strings.Repeat(`}`, 100)), "test-depth"},
		{"header a list", forge(t, key, `[]`, `{}`), "test-header-json"},
		{"two parts", parts[0] + "." + parts[1], "test-compact-form"},
		{"four parts", sound + ".", "test-compact-form"},
		{"padding", parts[0] + "." + parts[1] + "=." + parts[2], "test-compact-form"},
		{"line break", parts[0] + "." + parts[1] + "\n." + parts[2], "test-compact-form"},
		{"too long", strings.Repeat("a", 5000), "test-size"},
	} {
		_, err := jws.Read(c.token, form)
		check(t, c.name, err, c.check)
	}
}

func TestVerifyRefuses(t *testing.T) {
	key, other := newKey(t), newKey(t)
	public := func(k *ecdsa.PrivateKey) *jose.JSONWebKey { return &jose.JSONWebKey{Key: &k.PublicKey} }
	token, err := jws.Sign(jose.SigningKey{Algorithm: jose.ES256, Key: key}, form, map[string]any{"jwk": &jose.JSONWebKey{Key: &key.PublicKey}}, map[string]any{"a": 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	sound, err := jws.Read(token, form)
	if err != nil {
		t.Fatal(err)
	}
	if err := sound.Verify(public(key)); err != nil {
		t.Fatal(err)
	}
	check(t, "a jwk that is not the trusted key", sound.Verify(public(other)), "test-signature")
	check(t, "no key", sound.Verify(nil), "test-key")
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "a key of another curve", sound.Verify(&jose.JSONWebKey{Key: &p384.PublicKey}), "test-key")
	check(t, "a key for encryption", sound.Verify(&jose.JSONWebKey{Key: &key.PublicKey, Use: "enc"}), "test-key")
	check(t, "the secret key", sound.Verify(&jose.JSONWebKey{Key: key}), "test-key")

	// The same signature in ASN.1.
	at := strings.LastIndexByte(token, '.')
	raw, err := jws.ReadBase64(token[at+1:])
	if err != nil {
		t.Fatal(err)
	}
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])})
	if err != nil {
		t.Fatal(err)
	}
	inDER, err := jws.Read(token[:at+1]+base64.RawURLEncoding.EncodeToString(der), form)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "DER instead of the raw signature", inDER.Verify(public(key)), "test-signature")
}

func TestSignRefuses(t *testing.T) {
	key := newKey(t)
	for _, c := range []struct {
		name     string
		key      jose.SigningKey
		expected *jose.JSONWebKey
	}{
		{"a MAC", jose.SigningKey{Algorithm: jose.HS256, Key: []byte("secret")}, nil},
		{"another algorithm", jose.SigningKey{Algorithm: jose.ES384, Key: key}, nil},
		{"no key", jose.SigningKey{Algorithm: jose.ES256}, nil},
		{"a key that its readers do not use", jose.SigningKey{Algorithm: jose.ES256, Key: key}, &jose.JSONWebKey{Key: &newKey(t).PublicKey}},
	} {
		if _, err := jws.Sign(c.key, form, nil, map[string]any{}, c.expected); err == nil {
			t.Errorf("%s: signed", c.name)
		}
	}
}

func FuzzRead(f *testing.F) {
	key := newKey(f)
	f.Add(forge(f, key, `{"alg":"ES256","typ":"test+jwt"}`, `{"a":[1,{"b":"c"}]}`))
	f.Add(forge(f, key, `{"alg":"none","typ":"test+jwt"}`, `{}`))
	f.Add("a.b.c")
	other := &jose.JSONWebKey{Key: &newKey(f).PublicKey}
	f.Fuzz(func(t *testing.T, text string) {
		token, err := jws.Read(text, form)
		if err != nil {
			var failed *credential.Error
			if !errors.As(err, &failed) {
				t.Fatalf("%T is no check that failed", err)
			}
			return
		}
		if token.Verify(other) == nil {
			t.Fatal("verified with a key that signed nothing")
		}
	})
}

func Example() {
	form := jws.Form{Typ: "greeting+jwt", Prefix: "greeting-", Max: 1024, Clause: "this example"}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	signed, err := jws.Sign(jose.SigningKey{Algorithm: jose.ES256, Key: key}, form, nil, map[string]any{"hello": "world"}, nil)
	if err != nil {
		panic(err)
	}
	token, err := jws.Read(signed, form)
	if err != nil {
		panic(err)
	}
	fmt.Println(token.Verify(&jose.JSONWebKey{Key: &key.PublicKey}), token.Payload["hello"])
	// Output: <nil> world
}
