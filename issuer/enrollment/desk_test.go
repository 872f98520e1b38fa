package enrollment

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

const phone = "+8613000000001"

// office is a desk with its simulated surroundings.
type office struct {
	*Desk
	gateway   *SimulatedGateway
	authority *mint.Authority
	now       time.Time
}

func newOffice(t testing.TB, ruleSet string) *office {
	t.Helper()
	authority, err := mint.NewAuthority(1)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{gateway: &SimulatedGateway{}, authority: authority, now: today.Time().Add(10 * time.Hour)}
	clock := func() time.Time { return o.now }
	o.Desk = &Desk{
		Rules: rules(t, ruleSet), Trust: authority.Trust(),
		Phones: &PhoneCodes{Sender: o.gateway, Now: clock}, Now: clock,
	}
	return o
}

func (o *office) issue(t testing.TB, name, birth string, kind spec.DocumentKind, options mint.Options) *mint.Document {
	t.Helper()
	person := mint.Person{Name: name, Sex: document.Female, BirthDate: day(t, birth)}
	if kind == spec.ForeignPermanentResidentCard {
		person.Nationality = "CAN"
	}
	d, err := o.authority.Issue(person, kind, options)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// submission is that of somebody whose evidence holds.
func (o *office) submission(t testing.TB, d *mint.Document) Submission {
	t.Helper()
	if err := o.SendPhoneCode(t.Context(), phone); err != nil {
		t.Fatal(err)
	}
	code, ok := o.gateway.Read(phone)
	if !ok {
		t.Fatal("no code arrived")
	}
	return Submission{Document: d.Presented, Face: d.LiveFace(7), Phone: phone, PhoneCode: code, Consent: true}
}

func (o *office) guardian(t testing.TB, part spec.GuardianPart) *GuardianSubmission {
	t.Helper()
	d := o.issue(t, "Ceshi Muqin", "1985-05-05", spec.ResidentIdentityCard, mint.Options{})
	return &GuardianSubmission{Document: d.Presented, Face: d.LiveFace(9), Relation: spec.Parent, Part: part, Consent: true}
}

// becomeChild makes the applicant a child; the guardian's part stays.
func (o *office) becomeChild(s *Submission) {
	d, err := o.authority.Issue(mint.Person{Name: "Ceshi Xiao", Sex: document.Male, BirthDate: today.AddDays(-3000)}, spec.ResidentIdentityCard, mint.Options{})
	if err != nil {
		panic(err)
	}
	s.Document, s.Face = d.Presented, d.LiveFace(3)
}

// R-GRD-07: whom an adult brings along is not even looked at.
func TestAdultWithGuardian(t *testing.T) {
	o := newOffice(t, spec.National)
	s := o.submission(t, o.issue(t, "Ceshi Jia", "1990-02-28", spec.ResidentIdentityCard, mint.Options{}))
	s.Guardian = &GuardianSubmission{Document: document.Presented{Kind: spec.ForeignPassport}, Consent: true}
	enrolled, err := o.Enroll(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if enrolled.Attributes.GuardianConsent {
		t.Error("a guardian consented for an adult")
	}
}

func TestEnrollEveryAcceptedKind(t *testing.T) {
	o := newOffice(t, "inclusive")
	for _, kind := range spec.KnownKinds {
		t.Run(string(kind), func(t *testing.T) {
			d := o.issue(t, "Ceshi Jia", "1990-02-28", kind, mint.Options{})
			enrolled, err := o.Enroll(t.Context(), o.submission(t, d))
			if err != nil {
				t.Fatal(err)
			}
			if enrolled.Attributes.DocumentNumber != d.Number || enrolled.Attributes.DocumentKind != kind {
				t.Errorf("%+v", enrolled.Attributes)
			}
		})
	}
}

// Every claim is there, in the types of spec/claims.md, for everybody.
func TestClaims(t *testing.T) {
	o := newOffice(t, spec.National)
	s := o.submission(t, o.issue(t, "Ceshi Xiao", "2012-11-23", spec.ResidentIdentityCard, mint.Options{}))
	s.Guardian = o.guardian(t, spec.Applies)
	enrolled, err := o.Enroll(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	a := enrolled.Attributes
	child := a.Claims(today)
	for _, c := range spec.Claims {
		if _, ok := child[c]; !ok {
			t.Errorf("no claim %s", c)
		}
	}
	if len(child) != len(spec.Claims) {
		t.Errorf("%d claims, want %d", len(child), len(spec.Claims))
	}
	for claim, want := range map[string]any{
		spec.RealPerson: true, spec.AgeBand: "12-15", spec.AgeOver12: true, spec.AgeOver14: false, spec.GuardianConsent: true,
		spec.Sex: "female", spec.BirthDate: "2012-11-23", spec.DocumentType: "resident-identity-card", spec.PhoneNumber: phone,
	} {
		if child[claim] != want {
			t.Errorf("%s: %v, want %v", claim, child[claim], want)
		}
	}
	if tomorrow := a.Claims(today.AddDays(1)); tomorrow[spec.AgeOver14] != true {
		t.Error("not over 14 on the birthday")
	}
	if grown := a.Claims(day(t, "2030-11-23")); grown[spec.GuardianConsent] != false || grown[spec.AgeOver18] != true {
		t.Errorf("guardian's consent %v at 18", grown[spec.GuardianConsent])
	}
	var back Attributes
	if b, err := json.Marshal(a); err != nil || json.Unmarshal(b, &back) != nil || back != a {
		t.Errorf("attributes do not survive JSON: %+v", back)
	}
}

// What a document leaves open is said to be open, never left out.
func TestClaimsOfOpenDocuments(t *testing.T) {
	o := newOffice(t, spec.National)
	d, err := o.authority.Issue(mint.Person{Name: "Ceshi Bing", BirthDate: day(t, "1960-02-29")}, spec.TaiwanTravelPermit, mint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	enrolled, err := o.Enroll(t.Context(), o.submission(t, d))
	if err != nil {
		t.Fatal(err)
	}
	if got := enrolled.Attributes.Claims(today)[spec.Sex]; got != Unspecified {
		t.Errorf("sex %v", got)
	}
	card := o.issue(t, "Ceshi Ding", "1960-02-29", spec.ResidentIdentityCard, mint.Options{Permanent: true})
	if enrolled, err = o.Enroll(t.Context(), o.submission(t, card)); err != nil {
		t.Fatal(err)
	}
	if got := enrolled.Attributes.Claims(today)[spec.DocumentExpiry]; got != Permanent {
		t.Errorf("expiry %v", got)
	}
}

// The reasons of an enrollment name the evidence that was checked, and the
// simulated match as simulated.
func TestEnrollNamesTheEvidence(t *testing.T) {
	o := newOffice(t, spec.National)
	s := o.submission(t, o.issue(t, "Ceshi Jia", "1990-02-28", spec.HongKongMacauTravelPermit, mint.Options{}))
	s.Password = "48151623"
	enrolled, err := o.Enroll(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range enrolled.Decision.Reasons {
		ids = append(ids, r.Rule)
		if r.Rule == spec.RuleFace && !strings.Contains(r.Detail, "simulated") {
			t.Errorf("the face match is said to be %q", r.Detail)
		}
	}
	want := []string{"R-ENR-05", "R-ENR-06", "R-ENR-07", "R-ENR-08", "R-ENR-01", "R-ENR-02", "R-ENR-03", "R-ENR-04", "R-AGE-04", "R-AGE-03", "R-GRD-07"}
	if !slices.Equal(ids, want) {
		t.Errorf("%v spoke, want %v", ids, want)
	}
}

// Evidence that does not hold: the check, the rule and the field are named.
func TestEvidenceRefused(t *testing.T) {
	for _, c := range []struct {
		name               string
		kind               spec.DocumentKind
		options            mint.Options
		change             func(*office, *Submission)
		check, rule, field string
	}{
		{"a changed byte in DG1", spec.TaiwanTravelPermit, mint.Options{}, func(_ *office, s *Submission) { s.Document.Chip.DG1[60] ^= 1 }, "sod-hash", "R-ENR-05", "document.chip.dg1"},
		{"a changed byte in the portrait", spec.TaiwanTravelPermit, mint.Options{}, func(_ *office, s *Submission) { s.Document.Chip.DG2[500] ^= 1 }, "sod-hash", "R-ENR-05", "document.chip.dg2"},
		{"a register record of another authority", spec.ResidentIdentityCard, mint.Options{}, func(o *office, s *Submission) {
			other, _ := mint.NewAuthority(2)
			d, _ := other.Issue(mint.Person{Name: "Ceshi", Sex: document.Male, BirthDate: spec.Date{Year: 1990, Month: 1, Day: 1}}, spec.ResidentIdentityCard, mint.Options{})
			s.Document = d.Presented
		}, "record-signature", "R-ENR-05", "document.record"},
		{"a passport of nobody settled abroad", spec.OverseasChinesePassport, mint.Options{NotSettled: true}, nil, "settled-abroad", "R-ENR-01", "document.residence_note"},
		{"a passport without a residence note", spec.OverseasChinesePassport, mint.Options{NoResidenceNote: true}, nil, "settled-abroad", "R-ENR-01", "document.residence_note"},
		{"somebody else's face", spec.ResidentIdentityCard, mint.Options{}, func(o *office, s *Submission) {
			s.Face, _ = mint.LiveFace(mint.Portrait("another"), 1)
		}, "face", "R-ENR-06", "face"},
		{"no face", spec.ResidentIdentityCard, mint.Options{}, func(_ *office, s *Submission) { s.Face = nil }, "face", "R-ENR-06", "face"},
		{"a wrong code", spec.ResidentIdentityCard, mint.Options{}, func(_ *office, s *Submission) { s.PhoneCode = wrong(s.PhoneCode) }, "phone-code-wrong", "R-ENR-07", "phone_code"},
		{"another phone", spec.ResidentIdentityCard, mint.Options{}, func(_ *office, s *Submission) { s.Phone = "+8613000000002" }, "phone-code-none", "R-ENR-07", "phone_code"},
		{"a late code", spec.ResidentIdentityCard, mint.Options{}, func(o *office, _ *Submission) { o.now = o.now.Add(5 * time.Minute) }, "phone-code-expired", "R-ENR-07", "phone_code"},
		{"a consecutive password", spec.ResidentIdentityCard, mint.Options{}, func(_ *office, s *Submission) { s.Password = "12345678" }, "password", "R-ENR-08", "password"},
		{"a guardian whose chip was changed", spec.ResidentIdentityCard, mint.Options{}, func(o *office, s *Submission) {
			d, _ := o.authority.Issue(mint.Person{Name: "Ceshi Fuqin", Sex: document.Male, BirthDate: spec.Date{Year: 1980, Month: 1, Day: 1}}, spec.TaiwanTravelPermit, mint.Options{})
			d.Presented.Chip.DG1[60] ^= 1
			s.Guardian = &GuardianSubmission{Document: d.Presented, Face: d.LiveFace(1)}
			o.becomeChild(s)
		}, "sod-hash", "R-GRD-05", "guardian.document.chip.dg1"},
		{"a guardian who is not there", spec.ResidentIdentityCard, mint.Options{}, func(o *office, s *Submission) {
			d, _ := o.authority.Issue(mint.Person{Name: "Ceshi Fuqin", Sex: document.Male, BirthDate: spec.Date{Year: 1980, Month: 1, Day: 1}}, spec.ResidentIdentityCard, mint.Options{})
			s.Guardian = &GuardianSubmission{Document: d.Presented, Face: s.Face}
			o.becomeChild(s)
		}, "face", "R-ENR-06", "guardian.face"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOffice(t, spec.National)
			s := o.submission(t, o.issue(t, "Ceshi Jia", "1990-02-28", c.kind, c.options))
			if c.change != nil {
				c.change(o, &s)
			}
			enrolled, err := o.Enroll(t.Context(), s)
			var e *EvidenceError
			if !errors.As(err, &e) {
				t.Fatalf("%v, %v, want an EvidenceError", enrolled, err)
			}
			if e.Check != c.check || e.Rule != c.rule || e.Field != c.field {
				t.Errorf("check %s, rule %s, field %s; want %s, %s, %s: %v", e.Check, e.Rule, e.Field, c.check, c.rule, c.field, err)
			}
			for _, part := range []string{c.check, c.rule, c.field} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not name %q", err, part)
				}
			}
		})
	}
}

func wrong(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

// Evidence holds and the rules refuse: the decision says which.
func TestRulesRefuseAtTheDesk(t *testing.T) {
	for _, c := range []struct {
		name    string
		birth   string
		kind    spec.DocumentKind
		options mint.Options
		change  func(*testing.T, *office, *Submission)
		rule    string
	}{
		{"a document of an excluded kind", "1990-01-01", spec.UNHCRCertificate, mint.Options{}, nil, "R-ENR-01"},
		{"an excluded kind, changed, which is not even read", "1990-01-01", spec.ForeignPassport, mint.Options{}, func(_ *testing.T, _ *office, s *Submission) { s.Document.Chip = nil }, "R-ENR-01"},
		{"an expired document", "1990-01-01", spec.ResidentIdentityCard, mint.Options{Expires: spec.Date{Year: 2026, Month: 11, Day: 21}}, nil, "R-ENR-02"},
		{"no declared will", "1990-01-01", spec.ResidentIdentityCard, mint.Options{}, func(_ *testing.T, _ *office, s *Submission) { s.Consent = false }, "R-ENR-03"},
		{"a 13-year-old alone", "2012-11-23", spec.ResidentIdentityCard, mint.Options{}, nil, "R-GRD-01"},
		{"a guardian who is a minor", "2012-11-23", spec.ResidentIdentityCard, mint.Options{}, func(t *testing.T, o *office, s *Submission) {
			s.Guardian = o.guardian(t, spec.Applies)
			d := o.issue(t, "Ceshi Gege", "2009-01-01", spec.ResidentIdentityCard, mint.Options{})
			s.Guardian.Document, s.Guardian.Face = d.Presented, d.LiveFace(1)
		}, "R-GRD-04"},
		{"a guardian with an excluded document", "2012-11-23", spec.ResidentIdentityCard, mint.Options{}, func(t *testing.T, o *office, s *Submission) {
			s.Guardian = o.guardian(t, spec.Applies)
			s.Guardian.Document = o.issue(t, "Ceshi Muqin", "1985-01-01", spec.ForeignPassport, mint.Options{}).Presented
		}, "R-GRD-05"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOffice(t, spec.National)
			s := o.submission(t, o.issue(t, "Ceshi Jia", c.birth, c.kind, c.options))
			if c.change != nil {
				c.change(t, o, &s)
			}
			_, err := o.Enroll(t.Context(), s)
			var refusal *Refusal
			if !errors.As(err, &refusal) {
				t.Fatalf("%v, want a Refusal", err)
			}
			first, ok := refusal.Decision.Refusing()
			if !ok || first.Rule != c.rule || refusal.Decision.Outcome != spec.Refused {
				t.Errorf("%+v", refusal.Decision)
			}
			for _, part := range []string{c.rule, first.Field} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not name %q", err, part)
				}
			}
		})
	}
}

