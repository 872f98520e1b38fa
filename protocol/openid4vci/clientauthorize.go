package openid4vci

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
)

// Wallet says which client of an authorization server a wallet is.
type Wallet struct {
	ClientID    string
	RedirectURI string // where the browser comes back to
	// ByDetails asks with authorization_details in the place of scope.
	ByDetails bool
}

// Authorization is an authorization code flow on its way: what the wallet
// keeps until the browser comes back. It is a secret.
type Authorization struct {
	URL            string           `json:"url"` // to open in a browser
	Issuer         string           `json:"credential_issuer"`
	TokenIssuer    string           `json:"authorization_server"`
	ClientID       string           `json:"client_id"`
	RedirectURI    string           `json:"redirect_uri"`
	State          string           `json:"state"`
	Verifier       string           `json:"code_verifier"`
	DPoPKey        *jose.JSONWebKey `json:"dpop_key,omitempty"`
	NamesIssuer    bool             `json:"iss_expected,omitempty"`
	Configurations []string         `json:"credential_configuration_ids"`
	Expires        time.Time        `json:"expires"` // of the URL
}

// Authorize begins an authorization code flow for some configurations of an
// offer, with PKCE and, where the server has it, a pushed authorization
// request. The person opens the URL of the Authorization in a browser; what
// the browser comes back with goes to [Client.Redeem]. A wallet that comes
// without an offer makes one up that names issuer and configurations.
func (c *Client) Authorize(ctx context.Context, offer *Offer, configIDs []string, w Wallet) (*Authorization, error) {
	if err := offer.check(); err != nil {
		return nil, err
	}
	for _, id := range configIDs {
		if !offer.Offers(id) {
			return nil, offerFailed("offer-configuration", "%.80q is not offered", id)
		}
	}
	meta, err := c.Metadata(ctx, offer.Issuer)
	if err != nil {
		return nil, err
	}
	hint, issuerState := "", ""
	switch g := offer.Grants.AuthorizationCode; {
	case g != nil:
		hint, issuerState = g.AuthorizationServer, g.IssuerState
	case offer.Grants.PreAuthorized != nil:
		return nil, offerFailed("offer-grant", "the offer has a pre-authorized code and no authorization code")
	}
	x := c.unbound()
	server, err := x.tokenServer(ctx, meta, hint)
	if err != nil {
		return nil, err
	}
	if !server.supports(grantAuthorizationCode) || server.AuthorizationEndpoint == "" {
		return nil, credential.Failed("grant-type", clauseASMetadata, "the server does not support %s", grantAuthorizationCode)
	}
	if err := x.bind(server); err != nil {
		return nil, err
	}
	a := &Authorization{
		Issuer: offer.Issuer, TokenIssuer: server.Issuer, ClientID: w.ClientID, RedirectURI: w.RedirectURI,
		State: newSecret(), Verifier: newSecret(), DPoPKey: x.key, NamesIssuer: server.NamesIssuer, Configurations: slices.Clone(configIDs),
		Expires: c.now().Add(10 * time.Minute),
	}
	form := url.Values{
		"response_type": {"code"}, "client_id": {w.ClientID}, "redirect_uri": {w.RedirectURI}, "state": {a.State},
		"code_challenge": {challengeOf(a.Verifier)}, "code_challenge_method": {challengeMethod},
	}
	if issuerState != "" {
		form.Set("issuer_state", issuerState)
	}
	if err := askFor(form, meta, configIDs, w.ByDetails); err != nil {
		return nil, err
	}
	return a, x.push(ctx, server, form, a)
}

// askFor names the credentials by scope, or by authorization_details where
// that was wanted or one has no scope (section 5.1).
func askFor(form url.Values, meta *IssuerMetadata, configIDs []string, byDetails bool) error {
	var scopes []string
	var details []string
	for _, id := range configIDs {
		config, ok := meta.Configurations[id]
		if !ok {
			return credential.Failed("metadata-configurations", clauseMetadata, "the issuer has no configuration %.80q", id)
		}
		byDetails = byDetails || config.Scope == ""
		scopes = append(scopes, config.Scope)
		detail := map[string]any{"type": detailType, "credential_configuration_id": id}
		if len(meta.AuthorizationServers) > 0 {
			detail["locations"] = []string{meta.Issuer}
		}
		text, err := marshal(detail)
		if err != nil {
			return err
		}
		details = append(details, text)
	}
	if byDetails {
		form.Set("authorization_details", "["+strings.Join(details, ",")+"]")
		return nil
	}
	form.Set("scope", strings.Join(scopes, " "))
	if len(meta.AuthorizationServers) > 0 {
		form.Set("resource", meta.Issuer)
	}
	return nil
}

