package did_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/did"
)

func keys(t testing.TB) map[string]*jose.JSONWebKey {
	t.Helper()
	p256, err1 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p384, err2 := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	ed, _, err3 := ed25519.GenerateKey(rand.Reader)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	return map[string]*jose.JSONWebKey{"P-256": {Key: &p256.PublicKey}, "P-384": {Key: &p384.PublicKey}, "Ed25519": {Key: ed}}
}

func same(a, b *jose.JSONWebKey) bool {
	x, err1 := a.MarshalJSON()
	y, err2 := b.MarshalJSON()
	return err1 == nil && err2 == nil && string(x) == string(y)
}

func TestKeysInTheirName(t *testing.T) {
	var r did.Resolver
	for kind, key := range keys(t) {
		for method, make := range map[string]func(*jose.JSONWebKey) (string, string, error){"jwk": did.JWK, "key": did.Key} {
			name, url, err := make(key)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(url, name+"#") || !strings.HasPrefix(name, "did:"+method+":") {
				t.Errorf("%s: %s of %s", kind, url, name)
			}
			got, err := r.Key(context.Background(), url)
			if err != nil || !same(got, key) {
				t.Errorf("%s, did:%s: %v, %v", kind, method, got, err)
			}
		}
	}
}

// The examples of the two method specifications.
func TestPublishedExamples(t *testing.T) {
	var r did.Resolver
	for _, url := range []string{
		"did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK#z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
		"did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169#zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169",
		"did:key:z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9#z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9",
		"did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAiLCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9#0",
	} {
		if _, err := r.Key(context.Background(), url); err != nil {
			t.Errorf("%.40s: %v", url, err)
		}
	}
}

func TestMembersInOrder(t *testing.T) {
	name, _, err := did.JWK(keys(t)["P-256"])
	if err != nil {
		t.Fatal(err)
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(name, "did:jwk:"))
	if err != nil || !strings.HasPrefix(string(text), `{"crv":"P-256","kty":"EC","x":"`) {
		t.Errorf("%s, %v", text, err)
	}
}

func TestRefuses(t *testing.T) {
	name, url, err := did.JWK(keys(t)["P-256"])
	if err != nil {
		t.Fatal(err)
	}
	encode := func(s string) string { return "did:jwk:" + base64.RawURLEncoding.EncodeToString([]byte(s)) + "#0" }
	for what, url := range map[string]string{
		"nothing":                         "",
		"no fragment":                     name,
		"an empty fragment":               name + "#",
		"another key of a did:jwk":        name + "#1",
		"another method":                  "did:example:123#0",
		"a URL":                           "https://platform.example/#0",
		"a path":                          name + "/../x#0",
		"a query":                         name + "?service=x#0",
		"5000 bytes":                      "did:jwk:" + strings.Repeat("a", 5000) + "#0",
		"did:jwk that is no base64url":    "did:jwk:**#0",
		"did:jwk that is no JSON":         encode("x"),
		"did:jwk with a private key":      encode(`{"kty":"EC","crv":"P-256","x":"acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0","y":"_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE","d":"AA"}`),
		"did:jwk of a point off curve":    encode(`{"kty":"EC","crv":"P-256","x":"acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0","y":"acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0"}`),
		"did:jwk of a symmetric key":      encode(`{"kty":"oct","k":"AAAA"}`),
		"did:key of another name":         "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK#other",
		"did:key that is no multibase":    "did:key:!#!",
		"did:key of another encoding":     "did:key:mAAAA#mAAAA",
		"did:key of another kind":         "did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc#z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc",
		"did:web without a client":        "did:web:platform.example#0",
		"did:key of a point cut in two":   "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLs#zDnaerDaTF5BXEavCrfRZEk316dpbLs",
		"did:jwk with a trailing newline": strings.Replace(url, "#0", "\n#0", 1),
	} {
		t.Run(what, func(t *testing.T) {
			key, err := new(did.Resolver).Key(context.Background(), url)
			var failed *credential.Error
			if key != nil || !errors.As(err, &failed) || failed.Check != "did" {
				t.Errorf("%v, %v", key, err)
			}
		})
	}
}

func TestWeb(t *testing.T) {
	key := keys(t)["P-256"]
	jwk, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	var name, document string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/did.json" && r.URL.Path != "/people/7/did.json" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/did+json")
		fmt.Fprint(w, document)
	}))
	defer s.Close()
	host := "127.0.0.1%3A" + s.URL[strings.LastIndex(s.URL, ":")+1:]
	r := did.Resolver{HTTP: s.Client()}
	whole := func(id, method, controller string) string {
		return fmt.Sprintf(`{"id":%q,"verificationMethod":[{"id":%q,"type":"JsonWebKey","controller":%q,"publicKeyJwk":%s}]}`, id, method, controller, jwk)
	}
	for _, name = range []string{"did:web:" + host, "did:web:" + host + ":people:7"} {
		for _, method := range []string{name + "#a", "#a"} {
			document = whole(name, method, name)
			if got, err := r.Key(context.Background(), name+"#a"); err != nil || !same(got, key) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		}
	}
	name = "did:web:" + host
	for what, c := range map[string]struct{ url, document string }{
		"a document about somebody else":       {name + "#a", whole("did:web:other.example", name+"#a", name)},
		"a key that somebody else controls":    {name + "#a", whole(name, name+"#a", "did:web:other.example")},
		"a key that is not there":              {name + "#b", whole(name, name+"#a", name)},
		"a document with a member twice":       {name + "#a", `{"id":"x","id":"` + name + `"}`},
		"a document that is a list":            {name + "#a", `[]`},
		"a method without a key":               {name + "#a", `{"id":"` + name + `","verificationMethod":[{"id":"#a","controller":"` + name + `"}]}`},
		"a path that climbs":                   {name + ":..:x#a", ""},
		"an escaped slash":                     {"did:web:127.0.0.1%2Fx#a", ""},
		"an address that is served by nobody":  {name + ":nobody#a", ""},
		"a user name":                          {"did:web:me%40" + host + "#a", ""},
		"a document deeper than anything sane": {name + "#a", strings.Repeat("[", 100) + strings.Repeat("]", 100)},
	} {
		t.Run(what, func(t *testing.T) {
			document = c.document
			if got, err := r.Key(context.Background(), c.url); err == nil {
				t.Errorf("found %v", got)
			}
		})
	}
}

func FuzzKey(f *testing.F) {
	f.Add("did:jwk:e30#0")
	f.Add("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK#z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK")
	f.Add("did:web:platform.example#0")
	f.Fuzz(func(t *testing.T, url string) {
		key, err := new(did.Resolver).Key(context.Background(), url)
		if err == nil && (key == nil || !key.Valid() || !key.IsPublic()) {
			t.Errorf("%q: an invalid key", url)
		}
	})
}
