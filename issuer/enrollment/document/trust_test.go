package document_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

func TestSavedTrustVerifies(t *testing.T) {
	a := authority(t)
	dir := t.TempDir()
	if err := a.Save(dir); err != nil {
		t.Fatal(err)
	}
	trust, err := document.LoadTrust(filepath.Join(dir, mint.TrustDir))
	if err != nil {
		t.Fatal(err)
	}
	if len(trust.CountryCAs) != 2 || len(trust.Registers) != 3 {
		t.Errorf("%d certificates, %d registers", len(trust.CountryCAs), len(trust.Registers))
	}
	for _, kind := range spec.KnownKinds {
		if _, err := document.Verify(issue(t, a, kind, mint.Options{}).Presented, trust, at); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestTrustFolderIsRefused(t *testing.T) {
	certificate := func(change func(*x509.Certificate)) []byte {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{Country: []string{"UT"}}, NotAfter: time.Now().Add(time.Hour),
			IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		}
		change(template)
		der, err := x509.CreateCertificate(nil, template, template, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	sound := certificate(func(*x509.Certificate) {})
	block := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	saved := t.TempDir()
	if err := authority(t).Save(saved); err != nil {
		t.Fatal(err)
	}
	jwk, err := os.ReadFile(filepath.Join(saved, mint.TrustDir, document.PopulationRegister+".jwk"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		files map[string][]byte
		says  string // "" when it is accepted
	}{
		"certificate in PEM":           {map[string][]byte{"a.pem": block("CERTIFICATE", sound)}, ""},
		"certificate in DER":           {map[string][]byte{"a.cer": sound}, ""},
		"two certificates in one file": {map[string][]byte{"a.crt": append(block("CERTIFICATE", sound), block("CERTIFICATE", sound)...)}, ""},
		"register alone":               {map[string][]byte{"a.jwk": jwk, "notes.txt": []byte("left alone")}, ""},
		"nothing":                      {nil, "no certificate"},
		"other files only":             {map[string][]byte{"a.txt": sound}, "no certificate"},
		"private key":                  {map[string][]byte{"a.pem": block("PRIVATE KEY", sound)}, "PEM block of type"},
		"no certificate":               {map[string][]byte{"a.pem": []byte("certificate")}, "a.pem"},
		"certificate cut off":          {map[string][]byte{"a.cer": sound[:100]}, "a.cer"},
		"certificate of no CA":         {map[string][]byte{"a.cer": certificate(func(c *x509.Certificate) { c.IsCA = false })}, "not one of a CA"},
		"CA that may not sign":         {map[string][]byte{"a.cer": certificate(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign })}, "not one of a CA"},
		"CA of no country":             {map[string][]byte{"a.cer": certificate(func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: "x"} })}, "names no country"},
		"file too long":                {map[string][]byte{"a.pem": make([]byte, 2<<20)}, "more than"},
		"key of two registers":         {map[string][]byte{"a.jwk": jwk, "b.jwk": jwk}, "two keys"},
		"unknown register":             {map[string][]byte{"a.jwk": bytes.Replace(jwk, []byte("population"), []byte("republic"), 1)}, "no register"},
		"key on no curve":              {map[string][]byte{"a.jwk": []byte(`{"kty":"oct","k":"AAAA","kid":"population-register"}`)}, "public key on P-256"},
		"no key":                       {map[string][]byte{"a.jwk": []byte(`{}`)}, "a.jwk"},
	} {
		dir := t.TempDir()
		for file, content := range c.files {
			if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, err := document.LoadTrust(dir)
		switch {
		case c.says == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	if _, err := document.LoadTrust(filepath.Join(saved, "nowhere")); err == nil {
		t.Error("a folder that is not there is accepted")
	}
}

func TestChipDumpIsReadBack(t *testing.T) {
	a := authority(t)
	for _, kind := range []spec.DocumentKind{spec.HongKongMacauTravelPermit, spec.TaiwanTravelPermit, spec.OverseasChinesePassport, spec.ForeignPassport} {
		d := issue(t, a, kind, mint.Options{})
		dir := filepath.Join(t.TempDir(), "chip")
		if err := d.Presented.WriteChip(dir); err != nil {
			t.Fatal(err)
		}
		p, err := document.ReadChip(dir)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := document.Verify(*p, a.Trust(), at); err != nil || v.Kind != kind || v.SettledAbroad != (kind == spec.OverseasChinesePassport) {
			t.Errorf("%s: %+v, %v", kind, v, err)
		}
		for _, missing := range []string{"EF_COM.bin", "EF_DG1.bin", "EF_DG2.bin", "EF_SOD.bin"} {
			path := filepath.Join(dir, missing)
			if err := os.Rename(path, path+".away"); err != nil {
				t.Fatal(err)
			}
			if _, err := document.ReadChip(dir); err == nil || !strings.Contains(err.Error(), missing) {
				t.Errorf("%s: without %s: %v", kind, missing, err)
			}
			if err := os.Rename(path+".away", path); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "EF_DG2.bin"), make([]byte, document.MaxPresented+1), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := document.ReadChip(dir); err == nil {
			t.Errorf("%s: a file without end is read", kind)
		}
	}
	card := issue(t, a, spec.ResidentIdentityCard, mint.Options{}).Presented
	if err := card.WriteChip(t.TempDir()); err == nil {
		t.Error("the chip of a document without one is written")
	}
}

func TestPresentedIsReadBack(t *testing.T) {
	a := authority(t)
	for _, kind := range spec.KnownKinds {
		b, err := json.Marshal(issue(t, a, kind, mint.Options{}).Presented)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "document.json")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := document.ReadChip(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := document.Verify(*p, a.Trust(), at); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		for n := range len(b) {
			if n%17 != 0 {
				continue
			}
			if _, err := document.ParsePresented(b[:n]); err == nil {
				t.Fatalf("%s: read cut off after %d of %d bytes", kind, n, len(b))
			}
		}
	}
}

func TestPresentedTextIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":            "",
		"null":               "null",
		"a list":             "[]",
		"a word":             `"resident-identity-card"`,
		"unknown member":     `{"kind":"resident-identity-card","checked":true}`,
		"member twice":       `{"kind":"resident-identity-card","kind":"taiwan-travel-permit"}`,
		"member in capitals": `{"KIND":"resident-identity-card"}`,
		"inner member twice": `{"kind":"taiwan-travel-permit","chip":{"sod":"AA==","sod":"AA=="}}`,
		"nested":             `{"chip":` + strings.Repeat("[", 100000),
		"no base64":          `{"chip":{"sod":"?"}}`,
		"two documents":      `{"kind":"x"}{"kind":"x"}`,
		"a bracket more":     `{"kind":"x"}}`,
	} {
		_, err := document.ParsePresented([]byte(text))
		wantCheck(t, name, err, "presented-shape")
	}
	_, err := document.ParsePresented(make([]byte, document.MaxPresented+1))
	wantCheck(t, "too long", err, "presented-size")
	var message struct{ Document document.Presented }
	if err := json.Unmarshal([]byte(`{"document":{"kind":"x","kind":"y"}}`), &message); err == nil {
		t.Error("inside a message a member is accepted twice")
	}
}

func FuzzPresented(f *testing.F) {
	a := authority(f)
	for _, kind := range []spec.DocumentKind{spec.ResidentIdentityCard, spec.OverseasChinesePassport} {
		b, err := json.Marshal(issue(f, a, kind, mint.Options{}).Presented)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"kind":"taiwan-travel-permit","chip":{}}`))
	trust := a.Trust()
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := document.ParsePresented(b)
		if err == nil {
			_, err = document.Verify(*p, trust, at)
		}
		if err != nil {
			wantTyped(t, err)
		}
	})
}
