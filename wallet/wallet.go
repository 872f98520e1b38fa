// Package wallet is the holder's application: it obtains credentials,
// remembers them, asks the person before anything is shown, and keeps a log
// of what was. Start with Create or Open, then Accept, List, Present and Log.
//
//	issuer   --OpenID4VCI 1.0--> Accept, Renew --> verified, then kept
//	verifier --OpenID4VP 1.0---> Present: holder.Match, the person's consent,
//	                             holder.Present, the answer
//
// What to disclose is decided by package holder; the messages are those of
// protocol/openid4vci and protocol/openid4vp.
//
// # Keeping
//
// A wallet is one file. Records and keys are kept by aries-framework-go
// v0.3.2: localkms under a secret lock whose master key is wrapped by the
// passphrase (argon2id), the storage SPI of package wallet/sqlite, and aries'
// encrypted formatter in front of it, so that the file holds ciphertext and
// HMACs. Holder keys are P-256; they sign inside the key management and never
// leave it. Everything that one step changes is written in one transaction:
// a killed process leaves the state before the step or after it.
//
// aries' own pkg/wallet is not used as content store. It has no write of
// several contents at once, and replaces a content by removing it and adding
// it again, so that a crash in a renewal would lose the credential; it keeps
// unlocked stores and sessions in global variables, with expiring tokens,
// where this wallet is one value; and it would take the VCDM 2.0 credential
// only as Metadata, which is a blob in the store underneath. Its parts that
// carry weight are used directly: the key management, the secret lock, the
// storage SPI and its encryption.
//
// # Keys and copies
//
// Each SD-JWT VC is bound to a key of its own, made for it and reused in
// every presentation of it: its presentations are linkable (see
// holder.Linkability). A renewed one gets a fresh key. bbs-2023 credentials
// have no key.
//
// Credentials in JWP form (package jwpbbs), the wallet's native one, are on one
// link secret, which the wallet draws once and shows nobody. It makes the names
// by which platforms know the person, so it stays for good, and Backup copies it.
//
// # Left out
//
// Batches of single-use copies, trust lists of issuers (the person
// chooses whom to accept offers from; a verifier that is named redirect_uri:
// is known by its address only), credential status, and defence
// against someone who puts back an older copy of the file.
package wallet

import (
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/wallet/internal/vault"
	"github.com/halfmask/halfmask/wallet/sqlite"
)

// Errors that a caller can branch on. Those about the file come from Create
// and Open, and from any method when the file goes bad later.
var (
	ErrPassphrase = vault.ErrPassphrase // wrong passphrase; always with this one text
	ErrExists     = vault.ErrExists     // Create does not overwrite
	ErrNotWallet  = sqlite.ErrNotStore  // the path is no wallet file
	ErrVersion    = sqlite.ErrVersion   // a wallet file of another version
	ErrDamaged    = sqlite.ErrDamaged   // truncated or changed
	ErrInUse      = sqlite.ErrInUse     // open elsewhere
	ErrFull       = sqlite.ErrFull      // no room on the disk
	ErrClosed     = sqlite.ErrClosed    // Close was called

	ErrDeclined = errors.New("wallet: declined") // the person did not consent
)

// Wallet holds one person's credentials. Its methods may be called from
// several goroutines; HTTP, Now, Verifiers, Issuers and Browser are set before the first.
type Wallet struct {
	// HTTP carries every message; nil is openid4vci.HTTPClient(), which finds
	// names below .localhost on this machine. No redirect that leaves an
	// origin is followed and no cookie is kept, whatever the client says.
	HTTP *http.Client
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Verifiers is whom the wallet believes about verifiers. The zero value
	// knows nobody by a certificate. Its clock is the wallet's.
	Verifiers openid4vp.Trust

	// Issuers are authorities below which an issuer's metadata must be signed
	// (OpenID4VCI 1.0 section 12.2.3), and its SD-JWTs too where they carry
	// certificates. nil: TLS alone says whose they are.
	Issuers []*x509.Certificate
	// Browser is for offers that ask the person to log in; nil refuses them.
	Browser Browser

	vault *vault.Vault

	issuing sync.Mutex // held while grants are used: a refresh token is good once
	mu      sync.Mutex // held while records are read and written back
	seq     uint64     // number of the next activity, under mu
}

// Create makes a wallet file that only its owner can read, and opens it. The
// passphrase is 1 to many characters without control characters. The errors
// are ErrExists, one about the passphrase, and those of the file system. It
// takes about 0.3 s.
func Create(path, passphrase string) (*Wallet, error) {
	v, err := vault.Create(path, passphrase)
	if err != nil {
		return nil, fmt.Errorf("wallet: create: %w", err)
	}
	return newWallet(v)
}

// Open opens a wallet file. The errors are ErrPassphrase, ErrNotWallet,
// ErrVersion, ErrDamaged, ErrInUse, and those of the file system. It takes
// about 0.3 s.
func Open(path, passphrase string) (*Wallet, error) {
	v, err := vault.Open(path, passphrase)
	if err != nil {
		return nil, fmt.Errorf("wallet: open: %w", err)
	}
	return newWallet(v)
}

// Ephemeral gives an empty wallet in memory: nothing is written, no key is
// derived from a passphrase, and everything is gone with the process.
func Ephemeral() (*Wallet, error) {
	v, err := vault.InMemory()
	if err != nil {
		return nil, fmt.Errorf("wallet: %w", err)
	}
	return newWallet(v)
}

func newWallet(v *vault.Vault) (*Wallet, error) {
	n, err := readCount(v)
	if err != nil {
		return nil, errors.Join(err, v.Close())
	}
	return &Wallet{vault: v, seq: n}, nil
}

// Close closes the file, so that it can be opened again.
func (w *Wallet) Close() error {
	if err := w.vault.Close(); err != nil {
		return fmt.Errorf("wallet: close: %w", err)
	}
	return nil
}

func (w *Wallet) now() time.Time {
	if w.Now != nil {
		return w.Now()
	}
	return time.Now()
}

func (w *Wallet) http() *http.Client {
	if w.HTTP != nil {
		return w.HTTP
	}
	return openid4vci.HTTPClient()
}

func (w *Wallet) issuance() *openid4vci.Client {
	c := &openid4vci.Client{HTTP: w.http(), Now: w.now}
	if w.Issuers != nil {
		c.Trust = &openid4vci.MetadataTrust{Anchors: w.Issuers}
	}
	return c
}

func (w *Wallet) presentation() *openid4vp.Client {
	trust := w.Verifiers
	trust.Now, trust.DIDs.HTTP = w.now, w.http()
	return &openid4vp.Client{HTTP: w.http(), Trust: trust}
}

// newName names a record: 10 letters and digits, 50 bits.
func newName() string { return strings.ToLower(rand.Text()[:10]) }
