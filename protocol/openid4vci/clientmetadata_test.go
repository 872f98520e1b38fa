package openid4vci

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/halfmask/halfmask/protocol/fetch"
)

// TestClientMetadataDocument finds a wallet by the document at its client_id,
// and refuses those that a server must not fetch or believe.
func TestClientMetadataDocument(t *testing.T) {
	var fetched atomic.Int32
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	says := func(path, id string) string {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			fetched.Add(1)
			w.Header().Set("Content-Type", mediaJSON)
			fmt.Fprintf(w, `{"client_id":%q,"client_name":"A wallet","redirect_uris":["https://wallet.example/cb"]}`, id)
		})
		return server.URL + path
	}
	good := says("/wallet", server.URL+"/wallet")
	lying := says("/lying", server.URL+"/wallet")
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/wallet", http.StatusFound) })
	push := func(s *stage, client string) (int, map[string]any) {
		form := s.pushable()
		form.Set("client_id", client)
		form.Set("redirect_uri", "https://wallet.example/cb")
		status, m, _ := s.post("/par", formType, "", form.Encode())
		return status, m
	}
	told := newAuthorizingStage(t, EndpointOptions{HTTP: fetch.New(fetch.Options{AllowLoopback: true})})
	for range 2 {
		if status, m := push(told, good); status != 201 {
			t.Errorf("got %d %v", status, m)
		}
	}
	if fetched.Load() != 1 {
		t.Errorf("fetched %d times", fetched.Load())
	}
	for name, client := range map[string]string{
		"metadata of another client": lying, "metadata that moved": server.URL + "/moved", "metadata that is not there": server.URL + "/none",
	} {
		t.Run(name, func(t *testing.T) {
			if status, m := push(told, client); status != 401 || m["error"] != InvalidClient {
				t.Errorf("got %d %v", status, m)
			}
		})
	}
	t.Run("metadata at a loopback address, when nobody said so", func(t *testing.T) {
		before := fetched.Load()
		if status, m := push(newAuthorizingStage(t, EndpointOptions{}), good); status != 401 || m["error"] != InvalidClient || fetched.Load() != before {
			t.Errorf("got %d %v", status, m)
		}
	})
	t.Run("metadata at a private address", func(t *testing.T) {
		if status, m := push(told, "https://192.168.1.1/wallet"); status != 401 || !strings.Contains(fmt.Sprint(m), "fetch-address") {
			t.Errorf("got %d %v", status, m)
		}
	})
}

func TestRedirectURIRefused(t *testing.T) {
	for name, s := range map[string]string{
		"a script": "javascript:alert(1)", "data": "data:text/html,x", "a file": "file:///etc/passwd", "a fragment": "https://a.example/#x",
		"http elsewhere": "http://a.example/", "no scheme": "/callback", "nothing": "",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewEndpoint("https://a.example", configurations, &fakeIssuer{}, EndpointOptions{Clients: map[string]ClientMetadata{"w": {RedirectURIs: []string{s}}}})
			if err == nil {
				t.Error("registered")
			}
		})
	}
	m := ClientMetadata{RedirectURIs: []string{"openid-wallet://cb", "https://a.example/cb"}}
	if err := m.check(); err != nil || !m.allows("openid-wallet://cb") || m.allows("https://a.example/cb?x") || m.allows("https://a.example:8443/cb") {
		t.Errorf("got %v", err)
	}
}
