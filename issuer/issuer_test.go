package issuer

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
)

const operatorToken = "an operator's token for tests"

// town is an issuer on loopback, the authority whose documents it trusts, and
// a telephone network.
type town struct {
	t         *testing.T
	url       string
	http      *http.Client
	server    *Server
	authority *mint.Authority
	gateway   *enrollment.SimulatedGateway
	wallet    *openid4vci.Client
	phones    int

	mu sync.Mutex
	at time.Time
}

func (o *town) now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.at
}

func (o *town) travelTo(at time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.at = at
}

// noon of a day in spec.Zone.
func noon(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 12, 0, 0, 0, spec.Zone)
}

func newTown(t *testing.T, path string, change func(*Config)) *town {
	t.Helper()
	o := &town{t: t, gateway: &enrollment.SimulatedGateway{}, at: noon(2026, time.November, 22)}
	var err error
	if o.authority, err = mint.NewAuthority(7); err != nil {
		t.Fatal(err)
	}
	rules, err := spec.LoadRules(spec.National)
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { o.server.ServeHTTP(w, r) }))
	t.Cleanup(listener.Close)
	o.url, o.http = listener.URL+path, listener.Client()
	config := Config{
		URL: o.url, SigningKey: signingKey(t), BBSKey: bbsKey(t), OperatorToken: operatorToken, BatchSize: 4, Now: o.now,
		Desk: &enrollment.Desk{
			Rules: rules, Trust: o.authority.Trust(), Now: o.now,
			Phones: &enrollment.PhoneCodes{Sender: o.gateway, Now: o.now},
		},
	}
	if change != nil {
		change(&config)
	}
	if o.server, err = New(config); err != nil {
		t.Fatal(err)
	}
	o.wallet = &openid4vci.Client{HTTP: o.http, Now: o.now}
	return o
}

func signingKey(t testing.TB) jose.SigningKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return jose.SigningKey{Algorithm: jose.ES256, Key: k}
}

