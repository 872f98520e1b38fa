package openid4vp_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/protocol/did"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	return must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
}

func signing(k *ecdsa.PrivateKey) jose.SigningKey {
	return jose.SigningKey{Algorithm: jose.ES256, Key: k}
}

// authority certifies keys.
type authority struct {
	t    testing.TB
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{t: t, key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test anchor"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert = a.sign(template, template, &a.key.PublicKey)
	return a
}

func (a *authority) sign(template, parent *x509.Certificate, public *ecdsa.PublicKey) *x509.Certificate {
	a.t.Helper()
	der := must[[]byte](a.t)(x509.CreateCertificate(rand.Reader, template, parent, public, a.key))
	return must[*x509.Certificate](a.t)(x509.ParseCertificate(der))
}

// leaf makes the certificate of a verifier.
func (a *authority) leaf(key *ecdsa.PrivateKey, name string, change func(*x509.Certificate)) *x509.Certificate {
	a.t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{name}, KeyUsage: x509.KeyUsageDigitalSignature,
		Subject: pkix.Name{CommonName: "Test verifier", ExtraNames: []pkix.AttributeTypeAndValue{
			{Type: asn1.ObjectIdentifier{2, 5, 4, 97}, Value: "VATXX-123"},
		}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	if change != nil {
		change(template)
	}
	return a.sign(template, a.cert, &key.PublicKey)
}

// signed is a verifier that signs, and a wallet that trusts it.
type signed struct {
	t        testing.TB
	ca       *authority
	key      *ecdsa.PrivateKey
	leaf     *x509.Certificate
	attester *ecdsa.PrivateKey
	trust    openid4vp.Trust
}

const host = "platform.example"

func newSigned(t testing.TB) *signed {
	s := &signed{t: t, ca: newAuthority(t), key: newKey(t), attester: newKey(t)}
	s.leaf = s.ca.leaf(s.key, host, nil)
	s.trust = openid4vp.Trust{
		Anchors:   []*x509.Certificate{s.ca.cert},
		Attesters: map[string]jose.JSONWebKeySet{"https://attester.example": {Keys: []jose.JSONWebKey{{Key: &s.attester.PublicKey}}}},
	}
	return s
}

func (s *signed) attestation(change func(*openid4vp.Attestation)) string {
	s.t.Helper()
	a := openid4vp.Attestation{Attester: "https://attester.example", Name: host, Expires: time.Now().Add(time.Hour)}
	if change != nil {
		change(&a)
	}
	return must[string](s.t)(openid4vp.Attest(signing(s.attester), a, &jose.JSONWebKey{Key: &s.key.PublicKey}))
}

func (s *signed) identities() map[string]*openid4vp.Identity {
	s.t.Helper()
	must := must[*openid4vp.Identity](s.t)
	public := &jose.JSONWebKey{Key: &s.key.PublicKey}
	_, method, err := did.Key(public)
	if err != nil {
		s.t.Fatal(err)
	}
	return map[string]*openid4vp.Identity{
		"x509_san_dns":                     must(openid4vp.SanDNSIdentity(host, signing(s.key), s.leaf)),
		"x509_hash":                        must(openid4vp.HashIdentity(signing(s.key), s.leaf)),
		"decentralized_identifier did:jwk": must(openid4vp.JWKIdentity(signing(s.key))),
		"decentralized_identifier did:key": must(openid4vp.DIDIdentity(method, signing(s.key))),
		"verifier_attestation":             must(openid4vp.AttestedIdentity(s.attestation(nil), signing(s.key))),
	}
}

func (s *signed) request(clientID string) *openid4vp.Request {
	r := request(s.t, responseURI)
	r.ClientID = clientID
	return r
}

func TestSignedRequestRoundTrip(t *testing.T) {
	s := newSigned(t)
	for name, identity := range s.identities() {
		t.Run(name, func(t *testing.T) {
			r := s.request(identity.ClientID)
			object := must[string](t)(r.Sign(identity))
			got, err := s.trust.ParseObject(context.Background(), []byte(object), identity.ClientID)
			if err != nil {
				t.Fatal(err)
			}
			prefix, rest, _ := strings.Cut(identity.ClientID, ":")
			if got.By == nil || got.By.Prefix != prefix || got.By.Name != rest || got.Received != object || got.Nonce != r.Nonce {
				t.Errorf("%+v by %+v", got, got.By)
			}
			if got.Audience() != identity.ClientID {
				t.Errorf("audience %q is not the full client identifier", got.Audience())
			}
			uri := must[string](t)(r.SignedURI(identity))
			if _, err := (&openid4vp.Client{Trust: s.trust}).Fetch(context.Background(), uri); err != nil {
				t.Errorf("by value: %v", err)
			}
			if _, err := r.Object(); err == nil {
				t.Error("an unsigned object was made of it")
			}
			if _, err := r.URI(); err == nil {
				t.Error("an unsigned URI was made of it")
			}
		})
	}
}

func refusedWith(t *testing.T, err error, check string) {
	t.Helper()
	var failed *credential.Error
	var answer *openid4vp.Error
	if !errors.As(err, &failed) || !errors.As(err, &answer) || failed.Check != check || failed.Clause == "" {
		t.Errorf("error %v, want a failed check %s", err, check)
	}
}

// forge signs the claims of a request under a header of the test's choice.
func (s *signed) forge(r *openid4vp.Request, key *ecdsa.PrivateKey, header map[string]any) string {
	s.t.Helper()
	claims := must[json.RawMessage](s.t)(r.Claims())
	return must[string](s.t)(jws.Sign(signing(key), jws.Form{Typ: "oauth-authz-req+jwt", Max: 1 << 20}, header, claims, nil))
}

func x5c(chain ...*x509.Certificate) []any {
	var list []any
	for _, c := range chain {
		list = append(list, base64.StdEncoding.EncodeToString(c.Raw))
	}
	return list
}

func TestSignedRequestRefuses(t *testing.T) {
	s := newSigned(t)
	other, thief := newAuthority(t), newKey(t)
	const san = "x509_san_dns:" + host
	hash := s.identities()["x509_hash"].ClientID
	jwk := s.identities()["decentralized_identifier did:jwk"].ClientID
	thiefJWK, thiefMethod, err := did.JWK(&jose.JSONWebKey{Key: &thief.PublicKey})
	if err != nil {
		t.Fatal(err)
	}
	const attested = "verifier_attestation:" + host
	selfSigned := must[*x509.Certificate](t)(x509.ParseCertificate(must[[]byte](t)(x509.CreateCertificate(rand.Reader,
		s.leaf, s.leaf, &s.key.PublicKey, s.key))))
	for name, c := range map[string]struct {
		clientID string
		key      *ecdsa.PrivateKey
		header   map[string]any
		check    string
	}{
		"another key than the certificate's":        {san, thief, map[string]any{"x5c": x5c(s.leaf)}, "request-object-signature"},
		"a key in the header jwk":                   {san, thief, map[string]any{"x5c": x5c(s.leaf), "jwk": &jose.JSONWebKey{Key: &thief.PublicKey}}, "request-object-signature"},
		"no certificate":                            {san, s.key, nil, "client-certificate"},
		"a certificate of another authority":        {san, thief, map[string]any{"x5c": x5c(other.leaf(thief, host, nil))}, "client-certificate"},
		"a certificate for another name":            {san, thief, map[string]any{"x5c": x5c(s.ca.leaf(thief, "thief.example", nil))}, "client-certificate-name"},
		"a wildcard certificate":                    {san, thief, map[string]any{"x5c": x5c(s.ca.leaf(thief, "*.example", nil))}, "client-certificate-name"},
		"another certificate than the one hashed":   {hash, thief, map[string]any{"x5c": x5c(s.ca.leaf(thief, host, nil))}, "client-certificate-name"},
		"the trust anchor in x5c":                   {san, s.key, map[string]any{"x5c": x5c(s.leaf, s.ca.cert)}, "client-certificate"},
		"a self-signed certificate":                 {san, s.key, map[string]any{"x5c": x5c(selfSigned)}, "client-certificate"},
		"an expired certificate":                    {san, s.key, map[string]any{"x5c": x5c(s.ca.leaf(s.key, host, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }))}, "client-certificate"},
		"a certificate that is not for signatures":  {san, s.key, map[string]any{"x5c": x5c(s.ca.leaf(s.key, host, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }))}, "client-certificate"},
		"an authority's certificate":                {san, s.key, map[string]any{"x5c": x5c(s.ca.leaf(s.key, host, func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }))}, "client-certificate"},
		"x5c that is no list":                       {san, s.key, map[string]any{"x5c": "MIIB"}, "request-object-compact-form"},
		"seven certificates":                        {san, s.key, map[string]any{"x5c": x5c(s.leaf, s.leaf, s.leaf, s.leaf, s.leaf, s.leaf, s.leaf)}, "client-certificate"},
		"x5u in place of x5c":                       {san, s.key, map[string]any{"x5u": "https://thief.example/chain.pem"}, "client-certificate"},
		"no kid with a DID":                         {jwk, s.key, nil, "client-key"},
		"a kid of another DID":                      {jwk, thief, map[string]any{"kid": thiefMethod}, "client-key"},
		"a kid that is a path":                      {jwk, thief, map[string]any{"kid": "../../keys/1"}, "client-key"},
		"a kid that is a URL":                       {jwk, thief, map[string]any{"kid": "https://thief.example/key"}, "client-key"},
		"another key than the DID's":                {jwk, thief, map[string]any{"kid": strings.TrimPrefix(jwk, "decentralized_identifier:") + "#0"}, "request-object-signature"},
		"a DID of a method unknown":                 {"decentralized_identifier:did:example:1", s.key, map[string]any{"kid": "did:example:1#0"}, "client-key"},
		"did:web without a client":                  {"decentralized_identifier:did:web:platform.example", s.key, map[string]any{"kid": "did:web:platform.example#0"}, "client-key"},
		"no attestation":                            {attested, s.key, nil, "client-attestation"},
		"an attestation for another key":            {attested, thief, map[string]any{"jwt": s.attestation(nil)}, "request-object-signature"},
		"an attestation for another name":           {attested, s.key, map[string]any{"jwt": s.attestation(func(a *openid4vp.Attestation) { a.Name = "other" })}, "client-attestation"},
		"an attestation by nobody trusted":          {attested, s.key, map[string]any{"jwt": s.attestation(func(a *openid4vp.Attestation) { a.Attester = "https://thief.example" })}, "client-attestation"},
		"an attestation that expired":               {attested, s.key, map[string]any{"jwt": s.attestation(func(a *openid4vp.Attestation) { a.Expires = time.Now() })}, "client-attestation"},
		"a response URI that is not attested":       {attested, s.key, map[string]any{"jwt": s.attestation(func(a *openid4vp.Attestation) { a.ResponseURIs = []string{"https://platform.example/other"} })}, "response-uri"},
		"an attestation signed by the verifier":     {attested, s.key, map[string]any{"jwt": must[string](t)(openid4vp.Attest(signing(s.key), openid4vp.Attestation{Attester: "https://attester.example", Name: host, Expires: time.Now().Add(time.Hour)}, &jose.JSONWebKey{Key: &s.key.PublicKey}))}, "client-attestation-signature"},
		"a request object as attestation":           {attested, s.key, map[string]any{"jwt": s.forge(s.request(attested), s.attester, nil)}, "client-attestation-header-type"},
		"a private key in the header":               {san, s.key, map[string]any{"x5c": x5c(s.leaf), "jwk": map[string]any{"kty": "EC", "d": "AA"}}, "request-object-header-private-key"},
		"another did:jwk of the same key, reworded": {"decentralized_identifier:" + thiefJWK + "#0", thief, map[string]any{"kid": thiefMethod}, "client-key"},
	} {
		t.Run(name, func(t *testing.T) {
			object := s.forge(s.request(c.clientID), c.key, c.header)
			got, err := s.trust.ParseObject(context.Background(), []byte(object), c.clientID)
			refusedWith(t, err, c.check)
			if got != nil {
				t.Error("a refused request was returned")
			}
		})
	}
}

