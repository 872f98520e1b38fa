package document

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// Trust holds the keys whose word counts. The zero Trust trusts nobody.
type Trust struct {
	CountryCAs []*x509.Certificate         // country signing CAs (ICAO Doc 9303-12 section 7.1)
	Registers  map[string]*ecdsa.PublicKey // P-256 keys of simulated registers, by the register's name
}

const (
	maxTrustFile  = 1 << 20 // bytes in one file of a trust folder
	maxTrustFiles = 1024
	maxCAs        = 4096
)

// LoadTrust reads a folder: every .pem, .crt and .cer file as country CA
// certificates (PEM, several in a file allowed, or one in DER) and every
// .jwk file as the public key of the register that its kid names. Other
// files are left alone. A certificate that is no CA's, or whose key
// crypto/x509 cannot read, is an error that names the file.
func LoadTrust(dir string) (*Trust, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("document: trust folder: %w", err)
	}
	if len(entries) > maxTrustFiles {
		return nil, fmt.Errorf("document: trust folder %s: more than %d files", dir, maxTrustFiles)
	}
	t := &Trust{Registers: map[string]*ecdsa.PublicKey{}}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		var add func([]byte) error
		switch filepath.Ext(entry.Name()) {
		case ".pem", ".crt", ".cer":
			add = t.addCertificates
		case ".jwk":
			add = t.addRegister
		default:
			continue
		}
		b, err := readBounded(path, maxTrustFile)
		if err == nil {
			err = add(b)
		}
		if err != nil {
			return nil, fmt.Errorf("document: trust file %s: %w", path, err)
		}
	}
	if len(t.CountryCAs) == 0 && len(t.Registers) == 0 {
		return nil, fmt.Errorf("document: trust folder %s has no certificate (.pem, .crt, .cer) and no register key (.jwk)", dir)
	}
	return t, nil
}

func (t *Trust) addCertificates(b []byte) error {
	found := false
	for {
		block, rest := pem.Decode(b)
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return fmt.Errorf("a PEM block of type %q", block.Type)
		}
		if err := t.addCertificate(block.Bytes); err != nil {
			return err
		}
		found, b = true, rest
	}
	if !found {
		return t.addCertificate(b)
	}
	return nil
}

func (t *Trust) addCertificate(der []byte) error {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	if !c.BasicConstraintsValid || !c.IsCA || c.KeyUsage&x509.KeyUsageCertSign == 0 {
		return fmt.Errorf("certificate %q is not one of a CA", c.Subject)
	}
	if len(country(c)) != 2 {
		return fmt.Errorf("certificate %q names no country", c.Subject)
	}
	if len(t.CountryCAs) == maxCAs {
		return fmt.Errorf("more than %d certificates", maxCAs)
	}
	t.CountryCAs = append(t.CountryCAs, c)
	return nil
}

func (t *Trust) addRegister(b []byte) error {
	var k jose.JSONWebKey
	if err := k.UnmarshalJSON(b); err != nil {
		return err
	}
	key, ok := k.Key.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return errors.New("not a public key on P-256")
	}
	if !slices.Contains([]string{PopulationRegister, ProtectionRegister, CommunityRegister}, k.KeyID) {
		return fmt.Errorf("kid %q is no register", clip(k.KeyID))
	}
	if t.Registers[k.KeyID] != nil {
		return fmt.Errorf("two keys of the %s", k.KeyID)
	}
	t.Registers[k.KeyID] = key
	return nil
}

// readBounded reads a file of at most limit bytes.
func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("more than %d bytes", limit)
	}
	return b, nil
}
