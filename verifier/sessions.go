package verifier

import (
	"container/list"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"sync"
	"time"

	"github.com/halfmask/halfmask/credential"
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
	id       string // for the back end: reads the result
	ref      string // for the wallet: in the request_uri
	request  *openid4vp.Request
	identity *openid4vp.Identity    // that signs it; nil for none
	key      *openid4vp.ResponseKey // that decrypts the response; nil when it comes in the clear
	expires  time.Time
	result   Result
	back     string        // where the wallet sends the person afterwards; may be empty
	code     string        // that the person's browser then brings; empty when none is needed
	browser  string        // secret of the browser that began; empty when none is bound
	place    *list.Element // among the waiting ones
}

// sessions is the verifier's memory: at most max that wait and max that are
// finished. The names of a session are independent random values, so that who
// knows one does not know another (OpenID4VP 1.0 section 14.3.3).
type sessions struct {
	mu       sync.Mutex
	max      int
	keep     time.Duration // how long a result is kept after the expiry
	byID     map[string]*session
	byRef    map[string]*session // waiting ones
	byState  map[string]*session // waiting ones
	byKey    map[string]*session // waiting ones, by identifier of the response key
	waiting  *list.List          // of *session, in order of expiry
	finished *list.List          // of *session, oldest first
}

func newSessions(limit int, keep time.Duration) *sessions {
	return &sessions{
		max: limit, keep: keep, waiting: list.New(), finished: list.New(),
		byID: map[string]*session{}, byRef: map[string]*session{}, byState: map[string]*session{}, byKey: map[string]*session{},
	}
}

// add keeps a new session.
func (m *sessions) add(s *session, now time.Time) error {
	s.id, s.ref, s.result = rand.Text(), rand.Text(), Result{Status: Waiting}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expire(now)
	if len(m.byState) >= m.max {
		return ErrBusy
	}
	m.byID[s.id], m.byRef[s.ref], m.byState[s.request.State] = s, s, s
	if s.key != nil {
		m.byKey[s.key.ID()] = s
	}
	s.place = m.waiting.PushBack(s)
	return nil
}

// drop forgets a session that nobody was told of.
func (m *sessions) drop(s *session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finish(s, Result{Status: Checking})
	delete(m.byID, s.id)
}

// expire ends the sessions whose time is over, and forgets results whose time
// is over too.
func (m *sessions) expire(now time.Time) {
	for e := m.waiting.Front(); e != nil && !now.Before(e.Value.(*session).expires); e = m.waiting.Front() {
		m.finish(e.Value.(*session), Result{Status: Expired})
	}
	for e := m.finished.Front(); e != nil && !now.Before(e.Value.(*session).expires.Add(m.keep)); e = m.finished.Front() {
		m.forget(e)
	}
}

func (m *sessions) forget(e *list.Element) { delete(m.byID, m.finished.Remove(e).(*session).id) }

// finish keeps the result of a session that no longer waits, and forgets the
// oldest result when there are too many.
func (m *sessions) finish(s *session, r Result) {
	if s.place != nil {
		m.waiting.Remove(s.place)
		s.place = nil
		delete(m.byRef, s.ref)
		delete(m.byState, s.request.State)
		if s.key != nil {
			delete(m.byKey, s.key.ID())
		}
	}
	s.result = r
	if r.Status == Checking {
		return
	}
	s.request, s.key, s.identity = nil, nil, nil
	m.finished.PushBack(s)
	for m.finished.Len() > m.max {
		m.forget(m.finished.Front())
	}
}

// byRequest finds the waiting session with a request_uri.
func (m *sessions) byRequest(ref string, now time.Time) (*session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expire(now)
	s, ok := m.byRef[ref]
	if !ok {
		return nil, ErrUnknown
	}
	held := *s // what is read of it does not change
	return &held, nil
}

// take gives the waiting session that a response names, by its state or the
// key that it is encrypted for, to exactly one caller, with the response in
// the clear.
func (m *sessions) take(r *openid4vp.Response, malformed error, now time.Time) (*session, *openid4vp.Response, error, error) {
	if r.Encrypted == "" {
		held, err := m.takeFrom(m.byState, r.State, now)
		if err == nil && r.Err == nil && held.request.Mode.Encrypted() {
			malformed = credential.Failed("response-encryption", "OpenID4VP 1.0 section 8.3.1", "the answer came unencrypted")
		}
		return held, r, malformed, err
	}
	held, err := m.takeFrom(m.byKey, r.KeyID, now)
	if err != nil {
		return nil, nil, nil, err
	}
	opened, malformed := held.key.Open(r)
	if malformed == nil && opened.State != held.request.State {
		malformed = credential.Failed("state", "OpenID4VP 1.0 section 5.3", "the response names the state of another request")
	}
	return held, opened, malformed, nil
}

func (m *sessions) takeFrom(names map[string]*session, name string, now time.Time) (*session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expire(now)
	s, ok := names[name]
	if !ok {
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
