package issuer

import (
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
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

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

// R-STA-01
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
	_, grant := o.accept(o.enroll(s), PersonSDJWT, holderKeys(t, 1))
	for _, day := range []struct {
		at   time.Time
		over bool
	}{
		{noon(2026, time.November, 22), false},
		{noon(2026, time.December, 14), false},
		{noon(2026, time.December, 16), true},
	} {
		o.travelTo(day.at)
		got, renewed, err := o.wallet.Renew(t.Context(), grant, PersonSDJWT, holderKeys(t, 1))
		if err != nil {
			t.Fatal(err)
		}
		grant = renewed
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
	if c := meta.Configurations[PersonBBS]; c.BindsKey() || len(meta.Configurations) != 3 || meta.Batch.Size != 4 {
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
