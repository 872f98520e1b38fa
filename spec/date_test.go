package spec

import (
	"testing"
	"time"
)

func TestDaysUntil(t *testing.T) {
	day := func(y int, m time.Month, d int) Date { return Date{y, m, d} }
	for _, c := range []struct {
		from, to Date
		want     int
	}{
		{day(2024, 2, 28), day(2024, 3, 1), 2},
		{day(2023, 2, 28), day(2023, 3, 1), 1},
		{day(2026, 11, 22), day(2026, 11, 22), 0},
		{day(2026, 11, 22), day(2026, 11, 21), -1},
		{day(1, 1, 1), day(9999, 12, 31), 3652058}, // beyond what a time.Duration holds
	} {
		if got := c.from.DaysUntil(c.to); got != c.want {
			t.Errorf("from %s to %s: %d days, want %d", c.from, c.to, got, c.want)
		}
		if got := c.from.AddDays(c.want); got != c.to {
			t.Errorf("%s and %d days: %s, want %s", c.from, c.want, got, c.to)
		}
	}
}

func TestDatesThatAreNone(t *testing.T) {
	for _, s := range []string{"2023-02-29", "2026-13-01", "2026-11-31", "26-11-01", "2026-11-1", "2026-11-22T00:00:00Z", "0000-01-01", "x"} {
		if d, err := ParseDate(s); err == nil {
			t.Errorf("%q is taken for %s", s, d)
		}
	}
	if _, err := NewDate(2023, time.February, 29); err == nil {
		t.Error("29 February 2023 is taken for a day")
	}
}

// TestDayTurnsInZone: a day begins at 16:00 UTC of the day before.
func TestDayTurnsInZone(t *testing.T) {
	turn := time.Date(2026, 11, 21, 16, 0, 0, 0, time.UTC)
	if got := DateOf(turn); got.String() != "2026-11-22" {
		t.Errorf("at %s it is %s", turn, got)
	}
	if got := DateOf(turn.Add(-time.Second)); got.String() != "2026-11-21" {
		t.Errorf("a second before %s it is %s", turn, got)
	}
}

func TestEpochIsTheSameForAMonth(t *testing.T) {
	first := time.Date(2026, 11, 1, 0, 0, 0, 0, Zone)
	from, until := Epoch(first)
	for _, at := range []time.Time{first, first.AddDate(0, 0, 13), time.Date(2026, 11, 30, 23, 59, 59, 0, Zone)} {
		f, u := Epoch(at)
		if !f.Equal(from) || !u.Equal(until) {
			t.Errorf("at %s the epoch is %s to %s, not %s to %s", at, f, u, from, until)
		}
	}
	if want := time.Date(2027, 1, 1, 0, 0, 0, 0, Zone); !until.Equal(want) {
		t.Errorf("a credential of November ends at %s, want %s", until, want)
	}
}
