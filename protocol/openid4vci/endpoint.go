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
)

// Backend decides what an Endpoint hands out. An *Error that it returns is
// sent to the wallet; of any other error the wallet learns only that there
// was one.
type Backend interface {
	// Credential makes the credentials of a configuration for a subject that
	// was named in Endpoint.Offer: one for each holder key, in their order,
	// or exactly one when the configuration binds no key. The keys are
	// public, of P-256 or Ed25519, different from one another, and proved.
	// An ldp_vc credential is the text of a JSON object.
	Credential(ctx context.Context, subject, configuration string, holderKeys []jose.JSONWebKey) ([]string, error)
	// Renew is asked before a refresh token is taken. When it returns an
	// error the token stays as good as it was.
	Renew(ctx context.Context, subject string) error
}

// EndpointOptions are what an issuer may choose. The zero value works.
type EndpointOptions struct {
	BatchSize       int           // proofs in one credential request: 1 or more; 0 is 20
	CodeLifetime    time.Duration // 0 is 10 minutes
	AccessLifetime  time.Duration // 0 is 10 minutes
	RefreshLifetime time.Duration // of an unused refresh token; 0 is 180 days
	NonceLifetime   time.Duration // 0 is 5 minutes
	TxCodeTries     int           // wrong transaction codes before the offer is void; 0 is 5
	Display         []Display
	Now             func() time.Time // nil: time.Now
}

// Endpoint is the issuer's end: an http.Handler for both metadata documents,
// offers by reference, tokens, nonces and credentials.
type Endpoint struct {
	issuer  *url.URL
	meta    IssuerMetadata
	server  AuthorizationServerMetadata
	backend Backend
	ledger  *ledger
	minter  *minter
	lives   lifetimes
	tries   int
	now     func() time.Time
	routes  map[string]route
	offers  string // path of the offers, with its slash
}

type lifetimes struct{ code, access, refresh, nonce time.Duration }

type route struct {
	method string
	serve  func(http.ResponseWriter, *http.Request) error
}

const (
	maxTokenRequest = 16 << 10 // bytes
	maxBatch        = 1000
	maxUnfinished   = 1 << 20         // codes, tokens and used nonces kept, of each
	proofMaxAge     = 5 * time.Minute // since iat
	proofMaxSkew    = time.Minute     // of a wallet's clock that is fast
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
	base := strings.TrimSuffix(issuer, "/")
	e := &Endpoint{
		issuer: u,
		meta: IssuerMetadata{
			Issuer: issuer, CredentialEndpoint: base + "/credential", NonceEndpoint: base + "/nonce",
			Display: o.Display, Configurations: maps.Clone(configurations),
		},
		server: AuthorizationServerMetadata{
			Issuer: issuer, TokenEndpoint: base + "/token", GrantTypes: []string{grantPreAuthorized, grantRefresh},
			TokenAuth: []string{"none"}, AnonymousAccess: true,
		},
		backend: backend,
		ledger:  newLedger(maxUnfinished),
		minter:  newMinter(),
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
	if batch > 1 {
		e.meta.Batch = &Batch{batch}
	}
	if err := e.meta.check(issuer); err != nil {
		return nil, fmt.Errorf("openid4vci: %w", err)
	}
	for id, c := range e.meta.Configurations {
		if len(c.ProofTypes) > 0 && len(c.ProofTypes["jwt"].SigningAlgs) == 0 {
			return nil, fmt.Errorf("openid4vci: configuration %s takes no jwt proof", id)
		}
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	e.offers = path + "/offers/"
	e.routes = map[string]route{
		wellKnownPath(u, IssuerMetadataName):              {http.MethodGet, e.serveIssuerMetadata},
		wellKnownPath(u, AuthorizationServerMetadataName): {http.MethodGet, e.serveServerMetadata},
		path + "/token":      {http.MethodPost, e.serveToken},
		path + "/nonce":      {http.MethodPost, e.serveNonce},
		path + "/credential": {http.MethodPost, e.serveCredential},
	}
	return e, nil
}

// Metadata gives what the endpoint publishes of the issuer.
func (e *Endpoint) Metadata() IssuerMetadata { return e.meta }

// OfferOptions say how an offer may be redeemed. The zero value offers every
// configuration and asks for no transaction code.
type OfferOptions struct {
	Configurations []string
	TxCode         string // what the person must enter, sent to them by another way
	TxCodeHint     TxCode // how the wallet should ask for it
}

// Offer authorizes whoever redeems its code to obtain the subject's
// credentials. offerURL serves the same offer until it is redeemed or
// expires; offer and address are secrets. The subject is any name by which
// the Backend knows the person.
func (e *Endpoint) Offer(subject string, o OfferOptions) (offer *Offer, offerURL string, err error) {
	ids := slices.Clone(o.Configurations)
	if ids == nil {
		ids = slices.Sorted(maps.Keys(e.meta.Configurations))
	}
	for _, id := range ids {
		if _, ok := e.meta.Configurations[id]; !ok {
			return nil, "", fmt.Errorf("openid4vci: offer of an unknown configuration %s", id)
		}
	}
	pre := &PreAuthorized{Code: newSecret()}
	c := code{family: &family{subject: subject, configurations: ids}}
	if o.TxCode != "" {
		hint := o.TxCodeHint
		if err := errors.Join(hint.checkHint(), hint.checkEntered(o.TxCode)); err != nil {
			return nil, "", fmt.Errorf("openid4vci: transaction code: %w", err)
		}
		sum, tries := digest(o.TxCode), e.tries
		pre.TxCode, c.tx, c.tries = &hint, &sum, &tries
	}
	offer = &Offer{Issuer: e.meta.Issuer, Configurations: ids, Grants: Grants{PreAuthorized: pre}}
	if err := offer.check(); err != nil {
		return nil, "", err
	}
	id, err := e.ledger.offer(offer, c, e.now(), e.lives.code)
	if err != nil {
		return nil, "", err
	}
	return offer, strings.TrimSuffix(e.meta.Issuer, "/") + "/offers/" + id, nil
}

// ServeHTTP answers every path of the endpoint, with JSON also where it
// refuses.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	to, ok := e.routes[r.URL.EscapedPath()]
	if !ok && strings.HasPrefix(r.URL.EscapedPath(), e.offers) {
		to, ok = route{http.MethodGet, e.serveOffer}, true
	}
	var err error
	switch {
	case !ok:
		err = refuse(http.StatusNotFound, InvalidRequest, "no such path")
	case r.Method != to.method && (r.Method != http.MethodHead || to.method != http.MethodGet):
		w.Header().Set("Allow", to.method)
		err = refuse(http.StatusMethodNotAllowed, InvalidRequest, "only %s is served here", to.method)
	default:
		err = to.serve(w, r)
	}
	if err != nil {
		answerError(w, err)
	}
}

func (e *Endpoint) serveIssuerMetadata(w http.ResponseWriter, r *http.Request) error {
	return answer(w, http.StatusOK, e.meta)
}

func (e *Endpoint) serveServerMetadata(w http.ResponseWriter, r *http.Request) error {
	return answer(w, http.StatusOK, e.server)
}

func (e *Endpoint) serveOffer(w http.ResponseWriter, r *http.Request) error {
	offer, ok := e.ledger.offered(strings.TrimPrefix(r.URL.EscapedPath(), e.offers), e.now())
	if !ok {
		return refuse(http.StatusNotFound, InvalidRequest, "the offer is unknown, redeemed or expired")
	}
	return answer(w, http.StatusOK, offer)
}

func answer(w http.ResponseWriter, status int, v any) error {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(b.String())) // the client is gone if this fails
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
