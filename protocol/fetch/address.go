package fetch

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

const maxURL = 2048 // bytes

// CheckURL accepts absolute https URLs, and http ones on this machine,
// without user information and fragment.
func CheckURL(s string) error {
	if len(s) > maxURL {
		return errors.New("a URL of more than 2048 bytes")
	}
	u, err := url.Parse(s)
	if err != nil {
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
	case !OnThisMachine(u.Hostname()):
		return errors.New("http outside this machine; https is required")
	}
	return nil
}

// OnThisMachine holds for loopback addresses, localhost and names below it,
// which RFC 6761 section 6.3 keeps for loopback. A port is no part of host.
func OnThisMachine(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Origin gives scheme, host and port of a URL, for comparisons and messages:
// the rest of it may be a secret.
func Origin(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "an unreadable URL"
	}
	return u.Scheme + "://" + u.Host
}

// special are the blocks of RFC 6890 and its registries that netip does not
// name and that no public server has.
var special = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
	"3fff::/20", "5f00::/16", "fec0::/10",
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// reachable says why an address that was resolved may not be dialed.
func reachable(ip netip.Addr, loopback bool) error {
	ip = ip.Unmap()
	switch {
	case !ip.IsValid():
		return errors.New("it is no IP address")
	case ip.IsLoopback() && loopback:
		return nil
	case ip.IsLoopback():
		return errors.New("it is a loopback address")
	case ip.IsPrivate():
		return errors.New("it is a private address")
	case ip.IsLinkLocalUnicast():
		return errors.New("it is a link-local address")
	case !ip.IsGlobalUnicast():
		return errors.New("it is no unicast address")
	}
	for _, block := range special {
		if block.Contains(ip) {
			return errors.New("it is in the special-purpose block " + block.String())
		}
	}
	return nil
}
