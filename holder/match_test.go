package holder_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
)

// R-PRE-01: the answer with the fewest claims, then the one that repeats
// least.
func TestPicksTheLeast(t *testing.T) {
	h := newHand(t)
	shown := h.sdjwt
	shown.ID, shown.Shown = "shown", 3
	both := []holder.Held{shown, h.sdjwt, h.bbs}
	sets := `,"credential_sets":[{"options":[["sd"],["ld"]]}]`
	for name, c := range map[string]struct {
		query    string
		held     []holder.Held
		want     []string // held IDs
		claims   []string
		linkable holder.Linkability
	}{
		"a proof that repeats nothing": {
			`{"credentials":[{` + sd + `,"claims":[{"path":["age_over_18"]}]},{` + ld + `,"claims":[{"path":["credentialSubject","age_over_18"]}]}]` + sets + `}`,
			both, []string{"ld"}, []string{"age_over_18"}, holder.RepeatsNothing,
		},
		"fewer claims before fewer repeats": {
			`{"credentials":[{` + sd + `,"claims":[{"path":["age_over_18"]}]},{` + ld + `,"claims":[{"path":["credentialSubject","age_over_18"]},{"path":["credentialSubject","name"]}]}]` + sets + `}`,
			both, []string{"sd"}, []string{"age_over_18"}, holder.RepeatsForIssuer,
		},
		"a copy that was never shown": {
			`{"credentials":[{` + sd + `,"claims":[{"path":["age_over_18"]}]}]}`,
			both, []string{"sd"}, []string{"age_over_18"}, holder.RepeatsForIssuer,
		},
		"a copy that was shown, for want of another": {
			`{"credentials":[{` + sd + `,"claims":[{"path":["age_over_18"]}]}]}`,
			[]holder.Held{shown}, []string{"shown"}, []string{"age_over_18"}, holder.RepeatsForAll,
		},
		"every credential without sets": {
			`{"credentials":[{` + sd + `,"claims":[{"path":["name"]}]},{` + ld + `,"claims":[{"path":["credentialSubject","age_over_18"]}]}]}`,
			both, []string{"sd", "ld"}, []string{"age_over_18", "name"}, holder.RepeatsForIssuer,
		},
		"no optional set": {
			`{"credentials":[{` + sd + `,"claims":[{"path":["name"]}]},{` + ld + `}],"credential_sets":[{"options":[["ld"]]},{"options":[["sd"]],"required":false}]}`,
			both, []string{"ld"}, nil, holder.RepeatsNothing,
		},
		"what a set shows already costs nothing": {
			`{"credentials":[{` + sd + `,"claims":[{"path":["name"]},{"path":["age_over_18"]}]},{` + ld + `,"claims":[{"path":["credentialSubject","age_over_18"]}]}],` +
				`"credential_sets":[{"options":[["sd"]]},{"options":[["ld"],["sd"]]}]}`,
			both, []string{"sd"}, []string{"age_over_18", "name"}, holder.RepeatsForIssuer,
		},
		"the verifier's order of claim sets": {
			`{"credentials":[{` + sd + `,"claims":[{"id":"a","path":["birth_date"]},{"id":"b","path":["age_over_18"]}],"claim_sets":[["a"],["b"]]}]}`,
			both, []string{"sd"}, []string{"birth_date"}, holder.RepeatsForIssuer,
		},
		"a later claim set that is a subset": {
			`{"credentials":[{` + sd + `,"claims":[{"id":"a","path":["birth_date"]},{"id":"b","path":["age_over_18"]}],"claim_sets":[["a","b"],["b"]]}]}`,
			both, []string{"sd"}, []string{"age_over_18"}, holder.RepeatsForIssuer,
		},
		"a later claim set for want of the first": {
			`{"credentials":[{` + sd + `,"claims":[{"id":"a","path":["shoe_size"]},{"id":"b","path":["age_over_18"]}],"claim_sets":[["a"],["b"]]}]}`,
			both, []string{"sd"}, []string{"age_over_18"}, holder.RepeatsForIssuer,
		},
		"a claim that is always shown is not disclosed": {
			`{"credentials":[{` + sd + `,"claims":[{"path":["iss"],"values":["https://issuer.example"]}]}]}`,
			both, []string{"sd"}, nil, holder.RepeatsForIssuer,
		},
		"a value that the verifier accepts": {
			`{"credentials":[{` + ld + `,"claims":[{"path":["credentialSubject","age_over_18"],"values":[true]},{"path":["credentialSubject","age_band"],"values":["16-17","18-59"]}]}]}`,
			both, []string{"ld"}, []string{"age_band", "age_over_18"}, holder.RepeatsNothing,
		},
		"an option that can be answered": {
			`{"credentials":[{` + sd + `,"claims":[{"path":["shoe_size"]}]},{` + ld + `}]` + sets + `}`,
			both, []string{"ld"}, nil, holder.RepeatsNothing,
		},
	} {
		t.Run(name, func(t *testing.T) {
			sel, err := holder.Match(query(t, c.query), c.held)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range sel.Picks {
				got = append(got, p.HeldID)
			}
			if !slices.Equal(got, c.want) || !slices.Equal(sel.Disclosed(), c.claims) || sel.Linkable() != c.linkable {
				t.Errorf("picked %v with %v (%s), want %v with %v (%s)", got, sel.Disclosed(), sel.Linkable(), c.want, c.claims, c.linkable)
			}
		})
	}
}

