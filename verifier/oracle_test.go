package verifier_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"pgregory.net/rapid"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/verifier"
)

// The oracle reads DCQL (OpenID4VP 1.0 section 6) as naively as it can be
// read: no path pointers, no costs, every combination tried.

// card is a credential of a made-up type with a few claims.
type card struct {
	vct    string
	claims map[string]any
}

func (c card) fits(q openid4vp.CredentialQuery) bool {
	if !slices.Contains(q.Meta.VCTValues, c.vct) {
		return false
	}
	has := func(claim openid4vp.ClaimQuery) bool {
		value, ok := c.claims[claim.Path[0].(string)]
		return ok && (len(claim.Values) == 0 || slices.Contains(claim.Values, value))
	}
	if len(q.ClaimSets) == 0 {
		for _, claim := range q.Claims {
			if !has(claim) {
				return false
			}
		}
		return true
	}
	for _, set := range q.ClaimSets {
		all := true
		for _, id := range set {
			for _, claim := range q.Claims {
				if claim.ID == id && !has(claim) {
					all = false
				}
			}
		}
		if all {
			return true
		}
	}
	return false
}

// answers tells whether the identifiers that are answered are enough.
func answers(q openid4vp.Query, answered map[string]bool) bool {
	if len(q.CredentialSets) == 0 {
		for _, c := range q.Credentials {
			if !answered[c.ID] {
				return false
			}
		}
		return true
	}
	for _, set := range q.CredentialSets {
		some := set.Optional
		for _, option := range set.Options {
			whole := true
			for _, id := range option {
				whole = whole && answered[id]
			}
			some = some || whole
		}
		if !some {
			return false
		}
	}
	return true
}

// oracle tells whether what was shown, by identifier, is an answer.
func oracle(q openid4vp.Query, shown map[string][]card) bool {
	answered := map[string]bool{}
	for id, cards := range shown {
		i := slices.IndexFunc(q.Credentials, func(c openid4vp.CredentialQuery) bool { return c.ID == id })
		if i < 0 || len(cards) > 1 && !q.Credentials[i].Multiple {
			return false
		}
		for _, c := range cards {
			if !c.fits(q.Credentials[i]) {
				return false
			}
		}
		answered[id] = true
	}
	return len(shown) > 0 && answers(q, answered)
}

var (
	oracleNames  = []string{"a", "b", "c"}
	oracleValues = []any{"x", "y", true}
	oracleTypes  = []string{"https://types.example/1", "https://types.example/2"}
)

func drawCard(t *rapid.T, label string) card {
	c := card{rapid.SampledFrom(oracleTypes).Draw(t, label+" type"), map[string]any{}}
	for _, name := range oracleNames {
		if rapid.Bool().Draw(t, label+" has "+name) {
			c.claims[name] = rapid.SampledFrom(oracleValues).Draw(t, label+" "+name)
		}
	}
	return c
}

func drawQuery(t *rapid.T) openid4vp.Query {
	var q openid4vp.Query
	var ids []string
	for i := range rapid.IntRange(1, 3).Draw(t, "credentials") {
		id := fmt.Sprint("q", i)
		c := openid4vp.CredentialQuery{ID: id, Format: credential.SDJWT, Multiple: rapid.Bool().Draw(t, id+" multiple")}
		c.Meta.VCTValues = oracleTypes[:rapid.IntRange(1, 2).Draw(t, id+" types")]
		for _, name := range oracleNames[:rapid.IntRange(0, 3).Draw(t, id+" claims")] {
			claim := openid4vp.ClaimQuery{ID: name, Path: openid4vp.Path{name}}
			if rapid.IntRange(0, 2).Draw(t, id+" values of "+name) == 0 {
				claim.Values = oracleValues[:rapid.IntRange(1, 2).Draw(t, id+" values")]
			}
			c.Claims = append(c.Claims, claim)
		}
		if n := len(c.Claims); n > 0 && rapid.Bool().Draw(t, id+" has sets") {
			for range rapid.IntRange(1, 3).Draw(t, id+" sets") {
				c.ClaimSets = append(c.ClaimSets, rapid.Permutation(oracleNames[:n]).Draw(t, id+" set")[:rapid.IntRange(1, n).Draw(t, id+" size")])
			}
		}
		q.Credentials, ids = append(q.Credentials, c), append(ids, id)
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "credential sets") {
		label := fmt.Sprint("set ", i)
		set := openid4vp.CredentialSetQuery{Optional: rapid.Bool().Draw(t, label+" optional")}
		for range rapid.IntRange(1, 2).Draw(t, label+" options") {
			set.Options = append(set.Options, rapid.Permutation(ids).Draw(t, label)[:rapid.IntRange(1, len(ids)).Draw(t, label+" size")])
		}
		q.CredentialSets = append(q.CredentialSets, set)
	}
	return q
}

