package openid4vci

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// TestTokenRefuses sends token requests that must give no token.
func TestTokenRefuses(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	good := func() url.Values {
		return url.Values{"grant_type": {grantPreAuthorized}, "pre-authorized_code": {s.offer(OfferOptions{}).Grants.PreAuthorized.Code}}
	}
	for _, c := range []struct {
		name   string
		path   string
		kind   string
		body   func() string
		status int
		code   string
	}{
		{"unknown code", "", "", func() string {
			return url.Values{"grant_type": {grantPreAuthorized}, "pre-authorized_code": {newSecret()}}.Encode()
		}, 400, InvalidGrant},
		{"missing code", "", "", func() string { f := good(); f.Del("pre-authorized_code"); return f.Encode() }, 400, InvalidRequest},
		{"missing grant type", "", "", func() string { f := good(); f.Del("grant_type"); return f.Encode() }, 400, InvalidRequest},
		{"grant type of another flow", "", "", func() string { f := good(); f.Set("grant_type", "authorization_code"); return f.Encode() }, 400, UnsupportedGrantType},
		{"parameter sent twice", "", "", func() string { return good().Encode() + "&pre-authorized_code=x" }, 400, InvalidRequest},
		{"transaction code that nobody asked for", "", "", func() string { f := good(); f.Set("tx_code", "1"); return f.Encode() }, 400, InvalidRequest},
		{"unknown refresh token", "", "", func() string {
			return url.Values{"grant_type": {grantRefresh}, "refresh_token": {newSecret()}}.Encode()
		}, 400, InvalidGrant},
		{"access token as refresh token", "", "", func() string {
			return url.Values{"grant_type": {grantRefresh}, "refresh_token": {s.accessToken()}}.Encode()
		}, 400, InvalidGrant},
		{"missing refresh token", "", "", func() string { return "grant_type=refresh_token" }, 400, InvalidRequest},
		{"authorization details", "", "", func() string { f := good(); f.Set("authorization_details", "[]"); return f.Encode() }, 400, InvalidAuthorizationDetails},
		{"code in the query", "?pre-authorized_code=x", "", func() string { return good().Encode() }, 400, InvalidRequest},
		{"wrong content type", "", "application/json", func() string { return good().Encode() }, 415, InvalidRequest},
		{"oversized body", "", "", func() string { return good().Encode() + "&x=" + strings.Repeat("a", maxTokenRequest) }, 413, InvalidRequest},
		{"malformed form", "", "", func() string { return good().Encode() + "&%zz" }, 400, InvalidRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			kind := formType
			if c.kind != "" {
				kind = c.kind
			}
			status, m, _ := s.post("/token"+c.path, kind, "", c.body())
			if status != c.status || m["error"] != c.code || m["access_token"] != nil {
				t.Errorf("got %d %v, want %d %s", status, m, c.status, c.code)
			}
		})
	}
}

func TestCodeReused(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	code := s.offer(OfferOptions{}).Grants.PreAuthorized.Code
	if status, m := s.redeem(code, ""); status != 200 {
		t.Fatalf("first use: %d %v", status, m)
	}
	if status, m := s.redeem(code, ""); status != 400 || m["error"] != InvalidGrant {
		t.Errorf("second use: %d %v", status, m)
	}
}

func TestFiftyParallelRedemptionsOfWhichOneWins(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	code := s.offer(OfferOptions{TxCode: "1234"}).Grants.PreAuthorized.Code
	if won := parallel(50, func() bool { status, _ := s.redeem(code, "1234"); return status == 200 }); won != 1 {
		t.Errorf("%d of 50 redemptions got a token", won)
	}
}

func TestFiftyParallelRenewalsOfWhichOneWins(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	_, m := s.redeem(s.offer(OfferOptions{}).Grants.PreAuthorized.Code, "")
	form := url.Values{"grant_type": {grantRefresh}, "refresh_token": {m["refresh_token"].(string)}}.Encode()
	won := parallel(50, func() bool { status, _, _ := s.post("/token", formType, "", form); return status == 200 })
	if won != 1 {
		t.Errorf("%d of 50 renewals got a token", won)
	}
}

