package verifier_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
)

// The native form answers predicates by proofs, shows what is asked for in
// the clear, and gives each platform a name of its own.
func TestAcceptsJWP(t *testing.T) {
	w := newWorld(t)
	q := verifier.Proving(&openid4vp.PseudonymQuery{}, spec.RealPerson, "age_over_21", openid4vp.DocumentValid)
	p := w.request(q)
	sel := must[*holder.Selection](t)(holder.Match(p.Request.Query, []holder.Held{w.jwp}))
	pick := sel.Picks[0]
	if want := []string{"21 or over on 2026-11-22", "the document has not expired on 2026-11-22", "the credential is valid on 2026-11-22"}; !slices.Equal(pick.Proves, want) {
		t.Errorf("the person is told %q", pick.Proves)
	}
	if pick.Pseudonym == nil || pick.Linkable != holder.RepeatsHere || !pick.Bound {
		t.Errorf("pick %+v", pick)
	}
	token := must[openid4vp.VPToken](t)(holder.Present(sel, p.Request, nil, w.clock()))
	v := w.server.Verify(p.Request, token)
	if !v.Accepted {
		t.Fatal(v.Failed())
	}
	want := map[string]any{spec.RealPerson: true, "age_over_21": true, openid4vp.DocumentValid: true}
	if !reflect.DeepEqual(v.Claims, want) {
		t.Errorf("claims %v", v.Claims)
	}
	for _, c := range v.Checks {
		if !c.OK {
			t.Errorf("check %+v", c)
		}
	}
	if c, _ := v.Check("predicates"); c.Detail != "21 or over on 2026-11-22; the document has not expired on 2026-11-22" {
		t.Errorf("predicates: %s", c.Detail)
	}
	if v.Account == "" || v.Account != v.Presentations[0].Pseudonym {
		t.Errorf("account %q", v.Account)
	}
	raw, _ := token[verifier.QueryJWP][0].Text()
	for _, hidden := range []string{"1990-02-03", "32905", "SPECIMEN-1"} {
		for _, part := range strings.FieldsFunc(raw, func(r rune) bool { return r == '.' || r == '~' }) {
			if b, err := base64.RawURLEncoding.DecodeString(part); err == nil && strings.Contains(string(b), hidden) {
				t.Errorf("%s is in the presentation", hidden)
			}
		}
	}
}

