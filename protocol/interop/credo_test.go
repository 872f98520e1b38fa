package interop

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/halfmask/halfmask/protocol/openid4vci"
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
	var got struct{ Claims map[string]any }
	err := c.call("accept", map[string]any{"offer": h.offer(t), "configuration": personSDJWT}, &got)
	if err == nil {
		err = alike(got.Claims["age_over_18"], true)
	}
	row.accepts(t, "pre-authorized code", err)
	issuer := newClub(t, h, openid4vci.EndpointOptions{RequireDPoP: true})
	login := document{"clientId": "wallet", "redirectUri": redirectURI}
	for _, f := range []flow{
		{name: "with a transaction code, and DPoP", issuer: issuer, offer: withTxCode, with: document{"txCode": txCode}, want: outcome{TokenType: "DPoP"}},
		{name: "a wrong transaction code", issuer: issuer, offer: withTxCode, with: document{"txCode": "0000"}, refused: "invalid_grant"},
		{name: "authorization code, pushed, with PKCE and DPoP", issuer: issuer, offer: byCode, with: login, want: outcome{TokenType: "DPoP"}},
		{name: "with a notification", issuer: issuer, with: document{"notify": true}, want: outcome{TokenType: "DPoP", Notified: openid4vci.Accepted}},
	} {
		f.walk(t, row, c)
	}
	issuer.expect(1, "")
	row.cannot(t, "deferred", "the same bug as oid4vc-ts has, which it contains",
		c.call("accept", document{"configuration": "member", "offer": issuer.link(t, openid4vci.OfferOptions{})}, nil), "Error retrieving deferred credentials")
	mended := start(t, "credo-wallet.mjs")
	mended.must("begin", document{"certificates": []string{h.authority.pem()}, "mend": true}, nil)
	flow{name: "deferred, without notification_id", issuer: issuer, notYet: 1, want: outcome{TokenType: "DPoP", Deferred: true}}.walk(t, row, mended)

	row = s.row(ourVerifier)
	p := h.request(t, redirectPrefix, directPost)
	row.accepts(t, "redirect_uri, by value", h.shows(c, p.ID, p.ByValue))
	for _, prefix := range []string{sanDNS, x509Hash, didPrefix} {
		for _, mode := range []string{directPost, directPostJWT} {
			p := h.request(t, prefix, mode)
			row.accepts(t, prefix+", "+mode, h.shows(c, p.ID, p.Reference))
		}
	}
	for _, test := range []struct {
		name   string
		change document
		check  string
	}{
		{"another nonce", document{"nonce": "another"}, "check key-binding-nonce failed"},
		{"another audience", document{"client_id": "x509_san_dns:another.example"}, "check key-binding-audience failed"},
		{"another state", document{"state": "another"}, "check state failed"},
	} {
		row.refuses(t, test.name, c.call("present", document{"request": h.request(t, sanDNS, directPost).Reference, "change": test.change}, nil), test.check)
	}
	row.refuses(t, "a request that was answered", c.call("present", document{"request": p.ByValue}, nil), "check state failed")
	row.cannot(t, "redirect_uri, by reference", "it reads no unsecured request object",
		c.call("present", map[string]any{"request": h.request(t, redirectPrefix, directPost).Reference}, nil), "JAR request object is not a valid JWT")
	h.handsOver(t, row, c)
}

// TestCredoIssuer lets our wallet take what Credo issues.
func TestCredoIssuer(t *testing.T) {
	c := start(t, "credo-issuer.mjs")
	h := ours(t)
	row := credo(t).row(theirIssuer)
	row.accepts(t, "pre-authorized code", h.receives(t, c, false))
	row.accepts(t, "with a transaction code", h.receives(t, c, true))
	for _, w := range []way{
		{name: "pre-authorized code and DPoP", with: document{"dpop": true}},
		{name: "deferred", with: document{"dpop": true, "later": true}},
	} {
		w.walk(t, row, c)
	}
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
	var authority string
	c.must("begin", map[string]any{"certificates": []string{h.authority.pem()}}, &authority)
	trusted := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(trusted, []byte(authority), 0o600); err != nil {
		t.Fatal(err)
	}
	ask := func(prefix, mode string, mend bool) string {
		var asked struct{ Request string }
		c.must("request", document{
			"vct": spec.CredentialType, "claims": []string{"age_over_18"}, "clientIdPrefix": prefix, "responseMode": mode, "mend": mend}, &asked)
		return asked.Request
	}
	for _, prefix := range []string{redirectPrefix, sanDNS, x509Hash} {
		for _, mode := range []string{directPost, directPostJWT} {
			_, err := w.do("present", "--yes", "--verifier-authorities", trusted, ask(prefix, mode, prefix != redirectPrefix))
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
			name := prefix + ", " + mode
			if prefix != redirectPrefix {
				name += ", addressed to the wallet"
			}
			row.accepts(t, name, err)
		}
	}
	_, err := w.do("present", "--yes", "--verifier-authorities", trusted, ask(sanDNS, directPost, false))
	row.cannot(t, "signed requests as they are", "aud is their request_uri, a bug: OpenID4VP 1.0 section 5.8 has it https://self-issued.me/v2", err, "request-object-audience")
	_, err = w.do("present", "--yes", ask(sanDNS, directPostJWT, true))
	row.refuses(t, "an authority that we do not trust", err, "client-certificate")
}
