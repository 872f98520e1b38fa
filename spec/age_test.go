package spec

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// anyDate draws a day between 1900 and 2100, 29 February often enough.
func anyDate(t *rapid.T, label string) Date {
	if rapid.IntRange(0, 9).Draw(t, label+" leap") == 0 {
		return Date{1904 + 4*rapid.IntRange(0, 48).Draw(t, label+" year"), time.February, 29}
	}
	return Date{1900, time.January, 1}.AddDays(rapid.IntRange(0, 73000).Draw(t, label))
}

func anySettings(t *rapid.T) Settings {
	return Settings{
		AgeReached:   rapid.SampledFrom([]AgeReached{OnBirthday, DayAfterBirthday}).Draw(t, "reached"),
		LeapBirthday: rapid.SampledFrom([]LeapBirthday{FirstOfMarch, LastOfFebruary}).Draw(t, "leap birthday"),
	}
}

// R-AGE-04: an age is reached on one day, and the day before is too early.
func TestAgeTurnsOnTheDayItIsReached(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, birth, years := anySettings(t), anyDate(t, "birth"), rapid.IntRange(1, 100).Draw(t, "years")
		day := s.Reaches(birth, years)
		if got := s.Age(birth, day); got != years {
			t.Fatalf("born %v, %v: age %d on %v, want %d", birth, s, got, day, years)
		}
		if got := s.Age(birth, day.AddDays(-1)); got != years-1 {
			t.Fatalf("born %v, %v: age %d on the day before %v, want %d", birth, s, got, day, years-1)
		}
	})
}

// R-AGE-04: with the defaults, subtracting the two days written as
// YYYYMMDD gives the age, and both readings differ by a day at most.
func TestAgeAgreesWithTheSubtractionOfDates(t *testing.T) {
	number := func(d Date) int { return d.Year*10000 + int(d.Month)*100 + d.Day }
	rapid.Check(t, func(t *rapid.T) {
		birth := anyDate(t, "birth")
		on := birth.AddDays(rapid.IntRange(0, 40000).Draw(t, "days"))
		want := (number(on) - number(birth)) / 10000
		if got := (Settings{}).Age(birth, on); got != want {
			t.Fatalf("born %v on %v: age %d, want %d", birth, on, got, want)
		}
		other := anySettings(t)
		if a, b := other.Age(birth, on.AddDays(-1)), other.Age(birth, on.AddDays(1)); want < a || want > b {
			t.Fatalf("born %v on %v, %v: ages %d and %d a day around, default %d", birth, on, other, a, b, want)
		}
	})
}

func TestAgeConventions(t *testing.T) {
	date := func(s string) Date {
		d, err := ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, c := range []struct {
		name      string
		settings  Settings
		birth, on string
		want      int
	}{
		{"the day before the birthday", Settings{}, "2012-11-23", "2026-11-22", 13},
		{"the birthday", Settings{}, "2012-11-23", "2026-11-23", 14},
		{"the birthday, day-after", Settings{AgeReached: DayAfterBirthday}, "2012-11-23", "2026-11-23", 13},
		{"31 December, day-after, on 1 January", Settings{AgeReached: DayAfterBirthday}, "2008-12-31", "2027-01-01", 18},
		{"31 December, day-after, on the birthday", Settings{AgeReached: DayAfterBirthday}, "2008-12-31", "2026-12-31", 17},
		{"29 February, 28 February of a common year", Settings{}, "2012-02-29", "2026-02-28", 13},
		{"29 February, 1 March of a common year", Settings{}, "2012-02-29", "2026-03-01", 14},
		{"29 February as 28 February", Settings{LeapBirthday: LastOfFebruary}, "2012-02-29", "2026-02-28", 14},
		{"29 February as 28 February, leap year", Settings{LeapBirthday: LastOfFebruary}, "2012-02-29", "2028-02-28", 15},
		{"29 February in a leap year", Settings{}, "2012-02-29", "2028-02-29", 16},
		{"29 February as 28 February, day-after", Settings{AgeReached: DayAfterBirthday, LeapBirthday: LastOfFebruary}, "2012-02-29", "2026-03-01", 14},
		{"2100 is no leap year", Settings{}, "2080-02-29", "2100-02-28", 19},
		{"the day of birth", Settings{AgeReached: DayAfterBirthday}, "2026-11-22", "2026-11-22", 0},
		{"before birth", Settings{}, "2026-11-23", "2026-11-22", -1},
	} {
		if got := c.settings.Age(date(c.birth), date(c.on)); got != c.want {
			t.Errorf("%s: age %d, want %d", c.name, got, c.want)
		}
	}
}

// R-AGE-04: the day is that of UTC+8, whatever the clock's zone.
func TestAgeIsCountedInUTCPlus8(t *testing.T) {
	lateInUTC := time.Date(2026, time.November, 22, 16, 0, 0, 0, time.UTC) // midnight of 23 November
	if got := (Settings{}).Age(Date{2012, time.November, 23}, DateOf(lateInUTC)); got != 14 {
		t.Errorf("age %d at 16:00 UTC, want 14", got)
	}
	if got := (Settings{}).Age(Date{2012, time.November, 23}, DateOf(lateInUTC.Add(-time.Second))); got != 13 {
		t.Errorf("age %d a second earlier, want 13", got)
	}
}
