// Package vault keeps a wallet's records and keys on aries-framework-go
// v0.3.2. All of the project's imports of that framework's key management
// and encrypted storage are here.
//
//	passphrase --argon2id--> aries master lock --unwraps--> master key
//	master key  --aries local secret lock--> aries localkms "outer"
//	            two keys: P-256 ECDH (ECDH-ES+A256KW), HMAC-SHA-256
//	outer keys  --aries EDV encrypted formatter, formatted store-->
//	            records, and localkms "inner" with the holder's keys
//
// What a reader of the file sees: the header (salt, cost, wrapped master
// key), the two outer keys under the secret lock, HMACs for store names,
// keys and tags, and one JWE a record: how many records there are, and about
// how long each is. The inner keys are wrapped twice, by the secret lock and
// by the JWE. A JWE of this kind shows nobody but its reader the key that it
// was encrypted to, so a stranger with the file alone can neither read nor
// forge a record; each record repeats its own kind and name inside, so
// moving one elsewhere is found out (ErrMoved). Putting back an older copy
// of the whole file is not.
//
// A wallet is made in a file beside its path and then linked to it, so a
// wallet is never half made.
package vault

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hyperledger/aries-framework-go/component/storage/edv"
	"github.com/hyperledger/aries-framework-go/component/storageutil/formattedstore"
	"github.com/hyperledger/aries-framework-go/component/storageutil/mem"
	"github.com/hyperledger/aries-framework-go/pkg/crypto/tinkcrypto"
	"github.com/hyperledger/aries-framework-go/pkg/secretlock"
	"github.com/hyperledger/aries-framework-go/spi/storage"

	"github.com/halfmask/halfmask/wallet/sqlite"
)

var (
	// ErrPassphrase: the passphrase is not the wallet's.
	ErrPassphrase = errors.New("wrong passphrase")
	// ErrExists: there is something at the path of a new wallet.
	ErrExists = errors.New("already exists")
	// ErrNotFound: no record or key of that name.
	ErrNotFound = errors.New("not found")
	// ErrMoved: a record was found in the place of another.
	ErrMoved = errors.New("a record is in the place of another")
)

const headerStore, headerKey = "header", "header"

// Vault holds records and keys. Its methods may be called from several
// goroutines.
type Vault struct {
	provider storage.Provider // what is closed
	records  storage.Store
	keys     *keys
}

// Create makes the file. The errors are ErrExists, one about the passphrase,
// and those of the file system.
func Create(path, passphrase string) (*Vault, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, fmt.Errorf("%s: %w", path, ErrExists)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	suffix := make([]byte, 6)
	rand.Read(suffix)
	draft := path + ".new-" + hex.EncodeToString(suffix)
	lock, err := fill(draft, passphrase)
	defer os.Remove(draft)
	if err != nil {
		return nil, err
	}
	if err := publish(draft, path); err != nil {
		return nil, err
	}
	return openWith(path, func(*header) (secretlock.Service, error) { return lock, nil })
}

// fill writes a complete empty wallet.
func fill(path, passphrase string) (secretlock.Service, error) {
	h, lock, err := newHeader(passphrase, DefaultCost)
	if err != nil {
		return nil, err
	}
	p, err := sqlite.Create(path)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	outer, err := newKeys(p, lock)
	if err != nil {
		return nil, err
	}
	if h.EncryptionKey, h.MACKey, err = outer.createStorageKeys(); err != nil {
		return nil, err
	}
	s, err := p.OpenStore(headerStore)
	if err != nil {
		return nil, err
	}
	text, err := h.encode()
	if err != nil {
		return nil, err
	}
	if err := s.Put(headerKey, text); err != nil {
		return nil, err
	}
	return lock, p.Close()
}

// publish gives the draft its name, without overwriting. File systems that
// have no hard links get a rename.
func publish(draft, path string) error {
	err := os.Link(draft, path)
	switch {
	case err == nil:
		return errors.Join(os.Remove(draft), syncFolder(path))
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s: %w", path, ErrExists)
	}
	if _, statErr := os.Lstat(path); statErr == nil {
		return fmt.Errorf("%s: %w", path, ErrExists)
	}
	return errors.Join(os.Rename(draft, path), syncFolder(path))
}

