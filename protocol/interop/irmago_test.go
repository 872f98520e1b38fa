package interop

import "testing"

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
	var claims map[string]any
	err := c.call("accept", map[string]any{"offer": h.offer(t, personSDJWT)}, &claims)
	t.Log(claims)
	row.accepts(t, "pre-authorized code", err)

	row = s.row(ourVerifier)
	for _, prefix := range []string{sanDNS, x509Hash, didPrefix} {
		for _, mode := range []string{directPost, directPostJWT} {
			p := h.request(t, prefix, mode)
			row.accepts(t, prefix+", "+mode, h.shows(c, p.ID, p.Reference))
		}
	}
	row.cannot(t, "redirect_uri, by reference", "it reads signed requests only",
		c.call("present", map[string]any{"request": h.request(t, redirectPrefix, directPost).Reference}, nil), "unsupported client_id scheme")
}
