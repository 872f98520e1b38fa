package fetch

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential"
)

func failsCheck(err error, check string) bool {
	var failed *credential.Error
	return errors.As(err, &failed) && failed.Check == check
}

func TestCheckURL(t *testing.T) {
	for _, s := range []string{
		"https://a.example", "https://a.example:8443/x?y", "http://127.0.0.1:1/x", "http://[::1]/", "http://localhost", "http://issuer.localhost:7001/",
	} {
		if err := CheckURL(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	for name, s := range map[string]string{
		"http outside this machine": "http://a.example/", "a lookalike of localhost": "http://localhost.example/",
		"a private address over http": "http://10.0.0.1/", "another scheme": "file:///etc/passwd", "no host": "https:/x",
		"an opaque URL": "https:a.example", "user information": "https://me@a.example/", "a fragment": "https://a.example/#x",
		"an empty fragment": "https://a.example/#", "a long URL": "https://a.example/" + strings.Repeat("a", maxURL), "a control character": "https://a.example/\n",
	} {
		t.Run(name, func(t *testing.T) {
			if CheckURL(s) == nil {
				t.Error("accepted")
			}
		})
	}
}

// TestAddressRefused goes through one address of each kind.
func TestAddressRefused(t *testing.T) {
	for _, s := range []string{"1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001::1"} {
		if err := reachable(netip.MustParseAddr(s), false); err != nil {
			t.Errorf("%s is public: %v", s, err)
		}
	}
	for name, s := range map[string]string{
		"private 10": "10.1.2.3", "private 172": "172.16.0.1", "private 192": "192.168.1.1", "carrier": "100.64.0.1",
		"link local, where clouds keep their secrets": "169.254.169.254", "unspecified": "0.0.0.0", "this network": "0.1.2.3",
		"multicast": "224.0.0.1", "broadcast": "255.255.255.255", "reserved": "240.0.0.1", "benchmark": "198.18.0.1",
		"documentation": "192.0.2.1", "IPv6 private": "fd00::1", "IPv6 link local": "fe80::1", "IPv6 site local": "fec0::1",
		"IPv6 unspecified": "::", "IPv6 multicast": "ff02::1", "IPv6 documentation": "2001:db8::1",
		"a private address in an IPv6 one": "::ffff:10.0.0.1", "a private address behind NAT64": "64:ff9b::a00:1",
		"a loopback address in 6to4": "2002:7f00:1::", "an IPv4-compatible address": "::7f00:1",
	} {
		t.Run(name, func(t *testing.T) {
			if reachable(netip.MustParseAddr(s), true) == nil {
				t.Errorf("%s may be dialed", s)
			}
		})
	}
	for _, s := range []string{"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"} {
		if reachable(netip.MustParseAddr(s), false) == nil || reachable(netip.MustParseAddr(s), true) != nil {
			t.Errorf("%s is loopback: for those who allow it, and nobody else", s)
		}
	}
}

// TestLoopbackIsReachedWhenAllowedOnly: R-ISS-08.
func TestLoopbackIsReachedWhenAllowedOnly(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte("{}"))
	}))
	t.Cleanup(server.Close)
	named := strings.Replace(server.URL, "127.0.0.1", "issuer.localhost", 1)
	for _, address := range []string{server.URL, named} {
		if body, err := Get(t.Context(), New(Options{AllowLoopback: true}), address, 10, "application/json"); err != nil || string(body) != "{}" {
			t.Errorf("%s: %q %v", address, body, err)
		}
		if _, err := Get(t.Context(), New(Options{}), address, 10, "application/json"); !failsCheck(err, "fetch-address") {
			t.Errorf("%s without leave: %v", address, err)
		}
	}
	private := "https://10.255.255.1/keys"
	if _, err := Get(t.Context(), New(Options{AllowLoopback: true}), private, 10, "application/json"); !failsCheck(err, "fetch-address") {
		t.Errorf("%s: %v", private, err)
	}
}

func TestGetRefuses(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	says := func(path, kind string, status int, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Location", server.URL+"/good")
			w.WriteHeader(status)
			w.Write([]byte(body))
		})
	}
	says("/good", "application/json; charset=utf-8", 200, "{}")
	says("/redirect", "application/json", 302, "{}")
	says("/long", "application/json", 200, strings.Repeat(" ", 11))
	says("/html", "text/html", 200, "{}")
	says("/gone", "application/json", 404, "{}")
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	client := New(Options{AllowLoopback: true, Timeout: 200 * time.Millisecond})
	if _, err := Get(t.Context(), client, server.URL+"/good", 10, "application/json"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ address, check string }{
		"a redirect":         {server.URL + "/redirect", "fetch-redirect"},
		"a long body":        {server.URL + "/long", "fetch-size"},
		"another media type": {server.URL + "/html", "fetch-media-type"},
		"another status":     {server.URL + "/gone", "fetch-status"},
		"http elsewhere":     {"http://a.example/", "fetch-url"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Get(t.Context(), client, c.address, 10, "application/json"); !failsCheck(err, c.check) {
				t.Errorf("got %v, want check %s", err, c.check)
			}
		})
	}
	t.Run("a slow answer", func(t *testing.T) {
		if _, err := Get(t.Context(), client, server.URL+"/slow?secret", 10, "application/json"); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a redirect that the caller's client would follow", func(t *testing.T) {
		if _, err := Get(t.Context(), server.Client(), server.URL+"/redirect", 10, "application/json"); !failsCheck(err, "fetch-redirect") {
			t.Errorf("got %v", err)
		}
	})
}

func FuzzCheckURL(f *testing.F) {
	f.Add("https://a.example/x?y")
	f.Add("http://[::1%25lo]:80/")
	f.Fuzz(func(t *testing.T, s string) {
		if CheckURL(s) == nil && !strings.HasPrefix(strings.ToLower(s), "http") {
			t.Errorf("%q accepted", s)
		}
	})
}
