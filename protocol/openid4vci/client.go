package openid4vci

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
)

// Client is the wallet's end. The zero value works.
type Client struct {
	HTTP *http.Client     // nil: HTTPClient()
	Now  func() time.Time // nil: time.Now
}

// Grant is what a wallet keeps to renew without the person: a secret.
type Grant struct {
	Issuer         string   `json:"credential_issuer"`
	TokenIssuer    string   `json:"authorization_server"`
	RefreshToken   string   `json:"refresh_token"` // good for one use; empty when the issuer gave none
	Configurations []string `json:"credential_configuration_ids"`
}

// Offer reads an offer link, and fetches the offer when the link only refers
// to it. The bare https address of an offer is read as such a reference.
func (c *Client) Offer(ctx context.Context, uri string) (*Offer, error) {
	offer, reference, err := parseOfferURI(strings.TrimSpace(uri))
	if err != nil || offer != nil {
		return offer, err
	}
	body, err := c.get(ctx, reference)
	if err != nil {
		return nil, err
	}
	return decodeOffer(body)
}

// Metadata fetches what the issuer says of itself and checks that it is said
// of that very issuer.
func (c *Client) Metadata(ctx context.Context, issuer string) (*IssuerMetadata, error) {
	var m IssuerMetadata
	if err := c.wellKnown(ctx, issuer, IssuerMetadataName, &m); err != nil {
		return nil, err
	}
	return &m, m.check(issuer)
}

// AuthorizationServer fetches the metadata of the server that gives tokens.
func (c *Client) AuthorizationServer(ctx context.Context, issuer string) (*AuthorizationServerMetadata, error) {
	var m AuthorizationServerMetadata
	if err := c.wellKnown(ctx, issuer, AuthorizationServerMetadataName, &m); err != nil {
		return nil, err
	}
	return &m, m.check(issuer)
}

func (c *Client) wellKnown(ctx context.Context, issuer, name string, v any) error {
	address, err := WellKnown(issuer, name)
	if err != nil {
		return credential.Failed("issuer-identifier", "OpenID4VCI 1.0 section 12.2.1", "%w", err)
	}
	body, err := c.get(ctx, address)
	if err != nil {
		return err
	}
	if err := decodeStrict(body, v); err != nil {
		return credential.Failed("metadata-json", clauseMetadata, "%s: %w", name, err)
	}
	return nil
}

// Accept redeems an offer for the credentials of one of its configurations:
// one for each holder key, in the order in which the issuer answers, or a
// single one when the configuration binds no key, for which holderKeys must
// be empty. A dc+sd-jwt credential is given as it is, an ldp_vc one as its
// JSON text. txCode is "" unless the offer asks for one.
//
// The code of an offer is good for one use. When the issuer took it but what
// came after failed, Accept gives both the error and a Grant, with which
// [Client.Renew] can try again. The signatures of the credentials have not
// been checked.
func (c *Client) Accept(ctx context.Context, offer *Offer, configID, txCode string, holderKeys []jose.SigningKey) ([]string, *Grant, error) {
	if err := offer.check(); err != nil {
		return nil, nil, err
	}
	code := offer.Grants.PreAuthorized
	switch {
	case code == nil:
		return nil, nil, offerFailed("offer-grant", "the offer has no pre-authorized code")
	case !offer.Offers(configID):
		return nil, nil, offerFailed("offer-configuration", "%.80q is not offered; offered: %s", configID, strings.Join(offer.Configurations, ", "))
	case code.TxCode == nil && txCode != "":
		return nil, nil, offerFailed("offer-tx-code", "the offer asks for no transaction code")
	case code.TxCode != nil:
		if err := code.TxCode.checkEntered(txCode); err != nil {
			return nil, nil, offerFailed("offer-tx-code", "%w", err)
		}
	}
	meta, err := c.prepare(ctx, offer.Issuer, configID, holderKeys)
	if err != nil {
		return nil, nil, err
	}
	server, err := c.tokenServer(ctx, meta, code.AuthorizationServer)
	if err != nil {
		return nil, nil, err
	}
	form := url.Values{"grant_type": {grantPreAuthorized}, "pre-authorized_code": {code.Code}}
	if code.TxCode != nil {
		form.Set("tx_code", txCode)
	}
	token, err := c.token(ctx, server, form)
	if err != nil {
		return nil, nil, err
	}
	grant := &Grant{
		Issuer: offer.Issuer, TokenIssuer: server.Issuer,
		RefreshToken: token.RefreshToken, Configurations: slices.Clone(offer.Configurations),
	}
	credentials, err := c.credentials(ctx, meta, token, configID, holderKeys)
	return credentials, grant, err
}

