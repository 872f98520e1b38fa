package exposure

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/halfmask/halfmask/exposure/centralized"
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
var Start = spec.Date{Year: 2026, Month: time.March, Day: 1}

// Habits of the synthetic people. They are inventions, chosen so that a month
// shows use from once to daily; spec/exposure.md says so too.
const (
	loginsPerDay = 0.25 // mean over people
	spread       = 1.0  // sigma of the log-normal: a few people log in far more than most
	favourites   = 1.0  // exponent of the Zipf weights of a person's platforms
)

// modeShares says how often each mode is used in the centralized designs.
var modeShares = []struct {
	mode  centralized.Mode
	share float64
}{{centralized.Certificate, 0.55}, {centralized.WithPassword, 0.3}, {centralized.WithFace, 0.1}, {centralized.WithPasswordFace, 0.05}}

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

// random gives the randomness of one purpose of one person: a pure function
// of the three, so that nothing added elsewhere shifts it.
func random(seed uint64, purpose string, person int) *rand.Rand {
	sum := sha256.Sum256(fmt.Appendf(nil, "halfmask schedule 1\x00%d\x00%s\x00%d", seed, purpose, person))
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum[0:]), binary.LittleEndian.Uint64(sum[8:])))
}

// newSchedule draws the logins of the people over the days.
func newSchedule(s Scenario, people []*Person, platforms []spec.Platform) (*Schedule, error) {
	schedule := &Schedule{People: people}
	sizes := make(map[string]int) // platforms of a habit
	for _, p := range platforms {
		sizes[p.Habit]++
	}
	for _, p := range people {
		var used []spec.Platform
		r := random(s.Seed, "platforms", p.Index)
		for _, platform := range platforms {
			share, err := spec.Adoption(p.Age, platform.Habit)
			if err != nil {
				return nil, err
			}
			if r.Float64() < min(0.9, 1.2*share/math.Sqrt(float64(sizes[platform.Habit]))) && p.meets(platform) {
				used = append(used, platform)
			}
		}
		if len(used) == 0 {
			continue
		}
		r = random(s.Seed, "logins", p.Index)
		r.Shuffle(len(used), func(i, j int) { used[i], used[j] = used[j], used[i] })
		rate := loginsPerDay * math.Exp(spread*r.NormFloat64()-spread*spread/2)
		for day := range s.Days {
			for range poisson(r, rate) {
				schedule.Logins = append(schedule.Logins, Login{
					Person: p.Index, Platform: used[zipf(r, len(used))], Mode: drawMode(r),
					At: Start.AddDays(day).Time().Add(time.Duration(7*3600+r.IntN(16*3600)) * time.Second),
				})
			}
		}
	}
	slices.SortStableFunc(schedule.Logins, func(a, b Login) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Person, b.Person))
	})
	return schedule, nil
}

func poisson(r *rand.Rand, mean float64) (n int) {
	for p := r.Float64(); p > math.Exp(-mean); p *= r.Float64() {
		n++
	}
	return n
}

func zipf(r *rand.Rand, n int) int {
	var total float64
	for i := range n {
		total += math.Pow(float64(i+1), -favourites)
	}
	u := r.Float64() * total
	for i := range n {
		if u -= math.Pow(float64(i+1), -favourites); u < 0 {
			return i
		}
	}
	return n - 1
}

func drawMode(r *rand.Rand) centralized.Mode {
	u := r.Float64()
	for _, m := range modeShares {
		if u -= m.share; u < 0 {
			return m.mode
		}
	}
	return centralized.Certificate
}
