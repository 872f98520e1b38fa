package verifier_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/verifier"
)

type jwks = jose.JSONWebKeySet

func TestBarringOverHTTP(t *testing.T) {
	w := newWorld(t)
	p := w.request(verifier.QueryFor(adult))
	if _, err := w.wallet.Respond(context.Background(), p.Request, w.present(p.Request, w.sdjwt)); err != nil {
		t.Fatal(err)
	}
	id := w.result(p.ID).Verdict.Account
	for _, c := range []struct {
		method, path string
		status       int
		barred       bool
	}{
		{http.MethodGet, id, 200, false},
		{http.MethodPut, id + "/bar", 200, true},
		{http.MethodDelete, id + "/bar", 200, false},
		{http.MethodPut, "nobody/bar", 404, false},
		{http.MethodGet, "nobody", 404, false},
	} {
		status, body := call(t, must[*http.Request](t)(http.NewRequest(c.method, w.http.URL+"/accounts/"+c.path, nil)))
		var a verifier.Account
		if err := json.Unmarshal([]byte(body), &a); err != nil || status != c.status || a.Barred != c.barred {
			t.Errorf("%s %s: %d %s", c.method, c.path, status, body)
		}
	}
}

func TestBackEndOnly(t *testing.T) {
	const body = `{"dcql_query":{"credentials":[{"id":"a","format":"dc+sd-jwt","meta":{"vct_values":["v"]}}]}}`
	try := func(s *verifier.Server, change func(*http.Request)) int {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:7000/requests", bytes.NewReader([]byte(body)))
		r.RemoteAddr = "127.0.0.1:5000"
		r.Header.Set("Content-Type", "application/json")
		change(r)
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, r)
		return rec.Code
	}
	open := newWorld(t, func(c *verifier.Config) { c.URL = "http://127.0.0.1:7000" }).server
	guarded := newWorld(t, func(c *verifier.Config) { c.URL = "http://127.0.0.1:7000"; c.BackendToken = "secret" }).server
	for name, c := range map[string]struct {
		server *verifier.Server
		change func(*http.Request)
		want   int
	}{
		"from this machine":              {open, func(*http.Request) {}, 201},
		"from this machine by IPv6":      {open, func(r *http.Request) { r.RemoteAddr = "[::1]:1" }, 201},
		"from elsewhere":                 {open, func(r *http.Request) { r.RemoteAddr = "192.0.2.1:1" }, 403},
		"under another host name":        {open, func(r *http.Request) { r.Host = "rebound.example" }, 403},
		"passed on by a proxy":           {open, func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.1") }, 403},
		"without the token":              {guarded, func(*http.Request) {}, 401},
		"with another token":             {guarded, func(r *http.Request) { r.Header.Set("Authorization", "Bearer secre") }, 401},
		"with the token":                 {guarded, func(r *http.Request) { r.Header.Set("Authorization", "Bearer secret") }, 201},
		"with the token, from elsewhere": {guarded, func(r *http.Request) { r.Header.Set("Authorization", "Bearer secret"); r.RemoteAddr = "192.0.2.1:1" }, 201},
	} {
		if got := try(c.server, c.change); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	w := newWorld(t, func(c *verifier.Config) { c.MaxPending = 3 })
	q := verifier.QueryFor(adult)
	var first *verifier.Pending
	for range 3 {
		first = w.request(q)
	}
	if _, err := w.server.Request(q); !errors.Is(err, verifier.ErrBusy) {
		t.Fatalf("a fourth request: %v", err)
	}
	if status, _ := w.post("/requests", "application/json", `{"dcql_query":{"credentials":[{"id":"a","format":"dc+sd-jwt","meta":{"vct_values":["v"]}}]}}`); status != http.StatusServiceUnavailable {
		t.Errorf("status %d", status)
	}
	w.wait(5 * time.Minute)
	for range 3 {
		w.request(q)
	}
	w.wait(5 * time.Minute)
	w.request(q) // six have expired; three results are kept at most
	if _, err := w.server.Result(first.ID); !errors.Is(err, verifier.ErrUnknown) {
		t.Errorf("an old result: %v", err)
	}
}

func TestConfigRefuses(t *testing.T) {
	w := newWorld(t)
	var good verifier.Config
	newWorld(t, func(c *verifier.Config) { good = *c })
	if _, err := verifier.New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*verifier.Config){
		"no URL":                  func(c *verifier.Config) { c.URL = "" },
		"http elsewhere":          func(c *verifier.Config) { c.URL = "http://platform.example" },
		"a path":                  func(c *verifier.Config) { c.URL = "https://platform.example/a" },
		"nobody trusted":          func(c *verifier.Config) { c.Issuers = verifier.TrustedIssuers{} },
		"an issuer without a key": func(c *verifier.Config) { c.Issuers.SDJWT[issuerURL] = good.Issuers.SDJWT["none"] },
		"a nil key":               func(c *verifier.Config) { c.Issuers.BBS = append(c.Issuers.BBS, nil) },
		"a malformed policy":      func(c *verifier.Config) { c.Policies = map[string]openid4vp.Query{"x": {}} },
		"a negative lifetime":     func(c *verifier.Config) { c.Lifetime = -1 },
		"a negative bound":        func(c *verifier.Config) { c.MaxPending = -1 },
	} {
		var c verifier.Config
		newWorld(t, func(own *verifier.Config) { c = *own })
		set := c.Issuers.SDJWT
		c.Issuers.SDJWT = map[string]jwks{}
		for k, v := range set {
			c.Issuers.SDJWT[k] = v
		}
		change(&c)
		if _, err := verifier.New(c); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	private := good
	set := good.Issuers.SDJWT[issuerURL]
	set.Keys[0].Key = w.signing
	private.Issuers.SDJWT = map[string]jwks{issuerURL: set}
	if _, err := verifier.New(private); err == nil {
		t.Error("a private key as trusted key is accepted")
	}
}
