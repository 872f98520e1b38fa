package mint

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/spec"
)

// Defect names something wrong with a document, which package document
// refuses. The empty Defect is none.
type Defect string

// Defects of every document.
const (
	ChangedPortrait  Defect = "changed-portrait"  // one byte of the image, after signing
	ChangedSignature Defect = "changed-signature" // one byte of the signature
	UnknownSigner    Defect = "unknown-signer"    // the right names, another key
	WrongKind        Defect = "wrong-kind"        // presented as another kind
	Truncated        Defect = "truncated"         // the signed part ends halfway
	OtherHolder      Defect = "other-holder"      // the signed part of another holder's document
)

// Defects of the kinds with an ICAO chip.
const (
	ChangedZone   Defect = "changed-zone"   // one character of EF.DG1, after signing
	ExpiredSigner Defect = "expired-signer" // a document signer whose certificate has ended
	WrongCountry  Defect = "wrong-country"  // a trusted document signer of another country
	MissingHash   Defect = "missing-hash"   // no hash of data group 2
	DuplicateHash Defect = "duplicate-hash" // two hashes of data group 2
	OtherNote     Defect = "other-note"     // a passport with the residence note of another
)

// Defects of the kinds with a register record, but for the first, which the
// kinds with a chip can have too.
const (
	WrongCheckDigit Defect = "wrong-check-digit" // signed, in a number or a zone that has one
	NumberDisagrees Defect = "number-disagrees"  // the number has another birth date than the record
	FutureBirth     Defect = "future-birth"      // the signed birth date is still to come
)

var (
	chipDefects = []Defect{
		ChangedPortrait, ChangedSignature, UnknownSigner, WrongKind, WrongCheckDigit, Truncated, OtherHolder,
		ChangedZone, ExpiredSigner, WrongCountry, MissingHash, DuplicateHash,
	}
	recordDefects = []Defect{ChangedPortrait, ChangedSignature, UnknownSigner, WrongKind, Truncated, OtherHolder, FutureBirth}
)

// Defects lists the defects that a document of a kind can have.
func Defects(kind spec.DocumentKind) []Defect {
	switch {
	case kind == spec.OverseasChinesePassport:
		return append(slices.Clone(chipDefects), OtherNote)
	case hasChip(kind):
		return slices.Clone(chipDefects)
	case hasCheckCharacter(kind):
		return append(slices.Clone(recordDefects), WrongCheckDigit, NumberDisagrees)
	}
	return slices.Clone(recordDefects)
}

func hasChip(kind spec.DocumentKind) bool {
	switch kind {
	case spec.HongKongMacauTravelPermit, spec.TaiwanTravelPermit, spec.OverseasChinesePassport, spec.ForeignPassport:
		return true
	}
	return false
}

func hasCheckCharacter(kind spec.DocumentKind) bool {
	switch kind {
	case spec.ResidentIdentityCard, spec.HongKongMacauResidencePermit, spec.TaiwanResidencePermit, spec.ForeignPermanentResidentCard:
		return true
	}
	return false
}

// otherKind is what WrongKind presents a document as.
func otherKind(kind spec.DocumentKind) spec.DocumentKind {
	for _, other := range spec.KnownKinds {
		if other != kind && hasChip(other) == hasChip(kind) {
			return other
		}
	}
	return kind
}

// damageHashes is applied before the security object is signed.
func (d Defect) damageHashes(hashes []groupHash) []groupHash {
	switch d {
	case MissingHash:
		return hashes[:1]
	case DuplicateHash:
		return append(hashes, hashes[1])
	case OtherHolder:
		return []groupHash{{1, sha256.Sum256([]byte("another zone"))}, {2, sha256.Sum256([]byte("another face"))}}
	}
	return hashes
}

// damageZone is applied before the zone is hashed: the check digit of the
// number, at its place in the first line of a card or the second of a
// passport.
func (d Defect) damageZone(lines string) string {
	if d != WrongCheckDigit {
		return lines
	}
	place := 14
	if len(lines) == 88 {
		place = 44 + 9
	}
	digit := '0' + (lines[place]-'0'+1)%10
	return lines[:place] + string(digit) + lines[place+1:]
}

// signerFor is the document signer that signs in the place of the right one.
func (a *Authority) signerFor(d Defect, right country) issuer {
	switch d {
	case UnknownSigner:
		return a.stranger.signer
	case ExpiredSigner:
		return a.retired
	case WrongCountry:
		if right.alpha2 == a.home.alpha2 {
			return a.utopia.signer
		}
		return a.home.signer
	}
	return right.signer
}

// damageRecord is applied before the record is signed.
func (d Defect) damageRecord(r *document.Record) {
	switch d {
	case WrongCheckDigit:
		last := len(r.Number) - 1
		digit := '0' + (r.Number[last]-'0'+1)%10 // X becomes a digit that is wrong, too
		r.Number = r.Number[:last] + string(digit)
	case NumberDisagrees:
		r.BirthDate = r.BirthDate.AddDays(1)
	case FutureBirth:
		r.BirthDate.Year += 100
	}
}

// damagePresented is applied last, to bytes that are signed already.
func (d Defect) damagePresented(p *document.Presented) error {
	switch d {
	case ChangedPortrait:
		if p.Chip != nil {
			p.Chip.DG2 = changed(p.Chip.DG2, len(p.Chip.DG2)-20)
		} else {
			p.Portrait = changed(p.Portrait, len(p.Portrait)-20)
		}
	case ChangedZone:
		p.Chip.DG1 = changed(p.Chip.DG1, len(p.Chip.DG1)-30)
	case ChangedSignature:
		if p.Chip != nil {
			p.Chip.SOD = changed(p.Chip.SOD, len(p.Chip.SOD)-8)
		} else {
			p.Record = otherCharacter(p.Record, len(p.Record)-8)
		}
	case Truncated:
		if p.Chip != nil {
			p.Chip.SOD = p.Chip.SOD[:len(p.Chip.SOD)/2]
		} else {
			p.Record = p.Record[:len(p.Record)/2]
		}
	case WrongKind:
		p.Kind, p.Note = otherKind(p.Kind), ""
	case "", UnknownSigner, WrongCheckDigit, OtherHolder, FutureBirth, ExpiredSigner, WrongCountry, MissingHash, DuplicateHash, OtherNote, NumberDisagrees:
	default:
		return fmt.Errorf("mint: unknown defect %q", d)
	}
	return nil
}

func changed(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}

func otherCharacter(s string, at int) string {
	c := byte('A')
	if s[at] == c {
		c = 'B'
	}
	return s[:at] + string(c) + s[at+1:]
}
