package vault

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/hyperledger/aries-framework-go/spi/storage"

	"github.com/halfmask/halfmask/wallet/sqlite"
)

const passphrase = "correct horse battery staple"

func TestMain(m *testing.M) {
	DefaultCost = Cost{Time: 1, MemoryKiB: 64, Threads: 1}
	os.Exit(m.Run())
}

func create(t *testing.T) (*Vault, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wallet")
	v, err := Create(path, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v, path
}

func reopen(t *testing.T, path string) *Vault {
	t.Helper()
	v, err := Open(path, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

func TestRecordsAndKeysComeBack(t *testing.T) {
	v, path := create(t)
	k, err := v.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Write(Record{"b", "2", []byte("two")}, Record{"b", "1", []byte("one")}, Record{"c", "1", []byte("other")}); err != nil {
		t.Fatal(err)
	}
	if err := v.Write(Record{"b", "2", []byte("two again")}, Record{"c", "1", nil}); err != nil {
		t.Fatal(err)
	}
	v.Close()
	v = reopen(t, path)
	all, err := v.All("b")
	if err != nil || len(all) != 2 || string(all[0].Value) != "one" || string(all[1].Value) != "two again" {
		t.Errorf("got %v, %v", all, err)
	}
	if _, err := v.Read("c", "1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("deleted record: %v", err)
	}
	again, err := v.Key(k.ID)
	if err != nil || !again.public.Equal(k.public) {
		t.Errorf("key: %v", err)
	}
	if err := v.DeleteKey(k.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Key(k.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("deleted key: %v", err)
	}
	v.Close()
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("files beside the wallet: %v", entries)
	}
}

func TestKeySignsES256(t *testing.T) {
	for name, v := range vaults(t) {
		k, err := v.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		signer, err := jose.NewSigner(k.SigningKey(), (&jose.SignerOptions{EmbedJWK: true}).WithType("x"))
		if err != nil {
			t.Fatal(err)
		}
		for range 50 { // a signature with leading zeros has to come by
			jws, err := signer.Sign([]byte("payload"))
			if err != nil {
				t.Fatal(err)
			}
			compact, _ := jws.CompactSerialize()
			parsed, err := jose.ParseSignedCompact(compact, []jose.SignatureAlgorithm{jose.ES256})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parsed.Verify(k.public); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if parsed.Signatures[0].Header.JSONWebKey.KeyID != "" {
				t.Errorf("%s: the header names the key", name)
			}
		}
		jwk, err := k.PublicJWK()
		if err != nil {
			t.Fatal(err)
		}
		if want := `{"crv":"P-256","kty":"EC","x":"`; !strings.HasPrefix(string(jwk), want) || strings.Contains(string(jwk), `"d"`) {
			t.Errorf("%s: JWK %s", name, jwk)
		}
		var back jose.JSONWebKey
		if err := json.Unmarshal(jwk, &back); err != nil || !back.Key.(*ecdsa.PublicKey).Equal(k.public) {
			t.Errorf("%s: JWK %s is not the key: %v", name, jwk, err)
		}
	}
}

func vaults(t *testing.T) map[string]*Vault {
	file, _ := create(t)
	memory, err := InMemory()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]*Vault{"file": file, "memory": memory}
}

// TestFileShowsNothing writes the same things through the vault and straight
// into a store, and looks for them in the bytes of both files.
func TestFileShowsNothing(t *testing.T) {
	secrets := map[string]string{
		"claim value":    "Synthia Beispielmann",
		"claim name":     "document_number",
		"number":         "11010519491231002X",
		"issuer":         "https://issuer.example/national",
		"kind of record": "credential",
		"name of record": "entry-000017",
	}
	value := []byte(`{"document_number":"11010519491231002X","name":"Synthia Beispielmann","iss":"https://issuer.example/national"}`)
	v, path := create(t)
	k, err := v.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := v.keys.store.Get(k.ID)
	if err != nil {
		t.Fatal(err)
	}
	plainPath := filepath.Join(t.TempDir(), "plain")
	p, err := sqlite.Create(plainPath)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s, err := p.OpenStore("kmsdb")
	if err != nil {
		t.Fatal(err)
	}
	r := Record{"credential", "entry-000017", value}
	if err := v.Write(r); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(r.place(), value, storage.Tag{Name: r.Kind}); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(k.ID, kept); err != nil {
		t.Fatal(err)
	}
	public, err := k.Public().Key.(*ecdsa.PublicKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	x := public[1:33]
	if err := s.Put("public", x); err != nil {
		t.Fatal(err)
	}
	secrets["holder key name"] = k.ID
	secrets["holder public key"] = string(x)
	var keyset struct{ EncryptedKeyset string }
	if err := json.Unmarshal(kept, &keyset); err != nil || len(keyset.EncryptedKeyset) < 100 {
		t.Fatalf("unexpected form of a kept key: %v: %s", err, kept)
	}
	secrets["wrapped holder key"] = keyset.EncryptedKeyset[:60]
	secrets["passphrase"] = passphrase
	if err := s.Put("p", []byte(passphrase)); err != nil {
		t.Fatal(err)
	}
	if err := v.Write(Record{"credential", "short-lived", []byte("Synthia Beispielmann")}, Record{"credential", "short-lived", nil}); err != nil {
		t.Fatal(err)
	}
	for _, closed := range []bool{false, true} {
		if closed {
			v.Close()
			p.Close()
		}
		for what, secret := range secrets {
			if found := find(t, path, secret); found != "" {
				t.Errorf("closed %v: the wallet file shows the %s as %s", closed, what, found)
			}
			if find(t, plainPath, secret) == "" {
				t.Errorf("closed %v: the control file does not show the %s", closed, what)
			}
		}
	}
}

// find looks for the secret in the file, its journals and drafts, as it is
// and in the usual encodings.
func find(t *testing.T, path, secret string) string {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	forms := map[string][]byte{
		"itself":    []byte(secret),
		"hex":       []byte(hex.EncodeToString([]byte(secret))),
		"UTF-16":    []byte(strings.Join(strings.Split(secret, ""), "\x00")),
		"backwards": reversed(secret),
	}
	for offset := range 3 { // base64 of a longer text that contains it
		padded := append(make([]byte, offset), secret...)
		for name, e := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			forms[name] = []byte(e.EncodeToString(padded[:len(padded)/3*3]))[min(offset*2, 4):]
			for _, f := range files {
				b, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				for form, needle := range forms {
					if len(needle) >= 8 && bytes.Contains(b, needle) {
						return form + " in " + filepath.Base(f)
					}
				}
			}
		}
	}
	return ""
}

func reversed(s string) []byte {
	b := []byte(s)
	slices.Reverse(b)
	return b
}

func TestWrongPassphraseIsRefused(t *testing.T) {
	v, path := create(t)
	v.Close()
	for _, p := range []string{"", "correct horse battery stapl", "Correct horse battery staple", passphrase + " ", "\x00", strings.Repeat("x", 1<<16)} {
		_, err := Open(path, p)
		if !errors.Is(err, ErrPassphrase) || err.Error() != "wrong passphrase" {
			t.Errorf("%.30q: got %v", p, err)
		}
	}
	reopen(t, path)
}

func TestPassphraseIsOneInAnyComposition(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w")
	v, err := Create(path, "caf\u00e9")
	if err != nil {
		t.Fatal(err)
	}
	v.Close()
	if v, err = Open(path, "cafe\u0301"); err != nil {
		t.Fatal(err)
	}
	v.Close()
}

func TestCreateRefuses(t *testing.T) {
	v, path := create(t)
	v.Close()
	dir := filepath.Dir(path)
	for name, c := range map[string]struct {
		path, passphrase string
		want             error
	}{
		"a wallet that is there": {path, passphrase, ErrExists},
		"a folder":               {dir, passphrase, ErrExists},
		"a missing folder":       {filepath.Join(dir, "none", "w"), passphrase, fs.ErrNotExist},
		"an empty passphrase":    {filepath.Join(dir, "w"), "", nil},
	} {
		if _, err := Create(c.path, c.passphrase); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestConcurrentCreatesGiveOneWallet(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w")
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for range 6 {
		wg.Go(func() {
			v, err := Create(path, passphrase)
			switch {
			case err == nil:
				mu.Lock()
				made++
				mu.Unlock()
				v.Close()
			case !errors.Is(err, ErrExists) && !errors.Is(err, sqlite.ErrInUse):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if made != 1 {
		t.Errorf("%d wallets made", made)
	}
	reopen(t, path)
}
