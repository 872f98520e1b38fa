package wallet_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/wallet"
)

// TestWalletFileShowsNothing uses a wallet for everything it does and then
// reads its files. The control is what the messages said.
func TestWalletFileShowsNothing(t *testing.T) {
	w := newTown(t)
	var wire bytes.Buffer // what a wallet without encryption would have kept
	var mu sync.Mutex
	w.after = func(_, c string) string {
		mu.Lock()
		defer mu.Unlock()
		wire.WriteString(c + "\n")
		for _, part := range strings.FieldsFunc(c, func(r rune) bool { return r == '~' || r == '.' }) {
			if text, err := base64.RawURLEncoding.DecodeString(part); err == nil {
				wire.Write(text)
			}
		}
		return c
	}
	h, path := w.create()
	recording := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		body, err := peek(&r.Body)
		if err != nil {
			return nil, err
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		answer, err := peek(&res.Body)
		mu.Lock()
		defer mu.Unlock()
		wire.Write(body)
		wire.Write(answer)
		return res, err
	})}
	h.HTTP = recording
	if _, err := h.Accept(t.Context(), w.offer(openid4vci.OfferOptions{Configurations: []string{"person-bbs", "person-sd-jwt", "person-jwp"}}), ""); err != nil {
		t.Fatal(err)
	}
	var secrets []string
	for _, f := range []credential.Format{credential.BBS2023, credential.SDJWT, credential.JWPBBS} {
		p := w.ask([]string{spec.Name}, f)
		if _, err := h.Present(t.Context(), p.RequestURI, agree); err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, p.Request.Nonce, p.Request.State)
	}
	secrets = append(secrets, w.issuer.URL, w.address.URL, passphrase, "person-sd-jwt", "person-bbs", spec.CredentialType, spec.CredentialClass)
	for name, value := range person {
		secrets = append(secrets, name)
		if s, ok := value.(string); ok && len(s) > 4 {
			secrets = append(secrets, s)
		}
	}
	for _, after := range []string{`"refresh_token":"`, `"access_token":"`, `"c_nonce":"`, `"x":"`, `"y":"`, `"proofValue":"`} {
		_, rest, found := strings.Cut(wire.String(), after)
		if !found {
			t.Fatalf("no %s on the wire", after)
		}
		value, _, _ := strings.Cut(rest, `"`)
		secrets = append(secrets, value[:min(len(value), 40)])
		if raw, err := base64.RawURLEncoding.DecodeString(value); err == nil && len(raw) == 32 {
			secrets = append(secrets, string(raw))
		}
	}
	for _, e := range list(t, h) {
		secrets = append(secrets, e.ID)
		if e.Format == credential.JWPBBS {
			secrets = append(secrets, string(h.LinkSecret()), string(h.BlindingOf(e.ID)), "person-jwp", "link-secret")
		}
	}
	if err := h.Backup(path + ".backup"); err != nil {
		t.Fatal(err)
	}
	search := func(when string) {
		files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
		if err != nil || len(files) == 0 {
			t.Fatal("no files", err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range secrets {
				if where := shows(b, secret); where != "" {
					t.Errorf("%s: %s shows %q as %s", when, filepath.Base(file), secret, where)
				}
			}
		}
	}
	search("open")
	h.Close()
	search("closed")
	log, _ := w.reopen(path).Log()
	control := fmt.Appendf(wire.Bytes(), "%v %s", log, w.address.URL)
	for _, secret := range []string{"Synthia Beispielmann", spec.DocumentNumber, w.issuer.URL, w.address.URL} {
		if shows(control, secret) == "" {
			t.Errorf("the search does not find %q where it is", secret)
		}
	}
}

// peek reads a body and puts it back.
func peek(body *io.ReadCloser) ([]byte, error) {
	if *body == nil {
		return nil, nil
	}
	b, err := io.ReadAll(*body)
	(*body).Close()
	*body = io.NopCloser(bytes.NewReader(b))
	return b, err
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// shows looks for a secret as it is and in the usual encodings.
func shows(text []byte, secret string) string {
	forms := map[string]string{"itself": secret, "hex": hex.EncodeToString([]byte(secret))}
	for offset := range 3 { // within a longer text
		padded := append(make([]byte, offset), secret...)
		padded = padded[:len(padded)/3*3]
		for name, e := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			forms[fmt.Sprint(name, " at ", offset)] = e.EncodeToString(padded)[min(2*offset, 4):]
		}
	}
	for form, needle := range forms {
		if len(needle) >= 6 && bytes.Contains(text, []byte(needle)) {
			return form
		}
	}
	return ""
}

