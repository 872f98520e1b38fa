package issuer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
)

// Names of the credential configurations.
const (
	PersonSDJWT = "person-sd-jwt"
	PersonBBS   = "person-bbs"
	PersonJWP   = "person-jwp"
)

// Config says who an issuer is. URL, Desk and both keys are required.
type Config struct {
	// URL identifies the issuer and is where its paths start: https, or http
	// on this machine; without query.
	URL string
	// Desk decides who is enrolled.
	Desk *enrollment.Desk
	// SigningKey signs person-sd-jwt: ES256 with P-256, or EdDSA with
	// Ed25519. A key without identifier gets its thumbprint as one.
	SigningKey jose.SigningKey
	// BBSKey signs person-bbs and person-jwp, whose cipher suites keep the
	// signatures apart.
	BBSKey *bbs.SecretKey

	// OperatorToken lets its bearer order restrictions: 16 characters or
	// more. Without one nobody can.
	OperatorToken string
	// Certificates are the chain of SigningKey, its own certificate first and
	// the authority's own left out. With one, person-sd-jwt carries it as x5c
	// (HAIP 1.0 section 6.1.1) in place of the key's name.
	Certificates []*x509.Certificate
	// StatusPlaces gives every person-sd-jwt a place in a status list, one
	// list of that many places for each validity epoch, so that a restriction
	// takes effect within minutes and not at the end of the epoch. A place is
	// unique: it makes the credential linkable by whoever sees it twice. 0: no
	// lists.
	StatusPlaces int
	// AwaitGuardian has the issuer wait with the credentials of somebody for
	// whom a guardian consented until the operator passes on that guardian's
	// confirmation.
	AwaitGuardian bool
	// Clients are the wallets that may use the authorization code, by their
	// client_id; HTTP fetches the metadata of others from their client_id
	// (nil: from public addresses only). See openid4vci.EndpointOptions.
	Clients map[string]openid4vci.ClientMetadata
	HTTP    *http.Client
	// RequireDPoP refuses wallets that do not bind their tokens to a key.
	RequireDPoP bool
	// ConformanceKey signs what POST /credentials/issue of the VC API is
	// given. Without one there is no VC API. It must not be BBSKey.
	ConformanceKey *bbs.SecretKey
	// BatchSize is how many person-sd-jwt one request may ask for; 0 is 20.
	BatchSize int
	// Epoch gives the validity of credentials issued at a time; nil: spec.Epoch.
	// It stands in plain sight of every verifier: what tells the people of one
	// issuer apart there, such as the second of issuance, links them.
	Epoch func(now time.Time) (from, until time.Time)
	Now   func() time.Time // nil: time.Now
}

// Server is an issuer. It is an http.Handler, safe for concurrent use.
type Server struct {
	desk     *enrollment.Desk
	signing  jose.SigningKey
	bbsKey   *bbs.SecretKey
	layout   *jwpbbs.Layout     // of person-jwp
	operator *[sha256.Size]byte // of the operator's token; nil: nobody
	url      string
	now      func() time.Time
	epoch    func(time.Time) (from, until time.Time)
	register *register
	endpoint *openid4vci.Endpoint
	routes   map[string]route
	keys     jwtVCIssuer
	status   *statusLists // nil: none

	awaitGuardian bool
	conformance   *bbs.SecretKey // nil: no VC API
}

type route struct {
	method string
	serve  func(http.ResponseWriter, *http.Request) error
}

const minOperatorToken = 16 // characters

