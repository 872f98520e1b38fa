package issuer

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
)

// TestEnrollmentRefuses sends applications that must not be enrolled: status
// 403 with the check, the rule and the field, and nothing is remembered.
func TestEnrollmentRefuses(t *testing.T) {
	for _, c := range []struct {
		name               string
		make               func(o *town) *enrollment.Submission
		check, rule, field string
	}{
		{"child alone", func(o *town) *enrollment.Submission {
			return o.submission(child, spec.ResidentIdentityCard, mint.Options{})
		}, "rules", "", ""},
		{"guardian who is a minor", func(o *town) *enrollment.Submission {
			s := o.submission(child, spec.ResidentIdentityCard, mint.Options{})
			g := o.submission(teen, spec.ResidentIdentityCard, mint.Options{})
			s.Guardian = &enrollment.GuardianSubmission{Document: g.Document, Face: g.Face, Relation: spec.Parent, Part: spec.Applies, Consent: true}
			return s
		}, "rules", "", ""},
		{"excluded kind of document", func(o *town) *enrollment.Submission {
			return o.submission(adult, spec.UNHCRCertificate, mint.Options{})
		}, "rules", spec.RuleAcceptedKind, "document.kind"},
		{"expired document", func(o *town) *enrollment.Submission {
			return o.submission(adult, spec.ResidentIdentityCard, mint.Options{Issued: spec.Date{Year: 2005, Month: 1, Day: 1}, Expires: spec.Date{Year: 2025, Month: 1, Day: 1}})
		}, "rules", "", "document"},
		{"changed portrait", func(o *town) *enrollment.Submission {
			return o.submission(adult, spec.TaiwanTravelPermit, mint.Options{Defect: mint.ChangedPortrait})
		}, "", spec.RuleAuthentic, "document"},
		{"unknown signer", func(o *town) *enrollment.Submission {
			return o.submission(adult, spec.TaiwanTravelPermit, mint.Options{Defect: mint.UnknownSigner})
		}, "", spec.RuleAuthentic, "document"},
		{"wrong check digit", func(o *town) *enrollment.Submission {
			return o.submission(adult, spec.ResidentIdentityCard, mint.Options{Defect: mint.WrongCheckDigit})
		}, "", spec.RuleAuthentic, "document"},
		{"somebody else's face", func(o *town) *enrollment.Submission {
			s := o.submission(adult, spec.ResidentIdentityCard, mint.Options{})
			s.Face = o.submission(teen, spec.ResidentIdentityCard, mint.Options{}).Face
			return s
		}, "face", spec.RuleFace, "face"},
		{"no phone code", func(o *town) *enrollment.Submission {
			s := o.submission(adult, spec.ResidentIdentityCard, mint.Options{})
			s.Phone = "+861000000098"
			return s
		}, "phone-code-none", spec.RulePhone, "phone_code"},
		{"no consent", func(o *town) *enrollment.Submission {
			s := o.submission(adult, spec.ResidentIdentityCard, mint.Options{})
			s.Consent = false
			return s
		}, "rules", "", "consent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newTown(t, "", nil)
			status, m := o.post("/enrollments", "", c.make(o))
			if status != http.StatusForbidden || m["error"] != "enrollment_refused" {
				t.Fatalf("got %d %v", status, m)
			}
			got := func(name string) string { s, _ := m[name].(string); return s }
			if got("check") == "" || got("rule") == "" || got("field") == "" {
				t.Errorf("the refusal does not name its check, rule and field: %v", m)
			}
			if c.check != "" && got("check") != c.check || c.rule != "" && got("rule") != c.rule || !strings.HasPrefix(got("field"), c.field) {
				t.Errorf("got check %s, rule %s, field %s", got("check"), got("rule"), got("field"))
			}
			if m["credential_offer"] != nil || m["credential_offer_uri"] != nil || len(o.server.People()) != 0 {
				t.Error("something was issued or remembered")
			}
		})
	}
}

