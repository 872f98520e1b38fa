package interop

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// halfmask is our side: the program as a user runs it, one issuer, one
// verifier that trusts it, and a certificate authority for both. Its tests
// share it; TestMain stops it.
type halfmask struct {
	dir, issuer, verifier string
	authority             authority
	servers               []*server
}

// server is a process of ours.
type server struct {
	cmd *exec.Cmd
	end chan error // gets what Wait gave
}

func (s *server) stop() error {
	return errors.Join(s.cmd.Process.Signal(syscall.SIGINT), <-s.end)
}

// ours starts our side once. Tests that cannot run a counterpart skip before.
func ours(t *testing.T) *halfmask {
	t.Helper()
	h, err := startOurs()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

var startOurs = sync.OnceValues(func() (*halfmask, error) {
	dir, err := os.MkdirTemp("", "interop-")
	if err != nil {
		return nil, err
	}
	h := &halfmask{dir: dir}
	running = h
	if h.authority, err = newAuthority(); err != nil {
		return nil, err
	}
	if out, err := exec.Command("go", "build", "-o", h.program(), "../../cmd/halfmask").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	if _, err := h.run("documents", "mint", "--out", "card"); err != nil {
		return nil, err
	}
	return h, errors.Join(h.startIssuer(), h.startVerifier())
})

// running is what TestMain stops.
var running *halfmask

func (h *halfmask) stop() {
	if h == nil {
		return
	}
	for _, s := range h.servers {
		_ = s.stop()
	}
	_ = os.RemoveAll(h.dir)
}

func (h *halfmask) program() string { return filepath.Join(h.dir, "halfmask") }

// run runs a command to its end. Its error is a *refusal with what it said.
func (h *halfmask) run(args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := h.command(ctx, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, &refusal{fmt.Sprintf("halfmask %s: %v: %s", args[0], err, said.String())}
	}
	return out, nil
}

func (h *halfmask) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, h.program(), args...)
	cmd.Dir = h.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + h.dir, "HALFMASK_PASSPHRASE=correct horse battery staple"}
	return cmd
}

// serve starts a server on a free port and gives the URL that it announces.
func (h *halfmask) serve(name string, args ...string) (string, *server, error) {
	for try := 1; ; try++ { // somebody else may take the port before it does
		address, s, err := h.serveOnce(name, args)
		if err == nil || try == 3 {
			return address, s, err
		}
	}
}

func (h *halfmask) serveOnce(name string, args []string) (string, *server, error) {
	port, err := freePort()
	if err != nil {
		return "", nil, err
	}
	// The name localhost, and not the number, is what certificates can name.
	address, log := filepath.Join(h.dir, name+".url"), new(excerpt)
	cmd := h.command(context.Background(), append(slices.Clone(args), "--listen", "127.0.0.1:"+port, "--url", "http://localhost:"+port, "--address-file", address)...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := os.RemoveAll(address); err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	s := &server{cmd, make(chan error, 1)}
	go func() { s.end <- cmd.Wait() }()
	for end := time.After(patience); ; {
		select {
		case err := <-s.end:
			return "", nil, fmt.Errorf("halfmask %s ended: %w: %s", name, err, log)
		case <-end:
			return "", nil, errors.Join(fmt.Errorf("halfmask %s does not start: %s", name, log), cmd.Process.Kill())
		case <-time.After(20 * time.Millisecond):
		}
		if text, err := os.ReadFile(address); err == nil {
			h.servers = append(h.servers, s)
			return strings.TrimSpace(string(text)), s, nil
		}
	}
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

// startIssuer starts an issuer once to have its key, and again with a
// certificate of that key.
func (h *halfmask) startIssuer() error {
	args := []string{"issuer", "serve", "--sms-dir", "sms"}
	address, first, err := h.serve("issuer", args...)
	if err != nil {
		return err
	}
	var published struct{ JWKS jose.JSONWebKeySet }
	if err := getJSON(address+"/.well-known/jwt-vc-issuer", &published); err != nil {
		return err
	}
	if err := h.certify("issuer.pem", published.JWKS.Keys[0].Key); err != nil {
		return err
	}
	if err := first.stop(); err != nil {
		return err
	}
	h.servers = nil
	h.issuer, _, err = h.serve("issuer", append(args, "--certificate", "issuer.pem")...)
	return err
}

// startVerifier starts a verifier that can sign: by its certificate, as a
// DNS name and as a hash, and as a did:jwk.
func (h *halfmask) startVerifier() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := errors.Join(h.certify("verifier.pem", &key.PublicKey), os.WriteFile(filepath.Join(h.dir, "verifier.key"), text, 0o600)); err != nil {
		return err
	}
	h.verifier, _, err = h.serve("verifier", "verifier", "serve", "--trust-issuer", h.issuer, "--signing-key", "verifier.key", "--certificate", "verifier.pem")
	return err
}

// certify writes the certificate of a key for localhost.
func (h *halfmask) certify(file string, key crypto.PublicKey) error {
	der, err := h.authority.issue("localhost", key)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(h.dir, file), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
}

func getJSON(address string, v any) error {
	r, err := http.Get(address)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(io.LimitReader(r.Body, maxLine))
	if err == nil && r.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", address, r.Status, text)
	}
	return errors.Join(err, json.Unmarshal(text, v))
}

