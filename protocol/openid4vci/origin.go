package openid4vci

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// checkURL accepts absolute https URLs, and http ones on this machine.
func checkURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || len(s) > 2048 {
		return errors.New("not a URL")
	}
	switch {
	case u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		return errors.New("not an absolute URL")
	case u.User != nil:
		return errors.New("a URL with user information")
	case u.Fragment != "" || strings.HasSuffix(s, "#"):
		return errors.New("a URL with a fragment")
	case u.Scheme == "https":
		return nil
	case u.Scheme != "http":
		return errors.New("neither https nor http on this machine")
	case !onThisMachine(u.Hostname()):
		return errors.New("http outside this machine; https is required")
	}
	return nil
}

// checkIssuerID accepts credential issuer identifiers (OpenID4VCI 1.0 section
// 12.2.1): URLs without query and fragment.
func checkIssuerID(s string) error {
	if err := checkURL(s); err != nil {
		return err
	}
	if u, _ := url.Parse(s); u.RawQuery != "" || u.ForceQuery {
		return errors.New("an issuer identifier with a query")
	}
	return nil
}

// onThisMachine holds for loopback addresses, localhost and names below it,
// which RFC 6761 section 6.3 keeps for loopback.
func onThisMachine(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// originOf gives scheme, host and port, for comparisons and messages: the
// rest of a URL may be a secret.
func originOf(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "an unreadable URL"
	}
	return u.Scheme + "://" + u.Host
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
