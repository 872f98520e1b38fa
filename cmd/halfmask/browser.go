package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// loopbackBrowser lets the person open a page in a browser of their own, and
// waits for it to come back to this machine (RFC 8252 section 7.3).
type loopbackBrowser struct {
	listener net.Listener
	out      io.Writer
}

const callbackPath = "/callback"

func newLoopbackBrowser(out io.Writer) (*loopbackBrowser, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("no place for the browser to come back to: %w", err)
	}
	return &loopbackBrowser{l, out}, nil
}

func (b *loopbackBrowser) RedirectURI() string {
	return "http://" + b.listener.Addr().String() + callbackPath
}

const loginTime = 10 * time.Minute

// Visit waits for the first request to the redirect URI. What it brings is
// for the wallet to check.
func (b *loopbackBrowser) Visit(ctx context.Context, page string) (string, error) {
	fmt.Fprintf(b.out, "open this page in a browser, and log in:\n  %s\n", page)
	ctx, cancel := context.WithTimeout(ctx, loginTime)
	defer cancel()
	came := make(chan string, 1)
	server := &http.Server{
		ReadHeaderTimeout: headerTime, ReadTimeout: requestTime, WriteTimeout: requestTime, MaxHeaderBytes: headerBytes,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != callbackPath || r.Method != http.MethodGet {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Referrer-Policy", "no-referrer")
			fmt.Fprintln(w, "You are back at the wallet, and can close this page.")
			select {
			case came <- b.RedirectURI() + "?" + r.URL.RawQuery:
			default:
			}
		}),
	}
	go server.Serve(b.listener)
	defer func() {
		last, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Shutdown(last)
	}()
	select {
	case callback := <-came:
		return callback, nil
	case <-ctx.Done():
		return "", fmt.Errorf("nobody logged in: %w", ctx.Err())
	}
}
