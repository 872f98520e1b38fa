package document

import (
	"strings"

	"github.com/halfmask/halfmask/spec"
)

// MRZ is a machine readable zone taken apart, with every check digit right.
type MRZ struct {
	Code         string // document code, 1 or 2 characters: "P", "PO", "CR"
	IssuingState string // ICAO Doc 9303-3 section 5, without fillers
	Surname      string // primary identifier, words parted by a space
	GivenNames   string // secondary identifier; may be empty
	Number       string // document number, without fillers
	Nationality  string
	BirthDate    spec.Date
	Sex          string // Female, Male or "" (unspecified)
	Expiry       spec.Date
	Optional     string // optional data without trailing fillers; in TD1 that of the first line
	Optional2    string // TD1 only: optional data of the second line
}

// CheckDigit gives the check digit of ICAO Doc 9303-3 section 4.9 over
// characters A-Z, 0-9 and <: weights 7, 3, 1, modulo 10. It catches a
// changed digit always, and a changed letter unless the two values differ by
// a multiple of ten, as those of A and K do.
func CheckDigit(s string) byte {
	sum := 0
	for i := range len(s) {
		sum += mrzValue(s[i]) * [3]int{7, 3, 1}[i%3]
	}
	return '0' + byte(sum%10)
}

func mrzValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 10
	default:
		return 0
	}
}