func (w *world) issueCard(c card) string {
	return must[string](w)(sdjwt.Issue(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: w.signing, KeyID: "2026"}}, sdjwt.Template{
		Issuer: issuerURL, Type: c.vct, IssuedAt: w.clock().Add(-time.Hour), Expires: w.clock().Add(time.Hour),
		HolderKey: &jose.JSONWebKey{Key: &w.holderKey.PublicKey}, Disclosable: c.claims,
	}))
}

// TestVerifierAgreesWithTheOracle shows the verifier whatever there is, asked
// for or not, under whatever name.
func TestVerifierAgreesWithTheOracle(t *testing.T) {
	w := newWorld(t)
	key := jose.SigningKey{Algorithm: jose.ES256, Key: w.holderKey}
	outcomes := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		p := must[*verifier.Pending](w)(w.server.Request(drawQuery(t)))
		shown, token := map[string][]card{}, openid4vp.VPToken{}
		for _, c := range p.Request.Query.Credentials {
			for i := range rapid.IntRange(0, 2).Draw(t, c.ID+" shown") {
				one := drawCard(t, fmt.Sprint(c.ID, " ", i))
				if rapid.Bool().Draw(t, c.ID+" made to fit") { // or nearly nothing would
					one.vct = c.Meta.VCTValues[0]
					for _, claim := range c.Claims {
						one.claims[claim.Path[0].(string)] = "x"
					}
				}
				bound := must[string](w)(sdjwt.Bind(w.issueCard(one), key, p.Request.Nonce, p.Request.ClientID, w.clock()))
				shown[c.ID] = append(shown[c.ID], one)
				token[c.ID] = append(token[c.ID], must[openid4vp.Presentation](w)(openid4vp.TextPresentation(bound)))
			}
		}
		v := w.server.Verify(p.Request, token)
		if want := oracle(p.Request.Query, shown); v.Accepted != want {
			t.Fatalf("accepted %v, the oracle says %v: %+v", v.Accepted, want, v.Failed())
		}
		outcomes[v.Accepted]++
		if _, err := w.server.Respond(&openid4vp.Response{State: p.Request.State, Err: &openid4vp.Error{Code: openid4vp.AccessDenied}}); err != nil {
			t.Fatal(err)
		}
	})
	if outcomes[true] == 0 || outcomes[false] == 0 {
		t.Errorf("one-sided: %v", outcomes)
	}
}

// TestHolderAgreesWithTheOracle: the holder finds an answer exactly when there
// is one, and the verifier takes it.
func TestHolderAgreesWithTheOracle(t *testing.T) {
	w := newWorld(t)
	outcomes := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuery(t)
		var cards []card
		var held []holder.Held
		for i := range rapid.IntRange(0, 3).Draw(t, "cards") {
			c := drawCard(t, fmt.Sprint("card ", i))
			cards = append(cards, c)
			held = append(held, holder.Held{ID: fmt.Sprint(i), Format: credential.SDJWT, Raw: w.issueCard(c)})
		}
		answerable := map[string]bool{}
		for _, c := range q.Credentials {
			answerable[c.ID] = slices.ContainsFunc(cards, func(have card) bool { return have.fits(c) })
		}
		optional := len(q.CredentialSets) > 0 && !slices.ContainsFunc(q.CredentialSets, func(s openid4vp.CredentialSetQuery) bool { return !s.Optional })
		if optional {
			t.Skip("nothing is required, and the holder shows nothing that is not")
		}
		sel, err := holder.Match(q, held)
		if want := answers(q, answerable); (err == nil) != want {
			t.Fatalf("matched %v, the oracle says %v", err, want)
		}
		outcomes[err == nil]++
		if err != nil {
			return
		}
		p := must[*verifier.Pending](w)(w.server.Request(q))
		token, err := holder.Present(sel, p.Request, w.keys, w.clock())
		if err != nil {
			t.Fatal(err)
		}
		if v, err := w.server.Respond(&openid4vp.Response{State: p.Request.State, Token: token}); err != nil || !v.Accepted || len(v.Beyond) > 0 {
			t.Fatalf("refused: %v, %+v", err, v.Failed())
		}
	})
	if outcomes[true] == 0 || outcomes[false] == 0 {
		t.Errorf("one-sided: %v", outcomes)
	}
}
