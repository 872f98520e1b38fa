package openid4vci

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	challengeMethod   = "S256"
	requestURIPrefix  = "urn:ietf:params:oauth:request_uri:" // RFC 9126 section 2.2
	pushLifetime      = 90 * time.Second
	grantedLifetime   = time.Minute      // of an authorization code
	usedCodeLifetime  = 10 * time.Minute // in which its coming again ends what came of it
	maxStateParameter = 1024
)

// Login finds out who is at the authorization endpoint. It is called when a
// browser arrives (GET) and then for each form that it sends back (POST,
// with the member login of the page), until it gives a subject. As long as
// it gives none it has answered with a page, or with JSON for a script. An
// *Error ends the login: code access_denied and the like go to the wallet.
type Login interface {
	ServeLogin(w http.ResponseWriter, r *http.Request, a Authorizing) (subject string, err error)
}

// Authorizing is a login under way.
type Authorizing struct {
	ID             string // value of the form's member login; a secret of the browser
	Subject        string // whom the offer was made for; "" when the wallet came without one
	Client         string // client_id of the wallet, or its name
	Configurations []string
	Form           url.Values // what the browser sent; each parameter once
}

// authorization is an authorization request that was pushed.
type authorization struct {
	client, name, redirect, state string
	challenge                     string // S256 of the code_verifier
	jkt                           string // "": the code is bound to no DPoP key
	configurations                []string
	details                       []AuthorizationDetail // nil: scope was used
	subject                       string
	progress                      *Progress
}

// servePushed answers RFC 9126 section 2.
func (e *Endpoint) servePushed(w http.ResponseWriter, r *http.Request) error {
	e.giveDPoPNonce(w)
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	a, err := e.readAuthorization(r, form)
	if err != nil {
		return err
	}
	p, err := e.dpop(r, pushPath, "")
	switch {
	case err != nil:
		return err
	case p != nil && a.jkt != "" && a.jkt != p.jkt: // RFC 9449 section 10.1
		return refuse(400, InvalidDPoPProof, "dpop_jkt is not the key of the DPoP proof")
	case p != nil:
		a.jkt = p.jkt
	}
	id := newSecret()
	if err := e.ledger.push(id, a, e.now()); err != nil {
		return err
	}
	return answer(w, http.StatusCreated, pushed{requestURIPrefix + id, int(pushLifetime / time.Second)})
}

type pushed struct {
	RequestURI string `json:"request_uri"`
	ExpiresIn  int    `json:"expires_in"`
}

func (e *Endpoint) readAuthorization(r *http.Request, form url.Values) (*authorization, error) {
	a := &authorization{
		client: form.Get("client_id"), redirect: form.Get("redirect_uri"), state: form.Get("state"),
		challenge: form.Get("code_challenge"), jkt: form.Get("dpop_jkt"),
	}
	switch {
	case form.Has("request_uri"):
		return nil, refuse(400, InvalidRequest, "request_uri cannot be pushed")
	case form.Has("request"):
		return nil, refuse(400, RequestNotSupported, "request objects are not supported")
	case a.client == "" || len(a.client) > 2048:
		return nil, refuse(400, InvalidRequest, "client_id is missing or too long")
	}
	client, err := e.clients.find(r.Context(), e.options.HTTP, a.client, e.now())
	if err != nil {
		return nil, err
	}
	a.name = client.Name
	verifierBytes, err := base64.RawURLEncoding.Strict().DecodeString(a.challenge)
	switch {
	case !client.allows(a.redirect):
		return nil, refuse(400, InvalidRequest, "redirect_uri is none that the client registered")
	case form.Get("response_type") != "code":
		return nil, refuse(400, UnsupportedResponseType, "response_type must be code")
	case form.Get("code_challenge_method") != challengeMethod || err != nil || len(verifierBytes) != sha256.Size:
		return nil, refuse(400, InvalidRequest, "code_challenge with code_challenge_method S256 is required")
	case len(a.state) > maxStateParameter || len(a.jkt) > 64:
		return nil, refuse(400, InvalidRequest, "state or dpop_jkt is too long")
	}
	if form.Has("authorization_details") {
		if a.details, err = e.readDetails(form.Get("authorization_details")); err != nil {
			return nil, err
		}
		for _, d := range a.details {
			a.configurations = append(a.configurations, d.Configuration)
		}
	}
	byScope := e.scoped(form.Get("scope"))
	for _, id := range byScope {
		if a.details != nil && !slices.Contains(a.configurations, id) { // section 5.1.2: both are asked for
			a.details = append(a.details, AuthorizationDetail{detailType, id, []string{id}})
		}
		if !slices.Contains(a.configurations, id) {
			a.configurations = append(a.configurations, id)
		}
	}
	if len(a.configurations) == 0 {
		return nil, refuse(400, InvalidScope, "neither scope nor authorization_details names a credential of this issuer")
	}
	if state := form.Get("issuer_state"); state != "" {
		f, ok := e.ledger.stated(state, e.now())
		if !ok {
			return nil, refuse(400, InvalidRequest, "issuer_state is unknown or has expired")
		}
		a.subject, a.progress = f.subject, f.progress
		for _, id := range a.configurations {
			if !slices.Contains(f.configurations, id) {
				return nil, refuse(400, InvalidScope, "the offer does not name %.80s", id)
			}
		}
	}
	return a, nil
}

