package document

import (
	"bytes"
	"crypto"
	_ "crypto/sha256" // SHA-256 for crypto.Hash
	_ "crypto/sha512" // SHA-384 and SHA-512 likewise
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidLDS           = asn1.ObjectIdentifier{2, 23, 136, 1, 1, 1} // id-icao-mrtd-security-ldsSecurityObject
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidSHA256        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSHA384        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}
	oidSHA512        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}
)

// securityObject is EF.SOD taken apart. Nothing in it is verified yet.
type securityObject struct {
	cms         []byte              // the CMS ContentInfo
	content     []byte              // LDSSecurityObject, the signed content
	digest      crypto.Hash         // of the content and of the signed attributes
	attributes  []byte              // the signed attributes as a DER SET
	algorithm   algorithmIdentifier // of the signature
	signature   []byte              //
	signedAt    time.Time           // signing time attribute; zero when there is none
	certificate *x509.Certificate   // the one that the signer information names
	byKey       bool                // it names it by key identifier
	groupHash   crypto.Hash         // of the data groups
	hashes      map[int][]byte      // data group to hash
}

// parseSOD reads EF.SOD: a CMS SignedData (RFC 5652 section 5.1) in DER with
// exactly one signer, as ICAO Doc 9303-10 section 4.6.2 profiles it. What
// the profile does not need is refused, so that no byte is left that nobody
// looked at: revocation lists, unsigned attributes, a second signer.
func parseSOD(file []byte) (*securityObject, error) {
	so, err := readSOD(file)
	if err != nil {
		return nil, &Error{"sod-structure", "chip.sod", clauseSOD, err}
	}
	return so, nil
}

func readSOD(file []byte) (*securityObject, error) {
	if len(file) > MaxPresented {
		return nil, fmt.Errorf("%d bytes", len(file))
	}
	if err := checkNesting(file, 0); err != nil {
		return nil, err
	}
	cms, err := only(file, 0x77)
	if err != nil {
		return nil, err
	}
	so := &securityObject{cms: cms}
	input := cryptobyte.String(cms)
	var info, explicit, signed cryptobyte.String
	var kind asn1.ObjectIdentifier
	if !input.ReadASN1(&info, tags.SEQUENCE) || !input.Empty() ||
		!info.ReadASN1ObjectIdentifier(&kind) || !kind.Equal(oidSignedData) ||
		!info.ReadASN1(&explicit, tags.Tag(0).ContextSpecific().Constructed()) || !info.Empty() ||
		!explicit.ReadASN1(&signed, tags.SEQUENCE) || !explicit.Empty() {
		return nil, fmt.Errorf("not one CMS SignedData")
	}
	if err := so.readSignedData(signed); err != nil {
		return nil, err
	}
	return so, so.readHashes()
}

// readSignedData reads SignedData, RFC 5652 section 5.1.
func (so *securityObject) readSignedData(s cryptobyte.String) error {
	var version int
	if !s.ReadASN1Integer(&version) || version != 3 {
		return fmt.Errorf("version of SignedData is not 3")
	}
	var digests, encapsulated, explicit, certificates, signers cryptobyte.String
	if !s.ReadASN1(&digests, tags.SET) {
		return fmt.Errorf("no digest algorithms")
	}
	listed, err := readDigest(&digests)
	if err != nil || !digests.Empty() {
		return fmt.Errorf("not one digest algorithm of SHA-256, SHA-384, SHA-512")
	}
	var kind asn1.ObjectIdentifier
	if !s.ReadASN1(&encapsulated, tags.SEQUENCE) || !encapsulated.ReadASN1ObjectIdentifier(&kind) || !kind.Equal(oidLDS) ||
		!encapsulated.ReadASN1(&explicit, tags.Tag(0).ContextSpecific().Constructed()) || !encapsulated.Empty() ||
		!explicit.ReadASN1Bytes(&so.content, tags.OCTET_STRING) || !explicit.Empty() {
		return fmt.Errorf("content is not one LDS security object")
	}
	if !s.ReadASN1(&certificates, tags.Tag(0).ContextSpecific().Constructed()) {
		return fmt.Errorf("no document signer certificate inside")
	}
	if !s.ReadASN1(&signers, tags.SET) || !s.Empty() {
		return fmt.Errorf("no signers, or something beside them")
	}
	var signer cryptobyte.String
	if !signers.ReadASN1(&signer, tags.SEQUENCE) || !signers.Empty() {
		return fmt.Errorf("not exactly one signer")
	}
	held, err := readCertificates(certificates)
	if err != nil {
		return err
	}
	return so.readSigner(signer, listed, held)
}

