package verifier

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"

	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec/strictjson"
)

// ServeHTTP answers wallets and the platform's back end.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	s.mux.ServeHTTP(w, r)
}

func (s *Server) routes() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("POST /requests", s.backend(s.serveRequest))
	m.HandleFunc("GET /results/{id}", s.backend(s.serveResult))
	m.HandleFunc("GET /accounts/{id}", s.backend(s.serveAccount(func(string) error { return nil })))
	m.HandleFunc("PUT /accounts/{id}/bar", s.backend(s.serveAccount(s.accounts.Bar)))
	m.HandleFunc("DELETE /accounts/{id}/bar", s.backend(s.serveAccount(s.accounts.Unbar)))
	m.HandleFunc("POST /credentials/verify", s.backend(s.serveVerifyCredential))
	m.HandleFunc("POST /presentations/verify", s.backend(s.serveVerifyPresentation))
	m.HandleFunc("GET /requests/{ref}", s.serveObject)
	m.HandleFunc("POST /requests/{ref}", s.serveObjectWithNonce)
	m.HandleFunc("POST /responses", s.serveResponse)
	return m
}

// backend lets only the platform's own back end through.
func (s *Server) backend(next http.HandlerFunc) http.HandlerFunc {
	want := sha256.Sum256([]byte("Bearer " + s.config.BackendToken))
	return func(w http.ResponseWriter, r *http.Request) {
		if s.config.BackendToken != "" {
			got := sha256.Sum256([]byte(r.Header.Get("Authorization")))
			if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
				w.Header().Set("WWW-Authenticate", "Bearer")
				reply(w, http.StatusUnauthorized, failure{"invalid_token", "this is for the platform's own back end"})
				return
			}
		} else if !s.isNear(r) {
			reply(w, http.StatusForbidden, failure{"access_denied", "without a back end token, this is for direct connections from this machine under the verifier's own host name"})
			return
		}
		next(w, r)
	}
}

// isNear tells a connection from this machine that no proxy passed on and
// that no other site's name led to it.
func (s *Server) isNear(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() && s.ownHost(r.Host) &&
		r.Header.Get("Forwarded") == "" && r.Header.Get("X-Forwarded-For") == ""
}

func (s *Server) serveRequest(w http.ResponseWriter, r *http.Request) {
	body, ok := readBody(w, r, "application/json", openid4vp.MaxObject)
	if !ok {
		return
	}
	var ask struct {
		Policy       string           `json:"policy"`
		Query        *json.RawMessage `json:"dcql_query"`
		ReturnTo     string           `json:"return_to"`
		ResponseMode openid4vp.Mode   `json:"response_mode"`
		Prefix       string           `json:"client_id_prefix"`
		Confirm      string           `json:"confirm"`
	}
	if err := strictjson.Decode(body, &ask, strictjson.Limits{}); err != nil {
		reply(w, http.StatusBadRequest, failure{"invalid_request", err.Error()})
		return
	}
	if (ask.Policy == "") == (ask.Query == nil) {
		reply(w, http.StatusBadRequest, failure{"invalid_request", "a JSON object with either policy or dcql_query is needed"})
		return
	}
	p, err := s.ask(ask.Policy, ask.Query, ask.ResponseMode, ask.Confirm, Terms{ReturnTo: ask.ReturnTo, Prefix: ask.Prefix})
	switch {
	case errors.Is(err, ErrBusy):
		reply(w, http.StatusServiceUnavailable, failure{"temporarily_unavailable", err.Error()})
	case err != nil:
		reply(w, http.StatusBadRequest, failure{"invalid_request", detail(err)})
	default:
		reply(w, http.StatusCreated, p)
	}
}

// ask makes the request that a back end describes.
func (s *Server) ask(policy string, query *json.RawMessage, mode openid4vp.Mode, confirm string, t Terms) (*Pending, error) {
	q, known := s.config.Policies[policy]
	if query != nil {
		parsed, err := openid4vp.ParseQuery(*query)
		if err != nil {
			return nil, err
		}
		q, known = *parsed, true
	}
	switch {
	case !known:
		return nil, fmt.Errorf("no policy %.80q", policy)
	case mode == openid4vp.DirectPostJWT:
		t.Encrypted = true
	case mode != "" && mode != openid4vp.DirectPost:
		return nil, fmt.Errorf("response_mode is neither %s nor %s", openid4vp.DirectPost, openid4vp.DirectPostJWT)
	}
	if confirm != "" {
		var ids []string
		for _, c := range q.Credentials {
			ids = append(ids, c.ID)
		}
		agreed, err := openid4vp.NewTransaction(confirm, ids...)
		if err != nil {
			return nil, err
		}
		t.Transactions = []openid4vp.Transaction{agreed}
	}
	return s.RequestWith(q, t)
}

