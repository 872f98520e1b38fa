package openid4vci

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// door lets in whoever says who they are, after a page.
type door struct{}

func (door) ServeLogin(w http.ResponseWriter, r *http.Request, a Authorizing) (string, error) {
	switch who := a.Form.Get("who"); who {
	case "":
		fmt.Fprint(w, a.ID)
		return "", nil
	case "nobody":
		return "", &Error{Code: AccessDenied, Description: "the person declined"}
	default:
		return who, nil
	}
}

const walletID, walletRedirect = "wallet", "http://127.0.0.1/callback"

var walletClient = Wallet{ClientID: walletID, RedirectURI: "http://127.0.0.1:4711/callback"}

func newAuthorizingStage(t *testing.T, o EndpointOptions) *stage {
	o.Login = door{}
	if o.Clients == nil {
		o.Clients = map[string]ClientMetadata{walletID: {RedirectURIs: []string{walletRedirect}}}
	}
	return newStage(t, "/tenant", o)
}

// browse opens the page of an authorization, logs in, and gives where the
// browser is sent.
func (s *stage) browse(address, who string) string {
	s.t.Helper()
	res, err := s.client.HTTP.Get(address)
	if err != nil {
		s.t.Fatal(err)
	}
	page, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != 200 {
		s.t.Fatalf("login page: %d %s %v", res.StatusCode, page, err)
	}
	return s.logIn(string(page), who).Header.Get("Location")
}

func (s *stage) logIn(login, who string) *http.Response {
	s.t.Helper()
	staying := *s.client.HTTP
	staying.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := staying.PostForm(s.issuer+"/authorize", url.Values{"login": {login}, "who": {who}})
	if err != nil {
		s.t.Fatal(err)
	}
	res.Body.Close()
	return res
}

func (s *stage) offerToAuthorize() *Offer { return s.offer(OfferOptions{Authorize: true}) }

