package openid4vci

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

func signingKey(t testing.TB, kid string) (jose.SigningKey, jose.JSONWebKey) {
	t.Helper()
	key := p256(t)
	public := publicOf(key, kid)
	key.Key = jose.JSONWebKey{Key: key.Key, KeyID: kid}
	return key, public
}

func publicOf(key jose.SigningKey, kid string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: key.Key.(*ecdsa.PrivateKey).Public(), KeyID: kid}
}

func TestSignedMetadata(t *testing.T) {
	key, public := signingKey(t, "m1")
	s := newStage(t, "", EndpointOptions{MetadataSigner: &key})
	s.client.Trust = &MetadataTrust{Keys: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}}}
	if m, err := s.client.Metadata(t.Context(), s.issuer); err != nil || m.CredentialEndpoint != s.endpoint.meta.CredentialEndpoint {
		t.Errorf("got %+v, %v", m, err)
	}
	res, err := s.client.HTTP.Get(s.issuer + "/.well-known/openid-credential-issuer")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.Header.Get("Content-Type") != mediaJSON {
		t.Error("a wallet that did not ask gets a JWT")
	}
	unsigned := newStage(t, "", EndpointOptions{})
	unsigned.client.Trust = s.client.Trust
	if _, err := unsigned.client.Metadata(t.Context(), unsigned.issuer); err == nil {
		t.Error("a wallet that asked for signed metadata took unsigned")
	}
}

