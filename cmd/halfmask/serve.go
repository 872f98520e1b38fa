package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// place says where a server listens and under which URL it is reached.
type place struct {
	prefix                   string // of the flags
	listen, url, addressFile string
}

// flags declares them. The name tells the servers of one command apart; it
// may be empty.
func (p *place) flags(c *cobra.Command, name, listen string) {
	if name != "" {
		p.prefix = name + "-"
	}
	f := c.Flags()
	f.StringVar(&p.listen, p.prefix+"listen", listen, "`ADDRESS` to listen on; port 0 takes any free one")
	f.StringVar(&p.url, p.prefix+"url", "", "`URL` under which others reach it, https, needed when ADDRESS is not of this machine alone")
	f.StringVar(&p.addressFile, p.prefix+"address-file", "", "write the URL into `FILE` once it listens")
}

// open starts to listen. Without a URL of its own a server is reachable from
// this machine alone: it has no TLS, and its protocols ask for https.
func (p *place) open() (net.Listener, error) {
	host, _, err := net.SplitHostPort(p.listen)
	if err != nil {
		return nil, usagef("--%slisten: %w", p.prefix, err)
	}
	if ip := net.ParseIP(host); p.url == "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, usagef("--%slisten %s can be reached from other machines, and there is no TLS here: put a proxy with TLS in front and name its URL with --%surl https://…, or listen on 127.0.0.1", p.prefix, p.listen, p.prefix)
	}
	l, err := net.Listen("tcp", p.listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("--%slisten %s: the port is in use: stop what listens there, or choose another one (port 0 takes any free one)", p.prefix, p.listen)
	}
	if err != nil {
		return nil, fmt.Errorf("--%slisten %s: %w", p.prefix, p.listen, err)
	}
	if p.url == "" {
		p.url = "http://" + l.Addr().String()
	}
	p.url = strings.TrimSuffix(p.url, "/")
	return l, nil
}

// announce writes the address file.
func (p *place) announce() error {
	if p.addressFile == "" {
		return nil
	}
	if err := replaceFile(p.addressFile, []byte(p.url+"\n")); err != nil {
		return fmt.Errorf("--%saddress-file: %w", p.prefix, err)
	}
	return nil
}

// Limits of every server here.
const (
	headerTime   = 10 * time.Second
	requestTime  = 30 * time.Second
	idleTime     = 2 * time.Minute
	shutdownTime = 5 * time.Second
	headerBytes  = 64 << 10
)

// serve answers until the context ends, and then lets requests under way
// finish.
func serve(ctx context.Context, errOut io.Writer, l net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTime, ReadTimeout: requestTime, WriteTimeout: requestTime, IdleTimeout: idleTime,
		MaxHeaderBytes: headerBytes,
		ErrorLog:       log.New(errOut, "halfmask: ", 0),
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	err := server.Shutdown(last)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
