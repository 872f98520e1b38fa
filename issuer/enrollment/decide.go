package enrollment

import (
	"fmt"
	"slices"

	"github.com/halfmask/halfmask/spec"
)

// Application is what a decision is made from. Desk.Enroll fills it from
// checked evidence; a caller of Decide vouches for it.
type Application struct {
	Document  Document
	BirthDate spec.Date
	Consent   bool      // whoever applies does so of their own will
	Guardian  *Guardian // nil when nobody helps
}

// Document is what a decision needs of an identity document.
type Document struct {
	Kind      spec.DocumentKind
	Expires   spec.Date // the last day of validity
	Permanent bool      // has no expiry; Expires is zero
}

// Guardian is the adult who applies for a child or supervises a minor.
type Guardian struct {
	Document  Document
	BirthDate spec.Date
	Relation  spec.Relation
	Part      spec.GuardianPart // what the guardian came to do
	Consent   bool
}

// Decision is the answer to an application with the rules that led to it.
type Decision struct {
	Rules   string       `json:"rules"` // the name of the rule set
	On      spec.Date    `json:"on"`
	Age     int          `json:"age"`  // completed years; -1 when the birth date allows none
	Tier    spec.Tier    `json:"tier"` // "" when the age is unknown
	Outcome spec.Outcome `json:"outcome"`
	Reasons []Reason     `json:"reasons"` // every rule that spoke, in the order asked
}

// Reason is what one rule said.
type Reason struct {
	Rule   string `json:"rule"`             // the id in spec/enrollment.md or spec/age-tiers.md
	Text   string `json:"text"`             // the rule in a sentence, from the rule set
	Field  string `json:"field"`            // the member of the application it looked at
	Passed bool   `json:"passed"`           // whether the application meets the rule
	Detail string `json:"detail,omitempty"` // what was found
}

// Against gives the reasons of the rules that were not met.
func (d Decision) Against() []Reason {
	var against []Reason
	for _, r := range d.Reasons {
		if !r.Passed {
			against = append(against, r)
		}
	}
	return against
}

// Decide applies the rules to an application made on a day. It is pure, and
// it never stops at the first rule that is not met: the reasons name all that
// spoke, so that a refused person can put everything right at once.
func Decide(a Application, rules *spec.Rules, on spec.Date) Decision {
	d := newDeciding(rules, on)
	d.document("document", a.Document, spec.RuleAcceptedKind, spec.RuleNotExpired)
	d.speak(spec.RuleVoluntary, "consent", a.Consent, "", "not declared")
	if d.age(a.BirthDate) {
		d.guardian(a.Guardian)
	}
	return d.decision
}

// deciding is one run of Decide.
type deciding struct {
	rules    *spec.Rules
	on       spec.Date
	decision Decision
}

func newDeciding(rules *spec.Rules, on spec.Date) deciding {
	return deciding{rules: rules, on: on, decision: Decision{Rules: rules.Name, On: on, Age: -1, Outcome: spec.Accepted}}
}

// speak records what a rule said, with the detail for its case.
func (d *deciding) speak(rule, field string, passed bool, ifPassed, ifNot string) {
	r := Reason{Rule: rule, Text: d.rules.Texts[rule], Field: field, Passed: passed, Detail: ifPassed}
	if !passed {
		r.Detail = ifNot
		d.decision.Outcome = spec.Refused
	}
	d.decision.Reasons = append(d.decision.Reasons, r)
}

// document applies the rule on kinds and the rule on expiry, which are the
// same one (R-GRD-05) when the document is a guardian's.
func (d *deciding) document(field string, doc Document, kindRule, expiryRule string) {
	d.speak(kindRule, field+".kind", d.rules.Accepts(doc.Kind), string(doc.Kind), whyNot(doc.Kind, d.rules))
	lastDay := doc.Expires.AddDays(d.rules.Settings.ExpiredGraceDays)
	switch {
	case doc.Permanent && doc.Expires.IsZero():
		d.speak(expiryRule, field+".expires", d.rules.MayBePermanent(doc.Kind), "permanent", "a document of this kind has an expiry")
	case doc.Permanent || doc.Expires.IsZero():
		d.speak(expiryRule, field+".expires", false, "", "neither an expiry nor permanent")
	default:
		d.speak(expiryRule, field+".expires", !lastDay.Before(d.on), "until "+doc.Expires.String(), "expired after "+doc.Expires.String())
	}
}

