package openid4vci

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

func TestCredentialRefuses(t *testing.T) {
	s := newStage(t, "", EndpointOptions{BatchSize: 3})
	good := func() string {
		b, _ := json.Marshal(CredentialRequest{Configuration: "bound", Proofs: jwtProof(s.proof(p256(t), s.nonce()))})
		return string(b)
	}
	batch := func(keys ...jose.SigningKey) string {
		nonce := s.nonce()
		var proofs []string
		for _, k := range keys {
			proofs = append(proofs, s.proof(k, nonce))
		}
		b, _ := json.Marshal(CredentialRequest{Configuration: "bound", Proofs: jwtProof(proofs...)})
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
