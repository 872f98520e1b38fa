// Package schedule says who the synthetic people are and when they log in
// where: the census, the rules and the platforms of spec, and the habits of a
// scenario, turned into logins.
//
// Every answer is a pure function of the seed, the person and its purpose
// (spec/exposure.md, R-EXP-04): people can be asked for in any order, by any
// number of goroutines, a few or six million of them, and adding a design or a
// person shifts nothing else. Nothing is kept, so a schedule of any size takes
// no memory.
//
// Start at [New], then [Plan.Person] and [Plan.Logins].
//
// Left out: what people are called and what their documents say, which
// issuer/enrollment/mint makes; what a design does at a login, which is the
// design's business.
package schedule

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/halfmask/halfmask/spec"
)

// Start is the day on which every schedule begins.
var Start = spec.Date{Year: 2026, Month: time.March, Day: 1}

// Habits say how much people log in. They are inventions (spec/exposure.md,
// section 6).
type Habits struct {
	Days       int     // of logins, from 1 to MaxDays
	MeanLogins float64 // per person in all days, mean over people who use a platform
	// Spread is the sigma of the log-normal between people: at 1 a few people
	// log in far more than most, at 0 all have one rate.
	Spread float64
	// Favourites is the exponent of the Zipf weights of a person's platforms:
	// at 0 all are used alike.
	Favourites float64
	// Siblings is the share of those under age who have an elder sibling among
	// the people next to them, with the same guardian; 0 gives everybody a
	// guardian of their own.
	Siblings float64
}

// Ordinary is a month of ordinary use, from once to daily.
func Ordinary(days int) Habits {
	return Habits{Days: days, MeanLogins: 0.25 * float64(days), Spread: 1, Favourites: 1}
}

const (
	// MaxDays is the longest schedule.
	MaxDays = 366
	// MaxMeanLogins is the most intense use, in logins per person and day.
	MaxMeanLogins = 50
	// MaxPeople is how many people have an index.
	MaxPeople = 1 << 30

	maxRate = 200 // logins of one person on one day; the tail of the log-normal is cut there
	maxAge  = 130
)

func (h Habits) check() error {
	switch {
	case h.Days < 1 || h.Days > MaxDays:
		return fmt.Errorf("schedule: %d days; from 1 to %d can be planned", h.Days, MaxDays)
	case !(h.MeanLogins > 0 && h.MeanLogins <= MaxMeanLogins*float64(h.Days)):
		return fmt.Errorf("schedule: %v logins per person; more than 0 and up to %d a day can be planned", h.MeanLogins, MaxMeanLogins)
	case !(h.Spread >= 0 && h.Spread <= 3):
		return fmt.Errorf("schedule: a spread of %v; it is from 0 to 3", h.Spread)
	case !(h.Favourites >= 0 && h.Favourites <= 5):
		return fmt.Errorf("schedule: favourites of %v; they are from 0 to 5", h.Favourites)
	case !(h.Siblings >= 0 && h.Siblings <= 1):
		return fmt.Errorf("schedule: siblings of %v; a share is from 0 to 1", h.Siblings)
	}
	return nil
}

// A Plan is a schedule for any number of people. It is safe for concurrent
// use.
type Plan struct {
	seed      uint64
	habits    Habits
	rules     *spec.Rules
	table     *spec.PopulationTable
	platforms []spec.Platform
	adoption  [maxAge + 1][]float64 // by age and platform
	weights   []float64             // of a person's platforms, by rank
	totals    []float64             // of the weights, by number of platforms
}

// New plans the logins of people who live by the rules at the platforms, at
// most 256 of them.
func New(seed uint64, h Habits, rules *spec.Rules, platforms []spec.Platform) (*Plan, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	if rules == nil {
		return nil, errors.New("schedule: no rules")
	}
	if len(platforms) == 0 || len(platforms) > 256 {
		return nil, fmt.Errorf("schedule: %d platforms; from 1 to 256 can be planned", len(platforms))
	}
	table, err := spec.Population()
	if err != nil {
		return nil, err
	}
	p := &Plan{seed: seed, habits: h, rules: rules, table: table, platforms: platforms}
	sizes := make(map[string]int) // platforms of a habit
	for _, platform := range platforms {
		sizes[platform.Habit]++
	}
	for age := range p.adoption {
		p.adoption[age] = make([]float64, len(platforms))
		for i, platform := range platforms {
			share, err := spec.Adoption(age, platform.Habit)
			if err != nil {
				return nil, err
			}
			p.adoption[age][i] = min(0.9, 1.2*share/math.Sqrt(float64(sizes[platform.Habit])))
		}
	}
	p.totals = make([]float64, 1, len(platforms)+1)
	total := 0.0
	for i := range platforms {
		w := math.Pow(float64(i+1), -h.Favourites)
		total += w
		p.weights, p.totals = append(p.weights, w), append(p.totals, total)
	}
	return p, nil
}

// Platforms lists the platforms; Login.Platform counts from 0 in this order.
func (p *Plan) Platforms() []spec.Platform { return p.platforms }

// Habits gives the habits that the plan was made with.
func (p *Plan) Habits() Habits { return p.habits }

// Rules gives the rules that the plan was made with.
func (p *Plan) Rules() *spec.Rules { return p.rules }