func whyNot(k spec.DocumentKind, rules *spec.Rules) string {
	switch {
	case k == spec.NoDocument:
		return "no document"
	case !k.Known():
		return fmt.Sprintf("%q is not a known kind", string(k))
	}
	return string(k) + ": " + rules.WhyExcluded(k)
}

// oldest is the age above which a birth date is taken for a mistake.
const oldest = 130

// age counts the age and says the tier; it reports whether there is one.
func (d *deciding) age(birth spec.Date) bool {
	if birth.IsZero() {
		d.speak(spec.RuleBirthDate, "birth_date", false, "", "missing")
		return false
	}
	years := d.rules.Settings.Age(birth, d.on)
	switch {
	case years < 0:
		d.speak(spec.RuleBirthDate, "birth_date", false, "", birth.String()+" is after the day of the application")
		return false
	case years > oldest:
		d.speak(spec.RuleBirthDate, "birth_date", false, "", fmt.Sprintf("%s is more than %d years ago", birth, oldest))
		return false
	}
	d.speak(spec.RuleBirthDate, "birth_date", true, birth.String(), "")
	d.speak(spec.RuleAge, "birth_date", true, fmt.Sprintf("%d completed years on %s", years, d.on), "")
	d.decision.Age, d.decision.Tier = years, d.rules.TierOf(years)
	detail := string(d.decision.Tier)
	if years == 14 && d.decision.Tier == spec.Under14 {
		detail += ", by the setting exact-14"
	}
	d.speak(tierRules[d.decision.Tier], "birth_date", true, detail, "")
	return true
}

var tierRules = map[spec.Tier]string{
	spec.Under14: spec.RuleUnder14, spec.From14To17: spec.RuleFrom14To17, spec.From18: spec.RuleFrom18,
}

// guardian asks for the guardian that the tier needs.
func (d *deciding) guardian(g *Guardian) {
	part := d.rules.GuardianPart(d.decision.Tier)
	if part == spec.NoGuardian {
		detail := "no guardian is needed"
		if g != nil {
			detail += "; the one named has no part in the decision"
		}
		d.speak(spec.RuleAlone, "guardian", true, detail, "")
		return
	}
	partRule := spec.RuleGuardianSupervises
	if part == spec.Applies {
		partRule = spec.RuleGuardianApplies
	}
	if g == nil {
		d.speak(partRule, "guardian", false, "", fmt.Sprintf("%d completed years and no guardian", d.decision.Age))
		return
	}
	d.speak(partRule, "guardian.part", g.Part == part, string(g.Part), fmt.Sprintf("%q where the tier needs %q", g.Part, part))
	if part == spec.Applies {
		d.speak(spec.RuleGuardianConsents, "guardian.consent", g.Consent, "", "not given")
	}
	d.speak(spec.RuleGuardianRelation, "guardian.relation", slices.Contains(d.rules.Guardian.Relations, g.Relation),
		string(g.Relation)+", as declared", fmt.Sprintf("%q is none of %v", g.Relation, d.rules.Guardian.Relations))
	d.guardianAge(g.BirthDate)
	d.document("guardian.document", g.Document, spec.RuleGuardianDocument, spec.RuleGuardianDocument)
}

func (d *deciding) guardianAge(birth spec.Date) {
	if birth.IsZero() {
		d.speak(spec.RuleGuardianAdult, "guardian.birth_date", false, "", "missing")
		return
	}
	years, least := d.rules.Settings.Age(birth, d.on), d.rules.Guardian.MinimumAge
	d.speak(spec.RuleGuardianAdult, "guardian.birth_date", years >= least && years <= oldest,
		fmt.Sprintf("%d completed years", years), fmt.Sprintf("born %s, not %d to %d completed years", birth, least, oldest))
}

// Refusing gives the first rule that was not met; ok is false when all were.
func (d Decision) Refusing() (first Reason, ok bool) {
	for _, r := range d.Reasons {
		if !r.Passed {
			return r, true
		}
	}
	return Reason{}, false
}
