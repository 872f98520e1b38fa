package openid4vci

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
)

var configurations = map[string]CredentialConfiguration{
	"bound": {
		Scope:  "bound-scope",
		Format: credential.SDJWT, Type: "urn:test:bound", SigningAlgs: []any{"ES256"},
		BindingMethods: []string{"jwk"}, ProofTypes: map[string]ProofType{"jwt": {ProofAlgs}},
	},
	"free": {
		Scope:      "free-scope",
		Format:     credential.BBS2023,
		Definition: &CredentialDefinition{Context: []any{"https://www.w3.org/ns/credentials/v2"}, Type: []string{"VerifiableCredential"}},
	},
}

// fakeIssuer names in each credential its subject and its key.
type fakeIssuer struct {
	mu       sync.Mutex
	declined error // what Renew and Credential say
	made     int
}

func (f *fakeIssuer) Credential(_ context.Context, subject, configuration string, proved []Proved) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.declined != nil {
		return nil, f.declined
	}
	if configuration == "free" {
		f.made++
		return []string{`{"subject":"` + subject + `","tag":"<a>"}`}, nil
	}
	var out []string
	for _, p := range proved {
		sum, err := thumbprint(p.Key)
		if err != nil {
			return nil, err
		}
		f.made++
		out = append(out, fmt.Sprintf("%s %x", subject, sum))
	}
	return out, nil
}

func (f *fakeIssuer) Renew(context.Context, string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.declined.(*Pending); ok {
		return nil
	}
	return f.declined
}

func (f *fakeIssuer) decline(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.declined = err
}

func (f *fakeIssuer) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.made
}

// clock is a settable time.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// stage is an issuer on loopback with a wallet.
type stage struct {
	t        *testing.T
	issuer   string
	backend  *fakeIssuer
	endpoint *Endpoint
	clock    *clock
	client   *Client
}

func newStage(t *testing.T, path string, o EndpointOptions) *stage {
	t.Helper()
	s := &stage{t: t, backend: &fakeIssuer{}, clock: &clock{t: time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)}}
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	s.issuer = server.URL + path
	o.Now = s.clock.now
	endpoint, err := NewEndpoint(s.issuer, configurations, s.backend, o)
	if err != nil {
		t.Fatal(err)
	}
	handler, s.endpoint = endpoint, endpoint
	s.client = &Client{HTTP: server.Client(), Now: s.clock.now}
	return s
}

func (s *stage) offer(o OfferOptions) *Offer {
	s.t.Helper()
	offer, _, err := s.endpoint.Offer("ming", o)
	if err != nil {
		s.t.Fatal(err)
	}
	return offer
}

// post sends a form or JSON, with an access token unless it is "".
func (s *stage) post(path, contentType, token, body string) (int, map[string]any, http.Header) {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.issuer+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := s.client.HTTP.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		s.t.Fatalf("%s answered %d with no JSON: %q", path, res.StatusCode, b)
	}
	return res.StatusCode, m, res.Header
}

const formType = "application/x-www-form-urlencoded"

func (s *stage) redeem(code, txCode string) (int, map[string]any) {
	s.t.Helper()
	form := url.Values{"grant_type": {grantPreAuthorized}, "pre-authorized_code": {code}}
	if txCode != "" {
		form.Set("tx_code", txCode)
	}
	status, m, header := s.post("/token", formType, "", form.Encode())
	if header.Get("Cache-Control") != "no-store" {
		s.t.Errorf("token answer has Cache-Control %q", header.Get("Cache-Control"))
	}
	return status, m
}

func (s *stage) accessToken() string {
	s.t.Helper()
	status, m := s.redeem(s.offer(OfferOptions{}).Grants.PreAuthorized.Code, "")
	if status != 200 {
		s.t.Fatalf("token: %d %v", status, m)
	}
	return m["access_token"].(string)
}

func (s *stage) nonce() string {
	s.t.Helper()
	status, m, header := s.post("/nonce", "", "", "")
	if status != 200 || header.Get("Cache-Control") != "no-store" {
		s.t.Fatalf("nonce: %d %v", status, m)
	}
	return m["c_nonce"].(string)
}

func (s *stage) proof(key jose.SigningKey, nonce string) string {
	s.t.Helper()
	p, err := signProof(key, s.issuer, nonce, s.clock.now())
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func (s *stage) request(token string, proofs ...string) (int, map[string]any) {
	s.t.Helper()
	b, err := json.Marshal(CredentialRequest{Configuration: "bound", Proofs: jwtProof(proofs...)})
	if err != nil {
		s.t.Fatal(err)
	}
	status, m, _ := s.post("/credential", "application/json", token, string(b))
	return status, m
}

func jwtProof(proofs ...string) map[string][]any {
	elements := make([]any, len(proofs))
	for i, p := range proofs {
		elements[i] = p
	}
	return map[string][]any{jwtProofs: elements}
}

func p256(t testing.TB) jose.SigningKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return jose.SigningKey{Algorithm: jose.ES256, Key: k}
}

func edKey(t testing.TB) jose.SigningKey {
	t.Helper()
	_, k, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return jose.SigningKey{Algorithm: jose.EdDSA, Key: k}
}