func bbsKey(t testing.TB) *bbs.SecretKey {
	t.Helper()
	k, err := bbs.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var (
	adult = mint.Person{ID: "adult", Name: "测试甲", Latin: "CESHI JIA", Sex: document.Female, BirthDate: spec.Date{Year: 1990, Month: 3, Day: 5}}
	teen  = mint.Person{ID: "teen", Name: "测试乙", Latin: "CESHI YI", Sex: document.Male, BirthDate: spec.Date{Year: 2008, Month: 12, Day: 15}}
	child = mint.Person{ID: "child", Name: "测试丙", Latin: "CESHI BING", Sex: document.Female, BirthDate: spec.Date{Year: 2013, Month: 11, Day: 23}}
)

// submission is a sound one, with a phone code that arrived; change spoils it.
func (o *town) submission(p mint.Person, kind spec.DocumentKind, options mint.Options) *enrollment.Submission {
	o.t.Helper()
	d, err := o.authority.Issue(p, kind, options)
	if err != nil {
		o.t.Fatal(err)
	}
	o.phones++
	s := &enrollment.Submission{Document: d.Presented, Face: d.LiveFace(1), Phone: fmt.Sprintf("+8610000000%02d", o.phones), Consent: true}
	s.PhoneCode = o.phoneCode(s.Phone)
	return s
}

func (o *town) phoneCode(phone string) string {
	o.t.Helper()
	status, m := o.post("/enrollments/phone-codes", "", PhoneCodeRequest{phone})
	if status != http.StatusAccepted || len(m) != 0 {
		o.t.Fatalf("phone code: %d %v", status, m)
	}
	code, ok := o.gateway.Read(phone)
	if !ok {
		o.t.Fatal("no code reached the phone")
	}
	return code
}

func (o *town) post(path, token string, v any) (int, map[string]any) {
	o.t.Helper()
	var body []byte
	switch v := v.(type) {
	case string:
		body = []byte(v)
	default:
		var err error
		if body, err = json.Marshal(v); err != nil {
			o.t.Fatal(err)
		}
	}
	return o.send(http.MethodPost, path, token, "application/json", body)
}

func (o *town) send(method, path, token, contentType string, body []byte) (int, map[string]any) {
	o.t.Helper()
	req, err := http.NewRequest(method, o.url+path, bytes.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := o.http.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	m := map[string]any{}
	if err := json.Unmarshal(b, &m); err != nil {
		o.t.Fatalf("%s answered %d with no JSON: %q", path, res.StatusCode, b)
	}
	return res.StatusCode, m
}

// enroll enrolls and gives the offer.
func (o *town) enroll(s *enrollment.Submission) *openid4vci.Offer {
	o.t.Helper()
	status, m := o.post("/enrollments", "", s)
	if status != http.StatusCreated {
		o.t.Fatalf("enrollment: %d %v", status, m)
	}
	offer, err := o.wallet.Offer(o.t.Context(), m["wallet_link"].(string))
	if err != nil {
		o.t.Fatal(err)
	}
	return offer
}

func holderKeys(t testing.TB, n int) []jose.SigningKey {
	keys := make([]jose.SigningKey, n)
	for i := range keys {
		keys[i] = signingKey(t)
	}
	return keys
}

func (o *town) accept(offer *openid4vci.Offer, configuration string, keys []jose.SigningKey) ([]string, *openid4vci.Grant) {
	o.t.Helper()
	got, grant, err := o.wallet.Accept(o.t.Context(), offer, configuration, "", keys)
	if err != nil {
		o.t.Fatal(err)
	}
	return got, grant
}

// verify checks an issued SD-JWT VC as a wallet does, with the key that the
// issuer publishes.
func (o *town) verify(text string) *sdjwt.Verified {
	o.t.Helper()
	jwks := o.server.JWKS()
	v, err := sdjwt.VerifyIssued(text, func(issuer, kid string) (*jose.JSONWebKey, error) {
		if found := jwks.Key(kid); issuer == o.url && len(found) == 1 {
			return &found[0], nil
		}
		return nil, errors.New("not the issuer's key")
	}, sdjwt.Policy{Type: spec.CredentialType, Now: o.now()})
	if err != nil {
		o.t.Fatal(err)
	}
	return v
}

func (o *town) bbsKeyOf(method string) (*bbs.PublicKey, error) {
	if method != o.server.keys.BBS {
		return nil, errors.New("not the issuer's key")
	}
	return bbs2023.ParseVerificationMethod(method)
}

func TestEnrollAndAccept(t *testing.T) {
	for _, path := range []string{"", "/tenant"} {
		t.Run("issuer at "+path, func(t *testing.T) {
			o := newTown(t, path, nil)
			offer := o.enroll(o.submission(adult, spec.ResidentIdentityCard, mint.Options{}))
			keys := holderKeys(t, 3)
			batch, grant := o.accept(offer, PersonSDJWT, keys)
			if len(batch) != 3 {
				t.Fatalf("%d credentials for 3 keys", len(batch))
			}
			for i, text := range batch {
				v := o.verify(text)
				for _, claim := range spec.Claims {
					if v.Claims[claim] == nil {
						t.Errorf("claim %s is missing", claim)
					}
				}
				want := keys[i].Key.(*ecdsa.PrivateKey).Public()
				if got := v.HolderKey.Key.(*ecdsa.PublicKey); !got.Equal(want) {
					t.Errorf("credential %d is bound to another key", i)
				}
			}
			texts, _, err := o.wallet.Renew(t.Context(), grant, PersonBBS, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := bbs2023.VerifyBase([]byte(texts[0]), o.bbsKeyOf); err != nil {
				t.Fatal(err)
			}
			derived, err := bbs2023.Derive([]byte(texts[0]), []string{"/credentialSubject/age_over_18"}, []byte("nonce"))
			if err != nil {
				t.Fatal(err)
			}
			shown, err := bbs2023.Verify(derived, o.bbsKeyOf, []byte("nonce"))
			if err != nil {
				t.Fatal(err)
			}
			subject := shown.Document["credentialSubject"].(map[string]any)
			if subject[spec.AgeOver18] != true || subject[spec.Name] != nil {
				t.Errorf("shown %v, want age_over_18 and no name", subject)
			}
			if shown.Document["issuer"] != o.server.BBSIssuer() {
				t.Errorf("the issuer is %v", shown.Document["issuer"])
			}
		})
	}
}

func TestTimesAreTheSameForEverybody(t *testing.T) {
	o := newTown(t, "", nil)
	first, _ := o.accept(o.enroll(o.submission(adult, spec.ResidentIdentityCard, mint.Options{})), PersonSDJWT, holderKeys(t, 1))
	o.travelTo(noon(2026, time.November, 29))
	other := adult
	other.ID = "somebody else"
	second, _ := o.accept(o.enroll(o.submission(other, spec.HongKongMacauTravelPermit, mint.Options{})), PersonSDJWT, holderKeys(t, 1))
	a, b := o.verify(first[0]).Claims, o.verify(second[0]).Claims
	from, until := spec.Epoch(o.now())
	for name, want := range map[string]time.Time{"iat": from, "nbf": from, "exp": until} {
		if a[name] != b[name] || a[name] != float64(want.Unix()) {
			t.Errorf("%s is %v and %v, want %d for both", name, a[name], b[name], want.Unix())
		}
	}
	for _, clear := range []string{"sub", "jti", "status"} {
		if a[clear] != nil {
			t.Errorf("claim %s is in plain sight of every verifier", clear)
		}
	}
	if len(a) != len(b) {
		t.Errorf("%d claims and %d claims", len(a), len(b))
	}
}

// TestAgesAreThoseOfTheDayOfIssuance lets a teenager come of age within an
// epoch.
func TestAgesAreThoseOfTheDayOfIssuance(t *testing.T) {
	o := newTown(t, "", nil)
	guardian := o.submission(adult, spec.ResidentIdentityCard, mint.Options{})
	s := o.submission(teen, spec.ResidentIdentityCard, mint.Options{})
	s.Guardian = &enrollment.GuardianSubmission{
		Document: guardian.Document, Face: guardian.Face, Relation: spec.Parent, Part: spec.Supervises, Consent: true,
	}
	got, grant := o.accept(o.enroll(s), PersonSDJWT, holderKeys(t, 1))
	for _, day := range []struct {
		at   time.Time
		over bool
	}{
		{noon(2026, time.November, 22), false},
		{noon(2026, time.December, 14), false},
		{noon(2026, time.December, 16), true},
	} {
		o.travelTo(day.at)
		var err error
		if got, grant, err = o.wallet.Renew(t.Context(), grant, PersonSDJWT, holderKeys(t, 1)); err != nil {
			t.Fatal(err)
		}
		v := o.verify(got[0])
		if v.Claims[spec.AgeOver18] != day.over || v.Claims[spec.GuardianConsent] == day.over {
			t.Errorf("on %s age_over_18 is %v and guardian_consent %v", spec.DateOf(day.at), v.Claims[spec.AgeOver18], v.Claims[spec.GuardianConsent])
		}
	}
}

func TestEnrollingAgainIsTheSamePerson(t *testing.T) {
	o := newTown(t, "", nil)
	s := o.submission(adult, spec.ResidentIdentityCard, mint.Options{})
	o.accept(o.enroll(s), PersonSDJWT, holderKeys(t, 2))
	s.Phone = "+861000000099"
	s.PhoneCode = o.phoneCode(s.Phone)
	o.accept(o.enroll(s), PersonBBS, nil)
	o.enroll(o.submission(adult, spec.TaiwanTravelPermit, mint.Options{}))
	people := o.server.People()
	if len(people) != 2 {
		t.Fatalf("the issuer knows %d people, want one for each document", len(people))
	}
	i := slices.IndexFunc(people, func(p Person) bool { return len(p.Issued) > 0 })
	p := people[i]
	if want := map[string]int{PersonSDJWT: 2, PersonBBS: 1}; !reflect.DeepEqual(p.Issued, want) {
		t.Errorf("issued %v, want %v", p.Issued, want)
	}
	if p.Attributes.Phone != s.Phone {
		t.Error("the second enrollment did not bring the phone up to date")
	}
}

func TestPublishedKeys(t *testing.T) {
	o := newTown(t, "/tenant", nil)
	root := strings.TrimSuffix(o.url, "/tenant")
	res, err := o.http.Get(root + "/.well-known/jwt-vc-issuer/tenant")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var m jwtVCIssuer
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	if m.Issuer != o.url || len(m.JWKS.Keys) != 1 || !m.JWKS.Keys[0].IsPublic() || strings.Contains(string(text), `"d":`) {
		t.Errorf("published %s", text)
	}
	if m.BBS != o.server.keys.BBS || !strings.HasPrefix(m.BBS, o.server.BBSIssuer()+"#") {
		t.Errorf("published BBS method %s of issuer %s", m.BBS, o.server.BBSIssuer())
	}
	meta, err := o.wallet.Metadata(t.Context(), o.url)
	if err != nil {
		t.Fatal(err)
	}
	if c := meta.Configurations[PersonBBS]; c.BindsKey() || len(meta.Configurations) != 2 || meta.Batch.Size != 4 {
		t.Errorf("metadata %+v", meta)
	}
}

func TestEd25519Issuer(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o := newTown(t, "", func(c *Config) { c.SigningKey = jose.SigningKey{Algorithm: jose.EdDSA, Key: key} })
	got, _ := o.accept(o.enroll(o.submission(adult, spec.ResidentIdentityCard, mint.Options{})), PersonSDJWT, holderKeys(t, 1))
	o.verify(got[0])
}

func TestNewRefuses(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := Config{URL: "https://issuer.example", Desk: &enrollment.Desk{}, SigningKey: signingKey(t), BBSKey: bbsKey(t)}
	for name, change := range map[string]func(*Config){
		"no desk":               func(c *Config) { c.Desk = nil },
		"no BBS key":            func(c *Config) { c.BBSKey = nil },
		"no signing key":        func(c *Config) { c.SigningKey = jose.SigningKey{} },
		"a public key":          func(c *Config) { c.SigningKey.Key = &c.SigningKey.Key.(*ecdsa.PrivateKey).PublicKey },
		"a key of P-384":        func(c *Config) { c.SigningKey.Key = p384 },
		"a symmetric key":       func(c *Config) { c.SigningKey = jose.SigningKey{Algorithm: jose.HS256, Key: []byte("secret")} },
		"another algorithm":     func(c *Config) { c.SigningKey.Algorithm = jose.ES384 },
		"http elsewhere":        func(c *Config) { c.URL = "http://issuer.example" },
		"no URL":                func(c *Config) { c.URL = "" },
		"a short operator word": func(c *Config) { c.OperatorToken = "sesame" },
		"a negative batch":      func(c *Config) { c.BatchSize = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			change(&c)
			if _, err := New(c); err == nil {
				t.Error("made")
			}
		})
	}
	if _, err := New(good); err != nil {
		t.Errorf("and unchanged: %v", err)
	}
}

func TestAnswersHideInternalErrors(t *testing.T) {
	o := newTown(t, "", func(c *Config) { c.Desk.Face = brokenCamera{} })
	s := o.submission(adult, spec.ResidentIdentityCard, mint.Options{})
	s.Document.Portrait = nil
	_, m := o.post("/enrollments", "", s)
	if text := fmt.Sprint(m); strings.Contains(text, adult.Name) || strings.Contains(text, base64.RawURLEncoding.EncodeToString(s.Face)[:20]) {
		t.Errorf("the answer repeats what was sent: %s", text)
	}
}

type brokenCamera struct{}

func (brokenCamera) MatchFace(context.Context, []byte, []byte) error {
	return errors.New("camera is broken")
}
func (brokenCamera) Method() string { return "none" }
