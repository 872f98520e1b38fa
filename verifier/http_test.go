package verifier_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
)

// call sends one request and gives status and body.
func call(t testing.TB, r *http.Request) (int, string) {
	t.Helper()
	resp := must[*http.Response](t)(http.DefaultClient.Do(r))
	defer resp.Body.Close()
	return resp.StatusCode, string(must[[]byte](t)(io.ReadAll(resp.Body)))
}

func (w *world) post(path, kind, body string) (int, string) {
	w.Helper()
	r := must[*http.Request](w)(http.NewRequest(http.MethodPost, w.http.URL+path, strings.NewReader(body)))
	r.Header.Set("Content-Type", kind)
	return call(w, r)
}

const form = "application/x-www-form-urlencoded"

func (w *world) result(id string) verifier.Result {
	w.Helper()
	status, body := call(w, must[*http.Request](w)(http.NewRequest(http.MethodGet, w.http.URL+"/results/"+id, nil)))
	if status != http.StatusOK {
		w.Fatalf("result: %d %s", status, body)
	}
	var r verifier.Result
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		w.Fatal(err)
	}
	return r
}

func TestWholePathOverHTTP(t *testing.T) {
	w := newWorld(t, func(c *verifier.Config) {
		c.Policies = map[string]openid4vp.Query{"adults": verifier.QueryFor([]string{spec.AgeOver18})}
	})
	status, body := w.post("/requests", "application/json", `{"policy":"adults"}`)
	if status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	var p verifier.Pending
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatal(err)
	}
	for _, uri := range []string{p.RequestURI, p.ByValue} {
		r, err := w.wallet.Fetch(context.Background(), uri)
		if err != nil {
			t.Fatal(err)
		}
		if r.ClientID != w.server.ClientID() {
			t.Errorf("client_id %q", r.ClientID)
		}
	}
	if r := w.result(p.ID); r.Status != verifier.Waiting || r.Verdict != nil {
		t.Errorf("before the response: %+v", r)
	}
	r := must[*openid4vp.Request](t)(w.wallet.Fetch(context.Background(), p.RequestURI))
	redirect, err := w.wallet.Respond(context.Background(), r, w.present(r, w.sdjwt, w.bbs))
	if err != nil || redirect != "" {
		t.Fatalf("respond: %q, %v", redirect, err)
	}
	result := w.result(p.ID)
	if result.Status != verifier.Answered || !result.Verdict.Accepted || result.Verdict.Claims[spec.AgeOver18] != true {
		t.Errorf("after the response: %+v", result)
	}
	if result.Verdict.Presentations[0].Format != credential.BBS2023 {
		t.Errorf("answered with %s where a proof that repeats nothing was at hand", result.Verdict.Presentations[0].Format)
	}
	if _, err := w.wallet.Fetch(context.Background(), p.RequestURI); err == nil {
		t.Error("an answered request is still given out")
	}
}

