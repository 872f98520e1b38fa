package verifier_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/verifier"
)

// signing gives the platform identities under each prefix, and the wallet the
// trust that they need.
func (w *world) signingPlatform(c *verifier.Config) {
	w.Helper()
	authority, key := ecKey(w), ecKey(w)
	now := time.Now()
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test anchor"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Test platform"}, DNSNames: []string{"platform.localhost"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	parse := must[*x509.Certificate](w)
	der := must[[]byte](w)
	anchor := parse(x509.ParseCertificate(der(x509.CreateCertificate(rand.Reader, root, root, &authority.PublicKey, authority))))
	own := parse(x509.ParseCertificate(der(x509.CreateCertificate(rand.Reader, leaf, anchor, &key.PublicKey, authority))))
	signer := jose.SigningKey{Algorithm: jose.ES256, Key: key}
	const attester = "https://attester.example"
	attestation := must[string](w)(openid4vp.Attest(jose.SigningKey{Algorithm: jose.ES256, Key: authority},
		openid4vp.Attestation{Attester: attester, Name: "platform", Expires: now.Add(time.Hour)}, &jose.JSONWebKey{Key: &key.PublicKey}))
	identity := must[*openid4vp.Identity](w)
	c.URL = "http://platform.localhost:" + w.http.URL[strings.LastIndex(w.http.URL, ":")+1:]
	c.Identities = []*openid4vp.Identity{
		identity(openid4vp.HashIdentity(signer, own)),
		identity(openid4vp.SanDNSIdentity("platform.localhost", signer, own)),
		identity(openid4vp.JWKIdentity(signer)),
		identity(openid4vp.AttestedIdentity(attestation, signer)),
	}
	w.wallet.Trust = openid4vp.Trust{
		Anchors:   []*x509.Certificate{anchor},
		Attesters: map[string]jose.JSONWebKeySet{attester: {Keys: []jose.JSONWebKey{{Key: &authority.PublicKey}}}},
	}
	w.wallet.HTTP = toLoopback
}

// newSigningWorld is newWorld with a platform that signs.
func newSigningWorld(t testing.TB) *world {
	t.Helper()
	var w *world
	w = newWorldWith(t, func(world *world, c *verifier.Config) { w = world; world.signingPlatform(c) })
	return w
}

// TestEveryPrefixAndMode is the whole path with each client identifier prefix,
// in the clear and encrypted, fetched by POST with a wallet nonce.
func TestEveryPrefixAndMode(t *testing.T) {
	w := newSigningWorld(t)
	forms := []holder.Held{w.sdjwt, w.bbs, w.jwp}
	if testing.Short() {
		forms = forms[:1]
	}
	for _, prefix := range []string{"", openid4vp.RedirectURI, openid4vp.X509Hash, openid4vp.X509SanDNS, openid4vp.DecentralizedIdentifier, openid4vp.VerifierAttestation} {
		for _, encrypted := range []bool{false, true} {
			for _, h := range forms {
				p := must[*verifier.Pending](t)(w.server.RequestWith(verifier.QueryFor(adult), verifier.Terms{Prefix: prefix, Encrypted: encrypted}))
				for _, uri := range []string{p.ByValue, p.RequestURI} {
					r := must[*openid4vp.Request](t)(w.wallet.Fetch(context.Background(), uri))
					if (r.By == nil) != (prefix == openid4vp.RedirectURI) || prefix != "" && !strings.HasPrefix(r.ClientID, prefix+":") {
						t.Errorf("%s: client_id %s by %+v", prefix, r.ClientID, r.By)
					}
					if (r.WalletNonce != "") != (uri == p.RequestURI && prefix != openid4vp.RedirectURI) {
						t.Errorf("%s: wallet nonce %q", prefix, r.WalletNonce)
					}
					if uri == p.ByValue {
						continue
					}
					if _, err := w.wallet.Respond(context.Background(), r, w.present(r, h)); err != nil {
						t.Fatalf("%s, encrypted %v, %s: %v", prefix, encrypted, h.Format, err)
					}
				}
				result := must[verifier.Result](t)(w.server.Result(p.ID))
				if result.Verdict == nil || !result.Verdict.Accepted || result.Verdict.Claims["age_over_18"] != true {
					t.Errorf("%s, encrypted %v, %s: %+v", prefix, encrypted, h.Format, result)
				}
			}
		}
	}
	if _, err := w.server.RequestWith(verifier.QueryFor(adult), verifier.Terms{Prefix: "openid_federation"}); err == nil {
		t.Error("asked under a prefix that the platform does not have")
	}
}

