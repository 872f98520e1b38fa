package document

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidRSA         = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidRSAPSS      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidRSASHA256   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}
	oidRSASHA384   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12}
	oidRSASHA512   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 13}
	oidECDSASHA256 = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
	oidECDSASHA384 = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}
	oidECDSASHA512 = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4}
)

type algorithmIdentifier struct {
	oid        asn1.ObjectIdentifier
	parameters []byte // DER of one element, or none
}

func readAlgorithm(s *cryptobyte.String) (algorithmIdentifier, error) {
	var a algorithmIdentifier
	var seq, parameters cryptobyte.String
	if !s.ReadASN1(&seq, tags.SEQUENCE) || !seq.ReadASN1ObjectIdentifier(&a.oid) {
		return a, fmt.Errorf("no algorithm")
	}
	if !seq.Empty() {
		var tag tags.Tag
		if !seq.ReadAnyASN1Element(&parameters, &tag) || !seq.Empty() {
			return a, fmt.Errorf("malformed parameters of algorithm %s", a.oid)
		}
	}
	a.parameters = parameters
	return a, nil
}

func (a algorithmIdentifier) bare() bool {
	return len(a.parameters) == 0 || bytes.Equal(a.parameters, []byte{5, 0})
}

// readDigest reads a digest algorithm; SHA-1 and SHA-224 are refused.
func readDigest(s *cryptobyte.String) (crypto.Hash, error) {
	a, err := readAlgorithm(s)
	if err != nil {
		return 0, err
	}
	if !a.bare() {
		return 0, fmt.Errorf("digest algorithm %s with parameters", a.oid)
	}
	switch {
	case a.oid.Equal(oidSHA256):
		return crypto.SHA256, nil
	case a.oid.Equal(oidSHA384):
		return crypto.SHA384, nil
	case a.oid.Equal(oidSHA512):
		return crypto.SHA512, nil
	}
	return 0, fmt.Errorf("digest algorithm %s is not SHA-256, SHA-384 or SHA-512", a.oid)
}

var signatureAlgorithms = []struct {
	oid       asn1.ObjectIdentifier
	digest    crypto.Hash
	algorithm x509.SignatureAlgorithm
}{
	{oidECDSASHA256, crypto.SHA256, x509.ECDSAWithSHA256},
	{oidECDSASHA384, crypto.SHA384, x509.ECDSAWithSHA384},
	{oidECDSASHA512, crypto.SHA512, x509.ECDSAWithSHA512},
	{oidRSASHA256, crypto.SHA256, x509.SHA256WithRSA},
	{oidRSASHA384, crypto.SHA384, x509.SHA384WithRSA},
	{oidRSASHA512, crypto.SHA512, x509.SHA512WithRSA},
	{oidRSA, crypto.SHA256, x509.SHA256WithRSA},
	{oidRSA, crypto.SHA384, x509.SHA384WithRSA},
	{oidRSA, crypto.SHA512, x509.SHA512WithRSA},
}

// signatureAlgorithm gives the algorithm of a signature over a digest, which
// must be the one that the algorithm names.
func signatureAlgorithm(a algorithmIdentifier, digest crypto.Hash) (x509.SignatureAlgorithm, error) {
	for _, known := range signatureAlgorithms {
		if a.oid.Equal(known.oid) && a.bare() && digest == known.digest {
			return known.algorithm, nil
		}
	}
	if a.oid.Equal(oidRSAPSS) {
		return pssAlgorithm(a, digest)
	}
	return 0, fmt.Errorf("signature algorithm %s does not go with %s, or is not one that can be checked here", a.oid, digest)
}

// pssAlgorithm accepts RSASSA-PSS (RFC 4055 section 3.1) with the same hash
// in the mask and a salt of the hash's length, which is what crypto/x509 can
// check. It compares the parameters with the only two encodings of that.
func pssAlgorithm(a algorithmIdentifier, digest crypto.Hash) (x509.SignatureAlgorithm, error) {
	names := map[crypto.Hash]struct {
		oid       asn1.ObjectIdentifier
		algorithm x509.SignatureAlgorithm
	}{
		crypto.SHA256: {oidSHA256, x509.SHA256WithRSAPSS},
		crypto.SHA384: {oidSHA384, x509.SHA384WithRSAPSS},
		crypto.SHA512: {oidSHA512, x509.SHA512WithRSAPSS},
	}
	for _, null := range []bool{true, false} {
		for _, trailer := range []bool{false, true} {
			if bytes.Equal(a.parameters, pssParameters(names[digest].oid, digest.Size(), null, trailer)) {
				return names[digest].algorithm, nil
			}
		}
	}
	return 0, fmt.Errorf("RSASSA-PSS with other parameters than %s throughout", digest)
}

func pssParameters(hash asn1.ObjectIdentifier, salt int, null, trailer bool) []byte {
	var b cryptobyte.Builder
	hashAlgorithm := func(b *cryptobyte.Builder) {
		b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(hash)
			if null {
				b.AddASN1NULL()
			}
		})
	}
	field := func(b *cryptobyte.Builder, n uint8, f cryptobyte.BuilderContinuation) {
		b.AddASN1(tags.Tag(n).ContextSpecific().Constructed(), f)
	}
	b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
		field(b, 0, hashAlgorithm)
		field(b, 1, func(b *cryptobyte.Builder) {
			b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}) // MGF1
				hashAlgorithm(b)
			})
		})
		field(b, 2, func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(salt)) })
		if trailer {
			field(b, 3, func(b *cryptobyte.Builder) { b.AddASN1Int64(1) })
		}
	})
	return b.BytesOrPanic()
}
