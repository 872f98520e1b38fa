package wallet_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
	"github.com/halfmask/halfmask/wallet"
)

// registeredPlatform makes the town's platform sign and register, and gives
// the authority that stands behind both.
func (w *town) registeredPlatform(claims ...string) *x509.Certificate {
	w.t.Helper()
	authority, key := newSigner(w.t), newSigner(w.t)
	certify := func(serial int64, of, by *ecdsa.PrivateKey, parent *x509.Certificate) *x509.Certificate {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: []string{"", "Authority", "Platform"}[serial]}, BasicConstraintsValid: true,
			NotBefore: w.now().Add(-time.Hour), NotAfter: w.now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		}
		if parent == nil {
			template.IsCA, template.KeyUsage, parent = true, x509.KeyUsageCertSign, template
		}
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &of.PublicKey, by)
		if err != nil {
			w.t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			w.t.Fatal(err)
		}
		return c
	}
	anchor := certify(1, authority, authority, nil)
	leaf := certify(2, key, authority, anchor)
	signer := jose.SigningKey{Algorithm: jose.ES256, Key: key}
	identity, err := openid4vp.HashIdentity(signer, leaf)
	if err != nil {
		w.t.Fatal(err)
	}
	registration := openid4vp.Registration{
		ClientID: identity.ClientID, Name: "Corner shop", Purposes: []openid4vp.Purpose{{Language: "en", Text: "to sell wine"}}, Expires: leaf.NotAfter,
	}
	for _, q := range verifier.QueryFor(claims).Credentials {
		registered := openid4vp.RegisteredCredential{Format: q.Format, Meta: q.Meta}
		for _, c := range q.Claims {
			registered.Claims = append(registered.Claims, openid4vp.RegisteredClaim{Path: c.Path})
		}
		registration.Credentials = append(registration.Credentials, registered)
	}
	info, err := openid4vp.Register(registration, signer, leaf) // registered by itself: the shape is what counts here
	if err != nil {
		w.t.Fatal(err)
	}
	w.platform, err = verifier.New(verifier.Config{
		URL: w.address.URL, Now: w.now, Identities: []*openid4vp.Identity{identity}, VerifierInfo: []openid4vp.VerifierInfo{info},
		Issuers: verifier.TrustedIssuers{BBS: []*bbs.PublicKey{w.bbsKey.PublicKey()}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return anchor
}

func newSigner(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// R-REG-02 and R-REG-03: whoever is asked sees who signed, why, and what goes
// beyond the registration; the log keeps it, and the signed request.
func TestThePersonIsWarned(t *testing.T) {
	w := newTown(t)
	h, _ := w.equipped()
	anchor := w.registeredPlatform(spec.AgeOver18)
	present := func(claims ...string) wallet.Ask {
		var seen wallet.Ask
		if _, err := h.Present(t.Context(), w.ask(claims).RequestURI, func(a wallet.Ask) bool { seen = a; return true }); err != nil {
			t.Fatal(err)
		}
		return seen
	}
	h.Verifiers = openid4vp.Trust{Anchors: []*x509.Certificate{anchor}, Registrars: []*x509.Certificate{anchor}}
	a := present(spec.AgeOver18)
	if a.Signed == nil || a.Signed.Certificate.Subject.CommonName != "Platform" || a.Registered == nil || a.Registered.Purposes[0].Text != "to sell wine" || len(a.Warnings) != 0 {
		t.Errorf("%+v", a)
	}
	line := lastActivity(t, h)
	if line.Signed == "" || strings.Count(line.Signed, ".") != 2 || line.Warned != nil {
		t.Errorf("log line %+v", line)
	}
	want := []string{"it did not register to ask for name"}
	if a = present(spec.AgeOver18, spec.Name); !reflect.DeepEqual(a.Warnings, want) {
		t.Errorf("warned of %q", a.Warnings)
	}
	if line = lastActivity(t, h); !reflect.DeepEqual(line.Warned, want) {
		t.Errorf("log line %+v", line)
	}
	h.Verifiers.Registrars = nil
	if a = present(spec.AgeOver18); a.Registered != nil || len(a.Warnings) != 1 || !strings.Contains(a.Warnings[0], "does not count") {
		t.Errorf("%+v", a)
	}
	h.Verifiers.Anchors = nil
	if _, err := h.Present(t.Context(), w.ask([]string{spec.AgeOver18}).RequestURI, func(wallet.Ask) bool { return true }); err == nil {
		t.Error("answered somebody whose certificate leads nowhere")
	}
}
