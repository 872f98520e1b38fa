package document

import (
	"time"

	"github.com/halfmask/halfmask/spec"
)

// The values of Verified.Sex. It is empty where the document leaves it open.
const (
	Female = "female"
	Male   = "male"
)

// Verified is what a document says of its holder, after every check of
// Verify has passed.
type Verified struct {
	Kind        spec.DocumentKind
	Number      string    // the document's or the person's number, as printed
	Name        string    // as on the document; from a chip: Latin capitals, surname first, cut where the MRZ cuts it
	Sex         string    // Female, Male or "" (unspecified)
	BirthDate   spec.Date //
	Nationality string    // ISO 3166-1 alpha-3, or a code of ICAO Doc 9303-3 section 5
	Expiry      spec.Date // last day of validity; the zero Date is a document that does not expire
	Portrait    []byte    // JPEG, or JPEG 2000 from a chip

	// SettledAbroad says that the civil registry has this passport's holder
	// as a citizen settled abroad. It is false for every other kind.
	SettledAbroad bool
}

// Expired reports whether on is after the last day of validity. Verify
// reports an expired document like any other; what follows is a decision.
func (v *Verified) Expired(on spec.Date) bool {
	return !v.Expiry.IsZero() && v.Expiry.Before(on)
}

// Verify checks everything that a presented document carries, in the light
// of the keys in t and at the given time: structure, signatures, signer,
// hashes, numbers and that the parts agree. Every failure is an *Error.
func Verify(p Presented, t *Trust, at time.Time) (*Verified, error) {
	if n := p.Size(); n > MaxPresented {
		return nil, failed("presented-size", "document", clausePresented, "%d bytes, more than %d", n, MaxPresented)
	}
	if t == nil {
		t = &Trust{}
	}
	switch family := familyOf(p.Kind); {
	case family == unknownFamily:
		return nil, failed("document-kind", "kind", clausePresented, "%q is no document that can be read here", p.Kind)
	case family == chipFamily && (p.Chip == nil || p.Record != "" || p.Portrait != nil):
		return nil, failed("presented-shape", "chip", clausePresented, "a %s is presented as the files of its chip alone", p.Kind)
	case family == recordFamily && (p.Chip != nil || p.Record == ""):
		return nil, failed("presented-shape", "record", clausePresented, "a %s is presented as a register record and its portrait", p.Kind)
	case p.Note != "" && p.Kind != spec.OverseasChinesePassport:
		return nil, failed("presented-shape", "residence_note", clausePresented, "a residence note goes with a passport of a citizen settled abroad, not with a %s", p.Kind)
	case family == chipFamily:
		return verifyChip(p, t, at)
	default:
		return verifyRecord(p, t, at)
	}
}

type family int

const (
	unknownFamily family = iota
	chipFamily
	recordFamily
)

func familyOf(k spec.DocumentKind) family {
	if _, ok := chipKinds[k]; ok {
		return chipFamily
	}
	if _, ok := registerOf[k]; ok {
		return recordFamily
	}
	return unknownFamily
}

// checkBirth refuses a birth date that is no day or is still to come.
func checkBirth(field, clause string, birth, on spec.Date) error {
	if birth.IsZero() {
		return failed("birth-date", field, clause, "no birth date")
	}
	if on.Before(birth) {
		return failed("birth-date", field, clause, "still to come on %s", on)
	}
	return nil
}
