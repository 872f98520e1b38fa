package verifier_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/fetch"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
)

const issuerURL = "https://issuer.example"

// world is an issuer, a person with both credentials, and a platform on a
// loopback port.
type world struct {
	testing.TB
	signing   *ecdsa.PrivateKey
	proving   *bbs.SecretKey
	holderKey *ecdsa.PrivateKey
	sdjwt     holder.Held
	bbs       holder.Held
	jwp       holder.Held
	server    *verifier.Server
	http      *httptest.Server
	wallet    openid4vp.Client

	mu  sync.Mutex
	now time.Time
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ecKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	return must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
}

// person has a value for every claim.
func person() map[string]any {
	return map[string]any{
		spec.RealPerson: true, spec.AgeBand: "18-59", spec.AgeOver8: true, spec.AgeOver12: true, spec.AgeOver14: true,
		spec.AgeOver16: true, spec.AgeOver18: true, spec.AgeOver60: false, spec.GuardianConsent: false, spec.Sex: "female",
		spec.Name: "Specimen", spec.BirthDate: "1990-02-03", spec.DocumentType: "resident-identity-card",
		spec.DocumentNumber: "SPECIMEN-1", spec.DocumentExpiry: "2030-01-01", spec.PhoneNumber: "+8610000000000", spec.Portrait: "c3BlY2ltZW4",
	}
}

func newWorld(t testing.TB, change ...func(*verifier.Config)) *world {
	t.Helper()
	return newWorldWith(t, func(_ *world, c *verifier.Config) {
		for _, f := range change {
			f(c)
		}
	})
}

// toLoopback finds names below .localhost on this machine.
var toLoopback = fetch.New(fetch.Options{AllowLoopback: true})

func newWorldWith(t testing.TB, change func(*world, *verifier.Config)) *world {
	t.Helper()
	w := &world{TB: t, now: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC), signing: ecKey(t), holderKey: ecKey(t)}
	w.proving = must[*bbs.SecretKey](t)(bbs.GenerateKey())
	w.sdjwt = holder.Held{ID: "1", Format: credential.SDJWT, Raw: w.issueSDJWT(w.signing, nil)}
	w.bbs = holder.Held{ID: "2", Format: credential.BBS2023, Raw: w.issueBBS(w.proving, nil)}
	w.jwp = holder.Held{ID: "3", Format: credential.JWPBBS, JWP: w.issueJWP(jwpbbs.NewLinkSecret(), person())}
	var handler http.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.server.ServeHTTP(rw, r) })
	if _, isTest := t.(*testing.T); isTest {
		handler = described().Hold(t, handler, nil)
	}
	w.http = httptest.NewServer(handler)
	t.Cleanup(w.http.Close)
	w.wallet.HTTP = w.http.Client()
	c := verifier.Config{
		URL: w.http.URL,
		Issuers: verifier.TrustedIssuers{
			SDJWT: map[string]jose.JSONWebKeySet{issuerURL: {Keys: []jose.JSONWebKey{{Key: &w.signing.PublicKey, KeyID: "2026", Algorithm: "ES256", Use: "sig"}}}},
			BBS:   []*bbs.PublicKey{w.proving.PublicKey()},
			JWP:   map[string]*bbs.PublicKey{issuerURL: w.proving.PublicKey()},
		},
		Now: w.clock,
	}
	change(w, &c)
	w.server = must[*verifier.Server](t)(verifier.New(c))
	return w
}

func (w *world) issueSDJWT(key *ecdsa.PrivateKey, change func(*sdjwt.Template)) string {
	w.Helper()
	return w.signSDJWT(jose.JSONWebKey{Key: key, KeyID: "2026"}, change)
}

func (w *world) signSDJWT(key jose.JSONWebKey, change func(*sdjwt.Template)) string {
	w.Helper()
	from, until := spec.Epoch(w.now)
	t := sdjwt.Template{
		Issuer: issuerURL, Type: spec.CredentialType, IssuedAt: from, NotBefore: from, Expires: until,
		HolderKey: &jose.JSONWebKey{Key: &w.holderKey.PublicKey}, Disclosable: person(),
	}
	if change != nil {
		change(&t)
	}
	return must[string](w)(sdjwt.Issue(jose.SigningKey{Algorithm: jose.ES256, Key: key}, t))
}