func TestJWPAges(t *testing.T) {
	w := newWorld(t) // on 22 November 2026; the person was born on 3 February 1990 and is 36
	young := func(birth string) holder.Held {
		claims := maps.Clone(person())
		claims[spec.BirthDate] = birth
		return holder.Held{ID: "young", Format: w.jwp.Format, JWP: w.issueJWP(jwpbbs.NewLinkSecret(), claims)}
	}
	flag := func(name string, v bool) openid4vp.ClaimQuery {
		return openid4vp.ClaimQuery{Path: openid4vp.Path{name}, Values: []any{v}}
	}
	teen := []openid4vp.ClaimQuery{flag("age_over_14", true), flag("age_over_18", false)}
	for name, c := range map[string]struct {
		held   holder.Held
		claims []openid4vp.ClaimQuery
		agesOn string
		proved string // "" when it cannot be answered
	}{
		"36 is 36 or over":                    {w.jwp, []openid4vp.ClaimQuery{flag("age_over_36", true)}, "", "36 or over on 2026-11-22"},
		"36 is not 37":                        {w.jwp, []openid4vp.ClaimQuery{flag("age_over_37", true)}, "", ""},
		"36 is 37 on the birthday to come":    {w.jwp, []openid4vp.ClaimQuery{flag("age_over_37", true)}, "2027-02-03", "37 or over on 2027-02-03"},
		"36 is not 37 on the day before that": {w.jwp, []openid4vp.ClaimQuery{flag("age_over_37", true)}, "2027-02-02", ""},
		"36 is under 60":                      {w.jwp, []openid4vp.ClaimQuery{flag("age_over_60", false)}, "", "under 60 on 2026-11-22"},
		"36 is not 14 to 17":                  {w.jwp, teen, "", ""},
		"14 today is 14 to 17":                {young("2012-11-22"), teen, "", "14 to 17 on 2026-11-22"},
		"14 tomorrow is not":                  {young("2012-11-23"), teen, "", ""},
		"18 tomorrow is 14 to 17":             {young("2008-11-23"), teen, "", "14 to 17 on 2026-11-22"},
		"18 today is not":                     {young("2008-11-22"), teen, "", ""},
		"two bounds are one":                  {w.jwp, []openid4vp.ClaimQuery{flag("age_over_18", true), flag("age_over_21", true)}, "", "21 or over on 2026-11-22"},
	} {
		t.Run(name, func(t *testing.T) {
			q := verifier.Proving(nil)
			q.Credentials[0].Claims = c.claims
			if c.agesOn != "" {
				q.Credentials[0].Meta.AgesOn = must[spec.Date](t)(spec.ParseDate(c.agesOn))
			}
			p := w.request(q)
			sel, err := holder.Match(p.Request.Query, []holder.Held{c.held})
			if c.proved == "" {
				if err == nil {
					t.Fatal("answered")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if sel.Picks[0].Proves[0] != c.proved {
				t.Errorf("the person is told %q", sel.Picks[0].Proves)
			}
			v := w.server.Verify(p.Request, must[openid4vp.VPToken](t)(holder.Present(sel, p.Request, nil, w.clock())))
			if !v.Accepted || v.Presentations[0].Proved[0] != c.proved || v.Account != "" {
				t.Errorf("verdict %+v", v)
			}
		})
	}
}

// One account per platform and scope, none that two platforms share, and a
// platform can bar its own.
func TestJWPPseudonyms(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	other.server = must[*verifier.Server](t)(verifier.New(verifier.Config{URL: "https://other.example", Now: other.clock,
		Issuers: verifier.TrustedIssuers{JWP: map[string]*bbs.PublicKey{issuerURL: w.proving.PublicKey()}}}))
	secret := jwpbbs.NewLinkSecret()
	first := holder.Held{ID: "first", Format: w.jwp.Format, JWP: w.issueJWP(secret, person())}
	renewed := holder.Held{ID: "renewed", Format: w.jwp.Format, JWP: w.issueJWP(secret, person())}
	account := func(w *world, held holder.Held, scope string) string {
		t.Helper()
		p := w.request(verifier.Proving(&openid4vp.PseudonymQuery{Scope: scope}, spec.RealPerson))
		v := must[*verifier.Verdict](t)(w.server.Respond(&openid4vp.Response{State: p.Request.State, Token: w.present(p.Request, held)}))
		if !v.Accepted {
			t.Fatal(v.Failed())
		}
		return v.Account
	}
	mine := account(w, first, "")
	for name, same := range map[string]bool{
		account(w, first, ""):      true,
		account(w, renewed, ""):    true,
		account(w, first, "forum"): false,
		account(other, first, ""):  false,
		account(w, w.jwp, ""):      false, // another person
	} {
		if (name == mine) != same {
			t.Errorf("account %s, same as %s: want %v", name, mine, same)
		}
	}
	if err := w.server.Accounts().Bar(mine); err != nil {
		t.Fatal(err)
	}
	p := w.request(verifier.Proving(&openid4vp.PseudonymQuery{}, spec.RealPerson))
	wantFailed(t, w.server.Verify(p.Request, w.present(p.Request, renewed)), "not-barred")
	if account(w, w.jwp, "") == mine || account(other, first, "") == "" {
		t.Error("the bar reaches others")
	}
}

// R-PRE-03 and R-PRE-06 for the JWP form: each refusal by its own check.
func TestRefusesJWP(t *testing.T) {
	w := newWorld(t)
	stranger := must[*bbs.SecretKey](t)(bbs.GenerateKey())
	layout := must[*jwpbbs.Layout](t)(jwpbbs.PersonLayout(issuerURL))
	_, until := spec.Epoch(w.now)
	claims := must[map[string]any](t)(jwpbbs.PersonClaims(person(), until))
	query := verifier.Proving(&openid4vp.PseudonymQuery{Scope: "game"}, spec.RealPerson, spec.AgeOver18)

	// jwp is what the request asks, for an answer of one's own making.
	jwp := func(r *openid4vp.Request) jwpbbs.Request {
		c := r.Query.Credentials[0]
		return *must[*jwpbbs.Request](t)(r.JWP(c, c.Claims, jwpbbs.PersonType, nil))
	}
	answer := func(change func(*jwpbbs.Request)) func(*openid4vp.Request) string {
		return func(r *openid4vp.Request) string {
			asked := jwp(r)
			change(&asked)
			return must[string](t)(w.jwp.JWP.Present(asked))
		}
	}
	from := func(c *jwpbbs.Credential) func(*openid4vp.Request) string {
		return func(r *openid4vp.Request) string { return must[string](t)(c.Present(jwp(r))) }
	}
	// part changes one of the parts between dots, or of the octets between
	// tildes in it.
	part := func(i, j int, change func([]byte) []byte) func(*openid4vp.Request) string {
		return func(r *openid4vp.Request) string {
			parts := strings.Split(from(w.jwp.JWP)(r), ".")
			octets := strings.Split(parts[i], "~")
			b := must[[]byte](t)(base64.RawURLEncoding.DecodeString(octets[j]))
			octets[j] = base64.RawURLEncoding.EncodeToString(change(b))
			parts[i] = strings.Join(octets, "~")
			return strings.Join(parts, ".")
		}
	}
	replace := func(old, with string) func([]byte) []byte {
		return func(b []byte) []byte {
			changed := strings.Replace(string(b), old, with, 1)
			if changed == string(b) {
				t.Errorf("%s is not in %s", old, b)
			}
			return []byte(changed)
		}
	}
	flipped := func(b []byte) []byte { b[len(b)/2] ^= 1; return b }
	sub := func(j int, change func(map[string]any)) func(*openid4vp.Request) string {
		return part(3, j, func(b []byte) []byte {
			var s map[string]any
			if err := json.Unmarshal(b, &s); err != nil {
				t.Fatal(err)
			}
			change(s)
			return must[[]byte](t)(json.Marshal(s))
		})
	}
	input := func(s map[string]any) map[string]any { return s["input"].(map[string]any) }
	proof := func(s map[string]any) {
		b := must[[]byte](t)(base64.RawURLEncoding.DecodeString(s["proof"].(string)))
		b[len(b)-1] ^= 1
		s["proof"] = base64.RawURLEncoding.EncodeToString(b)
	}
	const age, validity, name = 1, 2, 3 // sub-proofs, after the core proof
	otherScope := jwpbbs.Scope("forum")
	tomorrow := spec.DateOf(w.now).AddDays(1)

	for title, c := range map[string]struct {
		check string
		make  func(r *openid4vp.Request) string
	}{
		"nothing":                         {"structure", func(*openid4vp.Request) string { return "" }},
		"the issued form":                 {"structure", func(r *openid4vp.Request) string { s := from(w.jwp.JWP)(r); return s[strings.Index(s, ".")+1:] }},
		"one part more":                   {"structure", func(r *openid4vp.Request) string { return from(w.jwp.JWP)(r) + ".AA" }},
		"longer than any":                 {"structure", func(r *openid4vp.Request) string { return from(w.jwp.JWP)(r) + strings.Repeat("A", jwpbbs.MaxSize) }},
		"issuer header of another type":   {"type", part(1, 0, replace("person-days", "person-years"))},
		"issuer header without extension": {"issuer-header", part(1, 0, replace(`"crit":["committed"]`, `"crit":["x"]`))},
		"issuer header with a time":       {"issuer-header", part(1, 0, replace(`"crit"`, `"exp":1,"crit"`))},
		"issuer header written otherwise": {"proof", part(1, 0, replace(`{`, `{ `))},
		"issuer not trusted":              {"issuer-trusted", part(1, 0, replace("issuer.example", "elsewhere.example"))},
		"claims moved in the header":      {"disclosures", part(1, 0, replace(`"real_person":[0,false],"age_band":[1,false]`, `"age_band":[0,false],"real_person":[1,false]`))},
		"presentation header changed":     {"proof", part(0, 0, replace(`{`, `{"x":1,`))},
		"made for another nonce":          {"nonce", answer(func(r *jwpbbs.Request) { r.Nonce = "another" })},
		"made for another platform":       {"audience", answer(func(r *jwpbbs.Request) { r.Audience = "redirect_uri:https://elsewhere.example/responses" })},
		"made for the bare address":       {"audience", answer(func(r *jwpbbs.Request) { r.Audience = strings.TrimPrefix(r.Audience, "redirect_uri:") })},
		"a transaction nobody asked for":  {"transaction-data", answer(func(r *jwpbbs.Request) { r.Transactions = make([][32]byte, 1) })},
		"a claim withheld":                {"disclosures", answer(func(r *jwpbbs.Request) { r.Disclose = nil })},
		"a claim too many":                {"disclosures", answer(func(r *jwpbbs.Request) { r.Disclose = append(r.Disclose, jwpbbs.Path{spec.Sex}) })},
		"the birth date for the age": {"disclosures", answer(func(r *jwpbbs.Request) {
			r.Disclose, r.Ranges = append(r.Disclose, jwpbbs.Path{spec.BirthDate}), nil
		})},
		"the flag for the age": {"disclosures", answer(func(r *jwpbbs.Request) {
			r.Disclose, r.Ranges = append(r.Disclose, jwpbbs.Path{spec.AgeOver18}), nil
		})},
		"the end of validity in the clear": {"disclosures", answer(func(r *jwpbbs.Request) { r.Disclose = append(r.Disclose, jwpbbs.Path{jwpbbs.Expires}) })},
		"no age":                           {"predicates-asked", answer(func(r *jwpbbs.Request) { r.Ranges = nil })},
		"another age": {"predicates-asked", answer(func(r *jwpbbs.Request) {
			r.Ranges[0] = must[jwpbbs.Range](t)(jwpbbs.AgeAtLeast(17, spec.DateOf(w.now), spec.Settings{}))
		})},
		"a stricter age": {"predicates-asked", answer(func(r *jwpbbs.Request) {
			r.Ranges[0] = must[jwpbbs.Range](t)(jwpbbs.AgeAtLeast(21, spec.DateOf(w.now), spec.Settings{}))
		})},
		"the age on another day": {"predicates-asked", answer(func(r *jwpbbs.Request) {
			r.Ranges[0] = must[jwpbbs.Range](t)(jwpbbs.AgeAtLeast(18, tomorrow, spec.Settings{}))
		})},
		"the age about another date":   {"predicates-asked", answer(func(r *jwpbbs.Request) { r.Ranges[0].Path, r.Ranges[0].Upper = jwpbbs.Path{spec.DocumentExpiry}, 1<<21 })},
		"valid on another day":         {"predicates-asked", answer(func(r *jwpbbs.Request) { r.ValidAt = tomorrow.Time() })},
		"no pseudonym":                 {"predicates-asked", answer(func(r *jwpbbs.Request) { r.Pseudonym = nil })},
		"pseudonym of another scope":   {"predicates-asked", answer(func(r *jwpbbs.Request) { r.Pseudonym = &otherScope })},
		"age relabelled":               {"predicates-asked", sub(age, func(s map[string]any) { input(s)["u"] = 1 << 20 })},
		"validity relabelled":          {"predicates-asked", sub(validity, func(s map[string]any) { input(s)["u"] = 1 << 62 })},
		"pseudonym relabelled":         {"predicates-asked", sub(name, func(s map[string]any) { input(s)["scope"] = "forum" })},
		"an algorithm nobody knows":    {"predicates-asked", sub(age, func(s map[string]any) { s["alg"] = "sigma-range" })},
		"a member nobody knows":        {"predicates-asked", sub(age, func(s map[string]any) { s["x"] = 1 })},
		"a pseudonym that is no point": {"pseudonym", sub(name, func(s map[string]any) { input(s)["nym"] = strings.Repeat("A", 64) })},
		"another proof of the age":     {"predicates", sub(age, proof)},
		"another proof of validity":    {"validity", sub(validity, proof)},
		"another proof of the name":    {"pseudonym", sub(name, proof)},
		"core proof changed":           {"proof", part(3, 0, flipped)},
		"core proof cut":               {"proof", part(3, 0, func(b []byte) []byte { return b[:len(b)-32] })},
		"value changed":                {"proof", part(2, 0, func([]byte) []byte { return []byte("false") })},
		"signed by another key":        {"proof", from(w.issueLayout(layout, stranger, jwpbbs.NewLinkSecret(), claims))},
		"presented twice": {"nonce", func(r *openid4vp.Request) string {
			return from(w.jwp.JWP)(w.request(query).Request)
		}},
	} {
		t.Run(title, func(t *testing.T) {
			p := w.request(query)
			token := openid4vp.VPToken{verifier.QueryJWP: text(t, c.make(p.Request))}
			wantFailed(t, w.server.Verify(p.Request, token), c.check)
		})
	}

	t.Run("expired", func(t *testing.T) {
		p := w.request(query)
		old := maps.Clone(claims)
		old[jwpbbs.Expires] = spec.DateOf(w.now).Time().Unix()
		gone := holder.Held{ID: "old", Format: w.jwp.Format, JWP: w.issueLayout(layout, w.proving, jwpbbs.NewLinkSecret(), old)}
		if _, err := gone.JWP.Present(jwp(p.Request)); err == nil {
			t.Error("a credential that ends today is presented as valid on it")
		}
	})
	t.Run("without an end", func(t *testing.T) {
		endless := must[*jwpbbs.Layout](t)(jwpbbs.NewLayout(issuerURL, "https://halfmask.example/vct/endless", jwpbbs.Member{Name: "a", Node: jwpbbs.Text()}))
		q := verifier.Proving(nil)
		q.Credentials[0].Meta.VCTValues = []string{endless.Type()}
		q.Credentials[0].Claims = []openid4vp.ClaimQuery{{Path: openid4vp.Path{"a"}}}
		p := w.request(q)
		held := holder.Held{ID: "endless", Format: w.jwp.Format, JWP: w.issueLayout(endless, w.proving, jwpbbs.NewLinkSecret(), map[string]any{"a": "b"})}
		wantFailed(t, w.server.Verify(p.Request, w.present(p.Request, held)), "validity")
	})
	t.Run("an object", func(t *testing.T) {
		p := w.request(query)
		wantFailed(t, w.server.Verify(p.Request, openid4vp.VPToken{verifier.QueryJWP: object(t, map[string]any{"a": 1})}), "structure")
	})
	t.Run("a day that is over", func(t *testing.T) {
		q := verifier.Proving(nil, spec.RealPerson)
		q.Credentials[0].Meta.ValidOn = spec.DateOf(w.now).AddDays(-1)
		if _, err := w.server.Request(q); err == nil {
			t.Error("a request about yesterday is made")
		}
	})
}

// A combination of claims that was asked for is recognized by what is shown.
func TestJWPClaimSets(t *testing.T) {
	w := newWorld(t)
	q := verifier.Proving(nil)
	c := &q.Credentials[0]
	c.Claims = []openid4vp.ClaimQuery{
		{ID: "old", Path: openid4vp.Path{"age_over_60"}, Values: []any{true}},
		{ID: "adult", Path: openid4vp.Path{spec.AgeOver18}, Values: []any{true}},
		{ID: "sex", Path: openid4vp.Path{spec.Sex}},
	}
	c.ClaimSets = [][]string{{"old"}, {"sex", "adult"}, {"adult"}}
	p := w.request(q)
	v := w.server.Verify(p.Request, w.present(p.Request, w.jwp))
	if !v.Accepted || !reflect.DeepEqual(v.Claims, map[string]any{spec.AgeOver18: true}) {
		t.Errorf("verdict %+v", v)
	}
}

// A request about a day that is long past is never a way around exp.
func TestJWPValidity(t *testing.T) {
	w := newWorld(t)
	_, until := spec.Epoch(w.now)
	for name, c := range map[string]struct {
		after time.Duration
		ok    bool
	}{"the last day": {until.Add(-time.Hour).Sub(w.now), true}, "the day after": {until.Add(time.Hour).Sub(w.now), false}} {
		t.Run(name, func(t *testing.T) {
			later := newWorld(t, func(c *verifier.Config) { c.Issuers.JWP[issuerURL] = w.proving.PublicKey() })
			later.wait(c.after)
			p := later.request(verifier.Proving(nil, spec.RealPerson))
			sel, err := holder.Match(p.Request.Query, []holder.Held{w.jwp})
			if (err == nil) != c.ok {
				t.Fatalf("matched: %v", err)
			}
			if !c.ok {
				return
			}
			token := must[openid4vp.VPToken](t)(holder.Present(sel, p.Request, nil, later.clock()))
			if !later.server.Verify(p.Request, token).Accepted {
				t.Error("refused")
			}
		})
	}
}