// ParseMRZ reads a machine readable zone: 90 characters of a card (TD1) or
// 88 of a passport (TD3), line breaks allowed between the lines.
//
// Years have two digits. The birth date is the latest such day that is not
// after on, so that a holder above 99 years is read as a century younger;
// the expiry is the day whose year is within 50 years before and 49 after
// on. Days that the issuer left open with fillers are refused: no age
// follows from them.
func ParseMRZ(s string, on spec.Date) (*MRZ, error) {
	s, err := joinLines(s)
	if err != nil {
		return nil, err
	}
	for i := range len(s) {
		if c := s[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '<' {
			return nil, failed("mrz-shape", "mrz", clauseMRZ, "character %q at %d", c, i+1)
		}
	}
	if len(s) == lengthTD1 {
		return parseTD1(s, on)
	}
	return parseTD3(s, on)
}

const (
	lengthTD1 = 90
	lengthTD3 = 88
)

func joinLines(s string) (string, error) {
	if len(s) > lengthTD1+3 {
		return "", failed("mrz-shape", "mrz", clauseMRZ, "%d characters", len(s))
	}
	joined := s
	if strings.Contains(s, "\n") {
		lines := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
		for _, line := range lines {
			if len(line) != len(lines[0]) {
				return "", failed("mrz-shape", "mrz", clauseMRZ, "lines of different length")
			}
		}
		joined = strings.Join(lines, "")
	}
	if len(joined) != lengthTD1 && len(joined) != lengthTD3 {
		return "", failed("mrz-shape", "mrz", clauseMRZ, "%d characters, want %d (TD1) or %d (TD3)", len(joined), lengthTD1, lengthTD3)
	}
	return joined, nil
}

// parseTD3 follows ICAO Doc 9303-4 section 4.2.2: two lines of 44.
func parseTD3(s string, on spec.Date) (*MRZ, error) {
	names, data := s[:44], s[44:]
	m := &MRZ{Code: trim(names[:2]), IssuingState: trim(names[2:5])}
	optional := data[28:42]
	digit := data[42]
	if digit == '<' && trim(optional) == "" { // an empty field may have a filler for its digit
		digit = '0'
	}
	for _, c := range []struct {
		field, over string
		digit       byte
	}{
		{"mrz.number", data[:9], data[9]},
		{"mrz.birth_date", data[13:19], data[19]},
		{"mrz.expiry", data[21:27], data[27]},
		{"mrz.optional", optional, digit},
		{"mrz.composite", data[:10] + data[13:20] + data[21:43], data[43]},
	} {
		if err := checkDigit(c.field, c.over, c.digit); err != nil {
			return nil, err
		}
	}
	m.Number, m.Nationality, m.Optional = trim(data[:9]), trim(data[10:13]), trim(optional)
	return m, m.fill(names[5:], data[13:19], data[20], data[21:27], on, clauseTD3)
}

// parseTD1 follows ICAO Doc 9303-5 section 4.2.2: three lines of 30.
func parseTD1(s string, on spec.Date) (*MRZ, error) {
	first, second, names := s[:30], s[30:60], s[60:]
	m := &MRZ{Code: trim(first[:2]), IssuingState: trim(first[2:5]), Number: trim(first[5:14]), Optional: trim(first[15:30])}
	number, digit := first[5:14], first[14]
	if digit == '<' { // a number of more than 9 characters goes on in the optional data
		rest, _, _ := strings.Cut(first[15:], "<")
		if len(rest) < 2 {
			return nil, failed("mrz-check-digit", "mrz.number", clauseTD1, "no check digit")
		}
		number, digit = number+rest[:len(rest)-1], rest[len(rest)-1]
		m.Number += rest[:len(rest)-1]
		m.Optional = trim(first[15+len(rest):])
		m.Optional = strings.TrimPrefix(m.Optional, "<")
	}
	for _, c := range []struct {
		field, over string
		digit       byte
	}{
		{"mrz.number", number, digit},
		{"mrz.birth_date", second[:6], second[6]},
		{"mrz.expiry", second[8:14], second[14]},
		{"mrz.composite", first[5:30] + second[:7] + second[8:15] + second[18:29], second[29]},
	} {
		if err := checkDigit(c.field, c.over, c.digit); err != nil {
			return nil, err
		}
	}
	m.Nationality, m.Optional2 = trim(second[15:18]), trim(second[18:29])
	return m, m.fill(names, second[:6], second[7], second[8:14], on, clauseTD1)
}

func checkDigit(field, over string, digit byte) error {
	if want := CheckDigit(over); digit != want {
		return failed("mrz-check-digit", field, clauseDigits, "check digit %c, want %c", digit, want)
	}
	return nil
}

// fill reads what both formats share and checks it.
func (m *MRZ) fill(names, birth string, sex byte, expiry string, on spec.Date, clause string) error {
	primary, secondary, _ := strings.Cut(strings.TrimRight(names, "<"), "<<")
	m.Surname, m.GivenNames = words(primary), words(secondary)
	if m.Surname == "" {
		return failed("mrz-shape", "mrz.name", clause, "no primary identifier")
	}
	if strings.ContainsAny(names, "0123456789") {
		return failed("mrz-shape", "mrz.name", clauseMRZ, "a digit in a name")
	}
	if m.Code == "" || strings.Contains(m.Code, "<") || m.Number == "" || strings.Contains(m.Number, "<") {
		return failed("mrz-shape", "mrz.number", clause, "document code or number is empty or has a filler inside")
	}
	if !KnownState(m.IssuingState) {
		return failed("mrz-shape", "mrz.issuing_state", clause, "%q is no state", m.IssuingState)
	}
	if !KnownState(m.Nationality) {
		return failed("mrz-shape", "mrz.nationality", clause, "%q is no nationality", m.Nationality)
	}
	switch sex {
	case 'F':
		m.Sex = Female
	case 'M':
		m.Sex = Male
	case '<':
	default:
		return failed("mrz-shape", "mrz.sex", clause, "%q is not F, M or <", sex)
	}
	var ok bool
	if m.BirthDate, ok = birthOf(birth, on); !ok {
		return failed("mrz-birth-date", "mrz.birth_date", clause, "no day on or before %s", on)
	}
	if m.Expiry, ok = expiryOf(expiry, on); !ok {
		return failed("mrz-expiry", "mrz.expiry", clause, "no day")
	}
	return nil
}

// birthOf gives the latest day YYMMDD that is not after on.
func birthOf(s string, on spec.Date) (spec.Date, bool) {
	for century := on.Year / 100; century > on.Year/100-2; century-- {
		if d, ok := inCentury(century, s); ok && !on.Before(d) {
			return d, true
		}
	}
	return spec.Date{}, false
}

// expiryOf gives the day YYMMDD of the hundred years from 50 before on.
func expiryOf(s string, on spec.Date) (spec.Date, bool) {
	for century := on.Year/100 - 1; century <= on.Year/100+1; century++ {
		if d, ok := inCentury(century, s); ok && d.Year >= on.Year-50 && d.Year < on.Year+50 {
			return d, true
		}
	}
	return spec.Date{}, false
}

func inCentury(century int, s string) (spec.Date, bool) {
	if century < 1 || century > 98 {
		return spec.Date{}, false
	}
	d, err := digitsDate(string([]byte{'0' + byte(century/10), '0' + byte(century%10)}) + s)
	return d, err == nil
}

func trim(s string) string { return strings.TrimRight(s, "<") }
func words(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "<", " ")), " ")
}