func (w *world) issueBBS(key *bbs.SecretKey, change func(map[string]any)) string {
	w.Helper()
	from, until := spec.Epoch(w.now)
	doc := map[string]any{
		"@context":          []any{spec.CredentialsV2, spec.CredentialContext},
		"type":              []any{"VerifiableCredential", spec.CredentialClass},
		"issuer":            bbs2023.Issuer(key.PublicKey()),
		"validFrom":         from.UTC().Format(time.RFC3339),
		"validUntil":        until.UTC().Format(time.RFC3339),
		"credentialSubject": person(),
	}
	mandatory := []string{"/issuer", "/validFrom", "/validUntil"}
	if change != nil {
		change(doc)
	}
	if _, ok := doc["validUntil"]; !ok {
		mandatory = mandatory[:2]
	}
	return string(must[[]byte](w)(bbs2023.CreateBaseProof(must[[]byte](w)(json.Marshal(doc)), bbs2023.Options{MandatoryPointers: mandatory}, key)))
}

func (w *world) keys(string) (jose.SigningKey, error) {
	return jose.SigningKey{Algorithm: jose.ES256, Key: w.holderKey}, nil
}

// present answers a request from the credentials.
func (w *world) present(r *openid4vp.Request, held ...holder.Held) openid4vp.VPToken {
	w.Helper()
	sel := must[*holder.Selection](w)(holder.Match(r.Query, held))
	return must[openid4vp.VPToken](w)(holder.Present(sel, r, w.keys, w.clock()))
}

func (w *world) request(q openid4vp.Query) *verifier.Pending {
	w.Helper()
	return must[*verifier.Pending](w)(w.server.Request(q))
}

// text and object make presentations of raw bytes.
func text(t testing.TB, s string) []openid4vp.Presentation {
	t.Helper()
	return []openid4vp.Presentation{must[openid4vp.Presentation](t)(openid4vp.TextPresentation(s))}
}

func object(t testing.TB, doc any) []openid4vp.Presentation {
	t.Helper()
	b := must[[]byte](t)(json.Marshal(doc))
	return []openid4vp.Presentation{must[openid4vp.Presentation](t)(openid4vp.ObjectPresentation(b))}
}

// wantFailed demands that the verdict failed at the check, that everything
// before it passed or did not apply, that everything after it was skipped,
// and that nothing was let out.
func wantFailed(t testing.TB, v *verifier.Verdict, check string) {
	t.Helper()
	failed := v.Failed()
	if failed == nil {
		t.Fatalf("accepted, want a failed check %s", check)
	}
	if failed.Name != check || failed.Clause == "" || failed.Detail == "" {
		t.Fatalf("check %+v failed, want %s", *failed, check)
	}
	if v.Accepted || len(v.Claims) > 0 || len(v.Presentations) > 0 || v.Account != "" || len(v.Beyond) > 0 {
		t.Errorf("a refused response let something out: %+v", v)
	}
	behind := false
	for _, c := range v.Checks {
		if behind && !c.Skipped {
			t.Errorf("check %s is not skipped behind a failed one", c.Name)
		}
		behind = behind || !c.OK && !c.Skipped
	}
}

// issueJWP issues a credential in JWP form on a link secret.
func (w *world) issueJWP(secret *jwpbbs.LinkSecret, claims map[string]any) *jwpbbs.Credential {
	w.Helper()
	_, until := spec.Epoch(w.now)
	l := must[*jwpbbs.Layout](w)(jwpbbs.PersonLayout(issuerURL))
	return w.issueLayout(l, w.proving, secret, must[map[string]any](w)(jwpbbs.PersonClaims(claims, until)))
}

func (w *world) issueLayout(l *jwpbbs.Layout, key *bbs.SecretKey, secret *jwpbbs.LinkSecret, claims map[string]any) *jwpbbs.Credential {
	w.Helper()
	octets, blinding, err := secret.Commit(issuerURL, "nonce")
	if err != nil {
		w.Fatal(err)
	}
	commitment := must[*jwpbbs.Commitment](w)(jwpbbs.ParseCommitment(octets, issuerURL, "nonce"))
	issued := must[string](w)(jwpbbs.Issue(key, l, claims, commitment))
	return must[*jwpbbs.Credential](w)(jwpbbs.Receive(issued, l, key.PublicKey(), secret, blinding))
}