// Renew obtains fresh credentials with a grant, as Accept does with an offer.
// The Grant that it gives replaces the old one, which is spent, and is given
// beside an error too, as soon as the issuer took the old one. An issuer that
// declines answers with an *Error of code access_denied.
func (c *Client) Renew(ctx context.Context, grant *Grant, configID string, holderKeys []jose.SigningKey) ([]string, *Grant, error) {
	if grant == nil || grant.RefreshToken == "" {
		return nil, nil, errors.New("openid4vci: the issuer gave no refresh token; enroll again")
	}
	meta, err := c.prepare(ctx, grant.Issuer, configID, holderKeys)
	if err != nil {
		return nil, nil, err
	}
	hint := ""
	if len(meta.AuthorizationServers) > 0 {
		hint = grant.TokenIssuer
	}
	server, err := c.tokenServer(ctx, meta, hint)
	if err != nil {
		return nil, nil, err
	}
	token, err := c.token(ctx, server, url.Values{"grant_type": {grantRefresh}, "refresh_token": {grant.RefreshToken}})
	if err != nil {
		return nil, nil, err
	}
	next := *grant
	if token.RefreshToken != "" { // RFC 6749 section 6: else the old one stays good
		next.RefreshToken = token.RefreshToken
	}
	credentials, err := c.credentials(ctx, meta, token, configID, holderKeys)
	return credentials, &next, err
}

// prepare fetches the issuer's metadata and finds out, before a code or a
// token is spent, whether the keys suit the configuration.
func (c *Client) prepare(ctx context.Context, issuer, configID string, keys []jose.SigningKey) (*IssuerMetadata, error) {
	meta, err := c.Metadata(ctx, issuer)
	if err != nil {
		return nil, err
	}
	config, ok := meta.Configurations[configID]
	if !ok {
		return nil, credential.Failed("metadata-configurations", clauseMetadata, "the issuer has no configuration %.80q", configID)
	}
	if !config.BindsKey() {
		if len(keys) > 0 {
			return nil, fmt.Errorf("openid4vci: configuration %s binds no key, and %d were given", configID, len(keys))
		}
		return meta, nil
	}
	algs, err := config.proofAlgs()
	if err != nil {
		return nil, credential.Failed("metadata-proof-types", clauseMetadata, "%w", err)
	}
	if n := len(keys); n == 0 || n > meta.batchSize() {
		return nil, credential.Failed("batch-size", clauseMetadata, "%d holder keys; the issuer takes 1 to %d", n, meta.batchSize())
	}
	for _, k := range keys {
		if !slices.Contains(algs, string(k.Algorithm)) {
			return nil, credential.Failed("proof-alg", clauseProof, "the issuer takes no proof in %s", k.Algorithm)
		}
	}
	return meta, nil
}

// tokenServer finds the authorization server of section 12.2.4: the issuer
// itself, the one that the offer names if the issuer lists it, or the only
// one.
func (c *Client) tokenServer(ctx context.Context, meta *IssuerMetadata, hint string) (*AuthorizationServerMetadata, error) {
	const check = "authorization-server"
	address := meta.Issuer
	switch servers := meta.AuthorizationServers; {
	case len(servers) == 0 && hint != "", hint != "" && !slices.Contains(servers, hint):
		return nil, credential.Failed(check, clauseMetadata, "the issuer does not list the authorization server of the offer")
	case hint != "":
		address = hint
	case len(servers) == 1:
		address = servers[0]
	case len(servers) > 1:
		return nil, credential.Failed(check, clauseMetadata, "the issuer lists several authorization servers and the offer names none")
	}
	server, err := c.AuthorizationServer(ctx, address)
	if err != nil {
		return nil, err
	}
	return server, nil
}

