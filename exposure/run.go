package exposure

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/spec"
)

// Options are what a comparison can do without; the zero value runs every
// design, in silence.
type Options struct {
	Designs  []string              // names of Designs; nil for all
	Progress func(done, total int) // called from several goroutines
}

// Compare runs the same people, rules and logins through the designs and
// gives what each coalition can tell from the bytes. Equal scenarios give
// equal rows.
func Compare(ctx context.Context, s Scenario, o Options) (*Result, error) {
	began := time.Now()
	if err := s.check(); err != nil {
		return nil, err
	}
	designs, err := choose(o.Designs)
	if err != nil {
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
	cells, err := world.cells(plan, s)
	if err != nil {
		return nil, err
	}
	schedule := newSchedule(plan, people)

	total := len(designs) * (len(people) + len(schedule.Logins))
	var mu sync.Mutex
	done := 0
	step := func() {
		mu.Lock()
		done++
		n := done
		mu.Unlock()
		if o.Progress != nil {
			o.Progress(n, total)
		}
	}

	found := make([]*outcome, len(designs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, i := range slowestFirst(designs) {
		group.Go(func() error {
			run := &execution{scenario: s, schedule: schedule, platforms: platforms, trust: world.trust, cells: cells, step: step}
			var err error
			if found[i], err = run.execute(ctx, designs[i]); err != nil {
				return fmt.Errorf("design %s: %w", designs[i], err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}

	r := &Result{Causes: make(map[string][]Cause), Fields: make(map[string][]Field), Samples: make(map[string][]Exchange)}
	for i, name := range designs {
		f := found[i]
		if !slices.Equal(f.refused, found[0].refused) {
			return nil, fmt.Errorf("designs %s and %s enrolled different people under the same rules", designs[0], name)
		}
		r.Rows = append(r.Rows, f.rows...)
		r.Causes[name], r.Fields[name], r.Samples[name] = f.causes, f.fields, f.sample
		if i == 0 {
			r.Exclusions = f.exclusions
		}
	}
	r.Manifest = manifest(s, designs, schedule, found, began)
	r.Manifest.Inputs["results.csv"] = digest(r.CSV())
	return r, nil
}

func (s Scenario) check() error {
	switch {
	case s.People < 2 || s.People > 100_000:
		return fmt.Errorf("exposure: %d people; from 2 to 100000 can be run", s.People)
	case s.Days < 1 || s.Days > 366:
		return fmt.Errorf("exposure: %d days; from 1 to 366 can be run", s.Days)
	case s.Rules == nil:
		return errors.New("exposure: no rules")
	}
	return nil
}

func choose(names []string) ([]string, error) {
	if names == nil {
		return Designs(), nil
	}
	if len(names) == 0 {
		return nil, errors.New("exposure: no design named")
	}
	var chosen []string
	for _, n := range Designs() {
		if slices.Contains(names, n) {
			chosen = append(chosen, n)
		}
	}
	for _, n := range names {
		if !slices.Contains(chosen, n) {
			return nil, fmt.Errorf("exposure: unknown design %q; known: %v", n, Designs())
		}
	}
	return chosen, nil
}

// slowestFirst starts the designs from the last, as the later ones take
// longer.
func slowestFirst(designs []string) []int {
	order := make([]int, len(designs))
	for i := range order {
		order[i] = len(designs) - 1 - i
	}
	return order
}

// outcome is what was found of one design.
type outcome struct {
	rows       []Row
	causes     []Cause
	fields     []Field
	sample     []Exchange
	refused    []int // people, by index
	exclusions []ExclusionCell
	ordered    int
	recorded   int
}

// execution runs one design.
type execution struct {
	scenario  Scenario
	schedule  *Schedule
	platforms []spec.Platform
	trust     *document.Trust
	cells     []cell
	step      func()

	design  Design
	clock   *Clock
	network *Network
	visits  []visit
}

// unscored labels visits that no metric counts.
const unscored = -1

func (x *execution) execute(ctx context.Context, name string) (*outcome, error) {
	if err := x.build(name, x.scenario.Rules); err != nil {
		return nil, err
	}
	defer x.network.Close()
	out := &outcome{}

	// Enroll everybody in the early morning of the first day.
	x.clock.Set(Start.Time().Add(time.Hour))
	for _, p := range x.schedule.People {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		err := x.design.Enroll(x.visit(ctx, visit{person: p.Index}), p)
		switch {
		case errors.Is(err, ErrNotEnrolled):
			out.refused = append(out.refused, p.Index)
		case err != nil:
			return nil, fmt.Errorf("enroll person %d: %w", p.Index, err)
		}
		x.step()
	}

	logins := x.schedule.Logins
	for day := range x.scenario.Days {
		if Start.AddDays(day).Day == renewalDay {
			x.clock.Set(Start.AddDays(day).Time().Add(time.Hour))
			if err := x.renew(ctx, out.refused); err != nil {
				return nil, err
			}
		}
		for ; len(logins) > 0 && logins[0].At.Before(Start.AddDays(day+1).Time()); logins = logins[1:] {
			if err := x.logIn(ctx, logins[0], out.refused); err != nil {
				return nil, err
			}
		}
	}
	exchanges := x.network.Take()
	out.recorded = len(exchanges)
	out.sample = sample(exchanges, x.visits)

	numbers := make([]string, len(x.schedule.People))
	for i, p := range x.schedule.People {
		numbers[i] = p.DocumentNumber
	}
	out.rows, out.causes, out.fields = score(name, exchanges, x.visits, numbers, x.scenario.Seed)

	orders, ordered, err := x.orders(ctx, name, out.refused)
	if err != nil {
		return nil, err
	}
	out.rows, out.ordered = append(out.rows, orders...), ordered

	var row Row
	if row, out.exclusions, err = x.exclusion(ctx, name); err != nil {
		return nil, err
	}
	out.rows = append(out.rows, row)
	return out, nil
}

// build makes a design in a world of its own.
func (x *execution) build(name string, rules *spec.Rules) error {
	x.clock = new(Clock)
	x.clock.Set(Start.Time())
	var err error
	if x.network, err = NewNetwork(x.clock.Now); err != nil {
		return err
	}
	for _, b := range builders {
		if b.name == name {
			x.design, err = b.build(&Env{Network: x.network, Clock: x.clock, Rules: rules, Trust: x.trust, Platforms: x.platforms})
		}
	}
	if err != nil {
		x.network.Close()
	}
	return err
}

// visit notes the truth about a new visit and labels a context with it.
func (x *execution) visit(ctx context.Context, v visit) context.Context {
	x.visits = append(x.visits, v)
	return Visit(ctx, len(x.visits)-1)
}

// logIn carries one login of the schedule out.
func (x *execution) logIn(ctx context.Context, l Login, refused []int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.step()
	if slices.Contains(refused, l.Person) {
		return nil
	}
	x.clock.Set(l.At)
	v := visit{person: l.Person, platform: l.Platform.ID, stratum: l.Platform.Stratum()}
	if err := x.design.LogIn(x.visit(ctx, v), x.schedule.People[l.Person], l); err != nil {
		return fmt.Errorf("log person %d in at %s: %w", l.Person, l.Platform.ID, err)
	}
	return nil
}

func (x *execution) renew(ctx context.Context, refused []int) error {
	for _, p := range x.schedule.People {
		if err := ctx.Err(); err != nil {
			return err
		}
		if slices.Contains(refused, p.Index) {
			continue
		}
		if err := x.design.Renew(x.visit(ctx, visit{person: p.Index}), p); err != nil {
			return fmt.Errorf("renew for person %d: %w", p.Index, err)
		}
	}
	return nil
}

// renewalDay is the day of the month on which people's software renews what
// has to be renewed; everybody's on the same day, so that it tells nobody
// apart.
const renewalDay = 20

// sampleVisits is how many logins per stratum go into the transcripts.
const sampleVisits = 10

// sample keeps every exchange of the first enrollment and of the first logins
// in each stratum.
func sample(exchanges []Exchange, visits []visit) []Exchange {
	keep := make(map[int]bool)
	count := make(map[spec.Stratum]int)
	for i, v := range visits {
		limit := sampleVisits
		if v.platform == "" {
			limit = 1
		}
		if count[v.stratum] < limit {
			count[v.stratum]++
			keep[i] = true
		}
	}
	var kept []Exchange
	for _, e := range exchanges {
		if keep[e.Visit] {
			kept = append(kept, e)
		}
	}
	return kept
}
