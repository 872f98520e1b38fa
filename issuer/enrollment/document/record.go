package document

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/spec"
)

// The registers that sign records. A record counts only under the key that
// Trust holds for the register of its kind, whatever key it names itself.
const (
	PopulationRegister = "population-register" // identity card, permits, permanent resident card, residence notes
	ProtectionRegister = "protection-register" // refugees and asylum seekers
	CommunityRegister  = "community-register"  // attestations of a community
)

var registerOf = map[spec.DocumentKind]string{
	spec.ResidentIdentityCard:         PopulationRegister,
	spec.HongKongMacauResidencePermit: PopulationRegister,
	spec.TaiwanResidencePermit:        PopulationRegister,
	spec.ForeignPermanentResidentCard: PopulationRegister,
	spec.OneWayPermit:                 PopulationRegister,
	spec.UNHCRCertificate:             ProtectionRegister,
	spec.AsylumSeekerCertificate:      ProtectionRegister,
	spec.CommunityAttestation:         CommunityRegister,
}

// The types of the two tokens, in the typ header parameter (RFC 7515
// section 4.1.9), so that neither is ever taken for the other.
const (
	RecordType = "register-record+jws"
	NoteType   = "residence-note+jws"
)

const maxToken = 8 << 10 // bytes of a compact JWS

// Record is the payload of a register record: SIMULATED, in the place of the
// closed chip of the cards that have one. It travels as a compact JWS
// (RFC 7515) signed with ES256, header parameters alg, kid (the register)
// and typ (RecordType) and no others.
type Record struct {
	Kind        spec.DocumentKind `json:"kind"`
	Number      string            `json:"number"`
	Name        string            `json:"name"` // as printed, at most 128 bytes
	Sex         string            `json:"sex"`
	BirthDate   spec.Date         `json:"birth_date"`
	Nationality string            `json:"nationality"`
	ValidUntil  spec.Date         `json:"valid_until"`         // last day; "" when Permanent
	Permanent   bool              `json:"permanent,omitempty"` // does not expire
	Portrait    string            `json:"portrait_sha256"`     // base64url of the SHA-256 of the portrait
}

// ResidenceNote is the payload of the civil registry's note that the holder
// of a passport is a citizen settled abroad: SIMULATED. A compact JWS as a
// Record is, of type NoteType.
type ResidenceNote struct {
	PassportNumber string    `json:"passport_number"`
	BirthDate      spec.Date `json:"birth_date"`
	SettledAbroad  bool      `json:"settled_abroad"`
}

func verifyRecord(p Presented, t *Trust, at time.Time) (*Verified, error) {
	var r Record
	if err := t.open(p.Record, RecordType, registerOf[p.Kind], "record", clauseRecord, &r); err != nil {
		return nil, err
	}
	fail := func(check, field, format string, args ...any) error {
		return failed(check, field, clauseRecord, format, args...)
	}
	if r.Kind != p.Kind {
		return nil, fail("document-kind", "record.kind", "the record is of a %s, presented as a %s", r.Kind, p.Kind)
	}
	if r.Name == "" || len(r.Name) > 128 || strings.TrimSpace(r.Name) != r.Name {
		return nil, fail("record-shape", "record.name", "%d bytes", len(r.Name))
	}
	if r.Sex != Female && r.Sex != Male && r.Sex != "" {
		return nil, fail("record-shape", "record.sex", "%q", clip(r.Sex))
	}
	if !KnownState(r.Nationality) {
		return nil, fail("record-shape", "record.nationality", "%q is no nationality", clip(r.Nationality))
	}
	if r.Permanent != r.ValidUntil.IsZero() {
		return nil, fail("record-shape", "record.valid_until", "neither a last day nor permanent, or both")
	}
	if err := checkBirth("record.birth_date", clauseRecord, r.BirthDate, spec.DateOf(at)); err != nil {
		return nil, err
	}
	number, err := ParseNumber(r.Kind, r.Number)
	if err != nil {
		return nil, within("record.number", err)
	}
	if err := agree(number, &r); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(p.Portrait)
	if r.Portrait != base64.RawURLEncoding.EncodeToString(sum[:]) {
		return nil, fail("record-portrait", "portrait", "the portrait is not the one that the record was signed for")
	}
	if !isJPEG(p.Portrait) {
		return nil, fail("record-portrait", "portrait", "the portrait is no JPEG image")
	}
	return &Verified{
		Kind: r.Kind, Number: r.Number, Name: r.Name, Sex: r.Sex, BirthDate: r.BirthDate,
		Nationality: r.Nationality, Expiry: r.ValidUntil, Portrait: p.Portrait,
	}, nil
}

