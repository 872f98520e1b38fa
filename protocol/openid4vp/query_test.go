package openid4vp_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

const wholeQuery = `{
  "credentials": [
    {"id": "sd", "format": "dc+sd-jwt", "meta": {"vct_values": ["https://example.com/vct"]}, "multiple": true,
     "claims": [
       {"id": "a", "path": ["age_over_18"], "values": [true]},
       {"id": "b", "path": ["degrees", null, "type"]},
       {"id": "c", "path": ["nationalities", 1], "values": ["x", 7, false]}],
     "claim_sets": [["a"], ["b", "c"]],
     "trusted_authorities": [{"type": "aki", "values": ["s9tIpPmhxdiuNkHMEWNpYim8S8Y"]}]},
    {"id": "ld", "format": "ldp_vc", "meta": {"type_values": [["https://example.com/T"]]},
     "require_cryptographic_holder_binding": false, "claims": [{"path": ["credentialSubject", "age_over_18"]}]},
    {"id": "md", "format": "mso_mdoc", "meta": {"doctype_value": "org.iso.18013.5.1.mDL"}}
  ],
  "credential_sets": [{"options": [["sd"], ["ld"]]}, {"options": [["md"]], "required": false}]
}`

func TestQueryRoundTrip(t *testing.T) {
	q, err := openid4vp.ParseQuery([]byte(wholeQuery))
	if err != nil {
		t.Fatal(err)
	}
	want := openid4vp.Query{
		Credentials: []openid4vp.CredentialQuery{
			{
				ID: "sd", Format: credential.SDJWT, Multiple: true, Meta: openid4vp.Meta{VCTValues: []string{"https://example.com/vct"}},
				Claims: []openid4vp.ClaimQuery{
					{ID: "a", Path: openid4vp.Path{"age_over_18"}, Values: []any{true}},
					{ID: "b", Path: openid4vp.Path{"degrees", nil, "type"}},
					{ID: "c", Path: openid4vp.Path{"nationalities", 1}, Values: []any{"x", int64(7), false}},
				},
				ClaimSets:          [][]string{{"a"}, {"b", "c"}},
				TrustedAuthorities: []openid4vp.TrustedAuthorities{{Type: "aki", Values: []string{"s9tIpPmhxdiuNkHMEWNpYim8S8Y"}}},
			},
			{
				ID: "ld", Format: credential.BBS2023, WithoutHolderBinding: true,
				Meta:   openid4vp.Meta{TypeValues: [][]string{{"https://example.com/T"}}},
				Claims: []openid4vp.ClaimQuery{{Path: openid4vp.Path{"credentialSubject", "age_over_18"}}},
			},
			{ID: "md", Format: "mso_mdoc"},
		},
		CredentialSets: []openid4vp.CredentialSetQuery{{Options: [][]string{{"sd"}, {"ld"}}}, {Options: [][]string{{"md"}}, Optional: true}},
	}
	if !reflect.DeepEqual(*q, want) {
		t.Errorf("parsed\n%+v\nwant\n%+v", *q, want)
	}
	b, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	var again openid4vp.Query
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again, want) {
		t.Errorf("after a round trip\n%+v\nwant\n%+v", again, want)
	}
	if !q.NeedsState() {
		t.Error("a query without holder binding needs a state")
	}
	sets := q.Credentials[0].Sets()
	if len(sets) != 2 || len(sets[1]) != 2 || sets[1][1].ID != "c" {
		t.Errorf("claim sets: %v", sets)
	}
}