// push sends the request ahead of the browser (RFC 9126), or puts it into
// the URL when the server cannot take it.
func (x *exchange) push(ctx context.Context, server *AuthorizationServerMetadata, form url.Values, a *Authorization) error {
	query := form
	if server.PushEndpoint != "" {
		body, err := x.postForm(ctx, server.PushEndpoint, form)
		if err != nil {
			return err
		}
		var p pushed
		if err := decodeStrict(body.text, &p); err != nil || p.RequestURI == "" || len(p.RequestURI) > maxSecret {
			return credential.Failed("pushed-response", "RFC 9126 section 2.2", "no usable request_uri")
		}
		query = url.Values{"client_id": {a.ClientID}, "request_uri": {p.RequestURI}}
		if p.ExpiresIn > 0 && p.ExpiresIn < 600 {
			a.Expires = x.client.now().Add(time.Duration(p.ExpiresIn) * time.Second)
		}
	} else if a.DPoPKey != nil {
		sum, err := thumbprint(a.DPoPKey.Public())
		if err != nil {
			return err
		}
		query.Set("dpop_jkt", encode(sum[:]))
	}
	join := "?"
	if strings.Contains(server.AuthorizationEndpoint, "?") {
		join = "&"
	}
	a.URL = server.AuthorizationEndpoint + join + query.Encode()
	return nil
}

// Redeem exchanges the code that the browser came back with for tokens.
// callback is the redirect URI with its query. Credentials are then obtained
// with [Client.Obtain].
func (c *Client) Redeem(ctx context.Context, a *Authorization, callback string) (*Grant, error) {
	code, err := a.code(callback)
	if err != nil {
		return nil, err
	}
	x := c.unbound()
	x.key = a.DPoPKey
	server, err := x.authorizationServer(ctx, a.TokenIssuer)
	if err != nil {
		return nil, err
	}
	grant := &Grant{Issuer: a.Issuer, TokenIssuer: a.TokenIssuer, ClientID: a.ClientID, Configurations: a.Configurations}
	err = x.token(ctx, server, url.Values{
		"grant_type": {grantAuthorizationCode}, "code": {code}, "redirect_uri": {a.RedirectURI},
		"client_id": {a.ClientID}, "code_verifier": {a.Verifier},
	}, grant)
	return given(grant), err
}

// code checks an authorization response: that it came to our redirect URI,
// answers our request, and is from the server that was asked (RFC 9207).
func (a *Authorization) code(callback string) (string, error) {
	fail := func(check, clause, format string, args ...any) (string, error) {
		return "", credential.Failed(check, clause, format, args...)
	}
	const clause = "RFC 6749 section 4.1.2"
	u, err := url.Parse(callback)
	if err != nil || len(callback) > 16<<10 {
		return fail("authorization-response", clause, "not a URL")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil || once(query) != nil {
		return fail("authorization-response", clause, "the query is malformed or names a parameter twice")
	}
	if base, _, _ := strings.Cut(callback, "?"); !strings.HasPrefix(a.RedirectURI+"?", base+"?") {
		return fail("authorization-response-redirect", clause, "not the redirect URI of the request")
	}
	if subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(a.State)) != 1 {
		return fail("authorization-response-state", "RFC 6749 section 10.12", "state is not that of the request")
	}
	if iss := query.Get("iss"); iss != a.TokenIssuer && (iss != "" || a.NamesIssuer) {
		return fail("authorization-response-iss", "RFC 9207 section 2.4", "iss is not the authorization server that was asked")
	}
	if e := query.Get("error"); e != "" {
		return "", fmt.Errorf("openid4vci: %w", &Error{Code: printable(e), Description: printable(query.Get("error_description")), Status: http.StatusForbidden})
	}
	if code := query.Get("code"); code != "" && len(code) <= maxSecret {
		return code, nil
	}
	return fail("authorization-response", clause, "no usable code")
}
