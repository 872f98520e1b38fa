package verifier

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/protocol/fetch"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

// Config says who the verifier is and whom it trusts. URL and Issuers are
// required.
type Config struct {
	URL     string // own origin, such as https://platform.example; http for loopback hosts and *.localhost
	Issuers TrustedIssuers

	// Identities sign requests; without one, requests are unsigned and their
	// client identifier is the response URI's. The first is used unless a
	// request names another prefix.
	Identities   []*openid4vp.Identity
	VerifierInfo []openid4vp.VerifierInfo // what others say about the verifier, in every request

	TrustedLists openid4vp.TrustedLists // for queries that name etsi_tl; may be nil

	Policies   map[string]openid4vp.Query // queries that POST /requests may name
	Lifetime   time.Duration              // how long a request can be answered, and its result read; 5 minutes when 0
	MaxPending int                        // requests that wait at once, and results that are kept; 10,000 each when 0
	Now        func() time.Time           // time.Now when nil

	// StatusLists fetches the status lists that credentials name. When nil, it
	// is a client that reaches public addresses only, and this machine too
	// when URL is on it.
	StatusLists *http.Client

	// BackendToken is the bearer token for POST /requests and GET
	// /results/{id}. Without one these two answer connections from loopback
	// addresses only, under the own host name, and none that a proxy passed
	// on.
	BackendToken string
}

// TrustedIssuers are the issuers whose credentials count, each with its keys.
type TrustedIssuers struct {
	SDJWT map[string]jose.JSONWebKeySet // by iss
	BBS   []*bbs.PublicKey              // issuer and verification method are the did:key of the key
	JWP   map[string]*bbs.PublicKey     // by iss

	// Authorities certify issuers of SD-JWTs: one whose certificates lead to
	// any of them is trusted (see [jws.Signer.Certified]), beside those above.
	Authorities []*x509.Certificate
}

// Server asks and checks. It is safe for concurrent use.
type Server struct {
	config      Config
	host        string
	responseURI string
	bbs         map[string]*bbs.PublicKey // by verification method
	status      *statusLists
	sessions    *sessions
	accounts    *Accounts
	mux         *http.ServeMux
}

