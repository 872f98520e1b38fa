package document

import (
	"strings"
	"time"

	"github.com/halfmask/halfmask/spec"
)

// chipKinds are the kinds with an ICAO chip, and what their machine readable
// zone must say. The document codes CR and CT and the place of the number
// are those of the synthetic documents of this project; no public layout of
// the two travel permits was found.
var chipKinds = map[spec.DocumentKind]struct {
	lines   int    // characters in the zone
	code    string // document code, or its first letter
	chinese bool   // issued by CHN to a national; otherwise by and to another
}{
	spec.HongKongMacauTravelPermit: {lengthTD1, "CR", true},
	spec.TaiwanTravelPermit:        {lengthTD1, "CT", true},
	spec.OverseasChinesePassport:   {lengthTD3, "P", true},
	spec.ForeignPassport:           {lengthTD3, "P", false},
}

// verifyChip authenticates first and reads what the chip says afterwards;
// only the issuing state is taken from the zone before, to know whose
// certificates count.
func verifyChip(p Presented, t *Trust, at time.Time) (*Verified, error) {
	on := spec.DateOf(at)
	lines, err := parseDG1(p.Chip.DG1)
	if err != nil {
		return nil, err
	}
	if err := authenticate(p.Chip, trim(lines[2:5]), t, at); err != nil {
		return nil, err
	}
	zone, err := ParseMRZ(lines, on)
	if err != nil {
		return nil, inZone(err)
	}
	if err := matchKind(p.Kind, lines, zone); err != nil {
		return nil, err
	}
	number, err := ParseNumber(p.Kind, zone.Number)
	if err != nil {
		return nil, within("chip.dg1.number", err)
	}
	portrait, err := parseDG2(p.Chip.DG2)
	if err != nil {
		return nil, err
	}
	v := &Verified{
		Kind:        p.Kind,
		Number:      number.Value,
		Name:        strings.TrimSpace(zone.Surname + " " + zone.GivenNames),
		Sex:         zone.Sex,
		BirthDate:   zone.BirthDate,
		Nationality: zone.Nationality,
		Expiry:      zone.Expiry,
		Portrait:    portrait,
	}
	if p.Note != "" {
		if v.SettledAbroad, err = verifyNote(p.Note, v, t); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// matchKind checks that the zone is one of the kind that was presented.
func matchKind(kind spec.DocumentKind, lines string, zone *MRZ) error {
	want := chipKinds[kind]
	fail := func(field, format string, args ...any) error {
		return failed("document-kind", "chip.dg1."+field, clauseMRZ, format, args...)
	}
	switch {
	case len(lines) != want.lines:
		return fail("code", "a zone of %d characters is not one of a %s", len(lines), kind)
	case !strings.HasPrefix(zone.Code, want.code):
		return fail("code", "document code %q is not one of a %s", zone.Code, kind)
	case (zone.IssuingState == "CHN") != want.chinese:
		return fail("issuing_state", "issued by %s, which is not so for a %s", zone.IssuingState, kind)
	case (zone.Nationality == "CHN") != want.chinese:
		return fail("nationality", "nationality %s, which is not so for a %s", zone.Nationality, kind)
	}
	return nil
}

// inZone moves the field of an error from "mrz.x" to "chip.dg1.x".
func inZone(err error) error {
	if e, ok := err.(*Error); ok {
		return within("chip.dg1"+strings.TrimPrefix(e.Field, "mrz"), e)
	}
	return err
}

// kindOfZone tells the kind from the first five characters of a zone; a
// chip dump has no other label. Verify checks it again with the signature.
func kindOfZone(lines string) (spec.DocumentKind, bool) {
	for _, kind := range spec.KnownKinds {
		want, ok := chipKinds[kind]
		if ok && len(lines) == want.lines && strings.HasPrefix(lines, want.code) && (lines[2:5] == "CHN") == want.chinese {
			return kind, true
		}
	}
	return "", false
}