const maxCertificates = 8

func readCertificates(s cryptobyte.String) ([]*x509.Certificate, error) {
	var held []*x509.Certificate
	for !s.Empty() {
		var der cryptobyte.String
		if len(held) == maxCertificates || !s.ReadASN1Element(&der, tags.SEQUENCE) {
			return nil, fmt.Errorf("more than %d certificates, or something else among them", maxCertificates)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("certificate inside: %w", err)
		}
		held = append(held, c)
	}
	return held, nil
}

// readSigner reads SignerInfo, RFC 5652 section 5.3.
func (so *securityObject) readSigner(s cryptobyte.String, listed crypto.Hash, held []*x509.Certificate) error {
	var version int
	if !s.ReadASN1Integer(&version) {
		return fmt.Errorf("no version of the signer")
	}
	match, err := readSignerIdentifier(&s, version)
	so.byKey = version == 3
	if err != nil {
		return err
	}
	for _, c := range held {
		if match(c) && so.certificate == nil {
			so.certificate = c
		} else {
			return fmt.Errorf("a certificate inside is not the signer's, or is there twice")
		}
	}
	if so.certificate == nil {
		return fmt.Errorf("the signer's certificate is not inside")
	}
	if so.digest, err = readDigest(&s); err != nil || so.digest != listed {
		return fmt.Errorf("digest algorithm of the signer is not the one listed")
	}
	var attributes cryptobyte.String
	var signature []byte
	if !s.ReadASN1Element(&attributes, tags.Tag(0).ContextSpecific().Constructed()) {
		return fmt.Errorf("no signed attributes")
	}
	if so.algorithm, err = readAlgorithm(&s); err != nil {
		return err
	}
	if !s.ReadASN1Bytes(&signature, tags.OCTET_STRING) || !s.Empty() {
		return fmt.Errorf("no signature, or something after it")
	}
	so.signature = signature
	so.attributes = bytes.Clone(attributes)
	so.attributes[0] = byte(tags.SET) // RFC 5652 section 5.4: signed under the tag of a SET
	return so.readAttributes()
}

// readSignerIdentifier gives the test that the signer's certificate passes.
func readSignerIdentifier(s *cryptobyte.String, version int) (func(*x509.Certificate) bool, error) {
	var key, byName cryptobyte.String
	switch {
	case version == 3 && s.ReadASN1(&key, tags.Tag(0).ContextSpecific()):
		return func(c *x509.Certificate) bool { return len(key) > 0 && bytes.Equal(c.SubjectKeyId, key) }, nil
	case version == 1 && s.ReadASN1(&byName, tags.SEQUENCE):
		var issuer, serial cryptobyte.String
		if !byName.ReadASN1Element(&issuer, tags.SEQUENCE) || !byName.ReadASN1(&serial, tags.INTEGER) || !byName.Empty() {
			break
		}
		return func(c *x509.Certificate) bool {
			want, err := asn1.Marshal(c.SerialNumber)
			return err == nil && bytes.Equal(want[2:], serial) && bytes.Equal(c.RawIssuer, issuer)
		}, nil
	}
	return nil, fmt.Errorf("the signer is not named by issuer and serial number or by key identifier")
}

