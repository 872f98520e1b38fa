package sdjwt

import (
	"crypto"
	_ "crypto/sha256" // registers SHA-256
	_ "crypto/sha512" // registers SHA-384 and SHA-512
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
)

// Bounds on what is read and issued.
const (
	MaxSize        = 1 << 18       // bytes of an SD-JWT or SD-JWT+KB
	MaxHeader      = jws.MaxHeader // base64url characters of a JOSE header
	MaxKeyBinding  = 1 << 14       // characters of a Key Binding JWT
	MaxDisclosures = 1000
	MaxDepth       = jws.MaxDepth // of nested objects and arrays in the processed claims
)

// The names that RFC 9901 section 4.1 keeps for itself.
const (
	digestsName = "_sd"     // in an object: the digests of its hidden members
	elementName = "..."     // in an array: the digest of a hidden element
	hashName    = "_sd_alg" // at the top level: the hash algorithm
)

// undisclosable are the claims that must be in plain sight, with everything
// in them: draft-ietf-oauth-sd-jwt-vc-24 section 2.2.2.3, and aud from
// RFC 9901 section 9.7.
var undisclosable = map[string]bool{
	"iss": true, "nbf": true, "exp": true, "cnf": true, "vct": true,
	"vct#integrity": true, "aka_vcts": true, "status": true, "aud": true,
}

const clauseRegistered = "draft-ietf-oauth-sd-jwt-vc-24 section 2.2.2.3"

// hashes are the values of _sd_alg that are secure enough, by their names in
// the IANA "Named Information Hash Algorithm" registry.
var hashes = map[string]crypto.Hash{
	"sha-256": crypto.SHA256,
	"sha-384": crypto.SHA384,
	"sha-512": crypto.SHA512,
}

// digest gives the base64url digest of an ASCII text (RFC 9901 section 4.2.3).
func digest(h crypto.Hash, text string) string {
	f := h.New()
	f.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(f.Sum(nil))
}

// registered are the claims that this package itself understands.
type registered struct {
	issuer, typ             string
	alsoTypes               []string
	issued, notBefore, ends time.Time // zero when absent
	holder                  *jose.JSONWebKey
	confirmation            bool // whether there is a cnf at all
}

// readRegistered reads the processed claims of a credential.
func readRegistered(claims map[string]any) (r registered, err error) {
	if r.issuer, _ = claims["iss"].(string); r.issuer == "" {
		return r, credential.Failed("issuer", "RFC 9901 section 7.1", "iss is missing or not a string: nobody to trust a key for")
	}
	if r.typ, _ = claims["vct"].(string); r.typ == "" {
		return r, credential.Failed("type", "draft-ietf-oauth-sd-jwt-vc-24 section 2.2.2.1", "vct is missing or not a string")
	}
	if also, ok := claims["aka_vcts"]; ok {
		if r.alsoTypes, err = readAlsoTypes(also, r.typ); err != nil {
			return r, credential.Failed("type", "draft-ietf-oauth-sd-jwt-vc-24 section 2.2.2.2", "aka_vcts: %w", err)
		}
	}
	for name, into := range map[string]*time.Time{"iat": &r.issued, "nbf": &r.notBefore, "exp": &r.ends} {
		if v, ok := claims[name]; ok {
			if *into, err = readTime(v); err != nil {
				return r, credential.Failed("numeric-date", "RFC 7519 section 4.1", "%s: %w", name, err)
			}
		}
	}
	if cnf, ok := claims["cnf"]; ok {
		r.confirmation = true
		object, ok := cnf.(map[string]any)
		if !ok {
			return r, credential.Failed("confirmation", "RFC 7800 section 3.1", "cnf is not an object")
		}
		if jwk, ok := object["jwk"]; ok {
			if r.holder, err = jws.ReadKey(jwk); err != nil {
				return r, credential.Failed("confirmation", "RFC 7800 section 3.2", "%w", err)
			}
		}
	}
	return r, nil
}

func readAlsoTypes(v any, typ string) ([]string, error) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, fmt.Errorf("not an array with at least one member")
	}
	var types []string
	for _, v := range list {
		s, ok := v.(string)
		if !ok || s == "" {
			return nil, fmt.Errorf("a member is not a string")
		}
		if s == typ {
			return nil, fmt.Errorf("it repeats the vct")
		}
		types = append(types, s)
	}
	return types, nil
}

// readTime reads a NumericDate (RFC 7519 section 2) between 1970 and 9999.
func readTime(v any) (time.Time, error) {
	f, ok := v.(float64)
	if !ok || f < 0 || f > 253402300799 {
		return time.Time{}, fmt.Errorf("%s is not a number of seconds since 1970", brief(v))
	}
	whole, part := math.Modf(f)
	return time.Unix(int64(whole), int64(part*1e9)).UTC(), nil
}

// brief prints a value from a message for an error, cut off when it is long.
func brief(v any) string {
	s := fmt.Sprintf("%v", v)
	if len(s) > 100 {
		s = strings.ToValidUTF8(s[:100], "") + "…"
	}
	return strconv.Quote(s)
}
