package openid4vp

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
)

// Client identifier prefixes (section 5.9.3).
const (
	RedirectURI             = "redirect_uri"
	X509SanDNS              = "x509_san_dns"
	X509Hash                = "x509_hash"
	DecentralizedIdentifier = "decentralized_identifier"
	VerifierAttestation     = "verifier_attestation"

	origin = "origin" // of audiences over the Digital Credentials API; in requests it is refused
)

// ClientID gives the client identifier of a verifier with this response URI
// and no key (section 5.9.3).
func ClientID(responseURI string) string { return RedirectURI + ":" + responseURI }

// cutPrefix separates a client identifier at its first colon. Without a known
// prefix the client would have to be registered, and none is.
func cutPrefix(clientID string) (prefix, name string, ok bool) {
	prefix, name, ok = strings.Cut(clientID, ":")
	switch prefix {
	case RedirectURI, X509SanDNS, X509Hash, DecentralizedIdentifier, VerifierAttestation:
		return prefix, name, ok && name != "" && len(clientID) <= maxText
	}
	return "", "", false
}

// checkClientID holds the client identifier against its prefix, and against
// the response URI where the prefix ties the two together.
func (r *Request) checkClientID() error {
	prefix, name, ok := cutPrefix(r.ClientID)
	if !ok {
		return refuse(InvalidRequest, "client-id", "5.9", "client_id %q has not one of the prefixes redirect_uri, x509_san_dns, x509_hash, decentralized_identifier, verifier_attestation", clip(r.ClientID))
	}
	bad := func(format string, args ...any) error {
		return refuse(InvalidRequest, "client-id", "5.9.3", format, args...)
	}
	switch prefix {
	case RedirectURI:
		if !r.Mode.posts() {
			return bad("a request over the Digital Credentials API cannot have the prefix redirect_uri")
		}
		if name != r.ResponseURI {
			return bad("response_uri is not the one in client_id")
		}
	case X509SanDNS:
		if !isDNSName(name) {
			return bad("%q is no DNS name", clip(name))
		}
		if u, err := url.Parse(r.ResponseURI); r.Mode.posts() && (err != nil || !strings.EqualFold(u.Hostname(), name)) {
			return refuse(InvalidRequest, "response-uri", "5.9.3", "response_uri is at another host than client_id names")
		}
	case X509Hash:
		if b, err := base64.RawURLEncoding.Strict().DecodeString(name); err != nil || len(b) != sha256.Size {
			return bad("%q is no SHA-256 hash in base64url", clip(name))
		}
	case DecentralizedIdentifier:
		if !strings.HasPrefix(name, "did:") {
			return bad("%q is no DID", clip(name))
		}
	}
	return nil
}

func isDNSName(s string) bool {
	for _, label := range strings.Split(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' {
				return false
			}
		}
	}
	return len(s) <= 253
}
