package openid4vp

import (
	"encoding/json"
	"net/url"

	"github.com/halfmask/halfmask/credential"
)

// Response is what a wallet posts to the response URI: presentations or an
// error (sections 8.2 and 8.5).
type Response struct {
	State string
	Token VPToken // nil in an error response
	Err   *Error  // nil in a successful one
}

func badResponse(format string, args ...any) *credential.Error {
	return credential.Failed("response", "OpenID4VP 1.0 section 8.2", format, args...)
}

// ParseResponse reads a form-encoded response body. Unknown parameters are
// ignored, repeated ones refused. The error is a *credential.Error.
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
	r := &Response{State: params.Get("state")}
	if params.Has("state") && !isURLSafe(r.State) {
		return nil, badResponse("state is not made of 1 to 512 URL safe characters")
	}
	switch {
	case params.Has("vp_token") && params.Has("error"):
		return nil, badResponse("both vp_token and error")
	case params.Has("error"):
		code, description := params.Get("error"), params.Get("error_description")
		if !isErrorText(code) || code == "" || !isErrorText(description) {
			return nil, badResponse("error is not made of at most 512 printable ASCII characters (RFC 6749 section 4.1.2.1)")
		}
		r.Err = &Error{Code: code, Description: description}
		return r, nil
	case params.Has("vp_token"):
		if r.Token, err = ParseVPToken([]byte(params.Get("vp_token"))); err != nil {
			return nil, err
		}
		return r, nil
	}
	return nil, badResponse("neither vp_token nor error")
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

// Encode gives the form-encoded body.
func (r *Response) Encode() (string, error) {
	v := url.Values{}
	if r.State != "" {
		v.Set("state", r.State)
	}
	if r.Err != nil {
		v.Set("error", r.Err.Code)
		if r.Err.Description != "" {
			v.Set("error_description", r.Err.Description)
		}
		return v.Encode(), nil
	}
	token, err := json.Marshal(r.Token)
	if err != nil {
		return "", err
	}
	v.Set("vp_token", string(token))
	body := v.Encode()
	if len(body) > MaxBody {
		return "", badResponse("longer than %d bytes", MaxBody)
	}
	return body, nil
}
