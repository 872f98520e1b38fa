package document_test

import (
	"bufio"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/spec"
)

type checkedNumber struct {
	kind  spec.DocumentKind
	value string
}

// numbers reads the numbers with a check character; none is a failure.
func numbers(t testing.TB) []checkedNumber {
	t.Helper()
	f, err := os.Open("testdata/numbers.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []checkedNumber
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) == 2 && fields[0] != "#" {
			all = append(all, checkedNumber{spec.DocumentKind(fields[0]), fields[1]})
		}
	}
	if len(all) != 33 {
		t.Fatalf("%d numbers, want 33", len(all))
	}
	return all
}

func TestNumbersWithCheckCharacterAreAccepted(t *testing.T) {
	for _, n := range numbers(t) {
		got, err := document.ParseNumber(n.kind, n.value)
		if err != nil {
			t.Errorf("%s: %v", n.value, err)
			continue
		}
		birth, _ := spec.ParseDate(n.value[6:10] + "-" + n.value[10:12] + "-" + n.value[12:14])
		if !got.Checked || got.BirthDate != birth || got.Value != n.value {
			t.Errorf("%s: %+v", n.value, got)
		}
	}
}

func TestNumberSaysWhatItSays(t *testing.T) {
	for value, want := range map[string]document.Number{
		"932682198501010017": {Sex: document.Male, Nationality: "SAU", Area: "32"},
		"911124198108030024": {Sex: document.Female, Nationality: "CAN", Area: "11"},
	} {
		got, err := document.ParseNumber(spec.ForeignPermanentResidentCard, value)
		if err != nil || got.Sex != want.Sex || got.Nationality != want.Nationality || got.Area != want.Area {
			t.Errorf("%s: %+v, %v", value, got, err)
		}
	}
}

// Every change of one character, to any character that could stand in a
// number, is refused, and every swap of two neighbours.
func TestEveryChangedCharacterIsRefused(t *testing.T) {
	tried := 0
	refuse := func(kind spec.DocumentKind, value string) {
		tried++
		if _, err := document.ParseNumber(kind, value); err == nil {
			t.Errorf("%s accepted as a %s", value, kind)
		}
	}
	for _, n := range numbers(t) {
		for i := range len(n.value) {
			for _, c := range "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZx <-" {
				if byte(c) != n.value[i] {
					refuse(n.kind, n.value[:i]+string(c)+n.value[i+1:])
				}
			}
			if i > 0 && n.value[i-1] != n.value[i] {
				refuse(n.kind, n.value[:i-1]+string(n.value[i])+string(n.value[i-1])+n.value[i+1:])
			}
			refuse(n.kind, n.value[:i]+n.value[i+1:])
		}
	}
	if tried < 33*18*39 {
		t.Errorf("only %d tried", tried)
	}
}

// A number whose check character is right is still refused for what it says.
func TestNumberWithRightCheckCharacterIsRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		kind   spec.DocumentKind
		digits string
		check  string
	}{
		{"month 13", spec.ResidentIdentityCard, "00000019901301001", "number-birth-date"},
		{"29 February of a common year", spec.ResidentIdentityCard, "00000020110229001", "number-birth-date"},
		{"29 February 1900", spec.ResidentIdentityCard, "00000019000229001", "number-birth-date"},
		{"year 0000", spec.ResidentIdentityCard, "00000000000101001", "number-birth-date"},
		{"area of no province", spec.ResidentIdentityCard, "19010119900101001", "number-area"},
		{"area of Hong Kong on an identity card", spec.ResidentIdentityCard, "81000019900101991", "number-area"},
		{"area of Taiwan on a Hong Kong permit", spec.HongKongMacauResidencePermit, "83000019900101991", "number-area"},
		{"area of Macau on a Taiwan permit", spec.TaiwanResidencePermit, "82000019900101991", "number-area"},
		{"identity card as a foreign card", spec.ForeignPermanentResidentCard, "11010119900101991", "number-area"},
		{"foreign card of no province", spec.ForeignPermanentResidentCard, "90184019900101991", "number-area"},
		{"foreign card of no nationality", spec.ForeignPermanentResidentCard, "93199919900101991", "number-nationality"},
		{"foreign card of a citizen", spec.ForeignPermanentResidentCard, "93115619900101991", "number-nationality"},
		{"foreign card of a continent", spec.ForeignPermanentResidentCard, "93115019900101991", "number-nationality"},
	} {
		_, err := document.ParseNumber(c.kind, c.digits+string(document.CheckCharacter(c.digits)))
		wantCheck(t, c.name, err, c.check)
	}
}