// postAnswer sends a body to the response URI and gives the status.
func (w *world) postAnswer(body string) int {
	w.Helper()
	res := must[*http.Response](w)(w.http.Client().Post(w.http.URL+"/responses", "application/x-www-form-urlencoded", strings.NewReader(body)))
	_, _ = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	return res.StatusCode
}

// TestBadAnswersEndTheRequest: whatever came with the state or for the key of
// a request, the request no longer waits, and the verdict says why.
func TestBadAnswersEndTheRequest(t *testing.T) {
	w := newSigningWorld(t)
	query := verifier.QueryFor(adult)
	encoded := func(r *openid4vp.Request, response *openid4vp.Response) string {
		return must[string](t)(response.Encode(r))
	}
	for name, c := range map[string]struct {
		encrypted bool
		body      func(p *verifier.Pending) string
		check     string
	}{
		"a malformed vp_token": {false, func(p *verifier.Pending) string {
			return url.Values{"state": {p.Request.State}, "vp_token": {"{"}}.Encode()
		}, "vp-token"},
		"a vp_token that is no object": {false, func(p *verifier.Pending) string {
			return url.Values{"state": {p.Request.State}, "vp_token": {`"x"`}}.Encode()
		}, "vp-token"},
		"neither vp_token nor error": {false, func(p *verifier.Pending) string { return url.Values{"state": {p.Request.State}}.Encode() }, "vp-token"},
		"an unknown query id": {false, func(p *verifier.Pending) string {
			token := w.present(p.Request, w.sdjwt)
			return encoded(p.Request, &openid4vp.Response{State: p.Request.State, Token: openid4vp.VPToken{"somebody-else": token[verifier.QuerySDJWT]}})
		}, "vp-token"},
		"an unencrypted answer to direct_post.jwt": {true, func(p *verifier.Pending) string {
			return encoded(new(openid4vp.Request), &openid4vp.Response{State: p.Request.State, Token: w.present(p.Request, w.sdjwt)})
		}, "response-encryption"},
		"an answer encrypted for another key": {true, func(p *verifier.Pending) string {
			other := must[*openid4vp.ResponseKey](t)(openid4vp.NewResponseKey())
			changed := *p.Request
			other.AddTo(&changed.Metadata)
			changed.Metadata.Keys[0].KeyID = p.Request.Metadata.Keys[0].KeyID
			return encoded(&changed, &openid4vp.Response{State: p.Request.State, Token: w.present(p.Request, w.sdjwt)})
		}, "response-encryption"},
		"another session's state, encrypted": {true, func(p *verifier.Pending) string {
			other := must[*verifier.Pending](t)(w.server.RequestWith(query, verifier.Terms{Encrypted: true}))
			return encoded(p.Request, &openid4vp.Response{State: other.Request.State, Token: w.present(p.Request, w.sdjwt)})
		}, "state"},
		"no state, encrypted": {true, func(p *verifier.Pending) string {
			return encoded(p.Request, &openid4vp.Response{Token: w.present(p.Request, w.sdjwt)})
		}, "state"},
	} {
		t.Run(name, func(t *testing.T) {
			p := must[*verifier.Pending](t)(w.server.RequestWith(query, verifier.Terms{Encrypted: c.encrypted}))
			if status := w.postAnswer(c.body(p)); status != http.StatusBadRequest {
				t.Errorf("status %d", status)
			}
			result := must[verifier.Result](t)(w.server.Result(p.ID))
			if result.Status != verifier.Answered || result.Verdict == nil {
				t.Fatalf("the request is %s", result.Status)
			}
			wantFailed(t, result.Verdict, c.check)
		})
	}
}

// TestRefusalOfAnEncryptedRequest: errors come in the clear, also to a request
// for an encrypted answer (OpenID4VP 1.0 section 8.3.1).
func TestRefusalOfAnEncryptedRequest(t *testing.T) {
	w := newSigningWorld(t)
	p := must[*verifier.Pending](t)(w.server.RequestWith(verifier.QueryFor(adult), verifier.Terms{Encrypted: true}))
	if _, err := w.wallet.Refuse(context.Background(), p.Request, openid4vp.AccessDenied); err != nil {
		t.Fatal(err)
	}
	if r := must[verifier.Result](t)(w.server.Result(p.ID)); r.Status != verifier.Refused || r.Error != openid4vp.AccessDenied {
		t.Errorf("%+v", r)
	}
}

