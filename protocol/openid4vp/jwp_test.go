package openid4vp

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/spec"
)

const jwpQuery = `{"credentials":[{"id":"p","format":"vnd.halfmask.bbs+jwp",
	"meta":{"vct_values":["https://halfmask.example/vct/person-days/1"],"valid_on":"2026-11-22","ages_on":"2027-01-01","pseudonym":{"scope":"forum"}},
	"claims":[{"path":["age_over_14"],"values":[true]},{"path":["age_over_18"],"values":[false]},{"path":["document_valid"],"values":[true]},{"path":["sex"]}]}]}`

func TestJWPQuery(t *testing.T) {
	q, err := ParseQuery([]byte(jwpQuery))
	if err != nil {
		t.Fatal(err)
	}
	c := q.Credentials[0]
	want := Meta{
		VCTValues: []string{jwpbbs.PersonType}, ValidOn: spec.Date{Year: 2026, Month: 11, Day: 22},
		AgesOn: spec.Date{Year: 2027, Month: 1, Day: 1}, Pseudonym: &PseudonymQuery{"forum"},
	}
	if !reflect.DeepEqual(c.Meta, want) {
		t.Errorf("meta %+v", c.Meta)
	}
	text, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ParseQuery(text); err != nil || !reflect.DeepEqual(again, q) {
		t.Errorf("written as %s: %v", text, err)
	}
	p, err := c.Proved(c.Claims)
	if err != nil || !reflect.DeepEqual(p.Texts(), []string{"14 to 17 on 2027-01-01", "the document has not expired on 2027-01-01"}) {
		t.Errorf("proved %q, %v", p.Texts(), err)
	}
	r := &Request{ClientID: "redirect_uri:https://platform.example/responses", Nonce: "n", Query: *q}
	asked, err := r.JWP(c, c.Claims, jwpbbs.PersonType, nil)
	if err != nil {
		t.Fatal(err)
	}
	ages, err := jwpbbs.AgeBetween(14, 18, want.AgesOn, spec.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	document, err := jwpbbs.DocumentValid(want.AgesOn)
	if err != nil {
		t.Fatal(err)
	}
	scope := jwpbbs.Scope("forum")
	if !reflect.DeepEqual(asked, &jwpbbs.Request{
		Type: jwpbbs.PersonType, Nonce: "n", Audience: r.ClientID, ValidAt: want.ValidOn.Time(),
		Disclose: []jwpbbs.Path{{"sex"}}, Ranges: []jwpbbs.Range{ages, document}, Pseudonym: &scope,
	}) {
		t.Errorf("asked %+v", asked)
	}
	if _, err := r.JWP(c, c.Claims, "https://elsewhere.example/vct", nil); err == nil {
		t.Error("asked of a type that is not accepted")
	}
}

func TestJWPQueryRefuses(t *testing.T) {
	for name, c := range map[string][2]string{
		"no type":                        {`"vct_values":["https://halfmask.example/vct/person-days/1"],`, ``},
		"a type that is no string":       {`["https://halfmask.example/vct/person-days/1"]`, `[1]`},
		"a day that is none":             {`"valid_on":"2026-11-22"`, `"valid_on":"2026-02-30"`},
		"a day that is empty":            {`"valid_on":"2026-11-22"`, `"valid_on":""`},
		"a day that is a number":         {`"ages_on":"2027-01-01"`, `"ages_on":20270101`},
		"a day before all birth dates":   {`"ages_on":"2027-01-01"`, `"ages_on":"1850-01-01"`},
		"a pseudonym that is no object":  {`"pseudonym":{"scope":"forum"}`, `"pseudonym":true`},
		"a scope that is no string":      {`"scope":"forum"`, `"scope":1`},
		"a scope of any length":          {`"forum"`, `"` + strings.Repeat("f", maxText+1) + `"`},
		"meta member twice":              {`"valid_on"`, `"valid_on":"2026-11-21","valid_on"`},
		"an age that nobody has":         {`["age_over_18"],"values":[false]`, `["age_over_14"],"values":[false]`},
		"ages that exclude one another":  {`["age_over_18"]`, `["age_over_12"]`},
		"an expired document":            {`["document_valid"],"values":[true]`, `["document_valid"],"values":[false]`},
		"a path with null":               {`["sex"]`, `["sex",null]`},
		"one claim asked for twice":      {`["sex"]`, `["age_over_14"]`},
		"a value that is no plain value": {`["document_valid"],"values":[true]`, `["document_valid"],"values":[{}]`},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(jwpQuery, c[0], c[1], 1)
			if changed == jwpQuery {
				t.Fatal("not changed")
			}
			_, err := ParseQuery([]byte(changed))
			var failed *credential.Error
			if !errors.As(err, &failed) || failed.Check != "dcql-query" || failed.Clause == "" {
				t.Errorf("got %v", err)
			}
		})
	}
}

// What is not a predicate is a claim of that name, which is shown if the
// credential has it, and never a date.
func TestJWPPredicates(t *testing.T) {
	claim := func(values []any, path ...any) ClaimQuery { return ClaimQuery{Path: path, Values: values} }
	yes := []any{true}
	for want, queries := range map[bool][]ClaimQuery{
		true: {
			claim(yes, "age_over_18"), claim([]any{false}, "age_over_18"), claim(yes, "age_over_1"), claim(yes, "age_over_150"), claim(yes, DocumentValid),
		},
		false: {
			claim(nil, "age_over_18"), claim([]any{true, false}, "age_over_18"), claim([]any{"true"}, "age_over_18"), claim(yes, "age_over_0"),
			claim(yes, "age_over_151"), claim(yes, "age_over_018"), claim(yes, "age_over_+18"), claim(yes, "age_over_"), claim(yes, "x", "age_over_18"),
			claim(yes, spec.RealPerson), claim(yes, spec.BirthDate),
		},
	} {
		for _, q := range queries {
			if q.Proves() != want {
				t.Errorf("%s %v proves: %v", q, q.Values, !want)
			}
		}
	}
}

func FuzzJWPQuery(f *testing.F) {
	f.Add([]byte(jwpQuery))
	f.Add([]byte(strings.Replace(jwpQuery, `"claims"`, `"claim_sets":[["a"]],"claims"`, 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		q, err := ParseQuery(data)
		if err != nil {
			return
		}
		r := &Request{ClientID: "redirect_uri:https://platform.example/responses", Nonce: "n", Query: *q}
		for _, c := range q.Credentials {
			if c.Format != credential.JWPBBS || c.Meta.ValidOn.IsZero() {
				continue
			}
			for _, set := range c.Sets() {
				for _, vct := range c.Meta.VCTValues {
					asked, err := r.JWP(c, set, vct, nil)
					if vct == jwpbbs.PersonType && err != nil {
						t.Errorf("a query that was taken cannot be asked: %v", err)
					}
					if err == nil && len(asked.Disclose)+len(asked.Ranges) > len(set) {
						t.Errorf("%d claims ask for %+v", len(set), asked)
					}
				}
			}
		}
	})
}