// agree checks that the number says of the holder what the record says.
func agree(n Number, r *Record) error {
	born := fmt.Sprintf("%02d%02d%02d", r.BirthDate.Year%100, r.BirthDate.Month, r.BirthDate.Day)
	switch {
	case !n.BirthDate.IsZero() && n.BirthDate != r.BirthDate, n.BirthYYMMDD != "" && n.BirthYYMMDD != born:
		return failed("number-agrees", "record.birth_date", clauseNumber, "the birth date is not the number's")
	case n.Sex != "" && n.Sex != r.Sex:
		return failed("number-agrees", "record.sex", clauseNumber, "the sex is not the number's")
	case n.Nationality != "" && n.Nationality != r.Nationality, r.Kind == spec.OneWayPermit && r.Nationality != "CHN":
		return failed("number-agrees", "record.nationality", clauseNumber, "nationality %s is not the number's or the kind's", r.Nationality)
	}
	return nil
}

// verifyNote checks a residence note for the passport whose chip was read.
func verifyNote(token string, v *Verified, t *Trust) (settled bool, err error) {
	var n ResidenceNote
	if err := t.open(token, NoteType, PopulationRegister, "residence_note", clauseNote, &n); err != nil {
		return false, err
	}
	if n.PassportNumber != v.Number || n.BirthDate != v.BirthDate {
		return false, failed("residence-note", "residence_note", clauseNote, "the note is for another passport")
	}
	return n.SettledAbroad, nil
}

// open checks a token of the given type under the key of the register and
// reads its payload into v.
func (t *Trust) open(token, typ, register, field, clause string, v any) error {
	fail := func(check, format string, args ...any) error {
		return failed(check, field, clause, format, args...)
	}
	if len(token) > maxToken {
		return fail("record-shape", "%d bytes, more than %d", len(token), maxToken)
	}
	if err := canonical(token); err != nil {
		return fail("record-shape", "%w", err)
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return fail("record-shape", "not a JWS signed with ES256: %w", err)
	}
	header := jws.Signatures[0].Protected
	if got, _ := header.ExtraHeaders[jose.HeaderType].(string); got != typ || len(header.ExtraHeaders) != 1 || header.JSONWebKey != nil {
		return fail("record-shape", "type %q with %d more header parameters, want %q alone", clip(got), len(header.ExtraHeaders)-1, typ)
	}
	key := t.Registers[register]
	if key == nil {
		return fail("record-signer", "no key of the %s is trusted", register)
	}
	if header.KeyID != register {
		return fail("record-signer", "signed by %q, want the %s", clip(header.KeyID), register)
	}
	payload, err := jws.Verify(key)
	if err != nil {
		return fail("record-signature", "not signed by the %s: %w", register, err)
	}
	if err := decodeStrict(payload, v); err != nil {
		return fail("record-shape", "%w", err)
	}
	return nil
}

// canonical refuses a token whose base64url has stray bits at an end: the
// same content in other characters.
func canonical(token string) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return fmt.Errorf("not a compact JWS")
	}
	for _, part := range parts {
		if strings.ContainsAny(part, "\r\n") {
			return fmt.Errorf("a line break inside")
		}
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return err
		}
	}
	return nil
}
