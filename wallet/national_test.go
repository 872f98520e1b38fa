package wallet_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/issuer"
	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
	"github.com/halfmask/halfmask/wallet"
)

// TestWithOurIssuerAndVerifier enrolls a synthetic person with a document,
// shows a platform that they are 18, and then has the operator order that
// they are not renewed.
func TestWithOurIssuerAndVerifier(t *testing.T) {
	var clock atomic.Int64
	clock.Store(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).Unix())
	now := func() time.Time { return time.Unix(clock.Load(), 0) }
	authority, err := mint.NewAuthority(1)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := spec.LoadRules(spec.National)
	if err != nil {
		t.Fatal(err)
	}
	var server *issuer.Server
	at := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { server.ServeHTTP(w, r) }))
	defer at.Close()
	var phones enrollment.SimulatedGateway
	signing := newKey(t)
	bbsKey, err := bbs.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	const token = "operator token of this test"
	server, err = issuer.New(issuer.Config{
		URL: at.URL, Now: now, OperatorToken: token, BBSKey: bbsKey, StatusPlaces: 64, BatchSize: 4,
		SigningKey: jose.SigningKey{Algorithm: jose.ES256, Key: signing},
		Desk:       &enrollment.Desk{Rules: rules, Trust: authority.Trust(), Now: now, Phones: &enrollment.PhoneCodes{Sender: &phones, Now: now}},
	})
	if err != nil {
		t.Fatal(err)
	}
	card, err := authority.Issue(mint.Person{Name: "测试", Latin: "CE SHI", Sex: "female", BirthDate: spec.Date{Year: 1990, Month: 3, Day: 5}}, spec.ResidentIdentityCard, mint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const phone = "+861000000000"
	device := &issuer.Applicant{Issuer: at.URL}
	if err := device.SendPhoneCode(t.Context(), phone); err != nil {
		t.Fatal(err)
	}
	code, _ := phones.Read(phone)
	enrolled, err := device.Enroll(t.Context(), enrollment.Submission{
		Document: card.Presented, Face: card.LiveFace(1), Phone: phone, PhoneCode: code, Consent: true,
	})
	if err != nil {
		t.Fatal(err)
	}

	h, err := wallet.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	h.Now = now
	entries, err := h.Accept(t.Context(), enrolled.Link, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if len(e.Claims) != len(spec.Claims) || e.Claims[spec.Name] != "测试" {
			t.Errorf("%s has the claims %v", e.Format, e.Claims)
		}
	}

	var platform *verifier.Server
	gate := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { platform.ServeHTTP(w, r) }))
	defer gate.Close()
	platform, err = verifier.New(verifier.Config{URL: gate.URL, Now: now, Issuers: verifier.TrustedIssuers{
		SDJWT: map[string]jose.JSONWebKeySet{at.URL: server.JWKS()}, BBS: []*bbs.PublicKey{bbsKey.PublicKey()},
		JWP: map[string]*bbs.PublicKey{at.URL: bbsKey.PublicKey()},
	}})
	if err != nil {
		t.Fatal(err)
	}
	logIn := func(format credential.Format) error {
		p, err := platform.Request(verifier.QueryFor([]string{spec.RealPerson, spec.AgeOver18}, format))
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.Present(t.Context(), p.RequestURI, agree)
		if r, resultErr := platform.Result(p.ID); err == nil && (resultErr != nil || !r.Verdict.Accepted || len(r.Verdict.Claims) != 2) {
			t.Errorf("%s: verdict %+v, %v", format, r.Verdict, resultErr)
		}
		return err
	}
	for _, f := range []credential.Format{credential.JWPBBS, credential.BBS2023, credential.SDJWT} {
		if err := logIn(f); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}

	operator := &issuer.Operator{Issuer: at.URL, Token: token}
	if _, err := operator.Order(t.Context(), issuer.Order{
		DocumentType: string(spec.ResidentIdentityCard), DocumentNumber: entries[0].Claims[spec.DocumentNumber].(string),
	}); err != nil {
		t.Fatal(err)
	}
	clock.Add(int64(10 * time.Minute / time.Second)) // the verifier fetches the status list anew
	if err := logIn(credential.SDJWT); err == nil {
		t.Error("an SD-JWT that is revoked was accepted")
	}
	clock.Add(int64(28 * 24 * time.Hour / time.Second))
	_, err = h.Renew(t.Context())
	var refused *wallet.RenewalRefused
	if !errors.As(err, &refused) || refused.Err.Code != openid4vci.AccessDenied {
		t.Errorf("renewal after the order: %v", err)
	}
	if err := logIn(credential.BBS2023); err != nil {
		t.Errorf("before the epoch ends: %v", err)
	}
	clock.Add(int64(14 * 24 * time.Hour / time.Second))
	if err := logIn(credential.BBS2023); err == nil {
		t.Error("the order has no effect after the epoch")
	}
}
