package openid4vp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/protocol/fetch"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

// near is a wallet's end that reaches this machine.
func near() *openid4vp.Client {
	return &openid4vp.Client{HTTP: fetch.New(fetch.Options{AllowLoopback: true})}
}

// platform is a verifier whose answers a test chooses.
func platform(t *testing.T, answer http.HandlerFunc) (*httptest.Server, *openid4vp.Request) {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s, request(t, s.URL+"/responses")
}

func TestClientFetches(t *testing.T) {
	var object, accept, method string
	s, r := platform(t, func(w http.ResponseWriter, r *http.Request) {
		accept, method = r.Header.Get("Accept"), r.Method
		w.Header().Set("Content-Type", openid4vp.ObjectType)
		_, _ = io.WriteString(w, object)
	})
	var err error
	if object, err = r.Object(); err != nil {
		t.Fatal(err)
	}
	for _, parameter := range []string{"", "&request_uri_method=get"} {
		got, err := near().Fetch(context.Background(), openid4vp.ByReference(r.ClientID, s.URL+"/requests/1")+parameter)
		if err != nil {
			t.Fatal(err)
		}
		if got.Nonce != r.Nonce || accept != openid4vp.ObjectType || method != http.MethodGet {
			t.Errorf("got %+v with %s, Accept %s", got, method, accept)
		}
	}
}

func TestClientFetchRefuses(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter, object string){
		"an error status": func(w http.ResponseWriter, object string) {
			w.Header().Set("Content-Type", openid4vp.ObjectType)
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, object)
		},
		"another content type": func(w http.ResponseWriter, object string) {
			w.Header().Set("Content-Type", "application/jwt")
			_, _ = io.WriteString(w, object)
		},
		"1 MiB": func(w http.ResponseWriter, _ string) {
			w.Header().Set("Content-Type", openid4vp.ObjectType)
			_, _ = io.WriteString(w, strings.Repeat("a", 1<<20))
		},
		"nothing": func(w http.ResponseWriter, _ string) { w.Header().Set("Content-Type", openid4vp.ObjectType) },
		"a redirect": func(w http.ResponseWriter, object string) {
			w.Header().Set("Content-Type", openid4vp.ObjectType)
			w.Header().Set("Location", "/requests/2")
			w.WriteHeader(http.StatusFound)
			_, _ = io.WriteString(w, object)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var object string
			s, r := platform(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, object) })
			var err error
			if object, err = r.Object(); err != nil {
				t.Fatal(err)
			}
			got, err := near().Fetch(context.Background(), openid4vp.ByReference(r.ClientID, s.URL+"/requests/1"))
			if err == nil || got != nil {
				t.Errorf("fetched %+v", got)
			}
		})
	}
	if _, err := near().Fetch(context.Background(), "openid4vp://?client_id=x"); err == nil {
		t.Error("a malformed URI is fetched")
	}
}

func TestClientResponds(t *testing.T) {
	var got *openid4vp.Response
	_, r := platform(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			got, err = openid4vp.ParseResponse(body)
		}
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json;charset=utf-8")
		_, _ = io.WriteString(w, `{"redirect_uri":"https://platform.example/back#response_code=1","more":[1]}`)
	})
	redirect, err := near().Respond(context.Background(), r, token(t))
	if err != nil || redirect != "https://platform.example/back#response_code=1" {
		t.Fatalf("redirect %q, %v", redirect, err)
	}
	if got.State != r.State || len(got.Token) != 2 {
		t.Errorf("the verifier got %+v", got)
	}
	if _, err := near().Refuse(context.Background(), r, openid4vp.AccessDenied); err != nil {
		t.Fatal(err)
	}
	if got.State != r.State || got.Err == nil || got.Err.Code != openid4vp.AccessDenied || got.Err.Description != "" {
		t.Errorf("the verifier got %+v", got)
	}
}

func TestClientRespondRefuses(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter){
		"a status that is not 200": func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) },
		"HTML": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "{}")
		},
		"no object": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, "[]")
		},
		"a redirect_uri with a script": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"redirect_uri":"javascript:alert(1)"}`)
		},
		"a redirect_uri that is no string": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"redirect_uri":1}`)
		},
		"1 MiB": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"x":%q}`, strings.Repeat("a", 1<<20))
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, r := platform(t, func(w http.ResponseWriter, _ *http.Request) { answer(w) })
			if redirect, err := near().Respond(context.Background(), r, token(t)); err == nil || redirect != "" {
				t.Errorf("accepted, redirect %q", redirect)
			}
		})
	}
	_, r := platform(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":"invalid_request","error_description":"check proof failed"}`)
	})
	_, err := near().Respond(context.Background(), r, token(t))
	var e *openid4vp.Error
	if !errors.As(err, &e) || e.Code != "invalid_request" || e.Description != "check proof failed" {
		t.Errorf("error %v, want the verifier's words", err)
	}
	r.ResponseURI = "https://thief.example/responses"
	if _, err := near().Respond(context.Background(), r, token(t)); err == nil {
		t.Error("answered elsewhere than client_id says")
	}
}

func TestNoPresentationFollowsARedirect(t *testing.T) {
	stolen := false
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen = true }))
	t.Cleanup(thief.Close)
	_, r := platform(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, thief.URL, http.StatusTemporaryRedirect)
	})
	c := &openid4vp.Client{HTTP: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}}
	if _, err := c.Respond(context.Background(), r, token(t)); err == nil || stolen {
		t.Errorf("followed: %v, error %v", stolen, err)
	}
}

func TestNoCookieTiesPresentationsTogether(t *testing.T) {
	cookies := 0
	_, r := platform(t, func(w http.ResponseWriter, r *http.Request) {
		cookies += len(r.Cookies())
		http.SetCookie(w, &http.Cookie{Name: "id", Value: "1"})
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &openid4vp.Client{HTTP: &http.Client{Jar: jar}}
	for range 2 {
		if _, err := c.Respond(context.Background(), r, token(t)); err != nil {
			t.Fatal(err)
		}
	}
	if cookies > 0 {
		t.Error("a cookie was sent back")
	}
}