func TestFiftyParallelRequestsWithOneNonceOfWhichOneWins(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	token, p := s.accessToken(), s.proof(p256(t), s.nonce())
	if won := parallel(50, func() bool { status, _ := s.request(token, p); return status == 200 }); won != 1 || s.backend.count() != 1 {
		t.Errorf("%d of 50 requests got a credential, %d were made", won, s.backend.count())
	}
}

func parallel(n int, try func() bool) (won int) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	start := make(chan struct{})
	for range n {
		wg.Go(func() {
			<-start
			if try() {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	close(start)
	wg.Wait()
	return won
}

func TestTxCodeGuessed(t *testing.T) {
	s := newStage(t, "", EndpointOptions{TxCodeTries: 3})
	offer, offerURL, err := s.endpoint.Offer("ming", OfferOptions{TxCode: "777777"})
	if err != nil {
		t.Fatal(err)
	}
	code := offer.Grants.PreAuthorized.Code
	if status, m := s.redeem(code, ""); status != 400 || m["error"] != InvalidRequest {
		t.Errorf("without transaction code: %d %v", status, m)
	}
	for i := range 3 {
		if status, m := s.redeem(code, fmt.Sprint(i)); status != 400 || m["error"] != InvalidGrant {
			t.Errorf("guess %d: %d %v", i, status, m)
		}
	}
	if status, m := s.redeem(code, "777777"); status != 400 || m["error"] != InvalidGrant {
		t.Errorf("the right code after three wrong ones: %d %v", status, m)
	}
	if _, err := s.client.Offer(t.Context(), offerURL); err == nil {
		t.Error("the void offer is still served")
	}
}

func TestExpired(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	t.Run("code", func(t *testing.T) {
		code := s.offer(OfferOptions{}).Grants.PreAuthorized.Code
		s.clock.advance(10 * time.Minute)
		if status, m := s.redeem(code, ""); status != 400 || m["error"] != InvalidGrant {
			t.Errorf("got %d %v", status, m)
		}
	})
	t.Run("access token", func(t *testing.T) {
		token := s.accessToken()
		s.clock.advance(10 * time.Minute)
		if status, m := s.request(token, s.proof(p256(t), s.nonce())); status != 401 || m["error"] != InvalidToken {
			t.Errorf("got %d %v", status, m)
		}
	})
	t.Run("nonce", func(t *testing.T) {
		token, nonce := s.accessToken(), s.nonce()
		s.clock.advance(5 * time.Minute)
		if status, m := s.request(token, s.proof(p256(t), nonce)); status != 400 || m["error"] != InvalidNonce {
			t.Errorf("got %d %v", status, m)
		}
	})
	t.Run("refresh token", func(t *testing.T) {
		_, grant, err := s.client.Accept(t.Context(), s.offer(OfferOptions{}), "free", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		s.clock.advance(180 * 24 * time.Hour)
		if _, _, err := s.client.Renew(t.Context(), grant, "free", nil); !hasCode(err, InvalidGrant) {
			t.Errorf("got %v", err)
		}
	})
}

func TestRefreshTokenStolen(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	_, stolen, err := s.client.Accept(t.Context(), s.offer(OfferOptions{}), "free", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, grant, err := s.client.Renew(t.Context(), stolen, "free", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.client.Renew(t.Context(), stolen, "free", nil); !hasCode(err, InvalidGrant) {
		t.Errorf("a spent refresh token gave %v", err)
	}
	if _, _, err := s.client.Renew(t.Context(), grant, "free", nil); !hasCode(err, InvalidGrant) {
		t.Errorf("the rotated token is still good after the spent one came again: %v", err)
	}
	if n := len(s.endpoint.ledger.access.things) + len(s.endpoint.ledger.refresh.things); n != 0 {
		t.Errorf("%d tokens of the ended family are kept", n)
	}
}

func TestRenewingDoesNotFillTheLedger(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	_, grant, err := s.client.Accept(t.Context(), s.offer(OfferOptions{}), "free", "", nil)
	for range 20 {
		if err == nil {
			_, grant, err = s.client.Renew(t.Context(), grant, "free", nil)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if a, r := len(s.endpoint.ledger.access.things), len(s.endpoint.ledger.refresh.things); a != 1 || r != 1 {
		t.Errorf("%d access tokens and %d refresh tokens after 20 renewals, want one of each", a, r)
	}
}

func TestNonceRefuses(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	other := newMinter().mint(s.clock.now().Add(time.Minute))
	later, _ := base64.RawURLEncoding.DecodeString(s.nonce())
	later[0] = 1
	for name, nonce := range map[string]string{
		"unknown": "tZignsnFbp", "another issuer's": other, "with a later expiry": base64.RawURLEncoding.EncodeToString(later),
	} {
		t.Run("nonce "+name, func(t *testing.T) {
			if status, m := s.request(s.accessToken(), s.proof(p256(t), nonce)); status != 400 || m["error"] != InvalidNonce {
				t.Errorf("got %d %v", status, m)
			}
		})
	}
	t.Run("nonce reused", func(t *testing.T) {
		token, nonce := s.accessToken(), s.nonce()
		if status, m := s.request(token, s.proof(p256(t), nonce)); status != 200 {
			t.Fatalf("first use: %d %v", status, m)
		}
		if status, m := s.request(token, s.proof(p256(t), nonce)); status != 400 || m["error"] != InvalidNonce {
			t.Errorf("second use: %d %v", status, m)
		}
	})
}

// TestProofRefuses changes one thing in a good proof each time.
func TestProofRefuses(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	key := p256(t)
	private, err := json.Marshal(jose.JSONWebKey{Key: key.Key})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		check string
		proof func(nonce string) string
	}{
		{"proof for another issuer", "proof-aud", func(n string) string {
			return forge(t, key, nil, map[string]any{"aud": "https://issuer.example", "iat": s.clock.now().Unix(), "nonce": n})
		}},
		{"audience as an array", "proof-claims", func(n string) string {
			return forge(t, key, nil, map[string]any{"aud": []string{s.issuer}, "iat": s.clock.now().Unix(), "nonce": n})
		}},
		{"no audience", "proof-aud", func(n string) string {
			return forge(t, key, nil, map[string]any{"iat": s.clock.now().Unix(), "nonce": n})
		}},
		{"no nonce", "proof-nonce", func(string) string {
			return forge(t, key, nil, map[string]any{"aud": s.issuer, "iat": s.clock.now().Unix()})
		}},
		{"no iat", "proof-iat", func(n string) string { return forge(t, key, nil, map[string]any{"aud": s.issuer, "nonce": n}) }},
		{"stale iat", "proof-iat", func(n string) string {
			return forge(t, key, nil, map[string]any{"aud": s.issuer, "iat": s.clock.now().Add(-6 * time.Minute).Unix(), "nonce": n})
		}},
		{"iat in the future", "proof-iat", func(n string) string {
			return forge(t, key, nil, map[string]any{"aud": s.issuer, "iat": s.clock.now().Add(2 * time.Minute).Unix(), "nonce": n})
		}},
		{"expired proof", "proof-exp", func(n string) string {
			return forge(t, key, nil, map[string]any{"aud": s.issuer, "iat": s.clock.now().Unix(), "exp": s.clock.now().Unix(), "nonce": n})
		}},
		{"wrong typ", "proof-typ", func(n string) string { return forge(t, key, map[string]any{"typ": "JWT"}, s.claims(n)) }},
		{"no typ", "proof-typ", func(n string) string { return forge(t, key, map[string]any{"typ": nil}, s.claims(n)) }},
		{"alg none", "proof-alg", func(n string) string { return forge(t, key, map[string]any{"alg": "none"}, s.claims(n)) }},
		{"symmetric alg", "proof-alg", func(n string) string { return forge(t, key, map[string]any{"alg": "HS256"}, s.claims(n)) }},
		{"alg of another key", "proof-key", func(n string) string { return forge(t, key, map[string]any{"alg": "EdDSA"}, s.claims(n)) }},
		{"private jwk", "proof-private-key", func(n string) string {
			return forge(t, key, map[string]any{"jwk": json.RawMessage(private)}, s.claims(n))
		}},
		{"symmetric jwk", "proof-private-key", func(n string) string {
			return forge(t, key, map[string]any{"jwk": map[string]string{"kty": "oct", "k": "c2VjcmV0"}}, s.claims(n))
		}},
		{"no jwk", "proof-key", func(n string) string { return forge(t, key, map[string]any{"jwk": nil}, s.claims(n)) }},
		{"jwk and kid", "proof-key", func(n string) string { return forge(t, key, map[string]any{"kid": "did:example:1#1"}, s.claims(n)) }},
		{"jwk and x5c", "proof-key", func(n string) string { return forge(t, key, map[string]any{"x5c": []string{"AA=="}}, s.claims(n)) }},
		{"jwk off the curve", "proof-key", func(n string) string {
			return forge(t, key, map[string]any{"jwk": map[string]string{"kty": "EC", "crv": "P-256", "x": strings.Repeat("A", 43), "y": strings.Repeat("A", 43)}}, s.claims(n))
		}},
		{"somebody else's jwk", "proof-signature", func(n string) string {
			return forge(t, key, map[string]any{"jwk": publicJWK(t, p256(t))}, s.claims(n))
		}},
		{"critical header", "proof-crit", func(n string) string {
			return forge(t, key, map[string]any{"crit": []string{"b64"}, "b64": false}, s.claims(n))
		}},
		{"changed payload", "proof-signature", func(n string) string {
			parts := strings.Split(forge(t, key, nil, s.claims("x")), ".")
			b, _ := json.Marshal(s.claims(n))
			return parts[0] + "." + base64.RawURLEncoding.EncodeToString(b) + "." + parts[2]
		}},
		{"repeated claim", "proof-claims", func(n string) string {
			return forge(t, key, nil, json.RawMessage(fmt.Sprintf(`{"aud":"https://issuer.example","aud":%q,"iat":%d,"nonce":%q}`, s.issuer, s.clock.now().Unix(), n)))
		}},
		{"not a JWT", "proof-jwt", func(string) string { return "abc" }},
		{"oversized proof", "proof-jwt", func(n string) string {
			return forge(t, key, map[string]any{"x": strings.Repeat("a", maxProof)}, s.claims(n))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := s.backend.count()
			status, m := s.request(s.accessToken(), c.proof(s.nonce()))
			if status != 400 || m["error"] != InvalidProof {
				t.Fatalf("got %d %v, want 400 invalid_proof", status, m)
			}
			if d := m["error_description"].(string); !strings.Contains(d, "check "+c.check+" failed") {
				t.Errorf("failed otherwise than by %s: %s", c.check, d)
			}
			if s.backend.count() != before {
				t.Error("a credential was made")
			}
		})
	}
	t.Run("and the same unchanged is taken", func(t *testing.T) {
		if status, m := s.request(s.accessToken(), forge(t, key, nil, s.claims(s.nonce()))); status != 200 {
			t.Errorf("got %d %v", status, m)
		}
	})
}

func (s *stage) claims(nonce string) map[string]any {
	return map[string]any{"aud": s.issuer, "iat": s.clock.now().Unix(), "nonce": nonce}
}

// forge signs a proof whose header says what it is told to; nil removes.
func forge(t testing.TB, key jose.SigningKey, change map[string]any, claims any) string {
	t.Helper()
	header := map[string]any{"typ": proofType, "alg": string(key.Algorithm), "jwk": publicJWK(t, key)}
	for name, value := range change {
		if header[name] = value; value == nil {
			delete(header, name)
		}
	}
	h, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	p, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	if raw, ok := claims.(json.RawMessage); ok {
		p = raw
	}
	signed := base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(p)
	return signed + "." + base64.RawURLEncoding.EncodeToString(rawSign(t, key, []byte(signed)))
}

func publicJWK(t testing.TB, key jose.SigningKey) any {
	t.Helper()
	return (&jose.JSONWebKey{Key: key.Key}).Public()
}

func TestCredentialRefuses(t *testing.T) {
	s := newStage(t, "", EndpointOptions{BatchSize: 3})
	good := func() string {
		b, _ := json.Marshal(CredentialRequest{Configuration: "bound", Proofs: &Proofs{[]string{s.proof(p256(t), s.nonce())}}})
		return string(b)
	}
	batch := func(keys ...jose.SigningKey) string {
		nonce, p := s.nonce(), &Proofs{}
		for _, k := range keys {
			p.JWT = append(p.JWT, s.proof(k, nonce))
		}
		b, _ := json.Marshal(CredentialRequest{Configuration: "bound", Proofs: p})
		return string(b)
	}
	twice := p256(t)
	for _, c := range []struct {
		name   string
		path   string
		kind   string
		token  string
		body   string
		status int
		code   string
	}{
		{"no token", "", "", "-", good(), 401, InvalidToken},
		{"unknown token", "", "", newSecret(), good(), 401, InvalidToken},
		{"token in the query", "?access_token=" + s.accessToken(), "", "-", good(), 400, InvalidRequest},
		{"wrong content type", "", formType, "", good(), 415, InvalidRequest},
		{"oversized body", "", "", "", `{"x":"` + strings.Repeat("a", 1<<20) + `"}`, 413, InvalidRequest},
		{"not JSON", "", "", "", "configuration=bound", 400, InvalidCredentialRequest},
		{"two JSON values", "", "", "", good() + "{}", 400, InvalidCredentialRequest},
		{"repeated member", "", "", "", `{"credential_configuration_id":"free","credential_configuration_id":"bound"}`, 400, InvalidCredentialRequest},
		{"repeated member in other letters", "", "", "", `{"credential_configuration_id":"free","credential_configuration_ıd":1,"credential_configuration_ID":"bound"}`, 400, InvalidCredentialRequest},
		{"repeated member with a long s", "", "", "", `{"credential_configuration_id":"free","proofs":{},"proof\u017f":{"jwt":["x"]}}`, 400, InvalidCredentialRequest},
		{"deep nesting", "", "", "", `{"credential_configuration_id":"free","x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "}", 400, InvalidCredentialRequest},
		{"no configuration", "", "", "", `{}`, 400, InvalidCredentialRequest},
		{"unknown configuration", "", "", "", `{"credential_configuration_id":"crown"}`, 400, UnknownCredentialConfiguration},
		{"credential identifier", "", "", "", `{"credential_identifier":"x"}`, 400, UnknownCredentialIdentifier},
		{"identifier and configuration", "", "", "", `{"credential_identifier":"x","credential_configuration_id":"free"}`, 400, InvalidCredentialRequest},
		{"no proofs", "", "", "", `{"credential_configuration_id":"bound"}`, 400, InvalidProof},
		{"empty proofs", "", "", "", `{"credential_configuration_id":"bound","proofs":{"jwt":[]}}`, 400, InvalidProof},
		{"proofs of another type", "", "", "", `{"credential_configuration_id":"bound","proofs":{"attestation":["x"]}}`, 400, InvalidProof},
		{"proofs of two types", "", "", "", `{"credential_configuration_id":"bound","proofs":{"jwt":["x"],"attestation":["x"]}}`, 400, InvalidProof},
		{"proof of an earlier draft", "", "", "", `{"credential_configuration_id":"bound","proof":{"jwt":"x"}}`, 400, InvalidCredentialRequest},
		{"proofs where no key is bound", "", "", "", strings.Replace(good(), "bound", "free", 1), 400, InvalidProof},
		{"encrypted response", "", "", "", `{"credential_configuration_id":"free","credential_response_encryption":{}}`, 400, "invalid_encryption_parameters"},
		{"batch over the limit", "", "", "", batch(p256(t), p256(t), p256(t), p256(t)), 400, InvalidProof},
		{"duplicate keys in a batch", "", "", "", batch(twice, p256(t), twice), 400, InvalidProof},
	} {
		t.Run(c.name, func(t *testing.T) {
			kind := "application/json"
			if c.kind != "" {
				kind = c.kind
			}
			token := c.token
			switch token {
			case "":
				token = s.accessToken()
			case "-":
				token = ""
			}
			status, m, header := s.post("/credential"+c.path, kind, token, c.body)
			if status != c.status || m["error"] != c.code {
				t.Errorf("got %d %v, want %d %s", status, m, c.status, c.code)
			}
			if status == 401 && !strings.HasPrefix(header.Get("WWW-Authenticate"), "Bearer") {
				t.Error("no Bearer challenge")
			}
			if s.backend.count() != 0 {
				t.Fatal("a credential was made")
			}
		})
	}
	t.Run("configuration that was not offered", func(t *testing.T) {
		_, m := s.redeem(s.offer(OfferOptions{Configurations: []string{"free"}}).Grants.PreAuthorized.Code, "")
		status, m, _ := s.post("/credential", "application/json", m["access_token"].(string), good())
		if status != http.StatusForbidden || m["error"] != InsufficientScope {
			t.Errorf("got %d %v", status, m)
		}
	})
	t.Run("and a full batch is taken", func(t *testing.T) {
		status, m, _ := s.post("/credential", "application/json", s.accessToken(), batch(p256(t), p256(t), edKey(t)))
		if status != 200 || len(m["credentials"].([]any)) != 3 {
			t.Errorf("got %d %v", status, m)
		}
	})
}

func TestPathsRefuse(t *testing.T) {
	s := newStage(t, "/tenant", EndpointOptions{})
	for _, c := range []struct {
		name, method, path string
		status             int
	}{
		{"unknown path", http.MethodGet, "/tenant/keys", 404},
		{"path outside the issuer", http.MethodPost, "/token", 404},
		{"unknown offer", http.MethodGet, "/tenant/offers/abc", 404},
		{"token by GET", http.MethodGet, "/tenant/token", 405},
		{"nonce by GET", http.MethodGet, "/tenant/nonce", 405},
		{"metadata by POST", http.MethodPost, "/.well-known/openid-credential-issuer/tenant", 405},
		{"metadata in the place of the drafts", http.MethodGet, "/tenant/.well-known/openid-credential-issuer", 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, err := http.NewRequest(c.method, strings.TrimSuffix(s.issuer, "/tenant")+c.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := s.client.HTTP.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != c.status || res.Header.Get("Content-Type") != "application/json" {
				t.Errorf("got %d %s, want %d and JSON", res.StatusCode, res.Header.Get("Content-Type"), c.status)
			}
		})
	}
}

func TestFullLedgerRefusesAndRecovers(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	s.endpoint.ledger = newLedger(3)
	for range 3 {
		s.offer(OfferOptions{})
	}
	if _, _, err := s.endpoint.Offer("ming", OfferOptions{}); !hasCode(err, TemporarilyUnavailable) {
		t.Errorf("a fourth offer: %v", err)
	}
	s.clock.advance(time.Hour)
	if _, _, err := s.endpoint.Offer("ming", OfferOptions{}); err != nil {
		t.Errorf("when the others expired: %v", err)
	}
}

func TestNewEndpointRefuses(t *testing.T) {
	for _, c := range []struct {
		name, issuer string
		options      EndpointOptions
		backend      Backend
		offered      map[string]CredentialConfiguration
	}{
		{"http elsewhere", "http://issuer.example", EndpointOptions{}, &fakeIssuer{}, configurations},
		{"a query", "https://issuer.example?x", EndpointOptions{}, &fakeIssuer{}, configurations},
		{"a fragment", "https://issuer.example#", EndpointOptions{}, &fakeIssuer{}, configurations},
		{"user information", "https://me@issuer.example", EndpointOptions{}, &fakeIssuer{}, configurations},
		{"no host", "https:/issuer", EndpointOptions{}, &fakeIssuer{}, configurations},
		{"a negative batch", "https://issuer.example", EndpointOptions{BatchSize: -1}, &fakeIssuer{}, configurations},
		{"no backend", "https://issuer.example", EndpointOptions{}, nil, configurations},
		{"no configuration", "https://issuer.example", EndpointOptions{}, &fakeIssuer{}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := NewEndpoint(c.issuer, c.offered, c.backend, c.options); err == nil {
				t.Error("made")
			}
		})
	}
}
