package issuer

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/bbs"
)

// Keys are the secrets of an issuer. They are not encrypted on disk: the
// file's mode guards them.
type Keys struct {
	SigningKey    jose.SigningKey // ES256
	BBSKey        *bbs.SecretKey
	OperatorToken string // whoever has it can order restrictions
}

// String keeps the secrets out of logs and error messages.
func (*Keys) String() string { return "issuer.Keys (secret)" }

// GoString keeps the secrets out of logs and error messages.
func (k *Keys) GoString() string { return k.String() }

// KeyFile is the name of the file that holds the keys in its folder.
const KeyFile = "issuer-keys.json"

const maxKeyFile = 16 << 10 // bytes

type keyFile struct {
	SigningKey    jose.JSONWebKey `json:"sd_jwt"`
	BBSKey        string          `json:"bbs"` // base64url of 32 bytes
	OperatorToken string          `json:"operator_token"`
}

// CreateKeys makes keys and writes them to KeyFile in a folder, which is made
// if it is not there, readable by the owner alone. A file that is there
// already is never replaced: the error is fs.ErrExist then.
func CreateKeys(dir string) (*Keys, error) {
	signing, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("issuer: create keys: %w", err)
	}
	bbsKey, err := bbs.GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("issuer: create keys: %w", err)
	}
	key, _, err := named(jose.SigningKey{Algorithm: jose.ES256, Key: signing})
	if err != nil {
		return nil, fmt.Errorf("issuer: create keys: %w", err)
	}
	k := &Keys{SigningKey: key, BBSKey: bbsKey, OperatorToken: rand.Text()}
	text, err := json.MarshalIndent(keyFile{
		SigningKey: key.Key.(jose.JSONWebKey), BBSKey: base64.RawURLEncoding.EncodeToString(bbsKey.Bytes()), OperatorToken: k.OperatorToken,
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("issuer: create keys: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("issuer: create keys: %w", err)
	}
	if err := writeOnce(filepath.Join(dir, KeyFile), append(text, '\n')); err != nil {
		return nil, fmt.Errorf("issuer: create keys: %w", err)
	}
	return k, nil
}

// writeOnce makes a file that is there whole or not at all, also when the
// machine stops in between, and that replaces none.
func writeOnce(path string, text []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	if _, err := f.Write(text); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}

// LoadKeys reads what CreateKeys wrote. Without such a file the error is
// fs.ErrNotExist; one that others than its owner may open is refused.
func LoadKeys(dir string) (*Keys, error) {
	path := filepath.Join(dir, KeyFile)
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("issuer: load keys: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, fmt.Errorf("issuer: load keys: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("issuer: load keys: %s is not a file", path)
	case info.Mode().Perm()&^fs.FileMode(0o700) != 0:
		return nil, fmt.Errorf("issuer: load keys: %s has mode %04o and others can open it; make it 0600", path, info.Mode().Perm())
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, fmt.Errorf("issuer: load keys: %w", err)
	}
	k, err := parseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("issuer: load keys: %s: %w", path, err)
	}
	return k, nil
}

func parseKeys(text []byte) (*Keys, error) {
	var file keyFile
	if len(text) > maxKeyFile {
		return nil, fmt.Errorf("longer than %d bytes", maxKeyFile)
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, errors.New("not a key file: damaged JSON") // the parser's own words could quote a key
	}
	key, _, err := named(jose.SigningKey{Algorithm: jose.ES256, Key: file.SigningKey})
	if err != nil {
		return nil, fmt.Errorf("sd_jwt: %w", err)
	}
	octets, err := base64.RawURLEncoding.Strict().DecodeString(file.BBSKey)
	if err != nil {
		return nil, errors.New("bbs: not base64url")
	}
	bbsKey, err := bbs.ParseSecretKey(octets)
	if err != nil {
		return nil, fmt.Errorf("bbs: %w", err)
	}
	if len(file.OperatorToken) < minOperatorToken {
		return nil, fmt.Errorf("operator_token: shorter than %d characters", minOperatorToken)
	}
	return &Keys{SigningKey: key, BBSKey: bbsKey, OperatorToken: file.OperatorToken}, nil
}

// named gives a signing key an identifier, if it has none, and its public
// half.
func named(key jose.SigningKey) (jose.SigningKey, jose.JSONWebKey, error) {
	none := jose.JSONWebKey{}
	jwk, ok := key.Key.(jose.JSONWebKey)
	if p, isPointer := key.Key.(*jose.JSONWebKey); isPointer && p != nil {
		jwk, ok = *p, true
	}
	if !ok {
		jwk = jose.JSONWebKey{Key: key.Key}
	}
	switch k := jwk.Key.(type) {
	case *ecdsa.PrivateKey:
		if key.Algorithm != jose.ES256 || k == nil || k.Curve != elliptic.P256() {
			return key, none, errors.New("an EC key must be of P-256, for ES256")
		}
	case ed25519.PrivateKey:
		if key.Algorithm != jose.EdDSA || len(k) != ed25519.PrivateKeySize {
			return key, none, errors.New("an Ed25519 key must be for EdDSA")
		}
	default:
		return key, none, errors.New("neither a P-256 nor an Ed25519 private key")
	}
	public := (&jose.JSONWebKey{Key: jwk.Key, KeyID: jwk.KeyID}).Public()
	if public.KeyID == "" {
		sum, err := public.Thumbprint(crypto.SHA256)
		if err != nil {
			return key, none, err
		}
		public.KeyID = base64.RawURLEncoding.EncodeToString(sum)
	}
	public.Use, public.Algorithm = "sig", string(key.Algorithm)
	key.Key = jose.JSONWebKey{Key: jwk.Key, KeyID: public.KeyID}
	return key, public, nil
}

// certified puts a chain beside the key, if it is of that very key.
func certified(key jose.SigningKey, public jose.JSONWebKey, chain []*x509.Certificate) (jose.SigningKey, error) {
	if len(chain) == 0 {
		return key, nil
	}
	of, ok := chain[0].PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !of.Equal(public.Key) {
		return key, errors.New("the first is not of the signing key")
	}
	for i, c := range chain {
		if bytes.Equal(c.RawSubject, c.RawIssuer) {
			return key, fmt.Errorf("number %d is its own issuer: an authority's certificate is what verifiers have already", i+1)
		}
		if i > 0 && chain[i-1].CheckSignatureFrom(c) != nil {
			return key, fmt.Errorf("number %d was not issued by the next", i)
		}
	}
	jwk := key.Key.(jose.JSONWebKey)
	jwk.Certificates = chain
	key.Key = jwk
	return key, nil
}
