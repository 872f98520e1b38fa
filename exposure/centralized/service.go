package centralized

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/issuer/enrollment"
)

// Variant says what a platform gets for a person's identifier (R-CEN-04).
type Variant string

const (
	// Shared gives every platform the internet number itself.
	Shared Variant = "shared"
	// Pairwise gives every application an identifier of its own.
	Pairwise Variant = "pairwise"
)

// Config is what a service needs. Desk, Variant and OperatorToken are
// required.
type Config struct {
	Desk          *enrollment.Desk
	Variant       Variant
	OperatorToken string           // who may restrict and read the log; 16 characters or more
	Now           func() time.Time // nil: time.Now
	// Record, when set, is told of each row of the log as it is written, one
	// at a time. It must not call the service.
	Record func(context.Context, LogRow)
}

// An Application is a platform's registration with the service.
type Application struct {
	OrgID, AppID string   // letters and digits, at most 32
	Name         string   // for people; may be empty
	Attributes   []string // what it may ask people to consent to
}

// application names an Application.
type application struct{ orgID, appID string }

type registration struct {
	Application
	key [sha256.Size]byte // hash of the key with which its back end calls
}

func (r *registration) id() application { return application{r.OrgID, r.AppID} }

// Service is the central service. It is an http.Handler, safe for concurrent
// use:
//
//	GET  /keys                      the key that login data is encrypted to
//	POST /enrollments/phone-codes   {"phone"}: 204
//	POST /enrollments               enrollment.Submission: 201 Enrolled, 403 Failure
//	POST /authentications           AuthenticationRequest, by a platform: 200 AuthenticationAnswer
//	POST /restrictions              Restriction, by the operator: 204
//	GET  /log                       []LogRow, for the operator
type Service struct {
	desk     *enrollment.Desk
	face     enrollment.FaceMatcher
	variant  Variant
	now      func() time.Time
	mux      *http.ServeMux
	operator [sha256.Size]byte // hash of the operator's token
	sealKey  *ecdsa.PrivateKey // opens the encrypted fields
	signKey  *ecdsa.PrivateKey // signs certificates
	secret   []byte            // keyed hashes: passwords, pairwise identifiers
	journal  journal

	// mu guards what follows. While it is held no login is decrypted, no face
	// compared and nothing sent, so that one slow caller holds nobody up.
	mu           sync.Mutex
	applications map[application]*registration
	byNumber     map[string]*account // by internet number
	byDocument   map[documentID]*account
	used         sequences
}

const minOperatorToken = 16 // characters

// New makes a service with fresh keys that knows nobody.
func New(config Config) (*Service, error) {
	switch {
	case config.Desk == nil:
		return nil, errors.New("centralized: no enrollment desk")
	case config.Variant != Shared && config.Variant != Pairwise:
		return nil, fmt.Errorf("centralized: variant %q is neither %q nor %q", config.Variant, Shared, Pairwise)
	case len(config.OperatorToken) < minOperatorToken:
		return nil, fmt.Errorf("centralized: the operator token has fewer than %d characters", minOperatorToken)
	}
	sealKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	signKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	s := &Service{
		desk: config.Desk, face: config.Desk.Face, variant: config.Variant, now: config.Now, mux: http.NewServeMux(),
		operator: sha256.Sum256([]byte(config.OperatorToken)), sealKey: sealKey, signKey: signKey, secret: []byte(rand.Text()),
		journal:      journal{record: config.Record, limit: maxLog},
		applications: make(map[application]*registration),
		byNumber:     make(map[string]*account), byDocument: make(map[documentID]*account),
		used: sequences{limit: maxSequences},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.face == nil {
		s.face = enrollment.SyntheticFaces{}
	}
	s.mux.HandleFunc("GET /keys", s.serveKeys)
	s.mux.HandleFunc("POST /enrollments/phone-codes", s.servePhoneCode)
	s.mux.HandleFunc("POST /enrollments", s.serveEnroll)
	s.mux.HandleFunc("POST /authentications", s.serveAuthenticate)
	s.mux.HandleFunc("POST /restrictions", s.byOperator(s.serveRestrict))
	s.mux.HandleFunc("GET /log", s.byOperator(s.serveLog))
	s.mux.HandleFunc("/", serveUnknown)
	return s, nil
}

// Register admits a platform's application and gives the key with which its
// back end calls the service. The service keeps the key's hash only.
func (s *Service) Register(a Application) (key string, err error) {
	if !isName(a.OrgID) || !isName(a.AppID) {
		return "", errors.New("centralized: an application needs an orgID and an appID of letters and digits, at most 32")
	}
	for _, name := range a.Attributes {
		if !knownAttribute(name) {
			return "", fmt.Errorf("centralized: unknown attribute %q", name)
		}
	}
	a.Attributes = slices.Clone(a.Attributes)
	key = rand.Text()
	r := &registration{a, sha256.Sum256([]byte(key))}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.applications[r.id()] != nil {
		return "", fmt.Errorf("centralized: application %s of %s is registered already", a.AppID, a.OrgID)
	}
	s.applications[r.id()] = r
	return key, nil
}

// registered gives the application if the key is its own, otherwise nil.
func (s *Service) registered(id application, key string) *registration {
	s.mu.Lock()
	r := s.applications[id]
	s.mu.Unlock()
	sum := sha256.Sum256([]byte(key))
	if r == nil || subtle.ConstantTimeCompare(r.key[:], sum[:]) != 1 {
		return nil
	}
	return r
}

// ServeHTTP answers the service's endpoints.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *Service) serveKeys(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: s.sealKey.Public(), Use: "enc", Algorithm: string(jose.ECDH_ES)}}})
}

// byOperator lets only the holder of the operator's token through.
func (s *Service) byOperator(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		sum := sha256.Sum256([]byte(bearer(r)))
		if subtle.ConstantTimeCompare(sum[:], s.operator[:]) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			fail(w, http.StatusUnauthorized, "operator-token", "the operator's token is missing or wrong")
			return
		}
		next(w, r)
	}
}
