package issuer

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential/statuslist"
	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
)

// certificate is of a key, under the authority with another.
func certificate(t *testing.T, subject, authority string, of crypto.PublicKey, by *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	template := func(name string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true, IsCA: name != "issuer",
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template(subject), template(authority), of, by)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ecKey(t *testing.T) *ecdsa.PrivateKey { return signingKey(t).Key.(*ecdsa.PrivateKey) }

func TestCertifiedIssuer(t *testing.T) {
	key, middle, root := signingKey(t), ecKey(t), ecKey(t)
	own := certificate(t, "issuer", "middle", key.Key.(*ecdsa.PrivateKey).Public(), middle)
	between := certificate(t, "middle", "root", middle.Public(), root)
	o := newTown(t, "", func(c *Config) { c.SigningKey, c.Certificates = key, []*x509.Certificate{own, between} })
	issued, _ := o.accept(o.enroll(o.submission(adult, spec.ResidentIdentityCard, mint.Options{})), PersonSDJWT, holderKeys(t, 1))
	o.verify(issued[0]) // with the published key, as without certificates
	first, _, _ := strings.Cut(issued[0], ".")
	text, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil {
		t.Fatal(err)
	}
	var header struct {
		X5C []string `json:"x5c"`
		Kid string   `json:"kid"`
	}
	if err := json.Unmarshal(text, &header); err != nil {
		t.Fatal(err)
	}
	if len(header.X5C) != 2 || header.Kid != "" {
		t.Fatalf("%d certificates, kid %q", len(header.X5C), header.Kid)
	}
	for i, want := range []*x509.Certificate{own, between} {
		if header.X5C[i] != base64.StdEncoding.EncodeToString(want.Raw) {
			t.Errorf("x5c %d is another certificate", i)
		}
	}
}

// HAIP 1.0 section 6.1: the status list carries the chain, too.
func TestCertifiedStatusList(t *testing.T) {
	key, root := signingKey(t), ecKey(t)
	own := certificate(t, "issuer", "root", key.Key.(*ecdsa.PrivateKey).Public(), root)
	o := newTown(t, "", func(c *Config) {
		c.SigningKey, c.Certificates, c.StatusPlaces = key, []*x509.Certificate{own}, 64
	})
	issued, _ := o.accept(o.enroll(o.submission(adult, spec.ResidentIdentityCard, mint.Options{})), PersonSDJWT, holderKeys(t, 1))
	r, err := statuslist.ReferenceIn(o.verify(issued[0]).Claims)
	if err != nil {
		t.Fatal(err)
	}
	_, text := o.get(r.URI, "")
	first, _, _ := strings.Cut(string(text), ".")
	header, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(header), base64.StdEncoding.EncodeToString(own.Raw)) || strings.Contains(string(header), "kid") {
		t.Errorf("header %s", header)
	}
	if _, err := statuslist.VerifyJWT(string(text), o.statusKey, r.URI, o.now()); err != nil {
		t.Error(err)
	}
}

func TestCertificatesRefused(t *testing.T) {
	key, middle, root := signingKey(t), ecKey(t), ecKey(t)
	public := key.Key.(*ecdsa.PrivateKey).Public()
	own := certificate(t, "issuer", "middle", public, middle)
	for name, chain := range map[string][]*x509.Certificate{
		"of another key":         {certificate(t, "issuer", "middle", root.Public(), middle)},
		"self-signed":            {certificate(t, "issuer", "issuer", public, key.Key.(*ecdsa.PrivateKey))},
		"with the authority":     {own, certificate(t, "middle", "middle", middle.Public(), middle)},
		"not issued by the next": {own, certificate(t, "other", "root", root.Public(), root)},
	} {
		t.Run(name, func(t *testing.T) {
			c := Config{URL: "https://issuer.example", Desk: &enrollment.Desk{}, SigningKey: key, BBSKey: bbsKey(t), Certificates: chain}
			if _, err := New(c); err == nil || !strings.Contains(err.Error(), "certificates") {
				t.Errorf("made: %v", err)
			}
		})
	}
}

// TestMetadataSignedByCertificate: whoever knows the authority needs no key
// of the issuer beforehand.
func TestMetadataSignedByCertificate(t *testing.T) {
	key, root, stranger := signingKey(t), ecKey(t), ecKey(t)
	own := certificate(t, "issuer", "root", key.Key.(*ecdsa.PrivateKey).Public(), root)
	o := newTown(t, "", func(c *Config) { c.SigningKey, c.Certificates = key, []*x509.Certificate{own} })
	o.travelTo(time.Now())
	for by, authority := range map[*ecdsa.PrivateKey]string{root: "root", stranger: "stranger"} {
		o.wallet.Trust = &openid4vci.MetadataTrust{Anchors: []*x509.Certificate{certificate(t, authority, authority, by.Public(), by)}}
		if _, err := o.wallet.Metadata(t.Context(), o.url); (err == nil) != (by == root) {
			t.Errorf("below %s: %v", authority, err)
		}
	}
}
