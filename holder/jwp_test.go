package holder_test

import (
	"errors"
	"fmt"
	"log"
	"slices"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
)

var (
	day   = spec.Date{Year: 2026, Month: time.November, Day: 22}
	adult = map[string]any{
		spec.RealPerson: true, spec.AgeBand: "18-59", spec.AgeOver8: true, spec.AgeOver12: true, spec.AgeOver14: true, spec.AgeOver16: true,
		spec.AgeOver18: true, spec.AgeOver60: false, spec.GuardianConsent: false, spec.Sex: "female", spec.Name: "Specimen",
		spec.BirthDate: "1990-02-03", spec.DocumentType: "resident-identity-card", spec.DocumentNumber: "SPECIMEN-1",
		spec.DocumentExpiry: "2026-12-01", spec.PhoneNumber: "+8610000000000", spec.Portrait: "c3BlY2ltZW4",
	}
)

// native issues a person credential in JWP form on a new link secret.
func native() (*jwpbbs.Credential, error) {
	key, err := bbs.GenerateKey()
	if err != nil {
		return nil, err
	}
	layout, err := jwpbbs.PersonLayout("https://issuer.example")
	if err != nil {
		return nil, err
	}
	secret := jwpbbs.NewLinkSecret()
	octets, blinding, err := secret.Commit("https://issuer.example", "nonce")
	if err != nil {
		return nil, err
	}
	commitment, err := jwpbbs.ParseCommitment(octets, "https://issuer.example", "nonce")
	if err != nil {
		return nil, err
	}
	_, until := spec.Epoch(day.Time())
	claims, err := jwpbbs.PersonClaims(adult, until)
	if err != nil {
		return nil, err
	}
	issued, err := jwpbbs.Issue(key, layout, claims, commitment)
	if err != nil {
		return nil, err
	}
	return jwpbbs.Receive(issued, layout, key.PublicKey(), secret, blinding)
}

// A platform asks for an age and for the name by which it knows the person;
// no date and no other name is shown.
func Example_proof() {
	c, err := native()
	if err != nil {
		log.Fatal(err)
	}
	query, err := openid4vp.ParseQuery([]byte(`{"credentials": [{
		"id": "person", "format": "vnd.halfmask.bbs+jwp",
		"meta": {"vct_values": ["https://halfmask.example/vct/person-days/1"], "valid_on": "2026-11-22", "pseudonym": {}},
		"claims": [{"path": ["age_over_21"], "values": [true]}]}]}`))
	if err != nil {
		log.Fatal(err)
	}
	selection, err := holder.Match(*query, []holder.Held{{ID: "mine", Format: credential.JWPBBS, JWP: c}})
	if err != nil {
		log.Fatal(err)
	}
	for _, text := range selection.Picks[0].Proves {
		fmt.Println("would prove:", text)
	}
	fmt.Println(selection.Linkable())
	// Output:
	// would prove: 21 or over on 2026-11-22
	// would prove: the credential is valid on 2026-11-22
	// the pseudonym repeats, at this platform alone: it is meant to recognize you; nothing else repeats
}