func (s *stage) authorize(w Wallet) *Authorization {
	s.t.Helper()
	a, err := s.client.Authorize(s.t.Context(), s.offerToAuthorize(), []string{"bound", "free"}, w)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

func TestAuthorizationCode(t *testing.T) {
	for _, byDetails := range []bool{false, true} {
		t.Run(fmt.Sprintf("by details %v", byDetails), func(t *testing.T) {
			s := newAuthorizingStage(t, EndpointOptions{})
			w := walletClient
			w.ByDetails = byDetails
			a := s.authorize(w)
			if strings.Contains(a.URL, a.State) || strings.Contains(a.URL, "scope") {
				t.Errorf("the browser carries what was pushed: %s", a.URL)
			}
			grant, err := s.client.Redeem(t.Context(), a, s.browse(a.URL, "ming"))
			if err != nil {
				t.Fatal(err)
			}
			if grant.DPoPKey == nil || (len(grant.Identifiers) == 2) != byDetails {
				t.Errorf("grant with DPoP key %v and identifiers %v", grant.DPoPKey != nil, grant.Identifiers)
			}
			key := p256(t)
			got, grant, err := s.client.Obtain(t.Context(), grant, "bound", Keys{key})
			if err != nil || got[0] != fmt.Sprintf("ming %x", public(t, key)) {
				t.Fatalf("got %q, %v", got, err)
			}
			if _, grant, err = s.client.Obtain(t.Context(), grant, "free", nil); err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.client.Renew(t.Context(), grant, "free", nil); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestWalletComesWithoutAnOffer(t *testing.T) {
	s := newAuthorizingStage(t, EndpointOptions{})
	a, err := s.client.Authorize(t.Context(), &Offer{Issuer: s.issuer, Configurations: []string{"free"}}, []string{"free"}, walletClient)
	if err != nil {
		t.Fatal(err)
	}
	grant, err := s.client.Redeem(t.Context(), a, s.browse(a.URL, "ling"))
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := s.client.Obtain(t.Context(), grant, "free", nil); err != nil || !strings.Contains(got[0], "ling") {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestPushedRequestRefuses changes one parameter of a good request each time.
func TestPushedRequestRefuses(t *testing.T) {
	s := newAuthorizingStage(t, EndpointOptions{})
	for _, c := range []struct{ name, parameter, value, code string }{
		{"unknown client", "client_id", "stranger", InvalidClient},
		{"missing client", "client_id", "", InvalidRequest},
		{"redirect URI that was not registered", "redirect_uri", "http://127.0.0.1:4711/other", InvalidRequest},
		{"redirect URI on another host", "redirect_uri", "https://a.example/callback", InvalidRequest},
		{"redirect URI with user information", "redirect_uri", "http://me@127.0.0.1:4711/callback", InvalidRequest},
		{"implicit flow", "response_type", "token", UnsupportedResponseType},
		{"no code_challenge", "code_challenge", "", InvalidRequest},
		{"code_challenge of the wrong length", "code_challenge", "AAAA", InvalidRequest},
		{"plain code_challenge_method", "code_challenge_method", "plain", InvalidRequest},
		{"unknown scope alone", "scope", "crown", InvalidScope},
		{"unknown issuer_state", "issuer_state", newSecret(), InvalidRequest},
		{"request object", "request", "e30.e30.", RequestNotSupported},
		{"request_uri within", "request_uri", "urn:x", InvalidRequest},
		{"authorization_details that are no list", "authorization_details", `{"type":"openid_credential"}`, InvalidAuthorizationDetails},
		{"authorization_details of another type", "authorization_details", `[{"type":"payment","credential_configuration_id":"free"}]`, InvalidAuthorizationDetails},
		{"authorization_details of an unknown configuration", "authorization_details", `[{"type":"openid_credential","credential_configuration_id":"crown"}]`, InvalidAuthorizationDetails},
		{"authorization_details twice the same", "authorization_details", `[{"type":"openid_credential","credential_configuration_id":"free"},{"type":"openid_credential","credential_configuration_id":"free"}]`, InvalidAuthorizationDetails},
		{"authorization_details and more", "authorization_details", `[{"type":"openid_credential","credential_configuration_id":"free"}],"x":1`, InvalidAuthorizationDetails},
		{"authorization_details that break out", "authorization_details", `[]} {`, InvalidAuthorizationDetails},
		{"long state", "state", strings.Repeat("a", 2000), InvalidRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			form := s.pushable()
			if form.Set(c.parameter, c.value); c.value == "" {
				form.Del(c.parameter)
			}
			if status, m, _ := s.post("/par", formType, "", form.Encode()); status/100 != 4 || m["error"] != c.code {
				t.Errorf("got %d %v, want %s", status, m, c.code)
			}
		})
	}
	t.Run("scope that the offer does not name", func(t *testing.T) {
		form := s.pushable()
		form.Set("issuer_state", s.offer(OfferOptions{Authorize: true, Configurations: []string{"free"}}).Grants.AuthorizationCode.IssuerState)
		form.Set("scope", "bound-scope free-scope")
		if status, m, _ := s.post("/par", formType, "", form.Encode()); status != 400 || m["error"] != InvalidScope {
			t.Errorf("got %d %v", status, m)
		}
	})
	t.Run("and the same unchanged is taken", func(t *testing.T) {
		if status, m, _ := s.post("/par", formType, "", s.pushable().Encode()); status != 201 || m["request_uri"] == "" {
			t.Errorf("got %d %v", status, m)
		}
	})
}

func (s *stage) pushable() url.Values {
	return url.Values{
		"response_type": {"code"}, "client_id": {walletID}, "redirect_uri": {walletClient.RedirectURI}, "scope": {"free-scope and unknown ones"},
		"code_challenge": {challengeOf(strings.Repeat("v", 43))}, "code_challenge_method": {"S256"}, "state": {"s"},
	}
}

// TestAuthorizationEndpointRefuses brings bad requests by browser.
func TestAuthorizationEndpointRefuses(t *testing.T) {
	s := newAuthorizingStage(t, EndpointOptions{})
	_, m, _ := s.post("/par", formType, "", s.pushable().Encode())
	good := url.Values{"client_id": {walletID}, "request_uri": {m["request_uri"].(string)}}
	for name, query := range map[string]string{
		"a request that was not pushed": s.pushable().Encode(),
		"an unknown request_uri":        url.Values{"client_id": {walletID}, "request_uri": {requestURIPrefix + newSecret()}}.Encode(),
		"another client":                url.Values{"client_id": {"stranger"}, "request_uri": good["request_uri"]}.Encode(),
		"a request_uri to be fetched":   url.Values{"client_id": {walletID}, "request_uri": {"https://a.example/request"}}.Encode(),
		"a parameter twice":             good.Encode() + "&client_id=wallet",
	} {
		t.Run(name, func(t *testing.T) {
			res, err := s.client.HTTP.Get(s.issuer + "/authorize?" + query)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != 400 {
				t.Errorf("got %d", res.StatusCode)
			}
		})
	}
	t.Run("a look at the head, which spends nothing", func(t *testing.T) {
		res, err := s.client.HTTP.Head(s.issuer + "/authorize?" + good.Encode())
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 405 {
			t.Errorf("got %d", res.StatusCode)
		}
	})
	t.Run("a request_uri used before", func(t *testing.T) {
		for i, want := range []int{200, 400} {
			res, err := s.client.HTTP.Get(s.issuer + "/authorize?" + good.Encode())
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != want {
				t.Errorf("use %d: got %d, want %d", i+1, res.StatusCode, want)
			}
		}
	})
	t.Run("an unknown login", func(t *testing.T) {
		if res := s.logIn(newSecret(), "ming"); res.StatusCode != 400 {
			t.Errorf("got %d", res.StatusCode)
		}
	})
	t.Run("a person who declines", func(t *testing.T) {
		a := s.authorize(walletClient)
		if _, err := s.client.Redeem(t.Context(), a, s.browse(a.URL, "nobody")); !hasCode(err, AccessDenied) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("another person than the offer was made for", func(t *testing.T) {
		a := s.authorize(walletClient)
		if to := s.browse(a.URL, "ling"); to != "" {
			t.Errorf("sent to %s", to)
		}
	})
}

// TestAuthorizationCodeRefuses brings a good code in a wrong way.
func TestAuthorizationCodeRefuses(t *testing.T) {
	for _, c := range []struct {
		name      string
		parameter string
		value     string
		code      string
	}{
		{"code_verifier of another request", "code_verifier", newSecret(), InvalidGrant},
		{"no code_verifier", "code_verifier", "", InvalidRequest},
		{"another redirect URI", "redirect_uri", walletRedirect, InvalidGrant},
		{"another client", "client_id", "stranger", InvalidGrant},
		{"unknown code", "code", newSecret(), InvalidGrant},
		{"no code", "code", "", InvalidRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newAuthorizingStage(t, EndpointOptions{})
			form := s.codeForm()
			if form.Set(c.parameter, c.value); c.value == "" {
				form.Del(c.parameter)
			}
			if status, m, _ := s.post("/token", formType, "", form.Encode()); status != 400 || m["error"] != c.code {
				t.Errorf("got %d %v, want %s", status, m, c.code)
			}
		})
	}
	t.Run("authorization code expired", func(t *testing.T) {
		s := newAuthorizingStage(t, EndpointOptions{})
		form := s.codeForm()
		s.clock.advance(grantedLifetime)
		if status, m, _ := s.post("/token", formType, "", form.Encode()); status != 400 || m["error"] != InvalidGrant {
			t.Errorf("got %d %v", status, m)
		}
	})
	t.Run("authorization code reused ends what came of it", func(t *testing.T) {
		s := newAuthorizingStage(t, EndpointOptions{})
		form := s.codeForm()
		status, m, _ := s.post("/token", formType, "", form.Encode())
		if status != 200 {
			t.Fatalf("first use: %d %v", status, m)
		}
		if status, m, _ := s.post("/token", formType, "", form.Encode()); status != 400 || m["error"] != InvalidGrant {
			t.Errorf("second use: %d %v", status, m)
		}
		if status, refused, _ := s.post("/credential", mediaJSON, m["access_token"].(string), `{"credential_configuration_id":"free"}`); status != 401 || refused["error"] != InvalidToken {
			t.Errorf("the token of the first use: %d %v", status, refused)
		}
	})
	t.Run("fifty parallel exchanges of which one wins", func(t *testing.T) {
		s := newAuthorizingStage(t, EndpointOptions{})
		form := s.codeForm().Encode()
		if won := parallel(50, func() bool { status, _, _ := s.post("/token", formType, "", form); return status == 200 }); won != 1 {
			t.Errorf("%d of 50 got a token", won)
		}
	})
}

// codeForm gives a good token request, without DPoP.
func (s *stage) codeForm() url.Values {
	s.t.Helper()
	_, m, _ := s.post("/par", formType, "", s.pushable().Encode())
	query := url.Values{"client_id": {walletID}, "request_uri": {m["request_uri"].(string)}}
	to, err := url.Parse(s.browse(s.issuer+"/authorize?"+query.Encode(), "ming"))
	if err != nil {
		s.t.Fatal(err)
	}
	if iss := to.Query().Get("iss"); iss != s.issuer {
		s.t.Errorf("iss is %q", iss)
	}
	return url.Values{
		"grant_type": {grantAuthorizationCode}, "code": {to.Query().Get("code")}, "client_id": {walletID},
		"redirect_uri": {walletClient.RedirectURI}, "code_verifier": {strings.Repeat("v", 43)},
	}
}

// TestAuthorizationResponseRefuses changes what the browser brings back.
func TestAuthorizationResponseRefuses(t *testing.T) {
	s := newAuthorizingStage(t, EndpointOptions{})
	a := s.authorize(walletClient)
	good := s.browse(a.URL, "ming")
	change := func(name, value string) string {
		u, _ := url.Parse(good)
		q := u.Query()
		if q.Set(name, value); value == "" {
			q.Del(name)
		}
		u.RawQuery = q.Encode()
		return u.String()
	}
	for _, c := range []struct{ name, callback, check string }{
		{"state of another request", change("state", newSecret()), "authorization-response-state"},
		{"no state", change("state", ""), "authorization-response-state"},
		{"another server's iss", change("iss", "https://evil.example"), "authorization-response-iss"},
		{"no iss", change("iss", ""), "authorization-response-iss"},
		{"no code", change("code", ""), "authorization-response"},
		{"a parameter twice", good + "&code=x", "authorization-response"},
		{"another redirect URI", "https://evil.example/callback" + good[strings.Index(good, "?"):], "authorization-response-redirect"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := s.client.Redeem(t.Context(), a, c.callback); !failsCheck(err, c.check) {
				t.Errorf("got %v, want check %s", err, c.check)
			}
		})
	}
	if _, err := s.client.Redeem(t.Context(), a, good); err != nil {
		t.Error(err)
	}
}
