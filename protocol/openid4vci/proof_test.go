package openid4vci

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// TestFiftyParallelRequestsWithOneNonceOfWhichOneWins: R-ISS-06.
func TestFiftyParallelRequestsWithOneNonceOfWhichOneWins(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	token, p := s.accessToken(), s.proof(p256(t), s.nonce())
	if won := parallel(50, func() bool { status, _ := s.request(token, p); return status == 200 }); won != 1 || s.backend.count() != 1 {
		t.Errorf("%d of 50 requests got a credential, %d were made", won, s.backend.count())
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
		{"wrong typ", "proof-header-type", func(n string) string { return forge(t, key, map[string]any{"typ": "JWT"}, s.claims(n)) }},
		{"no typ", "proof-header-type", func(n string) string { return forge(t, key, map[string]any{"typ": nil}, s.claims(n)) }},
		{"alg none", "proof-algorithm", func(n string) string { return forge(t, key, map[string]any{"alg": "none"}, s.claims(n)) }},
		{"symmetric alg", "proof-algorithm", func(n string) string { return forge(t, key, map[string]any{"alg": "HS256"}, s.claims(n)) }},
		{"alg of another key", "proof-key", func(n string) string { return forge(t, key, map[string]any{"alg": "EdDSA"}, s.claims(n)) }},
		{"private jwk", "proof-header-private-key", func(n string) string {
			return forge(t, key, map[string]any{"jwk": json.RawMessage(private)}, s.claims(n))
		}},
		{"symmetric jwk", "proof-header-private-key", func(n string) string {
			return forge(t, key, map[string]any{"jwk": map[string]string{"kty": "oct", "k": "c2VjcmV0"}}, s.claims(n))
		}},
		{"no jwk", "proof-key", func(n string) string { return forge(t, key, map[string]any{"jwk": nil}, s.claims(n)) }},
		{"jwk and kid", "proof-key", func(n string) string { return forge(t, key, map[string]any{"kid": "did:example:1#1"}, s.claims(n)) }},
		{"jwk and x5c", "proof-compact-form", func(n string) string { return forge(t, key, map[string]any{"x5c": []string{"AA=="}}, s.claims(n)) }},
		{"jwk off the curve", "proof-compact-form", func(n string) string {
			return forge(t, key, map[string]any{"jwk": map[string]string{"kty": "EC", "crv": "P-256", "x": strings.Repeat("A", 43), "y": strings.Repeat("A", 43)}}, s.claims(n))
		}},
		{"somebody else's jwk", "proof-signature", func(n string) string {
			return forge(t, key, map[string]any{"jwk": publicJWK(t, p256(t))}, s.claims(n))
		}},
		{"critical header", "proof-critical-header", func(n string) string {
			return forge(t, key, map[string]any{"crit": []string{"b64"}, "b64": false}, s.claims(n))
		}},
		{"changed payload", "proof-signature", func(n string) string {
			parts := strings.Split(forge(t, key, nil, s.claims("x")), ".")
			b, _ := json.Marshal(s.claims(n))
			return parts[0] + "." + base64.RawURLEncoding.EncodeToString(b) + "." + parts[2]
		}},
		{"repeated claim", "proof-payload-json", func(n string) string {
			return forge(t, key, nil, json.RawMessage(fmt.Sprintf(`{"aud":"https://issuer.example","aud":%q,"iat":%d,"nonce":%q}`, s.issuer, s.clock.now().Unix(), n)))
		}},
		{"not a JWT", "proof-compact-form", func(string) string { return "abc" }},
		{"oversized proof", "proof-size", func(n string) string {
			return forge(t, key, map[string]any{"x": strings.Repeat("a", 3000)}, s.claims(n))
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
	header := map[string]any{"typ": proofForm.Typ, "alg": string(key.Algorithm), "jwk": publicJWK(t, key)}
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
