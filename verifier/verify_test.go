package verifier_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/credential/sdjwt"
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

// TestRefusesSDJWT changes one thing in a presentation that would be accepted:
// R-PRE-03 (nonce, audience), R-PRE-04 (stripped key binding), R-PRE-06
// (issuer's key, every constraint again).
func TestRefusesSDJWT(t *testing.T) {
	w := newWorld(t)
	stranger := ecKey(t)
	held := func(raw string) holder.Held { return holder.Held{ID: "x", Format: credential.SDJWT, Raw: raw} }
	// bind makes a presentation by hand.
	bind := func(raw string, key any, nonce, audience string, at time.Time, claims ...string) string {
		c := must[*sdjwt.Credential](t)(sdjwt.Parse(raw))
		var paths [][]any
		for _, name := range claims {
			paths = append(paths, []any{name})
		}
		shown := must[string](t)(c.Select(paths...))
		return must[string](t)(sdjwt.Bind(shown, jose.SigningKey{Algorithm: jose.ES256, Key: key}, nonce, audience, at))
	}
	good := func(r *openid4vp.Request, raw string) string { return w.presentText(r, held(raw)) }
	for name, c := range map[string]struct {
		check string
		make  func(r *openid4vp.Request) string
	}{
		"changed claim": {"disclosures", func(r *openid4vp.Request) string {
			parts := strings.Split(good(r, w.sdjwt.Raw), "~")
			plain := must[[]byte](t)(base64.RawURLEncoding.DecodeString(parts[1]))
			parts[1] = base64.RawURLEncoding.EncodeToString(bytes.Replace(plain, []byte("true"), []byte("false"), 1))
			return strings.Join(parts, "~")
		}},
		"changed signature": {"signature", func(r *openid4vp.Request) string {
			jwt, rest, _ := strings.Cut(good(r, w.sdjwt.Raw), "~")
			return flip(jwt, len(jwt)-10) + "~" + rest
		}},
		"changed nonce": {"key-binding-nonce", func(r *openid4vp.Request) string {
			return bind(w.sdjwt.Raw, w.holderKey, "another", r.ClientID, w.now, adult...)
		}},
		"changed audience": {"key-binding-audience", func(r *openid4vp.Request) string {
			return bind(w.sdjwt.Raw, w.holderKey, r.Nonce, "redirect_uri:https://other.example/responses", w.now, adult...)
		}},
		"audience without the prefix": {"key-binding-audience", func(r *openid4vp.Request) string {
			return bind(w.sdjwt.Raw, w.holderKey, r.Nonce, r.ResponseURI, w.now, adult...)
		}},
		"old key binding": {"key-binding-time", func(r *openid4vp.Request) string {
			return bind(w.sdjwt.Raw, w.holderKey, r.Nonce, r.ClientID, w.now.Add(-time.Hour), adult...)
		}},
		"key binding from the future": {"key-binding-time", func(r *openid4vp.Request) string {
			return bind(w.sdjwt.Raw, w.holderKey, r.Nonce, r.ClientID, w.now.Add(time.Hour), adult...)
		}},
		"key binding stripped": {"key-binding", func(r *openid4vp.Request) string {
			s := good(r, w.sdjwt.Raw)
			return s[:strings.LastIndex(s, "~")+1]
		}},
		"presentation replayed": {"key-binding-nonce", func(*openid4vp.Request) string {
			return good(w.request(verifier.QueryFor(adult, credential.SDJWT)).Request, w.sdjwt.Raw)
		}},
		"key binding of another presentation": {"key-binding-hash", func(r *openid4vp.Request) string {
			a := good(r, w.sdjwt.Raw)
			b := bind(w.sdjwt.Raw, w.holderKey, r.Nonce, r.ClientID, w.now, spec.Name)
			return a[:strings.LastIndex(a, "~")+1] + b[strings.LastIndex(b, "~")+1:]
		}},
		"disclosure added behind the holder's back": {"key-binding-hash", func(r *openid4vp.Request) string {
			a := good(r, w.sdjwt.Raw)
			b := bind(w.sdjwt.Raw, w.holderKey, r.Nonce, r.ClientID, w.now, spec.Name)
			i := strings.LastIndex(a, "~") + 1
			return a[:i] + strings.Split(b, "~")[1] + "~" + a[i:]
		}},
		"disclosure of another credential added": {"disclosures", func(r *openid4vp.Request) string {
			a := good(r, w.sdjwt.Raw)
			other := strings.Split(w.issueSDJWT(w.signing, nil), "~")[1]
			i := strings.LastIndex(a, "~") + 1
			return a[:i] + other + "~" + a[i:]
		}},
		"key of somebody else": {"key-binding-signature", func(r *openid4vp.Request) string {
			raw := w.issueSDJWT(w.signing, func(t *sdjwt.Template) { t.HolderKey = &jose.JSONWebKey{Key: &stranger.PublicKey} })
			mine := good(r, w.sdjwt.Raw)
			theirs := bind(raw, stranger, r.Nonce, r.ClientID, w.now, adult...)
			return mine[:strings.LastIndex(mine, "~")+1] + theirs[strings.LastIndex(theirs, "~")+1:]
		}},
		"credential without a holder's key": {"key-binding-signature", func(r *openid4vp.Request) string {
			raw := w.issueSDJWT(w.signing, func(t *sdjwt.Template) { t.HolderKey = nil })
			mine := good(r, w.sdjwt.Raw)
			return must[string](t)(must[*sdjwt.Credential](t)(sdjwt.Parse(raw)).Select()) + mine[strings.LastIndex(mine, "~")+1:]
		}},
		"proof from another issuer's key": {"signature", func(r *openid4vp.Request) string {
			return good(r, w.issueSDJWT(stranger, nil))
		}},
		"issuer that is not trusted": {"issuer-trusted", func(r *openid4vp.Request) string {
			return good(r, w.issueSDJWT(stranger, func(t *sdjwt.Template) { t.Issuer = "https://forger.example" }))
		}},
		"wrong vct": {"type", func(r *openid4vp.Request) string {
			raw := w.issueSDJWT(w.signing, func(t *sdjwt.Template) { t.Type = "https://halfmask.example/vct/person/2" })
			return bind(raw, w.holderKey, r.Nonce, r.ClientID, w.now, adult...)
		}},
		"expired credential": {"validity", func(r *openid4vp.Request) string {
			return good(r, w.issueSDJWT(w.signing, func(t *sdjwt.Template) { t.Expires = w.now }))
		}},
		"credential that is not yet valid": {"validity", func(r *openid4vp.Request) string {
			return good(r, w.issueSDJWT(w.signing, func(t *sdjwt.Template) { t.NotBefore = w.now.Add(time.Second) }))
		}},
		"credential without an end": {"validity", func(r *openid4vp.Request) string {
			return good(r, w.issueSDJWT(w.signing, func(t *sdjwt.Template) { t.Expires = time.Time{} }))
		}},
		"claim withheld": {"claims-present", func(r *openid4vp.Request) string {
			return bind(w.sdjwt.Raw, w.holderKey, r.Nonce, r.ClientID, w.now, spec.RealPerson)
		}},
		"claim of another type": {"claim-values", func(r *openid4vp.Request) string {
			return good(r, w.issueSDJWT(w.signing, func(t *sdjwt.Template) { t.Disclosable[spec.AgeOver18] = "true" }))
		}},
		"no credential at all": {"structure", func(*openid4vp.Request) string { return "x" }},
		"empty string":         {"structure", func(*openid4vp.Request) string { return "" }},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.request(verifier.QueryFor(adult, credential.SDJWT)).Request
			token := openid4vp.VPToken{verifier.QuerySDJWT: text(t, c.make(r))}
			wantFailed(t, w.server.Verify(r, token), c.check)
		})
	}
}

