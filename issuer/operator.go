package issuer

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"net/http"

	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/spec/strictjson"
)

// OfferRequest is the body of POST /offers: the operator has an offer made
// for somebody who enrolled before.
type OfferRequest struct {
	DocumentType   string   `json:"document_type"` // a spec.DocumentKind
	DocumentNumber string   `json:"document_number"`
	Configurations []string `json:"credential_configuration_ids,omitempty"` // none: all
	// Authorize offers by authorization code: the person logs in with the
	// phone's one-time code.
	Authorize bool `json:"authorize,omitempty"`
	// TxCode has the wallet ask for a transaction code, which is in the
	// answer and must reach the person by another way than the offer.
	TxCode bool `json:"tx_code,omitempty"`
}

// OfferAnswer is the answer, with status 201. Offer, address and links are
// secrets of the person.
type OfferAnswer struct {
	Offer    *openid4vci.Offer `json:"credential_offer"`
	OfferURI string            `json:"credential_offer_uri"` // serves the same offer; names it in POST /offers/status
	Link     string            `json:"wallet_link"`          // openid-credential-offer:// that refers to it
	Whole    string            `json:"wallet_link_by_value"` // the same with the offer inside
	TxCode   string            `json:"tx_code,omitempty"`
}

// OfferQuery is the body of POST /offers/status.
type OfferQuery struct {
	OfferURI string `json:"credential_offer_uri"`
}

// OfferStatus says what became of an offer within the last day.
type OfferStatus struct {
	State  string           `json:"state"` // "offered", "redeemed", "deferred" or "issued"
	Issued int              `json:"credentials_issued"`
	Event  openid4vci.Event `json:"event,omitempty"` // the wallet's last notification
}

// Confirmation is the body of POST /guardian-confirmations: what the guardian
// answered when the operator asked whether the consent in an application was
// theirs.
type Confirmation struct {
	DocumentType   string `json:"document_type"` // of the child
	DocumentNumber string `json:"document_number"`
	Consent        bool   `json:"consent"` // false: the guardian did not consent, and nothing will be issued
}

func (s *Server) serveOffers(w http.ResponseWriter, r *http.Request) error {
	var o OfferRequest
	if err := s.readOrder(w, r, &o); err != nil {
		return err
	}
	p, err := s.personWith(o.DocumentType, o.DocumentNumber)
	if err != nil {
		return err
	}
	for _, id := range o.Configurations {
		if _, ok := s.endpoint.Metadata().Configurations[id]; !ok {
			return refuse(http.StatusBadRequest, openid4vci.UnknownCredentialConfiguration, "there is no credential configuration %.80q", id)
		}
	}
	if o.Authorize && o.TxCode {
		return refuse(http.StatusBadRequest, "invalid_request", "a transaction code belongs to a pre-authorized code")
	}
	options := openid4vci.OfferOptions{Configurations: o.Configurations, Authorize: o.Authorize}
	if o.TxCode {
		if options.TxCode, err = newTxCode(); err != nil {
			return err
		}
		options.TxCodeHint = openid4vci.TxCode{Length: len(options.TxCode), Description: "the issuer's operator tells you"}
	}
	offer, address, err := s.endpoint.Offer(p.ID, options)
	if err != nil {
		return err
	}
	return answer(w, http.StatusCreated, OfferAnswer{offer, address, openid4vci.ReferenceURI(address), offer.URI(), options.TxCode})
}

const txCodeDigits = 6

func newTxCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%0*d", txCodeDigits, n), nil
}

func (s *Server) serveOfferStatus(w http.ResponseWriter, r *http.Request) error {
	var q OfferQuery
	if err := s.readOrder(w, r, &q); err != nil {
		return err
	}
	p, ok := s.endpoint.Progress(q.OfferURI)
	if !ok {
		return refuse(http.StatusNotFound, "unknown_offer", "there was no such offer within the last day")
	}
	status := OfferStatus{State: "offered", Issued: p.Issued, Event: p.Event}
	switch {
	case p.Deferred:
		status.State = "deferred"
	case p.Issued > 0:
		status.State = "issued"
	case p.Redeemed:
		status.State = "redeemed"
	}
	return answer(w, http.StatusOK, status)
}

func (s *Server) serveConfirmation(w http.ResponseWriter, r *http.Request) error {
	var c Confirmation
	if err := s.readOrder(w, r, &c); err != nil {
		return err
	}
	p, err := s.personWith(c.DocumentType, c.DocumentNumber)
	if err != nil {
		return err
	}
	if !s.register.confirm(p.ID, c.Consent) {
		return refuse(http.StatusConflict, "nothing_awaited", "no guardian's answer is awaited for this person")
	}
	return answer(w, http.StatusOK, struct{}{})
}

// readOrder reads what an operator sends, after the token.
func (s *Server) readOrder(w http.ResponseWriter, r *http.Request, into any) error {
	if err := s.authorize(w, r); err != nil {
		return err
	}
	body, err := readJSON(w, r, maxOrder)
	if err != nil {
		return err
	}
	if err := strictjson.Decode(body, into, strictjson.Limits{Depth: 2}); err != nil {
		return refuse(http.StatusBadRequest, "invalid_request", "the order: %v", err)
	}
	return nil
}

func (s *Server) personWith(kind, number string) (Person, error) {
	if number == "" || !spec.DocumentKind(kind).Known() {
		return Person{}, refuse(http.StatusBadRequest, "invalid_request", "the order: document_type must be a known kind and document_number its number")
	}
	p, ok := s.register.byNumber(documentKey{kind, number})
	if !ok {
		return Person{}, refuse(http.StatusNotFound, "unknown_person", "nobody is enrolled with that document")
	}
	return p, nil
}

// Offer has an offer made for somebody who enrolled before.
func (o *Operator) Offer(ctx context.Context, request OfferRequest) (*OfferAnswer, error) {
	var answer OfferAnswer
	if err := post(ctx, o.HTTP, o.Issuer, "/offers", o.Token, request, &answer); err != nil {
		return nil, err
	}
	return &answer, nil
}

// OfferStatus tells what became of the offer at an address.
func (o *Operator) OfferStatus(ctx context.Context, offerURI string) (*OfferStatus, error) {
	var answer OfferStatus
	if err := post(ctx, o.HTTP, o.Issuer, "/offers/status", o.Token, OfferQuery{offerURI}, &answer); err != nil {
		return nil, err
	}
	return &answer, nil
}

// Confirm passes on what a guardian answered.
func (o *Operator) Confirm(ctx context.Context, c Confirmation) error {
	return post(ctx, o.HTTP, o.Issuer, "/guardian-confirmations", o.Token, c, &struct{}{})
}