func public(t testing.TB, key jose.SigningKey) [32]byte {
	t.Helper()
	sum, err := thumbprint((&jose.JSONWebKey{Key: key.Key}).Public())
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestAcceptAndRenew(t *testing.T) {
	for _, path := range []string{"", "/tenant", "/a/b/"} {
		t.Run("issuer at "+path, func(t *testing.T) {
			s := newStage(t, path, EndpointOptions{})
			_, offerURL, err := s.endpoint.Offer("ming", OfferOptions{})
			if err != nil {
				t.Fatal(err)
			}
			offer, err := s.client.Offer(t.Context(), ReferenceURI(offerURL))
			if err != nil {
				t.Fatal(err)
			}
			keys := Keys{p256(t), edKey(t), p256(t)}
			got, grant, err := s.client.Accept(t.Context(), offer, "bound", "", keys)
			if err != nil {
				t.Fatal(err)
			}
			for i, k := range keys {
				if want := fmt.Sprintf("ming %x", public(t, k)); got[i] != want {
					t.Errorf("credential %d is %q, want %q", i, got[i], want)
				}
			}
			free, next, err := s.client.Renew(t.Context(), grant, "free", nil)
			if err != nil {
				t.Fatal(err)
			}
			if want := `{"subject":"ming","tag":"<a>"}`; !slices.Equal(free, []string{want}) {
				t.Errorf("renewed %q, want the object as the issuer wrote it, %q", free, want)
			}
			if next.RefreshToken == grant.RefreshToken {
				t.Error("the refresh token was not rotated")
			}
			if _, err := s.client.Offer(t.Context(), offerURL); !hasCode(err, InvalidRequest) {
				t.Errorf("a redeemed offer is still served: %v", err)
			}
		})
	}
}

func TestAcceptWithTransactionCode(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	offer := s.offer(OfferOptions{TxCode: "493536", TxCodeHint: TxCode{Length: 6, Description: "in your letter"}})
	if _, _, err := s.client.Accept(t.Context(), offer, "free", "49353", nil); !failsCheck(err, "offer-tx-code") {
		t.Errorf("a code of five digits went to the issuer: %v", err)
	}
	if _, _, err := s.client.Accept(t.Context(), offer, "free", "000000", nil); !hasCode(err, InvalidGrant) {
		t.Errorf("a wrong transaction code gave %v", err)
	}
	if _, _, err := s.client.Accept(t.Context(), offer, "free", "493536", nil); err != nil {
		t.Errorf("the right one, after a wrong one: %v", err)
	}
}

func TestProofsNameNoKey(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	key := p256(t)
	key.Key = jose.JSONWebKey{Key: key.Key, KeyID: "the third key of ming"}
	compact := s.proof(key, s.nonce())
	token, err := jws.Read(compact, proofForm)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(fmt.Sprint(token.Header), "third key") || token.KeyID != "" {
		t.Errorf("the proof carries the wallet's name of the key: %v", token.Header)
	}
}

func TestRenewalThatTheIssuerDeclinesKeepsTheToken(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	_, grant, err := s.client.Accept(t.Context(), s.offer(OfferOptions{}), "free", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	s.backend.decline(&Error{Status: 403, Code: AccessDenied, Description: "declined"})
	if _, _, err := s.client.Renew(t.Context(), grant, "free", nil); !hasCode(err, AccessDenied) {
		t.Errorf("got %v, want access_denied", err)
	}
	s.backend.decline(nil)
	if _, _, err := s.client.Renew(t.Context(), grant, "free", nil); err != nil {
		t.Errorf("once the issuer no longer declines: %v", err)
	}
}

func TestGrantSurvivesAFailureAfterTheCode(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	s.backend.decline(errors.New("name of ming"))
	_, grant, err := s.client.Accept(t.Context(), s.offer(OfferOptions{}), "free", "", nil)
	if !hasCode(err, ServerError) || grant == nil {
		t.Fatalf("got %v with grant %v, want server_error and a grant", err, grant)
	}
	if strings.Contains(err.Error(), "ming") {
		t.Errorf("the wallet reads the issuer's internal error: %v", err)
	}
	s.backend.decline(nil)
	if _, _, err := s.client.Renew(t.Context(), grant, "free", nil); err != nil {
		t.Error(err)
	}
}

func TestBackendThatMakesTheWrongNumber(t *testing.T) {
	s := newStage(t, "", EndpointOptions{})
	s.endpoint.backend = miscounting{s.backend}
	if _, _, err := s.client.Accept(t.Context(), s.offer(OfferOptions{}), "bound", "", Keys{p256(t)}); !hasCode(err, ServerError) {
		t.Errorf("got %v, want server_error", err)
	}
}

type miscounting struct{ *fakeIssuer }

func (m miscounting) Credential(context.Context, string, string, []Proved) ([]string, error) {
	return []string{"one", "two"}, nil
}

func hasCode(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

func failsCheck(err error, check string) bool {
	var e *credential.Error
	return errors.As(err, &e) && e.Check == check
}