// offer enrolls the person of the minted card and gives the link of an offer
// of these configurations, all when there are none.
func (h *halfmask) offer(t *testing.T, only ...string) string {
	t.Helper()
	out, err := h.run("issuer", "enroll", "--issuer", h.issuer, "--document", "card", "--phone", "+999000000001", "--sms-dir", "sms", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var enrolled struct {
		Link  string         `json:"wallet_link"`
		Offer map[string]any `json:"credential_offer"`
	}
	if err := json.Unmarshal(out, &enrolled); err != nil {
		t.Fatal(err)
	}
	if len(only) == 0 {
		return enrolled.Link
	}
	enrolled.Offer["credential_configuration_ids"] = only
	offer, err := json.Marshal(enrolled.Offer)
	if err != nil {
		t.Fatal(err)
	}
	return "openid-credential-offer://?" + url.Values{"credential_offer": {string(offer)}}.Encode()
}

// ourWallet is a wallet of ours, a file.
type ourWallet struct {
	*halfmask
	file string
}

func (h *halfmask) wallet(t *testing.T) *ourWallet {
	t.Helper()
	w := &ourWallet{h, filepath.Join(t.TempDir(), "wallet")}
	if _, err := w.do("init"); err != nil {
		t.Fatal(err)
	}
	return w
}

// do runs "halfmask wallet VERB …".
func (w *ourWallet) do(verb string, args ...string) ([]byte, error) {
	return w.run(append([]string{"wallet", verb, "--wallet", w.file, "--json"}, args...)...)
}

// pending is a request of our verifier.
type pending struct {
	ID        string
	Reference string `json:"request_uri"`
	ByValue   string `json:"by_value"`
}

// request asks, as the platform's back end, for age_over_18 of an SD-JWT VC.
func (h *halfmask) request(t *testing.T, prefix, mode string) pending {
	t.Helper()
	out, err := h.run("verifier", "request", "--verifier", h.verifier, "--format", "sd-jwt", "--claims", "age_over_18",
		"--client-id-prefix", prefix, "--response-mode", mode, "--json")
	if err != nil {
		t.Fatal(err)
	}
	var p pending
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// shows has a wallet of other people, one with the call present, answer a
// request of ours, and demands our verdict.
func (h *halfmask) shows(wallet *counterpart, id, link string) error {
	if err := wallet.call("present", map[string]any{"request": link}, nil); err != nil {
		return err
	}
	return h.result(id, map[string]any{"age_over_18": true})
}

// The ways in which our verifier names itself and asks to be answered.
const (
	redirectPrefix = "redirect_uri"
	sanDNS         = "x509_san_dns"
	x509Hash       = "x509_hash"
	didPrefix      = "decentralized_identifier" // with did:jwk

	directPost    = "direct_post"
	directPostJWT = "direct_post.jwt"
)

// result demands our verdict on what was shown: accepted, with these claims.
func (h *halfmask) result(id string, want map[string]any) error {
	out, err := h.run("verifier", "result", "--verifier", h.verifier, "--json", id)
	if err != nil {
		return err
	}
	var r struct {
		Status  string
		Verdict struct {
			Accepted bool
			Claims   map[string]any
		}
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return err
	}
	if !r.Verdict.Accepted {
		return fmt.Errorf("our verdict: %s", out)
	}
	return alike(r.Verdict.Claims, want)
}

// authority is a certificate authority.
type authority struct {
	key  *ecdsa.PrivateKey
	root *x509.Certificate
}

func newAuthority() (a authority, err error) {
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return a, err
	}
	template := certificate("Halfmask interop authority")
	template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		return a, err
	}
	a.root, err = x509.ParseCertificate(der)
	return a, err
}

func certificate(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
}

// issue gives the certificate of a key for a DNS name.
func (a authority) issue(name string, key crypto.PublicKey) ([]byte, error) {
	template := certificate(name)
	template.DNSNames, template.KeyUsage = []string{name}, x509.KeyUsageDigitalSignature
	return x509.CreateCertificate(rand.Reader, template, a.root, key, a.key)
}

// pem is the authority's own certificate.
func (a authority) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.root.Raw}))
}
