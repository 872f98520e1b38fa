package enrollment

import (
	"errors"
	"testing"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

// One resident of each group and tier applies at the desk, with a guardian of
// the same group where the tier wants one. Who gets in is whom the rule set's
// list of documents says, so the weights of spec.PopulationTable can be
// summed by that list. Groups: spec/population/groups.csv.
func TestDeskExcludesWhomTheRulesExclude(t *testing.T) {
	table, err := spec.Population()
	if err != nil {
		t.Fatal(err)
	}
	ages := map[spec.Tier]int{spec.Under14: 9, spec.From14To17: 15, spec.From18: 44}
	for _, set := range spec.RuleSets() {
		o := newOffice(t, set)
		paper := func(kind spec.DocumentKind, age int) (document.Presented, []byte) {
			p := mint.Person{Name: "Ceshi Ren", Sex: document.Male, BirthDate: today.AddDays(-366 * (age + 1))}
			if kind == spec.ForeignPermanentResidentCard {
				p.Nationality = "CAN"
			}
			d, err := o.authority.Issue(p, kind, mint.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return d.Presented, d.LiveFace(1)
		}
		for _, part := range table.ByGroupAndTier(o.Rules) {
			s := Submission{Phone: phone, Consent: true}
			if part.Document != spec.NoDocument {
				if err := o.SendPhoneCode(t.Context(), phone); err != nil {
					t.Fatal(err)
				}
				s.PhoneCode, _ = o.gateway.Read(phone)
				s.Document, s.Face = paper(part.Document, ages[part.Tier])
				if guardian := o.Rules.GuardianPart(part.Tier); guardian != spec.NoGuardian {
					g := &GuardianSubmission{Relation: spec.Parent, Part: guardian, Consent: true}
					g.Document, g.Face = paper(part.Document, 40)
					s.Guardian = g
				}
			}
			_, err := o.Enroll(t.Context(), s)
			var refusal *Refusal
			if err != nil && !errors.As(err, &refusal) {
				t.Errorf("%s: %s, %s: %v", set, part.Group, part.Tier, err)
			}
			if accepted := err == nil; accepted != o.Rules.Accepts(part.Document) {
				t.Errorf("%s: %s, %s: accepted %v", set, part.Group, part.Tier, accepted)
			}
		}
	}
}