// New makes a verifier.
func New(c Config) (*Server, error) {
	c.URL = strings.TrimSuffix(c.URL, "/")
	u, err := openid4vp.CheckAddress(c.URL)
	if err != nil {
		return nil, fmt.Errorf("verifier: own URL: %w", err)
	}
	if u.Path != "" || u.RawQuery != "" {
		return nil, fmt.Errorf("verifier: own URL %s is more than an origin", c.URL)
	}
	if len(c.Issuers.SDJWT) == 0 && len(c.Issuers.BBS) == 0 && len(c.Issuers.JWP) == 0 && len(c.Issuers.Authorities) == 0 {
		return nil, errors.New("verifier: no issuer is trusted, so nothing could be accepted")
	}
	for iss, set := range c.Issuers.SDJWT {
		if iss == "" || len(set.Keys) == 0 {
			return nil, fmt.Errorf("verifier: trusted issuer %q has no key", iss)
		}
		for _, k := range set.Keys {
			if !k.Valid() || !k.IsPublic() {
				return nil, fmt.Errorf("verifier: trusted issuer %q: key %q is not a valid public key", iss, k.KeyID)
			}
		}
	}
	if slices.Contains(c.Identities, nil) {
		return nil, errors.New("verifier: an identity is nil")
	}
	for name, q := range c.Policies {
		if err := q.Validate(); err != nil {
			return nil, fmt.Errorf("verifier: policy %q: %w", name, err)
		}
		if err := q.CheckAuthorities(c.TrustedLists); err != nil {
			return nil, fmt.Errorf("verifier: policy %q: %w", name, err)
		}
	}
	if c.Lifetime < 0 || c.MaxPending < 0 {
		return nil, errors.New("verifier: lifetime or bound is negative")
	}
	if c.Lifetime == 0 {
		c.Lifetime = 5 * time.Minute
	}
	if c.MaxPending == 0 {
		c.MaxPending = 10_000
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.StatusLists == nil {
		c.StatusLists = fetch.New(fetch.Options{AllowLoopback: fetch.OnThisMachine(u.Hostname()), Timeout: statusTimeout})
	}
	s := &Server{
		config:      c,
		host:        u.Host,
		responseURI: c.URL + "/responses",
		bbs:         map[string]*bbs.PublicKey{},
		status:      newStatusLists(c.StatusLists, c.Now),
		sessions:    newSessions(c.MaxPending, c.Lifetime),
		accounts:    newAccounts(),
	}
	for _, k := range c.Issuers.BBS {
		if k == nil {
			return nil, errors.New("verifier: trusted BBS key is nil")
		}
		s.bbs[bbs2023.VerificationMethod(k)] = k
	}
	for iss, k := range c.Issuers.JWP {
		if iss == "" || k == nil {
			return nil, fmt.Errorf("verifier: trusted issuer %q has no BBS key", iss)
		}
	}
	s.mux = s.routes()
	return s, nil
}

// ClientID is the verifier's full client identifier, to which presentations
// are bound unless a request names another prefix.
func (s *Server) ClientID() string {
	if len(s.config.Identities) > 0 {
		return s.config.Identities[0].ClientID
	}
	return openid4vp.ClientID(s.responseURI)
}

// Accounts are the platform's accounts.
func (s *Server) Accounts() *Accounts { return s.accounts }

// metadata says what can be checked: the formats with a trusted issuer.
func (s *Server) metadata() openid4vp.Metadata {
	m := openid4vp.Metadata{Formats: map[credential.Format]openid4vp.FormatSupport{}}
	if len(s.config.Issuers.SDJWT) > 0 || len(s.config.Issuers.Authorities) > 0 {
		algs := []string{"ES256", "ES384", "EdDSA", "Ed25519"}
		m.Formats[credential.SDJWT] = openid4vp.FormatSupport{SDJWTAlgs: algs, KBJWTAlgs: algs}
	}
	if len(s.bbs) > 0 {
		m.Formats[credential.BBS2023] = openid4vp.FormatSupport{
			ProofTypes: []string{"DataIntegrityProof"}, Cryptosuites: []string{"bbs-2023"},
		}
	}
	if len(s.config.Issuers.JWP) > 0 {
		m.Formats[credential.JWPBBS] = openid4vp.FormatSupport{JWPAlgs: []string{jwpbbs.Algorithm}}
	}
	return m
}

// sdjwtKey gives the key of a trusted issuer.
func (s *Server) sdjwtKey(by jws.Signer) (*jose.JSONWebKey, error) {
	set, ok := s.config.Issuers.SDJWT[by.Issuer]
	if !ok && len(s.config.Issuers.Authorities) > 0 && len(by.Chain) > 0 {
		return by.Certified(s.config.Issuers.Authorities, s.config.Now())
	}
	if !ok {
		return nil, errors.New("the issuer is not trusted")
	}
	keys := set.Keys
	if by.KeyID != "" {
		keys = set.Key(by.KeyID)
	}
	if len(keys) != 1 {
		return nil, fmt.Errorf("%d of the issuer's keys fit", len(keys))
	}
	return &keys[0], nil
}

// bbsKey gives the key of a trusted issuer.
func (s *Server) bbsKey(method string) (*bbs.PublicKey, error) {
	k, ok := s.bbs[method]
	if !ok {
		return nil, errors.New("the issuer is not trusted")
	}
	return k, nil
}

var _ http.Handler = (*Server)(nil)

// ownHost tells whether host, as in a Host header, is the own one.
func (s *Server) ownHost(host string) bool {
	u, err := url.Parse("//" + host)
	return err == nil && strings.EqualFold(u.Host, s.host)
}
