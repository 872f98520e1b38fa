package mint

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/spec"
)

func (a *Authority) fillChip(d *Document, o Options) error {
	p, kind := d.Person, d.Presented.Kind
	from := a.home
	if kind == spec.ForeignPassport {
		from = a.utopia
	}
	surname, given, err := p.latin()
	if err != nil {
		return err
	}
	zone := &document.MRZ{
		Code: map[spec.DocumentKind]string{
			spec.HongKongMacauTravelPermit: "CR", spec.TaiwanTravelPermit: "CT",
			spec.OverseasChinesePassport: "PO", spec.ForeignPassport: "P",
		}[kind],
		IssuingState: from.alpha3, Surname: surname, GivenNames: given, Number: d.Number,
		Nationality: p.Nationality, BirthDate: p.BirthDate, Sex: p.Sex, Expiry: d.Expires,
	}
	write := zone.TD3
	if kind == spec.HongKongMacauTravelPermit || kind == spec.TaiwanTravelPermit {
		write = zone.TD1
	}
	lines, err := write()
	if err != nil {
		return fmt.Errorf("mint: %w", err)
	}
	lines = o.Defect.damageZone(lines)
	chip := &document.Chip{COM: fileCOM(), DG1: fileDG1(lines), DG2: fileDG2(d.Portrait)}
	hashes := []groupHash{{1, sha256.Sum256(chip.DG1)}, {2, sha256.Sum256(chip.DG2)}}
	hashes = o.Defect.damageHashes(hashes)
	if chip.SOD, err = fileSOD(hashes, a.signerFor(o.Defect, from), o.Issued.Time()); err != nil {
		return fmt.Errorf("mint: security object: %w", err)
	}
	d.Presented.Chip = chip
	if kind == spec.OverseasChinesePassport && !o.NoResidenceNote {
		return a.fillNote(d, o)
	}
	return nil
}

func (a *Authority) fillNote(d *Document, o Options) error {
	note := document.ResidenceNote{PassportNumber: d.Number, BirthDate: d.Person.BirthDate, SettledAbroad: !o.NotSettled}
	if o.Defect == OtherNote {
		note.PassportNumber = "EA0000000"
	}
	payload, err := json.Marshal(note)
	if err == nil {
		d.Presented.Note, err = a.registers[document.PopulationRegister].sign(document.NoteType, payload)
	}
	if err != nil {
		return fmt.Errorf("mint: residence note: %w", err)
	}
	return nil
}

// tlv writes a data object; its tag is one or two bytes.
func tlv(tag uint16, parts ...[]byte) []byte {
	value := slices.Concat(parts...)
	b := []byte{byte(tag)}
	if tag > 0xff {
		b = []byte{byte(tag >> 8), byte(tag)}
	}
	switch n := len(value); {
	case n < 0x80:
		b = append(b, byte(n))
	case n < 0x100:
		b = append(b, 0x81, byte(n))
	case n < 0x10000:
		b = append(b, 0x82, byte(n>>8), byte(n))
	default:
		b = append(b, 0x83, byte(n>>16), byte(n>>8), byte(n))
	}
	return append(b, value...)
}

// fileCOM writes EF.COM: LDS 1.7, Unicode 4.0, data groups 1 and 2.
func fileCOM() []byte {
	return tlv(0x60, tlv(0x5f01, []byte("0107")), tlv(0x5f36, []byte("040000")), tlv(0x5c, []byte{0x61, 0x75}))
}

func fileDG1(lines string) []byte { return tlv(0x61, tlv(0x5f1f, []byte(lines))) }

// fileDG2 writes EF.DG2 with one face record (ISO/IEC 19794-5:2005) that
// holds the JPEG.
func fileDG2(portrait []byte) []byte {
	face := make([]byte, 20+12, 20+12+len(portrait))
	binary.BigEndian.PutUint32(face, uint32(cap(face)))
	image := face[20:]
	image[0], image[1] = 1, 0 // full frontal, JPEG
	binary.BigEndian.PutUint16(image[2:], PortraitSide)
	binary.BigEndian.PutUint16(image[4:], PortraitSide)
	face = append(face, portrait...)
	record := append([]byte("FAC\x00010\x00"), 0, 0, 0, 0, 0, 1)
	binary.BigEndian.PutUint32(record[8:], uint32(len(record)+len(face)))
	record = append(record, face...)
	header := tlv(0xa1,
		tlv(0x80, []byte{1, 1}),       // version of the CBEFF patron header
		tlv(0x81, []byte{2}),          // facial features
		tlv(0x87, []byte{0x01, 0x01}), // format owner: ISO/IEC JTC 1/SC 37
		tlv(0x88, []byte{0x00, 0x08})) // format: face image data
	return tlv(0x75, tlv(0x7f61, tlv(0x02, []byte{1}), tlv(0x7f60, header, tlv(0x5f2e, record))))
}

