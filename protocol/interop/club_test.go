package interop

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/protocol/openid4vci"
)

// club is an issuer made of our openid4vci.Endpoint, for what the program's
// issuer does not ask of wallets: logins, transaction codes, patience.
type club struct {
	url      string
	endpoint *openid4vci.Endpoint
	key      jose.SigningKey

	mu     sync.Mutex
	notYet int              // how often it says to come back later
	noted  openid4vci.Event // the last that a wallet notified
}

const (
	redirectURI = "https://wallet.example/callback"
	txCode      = "4711"
)

// newClub starts one, certified by our authority.
func newClub(t *testing.T, h *halfmask, o openid4vci.EndpointOptions) *club {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := h.authority.issue("localhost", &key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	own, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	c := &club{key: jose.SigningKey{
		Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, Certificates: []*x509.Certificate{own}},
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.endpoint.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c.url = "http://localhost:" + port
	o.Login = member{}
	o.Clients = map[string]openid4vci.ClientMetadata{
		"wallet":      {RedirectURIs: []string{redirectURI}},
		"yivi-wallet": {RedirectURIs: []string{redirectURI}}, // irmago's, built in
	}
	o.Notified = func(_ context.Context, _, _ string, e openid4vci.Event, _ string) { c.expect(0, e) }
	c.endpoint, err = openid4vci.NewEndpoint(c.url, map[string]openid4vci.CredentialConfiguration{"member": {
		Format: credential.SDJWT, Scope: "member", Type: memberType, SigningAlgs: []any{"ES256"}, BindingMethods: []string{"jwk"},
		ProofTypes: map[string]openid4vci.ProofType{"jwt": {SigningAlgs: []string{"ES256"}}},
		Metadata:   &openid4vci.CredentialMetadata{Display: []openid4vci.Display{{Name: "Member", Locale: "en"}}},
	}}, c, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// member has logged in before.
type member struct{}

func (member) ServeLogin(_ http.ResponseWriter, _ *http.Request, a openid4vci.Authorizing) (string, error) {
	return a.Subject, nil
}

func (c *club) Credential(_ context.Context, _, _ string, proved []openid4vci.Proved) ([]string, error) {
	c.mu.Lock()
	waits := c.notYet > 0
	c.notYet--
	c.mu.Unlock()
	if waits {
		return nil, &openid4vci.Pending{Interval: time.Second}
	}
	issued := make([]string, len(proved))
	for i := range proved {
		var err error
		now := time.Now()
		issued[i], err = sdjwt.Issue(c.key, sdjwt.Template{
			Issuer: c.url, Type: memberType, IssuedAt: now, Expires: now.Add(time.Hour), HolderKey: &proved[i].Key, Disclosable: memberClaims,
		})
		if err != nil {
			return nil, err
		}
	}
	return issued, nil
}

func (c *club) Renew(context.Context, string) error { return nil }

// expect sets how often it says to come back, and what it was notified.
func (c *club) expect(notYet int, noted openid4vci.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notYet, c.noted = notYet, noted
}

func (c *club) told() openid4vci.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.noted
}

// link gives an offer by reference, as wallets get it.
func (c *club) link(t *testing.T, o openid4vci.OfferOptions) string {
	t.Helper()
	_, address, err := c.endpoint.Offer("somebody", o)
	if err != nil {
		t.Fatal(err)
	}
	return openid4vci.ReferenceURI(address)
}

// flow is one way from an offer of ours to a credential in their wallet.
type flow struct {
	name    string
	issuer  *club
	offer   openid4vci.OfferOptions
	notYet  int      // how often the issuer says to come back
	with    document // what the wallet is told beside the offer
	want    outcome
	refused string // why there is to be none
}

var (
	byCode     = openid4vci.OfferOptions{Authorize: true}
	withTxCode = openid4vci.OfferOptions{TxCode: txCode}
)

// outcome is what their wallet reports of how it got there. Notified is what
// our issuer was told.
type outcome struct {
	TokenType                string // "" is Bearer
	Deferred, SignedMetadata bool
	Notified                 openid4vci.Event `json:"-"`
}

// walk walks it, with a wallet that has the call accept.
func (f flow) walk(t *testing.T, row *row, wallet *counterpart) {
	t.Helper()
	f.issuer.expect(f.notYet, "")
	with := document{"configuration": "member", "offer": f.issuer.link(t, f.offer)}
	maps.Copy(with, f.with)
	var got outcome
	err := wallet.call("accept", with, &got)
	if f.refused != "" {
		row.refuses(t, f.name, err, f.refused)
		return
	}
	if got.TokenType == "Bearer" {
		got.TokenType = ""
	}
	if got.Notified = f.issuer.told(); err == nil {
		err = alike(got, f.want)
	}
	row.accepts(t, f.name, err)
}
