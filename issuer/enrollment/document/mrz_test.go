package document_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/spec"
)

// The specimens of ICAO Doc 9303-4 and 9303-5, and synthetic zones.
const (
	specimenTD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
	specimenTD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
	passportTD3 = "POCHNCESHI<<YANGBEN<<<<<<<<<<<<<<<<<<<<<<<<<\nEA00000019CHN9001011M3301018<<<<<<<<<<<<<<<8"
	hongKongTD1 = "CRCHNH000000010<<<<<<<<<<<<<<<\n9001011F3301018CHN<<<<<<<<<<<6\nCHAN<<TAI<MAN<<<<<<<<<<<<<<<<<"
	taiwanTD1   = "CTCHN00000001<3<<<<<<<<<<<<<<<\n9001011M3101012CHN<<<<<<<<<<<0\nLIN<<YANGBEN<<<<<<<<<<<<<<<<<<"
)

var on = spec.Date{Year: 2026, Month: time.November, Day: 22}

func TestZonesAreAccepted(t *testing.T) {
	day := func(y, m, d int) spec.Date { return spec.Date{Year: y, Month: time.Month(m), Day: d} }
	for _, c := range []struct {
		zone string
		want document.MRZ
	}{
		{specimenTD3, document.MRZ{Code: "P", IssuingState: "UTO", Surname: "ERIKSSON", GivenNames: "ANNA MARIA", Number: "L898902C3",
			Nationality: "UTO", BirthDate: day(1974, 8, 12), Sex: document.Female, Expiry: day(2012, 4, 15), Optional: "ZE184226B"}},
		{specimenTD1, document.MRZ{Code: "I", IssuingState: "UTO", Surname: "ERIKSSON", GivenNames: "ANNA MARIA", Number: "D23145890",
			Nationality: "UTO", BirthDate: day(1974, 8, 12), Sex: document.Female, Expiry: day(2012, 4, 15)}},
		{passportTD3, document.MRZ{Code: "PO", IssuingState: "CHN", Surname: "CESHI", GivenNames: "YANGBEN", Number: "EA0000001",
			Nationality: "CHN", BirthDate: day(1990, 1, 1), Sex: document.Male, Expiry: day(2033, 1, 1)}},
		{hongKongTD1, document.MRZ{Code: "CR", IssuingState: "CHN", Surname: "CHAN", GivenNames: "TAI MAN", Number: "H00000001",
			Nationality: "CHN", BirthDate: day(1990, 1, 1), Sex: document.Female, Expiry: day(2033, 1, 1)}},
		{taiwanTD1, document.MRZ{Code: "CT", IssuingState: "CHN", Surname: "LIN", GivenNames: "YANGBEN", Number: "00000001",
			Nationality: "CHN", BirthDate: day(1990, 1, 1), Sex: document.Male, Expiry: day(2031, 1, 1)}},
	} {
		for _, zone := range []string{c.zone, strings.ReplaceAll(c.zone, "\n", ""), c.zone + "\n"} {
			got, err := document.ParseMRZ(zone, on)
			if err != nil {
				t.Fatalf("%s: %v", zone, err)
			}
			if *got != c.want {
				t.Errorf("%s:\n%+v, want\n%+v", zone, *got, c.want)
			}
		}
		write := c.want.TD1
		if len(c.zone) == 89 {
			write = c.want.TD3
		}
		if got, err := write(); err != nil || got != strings.ReplaceAll(c.zone, "\n", "") {
			t.Errorf("written as %s, %v", got, err)
		}
	}
}

func TestCheckDigitOfTheStandard(t *testing.T) {
	for s, want := range map[string]byte{"520727": '3', "AB2134<<<": '5', "L898902C3": '6', "740812": '2', "120415": '9', "D23145890": '7'} {
		if got := document.CheckDigit(s); got != want {
			t.Errorf("%s: %c, want %c", s, got, want)
		}
	}
}

// checkedPlaces are the places of a zone without line breaks that a check
// digit covers, check digits included.
func checkedPlaces(zone string) (places []int) {
	from, until := [][2]int{{44, 54}, {57, 64}, {65, 88}}, 88
	if len(zone) == 90 {
		from, until = [][2]int{{5, 37}, {38, 45}, {48, 60}}, 90
	}
	for _, r := range from {
		for i := r[0]; i < r[1] && i < until; i++ {
			places = append(places, i)
		}
	}
	return places
}

