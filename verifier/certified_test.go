package verifier_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/verifier"
)

// TestCertifiedIssuers: an issuer that nobody named counts when an authority
// certifies it, for its own iss and for no other (HAIP 1.0 section 6.1.1).
func TestCertifiedIssuers(t *testing.T) {
	rootKey, strangerKey, key := ecKey(t), ecKey(t), ecKey(t)
	at := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	certificate := func(name string, authority *x509.Certificate, of, by *ecdsa.PrivateKey) *x509.Certificate {
		c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true, IsCA: authority == nil,
			DNSNames: []string{name}, NotBefore: at.Add(-time.Hour), NotAfter: at.Add(time.Hour)}
		if authority == nil {
			authority = c
		}
		return must[*x509.Certificate](t)(x509.ParseCertificate(must[[]byte](t)(x509.CreateCertificate(rand.Reader, c, authority, &of.PublicKey, by))))
	}
	root, stranger := certificate("authority", nil, rootKey, rootKey), certificate("stranger", nil, strangerKey, strangerKey)
	w := newWorldWith(t, func(_ *world, c *verifier.Config) { c.Issuers.Authorities = []*x509.Certificate{root} })
	good := certificate("other.example", root, key, rootKey)
	for name, c := range map[string]struct {
		issuer string
		chain  *x509.Certificate
		failed string
	}{
		"certified":                       {"https://other.example", good, ""},
		"by a stranger":                   {"https://other.example", certificate("other.example", stranger, key, strangerKey), "issuer-trusted"},
		"for another issuer":              {"https://third.example", good, "issuer-trusted"},
		"as an issuer whose key is known": {issuerURL, certificate("issuer.example", root, key, rootKey), "signature"},
		"with another's certificate":      {"https://other.example", certificate("other.example", root, ecKey(t), rootKey), "signature"},
	} {
		t.Run(name, func(t *testing.T) {
			signer := jose.JSONWebKey{Key: key, Certificates: []*x509.Certificate{c.chain}}
			raw := w.signSDJWT(signer, func(s *sdjwt.Template) { s.Issuer = c.issuer })
			v := w.verdict(holder.Held{ID: "1", Format: credential.SDJWT, Raw: raw})
			if c.failed != "" {
				wantFailed(t, v, c.failed)
			} else if !v.Accepted {
				t.Fatalf("%+v", v.Failed())
			}
		})
	}
}
