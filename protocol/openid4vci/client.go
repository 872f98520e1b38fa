package openid4vci

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/fetch"
)

// Client is the wallet's end. The zero value works.
type Client struct {
	HTTP *http.Client     // nil: HTTPClient()
	Now  func() time.Time // nil: time.Now

	// Granted is called as soon as an issuer took a code or a refresh token,
	// before anything else is asked of it: what is not kept now is lost when
	// the process ends. An error from it ends the issuance.
	Granted func(*Grant) error
	// Trust is by whom an issuer's metadata must be signed; nil takes the
	// issuer's word, over TLS.
	Trust *MetadataTrust
}

// HTTPClient gives the client that a Client without one uses: one of
// fetch.New, with this machine in reach and a minute for each answer. Its
// connections are shared.
func HTTPClient() *http.Client {
	c := *direct
	return &c
}

var direct = fetch.New(fetch.Options{AllowLoopback: true, Timeout: time.Minute})

// Grant is what a wallet keeps to renew without the person: a secret.
type Grant struct {
	Issuer         string            `json:"credential_issuer"`
	TokenIssuer    string            `json:"authorization_server"`
	ClientID       string            `json:"client_id,omitempty"` // that the code was given to
	RefreshToken   string            `json:"refresh_token"`       // good for one use; empty when the issuer gave none
	AccessToken    string            `json:"access_token,omitempty"`
	AccessUntil    time.Time         `json:"access_until,omitzero"`
	DPoPKey        *jose.JSONWebKey  `json:"dpop_key,omitempty"` // private; nil: bearer tokens
	Identifiers    map[string]string `json:"credential_identifiers,omitempty"`
	Configurations []string          `json:"credential_configuration_ids"`
	NotificationID string            `json:"notification_id,omitempty"` // of the last credentials
}

// Offer reads an offer link, and fetches the offer when the link only refers
// to it. The bare https address of an offer is read as such a reference.
func (c *Client) Offer(ctx context.Context, uri string) (*Offer, error) {
	offer, reference, err := parseOfferURI(strings.TrimSpace(uri))
	if err != nil || offer != nil {
		return offer, err
	}
	body, err := c.unbound().get(ctx, reference, mediaJSON)
	if err != nil {
		return nil, err
	}
	return decodeOffer(body.text)
}

// Metadata fetches what the issuer says of itself and checks that it is said
// of that very issuer.
func (c *Client) Metadata(ctx context.Context, issuer string) (*IssuerMetadata, error) {
	address, err := wellKnownOf(issuer, IssuerMetadataName)
	if err != nil {
		return nil, err
	}
	if c.Trust != nil {
		body, err := c.unbound().get(ctx, address, mediaJWT)
		if err != nil {
			return nil, err
		}
		m, err := readSignedMetadata(string(body.text), issuer, c.Trust, c.now())
		if err != nil {
			return nil, err
		}
		return m, m.check(issuer)
	}
	body, err := c.unbound().get(ctx, address, mediaJSON)
	if err != nil {
		return nil, err
	}
	var m IssuerMetadata
	if err := decodeStrict(body.text, &m); err != nil {
		return nil, credential.Failed("metadata-json", clauseMetadata, "%s: %w", IssuerMetadataName, err)
	}
	return &m, m.check(issuer)
}

// AuthorizationServer fetches the metadata of the server that gives tokens.
func (c *Client) AuthorizationServer(ctx context.Context, issuer string) (*AuthorizationServerMetadata, error) {
	return c.unbound().authorizationServer(ctx, issuer)
}

func (x *exchange) authorizationServer(ctx context.Context, issuer string) (*AuthorizationServerMetadata, error) {
	address, err := wellKnownOf(issuer, AuthorizationServerMetadataName)
	if err != nil {
		return nil, err
	}
	body, err := x.get(ctx, address, mediaJSON)
	if err != nil {
		return nil, err
	}
	var m AuthorizationServerMetadata
	if err := decodeStrict(body.text, &m); err != nil {
		return nil, credential.Failed("metadata-json", clauseMetadata, "%s: %w", AuthorizationServerMetadataName, err)
	}
	return &m, m.check(issuer)
}

