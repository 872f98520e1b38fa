package spec

import (
	"fmt"
	"time"
)

// Zone is the zone in which ages, expiries and epochs are counted: UTC+8,
// without daylight saving time.
var Zone = time.FixedZone("UTC+8", 8*60*60)

// Date is a calendar day. The zero Date is no day.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// NewDate gives the day, or an error when the calendar has no such day.
func NewDate(year int, month time.Month, day int) (Date, error) {
	d := Date{year, month, day}
	if year < 1 || year > 9999 || DateOf(d.Time()) != d {
		return Date{}, fmt.Errorf("spec: no such day: %04d-%02d-%02d", year, month, day)
	}
	return d, nil
}

// DateOf gives the day that t falls on in Zone.
func DateOf(t time.Time) Date {
	y, m, d := t.In(Zone).Date()
	return Date{y, m, d}
}

// ParseDate reads YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	t, err := time.ParseInLocation(time.DateOnly, s, Zone)
	if err != nil {
		return Date{}, fmt.Errorf("spec: %q is not a day of the form YYYY-MM-DD", s)
	}
	return NewDate(t.Date())
}

// Time gives the first instant of the day in Zone.
func (d Date) Time() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, Zone) }

// IsZero reports whether d is no day.
func (d Date) IsZero() bool { return d == Date{} }

// Before reports whether d is earlier than e.
func (d Date) Before(e Date) bool { return d.Time().Before(e.Time()) }

// AddDays gives the day n days later; n may be negative.
func (d Date) AddDays(n int) Date { return DateOf(d.Time().AddDate(0, 0, n)) }

// DaysUntil counts the days from d to e, negative when e is earlier.
func (d Date) DaysUntil(e Date) int { return int((e.Time().Unix() - d.Time().Unix()) / (24 * 60 * 60)) }

// String gives YYYY-MM-DD, and "" for no day.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalText writes YYYY-MM-DD.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads YYYY-MM-DD; an empty text is no day.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(b))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// Epoch gives the times between which a credential issued at t is valid:
// from the start of its calendar month to the end of the following one, in
// Zone. Everyone who is issued a credential in the same month gets the same
// two times, so they single nobody out; the overlap leaves a month to renew.
func Epoch(t time.Time) (from, until time.Time) {
	y, m, _ := t.In(Zone).Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, Zone), time.Date(y, m+2, 1, 0, 0, 0, 0, Zone)
}
