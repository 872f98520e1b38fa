package document

import (
	"regexp"
	"strings"
	"time"

	"github.com/halfmask/halfmask/spec"
)

// Number is a document number taken apart.
type Number struct {
	Value       string
	Checked     bool      // it carries a check character that was checked
	Area        string    // the area or region code inside, if any
	BirthDate   spec.Date // the birth date inside, if any, with the century known
	BirthYYMMDD string    // the birth date inside without its century (2017 foreign permanent resident format)
	Sex         string    // Female or Male by the parity of the sequence, if the number says
	Nationality string    // ISO 3166-1 alpha-3, if the number says
}

// ParseNumber checks the number of a document of the given kind.
//
// The family of 18 characters (GB 11643-1999: area, YYYYMMDD, sequence whose
// parity is the sex, check character of ISO 7064 MOD 11-2) serves the
// resident identity card, whose area is a county of the mainland; the
// residence permits, whose area is 810000, 820000 or 830000; and the foreign
// permanent resident card since 2023-12-01, which is 9, the province of
// application, the nationality in the digits of ISO 3166-1 and then the
// same. The check character catches every change of one character. Area
// 000000, assigned to no county, marks a synthetic person and is accepted.
// Numbers of 15 digits, from before this family, are refused.
//
// The foreign permanent resident card of 2017 and before has 15 characters:
// nationality, area, YYMMDD, a sequence digit and a check digit. How the
// last digit is computed was not found published. The digits of ICAO Doc
// 9303-3 section 4.9 over the first 14 characters fit the one specimen
// found, and one specimen proves little, so the digit is NOT enforced:
// shape, nationality and date are, and Checked is false. [CheckDigit] lets
// the reader try. The signature of the register covers the whole number.
//
// Travel permits and passports have numbers without a check digit of their
// own; the machine readable zone adds one. The certificates without a
// published format are 4 to 20 capitals, digits and hyphens.
func ParseNumber(kind spec.DocumentKind, s string) (Number, error) {
	switch kind {
	case spec.ResidentIdentityCard, spec.HongKongMacauResidencePermit, spec.TaiwanResidencePermit:
		return parseCitizenNumber(kind, s)
	case spec.ForeignPermanentResidentCard:
		if len(s) == 15 {
			return parseResidentNumber2017(s)
		}
		return parseResidentNumber2023(s)
	}
	format, ok := numberFormats[kind]
	if !ok {
		return Number{}, failed("document-kind", "number", clausePresented, "%q is no document that has a number", kind)
	}
	if !format.shape.MatchString(s) {
		return Number{}, failed("number-shape", "number", format.clause, "not %s", format.means)
	}
	return Number{Value: s}, nil
}

type numberFormat struct {
	shape         *regexp.Regexp
	means, clause string
}

var numberFormats = map[spec.DocumentKind]numberFormat{
	spec.HongKongMacauTravelPermit: {regexp.MustCompile(`^[HM][0-9]{8}([0-9]{2})?$`), "H or M, 8 digits and on older cards 2 digits of renewals", clauseTravel},
	spec.TaiwanTravelPermit:        {regexp.MustCompile(`^([0-9]{8}([0-9]{2})?|[A-Z][0-9]{7})$`), "8 digits, on older cards 10 digits or a letter and 7 digits", clauseTravel},
	spec.OverseasChinesePassport:   {regexp.MustCompile(`^([EG][0-9]{8}|E[A-HJ-NP-Z][0-9]{7})$`), "E or G and 8 digits, or E, a letter and 7 digits", clausePassport},
	spec.ForeignPassport:           {regexp.MustCompile(`^[A-Z0-9]{1,9}$`), "1 to 9 capitals and digits", clauseTD3},
	spec.OneWayPermit:              {certificateNumber, certificateShape, clauseRecord},
	spec.UNHCRCertificate:          {certificateNumber, certificateShape, clauseRecord},
	spec.AsylumSeekerCertificate:   {certificateNumber, certificateShape, clauseRecord},
	spec.CommunityAttestation:      {certificateNumber, certificateShape, clauseRecord},
}

