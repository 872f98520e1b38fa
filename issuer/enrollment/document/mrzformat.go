package document

import (
	"fmt"
	"strings"
)

// TD1 writes the zone of a card: 90 characters, three lines of 30 without
// breaks, with their check digits. Names that do not fit are cut.
func (m *MRZ) TD1() (string, error) {
	if err := m.writable(); err != nil {
		return "", err
	}
	if len(m.Number) > 22 || len(m.Optional2) > 11 {
		return "", failed("mrz-shape", "mrz.number", clauseTD1, "number or optional data too long")
	}
	first := pad(m.Code, 2) + pad(m.IssuingState, 3)
	if len(m.Number) <= 9 {
		number := pad(m.Number, 9)
		first += number + string(CheckDigit(number)) + m.Optional
	} else {
		first += m.Number[:9] + "<" + m.Number[9:] + string(CheckDigit(m.Number))
		if m.Optional != "" {
			first += "<" + m.Optional
		}
	}
	if len(first) > 30 {
		return "", failed("mrz-shape", "mrz.optional", clauseTD1, "optional data too long")
	}
	first = pad(first, 30)
	birth, sex, expiry := m.dates()
	second := withDigit(birth) + sex + withDigit(expiry) + pad(m.Nationality, 3) + pad(m.Optional2, 11)
	composite := CheckDigit(first[5:] + second[:7] + second[8:15] + second[18:29])
	return first + second + string(composite) + m.names(30), nil
}

// TD3 writes the zone of a passport: 88 characters, two lines of 44 without
// a break, with their check digits. Names that do not fit are cut.
func (m *MRZ) TD3() (string, error) {
	if err := m.writable(); err != nil {
		return "", err
	}
	if len(m.Number) > 9 || len(m.Optional) > 14 || m.Optional2 != "" {
		return "", failed("mrz-shape", "mrz.number", clauseTD3, "number or optional data too long")
	}
	birth, sex, expiry := m.dates()
	optional := pad(m.Optional, 14)
	digit := "<"
	if m.Optional != "" {
		digit = string(CheckDigit(optional))
	}
	data := withDigit(pad(m.Number, 9)) + pad(m.Nationality, 3) + withDigit(birth) + sex + withDigit(expiry) + optional + digit
	composite := CheckDigit(data[:10] + data[13:20] + data[21:43])
	return pad(m.Code, 2) + pad(m.IssuingState, 3) + m.names(39) + data + string(composite), nil
}

// writable refuses what the zone's characters cannot say.
func (m *MRZ) writable() error {
	for _, f := range []struct {
		field, value string
		digits       bool
	}{
		{"mrz.code", m.Code, false}, {"mrz.issuing_state", m.IssuingState, false}, {"mrz.nationality", m.Nationality, false},
		{"mrz.number", m.Number, true}, {"mrz.optional", m.Optional, true}, {"mrz.optional", m.Optional2, true},
		{"mrz.name", strings.ReplaceAll(m.Surname, " ", ""), false}, {"mrz.name", strings.ReplaceAll(m.GivenNames, " ", ""), false},
	} {
		for i := range len(f.value) {
			if c := f.value[i]; (c < 'A' || c > 'Z') && (!f.digits || c < '0' || c > '9') {
				return failed("mrz-shape", f.field, clauseMRZ, "character %q cannot be written in a machine readable zone", c)
			}
		}
	}
	if len(m.Code) < 1 || len(m.Code) > 2 || len(m.IssuingState) > 3 || len(m.Nationality) > 3 || m.Number == "" || m.Surname == "" || m.BirthDate.IsZero() || m.Expiry.IsZero() {
		return failed("mrz-shape", "mrz", clauseMRZ, "a field is missing or too long")
	}
	return nil
}

func (m *MRZ) names(length int) string {
	s := strings.ReplaceAll(m.Surname, " ", "<")
	if m.GivenNames != "" {
		s += "<<" + strings.ReplaceAll(m.GivenNames, " ", "<")
	}
	if len(s) > length {
		return s[:length]
	}
	return pad(s, length)
}

func (m *MRZ) dates() (birth, sex, expiry string) {
	sex = map[string]string{Female: "F", Male: "M"}[m.Sex]
	b, e := m.BirthDate, m.Expiry
	return fmt.Sprintf("%02d%02d%02d", b.Year%100, b.Month, b.Day), pad(sex, 1), fmt.Sprintf("%02d%02d%02d", e.Year%100, e.Month, e.Day)
}

func withDigit(s string) string { return s + string(CheckDigit(s)) }

func pad(s string, n int) string { return s + strings.Repeat("<", n-len(s)) }