type groupHash struct {
	group int
	hash  [32]byte
}

var (
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidLDS           = asn1.ObjectIdentifier{2, 23, 136, 1, 1, 1}
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidSHA256        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidECDSASHA256   = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
)

// fileSOD writes EF.SOD: a CMS SignedData over the hashes (ICAO Doc 9303-10
// section 4.6.2). Package pkcs7 cannot write it, because it puts the time of
// day among the signed attributes.
func fileSOD(hashes []groupHash, by issuer, at time.Time) ([]byte, error) {
	content, err := ldsSecurityObject(hashes)
	if err != nil {
		return nil, err
	}
	attributes, err := signedAttributes(content, at)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(attributes)
	signature, err := by.key.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	signed, err := signedData(content, attributes, signature, by.certificate)
	if err != nil {
		return nil, err
	}
	return tlv(0x77, signed), nil
}

var contextZero = tags.Tag(0).ContextSpecific().Constructed()

func sequence(b *cryptobyte.Builder, f cryptobyte.BuilderContinuation) { b.AddASN1(tags.SEQUENCE, f) }

func algorithm(b *cryptobyte.Builder, oid asn1.ObjectIdentifier) {
	sequence(b, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oid) })
}

func ldsSecurityObject(hashes []groupHash) ([]byte, error) {
	var b cryptobyte.Builder
	sequence(&b, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		algorithm(b, oidSHA256)
		sequence(b, func(b *cryptobyte.Builder) {
			for _, h := range hashes {
				sequence(b, func(b *cryptobyte.Builder) {
					b.AddASN1Int64(int64(h.group))
					b.AddASN1OctetString(h.hash[:])
				})
			}
		})
	})
	return b.Bytes()
}

// signedAttributes writes the attributes as the SET that is signed; DER
// sorts its members by their bytes.
func signedAttributes(content []byte, at time.Time) ([]byte, error) {
	sum := sha256.Sum256(content)
	var members [][]byte
	for _, attribute := range []struct {
		oid   asn1.ObjectIdentifier
		value cryptobyte.BuilderContinuation
	}{
		{oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidLDS) }},
		{oidSigningTime, func(b *cryptobyte.Builder) { b.AddASN1UTCTime(at.UTC()) }},
		{oidMessageDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(sum[:]) }},
	} {
		var b cryptobyte.Builder
		sequence(&b, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(attribute.oid)
			b.AddASN1(tags.SET, attribute.value)
		})
		member, err := b.Bytes()
		if err != nil {
			return nil, err
		}
		members = append(members, member)
	}
	slices.SortFunc(members, slices.Compare)
	return tlv(uint16(tags.SET), members...), nil
}

// signedData writes ContentInfo and SignedData, RFC 5652 sections 3 and 5.
func signedData(content, attributes, signature []byte, certificate *x509.Certificate) ([]byte, error) {
	var b cryptobyte.Builder
	sequence(&b, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSignedData)
		b.AddASN1(contextZero, func(b *cryptobyte.Builder) {
			sequence(b, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(3)
				b.AddASN1(tags.SET, func(b *cryptobyte.Builder) { algorithm(b, oidSHA256) })
				sequence(b, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(oidLDS)
					b.AddASN1(contextZero, func(b *cryptobyte.Builder) { b.AddASN1OctetString(content) })
				})
				b.AddASN1(contextZero, func(b *cryptobyte.Builder) { b.AddBytes(certificate.Raw) })
				b.AddASN1(tags.SET, func(b *cryptobyte.Builder) {
					sequence(b, func(b *cryptobyte.Builder) { signerInfo(b, attributes, signature, certificate) })
				})
			})
		})
	})
	return b.Bytes()
}

func signerInfo(b *cryptobyte.Builder, attributes, signature []byte, certificate *x509.Certificate) {
	b.AddASN1Int64(1)
	sequence(b, func(b *cryptobyte.Builder) {
		b.AddBytes(certificate.RawIssuer)
		b.AddASN1BigInt(certificate.SerialNumber)
	})
	algorithm(b, oidSHA256)
	b.AddBytes(append([]byte{byte(contextZero)}, attributes[1:]...))
	algorithm(b, oidECDSASHA256)
	b.AddASN1OctetString(signature)
}
