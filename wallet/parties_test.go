package wallet_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
	"github.com/halfmask/halfmask/wallet"
)

const passphrase = "correct horse battery staple"

// person is synthetic: the number fails no check because it is none.
var person = map[string]any{
	spec.RealPerson: true, spec.AgeBand: "18-59", spec.AgeOver8: true, spec.AgeOver12: true, spec.AgeOver14: true,
	spec.AgeOver16: true, spec.AgeOver18: true, spec.AgeOver60: false, spec.GuardianConsent: false,
	spec.Sex: "female", spec.Name: "Synthia Beispielmann", spec.BirthDate: "1990-04-01",
	spec.DocumentType: "resident-identity-card", spec.DocumentNumber: "NOT-A-NUMBER-4711",
	spec.DocumentExpiry: "2031-04-01", spec.PhoneNumber: "+8610000000000", spec.Portrait: "ElFz1BqX0kQm7hPqjyMkN0",
}

// town is an issuer and a platform on real ports, and a clock.
type town struct {
	t        testing.TB
	mu       sync.Mutex
	at       time.Time
	issuer   *httptest.Server
	endpoint *openid4vci.Endpoint
	signing  jose.SigningKey
	bbsKey   *bbs.SecretKey
	platform *verifier.Server
	address  *httptest.Server // of the platform

	template  func(*sdjwt.Template)                         // changes what is about to be signed
	after     func(configuration, credential string) string // changes what is about to be sent
	renewal   error                                         // what the issuer says to a renewal
	failing   bool                                          // credential requests get an internal error
	waiting   bool                                          // for a guardian
	keys      func(document map[string]any)                 // changes the published keys
	options   func(*bbs2023.Options)                        // changes how bbs-2023 is signed
	onRequest func()                                        // hears of every request to the issuer or the platform
	layout    func(issuer string) string                    // changes the issuer in the header of the JWP form
	days      func(claims map[string]any)                   // changes what the JWP form says
	jwpKey    *bbs.SecretKey                                // signs the JWP form instead
	linkNames []string                                      // by which the issuer knows link secrets
}

func newTown(t testing.TB) *town {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w := &town{t: t, at: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	w.signing = jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "one"}}
	if w.bbsKey, err = bbs.GenerateKey(); err != nil {
		t.Fatal(err)
	}
	w.issuer = httptest.NewServer(http.HandlerFunc(w.serveIssuer))
	t.Cleanup(w.issuer.Close)
	bind := map[string]openid4vci.ProofType{"jwt": {SigningAlgs: []string{"ES256"}}}
	w.endpoint, err = openid4vci.NewEndpoint(w.issuer.URL, map[string]openid4vci.CredentialConfiguration{
		"person-sd-jwt": {Format: credential.SDJWT, Type: spec.CredentialType, BindingMethods: []string{"jwk"}, ProofTypes: bind},
		"person-bbs": {Format: credential.BBS2023, Definition: &openid4vci.CredentialDefinition{
			Context: bbs2023.PersonContext(), Type: []string{"VerifiableCredential", spec.CredentialClass},
		}},
		"person-jwp": {Format: credential.JWPBBS, Type: jwpbbs.PersonType, BindingMethods: []string{"link_secret"},
			ProofTypes: map[string]openid4vci.ProofType{openid4vci.LinkSecretProofs: {SigningAlgs: []string{jwpbbs.Algorithm}}}},
	}, w, openid4vci.EndpointOptions{Now: w.now, MetadataSigner: &w.signing, ProofTypes: map[string]openid4vci.ProofVerifier{openid4vci.LinkSecretProofs: openid4vci.LinkSecretVerifier{}}})
	if err != nil {
		t.Fatal(err)
	}
	w.address = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.heard()
		w.platform.ServeHTTP(rw, r)
	}))
	t.Cleanup(w.address.Close)
	w.platform, err = verifier.New(verifier.Config{URL: w.address.URL, Now: w.now, Issuers: verifier.TrustedIssuers{
		SDJWT: map[string]jose.JSONWebKeySet{w.issuer.URL: w.jwks()}, BBS: []*bbs.PublicKey{w.bbsKey.PublicKey()},
		JWP: map[string]*bbs.PublicKey{w.issuer.URL: w.bbsKey.PublicKey()},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *town) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *town) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func (w *town) jwks() jose.JSONWebKeySet {
	k := w.signing.Key.(jose.JSONWebKey)
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{k.Public()}}
}

func (w *town) heard() {
	w.mu.Lock()
	hear := w.onRequest
	w.mu.Unlock()
	if hear != nil {
		hear()
	}
}

func (w *town) serveIssuer(rw http.ResponseWriter, r *http.Request) {
	w.heard()
	if r.URL.Path != "/.well-known/jwt-vc-issuer" {
		w.endpoint.ServeHTTP(rw, r)
		return
	}
	document := map[string]any{
		"issuer": w.issuer.URL, "jwks": w.jwks(), "bbs_verification_method": bbs2023.VerificationMethod(w.bbsKey.PublicKey()),
	}
	if w.keys != nil {
		w.keys(document)
	}
	rw.Header().Set("Content-Type", "application/json")
	json.NewEncoder(rw).Encode(document)
}