func TestSelectionSaysWhatIsAlwaysShown(t *testing.T) {
	h := newHand(t)
	sel := must[*holder.Selection](t)(holder.Match(query(t, `{"credentials":[{`+sd+`},{`+ld+`}]}`), []holder.Held{h.sdjwt, h.bbs}))
	if p := sel.Picks[0]; !p.Bound || p.Type != spec.CredentialType || !slices.Equal(p.Always, []string{"cnf", "exp", "iat", "iss", "vct"}) {
		t.Errorf("SD-JWT: %+v", p)
	}
	if p := sel.Picks[1]; p.Bound || p.Type != spec.CredentialClass || !slices.Equal(p.Always, []string{"@context", "issuer", "type", "validFrom", "validUntil"}) {
		t.Errorf("bbs-2023: %+v", p)
	}
}

// R-PRE-02: no answer is better than one that shows more, and there is no
// partial answer.
func TestMatchRefuses(t *testing.T) {
	h := newHand(t)
	nested := holder.Held{ID: "nested", Format: credential.SDJWT, Raw: h.issueSDJWT(t, map[string]any{
		"address": map[string]any{"city": "C", "street": "S"},
		"places":  []any{map[string]any{"a": "1"}},
	})}
	presented := h.sdjwt
	presented.Raw = must[string](t)(sdjwt.Bind(presented.Raw, must1(h.keys("")), "n", "a", now))
	changed := h.bbs
	changed.Raw = strings.Replace(changed.Raw, spec.CredentialContext, "https://other.example/context", 1)
	for name, c := range map[string]struct {
		query string
		held  []holder.Held
		check string
	}{
		"nothing at hand":                           {`{"credentials":[{` + sd + `}]}`, nil, "no-credential"},
		"no credential of the format":               {`{"credentials":[{` + sd + `}]}`, []holder.Held{h.bbs}, "no-credential"},
		"a format that nobody has":                  {`{"credentials":[{"id":"m","format":"mso_mdoc","meta":{}}]}`, []holder.Held{h.bbs, h.sdjwt}, "no-credential"},
		"an unreadable credential":                  {`{"credentials":[{` + sd + `}]}`, []holder.Held{{ID: "x", Format: credential.SDJWT, Raw: "x"}}, "no-credential"},
		"an unreadable document":                    {`{"credentials":[{` + ld + `}]}`, []holder.Held{{ID: "x", Format: credential.BBS2023, Raw: "[]"}}, "no-credential"},
		"a presentation as credential":              {`{"credentials":[{` + sd + `}]}`, []holder.Held{presented}, "no-credential"},
		"another vct":                               {`{"credentials":[{"id":"a","format":"dc+sd-jwt","meta":{"vct_values":["https://other.example"]}}]}`, []holder.Held{h.sdjwt}, "credential-type"},
		"another type":                              {`{"credentials":[{"id":"a","format":"ldp_vc","require_cryptographic_holder_binding":false,"meta":{"type_values":[["https://other.example"]]}}]}`, []holder.Held{h.bbs}, "credential-type"},
		"a type that is not expanded":               {`{"credentials":[{"id":"a","format":"ldp_vc","require_cryptographic_holder_binding":false,"meta":{"type_values":[["PersonCredential"]]}}]}`, []holder.Held{h.bbs}, "credential-type"},
		"a type under another context":              {`{"credentials":[{` + ld + `}]}`, []holder.Held{changed}, "credential-type"},
		"one type too many":                         {`{"credentials":[{"id":"a","format":"ldp_vc","require_cryptographic_holder_binding":false,"meta":{"type_values":[["https://halfmask.example/vocab#PersonCredential","https://other.example"]]}}]}`, []holder.Held{h.bbs}, "credential-type"},
		"authorities that are not named":            {`{"credentials":[{` + sd + `,"trusted_authorities":[{"type":"aki","values":["x"]}]}]}`, []holder.Held{h.sdjwt}, "trusted-authorities"},
		"holder binding of a proof that has none":   {`{"credentials":[{"id":"a","format":"ldp_vc","meta":{"type_values":[["https://halfmask.example/vocab#PersonCredential"]]}}]}`, []holder.Held{h.bbs}, "holder-binding"},
		"a claim that does not exist":               {`{"credentials":[{` + sd + `,"claims":[{"path":["age_over_18"]},{"path":["shoe_size"]}]}]}`, []holder.Held{h.sdjwt}, "claim-missing"},
		"a claim that does not exist in a document": {`{"credentials":[{` + ld + `,"claims":[{"path":["credentialSubject","age_over_21"]}]}]}`, []holder.Held{h.bbs}, "claim-missing"},
		"a value that does not match":               {`{"credentials":[{` + sd + `,"claims":[{"path":["age_over_60"],"values":[true]}]}]}`, []holder.Held{h.sdjwt}, "claim-value"},
		"a value of another type":                   {`{"credentials":[{` + ld + `,"claims":[{"path":["credentialSubject","age_over_18"],"values":["true",1]}]}]}`, []holder.Held{h.bbs}, "claim-value"},
		"the whole subject":                         {`{"credentials":[{` + ld + `,"claims":[{"path":["credentialSubject"]}]}]}`, []holder.Held{h.bbs}, "claim-too-broad"},
		"everything in a list":                      {`{"credentials":[{` + sd + `,"claims":[{"path":["places",null]}]}]}`, []holder.Held{nested}, "claim-too-broad"},
		"a whole object":                            {`{"credentials":[{` + sd + `,"claims":[{"path":["address"]}]}]}`, []holder.Held{nested}, "claim-too-broad"},
		"a member that brings its neighbours":       {`{"credentials":[{` + sd + `,"claims":[{"path":["address","city"]}]}]}`, []holder.Held{nested}, "claim-too-broad"},
		"a path through a claim":                    {`{"credentials":[{` + sd + `,"claims":[{"path":["name","first"]}]}]}`, []holder.Held{h.sdjwt}, "claim-missing"},
		"no claim set that can be answered":         {`{"credentials":[{` + sd + `,"claims":[{"id":"a","path":["x"]},{"id":"b","path":["y"]}],"claim_sets":[["a"],["b"]]}]}`, []holder.Held{h.sdjwt}, "claim-missing"},
		"one of two credentials":                    {`{"credentials":[{` + sd + `,"claims":[{"path":["age_over_18"]}]},{` + ld + `,"claims":[{"path":["credentialSubject","x"]}]}]}`, []holder.Held{h.sdjwt, h.bbs}, "claim-missing"},
		"no option that can be answered":            {`{"credentials":[{` + sd + `,"claims":[{"path":["x"]}]},{` + ld + `,"claims":[{"path":["credentialSubject","x"]}]}],"credential_sets":[{"options":[["sd"],["ld"]]}]}`, []holder.Held{h.sdjwt, h.bbs}, "no-credential"},
		"half of an option":                         {`{"credentials":[{` + sd + `},{` + ld + `,"claims":[{"path":["credentialSubject","x"]}]}],"credential_sets":[{"options":[["sd","ld"]]}]}`, []holder.Held{h.sdjwt, h.bbs}, "claim-missing"},
	} {
		t.Run(name, func(t *testing.T) {
			sel, err := holder.Match(query(t, c.query), c.held)
			var failed *credential.Error
			if !errors.As(err, &failed) || failed.Check != c.check || failed.Clause == "" {
				t.Fatalf("error %v, want a failed check %s", err, c.check)
			}
			if sel != nil {
				t.Error("a partial answer was returned")
			}
		})
	}
	if _, err := holder.Match(openid4vp.Query{}, []holder.Held{h.sdjwt}); err == nil {
		t.Error("an invalid query is answered")
	}
}

func must1[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestMembersThatCanBeShownAlone(t *testing.T) {
	h := newHand(t)
	raw := h.issueSDJWT(t, map[string]any{
		"address": map[string]any{"city": sdjwt.Selective{Value: "C"}, "street": sdjwt.Selective{Value: "S"}},
		"towns":   []any{"A", "B"},
	})
	held := []holder.Held{{ID: "n", Format: credential.SDJWT, Raw: raw}}
	q := query(t, `{"credentials":[{`+sd+`,"claims":[{"path":["address","city"]},{"path":["towns"]}]}]}`)
	sel, err := holder.Match(q, held)
	if err != nil {
		t.Fatal(err)
	}
	r := request(t, q)
	token, err := holder.Present(sel, r, h.keys, now)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := token["sd"][0].Text()
	c := must[*sdjwt.Credential](t)(sdjwt.Parse(s))
	b := must[[]byte](t)(json.Marshal(c.Claims()["address"]))
	if string(b) != `{"city":"C"}` {
		t.Errorf("address %s", b)
	}
}
