package wallet_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/spec/openapi/openapitest"
	"github.com/halfmask/halfmask/verifier"
	"github.com/halfmask/halfmask/wallet"
)

const apiToken = "a token for the tests"

// program uses a wallet over its API, and holds each exchange against
// spec/openapi/wallet.yaml.
type program struct {
	*testing.T
	api       http.Handler
	described *openapitest.Contract
}

func newProgram(t *testing.T, h *wallet.Wallet) *program {
	t.Helper()
	api, err := wallet.NewAPI(h, apiToken)
	if err != nil {
		t.Fatal(err)
	}
	described := openapitest.Load("wallet.yaml")
	return &program{t, described.Hold(t, api, nil), described}
}

// call gives the status and the answer.
func (p *program) call(method, path, body string, change ...func(*http.Request)) (status int, answer []byte) {
	p.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1:7003"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+apiToken)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, f := range change {
		f(r)
	}
	recorder := httptest.NewRecorder()
	p.api.ServeHTTP(recorder, r)
	return recorder.Code, recorder.Body.Bytes()
}

func (p *program) post(path string, body any, status int) map[string]any {
	p.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		p.Fatal(err)
	}
	got, answer := p.call(http.MethodPost, path, string(text))
	if got != status {
		p.Fatalf("POST %s: %d %s, want %d", path, got, answer, status)
	}
	var m map[string]any
	_ = json.Unmarshal(answer, &m) // a list is none
	return m
}

func TestAPI(t *testing.T) {
	w := newTown(t)
	h, _ := w.create()
	p := newProgram(t, h)
	if status, body := p.call(http.MethodGet, "/credentials", ""); status != 200 || string(body) != "[]" {
		t.Errorf("an empty wallet lists %d %s", status, body)
	}
	offer := w.offer(native)
	p.post("/offers", wallet.AcceptRequest{Offer: offer}, 201)
	if m := p.post("/offers", wallet.AcceptRequest{Offer: offer}, 502); m["error"] != "refused" {
		t.Errorf("the offer again: %v", m)
	}
	if m := p.post("/offers", wallet.AcceptRequest{Offer: w.offer(native), Configurations: []string{"x"}}, 422); m["check"] != "offer-configuration" {
		t.Errorf("an unknown configuration: %v", m)
	}
	_, body := p.call(http.MethodGet, "/credentials", "")
	var entries []wallet.Entry
	if err := json.Unmarshal(body, &entries); err != nil || len(entries) != 1 || entries[0].Configuration != "person-jwp" {
		t.Fatalf("credentials: %s", body)
	}

	ask := func() (request string, result func() verifier.Result) {
		t.Helper()
		r, err := w.platform.Request(verifier.Proving(&openid4vp.PseudonymQuery{}, spec.AgeOver18))
		if err != nil {
			t.Fatal(err)
		}
		return r.RequestURI, func() verifier.Result { return w.result(r) }
	}
	for _, too := range []wallet.PresentRequest{
		{Allow: []string{}, Pseudonym: true},
		{Allow: []string{spec.AgeOver16}, Pseudonym: true},
		{Allow: []string{"*"}},
	} {
		request, result := ask()
		too.Request = request
		if m := p.post("/presentations", too, 403); m["error"] != "declined" || result().Error != openid4vp.AccessDenied {
			t.Errorf("more than %v: %v", too.Allow, m)
		}
	}
	request, result := ask()
	m := p.post("/presentations", wallet.PresentRequest{Request: request, Allow: []string{spec.AgeOver18}, Pseudonym: true}, 200)
	if !result().Verdict.Accepted || fmt.Sprint(m["disclosed"], m["pseudonym"]) != "[age_over_18] true" {
		t.Errorf("presented %v", m)
	}
	for _, c := range []struct {
		agree  []string
		status int
	}{{nil, 403}, {[]string{"pay 100"}, 403}, {[]string{"pay 10"}, 200}} {
		q := verifier.Proving(nil, spec.RealPerson)
		text, err := openid4vp.NewTransaction("pay 10", q.Credentials[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		r, err := w.platform.RequestWith(q, verifier.Terms{Transactions: []openid4vp.Transaction{text}})
		if err != nil {
			t.Fatal(err)
		}
		p.post("/presentations", wallet.PresentRequest{Request: r.RequestURI, Allow: []string{"*"}, Agree: c.agree}, c.status)
	}
	young, err := w.platform.Request(verifier.Proving(nil, spec.AgeOver60))
	if err != nil {
		t.Fatal(err)
	}
	if m := p.post("/presentations", wallet.PresentRequest{Request: young.RequestURI, Allow: []string{"*"}}, 422); m["check"] != "claim-value" {
		t.Errorf("what is not so: %v", m)
	}
	w.pass(30 * 24 * time.Hour)
	p.post("/renewals", struct{}{}, 200)
	p.call(http.MethodGet, "/log", "")
	if unseen := p.described.Unseen(); len(unseen) > 0 {
		t.Errorf("described and never answered with success: %v", unseen)
	}
}

func TestAPIRefuses(t *testing.T) {
	w := newTown(t)
	h, _ := w.create()
	p := newProgram(t, h)
	for name, c := range map[string]struct {
		method, path, body string
		change             func(*http.Request)
		status             int
		code               string
	}{
		"no token":      {http.MethodGet, "/credentials", "", func(r *http.Request) { r.Header.Del("Authorization") }, 401, "invalid_token"},
		"another token": {http.MethodGet, "/log", "", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+apiToken+"x") }, 401, "invalid_token"},
		"token in query": {http.MethodGet, "/log", "", func(r *http.Request) {
			r.Header.Del("Authorization")
			r.URL.RawQuery = url.Values{"access_token": {apiToken}}.Encode()
		}, 401, "invalid_token"},
		"a form":          {http.MethodPost, "/offers", "offer=x", func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, 415, "invalid_request"},
		"no JSON":         {http.MethodPost, "/offers", "{", nil, 400, "invalid_request"},
		"member twice":    {http.MethodPost, "/offers", `{"offer":"a","offer":"b"}`, nil, 400, "invalid_request"},
		"unknown member":  {http.MethodPost, "/presentations", `{"request":"a","consent":true}`, nil, 400, "invalid_request"},
		"too long":        {http.MethodPost, "/offers", `{"offer":"` + strings.Repeat("a", 1<<17) + `"}`, nil, 413, "invalid_request"},
		"no offer":        {http.MethodPost, "/offers", `{"offer":""}`, nil, 422, "failed"},
		"no request":      {http.MethodPost, "/presentations", `{"request":"x","allow":[]}`, nil, 0, ""},
		"a list, renewal": {http.MethodPost, "/renewals", `[]`, nil, 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			change := c.change
			if change == nil {
				change = func(*http.Request) {}
			}
			status, body := p.call(c.method, c.path, c.body, change)
			var f wallet.Failure
			if err := json.Unmarshal(body, &f); err != nil || status < 400 || c.status != 0 && (status != c.status || f.Error != c.code) || f.Description == "" {
				t.Errorf("%d %s", status, body)
			}
		})
	}
	if _, err := wallet.NewAPI(h, "short"); err == nil {
		t.Error("a short token is taken")
	}
}
