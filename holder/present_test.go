package holder_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
)

// R-PRE-01 and R-PRE-03: exactly what was asked for, bound to the request.
func TestPresentsExactlyWhatWasAskedBoundToTheRequest(t *testing.T) {
	h := newHand(t)
	q := query(t, `{"credentials":[{`+sd+`,"claims":[{"path":["age_over_18"]},{"path":["age_band"]}]},{`+ld+`,"claims":[{"path":["credentialSubject","age_over_18"]}]}]}`)
	r := request(t, q)
	sel := must[*holder.Selection](t)(holder.Match(q, []holder.Held{h.sdjwt, h.bbs}))
	token, err := holder.Present(sel, r, h.keys, now)
	if err != nil {
		t.Fatal(err)
	}
	if len(token) != 2 || len(token["sd"]) != 1 || len(token["ld"]) != 1 {
		t.Fatalf("token %v", token)
	}
	s, ok := token["sd"][0].Text()
	if !ok {
		t.Fatal("an SD-JWT is a string")
	}
	key := func(jws.Signer) (*jose.JSONWebKey, error) { return &jose.JSONWebKey{Key: &h.issuer.PublicKey}, nil }
	v, err := sdjwt.Verify(s, key, sdjwt.Policy{Now: now, KeyBinding: &sdjwt.KeyBinding{Nonce: r.Nonce, Audience: r.ClientID}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range spec.Claims {
		_, there := v.Claims[name]
		if want := name == spec.AgeOver18 || name == spec.AgeBand; there != want {
			t.Errorf("SD-JWT: claim %s shown: %v", name, there)
		}
	}
	doc, ok := token["ld"][0].Object()
	if !ok {
		t.Fatal("a document is an object")
	}
	pk := func(string) (*bbs.PublicKey, error) { return h.proving.PublicKey(), nil }
	d, err := bbs2023.Verify(doc, pk, openid4vp.PresentationHeader(r.ClientID, r.Nonce))
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]any{spec.AgeOver18: true}; !reflect.DeepEqual(d.Document["credentialSubject"], want) {
		t.Errorf("bbs-2023: subject %v", d.Document["credentialSubject"])
	}
}

// Two presentations of one bbs-2023 credential share no member but those that
// are the same for everybody.
func TestProofsRepeatNothing(t *testing.T) {
	h := newHand(t)
	q := query(t, `{"credentials":[{`+ld+`,"claims":[{"path":["credentialSubject","age_over_18"]}]}]}`)
	r := request(t, q)
	var docs [2]map[string]any
	for i := range docs {
		sel := must[*holder.Selection](t)(holder.Match(q, []holder.Held{h.bbs}))
		token := must[openid4vp.VPToken](t)(holder.Present(sel, r, nil, now))
		if err := json.Unmarshal(token["ld"][0].RawMessage, &docs[i]); err != nil {
			t.Fatal(err)
		}
	}
	value := func(d map[string]any) string { return d["proof"].(map[string]any)["proofValue"].(string) }
	if value(docs[0]) == value(docs[1]) {
		t.Error("the proof repeats")
	}
	for _, d := range docs {
		delete(d["proof"].(map[string]any), "proofValue")
	}
	if !reflect.DeepEqual(docs[0], docs[1]) {
		t.Errorf("more than the proof differs: %v, %v", docs[0], docs[1])
	}
}

func TestPresentRefuses(t *testing.T) {
	h := newHand(t)
	q := query(t, `{"credentials":[{`+sd+`,"claims":[{"path":["age_over_18"]}]}]}`)
	qld := query(t, `{"credentials":[{`+ld+`,"claims":[{"path":["credentialSubject","age_over_18"]}]}]}`)
	sel := must[*holder.Selection](t)(holder.Match(q, []holder.Held{h.sdjwt}))
	more := query(t, `{"credentials":[{`+sd+`,"claims":[{"path":["age_over_18"]},{"path":["name"]}]}]}`)
	wide := must[*holder.Selection](t)(holder.Match(more, []holder.Held{h.sdjwt}))
	selld := must[*holder.Selection](t)(holder.Match(qld, []holder.Held{h.bbs}))
	other := newHand(t)
	strict := *request(t, qld)
	strict.Query.Credentials = slices.Clone(strict.Query.Credentials)
	strict.Query.Credentials[0].WithoutHolderBinding = false
	invalid := *request(t, q)
	invalid.ResponseURI = "https://thief.example/"
	supports := func(f credential.Format, s openid4vp.FormatSupport, q openid4vp.Query) *openid4vp.Request {
		r := request(t, q)
		r.Metadata.Formats = map[credential.Format]openid4vp.FormatSupport{f: s}
		return r
	}
	for name, c := range map[string]struct {
		sel  *holder.Selection
		req  *openid4vp.Request
		keys func(string) (jose.SigningKey, error)
		code string // of an *openid4vp.Error, or a check
	}{
		"nothing selected":                {&holder.Selection{}, request(t, q), h.keys, ""},
		"no selection":                    {nil, request(t, q), h.keys, ""},
		"a selection for another request": {sel, request(t, qld), h.keys, ""},
		"a selection for a query of the same name that asked for more": {wide, request(t, q), h.keys, ""},
		"a selection made by hand":                                     {&holder.Selection{Picks: []holder.Pick{{Query: "sd", Format: credential.SDJWT, Bound: true}}}, request(t, q), h.keys, ""},
		"a request that is not valid":                                  {sel, &invalid, h.keys, openid4vp.InvalidRequest},
		"no keys":                                                      {sel, request(t, q), nil, ""},
		"a key that is not at hand":                                    {sel, request(t, q), func(string) (jose.SigningKey, error) { return jose.SigningKey{}, errors.New("locked") }, ""},
		"the key of somebody else":                                     {sel, request(t, q), other.keys, ""},
		"holder binding that a proof lacks":                            {selld, &strict, h.keys, "holder-binding"},
		"a format that is not checked":                                 {sel, supports(credential.BBS2023, openid4vp.FormatSupport{}, q), h.keys, openid4vp.VPFormatsNotSupported},
		"an issuer's algorithm not checked":                            {sel, supports(credential.SDJWT, openid4vp.FormatSupport{SDJWTAlgs: []string{"ES384"}}, q), h.keys, openid4vp.VPFormatsNotSupported},
		"a holder's algorithm not checked":                             {sel, supports(credential.SDJWT, openid4vp.FormatSupport{KBJWTAlgs: []string{"ES384"}}, q), h.keys, openid4vp.VPFormatsNotSupported},
		"a cryptosuite that is not checked":                            {selld, supports(credential.BBS2023, openid4vp.FormatSupport{Cryptosuites: []string{"eddsa-rdfc-2022"}}, qld), h.keys, openid4vp.VPFormatsNotSupported},
		"a proof type that is not checked":                             {selld, supports(credential.BBS2023, openid4vp.FormatSupport{ProofTypes: []string{"X"}}, qld), h.keys, openid4vp.VPFormatsNotSupported},
	} {
		t.Run(name, func(t *testing.T) {
			token, err := holder.Present(c.sel, c.req, c.keys, now)
			if err == nil || token != nil {
				t.Fatalf("presented %v", token)
			}
			var protocol *openid4vp.Error
			var check *credential.Error
			switch {
			case c.code == "":
			case errors.As(err, &protocol) && protocol.Code == c.code:
			case errors.As(err, &check) && check.Check == c.code:
			default:
				t.Errorf("error %v, want %s", err, c.code)
			}
		})
	}
}

func BenchmarkPresent(b *testing.B) {
	h := newHand(b)
	for name, c := range map[string]struct {
		query string
		held  holder.Held
	}{
		"sd-jwt": {`{"credentials":[{` + sd + `,"claims":[{"path":["age_over_18"]}]}]}`, h.sdjwt},
		"bbs":    {`{"credentials":[{` + ld + `,"claims":[{"path":["credentialSubject","age_over_18"]}]}]}`, h.bbs},
	} {
		b.Run(name, func(b *testing.B) {
			q := query(b, c.query)
			r := request(b, q)
			for b.Loop() {
				sel := must[*holder.Selection](b)(holder.Match(q, []holder.Held{c.held}))
				must[openid4vp.VPToken](b)(holder.Present(sel, r, h.keys, now))
			}
		})
	}
}

// What the person is to agree to must be in a presentation that is made.
func TestTransactionThatNothingCarries(t *testing.T) {
	h := newHand(t)
	r := request(t, query(t, `{"credentials":[{`+sd+`,"claims":[{"path":["age_over_18"]}]},{`+ld+`,"claims":[{"path":["credentialSubject","age_over_18"]}]}],"credential_sets":[{"options":[["sd"],["ld"]]}]}`))
	r.Transactions = []openid4vp.Transaction{must[openid4vp.Transaction](t)(openid4vp.NewTransaction("pay", "sd"))}
	sel := must[*holder.Selection](t)(holder.Match(r.Query, []holder.Held{h.bbs}))
	if token, err := holder.Present(sel, r, h.keys, now); err == nil {
		t.Errorf("presented %v", token)
	}
	if !sel.Answers("ld") || sel.Answers("sd") {
		t.Errorf("%+v", sel.Picks)
	}
	r.Transactions[0] = must[openid4vp.Transaction](t)(openid4vp.NewTransaction("pay", "sd", "ld"))
	if _, err := holder.Present(sel, r, h.keys, now); err != nil {
		t.Error(err)
	}
}
