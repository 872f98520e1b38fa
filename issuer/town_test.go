package issuer

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/credential/jws"
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
	listener := httptest.NewServer(described().Hold(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { o.server.ServeHTTP(w, r) }), plainly(path)))
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

func holderKeys(t testing.TB, n int) openid4vci.Keys {
	keys := make(openid4vci.Keys, n)
	for i := range keys {
		keys[i] = signingKey(t)
	}
	return keys
}

func (o *town) accept(offer *openid4vci.Offer, configuration string, keys openid4vci.Keys) ([]string, *openid4vci.Grant) {
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
	v, err := sdjwt.VerifyIssued(text, func(by jws.Signer) (*jose.JSONWebKey, error) {
		found := jwks.Keys
		if by.KeyID != "" {
			found = jwks.Key(by.KeyID)
		}
		if by.Issuer == o.url && len(found) == 1 {
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