func TestDeskWithoutTrustTrustsNobody(t *testing.T) {
	o := newOffice(t, spec.National)
	s := o.submission(t, o.issue(t, "Ceshi Jia", "1990-01-01", spec.ResidentIdentityCard, mint.Options{}))
	o.Trust = nil
	var e *EvidenceError
	if _, err := o.Enroll(t.Context(), s); !errors.As(err, &e) || e.Rule != "R-ENR-05" {
		t.Errorf("%v", err)
	}
	if _, err := (&Desk{}).Enroll(context.Background(), s); err == nil {
		t.Error("a desk without rules enrolled somebody")
	}
}

func TestSubmissionsRefused(t *testing.T) {
	for _, c := range []struct{ name, json string }{
		{"an unknown member", `{"sex":"male"}`},
		{"a member twice", `{"phone":"+861","phone":"+862"}`},
		{"a member twice in other case", `{"phone":"+861","Phone":"+862"}`},
		{"a member twice inside", `{"guardian":{"part":"applies","part":"supervises"}}`},
		{"two values", `{} {}`},
		{"an array", `[]`},
		{"deep nesting", `{"face":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `}`},
		{"an unknown member of the document", `{"document":{"colour":"red"}}`},
		{"too large", `{"phone":"` + strings.Repeat("0", MaxSubmission) + `"}`},
		{"nothing", ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseSubmission([]byte(c.json))
			var e *EvidenceError
			if !errors.As(err, &e) {
				t.Errorf("%v, want an EvidenceError", err)
			}
		})
	}
}

func FuzzParseSubmission(f *testing.F) {
	o := newOffice(f, spec.National)
	s := o.submission(f, o.issue(f, "Ceshi Jia", "1990-01-01", spec.TaiwanTravelPermit, mint.Options{}))
	s.Guardian = o.guardian(f, spec.Applies)
	b, err := json.Marshal(s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"document":{"kind":"resident-identity-card"},"guardian":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseSubmission(b)
		if err != nil {
			var e *EvidenceError
			if !errors.As(err, &e) {
				t.Fatalf("%v is no EvidenceError", err)
			}
			return
		}
		again, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseSubmission(again); err != nil {
			t.Fatalf("own output refused: %v", err)
		}
	})
}
