package interop

import (
	"errors"
	"testing"

	"github.com/halfmask/halfmask/spec"
)

func credo(t *testing.T) *section {
	t.Helper()
	return against(t, "@credo-ts/openid4vc", "Credo; it contains oid4vc-ts and sd-jwt-js: one family and one witness")
}

// TestCredoWallet lets a wallet of Credo take our credential and show it to
// our verifier.
func TestCredoWallet(t *testing.T) {
	c := start(t, "credo-wallet.mjs")
	h := ours(t)
	s := credo(t)
	row := s.row(ourIssuer)
	c.must("begin", map[string]any{"certificates": nil}, nil)
	row.refuses(t, "an authority that it does not trust", c.call("accept", map[string]any{"offer": h.offer(t), "configuration": personSDJWT}, nil), "trusted")
	c.must("begin", map[string]any{"certificates": []string{h.authority.pem()}}, nil)
	var claims map[string]any
	err := c.call("accept", map[string]any{"offer": h.offer(t), "configuration": personSDJWT}, &claims)
	if err == nil {
		err = alike(claims["age_over_18"], true)
	}
	row.accepts(t, "pre-authorized code", err)

	row = s.row(ourVerifier)
	p := h.request(t, "age_over_18")
	err = c.call("present", map[string]any{"request": p.ByValue}, nil)
	if err == nil {
		err = h.result(p.ID, map[string]any{"age_over_18": true})
	}
	row.accepts(t, "redirect_uri, by value", err)
	row.cannot(t, "redirect_uri, by reference", "it reads no unsecured request object",
		c.call("present", map[string]any{"request": h.request(t, "age_over_18").Reference}, nil), "JAR request object is not a valid JWT")
}

// TestCredoIssuer lets our wallet take what Credo issues.
func TestCredoIssuer(t *testing.T) {
	c := start(t, "credo-issuer.mjs")
	h := ours(t)
	row := credo(t).row(theirIssuer)
	row.accepts(t, "pre-authorized code", h.receives(t, c, false))
	row.accepts(t, "with a transaction code", h.receives(t, c, true))
}

// TestCredoVerifier lets our wallet show our credential to Credo.
func TestCredoVerifier(t *testing.T) {
	c := start(t, "credo-verifier.mjs")
	h := ours(t)
	row := credo(t).row(theirVerifier)
	w := h.wallet(t)
	if _, err := w.do("accept", "--configuration", personSDJWT, h.offer(t)); err != nil {
		t.Fatal(err)
	}
	c.must("begin", map[string]any{"certificates": []string{h.authority.pem()}}, nil)
	for _, test := range []struct{ prefix, mode string }{{"redirect_uri", "direct_post"}} {
		var asked struct{ Request string }
		c.must("request", map[string]any{
			"vct": spec.CredentialType, "claims": []string{"age_over_18"}, "clientIdPrefix": test.prefix, "responseMode": test.mode}, &asked)
		t.Log(asked.Request)
		_, err := w.do("present", "--yes", asked.Request)
		var verdict struct {
			State, ErrorMessage string
			Claims              map[string]any
		}
		c.must("verdict", nil, &verdict)
		if err == nil && verdict.State != "ResponseVerified" {
			err = errors.New(verdict.State + ": " + verdict.ErrorMessage)
		}
		if err == nil {
			err = alike(verdict.Claims["age_over_18"], true)
		}
		row.accepts(t, test.prefix+", "+test.mode, err)
	}
}