// New makes an issuer that knows nobody yet.
func New(c Config) (*Server, error) {
	switch {
	case c.Desk == nil:
		return nil, errors.New("issuer: no enrollment desk")
	case c.BBSKey == nil:
		return nil, errors.New("issuer: no BBS key")
	case c.OperatorToken != "" && len(c.OperatorToken) < minOperatorToken:
		return nil, fmt.Errorf("issuer: the operator token is shorter than %d characters", minOperatorToken)
	case c.ConformanceKey != nil && bytes.Equal(c.ConformanceKey.Bytes(), c.BBSKey.Bytes()):
		return nil, errors.New("issuer: the conformance key must not be the BBS key: it would sign anything as a person")
	}
	signing, public, err := named(c.SigningKey)
	if err != nil {
		return nil, fmt.Errorf("issuer: signing key: %w", err)
	}
	if signing, err = certified(signing, public, c.Certificates); err != nil {
		return nil, fmt.Errorf("issuer: certificates: %w", err)
	}
	s := &Server{
		desk: c.Desk, signing: signing, bbsKey: c.BBSKey, url: c.URL, now: c.Now, epoch: c.Epoch, register: newRegister(),
		keys: jwtVCIssuer{
			Issuer: c.URL, JWKS: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}},
			BBS: bbs2023.VerificationMethod(c.BBSKey.PublicKey()),
		},
		awaitGuardian: c.AwaitGuardian, conformance: c.ConformanceKey,
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.epoch == nil {
		s.epoch = spec.Epoch
	}
	if c.OperatorToken != "" {
		sum := sha256.Sum256([]byte(c.OperatorToken))
		s.operator = &sum
	}
	if s.layout, err = jwpbbs.PersonLayout(c.URL); err != nil {
		return nil, fmt.Errorf("issuer: %w", err)
	}
	s.endpoint, err = openid4vci.NewEndpoint(c.URL, configurations(signing.Algorithm), backend{s}, openid4vci.EndpointOptions{
		ProofTypes: map[string]openid4vci.ProofVerifier{openid4vci.LinkSecretProofs: openid4vci.LinkSecretVerifier{}},
		BatchSize:  c.BatchSize, Now: s.now, Display: []openid4vci.Display{{Name: "Halfmask issuer (synthetic people only)", Locale: "en"}},
		Login: login{s}, Clients: c.Clients, HTTP: c.HTTP, RequireDPoP: c.RequireDPoP, MetadataSigner: &signing,
	})
	if err != nil {
		return nil, fmt.Errorf("issuer: %w", err)
	}
	wellKnown, err := openid4vci.WellKnown(c.URL, "jwt-vc-issuer")
	if err != nil {
		return nil, fmt.Errorf("issuer: %w", err)
	}
	path := pathOf(strings.TrimSuffix(c.URL, "/"))
	if c.StatusPlaces > 0 {
		s.status = newStatusLists(strings.TrimSuffix(c.URL, "/")+statusPath, path+statusPath, c.StatusPlaces, signing, s.now)
	}
	s.routes = map[string]route{
		pathOf(wellKnown):                 {http.MethodGet, s.serveKeys},
		path + "/enrollments/phone-codes": {http.MethodPost, s.servePhoneCode},
		path + "/enrollments":             {http.MethodPost, s.serveEnrollment},
		path + "/restrictions":            {http.MethodPost, s.serveRestriction},
		path + "/guardian-confirmations":  {http.MethodPost, s.serveConfirmation},
		path + "/offers":                  {http.MethodPost, s.serveOffers},
		path + "/offers/status":           {http.MethodPost, s.serveOfferStatus},
		path + "/credentials/issue":       {http.MethodPost, s.serveIssueCredential},
		path + "/credentials/derive":      {http.MethodPost, s.serveDeriveCredential},
	}
	return s, nil
}

// pathOf gives the path of a URL that NewEndpoint or WellKnown accepted.
func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.EscapedPath()
}

// BBSIssuer is the did:key that names the issuer of person-bbs.
func (s *Server) BBSIssuer() string { return bbs2023.Issuer(s.bbsKey.PublicKey()) }

// JWKS are the public keys of person-sd-jwt.
func (s *Server) JWKS() jose.JSONWebKeySet {
	return jose.JSONWebKeySet{Keys: append([]jose.JSONWebKey(nil), s.keys.JWKS.Keys...)}
}

// ServeHTTP answers the paths that the package comment lists.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.status.serve(w, r) {
		return
	}
	to, ok := s.routes[r.URL.EscapedPath()]
	if !ok {
		s.endpoint.ServeHTTP(w, r)
		return
	}
	var err error
	if r.Method == to.method || (r.Method == http.MethodHead && to.method == http.MethodGet) {
		err = to.serve(w, r)
	} else {
		w.Header().Set("Allow", to.method)
		err = refuse(http.StatusMethodNotAllowed, "invalid_request", "only %s is served here", to.method)
	}
	if err != nil {
		answerError(w, err)
	}
}

// backend lets the endpoint ask for credentials without making that part of
// what a Server offers its users.
type backend struct{ s *Server }

func (b backend) Credential(_ context.Context, subject, configuration string, proved []openid4vci.Proved) ([]string, error) {
	return b.s.issue(subject, configuration, proved)
}

func (b backend) Renew(_ context.Context, subject string) error {
	_, err := b.s.register.inGoodStanding(subject)
	return err
}
