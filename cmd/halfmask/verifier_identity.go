package main

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/protocol/openid4vp"
)

// identityFiles are what a verifier signs its requests with.
type identityFiles struct{ key, certificate, attestation string }

func (f *identityFiles) flags(c *cobra.Command) {
	c.Flags().StringVar(&f.key, "signing-key", "", "PEM `FILE` with the P-256 key that signs requests (default: none, and requests are unsigned)")
	c.Flags().StringVar(&f.certificate, "certificate", "", "PEM `FILE` with the certificate of the signing key and those between it and its authority")
	c.Flags().StringVar(&f.attestation, "attestation", "", "`FILE` with a verifier attestation, a JWT, for the signing key")
}

// identities gives a verifier's names, the best first: the DNS name and the
// hash of its certificate, what an attestation calls it, and the key itself as
// a did:jwk.
func (f *identityFiles) identities(address string) ([]*openid4vp.Identity, error) {
	all, err := f.certified(address)
	if err != nil || f.attestation == "" {
		return all, err
	}
	key, err := signingKeyIn(f.key)
	if err != nil {
		return nil, fmt.Errorf("--signing-key: %w", err)
	}
	text, err := readFile(f.attestation, 16<<10)
	if err != nil {
		return nil, fmt.Errorf("--attestation: %w", err)
	}
	attested, err := openid4vp.AttestedIdentity(strings.TrimSpace(string(text)), key)
	if err != nil {
		return nil, fmt.Errorf("--attestation: %w", err)
	}
	return slices.Insert(all, len(all)-1, attested), nil
}

// certified gives the names without the attestation's.
func (f *identityFiles) certified(address string) ([]*openid4vp.Identity, error) {
	if f.key == "" {
		if f.certificate != "" || f.attestation != "" {
			return nil, usagef("--certificate and --attestation are of no use without --signing-key")
		}
		return nil, nil
	}
	key, err := signingKeyIn(f.key)
	if err != nil {
		return nil, fmt.Errorf("--signing-key: %w", err)
	}
	own, err := openid4vp.JWKIdentity(key)
	if err != nil {
		return nil, fmt.Errorf("--signing-key: %w", err)
	}
	chain, err := certificatesIn(f.certificate)
	if err != nil {
		return nil, fmt.Errorf("--certificate: %w", err)
	}
	if len(chain) == 0 {
		return []*openid4vp.Identity{own}, nil
	}
	byHash, err := openid4vp.HashIdentity(key, chain...)
	if err != nil {
		return nil, fmt.Errorf("--certificate: %w", err)
	}
	all := []*openid4vp.Identity{byHash, own}
	if u, err := url.Parse(address); err == nil && slices.Contains(chain[0].DNSNames, u.Hostname()) {
		byName, err := openid4vp.SanDNSIdentity(u.Hostname(), key, chain...)
		if err != nil {
			return nil, fmt.Errorf("--certificate: %w", err)
		}
		all = append([]*openid4vp.Identity{byName}, all...)
	}
	return all, nil
}

// signingKeyIn reads a private key as 'openssl genpkey' writes it.
func signingKeyIn(path string) (jose.SigningKey, error) {
	text, err := readFile(path, 16<<10)
	if err != nil {
		return jose.SigningKey{}, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return jose.SigningKey{}, fmt.Errorf("%s: no PEM PRIVATE KEY (PKCS #8)", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return jose.SigningKey{}, errors.New("not a readable PKCS #8 key") // the parser's own words could quote it
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return jose.SigningKey{}, fmt.Errorf("%s: not an EC key", path)
	}
	return jose.SigningKey{Algorithm: jose.ES256, Key: key}, nil
}
