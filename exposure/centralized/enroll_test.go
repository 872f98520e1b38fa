package centralized

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

const identityCard = spec.ResidentIdentityCard

// TestEnrollmentRefuses sends applications that get no account: the refusal
// names the check, the rule and the field, and nothing is remembered.
func TestEnrollmentRefuses(t *testing.T) {
	changed := func(change func(*enrollment.Submission)) func(*town) enrollment.Submission {
		return func(o *town) enrollment.Submission {
			s := o.submission(adult, identityCard, mint.Options{})
			change(&s)
			return s
		}
	}
	document := func(kind spec.DocumentKind, options mint.Options) func(*town) enrollment.Submission {
		return func(o *town) enrollment.Submission { return o.submission(adult, kind, options) }
	}
	for _, c := range []struct {
		name               string
		make               func(o *town) enrollment.Submission
		check, rule, field string // the field: how it begins
	}{
		{"a child alone", func(o *town) enrollment.Submission { return o.submission(child, identityCard, mint.Options{}) }, "rules", "R-GRD-01", "guardian"},
		{"a teenager alone", func(o *town) enrollment.Submission { return o.submission(teen, identityCard, mint.Options{}) }, "rules", "R-GRD-03", "guardian"},
		{"a guardian who is a minor", func(o *town) enrollment.Submission {
			return o.withGuardian(o.submission(child, identityCard, mint.Options{}), teen, spec.Applies)
		}, "rules", "R-GRD-04", "guardian"},
		{"a guardian who does not consent", func(o *town) enrollment.Submission {
			s := o.withGuardian(o.submission(child, identityCard, mint.Options{}), guardian, spec.Applies)
			s.Guardian.Consent = false
			return s
		}, "rules", "R-GRD-02", "guardian"},
		{"an excluded kind of document", document(spec.UNHCRCertificate, mint.Options{}), "rules", "R-ENR-01", "document.kind"},
		{"an expired document", document(identityCard, mint.Options{
			Issued: spec.Date{Year: 2005, Month: 1, Day: 1}, Expires: spec.Date{Year: 2025, Month: 1, Day: 1}}), "rules", "R-ENR-02", "document"},
		{"no will of one's own", changed(func(s *enrollment.Submission) { s.Consent = false }), "rules", "R-ENR-03", "consent"},
		{"a changed byte in DG1", document(spec.TaiwanTravelPermit, mint.Options{Defect: mint.ChangedZone}), "", "R-ENR-05", "document.chip"},
		{"a changed portrait", document(spec.TaiwanTravelPermit, mint.Options{Defect: mint.ChangedPortrait}), "", "R-ENR-05", "document.chip"},
		{"a changed signature", document(spec.TaiwanTravelPermit, mint.Options{Defect: mint.ChangedSignature}), "", "R-ENR-05", "document.chip"},
		{"an unknown signer", document(identityCard, mint.Options{Defect: mint.UnknownSigner}), "", "R-ENR-05", "document"},
		{"an expired signer", document(spec.TaiwanTravelPermit, mint.Options{Defect: mint.ExpiredSigner}), "", "R-ENR-05", "document.chip"},
		{"a wrong check digit", document(identityCard, mint.Options{Defect: mint.WrongCheckDigit}), "", "R-ENR-05", "document"},
		{"somebody else's face", func(o *town) enrollment.Submission {
			s := o.submission(adult, identityCard, mint.Options{})
			s.Face = o.submission(guardian, identityCard, mint.Options{}).Face
			return s
		}, "face", "R-ENR-06", "face"},
		{"a wrong code", changed(func(s *enrollment.Submission) { s.PhoneCode = "x" + s.PhoneCode[1:] }), "phone-code-wrong", "R-ENR-07", "phone_code"},
		{"a phone without a code", changed(func(s *enrollment.Submission) { s.Phone = "+861000000098" }), "phone-code-none", "R-ENR-07", "phone_code"},
		{"no password", changed(func(s *enrollment.Submission) { s.Password = "" }), "password", "R-ENR-08", "password"},
		{"a password that runs up", changed(func(s *enrollment.Submission) { s.Password = "12345678" }), "password", "R-ENR-08", "password"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newTown(t, Shared)
			app := &App{Service: o.url}
			_, err := app.Enroll(t.Context(), c.make(o))
			var refused *RefusalError
			if !errors.As(err, &refused) || refused.Status != http.StatusForbidden {
				t.Fatalf("got %v", err)
			}
			if refused.Check == "" || c.check != "" && refused.Check != c.check || refused.Rule != c.rule || !strings.HasPrefix(refused.Field, c.field) {
				t.Errorf("got check %s, rule %s, field %s", refused.Check, refused.Rule, refused.Field)
			}
			if text := err.Error(); !strings.Contains(text, refused.Check) || !strings.Contains(text, c.rule) || !strings.Contains(text, refused.Field) {
				t.Errorf("the error does not name them: %s", text)
			}
			if (refused.Decision != nil) != (c.check == "rules") {
				t.Errorf("decision %+v", refused.Decision)
			}
			if app.Certificate != "" || app.InternetNumber != "" || app.Password != "" || len(o.service.byNumber) != 0 || len(o.service.byDocument) != 0 {
				t.Error("something was given out or remembered")
			}
		})
	}
}

