package verifier

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"sync"
	"time"

	"github.com/halfmask/halfmask/protocol/openid4vp"
)

var (
	// ErrUnknown is the error for a request or result that is not there: never
	// made, expired, answered already, or forgotten.
	ErrUnknown = errors.New("verifier: no such request, or it no longer waits")
	// ErrBusy is the error of Request when too many requests wait.
	ErrBusy = errors.New("verifier: too many requests wait")
)

// Status says how far a request has come.
type Status string

const (
	Waiting  Status = "waiting"  // no response yet
	Checking Status = "checking" // a response is being checked
	Answered Status = "answered" // a response was checked: see the verdict
	Refused  Status = "refused"  // the wallet answered with an error
	Expired  Status = "expired"  // no response came in time
)

// Result is what became of a request.
type Result struct {
	Status  Status   `json:"status"`
	Verdict *Verdict `json:"verdict,omitempty"` // when answered
	Error   string   `json:"error,omitempty"`   // the wallet's code when refused
}

// session is one request and what became of it.
type session struct {
	id      string // for the back end: reads the result
	ref     string // for the wallet: in the request_uri
	request *openid4vp.Request
	object  string
	expires time.Time
	result  Result
	back    string // where the wallet sends the person afterwards; may be empty
	code    string // that the person's browser then brings; empty when none is needed
}

// sessions is the verifier's memory. The three names of a session are
// independent random values, so that who knows one does not know another
// (OpenID4VP 1.0 section 14.3.3).
type sessions struct {
	mu       sync.Mutex
	max      int
	keep     time.Duration // how long a result is kept after the expiry
	byID     map[string]*session
	byRef    map[string]*session // waiting ones
	byState  map[string]*session // waiting ones
	waiting  []*session          // in order of expiry; may hold answered ones
	finished []*session          // oldest first
}

func newSessions(limit int, keep time.Duration) *sessions {
	return &sessions{max: limit, keep: keep, byID: map[string]*session{}, byRef: map[string]*session{}, byState: map[string]*session{}}
}

// add keeps a new session.
func (m *sessions) add(s *session, now time.Time) (*session, error) {
	s.id, s.ref, s.result = rand.Text(), rand.Text(), Result{Status: Waiting}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expire(now)
	if len(m.byState) >= m.max {
		return nil, ErrBusy
	}
	m.byID[s.id], m.byRef[s.ref], m.byState[s.request.State] = s, s, s
	m.waiting = append(m.waiting, s)
	return s, nil
}

// expire ends the sessions whose time is over, and forgets results whose time
// is over too.
func (m *sessions) expire(now time.Time) {
	n := 0
	for _, s := range m.waiting {
		if s.result.Status == Waiting && now.Before(s.expires) {
			break
		}
		if s.result.Status == Waiting {
			m.finish(s, Result{Status: Expired})
		}
		n++
	}
	clear(m.waiting[:n])
	m.waiting = m.waiting[n:]
	for len(m.finished) > 0 && !now.Before(m.finished[0].expires.Add(m.keep)) {
		m.forgetOldest()
	}
}

func (m *sessions) forgetOldest() {
	delete(m.byID, m.finished[0].id)
	m.finished[0] = nil
	m.finished = m.finished[1:]
}

// finish keeps the result of a session that no longer waits, and forgets the
// oldest result when there are too many.
func (m *sessions) finish(s *session, r Result) {
	delete(m.byRef, s.ref)
	delete(m.byState, s.request.State)
	s.result, s.object = r, ""
	if r.Status == Checking {
		return
	}
	m.finished = append(m.finished, s)
	for len(m.finished) > m.max {
		m.forgetOldest()
	}
}

// object gives the request object for a request_uri.
func (m *sessions) object(ref string, now time.Time) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expire(now)
	s, ok := m.byRef[ref]
	if !ok || !now.Before(s.expires) {
		return "", ErrUnknown
	}
	return s.object, nil
}

// take gives the waiting session with the state to exactly one caller.
func (m *sessions) take(state string, now time.Time) (*session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expire(now)
	s, ok := m.byState[state]
	if !ok || !now.Before(s.expires) {
		return nil, ErrUnknown
	}
	m.finish(s, Result{Status: Checking})
	return s, nil
}

// end keeps the result of a session that was taken. Where the person is to
// come back, it gives the URI with the code that the result then asks for.
func (m *sessions) end(s *session, r Result) (redirectURI string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finish(s, r)
	if s.back == "" || r.Verdict != nil && !r.Verdict.Accepted {
		return ""
	}
	s.code = rand.Text()
	return s.back + "#response_code=" + s.code
}

// read gives the result of a session, or its status alone when the code is
// not the one that the wallet was given.
func (m *sessions) read(id, code string, now time.Time) (Result, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expire(now)
	s, ok := m.byID[id]
	if !ok || !now.Before(s.expires.Add(m.keep)) {
		return Result{}, ErrUnknown
	}
	if subtle.ConstantTimeCompare([]byte(code), []byte(s.code)) != 1 {
		return Result{Status: s.result.Status}, nil
	}
	return s.result, nil
}