// scoped gives the configurations that a scope names; unknown values are
// ignored (section 5.1.2).
func (e *Endpoint) scoped(scope string) []string {
	var ids []string
	for _, value := range strings.Fields(scope) {
		for id, c := range e.meta.Configurations {
			if c.Scope == value && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// serveAuthorize takes in a browser (RFC 9126 section 4).
func (e *Endpoint) serveAuthorize(w http.ResponseWriter, r *http.Request) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return refuse(400, InvalidRequest, "the query is malformed")
	}
	if err := once(query); err != nil {
		return err
	}
	id, ok := strings.CutPrefix(query.Get("request_uri"), requestURIPrefix)
	if !ok {
		return refuse(400, InvalidRequest, "a request_uri from the pushed authorization request endpoint is required")
	}
	login, a, err := e.ledger.arrive(id, query.Get("client_id"), e.now(), e.lives.code)
	if err != nil {
		return err
	}
	return e.serveLoginStep(w, r, login, a, url.Values{})
}

// serveLogin takes in a form of the login page.
func (e *Endpoint) serveLogin(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	login := form.Get("login")
	a, ok := e.ledger.login(login, e.now())
	if !ok {
		return refuse(400, InvalidRequest, "the login is unknown, over or expired: start again at the wallet")
	}
	return e.serveLoginStep(w, r, login, a, form)
}

func (e *Endpoint) serveLoginStep(w http.ResponseWriter, r *http.Request, login string, a *authorization, form url.Values) error {
	name := a.name
	if name == "" {
		name = a.client
	}
	subject, err := e.options.Login.ServeLogin(w, r, Authorizing{login, a.subject, name, slices.Clone(a.configurations), form})
	var refusal *Error
	switch {
	case errors.As(err, &refusal) && refusal.Code == AccessDenied:
		e.ledger.leave(login)
		return redirect(w, r, a.redirect, url.Values{"error": {refusal.Code}, "error_description": {printable(refusal.Description)}, "state": {a.state}, "iss": {e.meta.Issuer}})
	case err != nil:
		return err
	case subject == "":
		return nil
	case a.subject != "" && subject != a.subject:
		return refuse(403, AccessDenied, "the offer was made for somebody else")
	}
	code, err := e.ledger.authorize(login, subject, e.now())
	if err != nil {
		return err
	}
	return redirect(w, r, a.redirect, url.Values{"code": {code}, "state": {a.state}, "iss": {e.meta.Issuer}})
}

// redirect sends the browser back to the wallet, with iss as RFC 9207 asks.
func redirect(w http.ResponseWriter, r *http.Request, to string, parameters url.Values) error {
	if parameters.Get("state") == "" {
		parameters.Del("state")
	}
	join := "?"
	if strings.Contains(to, "?") {
		join = "&"
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Location", to+join+parameters.Encode())
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// challengeOf gives the code_challenge of a code_verifier (RFC 7636 section
// 4.2).
func challengeOf(verifier string) string { return hashOf(verifier) }

// isVerifier tells a code_verifier (RFC 7636 section 4.1).
func isVerifier(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-._~", r) {
			return false
		}
	}
	return len(s) >= 43 && len(s) <= 128
}

func (l *ledger) push(id string, a *authorization, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.pushed.room(now) {
		return errFull
	}
	l.pushed.put(digest(id), a, now.Add(pushLifetime))
	return nil
}

func (l *ledger) stated(state string, now time.Time) (*family, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.states.get(digest(state), now)
}

// arrive spends a request_uri and opens a login.
func (l *ledger) arrive(id, client string, now time.Time, life time.Duration) (login string, a *authorization, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, ok := l.pushed.get(digest(id), now)
	switch {
	case !ok:
		return "", nil, refuse(400, InvalidRequestURI, "request_uri is unknown, used or expired")
	case client != a.client:
		return "", nil, refuse(400, InvalidRequest, "client_id is not the one that pushed the request")
	case !l.logins.room(now):
		return "", nil, errFull
	}
	l.pushed.drop(digest(id))
	login = newSecret()
	l.logins.put(digest(login), a, now.Add(life))
	return login, a, nil
}

func (l *ledger) login(id string, now time.Time) (*authorization, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.logins.get(digest(id), now)
}

func (l *ledger) leave(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.logins.drop(digest(id))
}

// authorize closes a login and gives its code.
func (l *ledger) authorize(login, subject string, now time.Time) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, ok := l.logins.get(digest(login), now)
	if !ok {
		return "", refuse(400, InvalidRequest, "the login is over")
	}
	if !l.granted.room(now) {
		return "", errFull
	}
	l.logins.drop(digest(login))
	of := *a
	of.subject = subject
	code := newSecret()
	l.granted.put(digest(code), grantedCode{authorization: &of, until: now.Add(grantedLifetime)}, now.Add(usedCodeLifetime))
	return code, nil
}
