package openid4vci

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	maxMessage     = 256 << 10 // bytes of any answer but the next
	maxCredentials = 8 << 20   // bytes of a credential response
	maxRedirects   = 3
)

// direct is the transport of a Client without one: names below .localhost
// are dialed on the loopback interface whatever a resolver says, because
// plain http is allowed for them.
var direct = func() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if host, port, err := net.SplitHostPort(address); err == nil && net.ParseIP(host) == nil && onThisMachine(host) {
			address = net.JoinHostPort("127.0.0.1", port)
		}
		return dialer.DialContext(ctx, network, address)
	}
	t.ResponseHeaderTimeout = 30 * time.Second
	return t
}()

// HTTPClient makes the client that a Client without one uses: it keeps no
// cookies, waits a minute for each answer, and finds names below .localhost
// on the loopback interface.
func HTTPClient() *http.Client { return &http.Client{Transport: direct, Timeout: time.Minute} }

// http gives a copy of the caller's client that stays at the origin it was
// sent to: a redirect elsewhere would carry codes and proofs to a stranger.
func (c *Client) http() *http.Client {
	h := *HTTPClient()
	if c.HTTP != nil {
		h = *c.HTTP
	}
	h.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		switch first := via[0]; {
		case first.Method != http.MethodGet:
			return errors.New("redirect of a POST refused")
		case req.URL.Scheme != first.URL.Scheme || req.URL.Host != first.URL.Host:
			return fmt.Errorf("redirect to another origin refused: %s", originOf(req.URL.String()))
		case len(via) > maxRedirects:
			return errors.New("too many redirects")
		}
		return nil
	}
	return &h
}

func (c *Client) get(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("openid4vci: unusable URL")
	}
	return c.send(req, maxMessage)
}

func (c *Client) postForm(ctx context.Context, address string, form url.Values) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, errors.New("openid4vci: unusable URL")
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return c.send(req, maxMessage)
}

func (c *Client) postJSON(ctx context.Context, address, accessToken string, body any) ([]byte, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(b))
	if err != nil {
		return nil, errors.New("openid4vci: unusable URL")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+accessToken)
	return c.send(req, maxCredentials)
}

// send gives the body of a JSON answer, or the refusal as *Error.
func (c *Client) send(req *http.Request, limit int64) ([]byte, error) {
	req.Header.Set("Accept", "application/json")
	res, err := c.http().Do(req)
	if err != nil {
		return nil, fmt.Errorf("openid4vci: %s %s: %w", req.Method, originOf(req.URL.String()), withoutURL(err))
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("openid4vci: read the answer of %s: %w", req.URL.Host, err)
	}
	if int64(len(body)) > limit {
		return nil, fmt.Errorf("openid4vci: the answer of %s is longer than %d bytes", req.URL.Host, limit)
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if res.StatusCode < 200 || res.StatusCode > 299 {
		refusal := &Error{Status: res.StatusCode}
		if kind == "application/json" && decodeStrict(body, refusal) == nil {
			refusal.Code, refusal.Description = printable(refusal.Code), printable(refusal.Description)
		}
		return nil, fmt.Errorf("openid4vci: %s: %w", req.URL.Host, refusal)
	}
	if kind != "application/json" {
		return nil, fmt.Errorf("openid4vci: the answer of %s is %.60q, not application/json", req.URL.Host, kind)
	}
	return body, nil
}

// withoutURL drops the URL that http adds to its errors: the path of an offer
// is a secret.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
