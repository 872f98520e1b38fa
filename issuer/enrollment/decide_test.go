package enrollment

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/halfmask/halfmask/spec"
	"pgregory.net/rapid"
)

func rules(t testing.TB, name string) *spec.Rules {
	t.Helper()
	r, err := spec.LoadRules(name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func day(t testing.TB, s string) spec.Date {
	t.Helper()
	d, err := spec.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var today = spec.Date{Year: 2026, Month: 11, Day: 22}

// applicant is somebody who meets every rule alone when an adult.
func applicant(birth spec.Date) Application {
	return Application{
		Document:  Document{Kind: spec.ResidentIdentityCard, Expires: spec.Date{Year: 2030, Month: 1, Day: 1}},
		BirthDate: birth, Consent: true,
	}
}

// parent is a guardian who meets every rule.
func parent(part spec.GuardianPart) *Guardian {
	return &Guardian{
		Document:  Document{Kind: spec.ResidentIdentityCard, Expires: spec.Date{Year: 2030, Month: 1, Day: 1}},
		BirthDate: spec.Date{Year: 1985, Month: 6, Day: 1}, Relation: spec.Parent, Part: part, Consent: true,
	}
}

func against(d Decision) []string {
	ids := []string{}
	for _, r := range d.Against() {
		ids = append(ids, r.Rule)
	}
	return ids
}

// Each case names what was changed in an application that is accepted, and
// the rules that refuse it; none means that it is still accepted.
func TestDecide(t *testing.T) {
	adult, minor, child := day(t, "1990-02-28"), day(t, "2010-11-22"), day(t, "2012-11-23")
	for _, c := range []struct {
		name    string
		birth   spec.Date
		guard   *Guardian
		change  func(*Application)
		tier    spec.Tier
		refused []string
	}{
		{"an adult alone", adult, nil, nil, spec.From18, nil},
		{"an adult with a guardian, who has no part", adult, parent(spec.Applies), func(a *Application) { a.Guardian.Consent = false }, spec.From18, nil},
		{"a 16-year-old under supervision", minor, parent(spec.Supervises), nil, spec.From14To17, nil},
		{"a 16-year-old whose guardian does not consent", minor, parent(spec.Supervises), func(a *Application) { a.Guardian.Consent = false }, spec.From14To17, nil},
		{"a 13-year-old whose guardian applies", child, parent(spec.Applies), nil, spec.Under14, nil},
		{"a permanent card", adult, nil, func(a *Application) { a.Document.Permanent, a.Document.Expires = true, spec.Date{} }, spec.From18, nil},
		{"the last day of the document", adult, nil, func(a *Application) { a.Document.Expires = today }, spec.From18, nil},

		{"a 13-year-old alone", child, nil, nil, spec.Under14, []string{"R-GRD-01"}},
		{"a 13-year-old under mere supervision", child, parent(spec.Supervises), nil, spec.Under14, []string{"R-GRD-01"}},
		{"a 13-year-old without the guardian's consent", child, parent(spec.Applies), func(a *Application) { a.Guardian.Consent = false }, spec.Under14, []string{"R-GRD-02"}},
		{"a 16-year-old alone", minor, nil, nil, spec.From14To17, []string{"R-GRD-03"}},
		{"a 16-year-old in whose place the guardian applies", minor, parent(spec.Applies), nil, spec.From14To17, []string{"R-GRD-03"}},
		{"a guardian who is a minor", child, parent(spec.Applies), func(a *Application) { a.Guardian.BirthDate = day(t, "2008-11-23") }, spec.Under14, []string{"R-GRD-04"}},
		{"a guardian of no birth date", child, parent(spec.Applies), func(a *Application) { a.Guardian.BirthDate = spec.Date{} }, spec.Under14, []string{"R-GRD-04"}},
		{"a guardian whose document is excluded", child, parent(spec.Applies), func(a *Application) { a.Guardian.Document.Kind = spec.UNHCRCertificate }, spec.Under14, []string{"R-GRD-05"}},
		{"a guardian whose document expired", child, parent(spec.Applies), func(a *Application) { a.Guardian.Document.Expires = today.AddDays(-1) }, spec.Under14, []string{"R-GRD-05"}},
		{"a neighbour as guardian", child, parent(spec.Applies), func(a *Application) { a.Guardian.Relation = "neighbour" }, spec.Under14, []string{"R-GRD-06"}},

		{"a foreign passport", adult, nil, func(a *Application) { a.Document.Kind = spec.ForeignPassport }, spec.From18, []string{"R-ENR-01"}},
		{"a UNHCR certificate", adult, nil, func(a *Application) { a.Document.Kind = spec.UNHCRCertificate }, spec.From18, []string{"R-ENR-01"}},
		{"an asylum seeker's certificate", adult, nil, func(a *Application) { a.Document.Kind = spec.AsylumSeekerCertificate }, spec.From18, []string{"R-ENR-01"}},
		{"a one-way permit", adult, nil, func(a *Application) { a.Document.Kind = spec.OneWayPermit }, spec.From18, []string{"R-ENR-01"}},
		{"a community attestation", adult, nil, func(a *Application) { a.Document.Kind = spec.CommunityAttestation }, spec.From18, []string{"R-ENR-01"}},
		{"a kind nobody knows", adult, nil, func(a *Application) { a.Document.Kind = "library-card" }, spec.From18, []string{"R-ENR-01"}},
		{"no document", adult, nil, func(a *Application) { a.Document = Document{} }, spec.From18, []string{"R-ENR-01", "R-ENR-02"}},
		{"an expired document", adult, nil, func(a *Application) { a.Document.Expires = today.AddDays(-1) }, spec.From18, []string{"R-ENR-02"}},
		{"a permit that claims to be permanent", adult, nil, func(a *Application) {
			a.Document = Document{Kind: spec.TaiwanTravelPermit, Permanent: true}
		}, spec.From18, []string{"R-ENR-02"}},
		{"a permanent card with an expiry", adult, nil, func(a *Application) { a.Document.Permanent = true }, spec.From18, []string{"R-ENR-02"}},
		{"no declared will", adult, nil, func(a *Application) { a.Consent = false }, spec.From18, []string{"R-ENR-03"}},
		{"no birth date", spec.Date{}, nil, nil, "", []string{"R-ENR-04"}},
		{"a birth date in the future", today.AddDays(1), nil, nil, "", []string{"R-ENR-04"}},
		{"a birth date too long ago", day(t, "1895-01-01"), nil, nil, "", []string{"R-ENR-04"}},
		{"all at once", child, nil, func(a *Application) {
			a.Document = Document{Kind: spec.ForeignPassport, Expires: today.AddDays(-1)}
			a.Consent = false
		}, spec.Under14, []string{"R-ENR-01", "R-ENR-02", "R-ENR-03", "R-GRD-01"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := applicant(c.birth)
			a.Guardian = c.guard
			if c.change != nil {
				c.change(&a)
			}
			d := Decide(a, rules(t, spec.National), today)
			if d.Tier != c.tier {
				t.Errorf("tier %q, want %q", d.Tier, c.tier)
			}
			if got := against(d); !slices.Equal(got, c.refused) && len(got)+len(c.refused) > 0 {
				t.Errorf("refused by %v, want %v", got, c.refused)
			}
			if (d.Outcome == spec.Accepted) != (len(c.refused) == 0) {
				t.Errorf("outcome %s with %v against", d.Outcome, c.refused)
			}
			for _, r := range d.Reasons {
				if r.Text == "" || r.Field == "" {
					t.Errorf("%s speaks without text or field: %+v", r.Rule, r)
				}
				if !r.Passed && r.Detail == "" {
					t.Errorf("%s refuses without saying what was found", r.Rule)
				}
			}
		})
	}
}

// Every rule speaks, also those that were met. The evidence rules R-ENR-05
// to R-ENR-08 are Desk's.
func TestDecideNamesEveryRuleThatSpoke(t *testing.T) {
	spoken := func(birth string, g *Guardian) []string {
		a := applicant(day(t, birth))
		a.Guardian = g
		var ids []string
		for _, r := range Decide(a, rules(t, spec.National), today).Reasons {
			if !slices.Contains(ids, r.Rule) {
				ids = append(ids, r.Rule)
			}
		}
		return ids
	}
	common := []string{"R-ENR-01", "R-ENR-02", "R-ENR-03", "R-ENR-04", "R-AGE-04"}
	for _, c := range []struct {
		birth string
		guard *Guardian
		want  []string
	}{
		{"1990-01-01", nil, []string{"R-AGE-03", "R-GRD-07"}},
		{"2010-01-01", parent(spec.Supervises), []string{"R-AGE-02", "R-GRD-03", "R-GRD-06", "R-GRD-04", "R-GRD-05"}},
		{"2020-01-01", parent(spec.Applies), []string{"R-AGE-01", "R-GRD-01", "R-GRD-02", "R-GRD-06", "R-GRD-04", "R-GRD-05"}},
	} {
		if got, want := spoken(c.birth, c.guard), slices.Concat(common, c.want); !slices.Equal(got, want) {
			t.Errorf("born %s: %v spoke, want %v", c.birth, got, want)
		}
	}
}

// The tier changes on the day on which 14 and 18 are reached and on no other,
// in both readings of 14 and under every birthday convention.
func TestTierBoundaries(t *testing.T) {
	nat := rules(t, spec.National)
	rapid.Check(t, func(t *rapid.T) {
		r := *nat
		r.Settings.AgeReached = rapid.SampledFrom([]spec.AgeReached{spec.OnBirthday, spec.DayAfterBirthday}).Draw(t, "reached")
		r.Settings.LeapBirthday = rapid.SampledFrom([]spec.LeapBirthday{spec.FirstOfMarch, spec.LastOfFebruary}).Draw(t, "leap")
		r.Settings.ExactFourteen = rapid.SampledFrom([]spec.Tier{spec.Under14, spec.From14To17}).Draw(t, "exact 14")
		birth := spec.Date{Year: 1990, Month: 1, Day: 1}.AddDays(rapid.IntRange(0, 12000).Draw(t, "birth"))
		if rapid.Bool().Draw(t, "born on 29 February") {
			birth = spec.Date{Year: 1992 + 4*rapid.IntRange(0, 7).Draw(t, "leap year"), Month: 2, Day: 29}
		}
		first := 14
		if r.Settings.ExactFourteen == spec.Under14 {
			first = 15
		}
		for years, tiers := range map[int][2]spec.Tier{first: {spec.Under14, spec.From14To17}, 18: {spec.From14To17, spec.From18}} {
			day := r.Settings.Reaches(birth, years)
			for i, on := range []spec.Date{day.AddDays(-1), day} {
				d := Decide(applicant(birth), &r, on)
				if d.Tier != tiers[i] || d.Age != years-1+i {
					t.Fatalf("born %v, %+v: %s at age %d on %v, want %s", birth, r.Settings, d.Tier, d.Age, on, tiers[i])
				}
			}
		}
	})
}

// Refused exactly when a rule is against; the same input gives the same
// answer; the rules and the application are left alone.
func TestDecideIsPureAndConsistent(t *testing.T) {
	nat, inc := rules(t, spec.National), rules(t, "inclusive")
	kinds := append([]spec.DocumentKind{spec.NoDocument, "library-card"}, spec.KnownKinds...)
	rapid.Check(t, func(t *rapid.T) {
		document := func(label string) Document {
			d := Document{Kind: rapid.SampledFrom(kinds).Draw(t, label), Permanent: rapid.Bool().Draw(t, label+" permanent")}
			if rapid.Bool().Draw(t, label+" has an expiry") {
				d.Expires = today.AddDays(rapid.IntRange(-400, 400).Draw(t, label+" expiry"))
			}
			return d
		}
		a := Application{Document: document("document"), BirthDate: today.AddDays(-rapid.IntRange(-10, 40000).Draw(t, "birth")), Consent: rapid.Bool().Draw(t, "consent")}
		if rapid.Bool().Draw(t, "guardian") {
			a.Guardian = &Guardian{
				Document: document("guardian's document"), BirthDate: today.AddDays(-rapid.IntRange(0, 40000).Draw(t, "guardian's birth")),
				Relation: rapid.SampledFrom([]spec.Relation{spec.Parent, spec.LegalGuardian, ""}).Draw(t, "relation"),
				Part:     rapid.SampledFrom([]spec.GuardianPart{spec.Applies, spec.Supervises, ""}).Draw(t, "part"),
				Consent:  rapid.Bool().Draw(t, "guardian's consent"),
			}
		}
		d := Decide(a, nat, today)
		if (d.Outcome == spec.Refused) != (len(d.Against()) > 0) {
			t.Fatalf("%s with %v against", d.Outcome, against(d))
		}
		if again := Decide(a, nat, today); !slices.Equal(d.Reasons, again.Reasons) {
			t.Fatal("a second decision differs")
		}
		if d.Outcome == spec.Accepted && Decide(a, inc, today).Outcome != spec.Accepted {
			t.Fatal("accepted by the national rules and refused by the inclusive ones")
		}
	})
}

func TestInclusiveRulesAdmitMore(t *testing.T) {
	for _, k := range []spec.DocumentKind{spec.ForeignPassport, spec.UNHCRCertificate, spec.AsylumSeekerCertificate, spec.OneWayPermit, spec.CommunityAttestation} {
		a := applicant(day(t, "1990-01-01"))
		a.Document.Kind = k
		if d := Decide(a, rules(t, "inclusive"), today); d.Outcome != spec.Accepted {
			t.Errorf("%s: %v against", k, against(d))
		}
	}
}

func TestDecisionAsJSON(t *testing.T) {
	b, err := json.Marshal(Decide(applicant(day(t, "2012-11-23")), rules(t, spec.National), today))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Tier, Outcome, On string
		Age               int
		Reasons           []struct{ Rule, Text, Field string }
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.Tier != "under-14" || got.Outcome != "refused" || got.On != "2026-11-22" || got.Age != 13 || len(got.Reasons) == 0 {
		t.Errorf("%s", b)
	}
}
