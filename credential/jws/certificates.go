package jws

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// MaxCertificates is the most that an x5c header may hold.
const MaxCertificates = 6

// ReadCertificates reads an x5c header (RFC 7515 section 4.1.6). Nothing about
// the certificates is verified.
func ReadCertificates(v any) ([]*x509.Certificate, error) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 || len(list) > MaxCertificates {
		return nil, fmt.Errorf("not a list of 1 to %d certificates", MaxCertificates)
	}
	chain := make([]*x509.Certificate, len(list))
	for i, item := range list {
		text, _ := item.(string)
		der, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("certificate %d is not base64", i+1)
		}
		if chain[i], err = x509.ParseCertificate(der); err != nil {
			return nil, fmt.Errorf("certificate %d: %w", i+1, err)
		}
	}
	return chain, nil
}

// CheckChain validates a chain, the signer's own certificate first, up to one
// of the anchors. An anchor comes from the caller's configuration and never
// from the other side, so a chain that holds one, or anything that is its own
// issuer, is refused (HAIP 1.0 sections 4.1, 5 and 6.1.1).
func CheckChain(chain, anchors []*x509.Certificate, now time.Time) error {
	if len(anchors) == 0 {
		return errors.New("no trust anchor is configured")
	}
	if len(chain) == 0 {
		return errors.New("no certificate")
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for _, a := range anchors {
		roots.AddCert(a)
	}
	for i, c := range chain {
		if OwnIssuer(c) || slices.ContainsFunc(anchors, c.Equal) {
			return errors.New("x5c holds a trust anchor or another self-signed certificate")
		}
		if i > 0 {
			between.AddCert(c)
		}
	}
	leaf := chain[0]
	if leaf.IsCA {
		return errors.New("the certificate is an authority's")
	}
	if leaf.KeyUsage != 0 && leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return errors.New("the certificate is not for signatures")
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err
}

// OwnIssuer reports whether a certificate is self-signed by its form, as trust
// anchors are.
func OwnIssuer(c *x509.Certificate) bool { return bytes.Equal(c.RawSubject, c.RawIssuer) }

// A Signer is what a token says about who signed it: names by which to look a
// key up, and never a key.
type Signer struct {
	Issuer string              // iss, "" when there is none; may be anything
	KeyID  string              // kid, "" when there is none; may be anything
	Chain  []*x509.Certificate // x5c, the signer's own first; not verified; nil when there is none that can be read
}

// Signer gives what the token says about its signer.
func (t *Token) Signer() Signer {
	issuer, _ := t.Payload["iss"].(string)
	chain, _ := ReadCertificates(t.Header["x5c"])
	return Signer{Issuer: issuer, KeyID: t.KeyID, Chain: chain}
}

// Certified gives the key of the signer's certificate, when its chain leads to
// one of the anchors (see [CheckChain]) and the certificate is the issuer's:
// it has iss as a URI, or the host of an https iss as a DNS name. That is more
// than draft-ietf-oauth-sd-jwt-vc-24 section 2.5 asks for, where the issuer is
// the certificate's subject: so a certificate of one issuer never speaks for
// the iss of another. Without an iss there is nobody to certify.
func (s Signer) Certified(anchors []*x509.Certificate, now time.Time) (*jose.JSONWebKey, error) {
	if err := CheckChain(s.Chain, anchors, now); err != nil {
		return nil, err
	}
	leaf := s.Chain[0]
	if !isNamed(leaf, s.Issuer) {
		return nil, errors.New("the certificate is not the issuer's: it has neither iss as a URI nor its host as a DNS name")
	}
	return &jose.JSONWebKey{Key: leaf.PublicKey}, nil
}

func isNamed(c *x509.Certificate, issuer string) bool {
	if issuer != "" && slices.ContainsFunc(c.URIs, func(u *url.URL) bool { return u.String() == issuer }) {
		return true
	}
	u, err := url.Parse(issuer)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && c.VerifyHostname(u.Hostname()) == nil
}
