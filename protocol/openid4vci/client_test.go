package openid4vci

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/credential"
)

func TestParseOffer(t *testing.T) {
	offer := &Offer{
		Issuer: "https://issuer.example/tenant", Configurations: []string{"a", "b"},
		Grants: Grants{PreAuthorized: &PreAuthorized{Code: "oaKazRN8I0IbtZ0C7JuMn5", TxCode: &TxCode{Length: 4}}},
	}
	got, err := ParseOffer(offer.URI())
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got.Issuer, got.Configurations, got.Grants.PreAuthorized.Code, *got.Grants.PreAuthorized.TxCode) !=
		fmt.Sprint(offer.Issuer, offer.Configurations, offer.Grants.PreAuthorized.Code, *offer.Grants.PreAuthorized.TxCode) {
		t.Errorf("read %+v, wrote %+v", got, offer)
	}
	empty := `{"credential_issuer":"https://a.example","credential_configuration_ids":["x"],"future":1,"grants":{"urn:ietf:params:oauth:grant-type:pre-authorized_code":{"pre-authorized_code":"c","tx_code":{}}}}`
	if got, err = ParseOffer(value(empty)); err != nil || got.Grants.PreAuthorized.TxCode == nil {
		t.Errorf("an empty tx_code asks for a code as well (section 4.1.1): %+v %v", got, err)
	}
	if got, err = ParseOffer(strings.Replace(value(empty), "openid-credential-offer://", "https://wallet.example/offer", 1)); err != nil || got == nil {
		t.Errorf("a wallet's own offer endpoint: %v", err)
	}
}

func value(offer string) string {
	return OfferScheme + "://?" + url.Values{"credential_offer": {offer}}.Encode()
}