// A changed character under a check digit is refused, but for a letter that
// weighs the same modulo 10: that is what the standard's digit can do.
func TestChangedZoneIsRefused(t *testing.T) {
	value := func(c byte) int {
		switch {
		case c >= 'A':
			return int(c-'A') + 10
		case c == '<':
			return 0
		}
		return int(c - '0')
	}
	for _, zone := range []string{specimenTD3, specimenTD1, passportTD3, hongKongTD1, taiwanTD1} {
		zone = strings.ReplaceAll(zone, "\n", "")
		refused := 0
		for _, i := range checkedPlaces(zone) {
			for _, c := range []byte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<") {
				if value(c)%10 == value(zone[i])%10 {
					continue
				}
				if _, err := document.ParseMRZ(zone[:i]+string(c)+zone[i+1:], on); err == nil {
					t.Errorf("%s accepted with %c at %d", zone, c, i)
				}
				refused++
			}
		}
		if refused < 1000 {
			t.Errorf("%s: only %d tried", zone, refused)
		}
	}
}

// reseal puts the right check digits into a zone, so that a test can change
// one thing and nothing else fails.
func reseal(zone string) string {
	b := []byte(strings.ReplaceAll(zone, "\n", ""))
	set := func(digit int, parts ...[2]int) {
		s := ""
		for _, p := range parts {
			s += string(b[p[0]:p[1]])
		}
		b[digit] = document.CheckDigit(s)
	}
	if len(b) == 90 {
		set(14, [2]int{5, 14})
		set(36, [2]int{30, 36})
		set(44, [2]int{38, 44})
		set(59, [2]int{5, 37}, [2]int{38, 45}, [2]int{48, 59})
		return string(b)
	}
	set(53, [2]int{44, 53})
	set(63, [2]int{57, 63})
	set(71, [2]int{65, 71})
	set(86, [2]int{72, 86})
	set(87, [2]int{44, 54}, [2]int{57, 64}, [2]int{65, 87})
	return string(b)
}

func TestZoneIsRefused(t *testing.T) {
	change := func(zone string, at int, to string) string {
		zone = strings.ReplaceAll(zone, "\n", "")
		return reseal(zone[:at] + to + zone[at+len(to):])
	}
	for _, c := range []struct{ name, zone, check string }{
		{"empty", "", "mrz-shape"},
		{"cut off", specimenTD3[:80], "mrz-shape"},
		{"of a card of the second size", strings.Repeat("<", 72), "mrz-shape"},
		{"too long", strings.Repeat("<", 5000), "mrz-shape"},
		{"lines of different length", specimenTD3[:40] + "\n" + specimenTD3[40:], "mrz-shape"},
		{"small letter", change(specimenTD3, 5, "e"), "mrz-shape"},
		{"character beyond ASCII", change(specimenTD3, 5, "É"), "mrz-shape"},
		{"digit in a name", change(specimenTD3, 6, "1"), "mrz-shape"},
		{"no name", change(specimenTD3, 5, strings.Repeat("<", 39)), "mrz-shape"},
		{"no document code", change(specimenTD3, 0, "<<"), "mrz-shape"},
		{"no number", change(specimenTD3, 44, "<<<<<<<<<"), "mrz-shape"},
		{"filler within the number", change(specimenTD3, 46, "<"), "mrz-shape"},
		{"unknown issuing state", change(specimenTD3, 2, "QQQ"), "mrz-shape"},
		{"unknown nationality", change(specimenTD3, 54, "QQQ"), "mrz-shape"},
		{"sex X", change(specimenTD3, 64, "X"), "mrz-shape"},
		{"birth on 30 February", change(specimenTD3, 57, "740230"), "mrz-birth-date"},
		{"birth on 29 February of a common year", change(specimenTD3, 57, "010229"), "mrz-birth-date"},
		{"birth of an unknown day", change(specimenTD3, 57, "7408<<"), "mrz-birth-date"},
		{"birth in letters", change(specimenTD3, 57, "A40812"), "mrz-birth-date"},
		{"expiry in month 0", change(specimenTD3, 65, "120015"), "mrz-expiry"},
		{"no expiry", change(specimenTD3, 65, "<<<<<<"), "mrz-expiry"},
		{"number that goes on and ends at once", change(specimenTD1, 14, "<<"), "mrz-check-digit"},
		{"wrong digit of the number", strings.Replace(specimenTD3, "L898902C36", "L898902C37", 1), "mrz-check-digit"},
		{"wrong composite digit", specimenTD3[:len(specimenTD3)-1] + "1", "mrz-check-digit"},
	} {
		zone := c.zone
		if c.name == "number that goes on and ends at once" {
			zone = strings.ReplaceAll(specimenTD1, "\n", "")
			zone = zone[:14] + "<" + zone[15:]
		}
		_, err := document.ParseMRZ(zone, on)
		wantCheck(t, c.name, err, c.check)
	}
}

