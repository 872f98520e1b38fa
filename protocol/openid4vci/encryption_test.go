package openid4vci

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// sealed encrypts a message to an endpoint's key.
func (s *stage) sealed(enc jose.ContentEncryption, options *jose.EncrypterOptions, change func(*jose.Recipient), message string) string {
	s.t.Helper()
	key := s.endpoint.secrecy.key.Public()
	to := jose.Recipient{Algorithm: jose.ECDH_ES, Key: key.Key, KeyID: key.KeyID}
	if change != nil {
		change(&to)
	}
	e, err := jose.NewEncrypter(enc, to, options)
	if err != nil {
		s.t.Fatal(err)
	}
	jwe, err := e.Encrypt([]byte(message))
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := jwe.CompactSerialize()
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

func agreementKey(t testing.TB) *jose.JSONWebKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &jose.JSONWebKey{Key: key, Algorithm: keyAgreement, Use: "enc", KeyID: "k"}
}

func request(t testing.TB, jwk any, change map[string]any) string {
	t.Helper()
	encryption := map[string]any{"jwk": jwk, "enc": "A256GCM"}
	for name, value := range change {
		encryption[name] = value
	}
	b, err := json.Marshal(map[string]any{"credential_configuration_id": "free", "credential_response_encryption": encryption})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// postText posts and gives the answer as it came.
func (s *stage) postText(path, kind, token, body string) (int, string, string) {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.issuer+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := s.client.HTTP.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Content-Type"), string(b)
}

func TestEncryptedRequestAndResponse(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	key := agreementKey(t)
	status, kind, text := s.postText("/credential", mediaJWT, s.accessToken(), s.sealed(jose.A128GCM, nil, nil, request(t, key.Public(), nil)))
	if status != 200 || kind != mediaJWT || strings.Contains(text, "ming") {
		t.Fatalf("got %d %s %s", status, kind, text)
	}
	opened, err := openJWE(text, key)
	if err != nil || !strings.Contains(string(opened), `"subject":"ming"`) {
		t.Errorf("opened %s, %v", opened, err)
	}
}

func TestClientEncryptsWhereTheIssuerRequiresIt(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	s.endpoint.meta.ResponseEncryption.Required = true
	keys := &s.endpoint.meta.RequestEncryption.JWKS
	keys.Keys = append([]json.RawMessage{json.RawMessage(`{"kty":"OKP","crv":"X25519","x":"AA","alg":"ECDH-ES"}`), json.RawMessage(`{"kty":"new"}`)}, keys.Keys...)
	spy := &spying{}
	s.client.HTTP = &http.Client{Transport: spy}
	if got, _, err := s.client.Accept(t.Context(), s.offer(OfferOptions{}), "free", "", nil); err != nil || !strings.Contains(got[0], "ming") {
		t.Errorf("got %q, %v", got, err)
	}
	if spy.kind != mediaJWT || spy.accept != mediaJWT {
		t.Errorf("asked with %s for %s", spy.kind, spy.accept)
	}
	s.backend.decline(&Pending{})
	_, grant, err := s.client.Accept(t.Context(), s.offer(OfferOptions{}), "free", "", nil)
	later, ok := err.(*Deferred)
	if !ok {
		t.Fatal(err)
	}
	s.backend.decline(nil)
	if got, _, err := s.client.Fetch(t.Context(), grant, later); err != nil || !strings.Contains(got[0], "ming") {
		t.Errorf("deferred: got %q, %v", got, err)
	}
}

type spying struct{ kind, accept string }

func (s *spying) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/credential") {
		s.kind, s.accept = r.Header.Get("Content-Type"), r.Header.Get("Accept")
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestEncryptionRefuses(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	key := agreementKey(t)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other := *key
	other.Algorithm = "ECDH-ES+A128KW"
	signing := *key
	signing.Use = "sig"
	plain := `{"credential_configuration_id":"free"}`
	in := func(jwk any, change map[string]any) string {
		return s.sealed(jose.A256GCM, nil, nil, request(t, jwk, change))
	}
	for _, c := range []struct{ name, kind, body string }{
		{"key for the answer in the clear", mediaJSON, request(t, key.Public(), nil)},
		{"private key for the answer", mediaJWT, in(key, nil)},
		{"key for the answer on another curve", mediaJWT, in(jose.JSONWebKey{Key: &p384.PublicKey, Algorithm: keyAgreement}, nil)},
		{"key for the answer with another alg", mediaJWT, in(other.Public(), nil)},
		{"key for the answer that is for signing", mediaJWT, in(signing.Public(), nil)},
		{"no key for the answer", mediaJWT, in(nil, nil)},
		{"CBC for the answer", mediaJWT, in(key.Public(), map[string]any{"enc": "A128CBC-HS256"})},
		{"compressed answer", mediaJWT, in(key.Public(), map[string]any{"zip": "DEF"})},
		{"compressed request", mediaJWT, s.sealed(jose.A256GCM, &jose.EncrypterOptions{Compression: jose.DEFLATE}, nil, plain)},
		{"request in CBC", mediaJWT, s.sealed(jose.A128CBC_HS256, nil, nil, plain)},
		{"request with a wrapped key", mediaJWT, s.sealed(jose.A256GCM, nil, func(r *jose.Recipient) { r.Algorithm = jose.ECDH_ES_A128KW }, plain)},
		{"request to another key", mediaJWT, s.sealed(jose.A256GCM, nil, func(r *jose.Recipient) { r.Key = key.Public().Key }, plain)},
		{"request without kid", mediaJWT, s.sealed(jose.A256GCM, nil, func(r *jose.Recipient) { r.KeyID = "" }, plain)},
		{"request that is no JWE", mediaJWT, "a.b.c"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, _, text := s.postText("/credential", c.kind, s.accessToken(), c.body)
			if status != 400 || !strings.Contains(text, `"`+InvalidEncryptionParameters+`"`) {
				t.Errorf("got %d %s", status, text)
			}
			if s.backend.count() != 0 {
				t.Fatal("a credential was made")
			}
		})
	}
}

func FuzzOpenJWE(f *testing.F) {
	key := agreementKey(f)
	to := &encryptTo{key.Public(), jose.A128GCM}
	good, err := to.seal(map[string]int{"a": 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, text string) {
		if b, err := openJWE(text, key); err == nil && len(b) > len(text) {
			t.Error("more came out than went in")
		}
	})
}