func TestPhoneCodeWrongSixTimes(t *testing.T) {
	o := newTown(t, "", nil)
	s := o.submission(adult, spec.ResidentIdentityCard, mint.Options{})
	right := s.PhoneCode
	s.PhoneCode = "x"
	for i := range 6 {
		status, m := o.post("/enrollments", "", s)
		want := "phone-code-wrong"
		if i == 5 {
			want = "phone-code-locked"
		}
		if status != 403 || m["check"] != want || m["rule"] != spec.RulePhone {
			t.Errorf("try %d: %d %v, want %s", i+1, status, m, want)
		}
	}
	s.PhoneCode = right
	if status, m := o.post("/enrollments", "", s); status != 403 || m["check"] != "phone-code-locked" {
		t.Errorf("the right code after them: %d %v", status, m)
	}
}

func TestRequestsRefuse(t *testing.T) {
	o := newTown(t, "", nil)
	const order = `{"document_type":"resident-identity-card","document_number":"1"}`
	for _, c := range []struct {
		name, method, path, token, kind, body string
		status                                int
	}{
		{"enrollment by GET", "GET", "/enrollments", "", "application/json", "", 405},
		{"enrollment as a form", "POST", "/enrollments", "", "application/x-www-form-urlencoded", "a=b", 415},
		{"oversized enrollment", "POST", "/enrollments", "", "application/json", `{"phone":"` + strings.Repeat("1", enrollment.MaxSubmission) + `"}`, 413},
		{"enrollment that is not JSON", "POST", "/enrollments", "", "application/json", "{", 403},
		{"enrollment with a repeated member", "POST", "/enrollments", "", "application/json", `{"phone":"1","phone":"2"}`, 403},
		{"enrollment with something in the query", "POST", "/enrollments?phone=1", "", "application/json", "{}", 400},
		{"phone code for no number", "POST", "/enrollments/phone-codes", "", "application/json", `{"phone":"tel"}`, 403},
		{"phone code request with a repeated member", "POST", "/enrollments/phone-codes", "", "application/json", `{"phone":"+861000000001","Phone":"+861000000002"}`, 400},
		{"phone code request with another member", "POST", "/enrollments/phone-codes", "", "application/json", `{"phone":"+861000000001","name":"x"}`, 400},
		{"oversized phone code request", "POST", "/enrollments/phone-codes", "", "application/json", `{"phone":"` + strings.Repeat("1", 2000) + `"}`, 413},
		{"order without token", "POST", "/restrictions", "", "application/json", order, 401},
		{"order with another token", "POST", "/restrictions", operatorToken + "x", "application/json", order, 401},
		{"order with its token in the query", "POST", "/restrictions?access_token=x", operatorToken, "application/json", order, 400},
		{"order against nobody", "POST", "/restrictions", operatorToken, "application/json", order, 404},
		{"order of an unknown kind", "POST", "/restrictions", operatorToken, "application/json", `{"document_type":"x","document_number":"1"}`, 400},
		{"order without a number", "POST", "/restrictions", operatorToken, "application/json", `{"document_type":"resident-identity-card"}`, 400},
		{"order that singles out a platform", "POST", "/restrictions", operatorToken, "application/json", strings.Replace(order, "{", `{"platform":"games",`, 1), 400},
		{"order with a repeated member", "POST", "/restrictions", operatorToken, "application/json", strings.Replace(order, "{", `{"document_number":"2",`, 1), 400},
		{"order followed by another", "POST", "/restrictions", operatorToken, "application/json", order + order, 400},
		{"nested order", "POST", "/restrictions", operatorToken, "application/json", `{"document_type":["resident-identity-card"]}`, 400},
		{"unknown path", "GET", "/people", "", "application/json", "", 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			if status, m := o.send(c.method, c.path, c.token, c.kind, []byte(c.body)); status != c.status || m["error"] == nil {
				t.Errorf("got %d %v, want %d", status, m, c.status)
			}
		})
	}
	t.Run("order to an issuer without operator", func(t *testing.T) {
		o := newTown(t, "", func(c *Config) { c.OperatorToken = "" })
		if status, m := o.send("POST", "/restrictions", "", "application/json", []byte(order)); status != 404 {
			t.Errorf("got %d %v", status, m)
		}
	})
}

