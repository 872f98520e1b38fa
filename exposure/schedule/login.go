package schedule

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// A Login is one person at one platform at one time.
type Login struct {
	Second   uint32 // since the first instant of Start
	Platform uint8  // index into Plan.Platforms
	Mode     Mode
}

// At gives the time of the login.
func (l Login) At() time.Time { return Start.Time().Add(time.Duration(l.Second) * time.Second) }

// Mode is how a person proves who they are to the service of the centralized
// designs.
type Mode uint8

// The modes, and how often each is used.
const (
	Certificate Mode = iota
	WithPassword
	WithFace
	WithPasswordFace
)

var modeShares = [...]float64{Certificate: 0.55, WithPassword: 0.3, WithFace: 0.1, WithPasswordFace: 0.05}

// People log in between seven in the morning and eleven at night.
const (
	firstSecond = 7 * 3600
	seconds     = 16 * 3600
	daySeconds  = 24 * 3600
)

// Logins appends the logins of a person, by time.
func (p *Plan) Logins(i int, logins []Login) []Login { return p.LoginsOf(p.Person(i), logins) }

// LoginsOf is Logins for a person who was asked for already.
func (p *Plan) LoginsOf(person Profile, logins []Login) []Login {
	var buf [256]uint8
	used := buf[:0]
	r := random(p.seed, "platforms", person.Index)
	for i, share := range p.adoption[min(max(person.Age, 0), maxAge)] {
		if r.Float64() < share && person.Age >= p.platforms[i].MinimumAge {
			used = append(used, uint8(i))
		}
	}
	r.put()
	if len(used) == 0 {
		return logins
	}
	r = random(p.seed, "logins", person.Index)
	defer r.put()
	for i := len(used) - 1; i > 0; i-- { // as rand.Shuffle, which would keep the slice
		j := int(r.Uint64N(uint64(i + 1)))
		used[i], used[j] = used[j], used[i]
	}
	none := math.Exp(-p.habits.rate(r.Rand))
	first := len(logins)
	for day := range p.habits.Days {
		for range poisson(r.Rand, none) {
			logins = append(logins, Login{
				Platform: used[p.zipf(r, len(used))], Mode: mode(r.Float64()),
				Second: uint32(day*daySeconds + firstSecond + r.IntN(seconds)),
			})
		}
	}
	slices.SortStableFunc(logins[first:], func(a, b Login) int { return cmp.Compare(a.Second, b.Second) })
	return logins
}

func (p *Plan) zipf(r *stream, n int) int {
	u := r.Float64() * p.totals[n]
	for i := range n {
		if u -= p.weights[i]; u < 0 {
			return i
		}
	}
	return n - 1
}

func mode(u float64) Mode {
	for m, share := range modeShares {
		if u -= share; u < 0 {
			return Mode(m)
		}
	}
	return Certificate
}
