package jws_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/url"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/jws"
)

var noon = time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)

// certify makes a certificate; without an issuer it is its own.
func certify(t testing.TB, of crypto.PublicKey, issuer *x509.Certificate, by *ecdsa.PrivateKey, change func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "issuer"}, BasicConstraintsValid: true,
		NotBefore: noon.Add(-time.Hour), NotAfter: noon.Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature}
	if issuer == nil {
		c.Subject.CommonName, c.IsCA, c.KeyUsage = "authority", true, x509.KeyUsageCertSign
		issuer = c
	}
	if change != nil {
		change(c)
	}
	der, err := x509.CreateCertificate(rand.Reader, c, issuer, of, by)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCertified(t *testing.T) {
	key, rootKey, strangerKey := newKey(t), newKey(t), newKey(t)
	root := certify(t, rootKey.Public(), nil, rootKey, nil)
	stranger := certify(t, strangerKey.Public(), nil, strangerKey, nil)
	uri, err := url.Parse("https://issuer.example/people")
	if err != nil {
		t.Fatal(err)
	}
	leaf := func(change func(*x509.Certificate)) []*x509.Certificate {
		return []*x509.Certificate{certify(t, key.Public(), root, rootKey, func(c *x509.Certificate) {
			c.DNSNames, c.URIs = []string{"other.example", "issuer.example"}, nil
			change(c)
		})}
	}
	usual := leaf(func(*x509.Certificate) {})
	for name, c := range map[string]struct {
		issuer  string
		chain   []*x509.Certificate
		anchors []*x509.Certificate
		good    bool
	}{
		"the host of iss":                {"https://issuer.example/people", usual, []*x509.Certificate{stranger, root}, true},
		"iss as a URI":                   {uri.String(), leaf(func(c *x509.Certificate) { c.DNSNames, c.URIs = nil, []*url.URL{uri} }), []*x509.Certificate{root}, true},
		"another host":                   {"https://issuer.example.org", usual, []*x509.Certificate{root}, false},
		"another path of a URI":          {"https://issuer.example", leaf(func(c *x509.Certificate) { c.DNSNames, c.URIs = nil, []*url.URL{uri} }), []*x509.Certificate{root}, false},
		"a host without TLS":             {"http://issuer.example", usual, []*x509.Certificate{root}, false},
		"a name that is no address":      {"issuer.example", usual, []*x509.Certificate{root}, false},
		"no iss":                         {"", usual, []*x509.Certificate{root}, false},
		"no name in the certificate":     {"https://issuer.example", leaf(func(c *x509.Certificate) { c.DNSNames = nil }), []*x509.Certificate{root}, false},
		"an authority nobody knows":      {"https://issuer.example", usual, []*x509.Certificate{stranger}, false},
		"no authority at all":            {"https://issuer.example", usual, nil, false},
		"no certificate":                 {"https://issuer.example", nil, []*x509.Certificate{root}, false},
		"the anchor in the chain":        {"https://issuer.example", append(usual[:1:1], root), []*x509.Certificate{root}, false},
		"the anchor alone":               {"https://issuer.example", []*x509.Certificate{root}, []*x509.Certificate{root}, false},
		"an authority's certificate":     {"https://issuer.example", leaf(func(c *x509.Certificate) { c.IsCA = true }), []*x509.Certificate{root}, false},
		"not for signatures":             {"https://issuer.example", leaf(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }), []*x509.Certificate{root}, false},
		"over":                           {"https://issuer.example", leaf(func(c *x509.Certificate) { c.NotAfter = noon.Add(-time.Minute) }), []*x509.Certificate{root}, false},
		"not yet":                        {"https://issuer.example", leaf(func(c *x509.Certificate) { c.NotBefore = noon.Add(time.Minute) }), []*x509.Certificate{root}, false},
		"an unknown critical extension":  {"https://issuer.example", leaf(func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{{Id: []int{1, 2, 3}, Critical: true}} }), []*x509.Certificate{root}, false},
		"a name that the anchor may not": {"https://issuer.example", usual, []*x509.Certificate{certify(t, rootKey.Public(), nil, rootKey, func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"elsewhere.example"} })}, false},
	} {
		got, err := jws.Signer{Issuer: c.issuer, Chain: c.chain}.Certified(c.anchors, noon)
		if (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && !key.PublicKey.Equal(got.Key) {
			t.Errorf("%s: another key", name)
		}
	}
}

// TestSigner: what a token says of its signer is what was put there.
func TestSigner(t *testing.T) {
	key, rootKey := newKey(t), newKey(t)
	leaf := certify(t, key.Public(), certify(t, rootKey.Public(), nil, rootKey, nil), rootKey, nil)
	long := jws.Form{Typ: form.Typ, Prefix: form.Prefix, Max: 1 << 16, Clause: form.Clause}
	signed, err := jws.Sign(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, Certificates: []*x509.Certificate{leaf}}}, long, nil, map[string]any{"iss": "https://issuer.example"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jws.Read(signed, long)
	if err != nil {
		t.Fatal(err)
	}
	if by := token.Signer(); by.Issuer != "https://issuer.example" || by.KeyID != "" || len(by.Chain) != 1 || !by.Chain[0].Equal(leaf) {
		t.Errorf("%+v", by)
	}
	token.Header["x5c"], token.Payload["iss"] = []any{"AAAA"}, 7
	if by := token.Signer(); by.Issuer != "" || by.Chain != nil {
		t.Errorf("%+v out of nonsense", by)
	}
}