func (w *town) Renew(context.Context, string) error { return w.renewal }

func (w *town) Credential(_ context.Context, _, configuration string, keys []openid4vci.Proved) ([]string, error) {
	if w.failing {
		return nil, http.ErrHandlerTimeout
	}
	if w.waiting {
		return nil, &openid4vci.Pending{}
	}
	from, until := spec.Epoch(w.now())
	var text string
	if configuration == "person-sd-jwt" {
		t := sdjwt.Template{
			Issuer: w.issuer.URL, Type: spec.CredentialType, IssuedAt: from, NotBefore: from, Expires: until,
			HolderKey: &keys[0].Key, Disclosable: person,
		}
		if w.template != nil {
			w.template(&t)
		}
		s, err := sdjwt.Issue(w.signing, t)
		if err != nil {
			w.t.Error(err)
		}
		text = s
	} else if configuration == "person-jwp" {
		text = w.signJWP(keys[0].Value.(*jwpbbs.Commitment), until)
	} else {
		document, err := json.Marshal(map[string]any{
			"@context": bbs2023.PersonContext(), "type": []string{"VerifiableCredential", spec.CredentialClass},
			"issuer":    bbs2023.Issuer(w.bbsKey.PublicKey()),
			"validFrom": from.UTC().Format(time.RFC3339), "validUntil": until.UTC().Format(time.RFC3339), "credentialSubject": person,
		})
		if err != nil {
			w.t.Error(err)
		}
		o := bbs2023.Options{MandatoryPointers: []string{"/issuer", "/validFrom", "/validUntil"}, Created: from}
		if w.options != nil {
			w.options(&o)
		}
		b, err := bbs2023.CreateBaseProof(document, o, w.bbsKey)
		if err != nil {
			w.t.Error(err)
		}
		text = string(b)
	}
	if w.after != nil {
		text = w.after(configuration, text)
	}
	return []string{text}, nil
}

func (w *town) signJWP(c *jwpbbs.Commitment, until time.Time) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.linkNames = append(w.linkNames, c.Name)
	iss := w.issuer.URL
	if w.layout != nil {
		iss = w.layout(iss)
	}
	l, err := jwpbbs.PersonLayout(iss)
	if err != nil {
		w.t.Error(err)
	}
	claims, err := jwpbbs.PersonClaims(person, until)
	if err != nil {
		w.t.Error(err)
	}
	if w.days != nil {
		w.days(claims)
	}
	key := w.bbsKey
	if w.jwpKey != nil {
		key = w.jwpKey
	}
	text, err := jwpbbs.Issue(key, l, claims, c)
	if err != nil {
		w.t.Error(err)
	}
	return text
}

// offer makes an offer link, of SD-JWT VC and bbs-2023 when none is named.
func (w *town) offer(o openid4vci.OfferOptions) string {
	w.t.Helper()
	if o.Configurations == nil {
		o.Configurations = []string{"person-bbs", "person-sd-jwt"}
	}
	_, address, err := w.endpoint.Offer("person-1", o)
	if err != nil {
		w.t.Fatal(err)
	}
	return openid4vci.ReferenceURI(address)
}

// ask makes a request for claims.
func (w *town) ask(claims []string, formats ...credential.Format) *verifier.Pending {
	w.t.Helper()
	p, err := w.platform.Request(verifier.QueryFor(claims, formats...))
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *town) result(p *verifier.Pending) verifier.Result {
	w.t.Helper()
	r, err := w.platform.Result(p.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *town) create() (*wallet.Wallet, string) {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "wallet")
	h, err := wallet.Create(path, passphrase)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { h.Close() })
	h.Now = w.now
	return h, path
}

func (w *town) reopen(path string) *wallet.Wallet {
	w.t.Helper()
	h, err := wallet.Open(path, passphrase)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { h.Close() })
	h.Now = w.now
	return h
}

// equipped gives a file wallet with both credentials.
func (w *town) equipped() (*wallet.Wallet, string) {
	w.t.Helper()
	h, path := w.create()
	if _, err := h.Accept(context.Background(), w.offer(openid4vci.OfferOptions{}), ""); err != nil {
		w.t.Fatal(err)
	}
	return h, path
}

func agree(wallet.Ask) bool { return true }

func list(t *testing.T, h *wallet.Wallet) []wallet.Entry {
	t.Helper()
	entries, err := h.List()
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func lastActivity(t *testing.T, h *wallet.Wallet) wallet.Activity {
	t.Helper()
	log, err := h.Log()
	if err != nil || len(log) == 0 {
		t.Fatal("no log", err)
	}
	return log[len(log)-1]
}
