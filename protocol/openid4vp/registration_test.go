package openid4vp_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

// registrar is whoever signs registrations, and the verifier that has one.
type registrar struct {
	*signed
	ca   *authority
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newRegistrar(t testing.TB) *registrar {
	r := &registrar{signed: newSigned(t), ca: newAuthority(t), key: newKey(t)}
	r.cert = r.ca.leaf(r.key, "registrar.example", nil)
	r.trust.Registrars = []*x509.Certificate{r.ca.cert}
	return r
}

func registration() openid4vp.Registration {
	return openid4vp.Registration{
		Name: "Example platform", Subject: openid4vp.Subject{LegalName: "Example Ltd", ID: "VATXX-123"},
		Purposes:    []openid4vp.Purpose{{Language: "en", Text: "to keep children out"}},
		Credentials: []openid4vp.RegisteredCredential{{Format: credential.SDJWT, Meta: openid4vp.Meta{VCTValues: []string{"https://halfmask.example/vct/person/1"}}, Claims: []openid4vp.RegisteredClaim{{Path: openid4vp.Path{"age_over_18"}}, {Path: openid4vp.Path{"a", nil, 1}}}}},
		Expires:     time.Now().Add(time.Hour),
	}
}

const ageQuery = `{"credentials":[{"id":"a","format":"dc+sd-jwt","meta":{"vct_values":["https://halfmask.example/vct/person/1"]},"claims":[{"path":["age_over_18"]}]}]}`

// asking makes the request of a registered verifier, as a wallet reads it.
func (r *registrar) asking(query string, info ...openid4vp.VerifierInfo) *openid4vp.Request {
	r.t.Helper()
	identity := r.identities()["x509_san_dns"]
	asked := r.request(identity.ClientID)
	asked.Query = *must[*openid4vp.Query](r.t)(openid4vp.ParseQuery([]byte(query)))
	asked.VerifierInfo = info
	object := must[string](r.t)(asked.Sign(identity))
	return must[*openid4vp.Request](r.t)(r.trust.ParseObject(context.Background(), []byte(object), identity.ClientID))
}

// R-REG-01 for those that count, R-REG-03 for none.
func TestRegistration(t *testing.T) {
	r := newRegistrar(t)
	for name, change := range map[string]func(*openid4vp.Registration){
		"by the certificate's organization": func(g *openid4vp.Registration) {},
		"by the client identifier": func(g *openid4vp.Registration) {
			g.ClientID, g.Subject.ID = "x509_san_dns:"+host, ""
		},
	} {
		g := registration()
		change(&g)
		got, err := r.trust.Registration(r.asking(ageQuery, must[openid4vp.VerifierInfo](t)(openid4vp.Register(g, signing(r.key), r.cert))))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		g.Expires = g.Expires.UTC().Truncate(time.Second)
		if !reflect.DeepEqual(*got, g) {
			t.Errorf("%s: %+v, want %+v", name, *got, g)
		}
		if beyond := got.Beyond(r.asking(ageQuery).Query); len(beyond) != 0 {
			t.Errorf("%s: beyond %v", name, beyond)
		}
	}
	if got, err := r.trust.Registration(r.asking(ageQuery)); got != nil || err != nil {
		t.Errorf("none shown: %v, %v", got, err)
	}
	other := openid4vp.VerifierInfo{Format: "of another kind", Data: json.RawMessage(`{"x":1}`)}
	if got, err := r.trust.Registration(r.asking(ageQuery, other)); got != nil || err != nil {
		t.Errorf("of another kind: %v, %v", got, err)
	}
}

// TestBeyondTheRegistration, R-REG-02: what a verifier asks for and did not register is
// named.
func TestBeyondTheRegistration(t *testing.T) {
	g := registration()
	for query, want := range map[string][]string{
		ageQuery: nil,
		strings.Replace(ageQuery, `{"path":["age_over_18"]}`, `{"path":["age_over_18"]},{"path":["birth_date"]},{"path":["name"]}`, 1): {"birth_date", "name"},
		strings.Replace(ageQuery, `["age_over_18"]`, `["a",null]`, 1):                                                                  {"a"},
		strings.Replace(ageQuery, `person/1"`, `person/2"`, 1):                                                                         {"a credential of type https://halfmask.example/vct/person/2 as dc+sd-jwt"},
		strings.Replace(ageQuery, `"https://halfmask.example/vct/person/1"`, `"https://halfmask.example/vct/person/1","x"`, 1):         {"a credential of type https://halfmask.example/vct/person/1, x as dc+sd-jwt"},
	} {
		q := must[*openid4vp.Query](t)(openid4vp.ParseQuery([]byte(query)))
		if got := g.Beyond(*q); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// R-REG-01: what does not count.
func TestRegistrationRefuses(t *testing.T) {
	r := newRegistrar(t)
	thief := newAuthority(t)
	thiefKey := newKey(t)
	made := func(change func(*openid4vp.Registration)) openid4vp.VerifierInfo {
		g := registration()
		if change != nil {
			change(&g)
		}
		return must[openid4vp.VerifierInfo](t)(openid4vp.Register(g, signing(r.key), r.cert))
	}
	raw := func(typ string, header map[string]any, payload any) openid4vp.VerifierInfo {
		text := must[string](t)(jws.Sign(signing(r.key), jws.Form{Typ: typ}, header, payload, nil))
		return openid4vp.VerifierInfo{Format: openid4vp.RegistrationFormat, Data: must[[]byte](t)(json.Marshal(text))}
	}
	chain := map[string]any{"x5c": x5c(r.cert)}
	byThief := must[openid4vp.VerifierInfo](t)(openid4vp.Register(registration(), signing(thiefKey), thief.leaf(thiefKey, "registrar.example", nil)))
	text := strings.Trim(string(made(nil).Data), `"`)
	for name, c := range map[string]struct {
		info  openid4vp.VerifierInfo
		check string
	}{
		"by a registrar that nobody trusts": {byThief, "registration-certificate"},
		"of another verifier":               {made(func(g *openid4vp.Registration) { g.ClientID = "x509_san_dns:bank.example" }), "registration-subject"},
		"of another organization":           {made(func(g *openid4vp.Registration) { g.Subject.ID = "VATXX-999" }), "registration-subject"},
		"of nobody":                         {made(func(g *openid4vp.Registration) { g.Subject.ID = "" }), "registration-subject"},
		"that expired":                      {made(func(g *openid4vp.Registration) { g.Expires = time.Now() }), "registration-expired"},
		"without an end":                    {raw("rc-wrp+jwt", chain, map[string]any{"client_id": "x509_san_dns:" + host, "credentials": []any{map[string]any{"format": "x"}}}), "registration-expired"},
		"without credentials":               {raw("rc-wrp+jwt", chain, map[string]any{"credentials": []any{}}), "registration-form"},
		"with a path that is none":          {raw("rc-wrp+jwt", chain, map[string]any{"credentials": []any{map[string]any{"claim": []any{map[string]any{"path": []any{-1}}}}}}), "registration-form"},
		"of another typ":                    {raw("JWT", chain, map[string]any{}), "registration-header-type"},
		"without certificates":              {raw("rc-wrp+jwt", nil, map[string]any{}), "registration-certificate"},
		"with the anchor in x5c":            {raw("rc-wrp+jwt", map[string]any{"x5c": x5c(r.cert, r.ca.cert)}, map[string]any{}), "registration-certificate"},
		"signed with another key":           {raw("rc-wrp+jwt", map[string]any{"x5c": x5c(r.ca.leaf(thiefKey, "registrar.example", nil))}, map[string]any{}), "registration-signature"},
		"that is an object":                 {openid4vp.VerifierInfo{Format: openid4vp.RegistrationFormat, Data: json.RawMessage(`{}`)}, "registration-form"},
		"cut short":                         {openid4vp.VerifierInfo{Format: openid4vp.RegistrationFormat, Data: json.RawMessage(`"` + text[:len(text)-2] + `"`)}, "registration-signature"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := r.trust.Registration(r.asking(ageQuery, c.info))
			if got != nil {
				t.Error("it counts")
			}
			failed := asFailed(err)
			if failed == nil || failed.Check != c.check {
				t.Errorf("error %v, want a failed check %s", err, c.check)
			}
		})
	}
}
