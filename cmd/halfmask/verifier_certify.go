package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
)

const certifiedFor = 365 * 24 * time.Hour

// certify is what a synthetic authority is told of a platform.
type certify struct {
	url, name, purpose, out string
	claims                  []string
}

func verifierCertifyCommand() *cobra.Command {
	var c certify
	command := &cobra.Command{
		Use:   "certify --out DIR --claims NAMES",
		Short: "Make a synthetic authority that certifies a platform and what it registered to ask for",
		Long: `Make a synthetic authority, with which to try signed requests and registrations: it
certifies a key for the host of --url, and signs what the platform registered to ask
for and why. The folder then holds authority.pem, certificate.pem, key.pem and
registration.jwt. The authority's own key is thrown away.`,
		Example: `  halfmask verifier certify --url http://localhost:7002 --out platform --claims age_over_18
  halfmask verifier serve --url http://localhost:7002 --signing-key platform/key.pem \
      --certificate platform/certificate.pem --registration platform/registration.jwt
  halfmask wallet present --verifier-authorities platform/authority.pem \
      --registrar-authorities platform/authority.pem 'openid4vp://…'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			files, err := c.files()
			if err != nil {
				return err
			}
			if err := os.MkdirAll(c.out, 0o700); err != nil {
				return err
			}
			for _, name := range slices.Sorted(maps.Keys(files)) {
				if err := createFile("out", filepath.Join(c.out, name), files[name]); err != nil {
					return err
				}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "in %s: authority.pem for wallets; key.pem, certificate.pem and registration.jwt for the platform\n", c.out)
			return nil
		},
	}
	f := command.Flags()
	f.StringVar(&c.url, "url", defaultVerifier, "`URL` of the platform; its host goes into the certificate")
	f.StringVar(&c.out, "out", "", "`DIR` for the files")
	f.StringVar(&c.name, "name", "Example platform", "`NAME` that people know the platform by")
	f.StringVar(&c.purpose, "purpose", "to try it out", "`TEXT`: why it asks")
	f.StringSliceVar(&c.claims, "claims", nil, "`NAMES` of the claims that it may ask for")
	_ = command.MarkFlagRequired("out")
	_ = command.MarkFlagRequired("claims")
	return command
}

// files makes the folder's content.
func (c *certify) files() (map[string][]byte, error) {
	u, err := url.Parse(c.url)
	if err != nil || u.Hostname() == "" {
		return nil, usagef("--url: not a URL with a host")
	}
	for _, name := range c.claims {
		if !slices.Contains(spec.Claims, name) {
			return nil, usagef("--claims: unknown claim %q; known: %s", name, strings.Join(spec.Claims, ", "))
		}
	}
	authority, err1 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	key, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	office, err3 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			return nil, err
		}
	}
	root := certificateOf("Synthetic authority", 1)
	root.IsCA, root.KeyUsage = true, x509.KeyUsageCertSign
	anchor, err := signCertificate(root, root, &authority.PublicKey, authority)
	if err != nil {
		return nil, err
	}
	const identifier = "SYNTHETIC-1"
	own := certificateOf(c.name, 2)
	if net.ParseIP(u.Hostname()) == nil {
		own.DNSNames = []string{u.Hostname()} // an address has no name, and goes by the hash of the certificate
	}
	own.Subject.ExtraNames = []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 97}, Value: identifier}}
	leaf, err := signCertificate(own, anchor, &key.PublicKey, authority)
	if err != nil {
		return nil, err
	}
	registrar, err := signCertificate(certificateOf("Synthetic registrar", 3), anchor, &office.PublicKey, authority)
	if err != nil {
		return nil, err
	}
	registration := openid4vp.Registration{
		Name: c.name, Subject: openid4vp.Subject{LegalName: c.name, ID: identifier},
		Purposes: []openid4vp.Purpose{{Language: "en", Text: c.purpose}}, Expires: leaf.NotAfter,
	}
	for _, q := range verifier.QueryFor(c.claims).Credentials {
		registered := openid4vp.RegisteredCredential{Format: q.Format, Meta: q.Meta}
		for _, claim := range q.Claims {
			registered.Claims = append(registered.Claims, openid4vp.RegisteredClaim{Path: claim.Path})
		}
		registration.Credentials = append(registration.Credentials, registered)
	}
	info, err := openid4vp.Register(registration, jose.SigningKey{Algorithm: jose.ES256, Key: office}, registrar)
	if err != nil {
		return nil, err
	}
	var jwt string
	if err := json.Unmarshal(info.Data, &jwt); err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	block := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	return map[string][]byte{
		"authority.pem": block("CERTIFICATE", anchor.Raw), "certificate.pem": block("CERTIFICATE", leaf.Raw),
		"key.pem": block("PRIVATE KEY", private), "registration.jwt": []byte(jwt + "\n"),
	}, nil
}

func certificateOf(name string, serial int64) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certifiedFor), KeyUsage: x509.KeyUsageDigitalSignature,
	}
}

func signCertificate(template, parent *x509.Certificate, public *ecdsa.PublicKey, by *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, by)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// registrationIn reads a registration certificate as an entry of
// verifier_info; without a file there is none.
func registrationIn(path string) ([]openid4vp.VerifierInfo, error) {
	if path == "" {
		return nil, nil
	}
	text, err := readFile(path, 16<<10)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(strings.TrimSpace(string(text)))
	return []openid4vp.VerifierInfo{{Format: openid4vp.RegistrationFormat, Data: data}}, err
}
