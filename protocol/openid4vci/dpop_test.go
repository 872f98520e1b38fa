package openid4vci

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// dpopStage has a token that is bound to a key.
type dpopStage struct {
	*stage
	key   jose.SigningKey
	token string
	nonce string
}

func newDPoPStage(t *testing.T) *dpopStage {
	s := &dpopStage{stage: newStage(t, "", EndpointOptions{}), key: p256(t)}
	_, _, header := s.post("/nonce", "", "", "")
	s.nonce = header.Get("DPoP-Nonce")
	form := url.Values{"grant_type": {grantPreAuthorized}, "pre-authorized_code": {s.offer(OfferOptions{}).Grants.PreAuthorized.Code}}
	status, m, _ := s.send("/token", formType, "", form.Encode(), s.prove(s.claims("/token", "")))
	if status != 200 || m["token_type"] != "DPoP" {
		t.Fatalf("token: %d %v", status, m)
	}
	s.token = m["access_token"].(string)
	return s
}

func (s *dpopStage) claims(path, token string) map[string]any {
	c := map[string]any{"jti": newSecret(), "htm": "POST", "htu": s.issuer + path, "iat": s.clock.now().Unix(), "nonce": s.nonce}
	if token != "" {
		c["ath"] = hashOf(token)
	}
	return c
}

func (s *dpopStage) prove(claims map[string]any) string { return s.forge(s.key, nil, claims) }

func (s *dpopStage) forge(key jose.SigningKey, change map[string]any, claims map[string]any) string {
	header := map[string]any{"typ": "dpop+jwt"}
	for name, value := range change {
		header[name] = value
	}
	return forge(s.t, key, header, claims)
}

// send posts with DPoP headers; token is without its scheme.
func (s *dpopStage) send(path, kind, token, body string, proofs ...string) (int, map[string]any, http.Header) {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.issuer+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	if token != "" {
		req.Header.Set("Authorization", "DPoP "+token)
	}
	for _, p := range proofs {
		req.Header.Add("DPoP", p)
	}
	res, err := s.client.HTTP.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var m map[string]any
	if err := json.NewDecoder(res.Body).Decode(&m); err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, m, res.Header
}

func (s *dpopStage) ask(proofs ...string) (int, map[string]any, http.Header) {
	return s.send("/credential", mediaJSON, s.token, `{"credential_configuration_id":"free"}`, proofs...)
}

// TestDPoPRefuses changes one thing in a good proof each time.
func TestDPoPRefuses(t *testing.T) {
	s := newDPoPStage(t)
	at := s.clock.now()
	with := func(name string, value any) string {
		c := s.claims("/credential", s.token)
		if c[name] = value; value == nil {
			delete(c, name)
		}
		return s.prove(c)
	}
	private, err := json.Marshal(jose.JSONWebKey{Key: s.key.Key})
	if err != nil {
		t.Fatal(err)
	}
	good := func() map[string]any { return s.claims("/credential", s.token) }
	for _, c := range []struct {
		name   string
		proofs []string
		code   string
	}{
		{"no proof", nil, InvalidDPoPProof},
		{"two proofs", []string{s.prove(good()), s.prove(good())}, InvalidDPoPProof},
		{"proof for another method", []string{with("htm", "GET")}, InvalidDPoPProof},
		{"proof for another endpoint", []string{with("htu", s.issuer+"/token")}, InvalidDPoPProof},
		{"proof for another host", []string{with("htu", "https://evil.example/credential")}, InvalidDPoPProof},
		{"proof for another access token", []string{with("ath", hashOf("other"))}, InvalidDPoPProof},
		{"proof without access token", []string{with("ath", nil)}, InvalidDPoPProof},
		{"proof without jti", []string{with("jti", nil)}, InvalidDPoPProof},
		{"stale proof", []string{with("iat", at.Add(-6*time.Minute).Unix())}, InvalidDPoPProof},
		{"proof from the future", []string{with("iat", at.Add(2*time.Minute).Unix())}, InvalidDPoPProof},
		{"proof without nonce", []string{with("nonce", nil)}, UseDPoPNonce},
		{"proof with a nonce of another server", []string{with("nonce", newMinter().mint(at.Add(time.Minute)))}, UseDPoPNonce},
		{"proof with another key", []string{s.forge(p256(t), nil, good())}, InvalidToken},
		{"alg none", []string{s.forge(s.key, map[string]any{"alg": "none"}, good())}, InvalidDPoPProof},
		{"HS256", []string{s.forge(s.key, map[string]any{"alg": "HS256"}, good())}, InvalidDPoPProof},
		{"wrong typ", []string{s.forge(s.key, map[string]any{"typ": "JWT"}, good())}, InvalidDPoPProof},
		{"unknown crit", []string{s.forge(s.key, map[string]any{"crit": []string{"x"}, "x": 1}, good())}, InvalidDPoPProof},
		{"b64 false", []string{s.forge(s.key, map[string]any{"b64": false}, good())}, InvalidDPoPProof},
		{"private key in the header", []string{s.forge(s.key, map[string]any{"jwk": json.RawMessage(private)}, good())}, InvalidDPoPProof},
		{"kid with a path", []string{s.forge(s.key, map[string]any{"kid": "../../etc/passwd"}, good())}, InvalidDPoPProof},
		{"kid with a URL", []string{s.forge(s.key, map[string]any{"kid": "https://evil.example/key"}, good())}, InvalidDPoPProof},
		{"jku", []string{s.forge(s.key, map[string]any{"jku": "https://evil.example/keys"}, good())}, InvalidDPoPProof},
		{"somebody else's jwk", []string{s.forge(s.key, map[string]any{"jwk": publicJWK(t, p256(t))}, good())}, InvalidDPoPProof},
		{"no JWT", []string{"x"}, InvalidDPoPProof},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, m, header := s.ask(c.proofs...)
			if status != 401 || m["error"] != c.code {
				t.Errorf("got %d %v, want 401 %s", status, m, c.code)
			}
			if !strings.HasPrefix(header.Get("WWW-Authenticate"), "DPoP ") || header.Get("DPoP-Nonce") == "" {
				t.Errorf("no way to come again: %v", header)
			}
			if s.backend.count() != 0 {
				t.Fatal("a credential was made")
			}
		})
	}
	t.Run("bound token as a bearer token", func(t *testing.T) {
		if status, m, _ := s.post("/credential", mediaJSON, s.token, `{"credential_configuration_id":"free"}`); status != 401 || m["error"] != InvalidToken {
			t.Errorf("got %d %v", status, m)
		}
	})
	t.Run("bearer token with a proof", func(t *testing.T) {
		bearer := s.accessToken()
		status, m, _ := s.send("/credential", mediaJSON, bearer, `{"credential_configuration_id":"free"}`, s.prove(s.claims("/credential", bearer)))
		if status != 401 || m["error"] != InvalidToken {
			t.Errorf("got %d %v", status, m)
		}
	})
	t.Run("proof replayed", func(t *testing.T) {
		proof := s.prove(good())
		if status, m, _ := s.ask(proof); status != 200 {
			t.Fatalf("first use: %d %v", status, m)
		}
		if status, m, _ := s.ask(proof); status != 401 || m["error"] != InvalidDPoPProof {
			t.Errorf("second use: %d %v", status, m)
		}
	})
	t.Run("fifty parallel requests with one proof of which one wins", func(t *testing.T) {
		proof := s.prove(good())
		if won := parallel(50, func() bool { status, _, _ := s.ask(proof); return status == 200 }); won != 1 {
			t.Errorf("%d of 50 got a credential", won)
		}
	})
}

