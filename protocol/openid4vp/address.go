package openid4vp

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// CheckAddress accepts an absolute https URL, and an http one when its host
// is a loopback address, localhost or a name below localhost; no user, no
// fragment.
func CheckAddress(address string) (*url.URL, error) {
	if len(address) > maxText {
		return nil, fmt.Errorf("URL longer than %d bytes", maxText)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("not a URL")
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http", u.Opaque != "", u.Hostname() == "":
		return nil, fmt.Errorf("%q is not an absolute https URL", clip(address))
	case u.User != nil:
		return nil, errors.New("URL carries a user name")
	case strings.Contains(address, "#"):
		return nil, errors.New("URL has a fragment")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, fmt.Errorf("http is for loopback hosts only, not for %q", clip(u.Host))
	}
	return u, nil
}

func isLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// isURLSafe tells the values that nonce and state may have (section 5.2).
func isURLSafe(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-._~", r) {
			return false
		}
	}
	return s != "" && len(s) <= 512
}
