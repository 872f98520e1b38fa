package verifier_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/credential/statuslist"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/verifier"
)

// statusHost serves one list, on loopback.
type statusHost struct {
	*httptest.Server
	fetched atomic.Int32
	mu      sync.Mutex
	answer  http.HandlerFunc
}

func newStatusHost(t *testing.T) *statusHost {
	h := &statusHost{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		h.fetched.Add(1)
		h.mu.Lock()
		answer := h.answer
		h.mu.Unlock()
		answer(rw, r)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *statusHost) serve(answer http.HandlerFunc) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = answer
}

// list serves a list with one place of that status, as changed.
func (h *statusHost) list(w *world, s statuslist.Status, change func(*statuslist.Token)) {
	l := must[*statuslist.List](w)(statuslist.New(2, 8))
	if err := l.Set(5, s); err != nil {
		w.Fatal(err)
	}
	token := &statuslist.Token{URI: h.URL, IssuedAt: w.clock(), Expires: w.clock().Add(time.Hour), TTL: time.Minute, List: l}
	key := jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: w.signing, KeyID: "2026"}}
	if change != nil {
		change(token)
	}
	text := must[string](w)(token.SignJWT(key))
	h.serve(func(rw http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept"), statuslist.JWTMediaType) {
			w.Errorf("Accept: %s", r.Header.Get("Accept"))
		}
		rw.Header().Set("Content-Type", statuslist.JWTMediaType)
		rw.Write([]byte(text))
	})
}

func (w *world) listed(index int, uri string) holder.Held {
	raw := w.issueSDJWT(w.signing, func(t *sdjwt.Template) {
		t.Claims = map[string]any{"status": statuslist.Reference{Index: index, URI: uri}.Claim()}
	})
	return holder.Held{ID: "listed", Format: credential.SDJWT, Raw: raw}
}

func (w *world) verdict(held holder.Held) *verifier.Verdict {
	w.Helper()
	p := w.request(verifier.QueryFor(adult, credential.SDJWT))
	return w.server.Verify(p.Request, w.present(p.Request, held))
}

func TestStatus(t *testing.T) {
	w, h := newWorld(t), newStatusHost(t)
	h.list(w, statuslist.Valid, nil)
	held := w.listed(5, h.URL)
	for range 3 {
		v := w.verdict(held)
		if c, _ := v.Check("status"); !v.Accepted || !c.OK {
			t.Fatalf("%+v", v.Failed())
		}
	}
	if n := h.fetched.Load(); n != 1 {
		t.Errorf("the list was fetched %d times within its TTL", n)
	}
	h.list(w, statuslist.Invalid, nil)
	w.wait(time.Minute)
	wantFailed(t, w.verdict(held), "status")
	if n := h.fetched.Load(); n != 2 {
		t.Errorf("the list was fetched %d times, want 2", n)
	}
	if c, _ := w.verdict(w.sdjwt).Check("status"); !c.Skipped || c.Detail == "" {
		t.Errorf("a credential without a place: %+v", c)
	}
}

// R-STA-04: no status, no acceptance.
func TestStatusRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		says  string
		serve func(w *world, h *statusHost)
	}{
		"revoked":                {"status-revoked", func(w *world, h *statusHost) { h.list(w, statuslist.Invalid, nil) }},
		"suspended":              {"status-suspended", func(w *world, h *statusHost) { h.list(w, statuslist.Suspended, nil) }},
		"of a status of its own": {"0x03", func(w *world, h *statusHost) { h.list(w, 3, nil) }},
		"unreachable":            {"status-unreachable", func(w *world, h *statusHost) { h.Close() }},
		"an error": {"cannot be had", func(w *world, h *statusHost) {
			h.serve(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusInternalServerError) })
		}},
		"a redirect": {"cannot be had", func(w *world, h *statusHost) {
			h.serve(func(rw http.ResponseWriter, r *http.Request) {
				http.Redirect(rw, r, h.URL+"/elsewhere", http.StatusFound)
			})
		}},
		"a page": {"cannot be had", func(w *world, h *statusHost) {
			h.serve(func(rw http.ResponseWriter, _ *http.Request) { rw.Write([]byte("<html>")) })
		}},
		"no token": {"status-compact-form", func(w *world, h *statusHost) {
			h.serve(func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Content-Type", statuslist.JWTMediaType)
				rw.Write([]byte("nonsense"))
			})
		}},
		"expired": {"status-expired", func(w *world, h *statusHost) {
			h.list(w, statuslist.Valid, func(t *statuslist.Token) { t.Expires = w.clock() })
		}},
		"of another place": {"status-subject", func(w *world, h *statusHost) {
			h.list(w, statuslist.Valid, func(t *statuslist.Token) { t.URI += "/other" })
		}},
		"too short": {"status-index", func(w *world, h *statusHost) {
			h.list(w, statuslist.Valid, func(t *statuslist.Token) { t.List = must[*statuslist.List](w)(statuslist.New(8, 5)) })
		}},
		"signed by somebody else": {"status-signature", func(w *world, h *statusHost) {
			mine := w.signing
			w.signing = ecKey(w)
			h.list(w, statuslist.Valid, nil)
			w.signing = mine
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w, h := newWorld(t), newStatusHost(t)
			c.serve(w, h)
			v := w.verdict(w.listed(5, h.URL))
			wantFailed(t, v, "status")
			if got := v.Failed().Code + ": " + v.Failed().Detail; !strings.Contains(got, c.says) {
				t.Errorf("says %q, want %q", got, c.says)
			}
		})
	}
}

func TestStatusIsNotFetchedFromWithin(t *testing.T) {
	h := newStatusHost(t)
	w := newWorld(t, func(c *verifier.Config) { c.URL = "https://platform.example" })
	h.list(w, statuslist.Valid, nil)
	v := w.verdict(w.listed(5, h.URL))
	wantFailed(t, v, "status")
	if n := h.fetched.Load(); n != 0 {
		t.Errorf("a public verifier reached this machine %d times", n)
	}
}

func TestStatusIsLookedUpLast(t *testing.T) {
	w, h := newWorld(t), newStatusHost(t)
	h.list(w, statuslist.Valid, nil)
	raw := w.issueSDJWT(ecKey(t), func(t *sdjwt.Template) {
		t.Claims = map[string]any{"status": statuslist.Reference{Index: 5, URI: h.URL}.Claim()}
	})
	wantFailed(t, w.verdict(holder.Held{ID: "forged", Format: credential.SDJWT, Raw: raw}), "signature")
	if n := h.fetched.Load(); n != 0 {
		t.Errorf("a forged credential made the verifier fetch %d times", n)
	}
}

func TestUnknownStatusMechanism(t *testing.T) {
	w := newWorld(t)
	raw := w.issueSDJWT(w.signing, func(t *sdjwt.Template) {
		t.Claims = map[string]any{"status": map[string]any{"status_assertion": map[string]any{}}}
	})
	wantFailed(t, w.verdict(holder.Held{ID: "x", Format: credential.SDJWT, Raw: raw}), "status")
}