func (s *Server) serveObject(w http.ResponseWriter, r *http.Request) { s.replyObject(w, r, "") }

// serveObjectWithNonce is request_uri_method post (OpenID4VP 1.0 section
// 5.10). What the wallet says of itself changes nothing and is not kept.
func (s *Server) serveObjectWithNonce(w http.ResponseWriter, r *http.Request) {
	body, ok := readBody(w, r, "application/x-www-form-urlencoded", openid4vp.MaxObject)
	if !ok {
		return
	}
	nonce, err := openid4vp.ParseWalletNonce(body)
	if err != nil {
		reply(w, http.StatusBadRequest, failure{"invalid_request", detail(err)})
		return
	}
	s.replyObject(w, r, nonce)
}

func (s *Server) replyObject(w http.ResponseWriter, r *http.Request, walletNonce string) {
	object, err := s.object(r.PathValue("ref"), walletNonce)
	if err != nil {
		reply(w, http.StatusNotFound, failure{"invalid_request", err.Error()})
		return
	}
	w.Header().Set("Content-Type", openid4vp.ObjectType)
	_, _ = io.WriteString(w, object) // a wallet that hung up asks again
}

func (s *Server) serveResponse(w http.ResponseWriter, r *http.Request) {
	body, ok := readBody(w, r, "application/x-www-form-urlencoded", openid4vp.MaxBody)
	if !ok {
		return
	}
	response, malformed := openid4vp.ParseResponse(body)
	if response == nil || malformed != nil && response.State == "" {
		reply(w, http.StatusBadRequest, failure{"invalid_request", detail(malformed)})
		return
	}
	v, redirectURI, err := s.respond(response, malformed)
	switch {
	case err != nil:
		reply(w, http.StatusBadRequest, failure{"invalid_request", detail(err)})
	case v != nil && !v.Accepted:
		c := v.Failed()
		reply(w, http.StatusBadRequest, failure{"invalid_request", "check " + c.Name + " failed (" + c.Clause + ")"})
	default:
		reply(w, http.StatusOK, struct {
			RedirectURI string `json:"redirect_uri,omitempty"`
		}{redirectURI})
	}
}

func (s *Server) serveResult(w http.ResponseWriter, r *http.Request) {
	result, err := s.ResultReturned(r.PathValue("id"), r.URL.Query().Get("response_code"))
	if err != nil {
		reply(w, http.StatusNotFound, failure{"invalid_request", err.Error()})
		return
	}
	reply(w, http.StatusOK, result)
}

// serveAccount changes an account and shows it.
func (s *Server) serveAccount(change func(id string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("id")
		err := change(id)
		account, ok := s.accounts.Get(id)
		if err != nil || !ok {
			reply(w, http.StatusNotFound, failure{"invalid_request", ErrNoAccount.Error()})
			return
		}
		reply(w, http.StatusOK, account)
	}
}

// failure is the body of an error answer, in the form of RFC 6749 section
// 5.2.
type failure struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// readBody reads a body of one content type and a bounded size, or answers
// with an error.
func readBody(w http.ResponseWriter, r *http.Request, kind string, limit int64) ([]byte, bool) {
	got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || got != kind {
		reply(w, http.StatusUnsupportedMediaType, failure{"invalid_request", "content type is not " + kind})
		return nil, false
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		var long *http.MaxBytesError
		if errors.As(err, &long) {
			reply(w, http.StatusRequestEntityTooLarge, failure{"invalid_request", "the body is too long"})
		} else {
			reply(w, http.StatusBadRequest, failure{"invalid_request", "the body could not be read"})
		}
		return nil, false
	}
	return body, true
}

func reply(w http.ResponseWriter, status int, body any) {
	if f, ok := body.(failure); ok {
		f.Description = strings.Map(plainText, f.Description)
		body = f
	}
	b, err := json.Marshal(body)
	if err != nil {
		status, b = http.StatusInternalServerError, []byte(`{"error":"server_error"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b) // whoever hung up does not read it
}

// plainText replaces what RFC 6749 section 5.2 does not allow in an
// error_description.
func plainText(r rune) rune {
	if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
		return '\''
	}
	return r
}