func TestSignedMetadataByCertificate(t *testing.T) {
	at := time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)
	make := func(name string, parent *x509.Certificate, parentKey crypto.Signer) (*x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: at.Add(-time.Hour), NotAfter: at.Add(time.Hour), IsCA: parent == nil, BasicConstraintsValid: true}
		if parent == nil {
			parent, parentKey = template, key
		}
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return c, key
	}
	root, rootKey := make("root", nil, nil)
	stranger, _ := make("stranger", nil, nil)
	leaf, leafKey := make("leaf", root, rootKey)
	certified := func(chain ...*x509.Certificate) *jose.SigningKey {
		return &jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: leafKey, Certificates: chain}}
	}
	s := newStage(t, "", EndpointOptions{MetadataSigner: certified(leaf)})
	s.client.Trust = &MetadataTrust{Anchors: []*x509.Certificate{root}}
	if _, err := s.client.Metadata(t.Context(), s.issuer); err != nil {
		t.Error(err)
	}
	t.Run("trust anchor in the chain", func(t *testing.T) {
		s.endpoint.options.MetadataSigner = certified(leaf, root)
		defer func() { s.endpoint.options.MetadataSigner = certified(leaf) }()
		if _, err := s.client.Metadata(t.Context(), s.issuer); !failsCheck(err, "signed-metadata-key") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("certificate below another root", func(t *testing.T) {
		s.client.Trust = &MetadataTrust{Anchors: []*x509.Certificate{stranger}}
		if _, err := s.client.Metadata(t.Context(), s.issuer); !failsCheck(err, "signed-metadata-key") {
			t.Errorf("got %v", err)
		}
	})
}

// TestSignedMetadataRefuses is the list of what a JWS gets refused for.
func TestSignedMetadataRefuses(t *testing.T) {
	key := p256(t)
	public := publicOf(key, "m1")
	s := newStage(t, "", EndpointOptions{})
	text, err := json.Marshal(s.endpoint.meta)
	if err != nil {
		t.Fatal(err)
	}
	claims := func(change map[string]any) map[string]any {
		m := map[string]any{}
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		m["sub"], m["iat"] = s.issuer, s.clock.now().Unix()
		for name, value := range change {
			if m[name] = value; value == nil {
				delete(m, name)
			}
		}
		return m
	}
	with := func(header map[string]any) string {
		all := map[string]any{"typ": metadataForm.Typ, "kid": "m1", "jwk": nil}
		for name, value := range header {
			all[name] = value
		}
		return forge(t, key, all, claims(nil))
	}
	good := with(nil)
	parts := strings.Split(good, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		t.Fatal(err)
	}
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])})
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(public.Key)
	if err != nil {
		t.Fatal(err)
	}
	symmetric := strings.Join(strings.Split(with(map[string]any{"alg": "HS256"}), ".")[:2], ".")
	mac := hmac.New(sha256.New, spki)
	mac.Write([]byte(symmetric))
	none := strings.Join(strings.Split(with(map[string]any{"alg": "none"}), ".")[:2], ".")
	thief := p256(t)
	private, err := json.Marshal(jose.JSONWebKey{Key: key.Key})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, jwt, check string }{
		{"alg none", none + ".", "signed-metadata-compact-form"},
		{"alg none with a signature", none + "." + parts[2], "signed-metadata-algorithm"},
		{"HS256 with the public key as secret", symmetric + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), "signed-metadata-algorithm"},
		{"wrong typ", with(map[string]any{"typ": "JWT"}), "signed-metadata-header-type"},
		{"unknown crit", with(map[string]any{"crit": []string{"exp"}, "exp": 1}), "signed-metadata-critical-header"},
		{"jwk that is not the trusted key", forge(t, thief, map[string]any{"typ": metadataForm.Typ, "kid": "m1"}, claims(nil)), "signed-metadata-signature"},
		{"kid that is not the trusted key", with(map[string]any{"kid": "m2"}), "signed-metadata-key"},
		{"kid with a path", with(map[string]any{"kid": "../../../../dev/null"}), "signed-metadata-key"},
		{"kid with a URL", with(map[string]any{"kid": "http://127.0.0.1/keys"}), "signed-metadata-key"},
		{"DER instead of the raw signature", parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(der), "signed-metadata-signature"},
		{"duplicate members", forge(t, key, map[string]any{"typ": metadataForm.Typ, "kid": "m1", "jwk": nil}, json.RawMessage(`{"sub":"a","sub":"b"}`)), "signed-metadata-payload-json"},
		{"b64 false", with(map[string]any{"b64": false, "crit": []string{"b64"}}), "signed-metadata-critical-header"},
		{"private key in the header", with(map[string]any{"jwk": json.RawMessage(private)}), "signed-metadata-header-private-key"},
		{"changed payload", parts[0] + "." + strings.Split(forge(t, thief, nil, claims(map[string]any{"credential_endpoint": "https://evil.example/c"})), ".")[1] + "." + parts[2], "signed-metadata-signature"},
		{"metadata of another issuer", forge(t, key, map[string]any{"typ": metadataForm.Typ, "kid": "m1", "jwk": nil}, claims(map[string]any{"sub": "https://a.example"})), "signed-metadata-sub"},
		{"no iat", forge(t, key, map[string]any{"typ": metadataForm.Typ, "kid": "m1", "jwk": nil}, claims(map[string]any{"iat": nil})), "signed-metadata-iat"},
		{"expired", forge(t, key, map[string]any{"typ": metadataForm.Typ, "kid": "m1", "jwk": nil}, claims(map[string]any{"exp": s.clock.now().Unix()})), "signed-metadata-exp"},
		{"x5c without trusted roots", with(map[string]any{"kid": nil, "x5c": []string{base64.StdEncoding.EncodeToString(spki)}}), "signed-metadata-compact-form"},
	} {
		t.Run(c.name, func(t *testing.T) {
			trust := &MetadataTrust{Keys: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}}}
			if _, err := readSignedMetadata(c.jwt, s.issuer, trust, s.clock.now()); !failsCheck(err, c.check) {
				t.Errorf("got %v, want check %s", err, c.check)
			}
		})
	}
	if m, err := readSignedMetadata(good, s.issuer, &MetadataTrust{Keys: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}}}, s.clock.now()); err != nil || m.Issuer != s.issuer {
		t.Errorf("and the same unchanged: %v", err)
	}
}

func TestPrefers(t *testing.T) {
	for accept, want := range map[string]bool{
		"application/jwt": true, "application/jwt, application/json": true, "application/json, application/jwt": false, "*/*": false, "": false,
		"text/html, application/jwt;q=0.9": true,
	} {
		r := &http.Request{Header: http.Header{"Accept": {accept}}}
		if prefers(r, mediaJWT) != want {
			t.Errorf("%q: %v", accept, !want)
		}
	}
}
