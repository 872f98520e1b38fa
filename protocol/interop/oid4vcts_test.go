package interop

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
)

const personSDJWT = "person-sd-jwt" // the configuration of our issuer

// member is what other people's issuers issue here.
var (
	memberType   = "https://club.example/member"
	memberClaims = map[string]any{"level": "gold", "since": 2020.0}
)

func oid4vcts(t *testing.T) *section {
	t.Helper()
	return against(t, "@openid4vc/openid4vci", "oid4vc-ts; the protocol alone, it checks no credential")
}

// TestOID4VCTSWallet lets @openid4vc/openid4vci redeem offers of our issuer.
func TestOID4VCTSWallet(t *testing.T) {
	c := start(t, "oid4vc-ts-wallet.mjs")
	h := ours(t)
	row := oid4vcts(t).row(ourIssuer)
	for name, keys := range map[string]int{"one credential": 1, "a batch of five": 5} {
		var got struct {
			Credentials []string
			Keys        []jose.JSONWebKey
		}
		err := c.call("accept", map[string]any{"offer": h.offer(t), "configuration": personSDJWT, "keys": keys}, &got)
		if err == nil {
			err = h.bound(got.Credentials, got.Keys)
		}
		row.accepts(t, name, err)
	}
	row.refuses(t, "a proof for another nonce", c.call("accept", map[string]any{
		"offer": h.offer(t), "configuration": personSDJWT, "wrongNonce": "another"}, nil), "invalid_nonce")
	offer := h.offer(t)
	row.accepts(t, "an offer", c.call("accept", map[string]any{"offer": offer, "configuration": personSDJWT}, nil))
	row.refuses(t, "the same offer again", c.call("accept", map[string]any{"offer": offer, "configuration": personSDJWT}, nil), "404")
}

// TestOID4VCTSWalletFlows lets @openid4vc/openid4vci walk the ways that the
// issuer's other options open.
func TestOID4VCTSWalletFlows(t *testing.T) {
	c := start(t, "oid4vc-ts-wallet.mjs")
	h := ours(t)
	row := oid4vcts(t).row(ourIssuer)
	usual := newClub(t, h, openid4vci.EndpointOptions{})
	strict := newClub(t, h, openid4vci.EndpointOptions{RequireDPoP: true})
	signing := newClub(t, h, openid4vci.EndpointOptions{MetadataSigner: &usual.key})
	login := document{"clientId": "wallet", "redirectUri": redirectURI}
	for _, f := range []flow{
		{name: "with a transaction code", issuer: usual, offer: withTxCode, with: document{"txCode": txCode}},
		{name: "a wrong transaction code", issuer: usual, offer: withTxCode, with: document{"txCode": "0000"}, refused: "invalid_grant"},
		{name: "authorization code, pushed, with PKCE", issuer: usual, offer: byCode, with: login},
		{name: "authorization code with another verifier", issuer: usual, offer: byCode, with: document{
			"clientId": "wallet", "redirectUri": redirectURI, "wrongVerifier": "another-verifier-of-the-length-that-is-asked-for"}, refused: "invalid_grant"},
		{name: "authorization code and DPoP", issuer: strict, offer: byCode, with: document{
			"clientId": "wallet", "redirectUri": redirectURI, "dpop": true}, want: outcome{TokenType: "DPoP"}},
		{name: "a bearer where DPoP is required", issuer: strict, offer: byCode, with: login, refused: "invalid_dpop_proof"},
		{name: "pre-authorized code and DPoP", issuer: usual, with: document{"dpop": true}, want: outcome{TokenType: "DPoP"}},
		{name: "deferred, without notification_id", issuer: usual, notYet: 1, with: document{"mend": true}, want: outcome{Deferred: true}},
		{name: "with a notification", issuer: usual, with: document{"notify": true}, want: outcome{Notified: openid4vci.Accepted}},
		{name: "signed metadata", issuer: signing, with: document{"authority": h.authority.pem()}, want: outcome{SignedMetadata: true}},
	} {
		f.walk(t, row, c)
	}
	usual.expect(1, "")
	row.cannot(t, "deferred", "it refuses notification_id beside credentials, a bug: OpenID4VCI 1.0 section 9.2 has it there",
		c.call("accept", document{"configuration": "member", "offer": usual.link(t, openid4vci.OfferOptions{})}, nil), "Error retrieving deferred credentials")
}