// What a verifier with a good key may still not say.
func TestSignedRequestContentRefuses(t *testing.T) {
	s := newSigned(t)
	identity := s.identities()["x509_san_dns"]
	r := s.request(identity.ClientID)
	claims := func(change func(m map[string]any)) string {
		var m map[string]any
		if err := json.Unmarshal(must[json.RawMessage](t)(r.Claims()), &m); err != nil {
			t.Fatal(err)
		}
		change(m)
		return must[string](t)(jws.Sign(signing(s.key), jws.Form{Typ: "oauth-authz-req+jwt"}, map[string]any{"x5c": x5c(s.leaf)}, m, nil))
	}
	b64 := base64.RawURLEncoding
	object := must[string](t)(r.Sign(identity))
	parts := strings.Split(object, ".")
	for name, c := range map[string]struct{ object, check string }{
		"another client_id than in the URI":      {claims(func(m map[string]any) { m["client_id"] = "x509_san_dns:thief.example" }), "client-id"},
		"a client_id without a prefix":           {claims(func(m map[string]any) { m["client_id"] = host }), "client-id"},
		"a response URI at another host":         {claims(func(m map[string]any) { m["response_uri"] = "https://thief.example/responses" }), "response-uri"},
		"a response URI at a host below":         {claims(func(m map[string]any) { m["response_uri"] = "https://a.platform.example/responses" }), "response-uri"},
		"another audience":                       {claims(func(m map[string]any) { m["aud"] = "https://wallet.example" }), "request-object-audience"},
		"an object that expired":                 {claims(func(m map[string]any) { m["exp"] = time.Now().Add(-time.Minute).Unix() }), "request-object-time"},
		"an object that is not valid yet":        {claims(func(m map[string]any) { m["nbf"] = time.Now().Add(time.Hour).Unix() }), "request-object-time"},
		"an exp that is no number":               {claims(func(m map[string]any) { m["exp"] = "tomorrow" }), "request-object-time"},
		"no nonce":                               {claims(func(m map[string]any) { delete(m, "nonce") }), "nonce"},
		"no query":                               {claims(func(m map[string]any) { delete(m, "dcql_query") }), "dcql-query"},
		"alg none":                               {b64.EncodeToString([]byte(`{"alg":"none","typ":"oauth-authz-req+jwt"}`)) + "." + parts[1] + ".", "request-object-compact-form"},
		"alg none with a signature":              {b64.EncodeToString([]byte(`{"alg":"none","typ":"oauth-authz-req+jwt"}`)) + "." + parts[1] + "." + parts[2], "request-object-algorithm"},
		"alg HS256":                              {b64.EncodeToString([]byte(`{"alg":"HS256","typ":"oauth-authz-req+jwt"}`)) + "." + parts[1] + "." + parts[2], "request-object-algorithm"},
		"typ JWT":                                {b64.EncodeToString([]byte(`{"alg":"ES256","typ":"JWT"}`)) + "." + parts[1] + "." + parts[2], "request-object-header-type"},
		"crit in the header":                     {b64.EncodeToString([]byte(`{"alg":"ES256","typ":"oauth-authz-req+jwt","crit":["x"],"x":1}`)) + "." + parts[1] + "." + parts[2], "request-object-critical-header"},
		"b64 false":                              {b64.EncodeToString([]byte(`{"alg":"ES256","typ":"oauth-authz-req+jwt","b64":false}`)) + "." + parts[1] + "." + parts[2], "request-object-unencoded-payload"},
		"a header member twice":                  {b64.EncodeToString([]byte(`{"alg":"ES256","alg":"ES256","typ":"oauth-authz-req+jwt"}`)) + "." + parts[1] + "." + parts[2], "request-object-header-json"},
		"a signature cut short":                  {object[:len(object)-2], "request-object-signature"},
		"another payload under the signature":    {parts[0] + "." + strings.Split(claims(func(m map[string]any) { m["nonce"] = "another" }), ".")[1] + "." + parts[2], "request-object-signature"},
		"100 KiB":                                {strings.Repeat("a", 100<<10), "request-object-size"},
		"nothing":                                {"", "request-object-compact-form"},
		"an unsigned object of the redirect URI": {must[string](t)(request(t, responseURI).Object()), "request-object-compact-form"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := s.trust.ParseObject(context.Background(), []byte(c.object), identity.ClientID)
			refusedWith(t, err, c.check)
			if got != nil {
				t.Error("a refused request was returned")
			}
		})
	}
	if _, err := new(openid4vp.Trust).ParseObject(context.Background(), []byte(object), identity.ClientID); err == nil {
		t.Error("a wallet without an anchor believes a certificate")
	}
	if _, err := s.trust.ParseObject(context.Background(), []byte(object), openid4vp.ClientID(responseURI)); err == nil {
		t.Error("a signed object passes as one of the redirect URI")
	}
}