// readAttributes checks the signed attributes: the content type is the LDS
// security object's and the digest is the content's (RFC 5652 section 11).
func (so *securityObject) readAttributes() error {
	input := cryptobyte.String(so.attributes)
	var set cryptobyte.String
	if !input.ReadASN1(&set, tags.SET) || !input.Empty() {
		return fmt.Errorf("signed attributes are not a SET")
	}
	seen := map[string]bool{}
	for !set.Empty() {
		var attribute, values cryptobyte.String
		var kind asn1.ObjectIdentifier
		if !set.ReadASN1(&attribute, tags.SEQUENCE) || !attribute.ReadASN1ObjectIdentifier(&kind) ||
			!attribute.ReadASN1(&values, tags.SET) || !attribute.Empty() {
			return fmt.Errorf("a signed attribute is malformed")
		}
		if seen[kind.String()] {
			return fmt.Errorf("signed attribute %s is there twice", kind)
		}
		seen[kind.String()] = true
		good := true
		switch {
		case kind.Equal(oidContentType):
			var content asn1.ObjectIdentifier
			good = values.ReadASN1ObjectIdentifier(&content) && content.Equal(oidLDS) && values.Empty()
		case kind.Equal(oidMessageDigest):
			var digest []byte
			h := so.digest.New()
			h.Write(so.content)
			good = values.ReadASN1Bytes(&digest, tags.OCTET_STRING) && bytes.Equal(digest, h.Sum(nil)) && values.Empty()
		case kind.Equal(oidSigningTime):
			if values.PeekASN1Tag(tags.UTCTime) {
				good = values.ReadASN1UTCTime(&so.signedAt) && values.Empty()
			} else {
				good = values.ReadASN1GeneralizedTime(&so.signedAt) && values.Empty()
			}
		}
		if !good {
			return fmt.Errorf("signed attribute %s does not fit the content", kind)
		}
	}
	if !seen[oidContentType.String()] || !seen[oidMessageDigest.String()] {
		return fmt.Errorf("signed attributes lack the content type or the digest")
	}
	return nil
}

// readHashes reads LDSSecurityObject, ICAO Doc 9303-10 section 4.6.2.3.
func (so *securityObject) readHashes() error {
	input := cryptobyte.String(so.content)
	var lds, list cryptobyte.String
	var version int
	if !input.ReadASN1(&lds, tags.SEQUENCE) || !input.Empty() || !lds.ReadASN1Integer(&version) || version < 0 || version > 1 {
		return fmt.Errorf("not one LDS security object of version 0 or 1")
	}
	var err error
	if so.groupHash, err = readDigest(&lds); err != nil {
		return err
	}
	if !lds.ReadASN1(&list, tags.SEQUENCE) {
		return fmt.Errorf("no data group hashes")
	}
	so.hashes = map[int][]byte{}
	for !list.Empty() {
		var entry cryptobyte.String
		var group int
		var hash []byte
		if !list.ReadASN1(&entry, tags.SEQUENCE) || !entry.ReadASN1Integer(&group) ||
			!entry.ReadASN1Bytes(&hash, tags.OCTET_STRING) || !entry.Empty() ||
			group < 1 || group > 16 || len(hash) != so.groupHash.Size() {
			return fmt.Errorf("a data group hash is malformed")
		}
		if so.hashes[group] != nil {
			return fmt.Errorf("data group %d has two hashes", group)
		}
		so.hashes[group] = hash
	}
	if version == 1 {
		var info, lds108, unicode cryptobyte.String
		if !lds.ReadASN1(&info, tags.SEQUENCE) || !info.ReadASN1(&lds108, tags.PrintableString) ||
			!info.ReadASN1(&unicode, tags.PrintableString) || !info.Empty() {
			return fmt.Errorf("version information is malformed")
		}
	}
	if !lds.Empty() {
		return fmt.Errorf("something after the data group hashes")
	}
	return nil
}
