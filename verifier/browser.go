package verifier

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

const clauseFixation = "OpenID4VP 1.0 section 14.2"

// Begin is RequestWith for the browser at w, which gets a cookie: Return gives
// the verdict to this browser and to no other. On the device of the wallet,
// Terms.ReturnTo names the page that calls Return, and the wallet brings it a
// response_code. Across devices there is none, and whoever shows a person the
// code of a login of his own still gets the answer: OpenID4VP 1.0 section 14.2
// knows no remedy but the Digital Credentials API.
func (s *Server) Begin(w http.ResponseWriter, q openid4vp.Query, t Terms) (*Pending, error) {
	held, err := s.begin(q, t)
	if err != nil {
		return nil, err
	}
	p, err := s.pending(held)
	if err != nil {
		return nil, err
	}
	http.SetCookie(w, &http.Cookie{
		Name: s.cookie(), Value: held.id + "." + s.sessions.bind(held), Path: "/", HttpOnly: true,
		Secure: s.overTLS(), SameSite: http.SameSiteLaxMode, MaxAge: int(2 * s.config.Lifetime / time.Second),
	})
	return p, nil
}

// Return gives what became of the request that this browser began. code is the
// response_code that the page found in its fragment, empty without
// Terms.ReturnTo. The error is a *credential.Error: the check browser-session
// for another browser, response-code for a code that is not the wallet's.
func (s *Server) Return(r *http.Request, code string) (Result, error) {
	cookie, err := r.Cookie(s.cookie())
	if err != nil {
		return Result{}, credential.Failed("browser-session", clauseFixation, "this browser began no request")
	}
	id, secret, _ := strings.Cut(cookie.Value, ".")
	return s.sessions.readBound(id, secret, code, s.config.Now())
}

func (s *Server) overTLS() bool { return strings.HasPrefix(s.config.URL, "https://") }

// cookie names the cookie; the prefix, where there is TLS, keeps names below
// this one from setting it (RFC 6265bis section 4.1.3.2).
func (s *Server) cookie() string {
	if s.overTLS() {
		return "__Host-halfmask-login"
	}
	return "halfmask-login"
}

// bind ties a session to a browser with a fresh secret.
func (m *sessions) bind(s *session) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.browser = rand.Text()
	return s.browser
}

// readBound gives the result to the browser that began the session.
func (m *sessions) readBound(id, secret, code string, now time.Time) (Result, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expire(now)
	s, ok := m.byID[id]
	if !ok || s.browser == "" || subtle.ConstantTimeCompare([]byte(secret), []byte(s.browser)) != 1 {
		return Result{}, credential.Failed("browser-session", clauseFixation, "this browser did not begin the request, or it is over")
	}
	if s.result.Status == Waiting || s.result.Status == Checking {
		return Result{Status: s.result.Status}, nil
	}
	if subtle.ConstantTimeCompare([]byte(code), []byte(s.code)) != 1 {
		return Result{Status: s.result.Status}, credential.Failed("response-code", clauseFixation, "the response code is not the one that the wallet was given")
	}
	return s.result, nil
}
