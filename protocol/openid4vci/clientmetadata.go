package openid4vci

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/halfmask/halfmask/protocol/fetch"
)

// ClientMetadata says of a wallet what an authorization server must know of
// it (RFC 7591 section 2). Wallets are public clients: they have no secret.
type ClientMetadata struct {
	ClientID      string   `json:"client_id,omitempty"` // in a document at that URL
	Name          string   `json:"client_name,omitempty"`
	RedirectURIs  []string `json:"redirect_uris"`
	TokenAuth     string   `json:"token_endpoint_auth_method,omitempty"` // "none"
	OfferEndpoint string   `json:"credential_offer_endpoint,omitempty"`
}

const (
	maxClientMetadata = 32 << 10 // bytes
	maxRedirects      = 32       // redirect URIs of a client
	maxClientsKept    = 1024     // fetched ones
	maxFetches        = 16       // at a time: anybody may ask for one
	clientLifetime    = 10 * time.Minute
)

func (m *ClientMetadata) check() error {
	if n := len(m.RedirectURIs); n == 0 || n > maxRedirects {
		return fmt.Errorf("%d redirect URIs, not 1 to %d", n, maxRedirects)
	}
	if m.TokenAuth != "" && m.TokenAuth != "none" {
		return fmt.Errorf("token_endpoint_auth_method %.40q is not none", m.TokenAuth)
	}
	for _, s := range m.RedirectURIs {
		if err := checkRedirectURI(s); err != nil {
			return fmt.Errorf("redirect URI: %w", err)
		}
	}
	return nil
}

// checkRedirectURI accepts https URLs, http ones on this machine and
// private-use schemes (RFC 8252 section 7), and none that a browser would run.
func checkRedirectURI(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || len(s) > 2048 || u.Scheme == "" || strings.Contains(s, "#"):
		return fmt.Errorf("not an absolute URI without a fragment")
	case slices.Contains([]string{"javascript", "data", "file", "vbscript", "blob", "about", "filesystem", "ftp", "ws", "wss"}, u.Scheme):
		return fmt.Errorf("scheme %s", u.Scheme)
	case u.Scheme == "https" || u.Scheme == "http":
		return fetch.CheckURL(s)
	}
	return nil
}

// allows reports whether the client registered a redirect URI: that very
// string, but for the port of one on this machine (RFC 8252 section 7.3).
func (m *ClientMetadata) allows(redirect string) bool {
	return slices.ContainsFunc(m.RedirectURIs, func(registered string) bool {
		return registered == redirect || (withoutPort(registered) != "" && withoutPort(registered) == withoutPort(redirect))
	})
}

func withoutPort(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" || u.User != nil || !fetch.OnThisMachine(u.Hostname()) {
		return ""
	}
	return u.Hostname() + u.RequestURI()
}

// clients finds the metadata of wallets, those that were registered and those
// that publish theirs at their client_id (draft-ietf-oauth-client-id-
// metadata-document).
type clients struct {
	registered map[string]ClientMetadata
	mu         sync.Mutex
	fetched    shelf[*ClientMetadata]
	fetching   chan struct{} // a place for each fetch under way
}

func newClients(registered map[string]ClientMetadata) (*clients, error) {
	for id, m := range registered {
		if err := m.check(); err != nil {
			return nil, fmt.Errorf("openid4vci: client %s: %w", id, err)
		}
	}
	return &clients{registered: registered, fetched: newShelf[*ClientMetadata](maxClientsKept), fetching: make(chan struct{}, maxFetches)}, nil
}

func (c *clients) find(ctx context.Context, http *http.Client, id string, now time.Time) (*ClientMetadata, error) {
	if m, ok := c.registered[id]; ok {
		return &m, nil
	}
	unknown := func(format string, args ...any) error {
		return refuse(401, InvalidClient, "client_id: "+format, args...)
	}
	u, err := url.Parse(id)
	if err != nil || u.Host == "" || u.Path == "" || u.Path == "/" {
		return nil, unknown("not a registered client, nor the URL of a client's metadata")
	}
	c.mu.Lock()
	m, ok := c.fetched.get(digest(id), now)
	c.mu.Unlock()
	if ok {
		return m, nil
	}
	select {
	case c.fetching <- struct{}{}:
		defer func() { <-c.fetching }()
	default:
		return nil, refuse(503, TemporarilyUnavailable, "too many clients are being looked up; try later")
	}
	body, err := fetch.Get(ctx, http, id, maxClientMetadata, mediaJSON)
	if err != nil {
		return nil, unknown("its metadata cannot be had: %v", err)
	}
	m = &ClientMetadata{}
	if err := decodeStrict(body, m); err != nil {
		return nil, unknown("its metadata: %v", err)
	}
	if m.ClientID != id {
		return nil, unknown("its metadata is that of another client")
	}
	if err := m.check(); err != nil {
		return nil, unknown("its metadata: %v", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fetched.room(now) {
		c.fetched.put(digest(id), m, now.Add(clientLifetime))
	}
	return m, nil
}
