package exposure

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/halfmask/halfmask/exposure/centralized"
	"github.com/halfmask/halfmask/exposure/schedule"
	"github.com/halfmask/halfmask/spec"
)

// Scenario says what to run. The zero value of every field but Rules has a
// meaning: see DefaultScenario.
type Scenario struct {
	People int    // drawn from the population
	Days   int    // of logins
	Seed   uint64 // same seed, same schedule, same figures
	Rules  *spec.Rules
}

// DefaultScenario is what "halfmask compare" runs.
func DefaultScenario() (Scenario, error) {
	rules, err := spec.LoadRules(spec.National)
	return Scenario{People: 300, Days: 30, Seed: 1, Rules: rules}, err
}

// Start is the day on which every schedule begins.
var Start = schedule.Start

// modes are those of the centralized designs, in the words of the schedule.
var modes = [...]centralized.Mode{
	schedule.Certificate: centralized.Certificate, schedule.WithPassword: centralized.WithPassword,
	schedule.WithFace: centralized.WithFace, schedule.WithPasswordFace: centralized.WithPasswordFace,
}

// A Login is one person at one platform at one time.
type Login struct {
	Visit    int
	Person   int
	Platform spec.Platform
	At       time.Time
	Mode     centralized.Mode // of the centralized designs
}

// Schedule is who logs in where and when. It is the same for every design.
type Schedule struct {
	People []*Person
	Logins []Login // by time
}

// random gives the randomness of one purpose of one person.
func random(seed uint64, purpose string, person int) *rand.Rand {
	return schedule.Random(seed, purpose, person)
}

// plan says who the people of a scenario are and when they log in.
func (s Scenario) plan(platforms []spec.Platform) (*schedule.Plan, error) {
	return schedule.New(s.Seed, schedule.Ordinary(s.Days), s.Rules, platforms)
}

// newSchedule draws the logins of the people over the days.
func newSchedule(plan *schedule.Plan, people []*Person) *Schedule {
	all := &Schedule{People: people}
	platforms := plan.Platforms()
	var drawn []schedule.Login
	for _, p := range people {
		drawn = plan.Logins(p.Index, drawn[:0])
		for _, l := range drawn {
			all.Logins = append(all.Logins, Login{Person: p.Index, Platform: platforms[l.Platform], At: l.At(), Mode: modes[l.Mode]})
		}
	}
	slices.SortStableFunc(all.Logins, func(a, b Login) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Person, b.Person))
	})
	return all
}
