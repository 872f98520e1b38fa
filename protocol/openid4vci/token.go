package openid4vci

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
)

// serveToken answers section 6, RFC 6749 sections 4.1.3 and 6, and RFC 9449
// section 5.
func (e *Endpoint) serveToken(w http.ResponseWriter, r *http.Request) error {
	e.giveDPoPNonce(w)
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	a := asked{client: form.Get("client_id")}
	if a.dpop, err = e.dpop(r, tokenPath, ""); err != nil {
		return err
	}
	if a.dpop == nil && e.options.RequireDPoP {
		return refuse(400, InvalidDPoPProof, "a DPoP proof is required")
	}
	if form.Has("authorization_details") {
		if a.details, err = e.readDetails(form.Get("authorization_details")); err != nil {
			return err
		}
	}
	token, err := e.token(r, form, a)
	if err != nil {
		return err
	}
	w.Header().Set("Pragma", "no-cache") // RFC 6749 section 5.1
	return answer(w, http.StatusOK, token)
}

func (e *Endpoint) token(r *http.Request, form url.Values, a asked) (*TokenResponse, error) {
	secretOf := func(name string) (string, error) {
		if s := form.Get(name); s != "" && len(s) <= maxSecret {
			return s, nil
		}
		return "", refuse(400, InvalidRequest, "%s is missing or too long", name)
	}
	switch grant := form.Get("grant_type"); {
	case grant == "":
		return nil, refuse(400, InvalidRequest, "grant_type is missing")
	case grant == grantPreAuthorized:
		secret, err := secretOf("pre-authorized_code")
		if err != nil {
			return nil, err
		}
		return e.ledger.redeem(secret, form.Get("tx_code"), a, e.now(), e.lives)
	case grant == grantAuthorizationCode && e.options.Login != nil:
		secret, err := secretOf("code")
		if err != nil {
			return nil, err
		}
		verifier := form.Get("code_verifier")
		if !isVerifier(verifier) {
			return nil, refuse(400, InvalidRequest, "code_verifier is missing or not as RFC 7636 section 4.1 has it")
		}
		return e.ledger.exchange(secret, form.Get("redirect_uri"), verifier, a, e.now(), e.lives)
	case grant == grantRefresh:
		secret, err := secretOf("refresh_token")
		if err != nil {
			return nil, err
		}
		family, err := e.ledger.renewable(secret, a, e.now())
		if err != nil {
			return nil, err
		}
		if err := e.backend.Renew(r.Context(), family.subject); err != nil {
			return nil, err
		}
		return e.ledger.rotate(secret, a, e.now(), e.lives)
	}
	return nil, refuse(400, UnsupportedGrantType, "grant_type is none of those that the server supports")
}

// readForm reads the parameters of a request to the authorization server.
// Each may be there once.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if r.URL.RawQuery != "" {
		return nil, refuse(400, InvalidRequest, "parameters belong in the body, not in the query")
	}
	body, err := readBody(w, r, maxTokenRequest, mediaForm)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, refuse(400, InvalidRequest, "the body is not a form")
	}
	return form, once(form)
}

func once(form url.Values) error {
	for name, values := range form {
		if len(values) > 1 {
			return refuse(400, InvalidRequest, "parameter %.40s appears twice", name)
		}
	}
	return nil
}

// readBody gives a body of one of the media types and at most that many
// bytes.
func readBody(w http.ResponseWriter, r *http.Request, limit int64, mediaTypes ...string) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	known := false
	for _, m := range mediaTypes {
		known = known || (err == nil && kind == m)
	}
	if !known {
		return nil, refuse(http.StatusUnsupportedMediaType, InvalidRequest, "Content-Type must be %s", mediaTypes[0])
	}
	if r.Header.Get("Content-Encoding") != "" {
		return nil, refuse(http.StatusUnsupportedMediaType, InvalidRequest, "Content-Encoding is not supported")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		return nil, refuse(http.StatusRequestEntityTooLarge, InvalidRequest, "the body is longer than %d bytes", limit)
	}
	if err != nil {
		return nil, refuse(400, InvalidRequest, "the body did not arrive whole")
	}
	return body, nil
}
