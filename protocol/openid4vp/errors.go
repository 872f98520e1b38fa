package openid4vp

import (
	"errors"

	"github.com/halfmask/halfmask/credential"
)

// Codes of error responses (section 8.5).
const (
	InvalidRequest          = "invalid_request"
	InvalidRequestObject    = "invalid_request_object" // RFC 9101 section 7
	InvalidRequestURIMethod = "invalid_request_uri_method"
	InvalidTransactionData  = "invalid_transaction_data"
	AccessDenied            = "access_denied" // no such credential, or no consent: the verifier cannot tell which
	VPFormatsNotSupported   = "vp_formats_not_supported"
)

// Error is an error of the protocol: one that this side found in a message,
// or one that the other side answered.
type Error struct {
	Code        string // of section 8.5 or RFC 6749
	Description string // as sent or received; may be empty
	Err         error  // what was wrong in detail, a *credential.Error when a check of content failed; never sent; may be nil

	answerTo *Request // whom Client.Report tells of an error in a request
}

func (e *Error) Error() string {
	s := e.Code
	if e.Description != "" {
		s += ": " + e.Description
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return "openid4vp: " + s
}

func (e *Error) Unwrap() error { return e.Err }

// refuse makes the error of a request that must not be answered.
func refuse(code, check, section, format string, args ...any) *Error {
	return &Error{Code: code, Err: credential.Failed(check, "OpenID4VP 1.0 section "+section, format, args...)}
}

// asInvalid turns an error into one of the protocol.
func asInvalid(err error) error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	return &Error{Code: InvalidRequest, Err: err}
}