// R-PRE-02: what cannot be proved is an error, and nothing is shown for it.
func TestJWPNeverFallsBack(t *testing.T) {
	c, err := native()
	if err != nil {
		t.Fatal(err)
	}
	hand := []holder.Held{{ID: "mine", Format: credential.JWPBBS, JWP: c}}
	yes := []any{true}
	for name, q := range map[string]struct {
		check  string
		claims []openid4vp.ClaimQuery
		change func(*openid4vp.CredentialQuery)
		hand   []holder.Held
	}{
		"an age not reached":            {check: "claim-value", claims: []openid4vp.ClaimQuery{{Path: openid4vp.Path{"age_over_60"}, Values: yes}}},
		"an age that is over":           {check: "claim-value", claims: []openid4vp.ClaimQuery{{Path: openid4vp.Path{spec.AgeOver18}, Values: []any{false}}}},
		"an age as a claim it has not":  {check: "claim-missing", claims: []openid4vp.ClaimQuery{{Path: openid4vp.Path{"age_over_21"}}}},
		"an age as a text":              {check: "claim-value", claims: []openid4vp.ClaimQuery{{Path: openid4vp.Path{spec.AgeOver18}, Values: []any{"true"}}}},
		"an expired document":           {check: "claim-value", claims: []openid4vp.ClaimQuery{{Path: openid4vp.Path{openid4vp.DocumentValid}, Values: yes}}, change: func(c *openid4vp.CredentialQuery) { c.Meta.AgesOn = day.AddDays(10) }},
		"another birth date":            {check: "claim-value", claims: []openid4vp.ClaimQuery{{Path: openid4vp.Path{spec.BirthDate}, Values: []any{"1990-02-04"}}}},
		"a member of a claim":           {check: "claim-missing", claims: []openid4vp.ClaimQuery{{Path: openid4vp.Path{spec.Name, "family"}}}},
		"another type":                  {check: "credential-type", change: func(c *openid4vp.CredentialQuery) { c.Meta.VCTValues = []string{spec.CredentialType} }},
		"a day when it is not valid":    {check: "credential-validity", change: func(c *openid4vp.CredentialQuery) { c.Meta.ValidOn = day.AddDays(40) }},
		"no day":                        {check: "validity-day", change: func(c *openid4vp.CredentialQuery) { c.Meta.ValidOn = spec.Date{} }},
		"a credential without a secret": {check: "no-credential", hand: []holder.Held{{ID: "stolen", Format: credential.JWPBBS, Raw: "x"}}},
		"an authority that nobody named": {check: "trusted-authorities", change: func(c *openid4vp.CredentialQuery) {
			c.TrustedAuthorities = []openid4vp.TrustedAuthorities{{Type: "aki", Values: []string{"x"}}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			asked := openid4vp.CredentialQuery{ID: "a", Format: credential.JWPBBS, Claims: q.claims, Meta: openid4vp.Meta{VCTValues: []string{jwpbbs.PersonType}, ValidOn: day}}
			if q.change != nil {
				q.change(&asked)
			}
			from := hand
			if q.hand != nil {
				from = q.hand
			}
			sel, err := holder.Match(openid4vp.Query{Credentials: []openid4vp.CredentialQuery{asked}}, from)
			var failed *credential.Error
			if sel != nil || !errors.As(err, &failed) || failed.Check != q.check {
				t.Errorf("selected %+v, %v; want a failed check %s", sel, err, q.check)
			}
		})
	}
}

// A proof about a hidden value is less than a value.
func TestJWPIsTheLeast(t *testing.T) {
	c, err := native()
	if err != nil {
		t.Fatal(err)
	}
	meta := openid4vp.Meta{VCTValues: []string{jwpbbs.PersonType}, ValidOn: day}
	shown := openid4vp.CredentialQuery{ID: "shown", Format: credential.JWPBBS, Meta: meta, Claims: []openid4vp.ClaimQuery{{Path: openid4vp.Path{spec.AgeOver18}}}}
	named := openid4vp.CredentialQuery{ID: "named", Format: credential.JWPBBS, Meta: meta, Claims: []openid4vp.ClaimQuery{{Path: openid4vp.Path{spec.AgeOver18}, Values: []any{true}}}}
	named.Meta.Pseudonym = &openid4vp.PseudonymQuery{}
	proved := named
	proved.ID, proved.Meta.Pseudonym = "proved", nil
	q := openid4vp.Query{
		Credentials:    []openid4vp.CredentialQuery{shown, named, proved},
		CredentialSets: []openid4vp.CredentialSetQuery{{Options: [][]string{{"shown"}, {"named"}, {"proved"}}}},
	}
	sel, err := holder.Match(q, []holder.Held{{ID: "mine", Format: credential.JWPBBS, JWP: c}})
	if err != nil {
		t.Fatal(err)
	}
	if len(sel.Picks) != 1 || sel.Picks[0].Query != "proved" || !slices.Equal(sel.Disclosed(), []string{spec.AgeOver18}) {
		t.Errorf("selected %+v", sel.Picks)
	}
}
