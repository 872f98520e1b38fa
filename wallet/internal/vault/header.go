package vault

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hyperledger/aries-framework-go/pkg/secretlock"
	"github.com/hyperledger/aries-framework-go/pkg/secretlock/local"
	"github.com/hyperledger/aries-framework-go/pkg/secretlock/local/masterlock/hkdf"
	spilock "github.com/hyperledger/aries-framework-go/spi/secretlock"
	"golang.org/x/crypto/argon2"
	"golang.org/x/text/secure/precis"

	"github.com/halfmask/halfmask/spec/strictjson"
	"github.com/halfmask/halfmask/wallet/sqlite"
)

// Cost is what deriving a key from a passphrase takes (RFC 9106).
type Cost struct {
	Time      uint32 `json:"time"`       // passes
	MemoryKiB uint32 `json:"memory_kib"` // KiB
	Threads   uint8  `json:"threads"`
}

// DefaultCost is the cost of new wallets: about 0.3 s on two cores of 2025.
// The package's tests and those of package wallet lower it.
var DefaultCost = Cost{Time: 4, MemoryKiB: 128 << 10, Threads: 4}

const (
	headerVersion = 1
	maxHeader     = 4096    // bytes
	saltSize      = 16      // bytes
	maxTime       = 64      // passes
	maxMemory     = 1 << 20 // KiB, so that a forged header cannot exhaust this machine
	maxThreads    = 64
)

var headerLimits = strictjson.Limits{Bytes: maxHeader, Depth: 4}

// header is the one record that is not encrypted.
type header struct {
	Version       int    `json:"version"`
	KDF           string `json:"kdf"` // "argon2id"
	Salt          []byte `json:"salt"`
	Cost          Cost   `json:"cost"`
	MasterKey     string `json:"master_key"`     // wrapped by aries' master lock
	EncryptionKey string `json:"encryption_key"` // names in the outer key store
	MACKey        string `json:"mac_key"`
}

func newHeader(passphrase string, cost Cost) (*header, secretlock.Service, error) {
	h := &header{Version: headerVersion, KDF: "argon2id", Salt: make([]byte, saltSize), Cost: cost}
	rand.Read(h.Salt)
	master := make([]byte, 32)
	rand.Read(master)
	lock, err := h.masterLock(passphrase)
	if err != nil {
		return nil, nil, err
	}
	wrapped, err := lock.Encrypt("", &spilock.EncryptRequest{Plaintext: string(master)})
	if err != nil {
		return nil, nil, fmt.Errorf("vault: wrap the master key: %w", err)
	}
	h.MasterKey = wrapped.Ciphertext
	secret, err := lockWith(strings.NewReader(h.MasterKey), lock)
	return h, secret, err
}

// unlock gives the secret lock of the wallet's keys, or ErrPassphrase.
func (h *header) unlock(passphrase string) (secretlock.Service, error) {
	lock, err := h.masterLock(passphrase)
	if err != nil {
		return nil, ErrPassphrase // no wallet has such a passphrase
	}
	secret, err := lockWith(strings.NewReader(h.MasterKey), lock)
	if err != nil {
		return nil, ErrPassphrase // the wrapping is authenticated
	}
	return secret, nil
}

// masterLock derives aries' lock of the master key from the passphrase,
// which is first brought into the form of RFC 8265 section 4.2, so that
// keyboards that compose letters differently agree.
func (h *header) masterLock(passphrase string) (secretlock.Service, error) {
	prepared, err := precis.OpaqueString.String(passphrase)
	if err != nil {
		return nil, errors.New("unusable passphrase: it is empty or has control characters")
	}
	key := argon2.IDKey([]byte(prepared), h.Salt, h.Cost.Time, h.Cost.MemoryKiB, h.Cost.Threads, 32)
	return hkdf.NewMasterLock(string(key), sha256.New, h.Salt)
}

func lockWith(masterKey io.Reader, master secretlock.Service) (secretlock.Service, error) {
	lock, err := local.NewService(masterKey, master)
	if err != nil {
		return nil, fmt.Errorf("vault: secret lock: %w", err)
	}
	return lock, nil
}

func (h *header) encode() ([]byte, error) { return json.Marshal(h) }

// parseHeader accepts what encode writes, and no cost beyond the limits.
func parseHeader(text []byte) (*header, error) {
	damaged := func(format string, args ...any) error {
		return fmt.Errorf("%w: header: %w", sqlite.ErrDamaged, fmt.Errorf(format, args...))
	}
	var version struct {
		Version int `json:"version"`
	}
	if err := strictjson.DecodeKnown(text, &version, headerLimits); err != nil {
		return nil, damaged("%w", err)
	}
	if version.Version != headerVersion {
		return nil, fmt.Errorf("%w: version %d", sqlite.ErrVersion, version.Version)
	}
	var h header
	if err := strictjson.Decode(text, &h, headerLimits); err != nil {
		return nil, damaged("%w", err)
	}
	c := h.Cost
	switch {
	case h.KDF != "argon2id":
		return nil, damaged("key derivation %.20q", h.KDF)
	case len(h.Salt) != saltSize:
		return nil, damaged("salt of %d bytes", len(h.Salt))
	case c.Time < 1 || c.Time > maxTime || c.Threads < 1 || c.Threads > maxThreads ||
		c.MemoryKiB < 8*uint32(c.Threads) || c.MemoryKiB > maxMemory:
		return nil, damaged("cost out of range: %+v", c)
	case h.MasterKey == "" || h.EncryptionKey == "" || h.MACKey == "":
		return nil, damaged("a member is missing")
	}
	return &h, nil
}
