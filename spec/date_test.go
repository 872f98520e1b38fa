package spec

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDatesRefused(t *testing.T) {
	for _, s := range []string{"", "2026-02-29", "2026-13-01", "2026-11-31", "0000-01-01", "26-11-22", "2026-11-22T00:00:00Z", "2026/11/22", "2100-02-29"} {
		if d, err := ParseDate(s); err == nil {
			t.Errorf("%q is taken for %v", s, d)
		}
	}
	var d Date
	if err := json.Unmarshal([]byte(`"2026-02-30"`), &d); err == nil {
		t.Errorf("30 February is taken for %v", d)
	}
}

func TestDatesSurviveTheirText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDate(t, "day")
		if rapid.IntRange(0, 9).Draw(t, "no day") == 0 {
			d = Date{}
		}
		b, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		back := Date{1, 1, 1}
		if err := json.Unmarshal(b, &back); err != nil || back != d {
			t.Fatalf("%v came back as %v: %v", d, back, err)
		}
	})
}

func TestDaysAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, n := anyDate(t, "day"), rapid.IntRange(-50000, 50000).Draw(t, "days")
		if got := d.DaysUntil(d.AddDays(n)); got != n {
			t.Fatalf("%d days after %v are %d days away", n, d, got)
		}
	})
}

// Everybody who is issued a credential in a month of UTC+8 has its two times.
func TestEpoch(t *testing.T) {
	for _, c := range []struct{ at, from, until string }{
		{"2026-11-22T04:00:00Z", "2026-11-01T00:00:00+08:00", "2027-01-01T00:00:00+08:00"},
		{"2026-11-30T15:59:59Z", "2026-11-01T00:00:00+08:00", "2027-01-01T00:00:00+08:00"},
		{"2026-11-30T16:00:00Z", "2026-12-01T00:00:00+08:00", "2027-02-01T00:00:00+08:00"}, // already December in UTC+8
		{"2028-01-31T00:00:00Z", "2028-01-01T00:00:00+08:00", "2028-03-01T00:00:00+08:00"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		from, until := Epoch(at)
		if got := from.Format(time.RFC3339); got != c.from {
			t.Errorf("%s: from %s, want %s", c.at, got, c.from)
		}
		if got := until.Format(time.RFC3339); got != c.until {
			t.Errorf("%s: until %s, want %s", c.at, got, c.until)
		}
	}
}

// The bands and the age_over claims never contradict each other.
func TestBandsAgreeWithThresholds(t *testing.T) {
	want := map[int]string{0: "0-2", 2: "0-2", 3: "3-7", 7: "3-7", 8: "8-11", 11: "8-11", 12: "12-15", 15: "12-15", 16: "16-17", 17: "16-17", 18: "18-59", 59: "18-59", 60: "60+", 120: "60+"}
	for years, band := range want {
		if got := AgeBandOf(years); got != band {
			t.Errorf("%d is in %s, want %s", years, got, band)
		}
	}
	for years := range 120 {
		if years > 0 && AgeBandOf(years) != AgeBandOf(years-1) && years != 3 {
			if _, ok := AgeOver(years); !ok {
				t.Errorf("a band begins at %d, where no age_over claim is", years)
			}
		}
	}
	if claim, ok := AgeOver(14); !ok || claim != AgeOver14 {
		t.Errorf("%q, %v", claim, ok)
	}
	if claim, ok := AgeOver(21); ok {
		t.Errorf("there is a claim %q", claim)
	}
}