func TestRefusalsOverHTTP(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	fresh := func() *verifier.Pending { return w.request(verifier.QueryFor(adult)) }

	t.Run("response replayed to a finished request", func(t *testing.T) {
		p := fresh()
		token := w.present(p.Request, w.bbs)
		if _, err := w.wallet.Respond(ctx, p.Request, token); err != nil {
			t.Fatal(err)
		}
		_, err := w.wallet.Respond(ctx, p.Request, token)
		var e *openid4vp.Error
		if !errors.As(err, &e) || !strings.Contains(e.Description, "check state failed") || !strings.Contains(e.Description, "no longer waits") {
			t.Errorf("error %v", err)
		}
		if r := w.result(p.ID); !r.Verdict.Accepted {
			t.Error("the replay changed the result")
		}
	})
	t.Run("response to another request", func(t *testing.T) {
		p, other := fresh(), fresh()
		_, err := w.wallet.Respond(ctx, other.Request, w.present(p.Request, w.bbs))
		var e *openid4vp.Error
		if !errors.As(err, &e) || !strings.Contains(e.Description, "presentation-header") {
			t.Errorf("error %v", err)
		}
		wantFailed(t, w.result(other.ID).Verdict, "presentation-header")
		if r := w.result(p.ID); r.Status != verifier.Waiting {
			t.Errorf("the request that was not answered is %s", r.Status)
		}
	})
	t.Run("second try after a refused response", func(t *testing.T) {
		p, other := fresh(), fresh()
		if _, err := w.wallet.Respond(ctx, p.Request, w.present(other.Request, w.bbs)); err == nil {
			t.Fatal("accepted")
		}
		if _, err := w.wallet.Respond(ctx, p.Request, w.present(p.Request, w.bbs)); err == nil {
			t.Error("a request is answered twice")
		}
	})
	t.Run("unknown state", func(t *testing.T) {
		p := fresh()
		r := *p.Request
		r.State = "unknown"
		if _, err := w.wallet.Respond(ctx, &r, w.present(p.Request, w.bbs)); err == nil {
			t.Error("accepted")
		}
	})
	t.Run("state missing", func(t *testing.T) {
		p := fresh()
		body := must[string](t)((&openid4vp.Response{Token: w.present(p.Request, w.bbs)}).Encode(p.Request))
		if status, _ := w.post("/responses", form, body); status != http.StatusBadRequest {
			t.Errorf("status %d", status)
		}
	})
	t.Run("expired request", func(t *testing.T) {
		p := fresh()
		token := w.present(p.Request, w.bbs)
		w.wait(5 * time.Minute)
		if _, err := w.wallet.Respond(ctx, p.Request, token); err == nil {
			t.Error("accepted")
		}
		if _, err := w.wallet.Fetch(ctx, p.RequestURI); err == nil {
			t.Error("still given out")
		}
		if r := w.result(p.ID); r.Status != verifier.Expired {
			t.Errorf("status %s", r.Status)
		}
		w.wait(5 * time.Minute)
		if _, err := w.server.Result(p.ID); !errors.Is(err, verifier.ErrUnknown) {
			t.Errorf("kept beyond its time: %v", err)
		}
	})
	t.Run("refusal by the wallet", func(t *testing.T) {
		p := fresh()
		if _, err := w.wallet.Refuse(ctx, p.Request, openid4vp.AccessDenied); err != nil {
			t.Fatal(err)
		}
		if r := w.result(p.ID); r.Status != verifier.Refused || r.Error != openid4vp.AccessDenied || r.Verdict != nil {
			t.Errorf("result %+v", r)
		}
		if _, err := w.wallet.Respond(ctx, p.Request, w.present(p.Request, w.bbs)); err == nil {
			t.Error("a refused request is answered")
		}
	})
	p := fresh()
	const query = `"dcql_query":{"credentials":[{"id":"a","format":"dc+sd-jwt","meta":{"vct_values":["v"]}}]}`
	if status, body := w.post("/requests", "application/json", `{`+query+`,"policy":""}`); status != http.StatusCreated {
		t.Fatalf("status %d: %s", status, body)
	}
	for name, c := range map[string]struct {
		path, kind, body string
		status           int
	}{
		"vp_token that is no array":     {"/responses", form, url.Values{"state": {p.Request.State}, "vp_token": {`{"person-bbs":{}}`}}.Encode(), 400},
		"vp_token that is no JSON":      {"/responses", form, url.Values{"state": {p.Request.State}, "vp_token": {`x`}}.Encode(), 400},
		"vp_token nested deeply":        {"/responses", form, url.Values{"state": {p.Request.State}, "vp_token": {`{"person-bbs":[` + strings.Repeat(`{"a":`, 9000)}}.Encode(), 400},
		"1 MiB as response":             {"/responses", form, "vp_token=" + strings.Repeat("a", 1<<20), 413},
		"JSON as response":              {"/responses", "application/json", "{}", 415},
		"no content type":               {"/responses", "", "state=a", 415},
		"1 MiB as request":              {"/requests", "application/json", strings.Repeat(" ", 1<<20) + "{}", 413},
		"form as request":               {"/requests", form, "policy=a", 415},
		"request without a query":       {"/requests", "application/json", `{}`, 400},
		"request with both":             {"/requests", "application/json", `{"policy":"a","dcql_query":{}}`, 400},
		"request by an unknown policy":  {"/requests", "application/json", `{"policy":"a"}`, 400},
		"request with a malformed DCQL": {"/requests", "application/json", `{"dcql_query":{"credentials":[]}}`, 400},
		"request with a depth bomb":     {"/requests", "application/json", `{"dcql_query":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, 400},
		"request with a member twice":   {"/requests", "application/json", `{` + query + `,` + query + `}`, 400},
		"request in another case":       {"/requests", "application/json", `{` + query + `,"Policy":""}`, 400},
		"request with a misspelling":    {"/requests", "application/json", `{` + query + `,"return_url":""}`, 400},
		"another path":                  {"/", "application/json", `{}`, 404},
		"another method":                {"/results/x", "application/json", `{}`, 405},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := w.post(c.path, c.kind, c.body)
			if status != c.status {
				t.Errorf("status %d, want %d: %s", status, c.status, body)
			}
		})
	}
	if _, err := w.wallet.Respond(ctx, p.Request, w.present(p.Request, w.bbs)); err == nil {
		t.Error("a request waits after garbage that named its state")
	}
}

// Section 14.2: who started a request for somebody else gets no verdict.
func TestVerdictGoesToTheBrowserThatCameBack(t *testing.T) {
	w := newWorld(t)
	status, body := w.post("/requests", "application/json",
		`{"return_to":"https://platform.example/back","dcql_query":`+string(must[[]byte](t)(json.Marshal(verifier.QueryFor(adult))))+`}`)
	if status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	var p verifier.Pending
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatal(err)
	}
	r := must[*openid4vp.Request](t)(w.wallet.Fetch(context.Background(), p.RequestURI))
	redirect, err := w.wallet.Respond(context.Background(), r, w.present(r, w.bbs))
	if err != nil {
		t.Fatal(err)
	}
	code, ok := strings.CutPrefix(redirect, "https://platform.example/back#response_code=")
	if !ok || len(code) < 22 {
		t.Fatalf("redirect_uri %q", redirect)
	}
	for _, path := range []string{p.ID, p.ID + "?response_code=another"} {
		if got := w.result(path); got.Status != verifier.Answered || got.Verdict != nil {
			t.Errorf("without the code: %+v", got)
		}
	}
	if got := w.result(p.ID + "?response_code=" + code); got.Verdict == nil || !got.Verdict.Accepted {
		t.Errorf("with the code: %+v", got)
	}
	if _, err := w.server.RequestReturning(verifier.QueryFor(adult), "javascript:alert(1)"); err == nil {
		t.Error("a script to return to is accepted")
	}
}

func TestOneOfManyResponsesWins(t *testing.T) {
	w := newWorld(t)
	p := w.request(verifier.QueryFor(adult))
	body := must[string](t)((&openid4vp.Response{State: p.Request.State, Token: w.present(p.Request, w.bbs)}).Encode(p.Request))
	var won atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			resp, err := http.Post(w.http.URL+"/responses", form, strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of 50 responses were accepted", won.Load())
	}
}
