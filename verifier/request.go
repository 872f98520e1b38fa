package verifier

import (
	"fmt"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
)

// Pending is a request that waits for its answer.
type Pending struct {
	ID         string             `json:"id"`          // for Result; the platform's secret
	RequestURI string             `json:"request_uri"` // for the wallet: an openid4vp URI that names where the request is
	ByValue    string             `json:"by_value"`    // for a wallet that fetches nothing: the whole request in a URI
	Expires    time.Time          `json:"expires"`     // UTC
	Request    *openid4vp.Request `json:"-"`
}

// Request asks for what the query says. The request can be answered once,
// until it expires.
func (s *Server) Request(q openid4vp.Query) (*Pending, error) { return s.request(q, "") }

// RequestReturning is Request for a person whose wallet is on the device of
// the browser: after the response, the wallet sends the person to the address
// with a fresh response_code in its fragment, and the verdict is given out to
// ResultReturned with that code only. Who tricks somebody else into answering
// gets no verdict (OpenID4VP 1.0 section 14.2). The address is as
// openid4vp.CheckAddress admits.
func (s *Server) RequestReturning(q openid4vp.Query, address string) (*Pending, error) {
	if _, err := openid4vp.CheckAddress(address); err != nil {
		return nil, fmt.Errorf("verifier: address to return to: %w", err)
	}
	return s.request(q, address)
}

func (s *Server) request(q openid4vp.Query, back string) (*Pending, error) {
	q, err := dated(q, spec.DateOf(s.config.Now()))
	if err != nil {
		return nil, err
	}
	r, err := openid4vp.NewRequest(s.responseURI, q, s.metadata())
	if err != nil {
		return nil, err
	}
	object, err := r.Object()
	if err != nil {
		return nil, err
	}
	byValue, err := r.URI()
	if err != nil {
		return nil, err
	}
	now := s.config.Now()
	held, err := s.sessions.add(&session{request: r, object: object, back: back, expires: now.Add(s.config.Lifetime)}, now)
	if err != nil {
		return nil, err
	}
	return &Pending{
		ID:         held.id,
		RequestURI: openid4vp.ByReference(r.ClientID, s.config.URL+"/requests/"+held.ref),
		ByValue:    byValue,
		Expires:    held.expires.UTC(),
		Request:    r,
	}, nil
}

// Respond takes a wallet's response, checks it and keeps the result. When no
// request with that state waits, the error is ErrUnknown and nothing is
// checked. The verdict is nil when the wallet answered with an error.
func (s *Server) Respond(r *openid4vp.Response) (*Verdict, error) {
	v, _, err := s.respond(r)
	return v, err
}

func (s *Server) respond(r *openid4vp.Response) (v *Verdict, redirectURI string, err error) {
	now := s.config.Now()
	held, err := s.sessions.take(r.State, now)
	if err != nil {
		return nil, "", credential.Failed("state", "OpenID4VP 1.0 section 5.3", "%w", err)
	}
	if r.Err != nil {
		return nil, s.sessions.end(held, Result{Status: Refused, Error: r.Err.Code}), nil
	}
	v = s.verify(held.request, r.Token, now)
	if v.Account != "" {
		s.accounts.enter(v.Account, now)
	}
	return v, s.sessions.end(held, Result{Status: Answered, Verdict: v}), nil
}

// Result says what became of the request with this Pending.ID. It can be read
// for as long after the request's expiry as the request lived; the error is
// ErrUnknown then.
func (s *Server) Result(id string) (Result, error) { return s.ResultReturned(id, "") }

// ResultReturned is Result for RequestReturning, with the response_code that
// the person's browser brought. With another code, the result is the status
// and nothing else.
func (s *Server) ResultReturned(id, code string) (Result, error) {
	return s.sessions.read(id, code, s.config.Now())
}
