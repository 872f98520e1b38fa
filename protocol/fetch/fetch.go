package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/halfmask/halfmask/credential"
)

// Options say what a client may reach. The zero value works and reaches
// public addresses only.
type Options struct {
	// AllowLoopback lets the client reach this machine, over http too: for a
	// demo, or for parties that run side by side. Private addresses stay out
	// of reach.
	AllowLoopback bool
	Timeout       time.Duration // of an exchange, from dialing to the last byte; 0 is 30 seconds
}

const (
	dialTime       = 10 * time.Second
	maxHeader      = 64 << 10 // bytes of a response header
	maxConnections = 64       // to one host
	clauseAddress  = "RFC 6890 section 2"
	clauseRedirect = "RFC 9110 section 15.4"
	clauseAnswer   = "RFC 9110 section 8"
)

// New makes a client that reaches what the options allow and follows no
// redirect. It is safe for concurrent use; make one and keep it.
func New(o Options) *http.Client {
	return &http.Client{
		Transport:     Transport(o),
		Timeout:       cmp.Or(o.Timeout, 30*time.Second),
		CheckRedirect: refuseRedirect,
	}
}

// Transport is the one that clients of New use, for callers that wrap it.
func Transport(o Options) *http.Transport {
	dialer := &net.Dialer{
		Timeout: dialTime,
		Control: func(_, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil {
				return credential.Failed("fetch-address", clauseAddress, "%q is not dialed: %w", address, err)
			}
			if err := reachable(at.Addr(), o.AllowLoopback); err != nil {
				return credential.Failed("fetch-address", clauseAddress, "%s is not dialed: %w", at.Addr(), err)
			}
			return nil
		},
	}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			// Names below .localhost are loopback whatever a resolver says,
			// because plain http is allowed for them.
			if host, port, err := net.SplitHostPort(address); err == nil && net.ParseIP(host) == nil && OnThisMachine(host) {
				address = net.JoinHostPort("127.0.0.1", port)
			}
			return dialer.DialContext(ctx, network, address)
		},
		TLSHandshakeTimeout:    dialTime,
		ResponseHeaderTimeout:  cmp.Or(o.Timeout, 30*time.Second),
		MaxResponseHeaderBytes: maxHeader,
		MaxConnsPerHost:        maxConnections,
		IdleConnTimeout:        time.Minute,
		DisableCompression:     true,
		ForceAttemptHTTP2:      true,
	}
}

func refuseRedirect(*http.Request, []*http.Request) error {
	return credential.Failed("fetch-redirect", clauseRedirect, "redirects are not followed")
}

// Get fetches a document of at most limit bytes that is served, with status
// 200, as one of the media types; the first of them is asked for. client is
// one of New, or a test's own; redirects are refused whichever it is.
func Get(ctx context.Context, client *http.Client, address string, limit int64, mediaTypes ...string) ([]byte, error) {
	if err := CheckURL(address); err != nil {
		return nil, credential.Failed("fetch-url", clauseAddress, "%w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("fetch: unusable URL")
	}
	req.Header.Set("Accept", strings.Join(mediaTypes, ", "))
	res, err := Do(client, req)
	if err != nil {
		return nil, err
	}
	body, err := Body(res, limit)
	if err != nil {
		return nil, err
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch {
	case res.StatusCode != http.StatusOK:
		return nil, credential.Failed("fetch-status", "RFC 9110 section 15", "%s answered with status %d", req.URL.Host, res.StatusCode)
	case !slices.Contains(mediaTypes, kind):
		return nil, credential.Failed("fetch-media-type", clauseAnswer, "the answer of %s is %.60q, not %s", req.URL.Host, kind, strings.Join(mediaTypes, " or "))
	}
	return body, nil
}

// Do sends a request without following redirects or keeping cookies,
// whichever client it is. Its errors say the origin alone: the rest of a URL
// may be a secret.
func Do(client *http.Client, req *http.Request) (*http.Response, error) {
	c := *client
	c.Jar, c.CheckRedirect = nil, refuseRedirect
	res, err := c.Do(req)
	if err != nil {
		if res != nil {
			res.Body.Close()
		}
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return nil, fmt.Errorf("fetch: %s %s: %w", req.Method, Origin(req.URL.String()), err)
	}
	return res, nil
}

// Body reads a body of at most limit bytes and closes it.
func Body(res *http.Response, limit int64) ([]byte, error) {
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("fetch: read the answer: %w", err)
	}
	if int64(len(body)) > limit {
		return nil, credential.Failed("fetch-size", clauseAnswer, "the answer is longer than %d bytes", limit)
	}
	return body, nil
}
