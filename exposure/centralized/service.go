package centralized

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/issuer/enrollment"
)

// Variant says what a platform gets for a person's identifier.
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
	OperatorToken string // who may restrict and read the log; 16 characters or more
	Now           func() time.Time
	// Record, when set, is told of each row of the log as it is written.
	Record func(context.Context, LogRow)
}

// An Application is a platform's registration with the service.
type Application struct {
	OrgID, AppID string
	Name         string
	Attributes   []string // what it may ask people to consent to
	key          string
}

// Service is the central service. It is an http.Handler.
type Service struct {
	config Config
	mux    *http.ServeMux
	key    *ecdsa.PrivateKey // certificates and encrypted fields
	secret []byte            // keyed hashes: passwords, pairwise identifiers
	signer jose.Signer
	face   enrollment.FaceMatcher

	mu           sync.Mutex
	applications map[string]*Application // by orgID and appID
	byNumber     map[string]*account     // by internet number
	byDocument   map[string]*account
	used         map[string]time.Time // login sequences answered
	log          []LogRow
}

// New makes a service with fresh keys.
func New(config Config) (*Service, error) {
	switch {
	case config.Desk == nil:
		return nil, errors.New("centralized: no enrollment desk")
	case config.Variant != Shared && config.Variant != Pairwise:
		return nil, fmt.Errorf("centralized: variant %q is neither %q nor %q", config.Variant, Shared, Pairwise)
	case len(config.OperatorToken) < 16:
		return nil, errors.New("centralized: the operator token has fewer than 16 characters")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key},
		(&jose.SignerOptions{}).WithType(certificateType))
	if err != nil {
		return nil, err
	}
	s := &Service{
		config: config, mux: http.NewServeMux(), key: key, secret: []byte(rand.Text()), signer: signer, face: config.Desk.Face,
		applications: make(map[string]*Application),
		byNumber:     make(map[string]*account), byDocument: make(map[string]*account),
		used: make(map[string]time.Time),
	}
	if s.face == nil {
		s.face = enrollment.SyntheticFaces{}
	}
	s.mux.HandleFunc("GET /keys", s.serveKeys)
	s.mux.HandleFunc("POST /enrollments/phone-codes", s.servePhoneCode)
	s.mux.HandleFunc("POST /enrollments", s.serveEnroll)
	s.mux.HandleFunc("POST /authentications", s.serveAuthenticate)
	s.mux.HandleFunc("POST /restrictions", s.operator(s.serveRestrict))
	s.mux.HandleFunc("GET /log", s.operator(s.serveLog))
	return s, nil
}

// Register admits a platform's application and gives the key with which its
// back end calls the service.
func (s *Service) Register(a Application) (key string, err error) {
	if a.OrgID == "" || a.AppID == "" {
		return "", errors.New("centralized: an application needs an orgID and an appID")
	}
	for _, name := range a.Attributes {
		if !knownAttribute(name) {
			return "", fmt.Errorf("centralized: unknown attribute %q", name)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := a.OrgID + "/" + a.AppID
	if s.applications[id] != nil {
		return "", fmt.Errorf("centralized: application %s is registered already", id)
	}
	a.key = rand.Text()
	s.applications[id] = &a
	return a.key, nil
}

// ServeHTTP answers the service's endpoints.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *Service) serveKeys(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: s.key.Public(), Use: "enc"}}})
}

// operator lets only the holder of the operator token through.
func (s *Service) operator(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if subtle.ConstantTimeCompare([]byte(token), []byte(s.config.OperatorToken)) != 1 {
			fail(w, http.StatusUnauthorized, "operator-token", "the operator's token is missing or wrong")
			return
		}
		next(w, r)
	}
}

// Failure is the body of an answer that is not a login result.
type Failure struct {
	Check    string               `json:"check"`
	Rule     string               `json:"rule,omitempty"`
	Field    string               `json:"field,omitempty"`
	Error    string               `json:"error"`
	Decision *enrollment.Decision `json:"decision,omitempty"`
}

func fail(w http.ResponseWriter, status int, check, format string, args ...any) {
	reply(w, status, Failure{Check: check, Error: fmt.Sprintf(format, args...)})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// read decodes a JSON body strictly; on failure it has answered.
func (s *Service) read(w http.ResponseWriter, r *http.Request, into any) bool {
	return readJSON(w, r, enrollment.MaxSubmission, into)
}

func readJSON(w http.ResponseWriter, r *http.Request, limit int64, into any) bool {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		fail(w, http.StatusUnsupportedMediaType, "content-type", "the body must be application/json")
		return false
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, limit))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, err = d.Token(); err == io.EOF {
			return true
		}
		err = errors.New("something follows the JSON value")
	}
	fail(w, http.StatusBadRequest, "body", "%v", err)
	return false
}
