package verifier_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
)

var adult = []string{spec.RealPerson, spec.AgeOver18}

// R-PRE-01: the answer shows what was asked for and nothing else.
func TestAcceptsTheLeast(t *testing.T) {
	w := newWorld(t)
	for name, held := range map[string]holder.Held{verifier.QuerySDJWT: w.sdjwt, verifier.QueryBBS: w.bbs} {
		t.Run(name, func(t *testing.T) {
			p := w.request(verifier.QueryFor(adult))
			token := w.present(p.Request, held)
			if len(token[name]) != 1 {
				t.Fatalf("answered with %v", slices.Collect(maps.Keys(token)))
			}
			for _, hidden := range []string{"Specimen", "1990-02-03", "SPECIMEN-1", "+8610000000000"} {
				if strings.Contains(string(token[name][0].RawMessage), hidden) {
					t.Errorf("%q is in the presentation", hidden)
				}
			}
			v := w.server.Verify(p.Request, token)
			if !v.Accepted {
				t.Fatalf("refused: %+v", v.Failed())
			}
			if want := map[string]any{spec.RealPerson: true, spec.AgeOver18: true}; !reflect.DeepEqual(v.Claims, want) {
				t.Errorf("claims %v, want %v", v.Claims, want)
			}
			if (v.Account != "") != (held.Format == credential.SDJWT) {
				t.Errorf("account %q", v.Account)
			}
			if len(v.Beyond) > 0 {
				t.Errorf("shown beyond the request: %v", v.Beyond)
			}
		})
	}
}

func TestEveryClaimAndNoClaim(t *testing.T) {
	w := newWorld(t)
	for _, claims := range [][]string{spec.Claims, nil} {
		for _, f := range []credential.Format{credential.SDJWT, credential.BBS2023} {
			p := w.request(verifier.QueryFor(claims, f))
			v := w.server.Verify(p.Request, w.present(p.Request, w.sdjwt, w.bbs))
			if !v.Accepted {
				t.Fatalf("%s with %d claims: %+v", f, len(claims), v.Failed())
			}
			want := map[string]any{}
			for _, c := range claims {
				want[c] = person()[c]
			}
			if !reflect.DeepEqual(v.Claims, want) {
				t.Errorf("%s: claims %v, want %v", f, v.Claims, want)
			}
		}
	}
}

func TestRefusesToken(t *testing.T) {
	w := newWorld(t)
	both := verifier.QueryFor(adult)
	r := w.request(both).Request
	sd := w.present(r, w.sdjwt)[verifier.QuerySDJWT]
	ld := w.present(r, w.bbs)[verifier.QueryBBS]
	for name, c := range map[string]struct {
		check string
		token openid4vp.VPToken
	}{
		"no presentation":             {"vp-token", openid4vp.VPToken{}},
		"id of no credential query":   {"vp-token", openid4vp.VPToken{verifier.QueryBBS: ld, "other": sd}},
		"empty array":                 {"vp-token", openid4vp.VPToken{verifier.QueryBBS: ld, verifier.QuerySDJWT: nil}},
		"two where one was asked for": {"vp-token", openid4vp.VPToken{verifier.QueryBBS: {ld[0], ld[0]}}},
		"string for an object format": {"structure", openid4vp.VPToken{verifier.QueryBBS: sd}},
		"object for a string format":  {"structure", openid4vp.VPToken{verifier.QuerySDJWT: ld}},
		"a good one beside a bad one": {"structure", openid4vp.VPToken{verifier.QueryBBS: ld, verifier.QuerySDJWT: text(t, "x")}},
	} {
		t.Run(name, func(t *testing.T) { wantFailed(t, w.server.Verify(r, c.token), c.check) })
	}
	if v := w.server.Verify(r, openid4vp.VPToken{verifier.QueryBBS: ld, verifier.QuerySDJWT: sd}); !v.Accepted || len(v.Presentations) != 2 {
		t.Errorf("both options at once: %+v", v.Failed())
	}
	all := both
	all.CredentialSets = nil
	wantFailed(t, w.server.Verify(&openid4vp.Request{ClientID: r.ClientID, Nonce: r.Nonce, State: r.State, Query: all}, openid4vp.VPToken{verifier.QueryBBS: ld}), "query-satisfied")
	strict := verifier.QueryFor(adult, credential.BBS2023)
	strict.Credentials[0].WithoutHolderBinding = false
	wantFailed(t, w.server.Verify(&openid4vp.Request{ClientID: r.ClientID, Nonce: r.Nonce, Query: strict}, openid4vp.VPToken{verifier.QueryBBS: ld}), "holder-binding")
	unknown := openid4vp.Query{Credentials: []openid4vp.CredentialQuery{{ID: "md", Format: "mso_mdoc"}}}
	wantFailed(t, w.server.Verify(&openid4vp.Request{Query: unknown}, openid4vp.VPToken{"md": sd}), "format")
}

