package jwpbbs

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/spec"
)

// PersonType is the vct of the person credential in this form. Its claims are
// those of spec/claims.md, but dates are day counts.
const PersonType = "https://halfmask.example/vct/person-days/1"

// Expires is the claim that holds the end of a credential's validity
// (section 2.7), in seconds since 1970.
const Expires = "exp"

// PersonLayout is the layout of person credentials from an issuer. It depends
// on nothing else, so that a wallet makes it itself instead of being told.
func PersonLayout(issuer string) (*Layout, error) {
	var members []Member
	for _, name := range spec.Claims {
		node := Text()
		if dates[name] {
			node = Integer()
		}
		members = append(members, Member{name, node})
	}
	return NewLayout(issuer, PersonType, append(members, Member{Expires, Integer()})...)
}

var dates = map[string]bool{spec.BirthDate: true, spec.DocumentExpiry: true}

// Day 0 is 1 January 1900. A document that never expires has the last day
// that a date can name.
var (
	dayZero = spec.Date{Year: 1900, Month: time.January, Day: 1}
	never   = spec.Date{Year: 9999, Month: time.December, Day: 31}
)

const secondsOfDay = 24 * 60 * 60 // spec.Zone has no daylight saving time

const permanent = "permanent" // document_expiry in spec/claims.md

// Day counts the days from 1 January 1900 to d, which must not be earlier.
func Day(d spec.Date) (uint64, error) {
	if d.IsZero() || d.Before(dayZero) {
		return 0, fmt.Errorf("jwpbbs: the day %v is before %v", d, dayZero)
	}
	return uint64(d.Time().Unix()-dayZero.Time().Unix()) / secondsOfDay, nil // a time.Duration ends after 292 years
}

// PersonClaims turns the claims of spec/claims.md, every one of them, into
// those of this form.
func PersonClaims(claims map[string]any, expires time.Time) (map[string]any, error) {
	out := make(map[string]any, len(spec.Claims)+1)
	for _, name := range spec.Claims {
		v, ok := claims[name]
		if !ok {
			return nil, credential.Failed("claims", ours+"3", "no claim %s", name)
		}
		if dates[name] {
			days, err := dayOf(v)
			if err != nil {
				return nil, credential.Failed("claims", ours+"3", "%s: %w", name, err)
			}
			v = days
		}
		out[name] = v
	}
	if len(claims) > len(spec.Claims) {
		return nil, credential.Failed("claims", ours+"3", "%d claims, not %d", len(claims), len(spec.Claims))
	}
	out[Expires] = expires.Unix()
	return out, nil
}

// Expires is the end of the credential's validity, the first instant at which
// it is no longer valid.
func (c *Credential) Expires() (time.Time, error) {
	index, ok := c.layout.claims.scalarLeaf(Path{Expires})
	if !ok {
		return time.Time{}, credential.Failed("time", draft+"2.7", "the credential has no exp")
	}
	seconds, err := strconv.ParseInt(string(c.payloads[index]), 10, 64)
	if err != nil || seconds > 1<<40 {
		return time.Time{}, credential.Failed("time", draft+"2.7", "exp is no time")
	}
	return time.Unix(seconds, 0), nil
}

func dayOf(v any) (uint64, error) {
	text, ok := v.(string)
	if !ok {
		return 0, fmt.Errorf("%T is no date", v)
	}
	if text == permanent {
		return Day(never)
	}
	d, err := spec.ParseDate(text)
	if err != nil {
		return 0, err
	}
	return Day(d)
}

// ReadPerson turns disclosed claims of this form back into those of
// spec/claims.md; vct and exp stay as they are.
func ReadPerson(claims map[string]any) (map[string]any, error) {
	out := maps.Clone(claims)
	for name := range dates {
		v, ok := claims[name]
		if !ok {
			continue
		}
		number, _ := v.(json.Number)
		days, err := strconv.ParseUint(string(number), 10, 31)
		if last, _ := Day(never); err != nil || days > last {
			return nil, credential.Failed("claims", ours+"3", "%s is no day count", name)
		}
		if d := dayZero.AddDays(int(days)); d != never {
			out[name] = d.String()
		} else {
			out[name] = permanent
		}
	}
	return out, nil
}

// AgeAtLeast asks that a person has completed that many years on a day, and
// nothing else about the birth date. Settings say how ages are counted.
func AgeAtLeast(years int, on spec.Date, settings spec.Settings) (Range, error) {
	upper, err := bornTooLate(years, on, settings)
	return Range{Path{spec.BirthDate}, 0, upper}, err
}

// AgeBetween asks that a person has completed at least from years on a day
// and not yet upTo: AgeBetween(14, 18, …) is the tier "14 to 17".
func AgeBetween(from, upTo int, on spec.Date, settings spec.Settings) (Range, error) {
	upper, err := bornTooLate(from, on, settings)
	if err != nil {
		return Range{}, err
	}
	lower, err := bornTooLate(upTo, on, settings)
	return Range{Path{spec.BirthDate}, lower, upper}, err
}

// bornTooLate is the first birth date, as a day count, of whoever has not
// completed that many years on the day.
func bornTooLate(years int, on spec.Date, settings spec.Settings) (uint64, error) {
	if years < 0 || years > 150 {
		return 0, fmt.Errorf("jwpbbs: an age of %d years", years)
	}
	d := spec.DateOf(on.Time().AddDate(-years, 0, -3))
	for settings.Age(d, on) >= years {
		d = d.AddDays(1)
	}
	return Day(d)
}

// DocumentValid asks that the document which a person enrolled with had not
// expired on a day: the day of expiry is its last.
func DocumentValid(on spec.Date) (Range, error) {
	lower, err := Day(on)
	if err != nil {
		return Range{}, err
	}
	last, err := Day(never)
	return Range{Path{spec.DocumentExpiry}, lower, last + 1}, err
}