// TestRestrictedPersonRenewing follows an order from its day to the end of
// the epoch.
func TestRestrictedPersonRenewing(t *testing.T) {
	o := newTown(t, "", nil)
	s := o.submission(adult, spec.ResidentIdentityCard, mint.Options{})
	held, grant := o.accept(o.enroll(s), PersonSDJWT, holderKeys(t, 1))
	pending := o.enroll(again(o, s))
	order := Order{DocumentType: string(spec.ResidentIdentityCard), DocumentNumber: o.server.People()[0].Attributes.DocumentNumber}

	status, m := o.post("/restrictions", operatorToken, order)
	_, until := spec.Epoch(o.now())
	if status != 200 || m["restricted"] != true || m["since"] != "2026-11-22" {
		t.Fatalf("order: %d %v", status, m)
	}
	if got, err := time.Parse(time.RFC3339, m["issued_credentials_valid_until"].(string)); err != nil || !got.Equal(until) {
		t.Errorf("the operator is told %v (%v), want %v", m["issued_credentials_valid_until"], err, until)
	}

	_, _, err := o.wallet.Renew(t.Context(), grant, PersonSDJWT, holderKeys(t, 1))
	if !refusedWith(err, openid4vci.AccessDenied) || !strings.Contains(err.Error(), "ordered on 2026-11-22 not to renew") {
		t.Errorf("renewal: %v, want access_denied that says why", err)
	}
	if _, _, err := o.wallet.Accept(t.Context(), pending, PersonBBS, "", nil); !refusedWith(err, openid4vci.CredentialRequestDenied) {
		t.Errorf("an offer from before the order: %v, want credential_request_denied", err)
	}
	if status, m := o.post("/enrollments", "", again(o, s)); status != 403 || m["check"] != "restriction-order" {
		t.Errorf("enrolling again: %d %v", status, m)
	}

	o.travelTo(until.Add(-time.Second))
	o.verify(held[0]) // still valid: the order has not reached it

	order.Lift = true
	if status, m := o.post("/restrictions", operatorToken, order); status != 200 || m["restricted"] != false {
		t.Fatalf("lifting: %d %v", status, m)
	}
	if _, _, err := o.wallet.Renew(t.Context(), grant, PersonSDJWT, holderKeys(t, 1)); err != nil {
		t.Errorf("renewal after the order was lifted: %v", err)
	}
}

func again(o *town, s *enrollment.Submission) *enrollment.Submission {
	c := *s
	c.PhoneCode = o.phoneCode(c.Phone)
	return &c
}

func refusedWith(err error, code string) bool {
	var e *openid4vci.Error
	return errors.As(err, &e) && e.Code == code
}

func TestBatchOverTheLimit(t *testing.T) {
	o := newTown(t, "", nil)
	offer := o.enroll(o.submission(adult, spec.ResidentIdentityCard, mint.Options{}))
	if got, _, err := o.wallet.Accept(t.Context(), offer, PersonSDJWT, "", holderKeys(t, 5)); err == nil {
		t.Errorf("%d credentials in a batch of at most 4", len(got))
	}
	if p := o.server.People()[0]; len(p.Issued) != 0 {
		t.Errorf("issued %v", p.Issued)
	}
}

func TestFiftyParallelRedemptionsOfWhichOneWins(t *testing.T) {
	o := newTown(t, "", nil)
	offer := o.enroll(o.submission(adult, spec.ResidentIdentityCard, mint.Options{}))
	var mu sync.Mutex
	var wg sync.WaitGroup
	won := 0
	for range 50 {
		wg.Go(func() {
			got, _, err := o.wallet.Accept(t.Context(), offer, PersonBBS, "", nil)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won += len(got)
			} else if !refusedWith(err, openid4vci.InvalidGrant) {
				t.Errorf("a loser got %v", err)
			}
		})
	}
	wg.Wait()
	if p := o.server.People()[0]; won != 1 || p.Issued[PersonBBS] != 1 {
		t.Errorf("%d credentials were had and %v issued", won, p.Issued)
	}
}
