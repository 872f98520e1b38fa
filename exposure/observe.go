package exposure

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/halfmask/halfmask/exposure/engine"
	"github.com/halfmask/halfmask/exposure/schedule"
	"github.com/halfmask/halfmask/exposure/standin"
	"github.com/halfmask/halfmask/spec"
)

// observing seeds the hashes of observations: values of two runs of one
// process can be compared.
var observing = maphash.MakeSeed()

// Observe executes a scenario in one design and gives what the parties saw,
// with the schedule, for a stand-in to learn from or to be held to. Windows of
// opaque values are left out.
func Observe(ctx context.Context, s Scenario, design string, policy standin.Policy) (*standin.Observation, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if _, err := choose([]string{design}); err != nil {
		return nil, err
	}
	platforms, err := spec.Platforms()
	if err != nil {
		return nil, err
	}
	world, err := newWorld(s.Seed)
	if err != nil {
		return nil, err
	}
	plan, err := s.plan(platforms)
	if err != nil {
		return nil, err
	}
	people, err := world.draw(plan, s.People)
	if err != nil {
		return nil, err
	}
	x := &execution{scenario: s, schedule: newSchedule(plan, people), platforms: platforms, trust: world.trust, step: func() {}}
	if err := x.build(design, s.Rules); err != nil {
		return nil, err
	}
	defer x.network.Close()

	o := &observer{Observation: &standin.Observation{Design: design}, issued: make([]uint32, len(people)), nth: make([]int, len(people)), policy: policy}
	for i := range people {
		o.People = append(o.People, plan.Person(i))
	}
	x.clock.Set(Start.Time().Add(time.Hour))
	var refused []int
	for _, p := range people {
		err := x.design.Enroll(x.visit(ctx, visit{person: p.Index}), p)
		switch {
		case errors.Is(err, ErrNotEnrolled):
			refused = append(refused, p.Index)
			o.visit(p.Index, standin.Refusal, engine.NoPlatform, 0, x.clock.Now())
		case err != nil:
			return nil, fmt.Errorf("enroll person %d: %w", p.Index, err)
		default:
			o.visit(p.Index, standin.Enrollment, engine.NoPlatform, 0, x.clock.Now())
		}
	}
	logins := x.schedule.Logins
	for day := range s.Days {
		if Start.AddDays(day).Day == renewalDay {
			x.clock.Set(Start.AddDays(day).Time().Add(time.Hour))
			if err := x.renew(ctx, refused); err != nil {
				return nil, err
			}
			for _, p := range people {
				if !slices.Contains(refused, p.Index) {
					o.visit(p.Index, standin.Renewal, engine.NoPlatform, 0, x.clock.Now())
				}
			}
		}
		for ; len(logins) > 0 && logins[0].At.Before(Start.AddDays(day+1).Time()); logins = logins[1:] {
			l := logins[0]
			if slices.Contains(refused, l.Person) {
				continue
			}
			if err := x.logIn(ctx, l, refused); err != nil {
				return nil, err
			}
			at := slices.IndexFunc(platforms, func(p spec.Platform) bool { return p.ID == l.Platform.ID })
			o.visit(l.Person, standin.Login, uint8(at), schedule.Mode(slices.Index(modes[:], l.Mode)), l.At)
		}
	}
	if len(o.Visits) != len(x.visits) {
		return nil, fmt.Errorf("exposure: design %s: %d visits, where the schedule has %d", design, len(x.visits), len(o.Visits))
	}
	numbers := make([]string, len(people))
	for i, p := range people {
		numbers[i] = p.DocumentNumber
	}
	o.mine(x.network.Take(), numbers, platforms)
	return o.Observation, nil
}

type observer struct {
	*standin.Observation
	policy standin.Policy
	issued []uint32 // by person
	nth    []int    // logins by person
}

func (o *observer) visit(person int, m standin.Moment, platform uint8, mode schedule.Mode, at time.Time) {
	if m == standin.Enrollment || m == standin.Renewal {
		o.issued[person]++
	}
	v := standin.Visit{Person: person, Moment: m, Platform: platform, Mode: mode, Second: at.Unix(), Issue: o.issued[person]}
	v.Copy = o.policy.Copy(&v, o.nth[person])
	if m == standin.Login {
		o.nth[person]++
	}
	o.Visits = append(o.Visits, v)
}

// mine takes the exchanges apart.
func (o *observer) mine(exchanges []Exchange, numbers []string, platforms []spec.Platform) {
	parties := map[Party]engine.Party{Issuer: engine.Issuer}
	for i, p := range platforms {
		parties[PlatformParty(p.ID)] = engine.Party(i)
	}
	names := make(map[uint64]bool)
	for _, n := range numbers {
		if n != "" {
			names[maphash.Bytes(observing, fold([]byte(n)))] = true
		}
	}
	m := &miner{seed: observing, register: newRegister(numbers), lengths: make(map[uint64]int32)}
	for _, e := range exchanges {
		party, ok := parties[e.Party]
		if !ok {
			continue
		}
		times := m.times(o.Visits[e.Visit].Second)
		leaves, _ := m.mine(e)
		for _, l := range leaves {
			if !m.paths.list[l.path].window {
				o.Leaves = append(o.Leaves, standin.Leaf{Visit: int32(e.Visit), Party: party, Path: l.path, Value: l.value,
					Length: m.lengths[l.value], Time: slices.Contains(times, l.value), Names: names[l.value]})
			}
		}
	}
	for _, p := range m.paths.list {
		o.Paths = append(o.Paths, p.name)
	}
}

// times gives the forms in which a second can stand in a message.
func (m *miner) times(second int64) (values []uint64) {
	t := time.Unix(second, 0).UTC()
	for _, s := range []string{strconv.FormatInt(second, 10), strconv.FormatInt(1000*second, 10), t.Format(time.RFC3339), t.Format(http.TimeFormat), t.Format("20060102150405")} {
		values = append(values, maphash.Bytes(m.seed, []byte(strings.ToLower(s))))
	}
	return values
}