// TestIdentityRefuses: a verifier is told when it starts that wallets would
// refuse it.
func TestIdentityRefuses(t *testing.T) {
	s := newSigned(t)
	thief := newKey(t)
	for name, make := range map[string]func() (*openid4vp.Identity, error){
		"no certificate":         func() (*openid4vp.Identity, error) { return openid4vp.SanDNSIdentity(host, signing(s.key)) },
		"no certificate to hash": func() (*openid4vp.Identity, error) { return openid4vp.HashIdentity(signing(s.key)) },
		"another name": func() (*openid4vp.Identity, error) {
			return openid4vp.SanDNSIdentity("a.example", signing(s.key), s.leaf)
		},
		"another key":      func() (*openid4vp.Identity, error) { return openid4vp.HashIdentity(signing(thief), s.leaf) },
		"the trust anchor": func() (*openid4vp.Identity, error) { return openid4vp.HashIdentity(signing(s.key), s.leaf, s.ca.cert) },
		"another attested key": func() (*openid4vp.Identity, error) {
			return openid4vp.AttestedIdentity(s.attestation(nil), signing(thief))
		},
		"an attestation that is none": func() (*openid4vp.Identity, error) { return openid4vp.AttestedIdentity("x", signing(s.key)) },
		"no key":                      func() (*openid4vp.Identity, error) { return openid4vp.JWKIdentity(jose.SigningKey{}) },
	} {
		if i, err := make(); err == nil || i != nil {
			t.Errorf("%s: made", name)
		}
	}
	i := s.identities()["x509_hash"]
	if _, err := s.request("x509_san_dns:" + host).Sign(i); err == nil {
		t.Error("signed for another identity")
	}
}

func asFailed(err error) *credential.Error {
	var failed *credential.Error
	if !errors.As(err, &failed) {
		return nil
	}
	return failed
}