func TestYearsOfTwoDigits(t *testing.T) {
	zone := document.MRZ{Code: "P", IssuingState: "UTO", Surname: "A", Number: "1", Nationality: "UTO"}
	for _, c := range []struct{ birth, readBirth, expiry, readExpiry string }{
		{"2026-11-22", "2026-11-22", "2026-11-21", "2026-11-21"}, // born today, expired yesterday
		{"1926-11-23", "1926-11-23", "2075-12-31", "2075-12-31"}, // a hundred years less a day; the last year read as to come
		{"1926-11-22", "2026-11-22", "2076-01-01", "1976-01-01"}, // a hundred years: read as born today
		{"1904-02-29", "2004-02-29", "1976-01-01", "1976-01-01"}, // no zone tells the two apart
		{"2000-02-29", "2000-02-29", "2000-02-29", "2000-02-29"},
	} {
		zone.BirthDate, _ = spec.ParseDate(c.birth)
		zone.Expiry, _ = spec.ParseDate(c.expiry)
		lines, err := zone.TD3()
		if err != nil {
			t.Fatal(err)
		}
		got, err := document.ParseMRZ(lines, on)
		if err != nil {
			t.Fatal(err)
		}
		if got.BirthDate.String() != c.readBirth || got.Expiry.String() != c.readExpiry {
			t.Errorf("%s, %s read as %s, %s", c.birth, c.expiry, got.BirthDate, got.Expiry)
		}
	}
}

func TestLongNumberOfACard(t *testing.T) {
	zone := document.MRZ{Code: "I", IssuingState: "UTO", Surname: "A", Number: "D23145890734", Nationality: "UTO", Optional: "X1",
		BirthDate: spec.Date{Year: 1974, Month: 8, Day: 12}, Expiry: spec.Date{Year: 2034, Month: 7, Day: 12}}
	lines, err := zone.TD1()
	if err != nil {
		t.Fatal(err)
	}
	// ICAO Doc 9303-5 section 4.2.2.1: I<UTOD23145890<7349...
	if !strings.HasPrefix(lines, "I<UTOD23145890<7349<X1") {
		t.Errorf("written as %s", lines)
	}
	got, err := document.ParseMRZ(lines, on)
	if err != nil || *got != zone {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWrittenZoneIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		date := func(name string, from, until int) spec.Date {
			first := spec.Date{Year: from, Month: 1, Day: 1}
			last := spec.Date{Year: until, Month: 12, Day: 31}
			return first.AddDays(rapid.IntRange(0, first.DaysUntil(last)).Draw(t, name))
		}
		zone := document.MRZ{
			Code:         rapid.StringMatching(`P[A-Z]?`).Draw(t, "code"),
			IssuingState: rapid.SampledFrom([]string{"UTO", "CHN", "D", "XOM"}).Draw(t, "state"),
			Surname:      rapid.StringMatching(`[A-Z]{1,8}( [A-Z]{1,4})?`).Draw(t, "surname"),
			GivenNames:   rapid.StringMatching(`([A-Z]{1,8}( [A-Z]{1,4})?)?`).Draw(t, "given"),
			Number:       rapid.StringMatching(`[A-Z0-9]{1,9}`).Draw(t, "number"),
			Nationality:  rapid.SampledFrom([]string{"USA", "XXA", "GBD", "D"}).Draw(t, "nationality"),
			BirthDate:    date("birth", 1927, 2025),
			Sex:          rapid.SampledFrom([]string{document.Female, document.Male, ""}).Draw(t, "sex"),
			Expiry:       date("expiry", 1976, 2075),
			Optional:     rapid.StringMatching(`[A-Z0-9]{0,14}`).Draw(t, "optional"),
		}
		write := zone.TD3
		if rapid.Bool().Draw(t, "card") {
			write = zone.TD1
			zone.Optional2 = rapid.StringMatching(`[A-Z0-9]{0,11}`).Draw(t, "optional2")
		}
		lines, err := write()
		if err != nil {
			t.Fatal(err)
		}
		got, err := document.ParseMRZ(lines, on)
		if err != nil || *got != zone {
			t.Fatalf("%s: %+v, %v", lines, got, err)
		}
	})
}

func FuzzMRZ(f *testing.F) {
	for _, zone := range []string{specimenTD3, specimenTD1, passportTD3, hongKongTD1, taiwanTD1} {
		f.Add(zone)
	}
	f.Fuzz(func(t *testing.T, zone string) {
		m, err := document.ParseMRZ(zone, on)
		if err != nil {
			wantTyped(t, err)
			return
		}
		if m.BirthDate.IsZero() || on.Before(m.BirthDate) || m.Expiry.IsZero() || m.Number == "" || m.Surname == "" {
			t.Errorf("%q read as %+v", zone, m)
		}
	})
}

func ExampleParseMRZ() {
	zone, err := document.ParseMRZ(specimenTD3, spec.Date{Year: 2026, Month: time.November, Day: 22})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(zone.Surname, zone.Number, zone.BirthDate, zone.Expiry)
	// Output: ERIKSSON L898902C3 1974-08-12 2012-04-15
}