var certificateNumber = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{2,18}[A-Z0-9]$`)

const certificateShape = "4 to 20 capitals, digits and hyphens"

var shape18 = regexp.MustCompile(`^[0-9]{17}[0-9X]$`)

func parseCitizenNumber(kind spec.DocumentKind, s string) (Number, error) {
	n, err := parse18(s)
	if err != nil {
		return Number{}, err
	}
	n.Area = s[:6]
	good := false
	switch kind {
	case spec.ResidentIdentityCard:
		good = n.Area == "000000" || province(s[:2])
	case spec.HongKongMacauResidencePermit:
		good = n.Area == "810000" || n.Area == "820000"
	case spec.TaiwanResidencePermit:
		good = n.Area == "830000"
	}
	if !good {
		return Number{}, failed("number-area", "number", clauseNumber, "area %s is not one of a %s", n.Area, kind)
	}
	n.Nationality = "CHN"
	return n, nil
}

func parseResidentNumber2023(s string) (Number, error) {
	n, err := parse18(s)
	if err != nil {
		return Number{}, err
	}
	if s[0] != '9' || !province(s[1:3]) {
		return Number{}, failed("number-area", "number", clauseResident, "%s is not 9 and a province", s[:3])
	}
	n.Area = s[1:3]
	var ok bool
	if n.Nationality, ok = nationalityOfDigits(s[3:6]); !ok || n.Nationality == "CHN" {
		return Number{}, failed("number-nationality", "number", clauseResident, "%s is no foreign nationality", s[3:6])
	}
	return n, nil
}

// parse18 checks what the whole family shares.
func parse18(s string) (Number, error) {
	if !shape18.MatchString(s) {
		return Number{}, failed("number-shape", "number", clauseNumber, "not 17 digits and a check character")
	}
	if want := CheckCharacter(s[:17]); s[17] != want {
		return Number{}, failed("number-check-digit", "number", clauseCheck, "check character %c, want %c", s[17], want)
	}
	birth, err := digitsDate(s[6:14])
	if err != nil || birth.Year < 1850 {
		return Number{}, failed("number-birth-date", "number", clauseNumber, "characters 7 to 14 are no birth date")
	}
	n := Number{Value: s, Checked: true, BirthDate: birth, Sex: Female}
	if (s[16]-'0')%2 == 1 {
		n.Sex = Male
	}
	return n, nil
}

var shape2017 = regexp.MustCompile(`^[A-Z]{3}[0-9]{12}$`)

func parseResidentNumber2017(s string) (Number, error) {
	if !shape2017.MatchString(s) {
		return Number{}, failed("number-shape", "number", clauseResident0, "not 3 letters and 12 digits, nor 17 digits and a check character")
	}
	if !KnownState(s[:3]) || s[:3] == "CHN" {
		return Number{}, failed("number-nationality", "number", clauseResident0, "%s is no foreign nationality", s[:3])
	}
	// With the century open, 29 February is right in one century when it is
	// right in 2000 to 2099 or in 1900 to 1999; 2000 was a leap year.
	if _, err := digitsDate("20" + s[7:13]); err != nil {
		return Number{}, failed("number-birth-date", "number", clauseResident0, "characters 8 to 13 are no birth date")
	}
	return Number{Value: s, Area: s[3:7], BirthYYMMDD: s[7:13], Nationality: s[:3]}, nil
}

// CheckCharacter gives the check character of ISO 7064 MOD 11-2 for digits,
// with weights 2^17 down to 2^1 modulo 11 as GB 11643-1999 lists them for 17
// digits. The digits must be digits.
func CheckCharacter(digits string) byte {
	sum := 0
	for i := range len(digits) {
		sum = (sum + int(digits[i]-'0')) * 2 % 11
	}
	return "10X98765432"[sum]
}

// province reports whether two digits name a province of the mainland in
// GB/T 2260.
func province(s string) bool {
	return len(s) == 2 && strings.Contains(" 11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 ", " "+s+" ")
}

// digitsDate reads YYYYMMDD.
func digitsDate(s string) (spec.Date, error) {
	t, err := time.Parse("20060102", s)
	if err != nil {
		return spec.Date{}, err
	}
	return spec.NewDate(t.Date())
}

// clip keeps what an error repeats of hostile input short.
func clip(s string) string {
	if len(s) > 32 {
		return s[:32] + "..."
	}
	return s
}
