package mint

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
)

// Authority is a synthetic authority: the country CA and document signer of
// the issuing country and of Utopia, which issues the foreign passports, and
// the keys of the registers. It may be used by several goroutines; the
// numbers it gives then depend on who comes first.
type Authority struct {
	seed      uint64
	home      country
	utopia    country
	stranger  country // a forger under home's names, whom nobody trusts
	retired   issuer  // a document signer of home that has expired
	registers map[string]jwsSigner

	mu   sync.Mutex
	used map[string]string // kind and number to whom it was given
}

// country is a country CA with its document signer.
type country struct {
	alpha2, alpha3 string
	ca, signer     issuer
}

// issuer is a certificate with its key.
type issuer struct {
	certificate *x509.Certificate
	key         signer
}

// The validity of every certificate, so that it does not depend on the day
// of minting: documents issued from 2012 on verify until 2057.
var (
	caFrom      = time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC)
	caUntil     = time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC)
	signerFrom  = time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC)
	signerUntil = time.Date(2058, 1, 1, 0, 0, 0, 0, time.UTC)
	retiredAt   = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) // end of the expired signer
)

// NewAuthority makes the authority of a seed.
func NewAuthority(seed uint64) (*Authority, error) {
	a := &Authority{seed: seed, used: map[string]string{}, registers: map[string]jwsSigner{}}
	for _, name := range []string{document.PopulationRegister, document.ProtectionRegister, document.CommunityRegister} {
		a.registers[name] = jwsSigner{deriveKey(seed, name), name}
	}
	var err error
	if a.home, err = a.country("CN", "CHN", "home"); err != nil {
		return nil, err
	}
	if a.utopia, err = a.country("UT", "UTO", "utopia"); err != nil {
		return nil, err
	}
	if a.stranger, err = a.country("CN", "CHN", forged+"home"); err != nil {
		return nil, err
	}
	a.retired, err = a.issuer("Document signer, retired", a.home.alpha2, "home retired", &a.home.ca, signerFrom, retiredAt)
	return a, err
}

func (a *Authority) country(alpha2, alpha3, purpose string) (c country, err error) {
	c.alpha2, c.alpha3 = alpha2, alpha3
	if c.ca, err = a.issuer("Country signing CA", alpha2, purpose+" ca", nil, caFrom, caUntil); err != nil {
		return c, err
	}
	c.signer, err = a.issuer("Document signer", alpha2, purpose+" signer", &c.ca, signerFrom, signerUntil)
	return c, err
}

// forged before a purpose gives another key under the same name.
const forged = "forged "

// issuer makes a certificate of the profile of ICAO Doc 9303-12 section 7.1:
// a country signing CA when there is no parent, else a document signer.
func (a *Authority) issuer(name, alpha2, purpose string, parent *issuer, from, until time.Time) (issuer, error) {
	key := deriveKey(a.seed, purpose)
	serial := digest(a.seed, "serial", purpose)
	serial[0] &= 0x7f
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial[:16]),
		Subject: pkix.Name{
			Country: []string{alpha2}, Organization: []string{"Halfmask synthetic authority"},
			CommonName: fmt.Sprintf("%s, seed %d, %s", name, a.seed, strings.TrimPrefix(purpose, forged)),
		},
		NotBefore: from, NotAfter: until,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
	}
	up := issuer{template, key}
	if parent == nil {
		template.IsCA, template.MaxPathLenZero = true, true
		template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	} else {
		template.BasicConstraintsValid = false
		up = *parent
	}
	der, err := x509.CreateCertificate(nil, template, up.certificate, key.Public(), up.key)
	if err != nil {
		return issuer{}, fmt.Errorf("mint: certificate of %s: %w", purpose, err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return issuer{}, fmt.Errorf("mint: certificate of %s: %w", purpose, err)
	}
	return issuer{c, key}, nil
}

// Trust gives the public keys that verify what the authority issues.
func (a *Authority) Trust() *document.Trust {
	t := &document.Trust{
		CountryCAs: []*x509.Certificate{a.home.ca.certificate, a.utopia.ca.certificate},
		Registers:  map[string]*ecdsa.PublicKey{},
	}
	for name, s := range a.registers {
		t.Registers[name] = &s.key.PublicKey
	}
	return t
}

const (
	stateFile = "authority.json"
	// TrustDir is the folder inside an authority's folder that
	// document.LoadTrust reads.
	TrustDir = "trust"
)

const forSynthetic = "every key follows from the seed: for synthetic people only"

type state struct {
	Synthetic string `json:"synthetic"`
	Seed      uint64 `json:"seed"`
}

// Save writes the authority to a folder: authority.json with its seed, from
// which every key follows, and below trust the certificates and public keys
// that document.LoadTrust reads.
func (a *Authority) Save(dir string) error {
	trust := filepath.Join(dir, TrustDir)
	if err := os.MkdirAll(trust, 0o700); err != nil {
		return fmt.Errorf("mint: %w", err)
	}
	b, err := json.MarshalIndent(state{forSynthetic, a.seed}, "", "  ")
	if err != nil {
		return fmt.Errorf("mint: %w", err)
	}
	files := map[string][]byte{filepath.Join(dir, stateFile): append(b, '\n')}
	for _, c := range []country{a.home, a.utopia} {
		block := &pem.Block{Type: "CERTIFICATE", Bytes: c.ca.certificate.Raw}
		files[filepath.Join(trust, "country-ca-"+strings.ToLower(c.alpha2)+".pem")] = pem.EncodeToMemory(block)
	}
	for name, s := range a.registers {
		if b, err = s.jwk().MarshalJSON(); err != nil {
			return fmt.Errorf("mint: %w", err)
		}
		files[filepath.Join(trust, name+".jwk")] = append(b, '\n')
	}
	for path, content := range files {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return fmt.Errorf("mint: %w", err)
		}
	}
	return nil
}

// LoadAuthority reads what Save wrote. It does not know which numbers the
// saved authority had given; the same people in the same order get the same
// ones again.
func LoadAuthority(dir string) (*Authority, error) {
	b, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		return nil, fmt.Errorf("mint: %w", err)
	}
	var s state
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil || s.Synthetic != forSynthetic {
		return nil, fmt.Errorf("mint: %s is not a synthetic authority: %v", filepath.Join(dir, stateFile), err)
	}
	return NewAuthority(s.Seed)
}
