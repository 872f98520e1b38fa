package openid4vci

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/protocol/fetch"
)

// Backend decides what an Endpoint hands out. An *Error that it returns is
// sent to the wallet; of any other error the wallet learns only that there
// was one.
type Backend interface {
	// Credential makes the credentials of a configuration for a subject that
	// was named in Endpoint.Offer or by a Login: one for each proof, in their
	// order, or exactly one when the configuration binds no key. An ldp_vc
	// credential is the text of a JSON object. With a *Pending error the
	// wallet is told to come back, and Credential is asked again then, with
	// the same proofs.
	Credential(ctx context.Context, subject, configuration string, proved []Proved) ([]string, error)
	// Renew is asked before a refresh token is taken. When it returns an
	// error the token stays as good as it was.
	Renew(ctx context.Context, subject string) error
}

// Pending says that credentials cannot be made yet (section 9).
type Pending struct {
	Interval time.Duration // after which the wallet may ask again; 0 is 5 seconds
}

func (p *Pending) Error() string { return "openid4vci: the credential is not ready yet" }

// EndpointOptions are what an issuer may choose. The zero value works: it
// has the pre-authorized code and proofs of type jwt.
type EndpointOptions struct {
	// Login lets people in at the authorization endpoint. Without one there
	// is no authorization code.
	Login Login
	// Clients are the wallets that may use the authorization code, by their
	// client_id. A client_id that is an https URL needs no entry: its
	// metadata is fetched from there.
	Clients map[string]ClientMetadata
	// HTTP fetches client metadata; nil is fetch.New(fetch.Options{}).
	HTTP *http.Client
	// ProofTypes are taken beside jwt, by their names.
	ProofTypes map[string]ProofVerifier
	// RequireDPoP refuses bearer tokens, as HAIP 1.0 section 4 asks.
	RequireDPoP bool
	// MetadataSigner signs the metadata for wallets that ask for that (section
	// 12.2.3). The certificates of a jose.JSONWebKey become x5c; the trust
	// anchor stays out of them.
	MetadataSigner *jose.SigningKey
	// Notified is told what a wallet says of credentials that it got.
	Notified func(ctx context.Context, subject, configuration string, event Event, description string)

	BatchSize       int           // proofs in one credential request: 1 or more; 0 is 20
	CodeLifetime    time.Duration // of offers and logins; 0 is 10 minutes
	AccessLifetime  time.Duration // 0 is 10 minutes
	RefreshLifetime time.Duration // of an unused refresh token and a deferred credential; 0 is 180 days
	NonceLifetime   time.Duration // 0 is 5 minutes
	TxCodeTries     int           // wrong transaction codes before the offer is void; 0 is 5
	Display         []Display
	Now             func() time.Time // nil: time.Now
}

// Endpoint is the issuer's end: an http.Handler for both metadata documents,
// offers by reference, authorization, tokens, nonces, credentials and
// notifications.
type Endpoint struct {
	base       string // issuer identifier without a last slash, where the paths start
	path       string // of base
	meta       IssuerMetadata
	server     AuthorizationServerMetadata
	backend    Backend
	options    EndpointOptions
	proofTypes map[string]ProofVerifier
	ledger     *ledger
	minter     *minter
	secrecy    *decrypter
	lives      lifetimes
	tries      int
	now        func() time.Time
	routes     map[string]methods
	clients    *clients
}

type lifetimes struct{ code, access, refresh, nonce time.Duration }

type methods map[string]func(http.ResponseWriter, *http.Request) error

const (
	maxTokenRequest = 16 << 10 // bytes
	maxBatch        = 1000
	maxUnfinished   = 1 << 20 // codes, tokens and used nonces kept, of each
	maxLogins       = 1 << 14 // of those that anybody may begin, and of pushed requests
)