func wellKnownOf(issuer, name string) (string, error) {
	address, err := WellKnown(issuer, name)
	if err != nil {
		return "", credential.Failed("issuer-identifier", "OpenID4VCI 1.0 section 12.2.1", "%w", err)
	}
	return address, nil
}

// Accept redeems an offer with a pre-authorized code for the credentials of
// one of its configurations: one for each proof, in the order in which the
// issuer answers, or a single one when the configuration binds no key, for
// which the prover is nil. A dc+sd-jwt credential is given as it is, an
// ldp_vc one as its JSON text. txCode is "" unless the offer asks for one.
//
// The code of an offer is good for one use. When the issuer took it but what
// came after failed, Accept gives both the error and a Grant, with which
// [Client.Renew] can try again. An issuer that is not ready answers with a
// *Deferred error: see [Client.Fetch]. The signatures of the credentials have
// not been checked.
func (c *Client) Accept(ctx context.Context, offer *Offer, configID, txCode string, prover Prover) ([]string, *Grant, error) {
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
	meta, err := c.prepare(ctx, offer.Issuer, configID, prover)
	if err != nil {
		return nil, nil, err
	}
	x := c.unbound()
	server, err := x.tokenServer(ctx, meta, code.AuthorizationServer)
	if err != nil {
		return nil, nil, err
	}
	if err := x.bind(server); err != nil {
		return nil, nil, err
	}
	form := url.Values{"grant_type": {grantPreAuthorized}, "pre-authorized_code": {code.Code}}
	if code.TxCode != nil {
		form.Set("tx_code", txCode)
	}
	grant := &Grant{Issuer: offer.Issuer, TokenIssuer: server.Issuer, Configurations: slices.Clone(offer.Configurations)}
	if err := x.token(ctx, server, form, grant); err != nil {
		return nil, given(grant), err
	}
	credentials, err := x.credentials(ctx, meta, grant, configID, prover)
	return credentials, grant, err
}

// given is nil for a grant that no issuer has given yet.
func given(g *Grant) *Grant {
	if g.AccessToken == "" {
		return nil
	}
	return g
}

// Renew obtains fresh credentials with a grant, as Accept does with an offer.
// The Grant that it gives replaces the old one, which is spent, and is given
// beside an error too, as soon as the issuer took the old one. An issuer that
// declines answers with an *Error of code access_denied.
func (c *Client) Renew(ctx context.Context, grant *Grant, configID string, prover Prover) ([]string, *Grant, error) {
	if grant == nil || grant.RefreshToken == "" {
		return nil, nil, errors.New("openid4vci: the issuer gave no refresh token; enroll again")
	}
	meta, err := c.prepare(ctx, grant.Issuer, configID, prover)
	if err != nil {
		return nil, nil, err
	}
	next, x, err := c.refresh(ctx, meta, grant)
	if err != nil {
		return nil, next, err
	}
	credentials, err := x.credentials(ctx, meta, next, configID, prover)
	return credentials, next, err
}

// refresh spends the refresh token of a grant.
func (c *Client) refresh(ctx context.Context, meta *IssuerMetadata, grant *Grant) (*Grant, *exchange, error) {
	if grant.RefreshToken == "" {
		return nil, nil, errors.New("openid4vci: the access token is over and the issuer gave no refresh token; enroll again")
	}
	hint := ""
	if len(meta.AuthorizationServers) > 0 {
		hint = grant.TokenIssuer
	}
	x := c.boundBy(grant)
	server, err := x.tokenServer(ctx, meta, hint)
	if err != nil {
		return nil, nil, err
	}
	form := url.Values{"grant_type": {grantRefresh}, "refresh_token": {grant.RefreshToken}}
	if grant.ClientID != "" {
		form.Set("client_id", grant.ClientID)
	}
	next := *grant
	next.AccessToken = ""
	if err := x.token(ctx, server, form, &next); err != nil {
		return given(&next), nil, err
	}
	return &next, x, nil
}