// bound demands one good credential of our issuer for each key.
func (h *halfmask) bound(credentials []string, keys []jose.JSONWebKey) error {
	if len(credentials) != len(keys) {
		return errors.New("not one credential for each key")
	}
	var published struct{ JWKS jose.JSONWebKeySet }
	if err := getJSON(h.issuer+"/.well-known/jwt-vc-issuer", &published); err != nil {
		return err
	}
	for i, text := range credentials {
		v, err := sdjwt.VerifyIssued(text, func(jws.Signer) (*jose.JSONWebKey, error) { return &published.JWKS.Keys[0], nil }, sdjwt.Policy{Type: spec.CredentialType})
		if err != nil {
			return err
		}
		if !v.HolderKey.Key.(*ecdsa.PublicKey).Equal(keys[i].Key) {
			return errors.New("bound to another key")
		}
	}
	return nil
}

// TestOID4VCTSIssuer lets our wallet, and our client for more, redeem offers
// of an issuer that leaves every check to @openid4vc/openid4vci and oauth2.
func TestOID4VCTSIssuer(t *testing.T) {
	c := start(t, "oid4vc-ts-issuer.mjs")
	h := ours(t)
	row := oid4vcts(t).row(theirIssuer)
	row.accepts(t, "pre-authorized code", h.receives(t, c, false))
	row.accepts(t, "with a transaction code", h.receives(t, c, true))
	for _, w := range []way{
		{name: "pre-authorized code and DPoP", with: document{"dpop": true}},
		{name: "authorization code, pushed, with PKCE", with: document{"byCode": true}},
		{name: "authorization code and DPoP", with: document{"byCode": true, "dpop": true}},
		{name: "renewed, with DPoP", with: document{"dpop": true}, renew: true},
		{name: "with a notification", with: document{"dpop": true}, notify: true},
		{name: "deferred", with: document{"dpop": true, "later": true}},
	} {
		w.walk(t, row, c)
	}
}

// TestOID4VCTSIssuerRefused lets the same issuer send what our wallet must not
// keep.
func TestOID4VCTSIssuerRefused(t *testing.T) {
	c := start(t, "oid4vc-ts-issuer.mjs")
	w := ours(t).wallet(t)
	row := oid4vcts(t).row(theirIssuer)
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		spoil document
		check string
	}{
		{"a credential of another type", document{"vct": "https://club.example/owner"}, "check type failed"},
		{"a credential of another issuer", document{"iss": "https://club.example"}, "check issuer-key failed"},
		{"a credential for another holder", document{"cnf": document{"jwk": &jose.JSONWebKey{Key: &other.PublicKey}}}, "check credential-holder-key failed"},
		{"an expired credential", document{"exp": 1700000000}, "check expired failed"},
	} {
		var begun struct{ Offer string }
		c.must("begin", document{"configuration": "member", "vct": memberType, "claims": memberClaims, "spoil": test.spoil}, &begun)
		_, err := w.do("accept", begun.Offer)
		row.refuses(t, test.name, err, test.check)
	}
	if out, err := w.do("list"); err != nil || string(bytes.TrimSpace(out)) != "[]" {
		t.Errorf("the wallet holds %s (%v)", out, err)
	}
}

// receives has our wallet take an offer of their issuer, who reports that it
// issued, and demands that the wallet keeps what was issued.
func (h *halfmask) receives(t *testing.T, c *counterpart, txCode bool) error {
	t.Helper()
	var begun struct{ Offer, TxCode string }
	c.must("begin", map[string]any{"configuration": "member", "vct": memberType, "claims": memberClaims, "txCode": txCode}, &begun)
	args := []string{begun.Offer}
	if begun.TxCode != "" {
		args = append(args, "--tx-code", begun.TxCode)
	}
	out, err := h.wallet(t).do("accept", args...)
	if err != nil {
		return err
	}
	var kept []struct{ Claims map[string]any }
	if err := json.Unmarshal(out, &kept); err != nil {
		return err
	}
	if err := alike(kept[0].Claims, memberClaims); err != nil {
		return err
	}
	var issued bool
	c.must("issued", nil, &issued)
	if !issued {
		return errors.New("their issuer reports nothing issued")
	}
	return nil
}