// NewEndpoint makes the endpoint of the issuer with that identifier, which is
// also where its paths start, and with those configurations.
func NewEndpoint(issuer string, configurations map[string]CredentialConfiguration, backend Backend, o EndpointOptions) (*Endpoint, error) {
	if err := checkIssuerID(issuer); err != nil {
		return nil, fmt.Errorf("openid4vci: issuer identifier: %w", err)
	}
	u, err := url.Parse(issuer)
	if err != nil {
		return nil, err
	}
	if backend == nil {
		return nil, errors.New("openid4vci: an endpoint needs a backend")
	}
	batch := cmp.Or(o.BatchSize, 20)
	if batch < 1 || batch > maxBatch {
		return nil, fmt.Errorf("openid4vci: batch size %d is not 1 to %d", batch, maxBatch)
	}
	e := &Endpoint{
		base: strings.TrimSuffix(issuer, "/"), path: strings.TrimSuffix(u.EscapedPath(), "/"),
		backend: backend, options: o,
		proofTypes: map[string]ProofVerifier{jwtProofs: jwtVerifier{}},
		ledger:     newLedger(maxUnfinished),
		minter:     newMinter(),
		lives: lifetimes{
			cmp.Or(o.CodeLifetime, 10*time.Minute), cmp.Or(o.AccessLifetime, 10*time.Minute),
			cmp.Or(o.RefreshLifetime, 180*24*time.Hour), cmp.Or(o.NonceLifetime, 5*time.Minute),
		},
		tries: cmp.Or(o.TxCodeTries, 5),
		now:   o.Now,
	}
	if e.now == nil {
		e.now = time.Now
	}
	if e.options.HTTP == nil {
		e.options.HTTP = fetch.New(fetch.Options{})
	}
	if e.secrecy, err = newDecrypter(); err != nil {
		return nil, err
	}
	if e.clients, err = newClients(o.Clients); err != nil {
		return nil, err
	}
	maps.Copy(e.proofTypes, o.ProofTypes)
	e.describe(issuer, configurations, batch)
	if e.meta.RequestEncryption, err = e.secrecy.requestEncryption(); err != nil {
		return nil, err
	}
	if err := e.meta.check(issuer); err != nil {
		return nil, fmt.Errorf("openid4vci: %w", err)
	}
	for id, c := range e.meta.Configurations {
		for kind, proof := range c.ProofTypes {
			if e.proofTypes[kind] == nil || len(proof.SigningAlgs) == 0 {
				return nil, fmt.Errorf("openid4vci: configuration %s: nothing verifies proofs of type %q, or it has no algorithm", id, kind)
			}
		}
	}
	if o.MetadataSigner != nil {
		if _, err := e.signMetadata(); err != nil {
			return nil, err
		}
	}
	e.routes = map[string]methods{
		wellKnownPath(u, IssuerMetadataName):              {http.MethodGet: e.serveIssuerMetadata},
		wellKnownPath(u, AuthorizationServerMetadataName): {http.MethodGet: e.serveServerMetadata},
		e.path + tokenPath:                                {http.MethodPost: e.serveToken},
		e.path + noncePath:                                {http.MethodPost: e.serveNonce},
		e.path + credentialPath:                           {http.MethodPost: e.serveCredential},
		e.path + deferredPath:                             {http.MethodPost: e.serveDeferred},
		e.path + notificationPath:                         {http.MethodPost: e.serveNotification},
	}
	if o.Login != nil {
		e.routes[e.path+pushPath] = methods{http.MethodPost: e.servePushed}
		e.routes[e.path+authorizePath] = methods{http.MethodGet: e.serveAuthorize, http.MethodPost: e.serveLogin}
	}
	return e, nil
}

const (
	tokenPath        = "/token"
	noncePath        = "/nonce"
	credentialPath   = "/credential"
	deferredPath     = "/deferred_credential"
	notificationPath = "/notification"
	pushPath         = "/par"
	authorizePath    = "/authorize"
	offersPath       = "/offers/"
)