func TestOpenRefuses(t *testing.T) {
	w := newTown(t)
	h, path := w.equipped()
	h.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put := func(name string, content []byte) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	for name, c := range map[string]struct {
		path, passphrase string
		want             error
	}{
		"a wrong passphrase":  {path, "wrong", wallet.ErrPassphrase},
		"no passphrase":       {path, "", wallet.ErrPassphrase},
		"half of a wallet":    {put("half", whole[:len(whole)/2]), passphrase, wallet.ErrDamaged},
		"all but a byte":      {put("cut", whole[:len(whole)-1]), passphrase, wallet.ErrDamaged},
		"a header only":       {put("page", whole[:4096]), passphrase, wallet.ErrDamaged},
		"an empty file":       {put("empty", nil), passphrase, wallet.ErrNotWallet},
		"a letter":            {put("letter", bytes.Repeat([]byte("Dear Sir or Madam,\n"), 999)), passphrase, wallet.ErrNotWallet},
		"a folder":            {dir, passphrase, wallet.ErrNotWallet},
		"a path without file": {filepath.Join(dir, "none"), passphrase, fs.ErrNotExist},
		"a path below a file": {filepath.Join(path, "below"), passphrase, syscall.ENOTDIR},
		"a scrambled page":    {put("noise", scrambled(whole)), passphrase, wallet.ErrDamaged},
	} {
		if h, err := wallet.Open(c.path, c.passphrase); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
			if err == nil {
				h.Close()
			}
		}
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(after, whole) {
		t.Error("refused opens changed the file")
	}
	if got := list(t, w.reopen(path)); len(got) != 2 {
		t.Errorf("%d credentials after all that", len(got))
	}
}

// scrambled overwrites the second page, of a table's content.
func scrambled(whole []byte) []byte {
	b := bytes.Clone(whole)
	for i := 4096; i < 8192; i++ {
		b[i] ^= 0x5a
	}
	return b
}

func TestCreateDoesNotOverwrite(t *testing.T) {
	w := newTown(t)
	h, path := w.equipped()
	h.Close()
	if _, err := wallet.Create(path, passphrase); !errors.Is(err, wallet.ErrExists) {
		t.Errorf("got %v, want ErrExists", err)
	}
	if got := list(t, w.reopen(path)); len(got) != 2 {
		t.Errorf("%d credentials left", len(got))
	}
}

