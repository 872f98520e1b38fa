package openid4vp

import (
	"encoding/json"
	"net/url"

	"github.com/halfmask/halfmask/credential"
)

// Response is what a wallet answers: presentations or an error (sections 8.2
// and 8.5), or either in encrypted form (section 8.3).
type Response struct {
	State     string
	Token     VPToken // nil in an error response
	Err       *Error  // nil in a successful one
	Encrypted string  // a JWE that ResponseKey.Open reads; nothing else is there then
	KeyID     string  // the key that it is for
}

func badResponse(format string, args ...any) *credential.Error {
	return credential.Failed("response", "OpenID4VP 1.0 section 8.2", format, args...)
}

// ParseResponse reads a form-encoded response body. Unknown parameters are
// ignored, repeated ones refused. The error is a *credential.Error. When the
// state could be read, the Response has it even with an error, so that the
// request that it belongs to can be ended.
func ParseResponse(body []byte) (*Response, error) {
	if len(body) > MaxBody {
		return nil, badResponse("longer than %d bytes", MaxBody)
	}
	params, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, badResponse("not form encoded")
	}
	for name, values := range params {
		if len(values) > 1 {
			return nil, badResponse("parameter %q occurs twice (RFC 6749 section 3.1)", clip(name))
		}
	}
	if params.Has("response") {
		for _, name := range []string{"vp_token", "error", "state"} {
			if params.Has(name) {
				return nil, badResponse("%s beside the encrypted response", name)
			}
		}
		r := &Response{Encrypted: params.Get("response")}
		_, r.KeyID, err = readEncrypted(r.Encrypted)
		if err != nil {
			return nil, err
		}
		return r, nil
	}
	return responseOf(params.Get("state"), params.Has("state"), params.Get("vp_token"), params.Has("vp_token"),
		params.Get("error"), params.Get("error_description"), params.Has("error"))
}

func responseOf(state string, hasState bool, token string, hasToken bool, code, description string, hasError bool) (*Response, error) {
	if hasState && !isURLSafe(state) {
		return nil, badResponse("state is not made of 1 to 512 URL safe characters")
	}
	r := &Response{State: state}
	switch {
	case hasToken && hasError:
		return r, badResponse("both vp_token and error")
	case hasError:
		if !isErrorText(code) || code == "" || !isErrorText(description) {
			return r, badResponse("error is not made of at most 512 printable ASCII characters (RFC 6749 section 4.1.2.1)")
		}
		r.Err = &Error{Code: code, Description: description}
		return r, nil
	case hasToken:
		var err error
		r.Token, err = ParseVPToken([]byte(token))
		return r, err
	}
	return r, badResponse("neither vp_token nor error")
}

// isErrorText tells the characters that RFC 6749 allows in error and
// error_description.
func isErrorText(s string) bool {
	for _, r := range s {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return false
		}
	}
	return len(s) <= 512
}

// Encode gives the form-encoded body of an answer to the request: encrypted
// when the request says so. Errors travel in the clear, as section 8.3.1
// allows; they hold nothing about the person.
func (r *Response) Encode(request *Request) (string, error) {
	v := url.Values{}
	switch {
	case r.Err != nil:
		v.Set("error", r.Err.Code)
		if r.Err.Description != "" {
			v.Set("error_description", r.Err.Description)
		}
		if r.State != "" {
			v.Set("state", r.State)
		}
		return v.Encode(), nil
	case request.Mode.Encrypted():
		sealed, err := r.encrypt(request.Metadata)
		if err != nil {
			return "", err
		}
		v.Set("response", sealed)
	default:
		token, err := json.Marshal(r.Token)
		if err != nil {
			return "", err
		}
		v.Set("vp_token", string(token))
		if r.State != "" {
			v.Set("state", r.State)
		}
	}
	body := v.Encode()
	if len(body) > MaxBody {
		return "", badResponse("longer than %d bytes", MaxBody)
	}
	return body, nil
}
