package issuer

import (
	"errors"
	"net/http"
	"testing"

	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
)

func TestOfferByOperator(t *testing.T) {
	o := newTown(t, "", nil)
	o.enroll(o.submission(adult, spec.ResidentIdentityCard, mint.Options{}))
	p := o.server.People()[0]
	made := o.offerTo(&OfferRequest{DocumentType: string(p.Attributes.DocumentKind), DocumentNumber: p.Attributes.DocumentNumber, Configurations: []string{PersonSDJWT}, TxCode: true})
	expect := func(want OfferStatus) {
		t.Helper()
		if got, err := o.operator().OfferStatus(t.Context(), made.OfferURI); err != nil || *got != want {
			t.Errorf("status %+v (%v), want %+v", got, err, want)
		}
	}
	expect(OfferStatus{State: "offered"})
	offer, err := o.wallet.Offer(t.Context(), made.Link)
	if err != nil {
		t.Fatal(err)
	}
	_, grant, err := o.wallet.Accept(t.Context(), offer, PersonSDJWT, made.TxCode, holderKeys(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	expect(OfferStatus{State: "issued", Issued: 2})
	if err := o.wallet.Notify(t.Context(), grant, openid4vci.Accepted, ""); err != nil {
		t.Fatal(err)
	}
	expect(OfferStatus{State: "issued", Issued: 2, Event: openid4vci.Accepted})
}

func TestOfferByOperatorRefuses(t *testing.T) {
	o := newTown(t, "", nil)
	o.enroll(o.submission(adult, spec.ResidentIdentityCard, mint.Options{}))
	a := o.server.People()[0].Attributes
	good := OfferRequest{DocumentType: string(a.DocumentKind), DocumentNumber: a.DocumentNumber}
	with := func(change func(*OfferRequest)) OfferRequest { r := good; change(&r); return r }
	for _, c := range []struct {
		name, path, token string
		body              any
		status            int
	}{
		{"no token", "/offers", "", good, 401},
		{"wrong token", "/offers", "not the operator's token", good, 401},
		{"unknown person", "/offers", operatorToken, with(func(r *OfferRequest) { r.DocumentNumber = "1" }), 404},
		{"unknown kind of document", "/offers", operatorToken, with(func(r *OfferRequest) { r.DocumentType = "library card" }), 400},
		{"unknown configuration", "/offers", operatorToken, with(func(r *OfferRequest) { r.Configurations = []string{"crown"} }), 400},
		{"transaction code for a login", "/offers", operatorToken, with(func(r *OfferRequest) { r.TxCode, r.Authorize = true, true }), 400},
		{"unknown member", "/offers", operatorToken, `{"document_type":"x","document_number":"1","platform":"p"}`, 400},
		{"status without a token", "/offers/status", "", OfferQuery{o.url + "/offers/x"}, 401},
		{"status of an unknown offer", "/offers/status", operatorToken, OfferQuery{o.url + "/offers/x"}, 404},
		{"status of somebody else's offer", "/offers/status", operatorToken, OfferQuery{"https://a.example/offers/x"}, 404},
		{"confirmation without a token", "/guardian-confirmations", "", Confirmation{good.DocumentType, good.DocumentNumber, true}, 401},
		{"confirmation that nobody awaits", "/guardian-confirmations", operatorToken, Confirmation{good.DocumentType, good.DocumentNumber, true}, 409},
		{"confirmation for an unknown person", "/guardian-confirmations", operatorToken, Confirmation{good.DocumentType, "1", true}, 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			if status, m := o.post(c.path, c.token, c.body); status != c.status {
				t.Errorf("got %d %v, want %d", status, m, c.status)
			}
		})
	}
}

// enrollChild enrolls somebody who needs a guardian, and gives the offer.
func (o *town) enrollChild() (*openid4vci.Offer, Person) {
	o.t.Helper()
	s, g := o.submission(child, spec.ResidentIdentityCard, mint.Options{}), o.submission(adult, spec.ResidentIdentityCard, mint.Options{})
	s.Guardian = &enrollment.GuardianSubmission{
		Document: g.Document, Face: g.Face, Relation: spec.Parent, Part: spec.Applies, Consent: true,
	}
	offer := o.enroll(s)
	return offer, o.server.People()[0]
}

// TestCredentialWaitsForTheGuardian: R-ISS-04.
func TestCredentialWaitsForTheGuardian(t *testing.T) {
	o := newTown(t, "", func(c *Config) { c.AwaitGuardian = true })
	offer, p := o.enrollChild()
	if p.Guardian != Awaited {
		t.Fatalf("guardian state %d", p.Guardian)
	}
	_, grant, err := o.wallet.Accept(t.Context(), offer, PersonSDJWT, "", holderKeys(t, 1))
	var later *openid4vci.Deferred
	if !errors.As(err, &later) || later.Interval != guardianInterval {
		t.Fatalf("got %v, want a deferral", err)
	}
	if _, grant, err = o.wallet.Fetch(t.Context(), grant, later); !errors.As(err, &later) {
		t.Fatalf("got %v, want a deferral", err)
	}
	if len(o.server.People()[0].Issued) != 0 {
		t.Error("something was issued")
	}
	if err := o.operator().Confirm(t.Context(), Confirmation{string(p.Attributes.DocumentKind), p.Attributes.DocumentNumber, true}); err != nil {
		t.Fatal(err)
	}
	got, _, err := o.wallet.Fetch(t.Context(), grant, later)
	if err != nil {
		t.Fatal(err)
	}
	if v := o.verify(got[0]); v.Claims[spec.GuardianConsent] != true {
		t.Errorf("claims %v", v.Claims)
	}
}

func TestGuardianWhoDoesNotConsent(t *testing.T) {
	o := newTown(t, "", func(c *Config) { c.AwaitGuardian = true })
	offer, p := o.enrollChild()
	_, grant, err := o.wallet.Accept(t.Context(), offer, PersonBBS, "", nil)
	var later *openid4vci.Deferred
	if !errors.As(err, &later) {
		t.Fatal(err)
	}
	if err := o.operator().Confirm(t.Context(), Confirmation{string(p.Attributes.DocumentKind), p.Attributes.DocumentNumber, false}); err != nil {
		t.Fatal(err)
	}
	var refusal *openid4vci.Error
	if _, _, err := o.wallet.Fetch(t.Context(), grant, later); !errors.As(err, &refusal) || refusal.Code != openid4vci.CredentialRequestDenied {
		t.Errorf("got %v", err)
	}
}

func TestAdultWaitsForNobody(t *testing.T) {
	o := newTown(t, "", func(c *Config) { c.AwaitGuardian = true })
	if _, _, err := o.wallet.Accept(t.Context(), o.enroll(o.submission(adult, spec.ResidentIdentityCard, mint.Options{})), PersonBBS, "", nil); err != nil {
		t.Error(err)
	}
}

func TestSignedMetadataOfTheIssuer(t *testing.T) {
	o := newTown(t, "", nil)
	o.wallet.Trust = &openid4vci.MetadataTrust{Keys: o.server.JWKS()}
	if m, err := o.wallet.Metadata(t.Context(), o.url); err != nil || m.Issuer != o.url {
		t.Errorf("got %+v, %v", m, err)
	}
	stranger := newTown(t, "", nil)
	o.wallet.Trust = &openid4vci.MetadataTrust{Keys: stranger.server.JWKS()}
	if _, err := o.wallet.Metadata(t.Context(), o.url); err == nil {
		t.Error("metadata with another issuer's signature was taken")
	}
}

func TestDPoPRequired(t *testing.T) {
	o := newTown(t, "", func(c *Config) { c.RequireDPoP = true })
	offer := o.enroll(o.submission(adult, spec.ResidentIdentityCard, mint.Options{}))
	form := "grant_type=urn:ietf:params:oauth:grant-type:pre-authorized_code&pre-authorized_code=" + offer.Grants.PreAuthorized.Code
	if status, m := o.send(http.MethodPost, "/token", "", "application/x-www-form-urlencoded", []byte(form)); status != 400 || m["error"] != openid4vci.InvalidDPoPProof {
		t.Errorf("got %d %v", status, m)
	}
	o.accept(offer, PersonBBS, nil)
}
