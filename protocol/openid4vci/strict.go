package openid4vci

import (
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/protocol/fetch"
	"github.com/halfmask/halfmask/spec/strictjson"
)

const maxDepth = 24 // nested objects and arrays in any message

// decodeStrict reads one JSON object into v. Unknown members are ignored, as
// the standard asks; repeated ones, also such that differ in case only, are
// refused, because two readers could take different ones. How long it may be
// the callers have seen to, none of them beyond maxCredentials.
func decodeStrict(data []byte, v any) error {
	return strictjson.DecodeKnown(data, v, strictjson.Limits{Bytes: maxCredentials, Depth: maxDepth})
}

// checkIssuerID accepts credential issuer identifiers (OpenID4VCI 1.0 section
// 12.2.1): URLs without query and fragment.
func checkIssuerID(s string) error {
	if err := fetch.CheckURL(s); err != nil {
		return err
	}
	if u, _ := url.Parse(s); u.RawQuery != "" || u.ForceQuery {
		return credential.Failed("issuer-identifier", "OpenID4VCI 1.0 section 12.2.1", "an issuer identifier with a query")
	}
	return nil
}

// WellKnown inserts /.well-known/name between host and path of an identifier
// (OpenID4VCI 1.0 section 12.2.2, RFC 8414 section 3).
func WellKnown(identifier, name string) (string, error) {
	if err := checkIssuerID(identifier); err != nil {
		return "", err
	}
	u, err := url.Parse(identifier)
	if err != nil {
		return "", err
	}
	return u.Scheme + "://" + u.Host + wellKnownPath(u, name), nil
}

func wellKnownPath(identifier *url.URL, name string) string {
	return "/.well-known/" + name + strings.TrimSuffix(identifier.EscapedPath(), "/")
}

func marshal(v any) (string, error) {
	b, err := jws.WriteJSON(v)
	return string(b), err
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