// describe fills in both metadata documents.
func (e *Endpoint) describe(issuer string, configurations map[string]CredentialConfiguration, batch int) {
	e.meta = IssuerMetadata{
		Issuer: issuer, CredentialEndpoint: e.base + credentialPath, NonceEndpoint: e.base + noncePath,
		DeferredEndpoint: e.base + deferredPath, NotificationEndpoint: e.base + notificationPath,
		ResponseEncryption: &ResponseEncryption{Algs: []string{keyAgreement}, Encs: contentEncryptions},
		Display:            e.options.Display, Configurations: maps.Clone(configurations),
	}
	if batch > 1 {
		e.meta.Batch = &Batch{batch}
	}
	e.server = AuthorizationServerMetadata{
		Issuer: issuer, TokenEndpoint: e.base + tokenPath, GrantTypes: []string{grantPreAuthorized, grantRefresh},
		TokenAuth: []string{"none"}, AnonymousAccess: true, DPoPAlgs: ProofAlgs, DetailTypes: []string{detailType},
		ResponseTypes: []string{},
	}
	if e.options.Login == nil {
		return
	}
	e.server.GrantTypes = append(e.server.GrantTypes, grantAuthorizationCode)
	e.server.AuthorizationEndpoint, e.server.PushEndpoint = e.base+authorizePath, e.base+pushPath
	e.server.RequirePush, e.server.NamesIssuer, e.server.ClientDocuments = true, true, true
	e.server.ResponseTypes, e.server.ChallengeMethods = []string{"code"}, []string{challengeMethod}
	for _, c := range e.meta.Configurations {
		if c.Scope != "" && !slices.Contains(e.server.Scopes, c.Scope) {
			e.server.Scopes = append(e.server.Scopes, c.Scope)
		}
	}
	slices.Sort(e.server.Scopes)
}

// Metadata gives what the endpoint publishes of the issuer.
func (e *Endpoint) Metadata() IssuerMetadata { return e.meta }

// ServeHTTP answers every path of the endpoint, with JSON also where it
// refuses.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	to, ok := e.routes[path]
	if !ok && strings.HasPrefix(path, e.path+offersPath) {
		to, ok = methods{http.MethodGet: e.serveOffer}, true
	}
	method := r.Method
	if method == http.MethodHead && path != e.path+authorizePath { // which spends what it is asked for
		method = http.MethodGet
	}
	serve := to[method]
	var err error
	switch {
	case !ok:
		err = refuse(http.StatusNotFound, InvalidRequest, "no such path")
	case serve == nil:
		allowed := slices.Sorted(maps.Keys(to))
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		err = refuse(http.StatusMethodNotAllowed, InvalidRequest, "only %s is served here", strings.Join(allowed, " and "))
	default:
		err = serve(w, r)
	}
	if err != nil {
		answerError(w, err)
	}
}

func (e *Endpoint) serveIssuerMetadata(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Vary", "Accept")
	if e.options.MetadataSigner != nil && prefers(r, mediaJWT) {
		signed, err := e.signMetadata()
		if err != nil {
			return err
		}
		return answerText(w, http.StatusOK, mediaJWT, signed)
	}
	return answer(w, http.StatusOK, e.meta)
}

func (e *Endpoint) serveServerMetadata(w http.ResponseWriter, r *http.Request) error {
	e.giveDPoPNonce(w) // which saves the wallet a refusal
	return answer(w, http.StatusOK, e.server)
}

const (
	mediaJSON = "application/json"
	mediaJWT  = "application/jwt"
	mediaForm = "application/x-www-form-urlencoded"
)

func answer(w http.ResponseWriter, status int, v any) error {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	return answerText(w, status, mediaJSON, b.String())
}

func answerText(w http.ResponseWriter, status int, kind, body string) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // the client is gone if this fails
	return nil
}

// answerError sends an *Error as it is and anything else as server_error:
// its text could speak of a person.
func answerError(w http.ResponseWriter, err error) {
	refusal := &Error{Status: http.StatusInternalServerError, Code: ServerError, Description: "the issuer failed"}
	var e *Error
	if errors.As(err, &e) {
		refusal = &Error{cmp.Or(e.Status, http.StatusBadRequest), e.Code, printable(e.Description)}
	}
	if err := answer(w, refusal.Status, refusal); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
	}
}