// R-PRE-06: values are checked again.
func TestValueMismatchIsRefused(t *testing.T) {
	w := newWorld(t)
	for _, f := range []credential.Format{credential.SDJWT, credential.BBS2023} {
		asked := verifier.QueryFor([]string{spec.AgeBand}, f)
		r := w.request(asked).Request
		token := w.present(r, w.sdjwt, w.bbs)
		narrow := *r
		narrow.Query.Credentials = slices.Clone(asked.Credentials)
		narrow.Query.Credentials[0].Claims = []openid4vp.ClaimQuery{{Path: asked.Credentials[0].Claims[0].Path, Values: []any{"60+"}}}
		wantFailed(t, w.server.Verify(&narrow, token), "claim-values")
	}
}

func TestOverDisclosureIsNotedAndNotKept(t *testing.T) {
	w := newWorld(t)
	for _, f := range []credential.Format{credential.SDJWT, credential.BBS2023} {
		wide := w.request(verifier.QueryFor([]string{spec.AgeOver18, spec.Name, spec.BirthDate}, f)).Request
		token := w.present(wide, w.sdjwt, w.bbs)
		narrow := *wide
		narrow.Query = verifier.QueryFor([]string{spec.AgeOver18}, f)
		v := w.server.Verify(&narrow, token)
		if !v.Accepted {
			t.Fatalf("%s: %+v", f, v.Failed())
		}
		if want := []string{spec.BirthDate, spec.Name}; !slices.Equal(v.Beyond, want) {
			t.Errorf("%s: beyond %v, want %v", f, v.Beyond, want)
		}
		if b := must[[]byte](t)(json.Marshal(v)); strings.Contains(string(b), "Specimen") || strings.Contains(string(b), "1990") {
			t.Errorf("%s: the verdict keeps a value that was not asked for: %s", f, b)
		}
		if c, _ := v.Check("over-disclosure"); !c.OK || !strings.Contains(c.Detail, spec.BirthDate) {
			t.Errorf("%s: check %+v", f, c)
		}
	}
}

// R-PRE-04: what the policy does not ask for counts for nothing.
func TestKeyBindingIsThePolicys(t *testing.T) {
	w := newWorld(t)
	q := verifier.QueryFor(adult, credential.SDJWT)
	q.Credentials[0].WithoutHolderBinding = true
	r := w.request(q).Request
	s := w.presentText(r, w.sdjwt)
	for _, shown := range []string{s, s[:strings.LastIndex(s, "~")+1]} {
		v := w.server.Verify(r, openid4vp.VPToken{verifier.QuerySDJWT: text(t, shown)})
		if !v.Accepted {
			t.Fatalf("refused: %+v", v.Failed())
		}
		if c, _ := v.Check("key-binding-nonce"); !c.Skipped || v.Account != "" || v.Presentations[0].HolderKey != "" {
			t.Errorf("what the policy did not ask for counts: %+v, account %q", c, v.Account)
		}
	}
}

func TestVerdictListsEveryCheck(t *testing.T) {
	w := newWorld(t)
	names := func(v *verifier.Verdict) (all []string) {
		for _, c := range v.Checks {
			all = append(all, c.Name)
			if c.Clause == "" {
				t.Errorf("check %s has no clause", c.Name)
			}
		}
		return all
	}
	for _, f := range []credential.Format{credential.SDJWT, credential.BBS2023} {
		r := w.request(verifier.QueryFor(adult, f)).Request
		token := w.present(r, w.sdjwt, w.bbs)
		good := w.server.Verify(r, token)
		other := *r
		other.Nonce = "another"
		bad := w.server.Verify(&other, token)
		if !slices.Equal(names(good), names(bad)) || len(names(good)) < 12 {
			t.Errorf("%s: accepted lists %v, refused lists %v", f, names(good), names(bad))
		}
		for _, c := range good.Checks {
			if !c.OK && !c.Skipped {
				t.Errorf("%s: %+v in an accepted response", f, c)
			}
		}
	}
}

func TestBarringReachesOneAccountOfThisPlatform(t *testing.T) {
	w := newWorld(t)
	login := func(h holder.Held) *verifier.Verdict {
		p := w.request(verifier.QueryFor(adult))
		return must[*verifier.Verdict](t)(w.server.Respond(&openid4vp.Response{State: p.Request.State, Token: w.present(p.Request, h)}))
	}
	first := login(w.sdjwt)
	if again := login(w.sdjwt); again.Account != first.Account || first.Account == "" {
		t.Fatalf("accounts %q and %q of one key", first.Account, again.Account)
	}
	if a, ok := w.server.Accounts().Get(first.Account); !ok || a.Logins != 2 || a.Barred {
		t.Errorf("account %+v", a)
	}
	if err := w.server.Accounts().Bar(first.Account); err != nil {
		t.Fatal(err)
	}
	wantFailed(t, login(w.sdjwt), "not-barred")
	if v := login(w.bbs); !v.Accepted || v.Account != "" {
		t.Errorf("a proof that repeats nothing has account %q, failed %v", v.Account, v.Failed())
	}
	if err := w.server.Accounts().Unbar(first.Account); err != nil {
		t.Fatal(err)
	}
	if v := login(w.sdjwt); !v.Accepted {
		t.Errorf("refused after unbarring: %+v", v.Failed())
	}
	if err := w.server.Accounts().Bar("nobody"); err != verifier.ErrNoAccount {
		t.Errorf("barring nobody: %v", err)
	}
}
