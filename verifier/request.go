package verifier

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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

// Terms are how a request is made, beside what it asks for. The zero value
// asks with the verifier's first identity and takes the answer in the clear.
type Terms struct {
	// ReturnTo is where the wallet sends a person whose wallet is on the
	// device of the browser, with a fresh response_code in the fragment. The
	// verdict is then given out with that code only: who tricks somebody else
	// into answering gets none (OpenID4VP 1.0 section 14.2). It is as
	// openid4vp.CheckAddress admits.
	ReturnTo     string
	Encrypted    bool                    // response mode direct_post.jwt, with a key for this request alone
	Prefix       string                  // client identifier prefix of the identity to use; empty is the first
	Transactions []openid4vp.Transaction // what the person is to agree to
}

// Request asks for what the query says. The request can be answered once,
// until it expires.
func (s *Server) Request(q openid4vp.Query) (*Pending, error) { return s.RequestWith(q, Terms{}) }

// RequestReturning is Request for a person whose wallet is on the device of
// the browser: see Terms.ReturnTo.
func (s *Server) RequestReturning(q openid4vp.Query, address string) (*Pending, error) {
	if address == "" {
		return nil, errors.New("verifier: no address to return to")
	}
	return s.RequestWith(q, Terms{ReturnTo: address})
}

// RequestWith is Request on terms.
func (s *Server) RequestWith(q openid4vp.Query, t Terms) (*Pending, error) {
	held, err := s.begin(q, t)
	if err != nil {
		return nil, err
	}
	return s.pending(held)
}

// begin makes a request and keeps it.
func (s *Server) begin(q openid4vp.Query, t Terms) (*session, error) {
	if t.ReturnTo != "" {
		if _, err := openid4vp.CheckAddress(t.ReturnTo); err != nil {
			return nil, fmt.Errorf("verifier: address to return to: %w", err)
		}
	}
	q, err := dated(q, spec.DateOf(s.config.Now()))
	if err != nil {
		return nil, err
	}
	if err := q.CheckAuthorities(s.config.TrustedLists); err != nil {
		return nil, err
	}
	by, err := s.identity(t.Prefix)
	if err != nil {
		return nil, err
	}
	held := &session{identity: by, back: t.ReturnTo}
	m := s.metadata()
	if t.Encrypted {
		if held.key, err = openid4vp.NewResponseKey(); err != nil {
			return nil, err
		}
		held.key.AddTo(&m)
	}
	r, err := openid4vp.NewRequest(s.responseURI, q, m)
	if err != nil {
		return nil, err
	}
	r.Transactions, r.VerifierInfo = t.Transactions, s.config.VerifierInfo
	if by != nil {
		r.ClientID = by.ClientID
	}
	if t.Encrypted {
		r.Mode = openid4vp.DirectPostJWT
	}
	if err := r.Validate(); err != nil {
		return nil, err
	}
	now := s.config.Now()
	held.request, held.expires = r, now.Add(s.config.Lifetime)
	return held, s.sessions.add(held, now)
}

// pending says where the wallet finds the request.
func (s *Server) pending(held *session) (*Pending, error) {
	r, where := held.request, s.config.URL+"/requests/"+held.ref
	p := &Pending{ID: held.id, Expires: held.expires.UTC(), Request: r}
	var err error
	if held.identity == nil {
		p.RequestURI = openid4vp.ByReference(r.ClientID, where)
		p.ByValue, err = r.URI()
	} else {
		p.RequestURI = openid4vp.ByPost(r.ClientID, where)
		p.ByValue, err = r.SignedURI(held.identity)
	}
	if err != nil {
		s.sessions.drop(held)
		return nil, err
	}
	return p, nil
}

// identity finds the identity with a prefix; nil is the one without a key.
func (s *Server) identity(prefix string) (*openid4vp.Identity, error) {
	all := s.config.Identities
	switch {
	case prefix == "" && len(all) > 0:
		return all[0], nil
	case prefix == "" || prefix == openid4vp.RedirectURI:
		return nil, nil
	}
	for _, i := range all {
		if strings.HasPrefix(i.ClientID, prefix+":") {
			return i, nil
		}
	}
	return nil, fmt.Errorf("verifier: no identity with the client identifier prefix %.40q", prefix)
}

// object gives the request object for a request_uri, with the wallet's nonce
// if it sent one.
func (s *Server) object(ref, walletNonce string) (string, error) {
	held, err := s.sessions.byRequest(ref, s.config.Now())
	if err != nil {
		return "", err
	}
	r := *held.request
	r.WalletNonce = walletNonce
	if held.identity == nil {
		return r.Object()
	}
	return r.Sign(held.identity)
}

// Respond takes a wallet's response, checks it and keeps the result. When no
// request with that state waits, the error is ErrUnknown and nothing is
// checked. The verdict is nil when the wallet answered with an error.
func (s *Server) Respond(r *openid4vp.Response) (*Verdict, error) {
	v, _, err := s.respond(r, nil)
	return v, err
}

// respond takes a response, or what could be read of one with the error that
// the rest gave: the request that it names is over in any case.
func (s *Server) respond(r *openid4vp.Response, malformed error) (v *Verdict, redirectURI string, err error) {
	now := s.config.Now()
	held, r, malformed, err := s.sessions.take(r, malformed, now)
	if err != nil {
		return nil, "", credential.Failed("state", "OpenID4VP 1.0 section 5.3", "%w", err)
	}
	switch {
	case malformed != nil:
		check := "vp-token"
		var failed *credential.Error
		if errors.As(malformed, &failed) && slices.Contains([]string{"response-encryption", "state"}, failed.Check) {
			check = failed.Check
		}
		v = unreadable(held.request, check, malformed)
	case r.Err != nil:
		return nil, s.sessions.end(held, Result{Status: Refused, Error: r.Err.Code}), nil
	default:
		v = s.verify(held.request, r.Token, now)
	}
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