func TestRequestURIPostRefuses(t *testing.T) {
	w := newSigningWorld(t)
	p := must[*verifier.Pending](t)(w.server.Request(verifier.QueryFor(adult)))
	u := must[*url.URL](t)(url.Parse(p.RequestURI))
	path := must[*url.URL](t)(url.Parse(u.Query().Get("request_uri"))).Path
	for name, body := range map[string]string{
		"a wallet nonce twice":              "wallet_nonce=a&wallet_nonce=b",
		"a wallet nonce that is not a name": "wallet_nonce=%20",
		"a form that is none":               "%zz",
		"a wallet nonce of 1000 bytes":      "wallet_nonce=" + strings.Repeat("a", 1000),
	} {
		res := must[*http.Response](t)(w.http.Client().Post(w.http.URL+path, "application/x-www-form-urlencoded", strings.NewReader(body)))
		res.Body.Close()
		if res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: status %d", name, res.StatusCode)
		}
	}
}

// TestWalletNonceMustBeRepeated: the object of a GET does not pass as the
// answer to a POST.
func TestWalletNonceMustBeRepeated(t *testing.T) {
	w := newSigningWorld(t)
	p := must[*verifier.Pending](t)(w.server.Request(verifier.QueryFor(adult)))
	wallet := w.wallet
	wallet.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.Method, r.Body, r.ContentLength = http.MethodGet, nil, 0
		return toLoopback.Transport.RoundTrip(r)
	})}
	_, err := wallet.Fetch(context.Background(), p.RequestURI)
	var failed *credential.Error
	if !errors.As(err, &failed) || failed.Check != "wallet-nonce" {
		t.Errorf("%v", err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestMemoryIsBoundedBehindOneThatWaits: requests that are answered, refused and left behind one
// request that nobody answers leave no more than MaxPending results.
func TestMemoryIsBoundedBehindOneThatWaits(t *testing.T) {
	w := newWorld(t, func(c *verifier.Config) { c.MaxPending = 50 })
	left := must[*verifier.Pending](t)(w.server.Request(verifier.QueryFor(adult)))
	var ids []string
	for range 500 {
		p := must[*verifier.Pending](t)(w.server.Request(verifier.QueryFor(adult)))
		if _, err := w.server.Respond(&openid4vp.Response{State: p.Request.State, Err: &openid4vp.Error{Code: openid4vp.AccessDenied}}); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, p.ID)
	}
	kept := 0
	for _, id := range ids {
		if _, err := w.server.Result(id); err == nil {
			kept++
		}
	}
	if kept != 50 {
		t.Errorf("%d results are kept", kept)
	}
	if r := must[verifier.Result](t)(w.server.Result(left.ID)); r.Status != verifier.Waiting {
		t.Errorf("the request that nobody answered is %s", r.Status)
	}
}

// TestWalletReportsABadRequest: the verifier is told what was wrong with its
// request, and nobody is told of one that is not clearly the verifier's.
func TestWalletReportsABadRequest(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		change func(url.Values)
		code   string // "" when nobody is told
	}{
		"transaction data of an unknown type": {func(v url.Values) { v.Set("transaction_data", `["eyJ0eXBlIjoieCJ9"]`) }, openid4vp.InvalidTransactionData},
		"a query that is none":                {func(v url.Values) { v.Set("dcql_query", `{"credentials":[]}`) }, openid4vp.InvalidRequest},
		"a nonce that is none":                {func(v url.Values) { v.Set("nonce", "a b") }, openid4vp.InvalidRequest},
		"another response URI":                {func(v url.Values) { v.Set("response_uri", "https://thief.example/r") }, ""},
		"another client identifier":           {func(v url.Values) { v.Set("client_id", "redirect_uri:https://thief.example/r") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.request(verifier.QueryFor(adult))
			params := must[url.Values](t)(url.ParseQuery(strings.TrimPrefix(p.ByValue, "openid4vp://?")))
			c.change(params)
			_, err := w.wallet.Fetch(context.Background(), "openid4vp://?"+params.Encode())
			if err == nil {
				t.Fatal("the request is accepted")
			}
			if told := w.wallet.Report(context.Background(), err); told != (c.code != "") {
				t.Errorf("told %v", told)
			}
			if r := w.result(p.ID); r.Error != c.code {
				t.Errorf("the verifier knows %q, want %q", r.Error, c.code)
			}
		})
	}
}