// syncFolder makes the file's name as durable as its content, where folders
// can be synced.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil //nolint:nilerr // a folder that cannot be read cannot be synced
	}
	_ = d.Sync() // no file system owes this
	return d.Close()
}

// Open opens a file that Create made. The errors are ErrPassphrase, those of
// package sqlite, and those of the file system.
func Open(path, passphrase string) (*Vault, error) {
	return openWith(path, func(h *header) (secretlock.Service, error) { return h.unlock(passphrase) })
}

func openWith(path string, unlock func(*header) (secretlock.Service, error)) (*Vault, error) {
	p, err := sqlite.Open(path)
	if err != nil {
		return nil, err
	}
	v, err := assemble(p, unlock)
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return v, nil
}

func assemble(p storage.Provider, unlock func(*header) (secretlock.Service, error)) (*Vault, error) {
	s, err := p.OpenStore(headerStore)
	if err != nil {
		return nil, err
	}
	text, err := s.Get(headerKey)
	if err != nil {
		return nil, fmt.Errorf("%w: no header: %w", sqlite.ErrDamaged, err)
	}
	h, err := parseHeader(text)
	if err != nil {
		return nil, err
	}
	lock, err := unlock(h)
	if err != nil {
		return nil, err
	}
	outer, err := newKeys(p, lock)
	if err != nil {
		return nil, err
	}
	formatter, mac, err := outer.formatter(h)
	if err != nil {
		return nil, fmt.Errorf("%w: storage keys: %w", sqlite.ErrDamaged, err)
	}
	return newVault(p, formattedstore.NewProvider(&hiddenNames{p, mac}, formatter), lock)
}

// InMemory gives a vault that writes nothing, and derives nothing from a
// passphrase: its keys are under a fresh random secret lock, its records as
// they are, and both are gone with the process.
func InMemory() (*Vault, error) {
	lock, err := randomLock()
	if err != nil {
		return nil, err
	}
	p := mem.NewProvider()
	return newVault(p, p, lock)
}

// newVault closes outside, and keeps what it keeps inside.
func newVault(outside, inside storage.Provider, lock secretlock.Service) (*Vault, error) {
	keys, err := newKeys(inside, lock)
	if err != nil {
		return nil, err
	}
	records, err := inside.OpenStore("records")
	if err != nil {
		return nil, err
	}
	return &Vault{outside, records, keys}, nil
}

// Close closes the file.
func (v *Vault) Close() error { return v.provider.Close() }

// hiddenNames opens each store under the HMAC of its name.
type hiddenNames struct {
	storage.Provider
	mac *edv.MACCrypto
}

func (h *hiddenNames) hide(name string) (string, error) {
	sum, err := h.mac.ComputeMAC([]byte("store name\x00" + strings.ToLower(name)))
	return hex.EncodeToString(sum), err
}

func (h *hiddenNames) OpenStore(name string) (storage.Store, error) {
	hidden, err := h.hide(name)
	if err != nil {
		return nil, err
	}
	return h.Provider.OpenStore(hidden)
}

func (h *hiddenNames) SetStoreConfig(name string, config storage.StoreConfiguration) error {
	hidden, err := h.hide(name)
	if err != nil {
		return err
	}
	return h.Provider.SetStoreConfig(hidden, config)
}

func (h *hiddenNames) GetStoreConfig(name string) (storage.StoreConfiguration, error) {
	hidden, err := h.hide(name)
	if err != nil {
		return storage.StoreConfiguration{}, err
	}
	return h.Provider.GetStoreConfig(hidden)
}

// cryptography is aries' on Tink; it has no state.
var cryptography = func() *tinkcrypto.Crypto {
	c, err := tinkcrypto.New()
	if err != nil {
		panic("vault: " + err.Error()) // New fails on nothing
	}
	return c
}()

func randomLock() (secretlock.Service, error) {
	master := make([]byte, 32)
	rand.Read(master)
	return lockWith(strings.NewReader(base64.URLEncoding.EncodeToString(master)), nil)
}
