package verifier_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
)

// R-PRE-03 (presentation header) and R-PRE-06 (issuer's key, every constraint
// again) for bbs-2023.
func TestRefusesBBS(t *testing.T) {
	w := newWorld(t)
	stranger := must[*bbs.SecretKey](t)(bbs.GenerateKey())
	// derive makes a presentation by hand.
	derive := func(raw string, r *openid4vp.Request, claims ...string) map[string]any {
		var pointers []string
		for _, c := range claims {
			pointers = append(pointers, "/credentialSubject/"+c)
		}
		b := must[[]byte](t)(bbs2023.Derive([]byte(raw), pointers, openid4vp.PresentationHeader(r.ClientID, r.Nonce)))
		var doc map[string]any
		if err := json.Unmarshal(b, &doc); err != nil {
			t.Fatal(err)
		}
		return doc
	}
	good := func(r *openid4vp.Request) map[string]any { return derive(w.bbs.Raw, r, adult...) }
	subject := func(doc map[string]any) map[string]any { return doc["credentialSubject"].(map[string]any) }
	changed := func(change func(map[string]any)) func(*openid4vp.Request) any {
		return func(r *openid4vp.Request) any {
			doc := good(r)
			change(doc)
			return doc
		}
	}
	issued := func(change func(map[string]any)) func(*openid4vp.Request) any {
		return func(r *openid4vp.Request) any { return derive(w.issueBBS(w.proving, change), r, adult...) }
	}
	for name, c := range map[string]struct {
		check string
		make  func(r *openid4vp.Request) any
	}{
		"changed claim":         {"proof", changed(func(d map[string]any) { subject(d)[spec.AgeOver18] = false })},
		"claim as a string":     {"proof", changed(func(d map[string]any) { subject(d)[spec.AgeOver18] = "true" })},
		"claim added":           {"proof", changed(func(d map[string]any) { subject(d)[spec.AgeOver60] = true })},
		"claim removed":         {"proof", changed(func(d map[string]any) { delete(subject(d), spec.AgeOver18) })},
		"claim renamed":         {"proof", changed(func(d map[string]any) { subject(d)[spec.AgeOver60] = true; delete(subject(d), spec.AgeOver18) })},
		"unsigned member added": {"proof", changed(func(d map[string]any) { subject(d)["vip"] = true })},
		"unsigned top member":   {"proof", changed(func(d map[string]any) { d["vip"] = true })},
		"subject named":         {"proof", changed(func(d map[string]any) { subject(d)["id"] = "did:example:me" })},
		"claim as a list":       {"claim-values", changed(func(d map[string]any) { subject(d)[spec.AgeOver18] = []any{true} })},
		"subject as a list":     {"mandatory-members", changed(func(d map[string]any) { d["credentialSubject"] = []any{subject(d)} })},
		"types reordered": {"mandatory-members", changed(func(d map[string]any) {
			d["type"] = []any{spec.CredentialClass, "VerifiableCredential"}
		})},
		"end changed":    {"proof", changed(func(d map[string]any) { d["validUntil"] = "2099-01-01T00:00:00Z" })},
		"end removed":    {"proof", changed(func(d map[string]any) { delete(d, "validUntil") })},
		"issuer changed": {"issuer-trusted", changed(func(d map[string]any) { d["issuer"] = bbs2023.Issuer(stranger.PublicKey()) })},
		"context of the presenter's choice": {"context", changed(func(d map[string]any) {
			d["@context"] = []any{spec.CredentialsV2, map[string]any{"age_over_18": "https://halfmask.example/vocab#age_over_8"}}
		})},
		"context missing":   {"context", changed(func(d map[string]any) { delete(d, "@context") })},
		"context reordered": {"context", changed(func(d map[string]any) { d["@context"] = []any{spec.CredentialContext, spec.CredentialsV2} })},
		"context added": {"context", changed(func(d map[string]any) {
			d["@context"] = append(d["@context"].([]any), "https://www.w3.org/ns/credentials/examples/v2")
		})},
		"proof missing": {"proof", changed(func(d map[string]any) { delete(d, "proof") })},
		"proof changed": {"proof", changed(func(d map[string]any) {
			p := d["proof"].(map[string]any)
			v := p["proofValue"].(string)
			p["proofValue"] = flip(v, len(v)/4)
		})},
		"another cryptosuite": {"proof", changed(func(d map[string]any) { d["proof"].(map[string]any)["cryptosuite"] = "ecdsa-sd-2023" })},
		"verification method of the presenter's": {"issuer-trusted", changed(func(d map[string]any) {
			d["issuer"] = bbs2023.Issuer(stranger.PublicKey())
			d["proof"].(map[string]any)["verificationMethod"] = bbs2023.VerificationMethod(stranger.PublicKey())
		})},
		"proof from another issuer's key": {"issuer-trusted", func(r *openid4vp.Request) any { return derive(w.issueBBS(stranger, nil), r, adult...) }},
		"proof for another nonce": {"presentation-header", func(r *openid4vp.Request) any {
			other := *r
			other.Nonce = "another"
			return good(&other)
		}},
		"proof for another audience": {"presentation-header", func(r *openid4vp.Request) any {
			other := *r
			other.ClientID = "redirect_uri:https://other.example/responses"
			return good(&other)
		}},
		"presentation replayed": {"presentation-header", func(*openid4vp.Request) any {
			return good(w.request(verifier.QueryFor(adult, credential.BBS2023)).Request)
		}},
		"base proof instead of a derived one":   {"structure", func(*openid4vp.Request) any { return json.RawMessage(w.bbs.Raw) }},
		"expired credential":                    {"validity", issued(func(d map[string]any) { d["validUntil"] = w.now.Format(time.RFC3339) })},
		"credential that is not yet valid":      {"validity", issued(func(d map[string]any) { d["validFrom"] = w.now.Add(time.Second).Format(time.RFC3339) })},
		"credential without an end":             {"mandatory-members", issued(func(d map[string]any) { delete(d, "validUntil") })},
		"credential of an issuer without a key": {"mandatory-members", issued(func(d map[string]any) { d["issuer"] = "https://issuer.example" })},
		"credential of another type":            {"mandatory-members", issued(func(d map[string]any) { d["type"] = []any{"VerifiableCredential"} })},
		"claim withheld":                        {"claims-present", func(r *openid4vp.Request) any { return derive(w.bbs.Raw, r, spec.RealPerson) }},
		"every claim withheld":                  {"claims-present", func(r *openid4vp.Request) any { return derive(w.bbs.Raw, r) }},
		"empty object":                          {"proof", func(*openid4vp.Request) any { return map[string]any{} }},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.request(verifier.QueryFor(adult, credential.BBS2023)).Request
			token := openid4vp.VPToken{verifier.QueryBBS: object(t, c.make(r))}
			wantFailed(t, w.server.Verify(r, token), c.check)
		})
	}
}
