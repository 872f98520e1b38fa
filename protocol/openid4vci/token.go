package openid4vci

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
)

// serveToken answers section 6 and RFC 6749 section 6.
func (e *Endpoint) serveToken(w http.ResponseWriter, r *http.Request) error {
	if r.URL.RawQuery != "" {
		return refuse(400, InvalidRequest, "parameters belong in the body, not in the query")
	}
	body, err := readBody(w, r, "application/x-www-form-urlencoded", maxTokenRequest)
	if err != nil {
		return err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return refuse(400, InvalidRequest, "the body is not a form")
	}
	for name, values := range form {
		if len(values) > 1 {
			return refuse(400, InvalidRequest, "parameter %.40s appears twice", name)
		}
	}
	if form.Has("authorization_details") {
		return refuse(400, InvalidAuthorizationDetails, "authorization_details is not supported; use credential_configuration_id in the credential request")
	}
	token, err := e.token(r, form)
	if err != nil {
		return err
	}
	w.Header().Set("Pragma", "no-cache") // RFC 6749 section 5.1
	return answer(w, http.StatusOK, token)
}

func (e *Endpoint) token(r *http.Request, form url.Values) (*TokenResponse, error) {
	switch grant := form.Get("grant_type"); grant {
	case "":
		return nil, refuse(400, InvalidRequest, "grant_type is missing")
	case grantPreAuthorized:
		secret := form.Get("pre-authorized_code")
		if secret == "" {
			return nil, refuse(400, InvalidRequest, "pre-authorized_code is missing")
		}
		return e.ledger.redeem(secret, form.Get("tx_code"), e.now(), e.lives)
	case grantRefresh:
		secret := form.Get("refresh_token")
		if secret == "" {
			return nil, refuse(400, InvalidRequest, "refresh_token is missing")
		}
		family, err := e.ledger.renewable(secret, e.now())
		if err != nil {
			return nil, err
		}
		if err := e.backend.Renew(r.Context(), family.subject); err != nil {
			return nil, err
		}
		return e.ledger.rotate(secret, e.now(), e.lives)
	default:
		return nil, refuse(400, UnsupportedGrantType, "grant_type is neither the pre-authorized code nor refresh_token")
	}
}

// readBody gives a body of the one media type and at most that many bytes.
func readBody(w http.ResponseWriter, r *http.Request, mediaType string, limit int64) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != mediaType {
		return nil, refuse(http.StatusUnsupportedMediaType, InvalidRequest, "Content-Type must be %s", mediaType)
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