// prepare fetches the issuer's metadata and finds out, before a code or a
// token is spent, whether the proofs suit the configuration.
func (c *Client) prepare(ctx context.Context, issuer, configID string, prover Prover) (*IssuerMetadata, error) {
	meta, err := c.Metadata(ctx, issuer)
	if err != nil {
		return nil, err
	}
	config, ok := meta.Configurations[configID]
	if !ok {
		return nil, credential.Failed("metadata-configurations", clauseMetadata, "the issuer has no configuration %.80q", configID)
	}
	n := count(prover)
	if !config.BindsKey() {
		if n > 0 {
			return nil, fmt.Errorf("openid4vci: configuration %s binds no key, and %d were given", configID, n)
		}
		return meta, nil
	}
	if n == 0 || n > meta.batchSize() {
		return nil, credential.Failed("batch-size", clauseMetadata, "%d holder keys; the issuer takes 1 to %d", n, meta.batchSize())
	}
	kind, ok := config.ProofTypes[prover.ProofType()]
	if !ok || len(kind.SigningAlgs) == 0 {
		return nil, credential.Failed("metadata-proof-types", clauseMetadata, "the issuer takes no %s proof for this configuration, or names no algorithm", prover.ProofType())
	}
	for _, alg := range prover.Algs() {
		if !slices.Contains(kind.SigningAlgs, alg) {
			return nil, credential.Failed("proof-alg", proofForm.Clause, "the issuer takes no proof in %s", alg)
		}
	}
	return meta, nil
}

// tokenServer finds the authorization server of section 12.2.4: the issuer
// itself, the one that the offer names if the issuer lists it, or the only
// one.
func (x *exchange) tokenServer(ctx context.Context, meta *IssuerMetadata, hint string) (*AuthorizationServerMetadata, error) {
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
	return x.authorizationServer(ctx, address)
}

// token makes a token request and puts what came into the grant.
func (x *exchange) token(ctx context.Context, server *AuthorizationServerMetadata, form url.Values, grant *Grant) error {
	if !server.supports(form.Get("grant_type")) {
		return credential.Failed("grant-type", clauseASMetadata, "the server does not support %s", form.Get("grant_type"))
	}
	body, err := x.postForm(ctx, server.TokenEndpoint, form)
	if err != nil {
		return err
	}
	const check, clause = "token-response", "OpenID4VCI 1.0 section 6.2"
	var t TokenResponse
	if err := decodeStrict(body.text, &t); err != nil {
		return credential.Failed(check, clause, "%w", err)
	}
	switch {
	case t.AccessToken == "" || len(t.AccessToken) > 16<<10 || len(t.RefreshToken) > 16<<10:
		return credential.Failed(check, clause, "a token is missing or too long")
	case strings.EqualFold(t.TokenType, dpopScheme) && x.key != nil:
		grant.DPoPKey = x.key
	case !strings.EqualFold(t.TokenType, bearerScheme) || grant.DPoPKey != nil:
		return credential.Failed(check, clause, "token_type is %.40q, which was not asked for", t.TokenType)
	default: // a server may ignore the proof (RFC 9449 section 5)
		x.key = nil
	}
	grant.AccessToken, grant.Identifiers = t.AccessToken, map[string]string{}
	if t.RefreshToken != "" { // RFC 6749 section 6: else the old one stays good
		grant.RefreshToken = t.RefreshToken
	}
	grant.AccessUntil = x.client.now().Add(time.Duration(max(0, min(t.ExpiresIn, 1<<20))) * time.Second)
	for _, d := range t.Details {
		if d.Type == detailType && len(d.Identifiers) > 0 && grant.Identifiers[d.Configuration] == "" {
			grant.Identifiers[d.Configuration] = d.Identifiers[0]
		}
	}
	if x.client.Granted != nil {
		kept := *grant
		return x.client.Granted(&kept)
	}
	return nil
}

func (c *Client) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}
