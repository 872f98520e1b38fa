package statuslist

import (
	"math"
	"time"

	"github.com/halfmask/halfmask/credential"
)

const (
	clauseRules = "draft-ietf-oauth-status-list section 8.3"
	clauseJWT   = "draft-ietf-oauth-status-list section 5.1"
	clauseCWT   = "draft-ietf-oauth-status-list section 5.2"

	// skew is how far ahead of ours the issuer's clock may be.
	skew = time.Minute
)

// The media types of the two forms, section 8.2.
const (
	JWTMediaType = "application/statuslist+jwt"
	CWTMediaType = "application/statuslist+cwt"
)

// A Token is a list with what its issuer says about it, section 5.
type Token struct {
	URI      string    // where it is to be had: sub
	IssuedAt time.Time // iat, to the second
	Expires  time.Time // exp; the zero time when it does not end
	// TTL is how long it may be kept before a fresh copy is fetched; zero when
	// the issuer does not say.
	TTL  time.Duration
	List *List
}

// fields are the claims of both forms.
type fields struct {
	sub           *string
	iat, exp, ttl *float64
	bits          *int
	compressed    []byte
}

// token checks the claims of a token whose signature is good, for the list
// that a credential names by uri (section 8.3 steps 3 to 5).
func (f fields) token(clause, uri string, now time.Time) (*Token, error) {
	failed := func(check, format string, args ...any) error {
		return credential.Failed(check, clause, format, args...)
	}
	if f.sub == nil || *f.sub != uri {
		return nil, failed("status-subject", "sub is not the uri that the credential names")
	}
	t := &Token{URI: uri}
	issued, ok := instant(f.iat)
	if !ok {
		return nil, failed("status-issued", "iat is no time")
	}
	if t.IssuedAt = issued; issued.After(now.Add(skew)) {
		return nil, failed("status-issued", "the list is from the future")
	}
	if f.exp != nil {
		if t.Expires, ok = instant(f.exp); !ok {
			return nil, failed("status-expired", "exp is no time")
		}
		if !now.Before(t.Expires) {
			return nil, failed("status-expired", "the list has expired")
		}
	}
	if f.ttl != nil {
		if !(*f.ttl > 0 && *f.ttl <= 1<<31) {
			return nil, failed("status-ttl", "ttl is no positive number of seconds")
		}
		t.TTL = time.Duration(*f.ttl * float64(time.Second))
	}
	if f.bits == nil || f.compressed == nil {
		return nil, failed("status-list", "status_list needs bits and lst")
	}
	var err error
	t.List, err = decompress(*f.bits, f.compressed)
	return t, err
}

// instant reads a NumericDate (RFC 7519 section 2).
func instant(v *float64) (time.Time, bool) {
	if v == nil || !(*v >= 0 && *v < 1<<40) {
		return time.Time{}, false
	}
	whole, part := math.Modf(*v)
	return time.Unix(int64(whole), int64(part*1e9)).UTC(), true
}