func (w *world) presentText(r *openid4vp.Request, h holder.Held) string {
	w.Helper()
	s, ok := w.present(r, h)[verifier.QuerySDJWT][0].Text()
	if !ok {
		w.Fatal("not a string")
	}
	return s
}

// flip changes one base64url character.
func flip(s string, at int) string {
	b := []byte(s)
	if b[at] == 'A' {
		b[at] = 'B'
	} else {
		b[at] = 'A'
	}
	return string(b)
}

// R-PRE-03 (presentation header) and R-PRE-06 (issuer's key, every constraint
// again) for bbs-2023.
func TestRefusesBBS(t *testing.T) {
	w := newWorld(t)
	stranger := must[*bbs.SecretKey](t)(bbs.GenerateKey())
	// derive makes a presentation by hand.
	derive := func(raw string, r *openid4vp.Request, claims ...string) map[string]any {
		var pointers []string
		for _, c := range claims {
			pointers = append(pointers, "/credentialSubject/"+c)
		}
		b := must[[]byte](t)(bbs2023.Derive([]byte(raw), pointers, openid4vp.PresentationHeader(r.ClientID, r.Nonce)))
		var doc map[string]any
		if err := json.Unmarshal(b, &doc); err != nil {
			t.Fatal(err)
		}
		return doc
	}
	good := func(r *openid4vp.Request) map[string]any { return derive(w.bbs.Raw, r, adult...) }
	subject := func(doc map[string]any) map[string]any { return doc["credentialSubject"].(map[string]any) }
	changed := func(change func(map[string]any)) func(*openid4vp.Request) any {
		return func(r *openid4vp.Request) any {
			doc := good(r)
			change(doc)
			return doc
		}
	}
	issued := func(change func(map[string]any)) func(*openid4vp.Request) any {
		return func(r *openid4vp.Request) any { return derive(w.issueBBS(w.proving, change), r, adult...) }
	}
	for name, c := range map[string]struct {
		check string
		make  func(r *openid4vp.Request) any
	}{
		"changed claim":         {"proof", changed(func(d map[string]any) { subject(d)[spec.AgeOver18] = false })},
		"claim as a string":     {"proof", changed(func(d map[string]any) { subject(d)[spec.AgeOver18] = "true" })},
		"claim added":           {"proof", changed(func(d map[string]any) { subject(d)[spec.AgeOver60] = true })},
		"claim removed":         {"proof", changed(func(d map[string]any) { delete(subject(d), spec.AgeOver18) })},
		"claim renamed":         {"proof", changed(func(d map[string]any) { subject(d)[spec.AgeOver60] = true; delete(subject(d), spec.AgeOver18) })},
		"unsigned member added": {"proof", changed(func(d map[string]any) { subject(d)["vip"] = true })},
		"unsigned top member":   {"proof", changed(func(d map[string]any) { d["vip"] = true })},
		"subject named":         {"proof", changed(func(d map[string]any) { subject(d)["id"] = "did:example:me" })},
		"claim as a list":       {"claim-values", changed(func(d map[string]any) { subject(d)[spec.AgeOver18] = []any{true} })},
		"subject as a list":     {"mandatory-members", changed(func(d map[string]any) { d["credentialSubject"] = []any{subject(d)} })},
		"types reordered": {"mandatory-members", changed(func(d map[string]any) {
			d["type"] = []any{spec.CredentialClass, "VerifiableCredential"}
		})},
		"end changed":    {"proof", changed(func(d map[string]any) { d["validUntil"] = "2099-01-01T00:00:00Z" })},
		"end removed":    {"proof", changed(func(d map[string]any) { delete(d, "validUntil") })},
		"issuer changed": {"issuer-trusted", changed(func(d map[string]any) { d["issuer"] = bbs2023.Issuer(stranger.PublicKey()) })},
		"context of the presenter's choice": {"context", changed(func(d map[string]any) {
			d["@context"] = []any{spec.CredentialsV2, map[string]any{"age_over_18": "https://halfmask.example/vocab#age_over_8"}}
		})},
		"context missing":   {"context", changed(func(d map[string]any) { delete(d, "@context") })},
		"context reordered": {"context", changed(func(d map[string]any) { d["@context"] = []any{spec.CredentialContext, spec.CredentialsV2} })},
		"context added": {"context", changed(func(d map[string]any) {
			d["@context"] = append(d["@context"].([]any), "https://www.w3.org/ns/credentials/examples/v2")
		})},
		"proof missing": {"proof", changed(func(d map[string]any) { delete(d, "proof") })},
		"proof changed": {"proof", changed(func(d map[string]any) {
			p := d["proof"].(map[string]any)
			v := p["proofValue"].(string)
			p["proofValue"] = flip(v, len(v)/4)
		})},
		"another cryptosuite": {"proof", changed(func(d map[string]any) { d["proof"].(map[string]any)["cryptosuite"] = "ecdsa-sd-2023" })},
		"verification method of the presenter's": {"issuer-trusted", changed(func(d map[string]any) {
			d["issuer"] = bbs2023.Issuer(stranger.PublicKey())
			d["proof"].(map[string]any)["verificationMethod"] = bbs2023.VerificationMethod(stranger.PublicKey())
		})},
		"proof from another issuer's key": {"issuer-trusted", func(r *openid4vp.Request) any { return derive(w.issueBBS(stranger, nil), r, adult...) }},
		"proof for another nonce": {"presentation-header", func(r *openid4vp.Request) any {
			other := *r
			other.Nonce = "another"
			return good(&other)
		}},
		"proof for another audience": {"presentation-header", func(r *openid4vp.Request) any {
			other := *r
			other.ClientID = "redirect_uri:https://other.example/responses"
			return good(&other)
		}},
		"presentation replayed": {"presentation-header", func(*openid4vp.Request) any {
			return good(w.request(verifier.QueryFor(adult, credential.BBS2023)).Request)
		}},
		"base proof instead of a derived one":   {"structure", func(*openid4vp.Request) any { return json.RawMessage(w.bbs.Raw) }},
		"expired credential":                    {"validity", issued(func(d map[string]any) { d["validUntil"] = w.now.Format(time.RFC3339) })},
		"credential that is not yet valid":      {"validity", issued(func(d map[string]any) { d["validFrom"] = w.now.Add(time.Second).Format(time.RFC3339) })},
		"credential without an end":             {"mandatory-members", issued(func(d map[string]any) { delete(d, "validUntil") })},
		"credential of an issuer without a key": {"mandatory-members", issued(func(d map[string]any) { d["issuer"] = "https://issuer.example" })},
		"credential of another type":            {"mandatory-members", issued(func(d map[string]any) { d["type"] = []any{"VerifiableCredential"} })},
		"claim withheld":                        {"claims-present", func(r *openid4vp.Request) any { return derive(w.bbs.Raw, r, spec.RealPerson) }},
		"every claim withheld":                  {"claims-present", func(r *openid4vp.Request) any { return derive(w.bbs.Raw, r) }},
		"empty object":                          {"proof", func(*openid4vp.Request) any { return map[string]any{} }},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.request(verifier.QueryFor(adult, credential.BBS2023)).Request
			token := openid4vp.VPToken{verifier.QueryBBS: object(t, c.make(r))}
			wantFailed(t, w.server.Verify(r, token), c.check)
		})
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