func (c *Client) token(ctx context.Context, server *AuthorizationServerMetadata, form url.Values) (*TokenResponse, error) {
	if !server.supports(form.Get("grant_type")) {
		return nil, credential.Failed("grant-type", clauseASMetadata, "the server does not support %s", form.Get("grant_type"))
	}
	body, err := c.postForm(ctx, server.TokenEndpoint, form)
	if err != nil {
		return nil, err
	}
	const clause = "OpenID4VCI 1.0 section 6.2"
	var t TokenResponse
	if err := decodeStrict(body, &t); err != nil {
		return nil, credential.Failed("token-response", clause, "%w", err)
	}
	switch {
	case t.AccessToken == "" || len(t.AccessToken) > 16<<10 || len(t.RefreshToken) > 16<<10:
		return nil, credential.Failed("token-response", clause, "a token is missing or too long")
	case !strings.EqualFold(t.TokenType, "Bearer"):
		return nil, credential.Failed("token-response", clause, "token_type is %.40q, not Bearer", t.TokenType)
	}
	return &t, nil
}

// credentials asks for the credentials; once more when the issuer says that
// its nonce went stale between two requests.
func (c *Client) credentials(ctx context.Context, meta *IssuerMetadata, token *TokenResponse, configID string, keys []jose.SigningKey) ([]string, error) {
	for try := 0; ; try++ {
		request, err := c.request(ctx, meta, token, configID, keys)
		if err != nil {
			return nil, err
		}
		body, err := c.postJSON(ctx, meta.CredentialEndpoint, token.AccessToken, request)
		var refusal *Error
		if errors.As(err, &refusal) && refusal.Code == InvalidNonce && meta.NonceEndpoint != "" && try == 0 {
			continue
		}
		if err != nil {
			return nil, err
		}
		return readCredentials(body, max(1, len(keys)))
	}
}

func (c *Client) request(ctx context.Context, meta *IssuerMetadata, token *TokenResponse, configID string, keys []jose.SigningKey) (*CredentialRequest, error) {
	request := &CredentialRequest{Configuration: configID}
	for _, d := range token.Details {
		if d.Type == "openid_credential" && d.Configuration == configID && len(d.Identifiers) > 0 {
			request.Configuration, request.Identifier = "", d.Identifiers[0]
			break
		}
	}
	if len(keys) == 0 {
		return request, nil
	}
	nonce := ""
	if meta.NonceEndpoint != "" {
		body, err := c.postForm(ctx, meta.NonceEndpoint, nil)
		if err != nil {
			return nil, err
		}
		var n NonceResponse
		if err := decodeStrict(body, &n); err != nil || n.Nonce == "" || len(n.Nonce) > maxSecret {
			return nil, credential.Failed("nonce-response", "OpenID4VCI 1.0 section 7.2", "no usable c_nonce")
		}
		nonce = n.Nonce
	}
	request.Proofs = &Proofs{}
	for _, k := range keys {
		proof, err := signProof(k, meta.Issuer, nonce, c.now())
		if err != nil {
			return nil, err
		}
		request.Proofs.JWT = append(request.Proofs.JWT, proof)
	}
	return request, nil
}

func readCredentials(body []byte, most int) ([]string, error) {
	const check, clause = "credential-response", "OpenID4VCI 1.0 section 8.3"
	var r CredentialResponse
	if err := decodeStrict(body, &r); err != nil {
		return nil, credential.Failed(check, clause, "%w", err)
	}
	switch n := len(r.Credentials); {
	case r.TransactionID != "":
		return nil, credential.Failed(check, clause, "the issuer defers issuance, which this client does not follow")
	case n == 0 || n > most:
		return nil, credential.Failed(check, clause, "%d credentials came, 1 to %d were asked for", n, most)
	}
	credentials := make([]string, len(r.Credentials))
	for i, c := range r.Credentials {
		text, err := c.text()
		if err != nil {
			return nil, credential.Failed(check, clause, "%w", err)
		}
		credentials[i] = text
	}
	return credentials, nil
}

func (c *Client) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

func thumbprint(key jose.JSONWebKey) (sum [32]byte, err error) {
	b, err := key.Thumbprint(crypto.SHA256)
	if err != nil || len(b) != len(sum) {
		return sum, errors.New("openid4vci: key without a thumbprint")
	}
	return [32]byte(b), nil
}