func TestOpenTwice(t *testing.T) {
	w := newTown(t)
	h, path := w.create()
	if _, err := wallet.Open(path, passphrase); !errors.Is(err, wallet.ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
	h.Close()
	if _, err := h.List(); !errors.Is(err, wallet.ErrClosed) {
		t.Errorf("List after Close: got %v, want ErrClosed", err)
	}
	w.reopen(path)
}

// TestKilledAtEachRequest kills the wallet's process when its nth request
// arrives, for every n of an issuance and a presentation. Whatever n is, the
// wallet opens again, has all of the offer's credentials or none, and no
// presentation that the platform has is missing from its log.
func TestKilledAtEachRequest(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	lost := 0 // issuances that cannot be finished
	for n := 1; ; n += stride {
		h, path := w.create()
		h.Close()
		p, offer := w.ask([]string{spec.Sex}, credential.BBS2023), w.offer(openid4vci.OfferOptions{})
		killed, out := w.killAt(n, childCommand("story", path, offer, p.RequestURI))
		h = w.reopen(path)
		entries, log := list(t, h), must(h.Log())
		if len(entries) == 0 {
			got, _ := h.Renew(t.Context())
			again, _ := h.Accept(t.Context(), offer, "")
			if len(got)+len(again) != 2 {
				lost++
			}
		}
		if len(entries) != 0 && len(entries) != 2 {
			t.Errorf("killed at request %d: %d of 2 credentials", n, len(entries))
		}
		if w.result(p).Verdict != nil && (len(log) != 2 || len(log[1].Disclosed) != 1) {
			t.Errorf("killed at request %d: the platform was shown something, the log is %+v", n, log)
		}
		h.Close()
		if !killed {
			if len(entries) != 2 || len(log) != 2 || log[1].Outcome != wallet.Done {
				t.Fatalf("not killed, but it ended with %d credentials: %s", len(entries), out)
			}
			if n < 10 {
				t.Errorf("only %d requests", n)
			}
			if lost > 2 { // killed while the issuer answers with tokens, which nobody has then
				t.Errorf("%d issuances are lost", lost)
			}
			return
		}
	}
}

// TestKilledInRenewal does the same to a renewal: the wallet always has two
// credentials that can be shown.
func TestKilledInRenewal(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for n := 1; ; n += stride {
		h, path := w.equipped()
		h.Close()
		cmd := childCommand("renewal", path)
		cmd.Env = append(cmd.Env, "HALFMASK_TEST_LATER=672h")
		killed, out := w.killAt(n, cmd)
		h = w.reopen(path)
		entries := list(t, h)
		if len(entries) != 2 {
			t.Errorf("killed at request %d: %d credentials", n, len(entries))
		}
		for _, e := range entries {
			if !e.ValidAt(w.now()) {
				continue // renewed: for the next month
			}
			if _, err := h.Present(t.Context(), w.ask([]string{spec.Sex}, e.Format).RequestURI, agree); err != nil {
				t.Errorf("killed at request %d: %s: %v", n, e.Format, err)
			}
		}
		h.Close()
		if !killed {
			if n < 5 {
				t.Errorf("only %d requests: %s", n, out)
			}
			return
		}
	}
}

// killAt runs a process and kills it when its nth request arrives.
func (w *town) killAt(n int, cmd *exec.Cmd) (killed bool, out []byte) {
	w.t.Helper()
	var mu sync.Mutex
	seen := 0
	w.mu.Lock()
	w.onRequest = func() {
		mu.Lock()
		defer mu.Unlock()
		if seen++; seen == n {
			killed = true
			cmd.Process.Kill()
			time.Sleep(20 * time.Millisecond)
		}
	}
	w.mu.Unlock()
	var text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &text
	mu.Lock()
	err := cmd.Start()
	mu.Unlock()
	if err != nil {
		w.t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed, or failed for it
	w.mu.Lock()
	w.onRequest = nil
	w.mu.Unlock()
	mu.Lock()
	defer mu.Unlock()
	return killed, text.Bytes()
}

// limitFileSize makes writes beyond a size fail, as on a full disk, where the
// system can.
var limitFileSize func(size string)

// fillAfter fills the disk when an answer has come, such as "/token 2": the
// second from that path; or, with " kept" behind it, when the wallet has
// written the grant of that answer and looks at its clock.
func fillAfter(h *wallet.Wallet, answer string) {
	answer, kept := strings.CutSuffix(answer, " kept")
	seen := map[string]int{}
	came, now := false, h.Now
	h.HTTP = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		res, err := http.DefaultTransport.RoundTrip(r)
		seen[r.URL.Path]++
		came = came || answer == fmt.Sprint(r.URL.Path, " ", seen[r.URL.Path])
		if came && !kept {
			limitFileSize("0")
		}
		return res, err
	})}
	h.Now = func() time.Time {
		if came {
			limitFileSize("0")
		}
		return now()
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func childCommand(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "HALFMASK_TEST_CHILD=1")
	return cmd
}

// TestMain also is the other process: it accepts an offer, answers a request,
// or renews.
func TestMain(m *testing.M) {
	if os.Getenv("HALFMASK_TEST_CHILD") == "" {
		os.Exit(m.Run())
	}
	if room := os.Getenv("HALFMASK_TEST_ROOM"); room != "" {
		limitFileSize(room)
	}
	args := append(os.Args[2:], "", "")
	path, offer, request := args[0], args[1], args[2]
	h, err := wallet.Open(path, passphrase)
	if err == nil {
		later, _ := time.ParseDuration(os.Getenv("HALFMASK_TEST_LATER"))
		h.Now = func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).Add(later) }
		if full := os.Getenv("HALFMASK_TEST_FULL_AFTER"); full != "" {
			fillAfter(h, full)
		}
		if os.Args[1] == "renewal" {
			_, err = h.Renew(context.Background())
		}
	}
	if err == nil && offer != "" {
		_, err = h.Accept(context.Background(), offer, "")
	}
	if err == nil && request != "" {
		_, err = h.Present(context.Background(), request, agree)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
