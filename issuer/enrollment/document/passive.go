package document

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"time"

	"github.com/smallstep/pkcs7"
)

// authenticate runs passive authentication (ICAO Doc 9303-11 section 5.1):
// the security object has the hashes of these data groups, its signer is a
// document signer under a trusted country CA of the issuing state, and the
// signature is right.
func authenticate(chip *Chip, issuingState string, t *Trust, at time.Time) error {
	so, err := parseSOD(chip.SOD)
	if err != nil {
		return err
	}
	if err := so.checkHashes(chip); err != nil { // the cheapest first
		return err
	}
	if err := so.checkSigner(issuingState, t, at); err != nil {
		return err
	}
	if err := so.checkSignature(); err != nil {
		return &Error{"sod-signature", "chip.sod", clausePassive, err}
	}
	return nil
}

// checkSigner builds the path from the document signer to a country CA and
// checks it at the time of reading, and the signer at the time of signing
// too where the chip says when that was.
func (so *securityObject) checkSigner(issuingState string, t *Trust, at time.Time) error {
	fail := func(format string, args ...any) error {
		return failed("sod-signer", "chip.sod", clausePassive, format, args...)
	}
	signer := so.certificate
	if signer.IsCA || signer.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return failed("sod-signer", "chip.sod", clauseCerts, "certificate %q is not one of a document signer", signer.Subject)
	}
	roots := x509.NewCertPool()
	for _, c := range t.CountryCAs {
		roots.AddCert(c)
	}
	chains, err := signer.Verify(x509.VerifyOptions{
		Roots:         roots,
		Intermediates: x509.NewCertPool(),
		CurrentTime:   at,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny}, // ICAO profiles have none
	})
	if err != nil {
		return fail("document signer %q: %w", signer.Subject, err)
	}
	if !so.signedAt.IsZero() && (so.signedAt.Before(signer.NotBefore) || so.signedAt.After(signer.NotAfter) || so.signedAt.After(at)) {
		return fail("signed at %s, when document signer %q was not valid", so.signedAt.UTC().Format(time.RFC3339), signer.Subject)
	}
	want, _ := alpha2(issuingState)
	for _, c := range append(chains[0][1:], signer) {
		if got := country(c); want == "" || got != want {
			return failed("sod-signer-country", "chip.sod", clauseCerts, "certificate %q is of country %q, the document of %q", c.Subject, got, issuingState)
		}
	}
	return nil
}

// checkSignature checks the signature over the signed attributes, which
// readAttributes has tied to the content. Package pkcs7 does it, but for the
// two things that it does not know: RSASSA-PSS, and a signer named by key
// identifier.
func (so *securityObject) checkSignature() error {
	algorithm, err := signatureAlgorithm(so.algorithm, so.digest)
	if err != nil {
		return err
	}
	if so.byKey || so.algorithm.oid.Equal(oidRSAPSS) {
		return so.certificate.CheckSignature(algorithm, so.attributes, so.signature)
	}
	return verifyCMS(so.cms, so.certificate, so.content)
}

// verifyCMS lets package pkcs7 verify a SignedData, and makes sure that it
// sees the signer and the content that readSOD saw. The nesting is bounded
// and the structure is checked before it gets here; should it panic all the
// same, that is a refusal.
func verifyCMS(cms []byte, signer *x509.Certificate, content []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the CMS reader gave up: %v", r)
		}
	}()
	p7, err := pkcs7.Parse(cms)
	if err != nil {
		return err
	}
	if only := p7.GetOnlySigner(); only == nil || !only.Equal(signer) || !bytes.Equal(p7.Content, content) {
		return fmt.Errorf("two readings of the same bytes differ")
	}
	return p7.Verify()
}

// checkHashes compares the data groups with their hashes, and the list in
// EF.COM, which nobody signed, with the list of hashes.
func (so *securityObject) checkHashes(chip *Chip) error {
	for _, file := range []struct {
		group   int
		field   string
		content []byte
	}{{1, "chip.dg1", chip.DG1}, {2, "chip.dg2", chip.DG2}} {
		want, ok := so.hashes[file.group]
		if !ok {
			return failed("sod-hash", file.field, clausePassive, "the security object has no hash of data group %d", file.group)
		}
		h := so.groupHash.New()
		h.Write(file.content)
		if !bytes.Equal(h.Sum(nil), want) {
			return failed("sod-hash", file.field, clausePassive, "data group %d is not the one that was signed", file.group)
		}
	}
	listed, err := parseCOM(chip.COM)
	if err != nil {
		return err
	}
	for _, group := range listed {
		if _, ok := so.hashes[group]; !ok {
			return failed("chip-com", "chip.com", clauseCOM, "data group %d is listed and has no hash", group)
		}
	}
	return nil
}

// country gives the upper-case country of a certificate's subject, if it has
// exactly one.
func country(c *x509.Certificate) string {
	if len(c.Subject.Country) != 1 {
		return ""
	}
	return string(bytes.ToUpper([]byte(c.Subject.Country[0])))
}
