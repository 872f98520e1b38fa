package interop

import (
	"testing"

	"github.com/halfmask/halfmask/protocol/openid4vci"
)

// TestIrmagoWallet lets the EUDI side of irmago take our credential and show
// it to our verifier.
func TestIrmagoWallet(t *testing.T) {
	c := startGo(t, "irmago")
	h := ours(t)
	s := againstGo(t, "irmago", "github.com/privacybydesign/irmago", "its EUDI wallet; shares no code with the others here or with us")
	row := s.row(ourIssuer)
	// It takes every credential of an offer or none, and ldp_vc is none of its formats.
	c.must("begin", nil, nil)
	row.refuses(t, "an authority that it does not trust", c.call("accept", map[string]any{"offer": h.offer(t, personSDJWT)}, nil), "certificate")
	c.must("begin", map[string]any{"certificates": []string{h.authority.pem()}}, nil)
	row.cannot(t, "an offer that has person-bbs too", "it takes all of an offer or nothing, and knows no ldp_vc",
		c.call("accept", map[string]any{"offer": h.offer(t)}, nil), "ldp_vc")
	var got struct{ Claims map[string]any }
	err := c.call("accept", map[string]any{"offer": h.offer(t, personSDJWT)}, &got)
	if err == nil {
		err = alike(got.Claims["age_over_18"], map[string]any{"type": "boolean", "bool": true})
	}
	row.accepts(t, "pre-authorized code, and the whole batch", err)
	issuer := newClub(t, h, openid4vci.EndpointOptions{})
	for _, f := range []flow{
		{name: "with a transaction code", issuer: issuer, offer: withTxCode, with: document{"txCode": txCode}},
		{name: "a wrong transaction code", issuer: issuer, offer: withTxCode, with: document{"txCode": "0000"}, refused: "invalid_grant"},
	} {
		f.walk(t, row, c)
	}
	row.cannot(t, "authorization code", "it asks by credential_configuration_id although it was given identifiers, a bug: OpenID4VCI 1.0 section 8.2 forbids it",
		c.call("accept", document{"offer": issuer.link(t, byCode)}, nil), "ask by credential_identifier")
	row.cannot(t, "deferred", "it does not come back for deferred credentials", func() error {
		issuer.expect(1, "")
		return c.call("accept", document{"offer": issuer.link(t, openid4vci.OfferOptions{})}, nil)
	}(), "deferred")
	strict := newClub(t, h, openid4vci.EndpointOptions{RequireDPoP: true})
	row.cannot(t, "an issuer that requires DPoP", "it has bearer tokens only",
		c.call("accept", document{"offer": strict.link(t, openid4vci.OfferOptions{})}, nil), "invalid_dpop_proof")

	row = s.row(ourVerifier)
	for _, prefix := range []string{sanDNS, x509Hash, didPrefix} {
		for _, mode := range []string{directPost, directPostJWT} {
			p := h.request(t, prefix, mode)
			row.accepts(t, prefix+", "+mode, h.shows(c, p.ID, p.Reference))
		}
	}
	p := h.request(t, x509Hash, directPost)
	row.accepts(t, "x509_hash, once", h.shows(c, p.ID, p.Reference))
	row.refuses(t, "a request that was answered", c.call("present", document{"request": p.Reference}, nil), "HTTP 404")
	row.cannot(t, "redirect_uri, by reference", "it reads signed requests only",
		c.call("present", map[string]any{"request": h.request(t, redirectPrefix, directPost).Reference}, nil), "unsupported client_id scheme")
	h.handsOver(t, row, c)

	row = s.row(ourIssuer)
	c.must("begin", document{"certificates": []string{h.authority.pem()}, "mend": true}, nil)
	flow{name: "authorization code, pushed, with PKCE, without authorization_details", issuer: issuer, offer: byCode}.walk(t, row, c)
}
