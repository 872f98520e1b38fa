package issuer

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/halfmask/halfmask/spec"
)

// Order is the body of POST /restrictions: the operator orders that the
// person with a document is not issued anything more, or lifts that order.
// There is no member for a platform: the issuer could not single one out.
type Order struct {
	DocumentType   string `json:"document_type"` // a spec.DocumentKind
	DocumentNumber string `json:"document_number"`
	Lift           bool   `json:"lift,omitempty"`
}

// OrderAnswer tells the operator what an order does and does not do.
type OrderAnswer struct {
	Restricted bool      `json:"restricted"`
	Since      spec.Date `json:"since,omitzero"`
	// UntilThen is when the last credential that the person has ends: until
	// then the order does not bite, but for credentials with a place in a
	// status list. Zero when none was issued.
	UntilThen time.Time `json:"issued_credentials_valid_until,omitzero"`
	Revoked   int       `json:"credentials_revoked,omitempty"` // those with a place
}

const maxOrder = 4096 // bytes

func (s *Server) serveRestriction(w http.ResponseWriter, r *http.Request) error {
	if err := s.authorize(w, r); err != nil {
		return err
	}
	body, err := readJSON(w, r, maxOrder)
	if err != nil {
		return err
	}
	var o Order
	if err := decodeFlat(body, &o); err != nil {
		return refuse(http.StatusBadRequest, "invalid_request", "the order: %v", err)
	}
	if o.DocumentNumber == "" || !spec.DocumentKind(o.DocumentType).Known() {
		return refuse(http.StatusBadRequest, "invalid_request", "the order: document_type must be a known kind and document_number its number")
	}
	on := spec.DateOf(s.now())
	if o.Lift {
		on = spec.Date{}
	}
	p, ok := s.register.restrict(documentKey{o.DocumentType, o.DocumentNumber}, on)
	if !ok {
		return refuse(http.StatusNotFound, "unknown_person", "nobody is enrolled with that document")
	}
	a := OrderAnswer{Restricted: !p.Restricted.IsZero(), Since: p.Restricted, UntilThen: p.ValidUntil}
	if s.status != nil && a.Restricted {
		if err := s.status.revoke(p.Status); err != nil {
			return err
		}
		a.Revoked = len(p.Status)
	}
	return answer(w, http.StatusOK, a)
}

// authorize takes the operator's token from the Authorization header only.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) error {
	if s.operator == nil {
		return refuse(http.StatusNotFound, "invalid_request", "this issuer takes no orders")
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(token))
	if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(sum[:], s.operator[:]) != 1 {
		w.Header().Set("WWW-Authenticate", "Bearer")
		return refuse(http.StatusUnauthorized, "invalid_token", "the operator's token is required in Authorization")
	}
	return nil
}
