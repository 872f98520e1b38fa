package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
)

const testIssuer = "http://127.0.0.1:7001"

// metadata is an issuer's key document, as it should be.
func metadata(t testing.TB) map[string]any {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	bbsKey, err := bbs.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{
		"issuer":                  testIssuer,
		"jwks":                    jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "one"}}},
		"bbs_verification_method": bbs2023.VerificationMethod(bbsKey.PublicKey()),
	}
}

func text(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestIssuerMetadata(t *testing.T) {
	good := text(t, metadata(t))
	if keys, bbsKey, err := parseIssuerMetadata(good, testIssuer); err != nil || len(keys.Keys) != 1 || bbsKey == nil {
		t.Fatalf("sound metadata: %v, %v, %v", keys, bbsKey, err)
	}
	change := func(f func(map[string]any)) []byte {
		m := metadata(t)
		f(m)
		return text(t, m)
	}
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		refuses string
		body    []byte
		want    string
	}{
		{"another issuer", change(func(m map[string]any) { m["issuer"] = testIssuer + "/other" }), "it is about the issuer"},
		{"no keys", change(func(m map[string]any) { m["jwks"] = jose.JSONWebKeySet{} }), "no jwks"},
		{"a secret key", change(func(m map[string]any) {
			m["jwks"] = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: secret, KeyID: "one"}}}
		}), "not a valid public key"},
		{"no BBS key", change(func(m map[string]any) { m["bbs_verification_method"] = "did:key:zUC7#zUC7" }), "bbs_verification_method"},
		{"a member twice", []byte(strings.Replace(string(good), `{"`, `{"issuer":"http://127.0.0.1:1","`, 1)), "twice"},
		{"half a document", good[:len(good)/2], ""},
	} {
		t.Run(c.refuses, func(t *testing.T) {
			if _, _, err := parseIssuerMetadata(c.body, testIssuer); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error that says %q", err, c.want)
			}
		})
	}
}

func TestSendRefuses(t *testing.T) {
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a token reached a stranger") }))
	defer stranger.Close()
	for _, c := range []struct {
		refuses string
		serve   http.HandlerFunc
		want    string
	}{
		{"a redirect to a stranger", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, stranger.URL, http.StatusTemporaryRedirect)
		}, "redirect refused"},
		{"an endless answer", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1001)) }, "more than 1000 bytes"},
		{"a refusal that steers the terminal", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"no","error_description":"\u001b[2J"}`))
		}, "no: \uFFFD[2J"},
	} {
		t.Run(c.refuses, func(t *testing.T) {
			server := httptest.NewServer(c.serve)
			defer server.Close()
			if _, err := get(t.Context(), server.URL, "token", 1000); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error that says %q", err, c.want)
			}
		})
	}
}

func FuzzIssuerMetadata(f *testing.F) {
	f.Add(text(f, metadata(f)))
	f.Add([]byte(`{"issuer":"` + testIssuer + `","jwks":{"keys":[{"kty":"EC"}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		keys, _, err := parseIssuerMetadata(body, testIssuer)
		if err == nil && len(keys.Keys) == 0 {
			t.Error("accepted without keys")
		}
	})
}
