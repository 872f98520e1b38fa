// Package credential holds what every credential form shares: the names of
// the forms and the error that a failed check gives. The forms are in the
// packages below it, one per standard; none of them knows a network or a
// store.
package credential

import "fmt"

// Format is a credential format identifier of OpenID4VCI and OpenID4VP.
type Format string

const (
	SDJWT   Format = "dc+sd-jwt" // SD-JWT VC, package sdjwt
	BBS2023 Format = "ldp_vc"    // W3C Data Integrity bbs-2023, package bbs2023
	// JWPBBS is BBS in JSON Web Proof form, package jwpbbs: the media type of
	// spec/jwpbbs.md section 7 without "application/".
	JWPBBS Format = "vnd.halfmask.bbs+jwp"
)

// Error says which check failed and where that check comes from. Every
// error about the content of a credential, a presentation or a proof is one,
// found with errors.As.
type Error struct {
	Check  string // a short fixed name, such as "key-binding-nonce"
	Clause string // the clause it comes from, such as "RFC 9901 section 7.3"
	Err    error  // what was wrong; may be nil
}

func (e *Error) Error() string {
	s := "check " + e.Check + " failed (" + e.Clause + ")"
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Failed makes an Error; the format and arguments are as for fmt.Errorf.
func Failed(check, clause, format string, args ...any) *Error {
	return &Error{Check: check, Clause: clause, Err: fmt.Errorf(format, args...)}
}
