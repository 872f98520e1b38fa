package jws

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
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
