package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/protocol/openid4vp"
)

// pemFile writes blocks of a type into a file.
func pemFile(t *testing.T, kind string, blocks ...[]byte) string {
	t.Helper()
	var text []byte
	for _, b := range blocks {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b})...)
	}
	path := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func keyFile(t *testing.T, key crypto.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pemFile(t, "PRIVATE KEY", der)
}

func newECKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// certificateFor is of a key, for platform.example, by an authority or by
// itself.
func certificateFor(t *testing.T, key *ecdsa.PrivateKey, authority string, by *ecdsa.PrivateKey) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "platform"}, DNSNames: []string{"platform.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, &x509.Certificate{Subject: pkix.Name{CommonName: authority}}, &key.PublicKey, by)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestVerifierIdentities(t *testing.T) {
	key := newECKey(t)
	attestation, err := openid4vp.Attest(jose.SigningKey{Algorithm: jose.ES256, Key: newECKey(t)},
		openid4vp.Attestation{Attester: "https://attester.example", Name: "shop", Expires: time.Now().Add(time.Hour)}, &jose.JSONWebKey{Key: &key.PublicKey})
	if err != nil {
		t.Fatal(err)
	}
	attested := filepath.Join(t.TempDir(), "attestation.jwt")
	if err := os.WriteFile(attested, []byte(attestation+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	files := identityFiles{key: keyFile(t, key), certificate: pemFile(t, "CERTIFICATE", certificateFor(t, key, "authority", newECKey(t)))}
	for _, test := range []struct {
		files    identityFiles
		url      string
		prefixes []string
	}{
		{identityFiles{}, "https://platform.example", nil},
		{identityFiles{key: files.key}, "https://platform.example", []string{"decentralized_identifier:did:jwk:"}},
		{identityFiles{key: files.key, attestation: attested}, "https://platform.example", []string{"verifier_attestation:shop", "decentralized_identifier:did:jwk:"}},
		{files, "https://platform.example", []string{"x509_san_dns:platform.example", "x509_hash:", "decentralized_identifier:did:jwk:"}},
		{files, "https://other.example", []string{"x509_hash:", "decentralized_identifier:did:jwk:"}},
	} {
		got, err := test.files.identities(test.url)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(test.prefixes) {
			t.Fatalf("%d identities, want %q", len(got), test.prefixes)
		}
		for i, want := range test.prefixes {
			if !strings.HasPrefix(got[i].ClientID, want) {
				t.Errorf("identity %d is %.60s, want %s…", i, got[i].ClientID, want)
			}
		}
	}
}

func TestVerifierIdentitiesRefused(t *testing.T) {
	key, other := newECKey(t), newECKey(t)
	good := keyFile(t, key)
	sec1, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	certificate := pemFile(t, "CERTIFICATE", certificateFor(t, key, "authority", other))
	for name, files := range map[string]identityFiles{
		"a certificate without a key":    {certificate: certificate},
		"an attestation without a key":   {attestation: certificate},
		"an attestation that is none":    {key: good, attestation: certificate},
		"a key that is not there":        {key: "nowhere.pem"},
		"a key in another form":          {key: pemFile(t, "EC PRIVATE KEY", sec1)},
		"a damaged key":                  {key: pemFile(t, "PRIVATE KEY", []byte("no key"))},
		"a key that is not of P-256":     {key: keyFile(t, edwards)},
		"a certificate of another key":   {key: keyFile(t, other), certificate: certificate},
		"a self-signed certificate":      {key: good, certificate: pemFile(t, "CERTIFICATE", certificateFor(t, key, "platform", key))},
		"a key among the certificates":   {key: good, certificate: good},
		"no certificate in the file":     {key: good, certificate: pemFile(t, "CERTIFICATE")},
		"a certificate that is not read": {key: good, certificate: pemFile(t, "CERTIFICATE", []byte("none"))},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := files.identities("https://platform.example"); err == nil {
				t.Errorf("taken, as %v", got)
			}
		})
	}
}