// A wrong code six times locks the phone, also for the right one.
func TestSixWrongCodes(t *testing.T) {
	o := newTown(t, Shared)
	s := o.submission(adult, identityCard, mint.Options{})
	right := s.PhoneCode
	app := &App{Service: o.url}
	for i, want := range []string{"phone-code-wrong", "phone-code-wrong", "phone-code-wrong", "phone-code-wrong", "phone-code-wrong", "phone-code-locked", "phone-code-locked"} {
		s.PhoneCode = "wrong!"
		if i == 6 {
			s.PhoneCode = right
		}
		_, err := app.Enroll(t.Context(), s)
		var refused *RefusalError
		if !errors.As(err, &refused) || refused.Check != want || refused.Rule != "R-ENR-07" {
			t.Errorf("try %d: %v, want check %s", i+1, err, want)
		}
	}
}

// A refused second enrollment leaves the first as it was, and a mistyped
// password does not use up the phone's code.
func TestRefusedEnrollmentLosesNothing(t *testing.T) {
	o := newTown(t, Shared)
	p := o.platform("10000001", "0001")
	app := o.adult()
	s := o.submission(adult, identityCard, mint.Options{})
	s.Password = "1234"
	again := &App{Service: o.url, Now: o.now}
	if _, err := again.Enroll(t.Context(), s); err == nil {
		t.Fatal("enrolled with four digits")
	}
	o.logIn(app, p, WithPasswordFace)

	s.Password = "97531864"
	if _, err := again.Enroll(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	o.logIn(again, p, WithPassword)
	if login, err := app.LogIn(t.Context(), p.url, Certificate, nil); err == nil || login.ResultCode != UnknownCertificate {
		t.Errorf("the superseded certificate: %+v, %v", login, err)
	}
}

// What is not a submission at all is answered with 400; what is the
// service's own failure tells nothing.
func TestEnrollmentMessages(t *testing.T) {
	o := newTown(t, Shared)
	for _, c := range []struct {
		name, path, body, check string
		status                  int
	}{
		{"not JSON", "/enrollments", "{", "submission-shape", 400},
		{"a repeated member", "/enrollments", `{"phone":"","phone":""}`, "submission-shape", 400},
		{"an unknown member", "/enrollments", `{"tier":"18-and-over"}`, "submission-shape", 400},
		{"too long", "/enrollments", strings.Repeat(" ", enrollment.MaxSubmission+1), "body", 413},
		{"empty", "/enrollments", `{}`, "password", 403},
		{"a phone that is none", "/enrollments/phone-codes", `{"phone":"110"}`, "phone-number", 403},
		{"a phone twice", "/enrollments/phone-codes", `{"phone":"+861000000001","Phone":"+861000000002"}`, "body", 400},
		{"a long phone", "/enrollments/phone-codes", `{"phone":"` + strings.Repeat("1", maxPhoneCodeRequest) + `"}`, "body", 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			var f Failure
			if status := o.send(http.MethodPost, o.url+c.path, "", c.body, &f); status != c.status || f.Check != c.check || f.Error == "" {
				t.Errorf("got %d %+v", status, f)
			}
		})
	}
	o.desk.Phones.Sender = nil
	var f Failure
	if status := o.send(http.MethodPost, o.url+"/enrollments/phone-codes", "", `{"phone":"+861000000001"}`, &f); status != 500 || strings.Contains(f.Error, "sender") {
		t.Errorf("a failure of the service: %d %+v", status, f)
	}
}
