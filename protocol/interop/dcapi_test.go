package interop

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
)

const pageOrigin = "https://platform.example"

// handsOver asks a wallet of theirs, one with the call presentDC, over the
// Digital Credentials API (OpenID4VP 1.0 appendix A): the test is the browser
// between it and our openid4vp. The wallet holds what our issuer gave it.
func (h *halfmask) handsOver(t *testing.T, row *row, wallet *counterpart) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := h.authority.issue("platform.example", &key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	own, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	identity, err := openid4vp.HashIdentity(jose.SigningKey{Algorithm: jose.ES256, Key: key}, own)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name      string
		signed    bool
		encrypted bool
	}{
		{"unsigned", false, false},
		{"unsigned, answered encrypted", false, true},
		{"signed", true, false},
		{"signed, answered encrypted", true, true},
	} {
		request, answerKey := dcRequest(t, test.encrypted)
		protocol, data, err := openid4vp.DCUnsigned, json.RawMessage(nil), error(nil)
		if test.signed {
			protocol = openid4vp.DCSigned
			data, err = request.DCSignedData(identity)
		} else {
			data, err = request.DCData()
		}
		if err != nil {
			t.Fatal(err)
		}
		var answer json.RawMessage
		err = wallet.call("presentDC", document{"protocol": protocol, "data": data, "origin": pageOrigin}, &answer)
		if err == nil {
			err = h.answered(request, answerKey, answer)
		}
		row.accepts(t, "Digital Credentials API, "+test.name, err)
		if test.signed && !test.encrypted {
			row.refuses(t, "a signed request at another page", wallet.call("presentDC", document{
				"protocol": protocol, "data": data, "origin": "https://another.example"}, nil), "origin")
		}
	}
}

func dcRequest(t *testing.T, encrypted bool) (*openid4vp.Request, *openid4vp.ResponseKey) {
	t.Helper()
	algorithms := []string{"ES256"}
	metadata := openid4vp.Metadata{Formats: map[credential.Format]openid4vp.FormatSupport{
		credential.SDJWT: {SDJWTAlgs: algorithms, KBJWTAlgs: algorithms},
	}}
	var key *openid4vp.ResponseKey
	if encrypted {
		var err error
		if key, err = openid4vp.NewResponseKey(); err != nil {
			t.Fatal(err)
		}
		key.AddTo(&metadata)
	}
	request, err := openid4vp.NewDCRequest(pageOrigin, openid4vp.Query{Credentials: []openid4vp.CredentialQuery{{
		ID: "person", Format: credential.SDJWT, Meta: openid4vp.Meta{VCTValues: []string{spec.CredentialType}},
		Claims: []openid4vp.ClaimQuery{{Path: openid4vp.Path{"age_over_18"}}},
	}}}, metadata)
	if err != nil {
		t.Fatal(err)
	}
	if encrypted {
		request.Mode = openid4vp.DCAPIJWT
	}
	return request, key
}

// answered demands that an answer shows a good presentation, bound to the
// request and the page.
func (h *halfmask) answered(request *openid4vp.Request, key *openid4vp.ResponseKey, answer []byte) error {
	response, err := openid4vp.ParseDCAnswer(answer, key)
	if err != nil {
		return err
	}
	if response.Err != nil {
		return response.Err
	}
	var published struct{ JWKS jose.JSONWebKeySet }
	if err := getJSON(h.issuer+"/.well-known/jwt-vc-issuer", &published); err != nil {
		return err
	}
	text, _ := response.Token["person"][0].Text()
	v, err := sdjwt.Verify(text, func(jws.Signer) (*jose.JSONWebKey, error) { return &published.JWKS.Keys[0], nil }, sdjwt.Policy{
		Type: spec.CredentialType, KeyBinding: &sdjwt.KeyBinding{Nonce: request.Nonce, Audience: request.Audience()},
	})
	if err != nil {
		return err
	}
	return alike(v.Claims["age_over_18"], true)
}