func TestBoundRefreshTokenRefuses(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	_, grant, err := s.client.Accept(t.Context(), s.offer(OfferOptions{}), "free", "", nil)
	if err != nil || grant.DPoPKey == nil {
		t.Fatal(err)
	}
	form := url.Values{"grant_type": {grantRefresh}, "refresh_token": {grant.RefreshToken}}.Encode()
	if status, m, _ := s.post("/token", formType, "", form); status != 400 || m["error"] != InvalidGrant {
		t.Errorf("without a proof: %d %v", status, m)
	}
	stolen := *grant
	if stolen.DPoPKey, err = newDPoPKey(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.client.Renew(t.Context(), &stolen, "free", nil); !hasCode(err, InvalidGrant) {
		t.Errorf("with another key: %v", err)
	}
	if _, _, err := s.client.Renew(t.Context(), grant, "free", nil); err != nil {
		t.Errorf("the owner, after that: %v", err)
	}
}

func TestBearerTokenRefusedWhereDPoPIsRequired(t *testing.T) {
	s := newStage(t, "", EndpointOptions{RequireDPoP: true})
	if status, m := s.redeem(s.offer(OfferOptions{}).Grants.PreAuthorized.Code, ""); status != 400 || m["error"] != InvalidDPoPProof {
		t.Errorf("got %d %v", status, m)
	}
	if _, _, err := s.client.Accept(t.Context(), s.offer(OfferOptions{}), "free", "", nil); err != nil {
		t.Error(err)
	}
}

// TestGrantsHaveDifferentDPoPKeys: R-ISS-02.
func TestGrantsHaveDifferentDPoPKeys(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	seen := map[[32]byte]bool{}
	for range 2 {
		_, grant, err := s.client.Accept(t.Context(), s.offer(OfferOptions{}), "free", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		sum, err := thumbprint(grant.DPoPKey.Public())
		if err != nil || seen[sum] {
			t.Errorf("the key of an earlier grant: %v", err)
		}
		seen[sum] = true
	}
}

func FuzzDPoP(f *testing.F) {
	at := time.Unix(1795000000, 0)
	key, err := newDPoPKey()
	if err != nil {
		f.Fatal(err)
	}
	good, err := proveDPoP(key, "POST", "https://a.example/token", "t", "n", at)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, text string) {
		p, _, err := verifyDPoP([]string{text}, "POST", "https://a.example/token", "t", at)
		if err == nil && p.jkt == "" {
			t.Error("a proof without a key")
		}
	})
}