func TestNumbersWithoutCheckCharacter(t *testing.T) {
	for _, c := range []struct {
		kind  spec.DocumentKind
		value string
		good  bool
	}{
		{spec.ForeignPermanentResidentCard, "KAZ110090123105", true},
		{spec.ForeignPermanentResidentCard, "KAZ110090123115", true}, // the last digit is not enforced, see ParseNumber
		{spec.ForeignPermanentResidentCard, "KAZ110000022905", true}, // 29 February of 2000
		{spec.ForeignPermanentResidentCard, "KAZ110001022905", false},
		{spec.ForeignPermanentResidentCard, "KAZ110090133105", false},
		{spec.ForeignPermanentResidentCard, "ZZZ110090123105", false},
		{spec.ForeignPermanentResidentCard, "CHN110090123105", false},
		{spec.ForeignPermanentResidentCard, "kaz110090123105", false},
		{spec.ForeignPermanentResidentCard, "KAZ11009012310X", false},
		{spec.HongKongMacauTravelPermit, "H00000001", true},
		{spec.HongKongMacauTravelPermit, "M0000000100", true},
		{spec.HongKongMacauTravelPermit, "T00000001", false},
		{spec.HongKongMacauTravelPermit, "H000000010", false},
		{spec.HongKongMacauTravelPermit, "H0000000A", false},
		{spec.TaiwanTravelPermit, "00000001", true},
		{spec.TaiwanTravelPermit, "0000000102", true},
		{spec.TaiwanTravelPermit, "T0000001", true},
		{spec.TaiwanTravelPermit, "000000010", false},
		{spec.OverseasChinesePassport, "EA0000001", true},
		{spec.OverseasChinesePassport, "E00000001", true},
		{spec.OverseasChinesePassport, "G00000001", true},
		{spec.OverseasChinesePassport, "EI0000001", false},
		{spec.OverseasChinesePassport, "EO0000001", false},
		{spec.OverseasChinesePassport, "EA000001", false},
		{spec.ForeignPassport, "L898902C3", true},
		{spec.ForeignPassport, "L898902C3<", false},
		{spec.UNHCRCertificate, "SYN-UN-0001", true},
		{spec.UNHCRCertificate, "-SYN", false},
		{spec.NoDocument, "1", false},
		{"library-card", "0001", false},
	} {
		n, err := document.ParseNumber(c.kind, c.value)
		if (err == nil) != c.good {
			t.Errorf("%s %q: %v", c.kind, c.value, err)
		}
		if n.Checked {
			t.Errorf("%s %q counts as checked", c.kind, c.value)
		}
	}
}

// The option noted in ParseNumber: the ICAO digit fits the one specimen.
func TestOldResidentSpecimenFitsTheICAODigit(t *testing.T) {
	const specimen = "KAZ110090123105"
	if got := document.CheckDigit(specimen[:14]); got != specimen[14] {
		t.Errorf("digit %c, want %c", got, specimen[14])
	}
}

func FuzzNumber(f *testing.F) {
	for _, n := range numbers(f) {
		f.Add(string(n.kind), n.value)
	}
	f.Add(string(spec.ForeignPermanentResidentCard), "KAZ110090123105")
	f.Add(string(spec.HongKongMacauTravelPermit), "H0000000100")
	f.Fuzz(func(t *testing.T, kind, value string) {
		n, err := document.ParseNumber(spec.DocumentKind(kind), value)
		if err != nil {
			wantTyped(t, err)
			return
		}
		if n.Value != value {
			t.Errorf("%q read as %q", value, n.Value)
		}
		if again, err := document.ParseNumber(spec.DocumentKind(kind), n.Value); err != nil || again != n {
			t.Errorf("%q read twice: %+v, %v", value, again, err)
		}
	})
}

// wantTyped fails when a refusal is no *document.Error with all its parts.
func wantTyped(t *testing.T, err error) *document.Error {
	t.Helper()
	var e *document.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is no *document.Error", err)
	}
	if e.Check == "" || e.Field == "" || e.Clause == "" || e.Err == nil || !strings.Contains(err.Error(), e.Check) {
		t.Errorf("error lacks a part: %+v", e)
	}
	return e
}

func wantCheck(t *testing.T, name string, err error, check string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: accepted", name)
		return
	}
	if e := wantTyped(t, err); e.Check != check {
		t.Errorf("%s: check %s failed, want %s: %v", name, e.Check, check, err)
	}
}
