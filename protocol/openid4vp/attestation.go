package openid4vp

import (
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/jws"
)

// attestationForm is the form of verifier attestations (section 12).
var attestationForm = jws.Form{Typ: "verifier-attestation+jwt", Prefix: "client-attestation-", Max: 16 << 10, Clause: "OpenID4VP 1.0 section 12"}

// Attestation is what an attester says of a verifier.
type Attestation struct {
	Attester     string    // iss
	Name         string    // sub: client identifier without the prefix
	Expires      time.Time // exp
	ResponseURIs []string  // redirect_uris; none: any
}

// Attest signs an attestation that binds a verifier's name to its key.
func Attest(attester jose.SigningKey, a Attestation, verifier *jose.JSONWebKey) (string, error) {
	jwk, err := jws.WriteKey(verifier)
	if err != nil {
		return "", fmt.Errorf("openid4vp: attest: %w", err)
	}
	claims := map[string]any{"iss": a.Attester, "sub": a.Name, "exp": a.Expires.Unix(), "cnf": map[string]any{"jwk": jwk}}
	if len(a.ResponseURIs) > 0 {
		claims["redirect_uris"] = a.ResponseURIs
	}
	text, err := jws.Sign(attester, attestationForm, nil, claims, nil)
	if err != nil {
		return "", fmt.Errorf("openid4vp: attest: %w", err)
	}
	return text, nil
}

type attestation struct {
	token              *jws.Token
	issuer, subject    string
	notBefore, expires int64
	key                *jose.JSONWebKey
	responseURIs       []string
}

// readAttestation reads an attestation whose signature and time are still to
// be checked.
func readAttestation(text string) (*attestation, error) {
	token, err := jws.Read(text, attestationForm)
	if err != nil {
		return nil, err
	}
	var claims struct {
		Issuer       string   `json:"iss"`
		Subject      string   `json:"sub"`
		Expires      int64    `json:"exp"`
		NotBefore    int64    `json:"nbf"`
		ResponseURIs []string `json:"redirect_uris"`
	}
	if err := token.Decode(&claims); err != nil {
		return nil, err
	}
	cnf, _ := token.Payload["cnf"].(map[string]any)
	key, err := jws.ReadKey(cnf["jwk"])
	if err != nil {
		return nil, refuse(InvalidRequest, "client-attestation", "12", "cnf.jwk: %w", err)
	}
	if claims.Issuer == "" || claims.Subject == "" || claims.Expires == 0 {
		return nil, refuse(InvalidRequest, "client-attestation", "12", "iss, sub or exp is missing")
	}
	return &attestation{token, claims.Issuer, claims.Subject, claims.NotBefore, claims.Expires, key, claims.ResponseURIs}, nil
}

// identifyByAttestation takes the key that a trusted attester binds to the
// name.
func (t *Trust) identifyByAttestation(by *Verifier, token *jws.Token) error {
	bad := func(format string, args ...any) error {
		return refuse(InvalidRequest, "client-attestation", "12", format, args...)
	}
	text, _ := token.Header["jwt"].(string)
	if text == "" {
		return bad("the header jwt is missing")
	}
	a, err := readAttestation(text)
	if err != nil {
		return asInvalid(err)
	}
	var keys jose.JSONWebKeySet
	if t != nil {
		keys = t.Attesters[a.issuer]
	}
	trusted := keys.Keys
	if a.token.KeyID != "" {
		trusted = keys.Key(a.token.KeyID)
	}
	if len(trusted) != 1 {
		return bad("the attester %q is not trusted, or %d of its keys fit", clip(a.issuer), len(trusted))
	}
	if err := a.token.Verify(&trusted[0]); err != nil {
		return asInvalid(err)
	}
	now := t.now().Unix()
	switch {
	case now >= a.expires:
		return bad("the attestation has expired")
	case now < a.notBefore:
		return bad("the attestation is not valid yet")
	case a.subject != by.Name:
		return bad("the attestation is for another client_id")
	}
	by.Key, by.Attester, by.responseURIs = a.key, a.issuer, a.responseURIs
	return nil
}
