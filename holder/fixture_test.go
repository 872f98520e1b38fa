package holder_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
)

var now = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// hand is what a person has: an SD-JWT, a bbs-2023 credential, a key.
type hand struct {
	sdjwt, bbs holder.Held
	key        *ecdsa.PrivateKey
	issuer     *ecdsa.PrivateKey
	proving    *bbs.SecretKey
}

func (h *hand) keys(string) (jose.SigningKey, error) {
	return jose.SigningKey{Algorithm: jose.ES256, Key: h.key}, nil
}

func person() map[string]any {
	return map[string]any{
		spec.RealPerson: true, spec.AgeBand: "18-59", spec.AgeOver14: true, spec.AgeOver18: true, spec.AgeOver60: false,
		spec.Name: "Specimen", spec.BirthDate: "1990-02-03",
	}
}

func newHand(t testing.TB) *hand {
	t.Helper()
	h := &hand{
		key:     must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)),
		issuer:  must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)),
		proving: must[*bbs.SecretKey](t)(bbs.GenerateKey()),
	}
	from, until := spec.Epoch(now)
	h.sdjwt = holder.Held{ID: "sd", Format: credential.SDJWT, Raw: h.issueSDJWT(t, person())}
	doc := must[[]byte](t)(json.Marshal(map[string]any{
		"@context":          []any{spec.CredentialsV2, spec.CredentialContext},
		"type":              []any{"VerifiableCredential", spec.CredentialClass},
		"issuer":            bbs2023.Issuer(h.proving.PublicKey()),
		"validFrom":         from.UTC().Format(time.RFC3339),
		"validUntil":        until.UTC().Format(time.RFC3339),
		"credentialSubject": person(),
	}))
	raw := must[[]byte](t)(bbs2023.CreateBaseProof(doc, bbs2023.Options{MandatoryPointers: []string{"/issuer", "/validFrom", "/validUntil"}}, h.proving))
	h.bbs = holder.Held{ID: "ld", Format: credential.BBS2023, Raw: string(raw)}
	return h
}

func (h *hand) issueSDJWT(t testing.TB, claims map[string]any) string {
	t.Helper()
	from, until := spec.Epoch(now)
	return must[string](t)(sdjwt.Issue(jose.SigningKey{Algorithm: jose.ES256, Key: h.issuer}, sdjwt.Template{
		Issuer: "https://issuer.example", Type: spec.CredentialType, IssuedAt: from, Expires: until,
		HolderKey: &jose.JSONWebKey{Key: &h.key.PublicKey}, Disclosable: claims,
	}))
}

// query reads a query whose credentials are abbreviated: "sd" and "ld" stand
// for the members id, format and meta of the person credential.
func query(t testing.TB, text string) openid4vp.Query {
	t.Helper()
	return *must[*openid4vp.Query](t)(openid4vp.ParseQuery([]byte(text)))
}

const (
	sd = `"id":"sd","format":"dc+sd-jwt","meta":{"vct_values":["https://halfmask.example/vct/person/1"]}`
	ld = `"id":"ld","format":"ldp_vc","require_cryptographic_holder_binding":false,"meta":{"type_values":[["https://halfmask.example/vocab#PersonCredential"]]}`
)

func request(t testing.TB, q openid4vp.Query) *openid4vp.Request {
	t.Helper()
	return must[*openid4vp.Request](t)(openid4vp.NewRequest("https://platform.example/responses", q, openid4vp.Metadata{
		Formats: map[credential.Format]openid4vp.FormatSupport{credential.SDJWT: {}, credential.BBS2023: {}},
	}))
}
