package vault

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
	"github.com/hyperledger/aries-framework-go/component/storage/edv"
	"github.com/hyperledger/aries-framework-go/pkg/crypto"
	ariesjose "github.com/hyperledger/aries-framework-go/pkg/doc/jose"
	"github.com/hyperledger/aries-framework-go/pkg/kms"
	"github.com/hyperledger/aries-framework-go/pkg/kms/localkms"
	"github.com/hyperledger/aries-framework-go/pkg/secretlock"
	"github.com/hyperledger/aries-framework-go/spi/storage"
)

const masterKeyURI = "local-lock://halfmask/wallet"

// keys is an aries key management system over a store.
type keys struct {
	kms   *localkms.LocalKMS
	store kms.Store
}

type kmsProvider struct {
	store kms.Store
	lock  secretlock.Service
}

func (p *kmsProvider) StorageProvider() kms.Store     { return p.store }
func (p *kmsProvider) SecretLock() secretlock.Service { return p.lock }

func newKeys(p storage.Provider, lock secretlock.Service) (*keys, error) {
	store, err := kms.NewAriesProviderWrapper(p)
	if err != nil {
		return nil, fmt.Errorf("vault: key store: %w", err)
	}
	k, err := localkms.New(masterKeyURI, &kmsProvider{store, lock})
	if err != nil {
		return nil, fmt.Errorf("vault: key management: %w", err)
	}
	return &keys{k, store}, nil
}

// createStorageKeys makes the two outer keys and gives their names.
func (k *keys) createStorageKeys() (encryption, mac string, err error) {
	if encryption, _, err = k.kms.Create(kms.NISTP256ECDHKWType); err != nil {
		return "", "", fmt.Errorf("vault: storage key: %w", err)
	}
	if mac, _, err = k.kms.Create(kms.HMACSHA256Tag256Type); err != nil {
		return "", "", fmt.Errorf("vault: storage key: %w", err)
	}
	return encryption, mac, nil
}

// formatter gives aries' encrypted formatter on the two outer keys.
func (k *keys) formatter(h *header) (*edv.EncryptedFormatter, *edv.MACCrypto, error) {
	public, _, err := k.kms.ExportPubKeyBytes(h.EncryptionKey)
	if err != nil {
		return nil, nil, err
	}
	recipient := &crypto.PublicKey{}
	if err := json.Unmarshal(public, recipient); err != nil {
		return nil, nil, err
	}
	recipient.KID = h.EncryptionKey
	encrypter, err := ariesjose.NewJWEEncrypt(ariesjose.A256GCM, "", "", "", nil, []*crypto.PublicKey{recipient}, cryptography)
	if err != nil {
		return nil, nil, err
	}
	macKey, err := k.kms.Get(h.MACKey)
	if err != nil {
		return nil, nil, err
	}
	mac := edv.NewMACCrypto(macKey, cryptography)
	decrypter := ariesjose.NewJWEDecrypt(nil, cryptography, k.kms)
	return edv.NewEncryptedFormatter(encrypter, decrypter, mac, edv.WithDeterministicDocumentIDs()), mac, nil
}

// Key is a holder's P-256 key. Its private half stays in the key management
// system: what leaves are signatures and the public half.
type Key struct {
	// ID is the key's SHA-256 JWK thumbprint (RFC 7638), the name under
	// which the vault files it. It is no part of what Public gives.
	ID     string
	handle any
	public *ecdsa.PublicKey
}

var _ jose.OpaqueSigner = (*Key)(nil)

// NewKey makes a key and keeps it.
func (v *Vault) NewKey() (*Key, error) {
	id, handle, err := v.keys.kms.Create(kms.ECDSAP256TypeIEEEP1363)
	if err != nil {
		return nil, fmt.Errorf("vault: make a key: %w", err)
	}
	return v.key(id, handle)
}

// Key fetches a key; ErrNotFound when there is none of that name.
func (v *Vault) Key(id string) (*Key, error) {
	if _, err := v.keys.store.Get(id); errors.Is(err, kms.ErrKeyNotFound) {
		return nil, fmt.Errorf("vault: key: %w", ErrNotFound)
	}
	handle, err := v.keys.kms.Get(id)
	if err != nil {
		return nil, fmt.Errorf("vault: key: %w", err)
	}
	return v.key(id, handle)
}

func (v *Vault) key(id string, handle any) (*Key, error) {
	public, _, err := v.keys.kms.ExportPubKeyBytes(id)
	if err != nil {
		return nil, fmt.Errorf("vault: public key: %w", err)
	}
	point, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), public)
	if err != nil {
		return nil, fmt.Errorf("vault: public key: %w", err)
	}
	k := &Key{ID: id, handle: handle, public: point}
	return k, nil
}

// DeleteKey forgets a key; that there is none is no error.
func (v *Vault) DeleteKey(id string) error {
	if err := v.keys.store.Delete(id); err != nil {
		return fmt.Errorf("vault: delete a key: %w", err)
	}
	return nil
}

// SigningKey makes the key usable with go-jose.
func (k *Key) SigningKey() jose.SigningKey {
	return jose.SigningKey{Algorithm: jose.ES256, Key: k}
}

// Public gives the public key: kty, crv, x and y, and no name, because names
// could tie keys together.
func (k *Key) Public() *jose.JSONWebKey { return &jose.JSONWebKey{Key: k.public} }

// Algs lists ES256.
func (k *Key) Algs() []jose.SignatureAlgorithm { return []jose.SignatureAlgorithm{jose.ES256} }

// SignPayload signs with ES256 (RFC 7518 section 3.4): 64 bytes.
func (k *Key) SignPayload(payload []byte, alg jose.SignatureAlgorithm) ([]byte, error) {
	if alg != jose.ES256 {
		return nil, jose.ErrUnsupportedAlgorithm
	}
	signature, err := cryptography.Sign(payload, k.handle)
	if err != nil {
		return nil, fmt.Errorf("vault: sign: %w", err)
	}
	return signature, nil
}

// PublicJWK is the public key as JSON with its members in the order crv,
// kty, x, y: the order that did:jwk readers expect.
func (k *Key) PublicJWK() (json.RawMessage, error) {
	text, err := k.Public().MarshalJSON()
	if err != nil {
		return nil, err
	}
	var members struct {
		Crv string `json:"crv"`
		Kty string `json:"kty"`
		X   string `json:"x"`
		Y   string `json:"y"`
	}
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err
	}
	return json.Marshal(members)
}
