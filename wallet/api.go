package wallet

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec/strictjson"
)

// MinAPIToken is the least number of characters of an API token.
const MinAPIToken = 16

const maxAPIRequest = 64 << 10 // bytes

// API lets a program use a wallet, as a person does: over HTTP, with a bearer
// token, on this machine. spec/openapi/wallet.yaml describes it.
//
//	GET  /credentials    what List gives
//	POST /offers         Accept
//	POST /presentations  Present, within what the request allows
//	POST /renewals       Renew
//	GET  /log            what Log gives
type API struct {
	wallet *Wallet
	token  [sha256.Size]byte
	mux    *http.ServeMux
}

// NewAPI serves a wallet to whoever has the token, of at least MinAPIToken
// characters. There is no TLS here: it is for a loopback address.
func NewAPI(w *Wallet, token string) (*API, error) {
	if len(token) < MinAPIToken {
		return nil, fmt.Errorf("wallet: an API token of fewer than %d characters", MinAPIToken)
	}
	a := &API{wallet: w, token: sha256.Sum256([]byte("Bearer " + token)), mux: http.NewServeMux()}
	a.mux.HandleFunc("GET /credentials", serveList(w.List))
	a.mux.HandleFunc("GET /log", serveList(w.Log))
	a.mux.HandleFunc("POST /offers", a.serveOffer)
	a.mux.HandleFunc("POST /presentations", a.servePresentation)
	a.mux.HandleFunc("POST /renewals", a.serveRenewal)
	return a, nil
}

// ServeHTTP answers those who have the token.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	got := sha256.Sum256([]byte(r.Header.Get("Authorization")))
	if subtle.ConstantTimeCompare(got[:], a.token[:]) != 1 {
		h.Set("WWW-Authenticate", "Bearer")
		reply(w, http.StatusUnauthorized, Failure{Error: "invalid_token", Description: "this is for the wallet's own program"})
		return
	}
	a.mux.ServeHTTP(w, r)
}

// AcceptRequest is the body of POST /offers.
type AcceptRequest struct {
	Offer          string   `json:"offer"` // as Accept takes it
	TxCode         string   `json:"tx_code,omitempty"`
	Configurations []string `json:"configurations,omitempty"`
}

// PresentRequest is the body of POST /presentations. What is allowed takes the
// place of a person's consent: when the answer would show more, it is
// declined.
type PresentRequest struct {
	Request   string   `json:"request"`             // as Present takes it
	Allow     []string `json:"allow"`               // names of claims that may be shown or proved; "*" is all
	Pseudonym bool     `json:"pseudonym,omitempty"` // whether the platform may get its own name for the person
	Agree     []string `json:"agree,omitempty"`     // texts that may be agreed to with the answer, word for word
}

// PresentAnswer is the answer to POST /presentations.
type PresentAnswer struct {
	Verifier    string   `json:"verifier"`
	Disclosed   []string `json:"disclosed"`
	Proved      []string `json:"proved"`
	Pseudonym   bool     `json:"pseudonym"`
	Credentials []string `json:"credentials"`
	RedirectURI string   `json:"redirect_uri,omitempty"`
	Activity    uint64   `json:"activity"`
}

// Failure is the body of every answer that is not a success.
type Failure struct {
	// Error is invalid_request, invalid_token, declined, refused (by the other
	// party) or failed.
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Check       string `json:"check,omitempty"` // that failed, with the clause it comes from
	Clause      string `json:"clause,omitempty"`
}

func serveList[T any](read func() ([]T, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		all, err := read()
		if err != nil {
			replyError(w, err)
			return
		}
		reply(w, http.StatusOK, list(all))
	}
}

func (a *API) serveOffer(w http.ResponseWriter, r *http.Request) {
	var ask AcceptRequest
	if !readRequest(w, r, &ask) {
		return
	}
	entries, err := a.wallet.Accept(r.Context(), ask.Offer, ask.TxCode, ask.Configurations...)
	if err != nil {
		replyError(w, err)
		return
	}
	reply(w, http.StatusCreated, entries)
}

func (a *API) servePresentation(w http.ResponseWriter, r *http.Request) {
	var ask PresentRequest
	if !readRequest(w, r, &ask) {
		return
	}
	pseudonym := false
	receipt, err := a.wallet.Present(r.Context(), ask.Request, func(shown Ask) bool {
		for _, d := range shown.Shows {
			pseudonym = pseudonym || d.Pseudonym != nil
		}
		return ask.allows(shown)
	})
	if err != nil {
		replyError(w, err)
		return
	}
	reply(w, http.StatusOK, PresentAnswer{
		Verifier: receipt.Verifier, Disclosed: list(receipt.Disclosed), Proved: list(receipt.Proved),
		Pseudonym: pseudonym, Credentials: receipt.Credentials, RedirectURI: receipt.RedirectURI, Activity: receipt.Activity,
	})
}

func (p *PresentRequest) allows(shown Ask) bool {
	for _, text := range shown.Agrees {
		if !slices.Contains(p.Agree, text) {
			return false
		}
	}
	for _, name := range shown.Disclosed() {
		if !slices.Contains(p.Allow, name) && !slices.Contains(p.Allow, "*") {
			return false
		}
	}
	return p.Pseudonym || !slices.ContainsFunc(shown.Shows, func(d Disclosure) bool { return d.Pseudonym != nil })
}

func (a *API) serveRenewal(w http.ResponseWriter, r *http.Request) {
	if !readRequest(w, r, &struct{}{}) {
		return
	}
	entries, err := a.wallet.Renew(r.Context())
	if err != nil {
		replyError(w, err)
		return
	}
	reply(w, http.StatusOK, list(entries))
}

// readRequest reads a body, or answers that it cannot be read.
func readRequest(w http.ResponseWriter, r *http.Request, into any) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		reply(w, http.StatusUnsupportedMediaType, Failure{Error: "invalid_request", Description: "content type is not application/json"})
		return false
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAPIRequest))
	if err != nil {
		reply(w, http.StatusRequestEntityTooLarge, Failure{Error: "invalid_request", Description: "the body is too long, or was cut off"})
		return false
	}
	if err := strictjson.Decode(body, into, strictjson.Limits{Bytes: maxAPIRequest, Depth: 4}); err != nil {
		reply(w, http.StatusBadRequest, Failure{Error: "invalid_request", Description: err.Error()})
		return false
	}
	return true
}

// replyError answers with what went wrong, which the program may know as the
// person may.
func replyError(w http.ResponseWriter, err error) {
	f, status := Failure{Error: "failed", Description: err.Error()}, http.StatusUnprocessableEntity
	var check *credential.Error
	if errors.As(err, &check) {
		f.Check, f.Clause = check.Check, check.Clause
	}
	var issuer *openid4vci.Error
	var verifier *openid4vp.Error
	switch {
	case errors.Is(err, ErrDeclined):
		f.Error, status = "declined", http.StatusForbidden
	case errors.As(err, &issuer), errors.As(err, &verifier):
		f.Error, status = "refused", http.StatusBadGateway
	}
	reply(w, status, f)
}

func reply(w http.ResponseWriter, status int, body any) {
	b, err := json.Marshal(body)
	if err != nil {
		status, b = http.StatusInternalServerError, []byte(`{"error":"failed","error_description":"the answer cannot be written"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b) // whoever hung up does not read it
}

// list is never null.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