func TestUnknownMembersAreIgnored(t *testing.T) {
	q, err := openid4vp.ParseQuery([]byte(`{"new":1,"Credentials":[],"credentials":[{"later":{"a":[]},"id":"x","ID":"y","format":"dc+sd-jwt","meta":{"vct_values":["v"],"more":true},"claims":[{"path":["a"],"purpose":"p"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if q.Credentials[0].ID != "x" {
		t.Errorf("id %q: member names must be compared exactly", q.Credentials[0].ID)
	}
}

func TestQueryRefuses(t *testing.T) {
	// credential query from members beside id, format and meta
	with := func(members string) string {
		return `{"credentials":[{"id":"x","format":"dc+sd-jwt","meta":{"vct_values":["v"]}` + members + `}]}`
	}
	one := with("")
	for name, q := range map[string]string{
		"nothing":                               "",
		"no object":                             `[]`,
		"trailing bytes":                        one + "{}",
		"not UTF-8":                             strings.Replace(one, "x", "\xff", 1),
		"credentials missing":                   `{}`,
		"credentials empty":                     `{"credentials":[]}`,
		"credentials no array":                  `{"credentials":{}}`,
		"credential no object":                  `{"credentials":["x"]}`,
		"credential twice":                      `{"credentials":[],"credentials":[]}`,
		"id missing":                            strings.Replace(one, `"id":"x",`, "", 1),
		"id empty":                              strings.Replace(one, `"id":"x"`, `"id":""`, 1),
		"id with a space":                       strings.Replace(one, `"id":"x"`, `"id":"a b"`, 1),
		"id no string":                          strings.Replace(one, `"id":"x"`, `"id":1`, 1),
		"id twice":                              `{"credentials":[{"id":"x","format":"a","meta":{}},{"id":"x","format":"a","meta":{}}]}`,
		"id given twice in one":                 with(`,"id":"y"`),
		"format missing":                        strings.Replace(one, `"format":"dc+sd-jwt",`, "", 1),
		"format no string":                      strings.Replace(one, `"format":"dc+sd-jwt"`, `"format":{}`, 1),
		"meta missing":                          strings.Replace(one, `,"meta":{"vct_values":["v"]}`, "", 1),
		"meta no object":                        strings.Replace(one, `{"vct_values":["v"]}`, `[]`, 1),
		"vct_values missing":                    strings.Replace(one, `{"vct_values":["v"]}`, `{}`, 1),
		"vct_values empty":                      strings.Replace(one, `["v"]`, `[]`, 1),
		"vct_values no strings":                 strings.Replace(one, `["v"]`, `[1]`, 1),
		"type_values missing":                   `{"credentials":[{"id":"x","format":"ldp_vc","meta":{}}]}`,
		"type_values flat":                      `{"credentials":[{"id":"x","format":"ldp_vc","meta":{"type_values":["T"]}}]}`,
		"type_values with an empty set":         `{"credentials":[{"id":"x","format":"ldp_vc","meta":{"type_values":[[]]}}]}`,
		"multiple no boolean":                   with(`,"multiple":"true"`),
		"holder binding no boolean":             with(`,"require_cryptographic_holder_binding":0`),
		"trusted_authorities empty":             with(`,"trusted_authorities":[]`),
		"trusted_authorities without type":      with(`,"trusted_authorities":[{"values":["v"]}]`),
		"trusted_authorities without values":    with(`,"trusted_authorities":[{"type":"aki"}]`),
		"claims empty":                          with(`,"claims":[]`),
		"claims no objects":                     with(`,"claims":["a"]`),
		"claim without path":                    with(`,"claims":[{"id":"a"}]`),
		"path empty":                            with(`,"claims":[{"path":[]}]`),
		"path no array":                         with(`,"claims":[{"path":"a"}]`),
		"path with a negative index":            with(`,"claims":[{"path":["a",-1]}]`),
		"path with a fraction":                  with(`,"claims":[{"path":["a",1.5]}]`),
		"path with a boolean":                   with(`,"claims":[{"path":["a",true]}]`),
		"path with a huge index":                with(`,"claims":[{"path":["a",99999999999]}]`),
		"path too long":                         with(`,"claims":[{"path":["a"` + strings.Repeat(`,"a"`, 16) + `]}]`),
		"the same claim twice":                  with(`,"claims":[{"path":["a"]},{"path":["a"]}]`),
		"claim id with a dot":                   with(`,"claims":[{"id":"a.b","path":["a"]}]`),
		"claim id empty":                        with(`,"claims":[{"id":"","path":["a"]}]`),
		"claim id twice":                        with(`,"claims":[{"id":"a","path":["a"]},{"id":"a","path":["b"]}]`),
		"values empty":                          with(`,"claims":[{"path":["a"],"values":[]}]`),
		"values with an object":                 with(`,"claims":[{"path":["a"],"values":[{}]}]`),
		"values with null":                      with(`,"claims":[{"path":["a"],"values":[null]}]`),
		"values with a fraction":                with(`,"claims":[{"path":["a"],"values":[1.5]}]`),
		"claim_sets without claims":             with(`,"claim_sets":[["a"]]`),
		"claim_sets empty":                      with(`,"claims":[{"id":"a","path":["a"]}],"claim_sets":[]`),
		"claim_sets with an empty set":          with(`,"claims":[{"id":"a","path":["a"]}],"claim_sets":[[]]`),
		"claim_sets naming an unknown claim":    with(`,"claims":[{"id":"a","path":["a"]}],"claim_sets":[["b"]]`),
		"claim_sets naming a claim twice":       with(`,"claims":[{"id":"a","path":["a"]}],"claim_sets":[["a","a"]]`),
		"claim_sets over claims without ids":    with(`,"claims":[{"path":["a"]}],"claim_sets":[["a"]]`),
		"credential_sets empty":                 strings.TrimSuffix(one, "}") + `,"credential_sets":[]}`,
		"credential_sets without options":       strings.TrimSuffix(one, "}") + `,"credential_sets":[{}]}`,
		"credential_sets with no options":       strings.TrimSuffix(one, "}") + `,"credential_sets":[{"options":[]}]}`,
		"credential_sets with an empty option":  strings.TrimSuffix(one, "}") + `,"credential_sets":[{"options":[[]]}]}`,
		"credential_sets naming an unknown id":  strings.TrimSuffix(one, "}") + `,"credential_sets":[{"options":[["y"]]}]}`,
		"credential_sets with required as text": strings.TrimSuffix(one, "}") + `,"credential_sets":[{"options":[["x"]],"required":"no"}]}`,
		"a depth bomb":                          strings.Repeat("[", 100000),
		"a depth bomb behind a member":          `{"credentials":` + strings.Repeat(`{"a":`, 50000),
		"a member longer than the bound":        with(`,"claims":[{"path":["` + strings.Repeat("a", 5000) + `"]}]`),
		"more claims than the bound":            with(`,"claims":[` + strings.TrimSuffix(strings.Repeat(`{"path":["a"]},`, 65), ",") + `]`),
		"1 MiB":                                 with(`,"x":"` + strings.Repeat("a", 1<<20) + `"`),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := openid4vp.ParseQuery([]byte(q))
			var failed *credential.Error
			if !errors.As(err, &failed) || failed.Check != "dcql-query" || failed.Clause == "" {
				t.Fatalf("error %v, want a failed check dcql-query", err)
			}
			if got != nil {
				t.Error("a refused query was returned")
			}
		})
	}
	if _, err := openid4vp.ParseQuery([]byte(one)); err != nil {
		t.Errorf("the query that the cases change is refused itself: %v", err)
	}
}

// The examples of section 7.3.
func TestPathSelects(t *testing.T) {
	var doc map[string]any
	if err := json.Unmarshal([]byte(`{
		"name": "Arthur Dent",
		"address": {"street_address": "42 Market Street", "locality": "Milliways"},
		"degrees": [{"type": "Bachelor of Science"}, {"type": "Master of Science"}, {"other": 1}],
		"nationalities": ["British", "Betelgeusian"]}`), &doc); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path openid4vp.Path
		want []any
	}{
		{openid4vp.Path{"name"}, []any{"Arthur Dent"}},
		{openid4vp.Path{"address"}, []any{doc["address"]}},
		{openid4vp.Path{"address", "street_address"}, []any{"42 Market Street"}},
		{openid4vp.Path{"degrees", nil, "type"}, []any{"Bachelor of Science", "Master of Science"}},
		{openid4vp.Path{"nationalities", 1}, []any{"Betelgeusian"}},
		{openid4vp.Path{"nationalities", nil}, []any{"British", "Betelgeusian"}},
		{openid4vp.Path{"nationalities", 2}, nil},
		{openid4vp.Path{"absent"}, nil},
		{openid4vp.Path{"name", "first"}, nil},
		{openid4vp.Path{"name", 0}, nil},
		{openid4vp.Path{"address", nil}, nil},
		{openid4vp.Path{}, nil},
		{openid4vp.Path{-1}, nil},
		{openid4vp.Path{1.0}, nil},
	} {
		got, err := c.path.Select(doc)
		if (err != nil) != (c.want == nil) || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s selects %v, %v; want %v", c.path, got, err, c.want)
		}
	}
}

func TestValuesMatchExactly(t *testing.T) {
	q := openid4vp.ClaimQuery{Path: openid4vp.Path{"a"}, Values: []any{"18", true, 7}}
	for _, yes := range []any{"18", true, 7, int64(7), float64(7), json.Number("7")} {
		if !q.Accepts(yes) {
			t.Errorf("%T %v is not accepted", yes, yes)
		}
	}
	for _, no := range []any{18, "true", "7", false, 7.5, json.Number("7.0"), nil, []any{"18"}, map[string]any{}} {
		if q.Accepts(no) {
			t.Errorf("%T %v is accepted", no, no)
		}
	}
	if !(openid4vp.ClaimQuery{}).Accepts(nil) {
		t.Error("without values, every value is accepted")
	}
}

func FuzzQuery(f *testing.F) {
	f.Add([]byte(wholeQuery))
	f.Add([]byte(`{"credentials":[{"id":"x","format":"dc+sd-jwt","meta":{"vct_values":["v"]},"claims":[{"path":["a",0,null]}]}]}`))
	f.Add([]byte(`{"credentials":[{"id":"x","format":"f","meta":{}}],"credential_sets":[{"options":[["x"]],"required":false}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		q, err := openid4vp.ParseQuery(data)
		if err != nil {
			return
		}
		b, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		again, err := openid4vp.ParseQuery(b)
		if err != nil {
			if len(b) > openid4vp.MaxObject { // escapes may be longer
				return
			}
			t.Fatalf("written as %s, which is refused: %v", b, err)
		}
		if !reflect.DeepEqual(q, again) {
			t.Fatalf("%+v became %+v", q, again)
		}
	})
}