func TestParseOfferRefuses(t *testing.T) {
	const issuer, ids = `"credential_issuer":"https://a.example"`, `"credential_configuration_ids":["x"]`
	grant := func(s string) string {
		return value(`{` + issuer + `,` + ids + `,"grants":{"urn:ietf:params:oauth:grant-type:pre-authorized_code":` + s + `}}`)
	}
	for _, c := range []struct{ name, uri, check string }{
		{"neither offer nor reference", "openid-credential-offer://?x=1", "offer-uri"},
		{"offer and reference", value("{}") + "&credential_offer_uri=https://a.example/1", "offer-uri"},
		{"two offers", value("{}") + "&credential_offer=%7B%7D", "offer-uri"},
		{"a reference", ReferenceURI("https://a.example/1"), "offer-by-value"},
		{"a reference over http", ReferenceURI("http://a.example/1"), "offer-uri"},
		{"a reference to a file", ReferenceURI("file:///etc/passwd"), "offer-uri"},
		{"an oversized link", value(strings.Repeat(" ", maxOfferURI)), "offer-size"},
		{"not JSON", value("offer"), "offer-json"},
		{"a repeated member", value(`{` + issuer + `,` + issuer + `,` + ids + `}`), "offer-json"},
		{"deep nesting", value(`{"x":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + `}`), "offer-json"},
		{"an issuer over http", value(`{"credential_issuer":"http://a.example",` + ids + `}`), "offer-issuer"},
		{"an issuer with a query", value(`{"credential_issuer":"https://a.example?b",` + ids + `}`), "offer-issuer"},
		{"a lookalike of localhost", value(`{"credential_issuer":"http://localhost.example",` + ids + `}`), "offer-issuer"},
		{"no configurations", value(`{` + issuer + `,"credential_configuration_ids":[]}`), "offer-configurations"},
		{"a repeated configuration", value(`{` + issuer + `,"credential_configuration_ids":["x","x"]}`), "offer-configurations"},
		{"an empty code", grant(`{"pre-authorized_code":""}`), "offer-code"},
		{"a code that is a number", grant(`{"pre-authorized_code":1}`), "offer-json"},
		{"an unknown input mode", grant(`{"pre-authorized_code":"c","tx_code":{"input_mode":"voice"}}`), "offer-tx-code"},
		{"a long description", grant(`{"pre-authorized_code":"c","tx_code":{"description":"` + strings.Repeat("a", 301) + `"}}`), "offer-tx-code"},
		{"a negative length", grant(`{"pre-authorized_code":"c","tx_code":{"length":-1}}`), "offer-tx-code"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := ParseOffer(c.uri); !failsCheck(err, c.check) {
				t.Errorf("got %v, want check %s", err, c.check)
			}
		})
	}
}

func TestWellKnown(t *testing.T) {
	for in, want := range map[string]string{ // the examples of section 12.2.2
		"https://issuer.example.com/tenant": "https://issuer.example.com/.well-known/openid-credential-issuer/tenant",
		"https://tenant.issuer.example.com": "https://tenant.issuer.example.com/.well-known/openid-credential-issuer",
	} {
		if got, err := WellKnown(in, IssuerMetadataName); err != nil || got != want {
			t.Errorf("%s is described at %s (%v), want %s", in, got, err, want)
		}
	}
}

// foreign is an issuer that answers what a test tells it to.
type foreign struct {
	url     string
	answers map[string]http.HandlerFunc
	seen    []string
}

func newForeign(t *testing.T) (*foreign, *Client) {
	t.Helper()
	f := &foreign{answers: map[string]http.HandlerFunc{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.seen = append(f.seen, r.URL.Path)
		h, ok := f.answers[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h(w, r)
	}))
	t.Cleanup(server.Close)
	f.url = server.URL
	f.says("/.well-known/openid-credential-issuer", f.metadata(nil))
	f.says("/.well-known/oauth-authorization-server", map[string]any{"issuer": f.url, "token_endpoint": f.url + "/token"})
	f.says("/token", map[string]any{"access_token": "t", "token_type": "bearer", "refresh_token": "r"})
	f.says("/nonce", map[string]any{"c_nonce": "n"})
	f.says("/credential", map[string]any{"credentials": []any{map[string]any{"credential": "c"}}})
	return f, &Client{HTTP: server.Client()}
}

func (f *foreign) metadata(change map[string]any) map[string]any {
	m := map[string]any{
		"credential_issuer": f.url, "credential_endpoint": f.url + "/credential", "nonce_endpoint": f.url + "/nonce",
		"credential_configurations_supported": map[string]any{"x": map[string]any{
			"format": "dc+sd-jwt", "vct": "y", "proof_types_supported": map[string]any{"jwt": map[string]any{"proof_signing_alg_values_supported": []string{"ES256"}}},
		}},
	}
	maps.Copy(m, change)
	return m
}

func (f *foreign) says(path string, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	f.writes(path, 200, "application/json", string(b))
}

func (f *foreign) writes(path string, status int, kind, body string) {
	f.answers[path] = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func (f *foreign) offer() *Offer {
	return &Offer{Issuer: f.url, Configurations: []string{"x"}, Grants: Grants{PreAuthorized: &PreAuthorized{Code: "c"}}}
}

// TestClientRefuses lets an issuer answer wrongly in one place each time.
func TestClientRefuses(t *testing.T) {
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s reached a stranger", r.Method, r.URL)
	}))
	defer stranger.Close()
	to := func(where string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, where, http.StatusTemporaryRedirect) }
	}
	const issuer, server = "/.well-known/openid-credential-issuer", "/.well-known/oauth-authorization-server"
	for _, c := range []struct {
		name  string
		spoil func(f *foreign)
		want  string
	}{
		{"metadata of another issuer", func(f *foreign) {
			f.says(issuer, f.metadata(map[string]any{"credential_issuer": f.url + "/"}))
		}, "metadata-issuer"},
		{"credential endpoint over http", func(f *foreign) {
			f.says(issuer, f.metadata(map[string]any{"credential_endpoint": "http://a.example/c"}))
		}, "metadata-endpoint"},
		{"nonce endpoint over http", func(f *foreign) {
			f.says(issuer, f.metadata(map[string]any{"nonce_endpoint": "http://a.example/n"}))
		}, "metadata-endpoint"},
		{"batch of one", func(f *foreign) {
			f.says(issuer, f.metadata(map[string]any{"batch_credential_issuance": map[string]int{"batch_size": 1}}))
		}, "metadata-batch"},
		{"no such configuration", func(f *foreign) {
			f.says(issuer, f.metadata(map[string]any{"credential_configurations_supported": map[string]any{"z": map[string]any{"format": "dc+sd-jwt"}}}))
		}, "no configuration"},
		{"no configurations", func(f *foreign) {
			f.says(issuer, f.metadata(map[string]any{"credential_configurations_supported": nil}))
		}, "metadata-configurations"},
		{"several servers and no hint", func(f *foreign) {
			f.says(issuer, f.metadata(map[string]any{"authorization_servers": []string{f.url, "https://b.example"}}))
		}, "authorization-server"},
		{"metadata as HTML", func(f *foreign) { f.writes(issuer, 200, "text/html", "{}") }, "application/json"},
		{"metadata with a repeated member", func(f *foreign) { f.writes(issuer, 200, "application/json", `{"display":[],"display":[]}`) }, "metadata-json"},
		{"endless metadata", func(f *foreign) { f.writes(issuer, 200, "application/json", strings.Repeat(" ", maxMessage+1)) }, "longer than"},
		{"metadata redirected to a stranger", func(f *foreign) { f.answers[issuer] = to(stranger.URL) }, "fetch-redirect"},
		{"metadata redirected to itself", func(f *foreign) { f.answers[issuer] = to(issuer) }, "fetch-redirect"},
		{"metadata of another authorization server", func(f *foreign) {
			f.says(server, map[string]any{"issuer": "https://b.example", "token_endpoint": f.url + "/token"})
		}, "metadata-authorization-server"},
		{"token endpoint over http", func(f *foreign) {
			f.says(server, map[string]any{"issuer": f.url, "token_endpoint": "http://a.example/t"})
		}, "metadata-endpoint"},
		{"server without the grant", func(f *foreign) {
			f.says(server, map[string]any{"issuer": f.url, "token_endpoint": f.url + "/token", "grant_types_supported": []string{"authorization_code"}})
		}, "grant-type"},
		{"code redirected to a stranger", func(f *foreign) { f.answers["/token"] = to(stranger.URL) }, "fetch-redirect"},
		{"no access token", func(f *foreign) { f.says("/token", map[string]any{"token_type": "Bearer"}) }, "token-response"},
		{"token bound to a key", func(f *foreign) { f.says("/token", map[string]any{"access_token": "t", "token_type": "DPoP"}) }, "token-response"},
		{"no nonce", func(f *foreign) { f.says("/nonce", map[string]any{}) }, "nonce-response"},
		{"access token redirected to a stranger", func(f *foreign) { f.answers["/credential"] = to(stranger.URL) }, "fetch-redirect"},
		{"more credentials than keys", func(f *foreign) {
			f.says("/credential", map[string]any{"credentials": []any{map[string]any{"credential": "c"}, map[string]any{"credential": "d"}}})
		}, "2 credentials came"},
		{"no credential", func(f *foreign) { f.says("/credential", map[string]any{"credentials": []any{}}) }, "0 credentials came"},
		{"a credential that is a number", func(f *foreign) {
			f.says("/credential", map[string]any{"credentials": []any{map[string]any{"credential": 1}}})
		}, "neither a string nor an object"},
		{"a deferred credential", func(f *foreign) { f.says("/credential", map[string]any{"transaction_id": "x", "interval": 1}) }, "has not made the credential yet"},
		{"an error page", func(f *foreign) { f.writes("/credential", 502, "text/html", "<html>") }, "HTTP status 502"},
		{"a nonce that is always stale", func(f *foreign) {
			f.writes("/credential", 400, "application/json", `{"error":"invalid_nonce"}`)
		}, "invalid_nonce"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, client := newForeign(t)
			c.spoil(f)
			credentials, _, err := client.Accept(t.Context(), f.offer(), "x", "", Keys{p256(t)})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error that says %q", err, c.want)
			}
			if credentials != nil {
				t.Errorf("credentials came with the error: %q", credentials)
			}
			if len(f.seen) > 8 {
				t.Errorf("the client asked %d times", len(f.seen))
			}
		})
	}
	t.Run("and nothing spoiled is accepted", func(t *testing.T) {
		f, client := newForeign(t)
		if got, _, err := client.Accept(t.Context(), f.offer(), "x", "", Keys{p256(t)}); err != nil || got[0] != "c" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

// TestAcceptRefusesBeforeTheCodeIsSpent holds what the wallet can know.
func TestAcceptRefusesBeforeTheCodeIsSpent(t *testing.T) {
	f, client := newForeign(t)
	one := Keys{p256(t)}
	offer := func(change func(*Offer)) *Offer { o := f.offer(); change(o); return o }
	for _, c := range []struct {
		name, config, tx string
		offer            *Offer
		keys             Keys
	}{
		{"no pre-authorized code", "x", "", offer(func(o *Offer) { o.Grants = Grants{} }), one},
		{"configuration that is not offered", "y", "", f.offer(), one},
		{"transaction code that nobody asked for", "x", "1", f.offer(), one},
		{"missing transaction code", "x", "", offer(func(o *Offer) { o.Grants.PreAuthorized.TxCode = &TxCode{} }), one},
		{"transaction code with letters", "x", "12ab", offer(func(o *Offer) { o.Grants.PreAuthorized.TxCode = &TxCode{} }), one},
		{"server that the issuer does not list", "x", "", offer(func(o *Offer) { o.Grants.PreAuthorized.AuthorizationServer = "https://b.example" }), one},
		{"no key", "x", "", f.offer(), nil},
		{"two keys without a batch", "x", "", f.offer(), Keys{p256(t), p256(t)}},
		{"key of an algorithm that the issuer does not take", "x", "", f.offer(), Keys{edKey(t)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.seen = nil
			_, grant, err := client.Accept(t.Context(), c.offer, c.config, c.tx, c.keys)
			if err == nil || grant != nil {
				t.Errorf("got grant %v and error %v", grant, err)
			}
			for _, path := range f.seen {
				if path == "/token" {
					t.Error("the code was spent")
				}
			}
		})
	}
}

func TestClientUsesCredentialIdentifiers(t *testing.T) {
	f, client := newForeign(t)
	f.says("/token", map[string]any{"access_token": "t", "token_type": "Bearer", "authorization_details": []any{
		map[string]any{"type": "openid_credential", "credential_configuration_id": "x", "credential_identifiers": []string{"x-2026"}},
	}})
	f.answers["/credential"] = func(w http.ResponseWriter, r *http.Request) {
		var got CredentialRequest
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil || got.Identifier != "x-2026" || got.Configuration != "" {
			t.Errorf("asked by %+v (%v), want by the identifier alone (section 8.2)", got, err)
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"credentials":[{"credential":"c"}]}`)
	}
	if _, _, err := client.Accept(t.Context(), f.offer(), "x", "", Keys{p256(t)}); err != nil {
		t.Error(err)
	}
}

func TestRenewRefusesWithoutAToken(t *testing.T) {
	if _, _, err := new(Client).Renew(t.Context(), &Grant{Issuer: "https://a.example"}, "x", nil); err == nil {
		t.Error("renewed")
	}
}

func TestDirectTransportKeepsLocalhostHere(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"credential_issuer":"http://issuer.localhost","credential_configuration_ids":["x"]}`)
	}))
	defer server.Close()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := new(Client).Offer(t.Context(), ReferenceURI("http://issuer.localhost:"+u.Port()+"/offer")); err != nil {
		t.Errorf("a name below .localhost: %v", err)
	}
}

func TestErrorsHideSecrets(t *testing.T) {
	c := &Client{HTTP: &http.Client{Transport: broken{}}}
	_, err := c.Offer(t.Context(), ReferenceURI("https://a.example/offers/s3cret"))
	if err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("the error is %v", err)
	}
	var e *credential.Error
	if _, err := ParseOffer(ReferenceURI("https://a.example/offers/s3cret")); strings.Contains(err.Error(), "s3cret") {
		t.Errorf("the error is %v (%v)", err, e)
	}
}

type broken struct{}

func (broken) RoundTrip(*http.Request) (*http.Response, error) { return nil, http.ErrServerClosed }
