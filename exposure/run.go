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

	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/exposure/schedule"
	"github.com/halfmask/halfmask/exposure/trace"
	"github.com/halfmask/halfmask/spec"
)

// Options are what a run can do without; the zero value runs in silence and
// in memory.
type Options struct {
	Rules    *spec.Rules           // in place of those that the scenario names
	Also     []Builder             // designs beside those that are built in
	Dir      string                // keeps what is finished, for a run that is taken up again; "" keeps nothing
	Progress func(done, total int) // called from several goroutines
}

// DefaultScenario is what "halfmask compare" runs.
func DefaultScenario() *scenario.Scenario {
	s := scenario.New("compare", 300, 30)
	for _, name := range Compared() {
		s.Designs = append(s.Designs, scenario.Design{Name: name, Base: name})
	}
	return s
}

// Run sends the same people, rules and logins through the designs of a
// scenario and gives what each coalition can tell from the bytes. Equal
// scenarios give equal rows, also when a run is taken up again in a folder
// where an earlier one was cut off.
func Run(ctx context.Context, s *scenario.Scenario, o Options) (*Result, error) {
	began := time.Now()
	if err := checkMemory(s, runtime.GOMAXPROCS(0), availableMemory()); err != nil {
		return nil, err
	}
	r, err := newRun(s, o)
	if err != nil {
		return nil, err
	}
	release, err := r.claim()
	if err != nil {
		return nil, err
	}
	defer release()
	r.progress()
	found := make([]*outcome, len(r.designs))
	for i := range found {
		found[i] = &outcome{chunks: make([]*chunk, r.chunks())}
	}
	group, working := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	// One chunk of each design, and then the next: so chunks that are in work
	// together are of different designs, and do not wait for one another where
	// a design's library does one thing at a time. The later designs take
	// longer, and so go first.
	for n := range r.chunks() {
		for i := len(r.designs) - 1; i >= 0; i-- {
			group.Go(func() error {
				c, err := r.chunk(working, r.designs[i], n)
				if err != nil {
					return fmt.Errorf("design %s: %w", r.designs[i].Name, err)
				}
				if found[i].add(n, c, o.Dir == "") == r.chunks() && o.Dir == "" {
					return r.score(working, r.designs[i], found[i])
				}
				return nil
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if o.Dir != "" {
		scoring, working := errgroup.WithContext(ctx)
		scoring.SetLimit(scorers(s, runtime.GOMAXPROCS(0), availableMemory()))
		for i, d := range r.designs {
			scoring.Go(func() error { return r.score(working, d, found[i]) })
		}
		if err := scoring.Wait(); err != nil {
			return nil, err
		}
	}
	out, err := r.result(ctx, found, began)
	if err != nil {
		return nil, err
	}
	out.Details.Swaps, err = r.swaps(ctx)
	return out, err
}

// run is a scenario whose parts are known.
type run struct {
	scenario   *scenario.Scenario
	options    Options
	rules      *spec.Rules
	designs    []scenario.Design
	builders   map[string]Builder // by base
	coalitions []coalition
	plan       *schedule.Plan
	trace      *trace.Trace // nil for habits
	world      *world
	cells      []cell
	key        string // digest of what was asked for
	step       func(people int)
}

func newRun(s *scenario.Scenario, o Options) (*run, error) {
	r := &run{scenario: s, options: o, rules: o.Rules, builders: make(map[string]Builder)}
	switch {
	case s.Backend == scenario.StandIn:
		return nil, fmt.Errorf("exposure: scenario %s is for the stand-in backend; executed here are scenarios with backend: executed", s.Name)
	case s.People < 2 || s.People > maxExecuted:
		return nil, fmt.Errorf("exposure: %d people; from 2 to %d can be executed", s.People, maxExecuted)
	case s.Days < 1 || s.Days > schedule.MaxDays:
		return nil, fmt.Errorf("exposure: %d days; from 1 to %d can be run", s.Days, schedule.MaxDays)
	}
	if err := r.choose(); err != nil {
		return nil, err
	}
	var err error
	if r.rules == nil {
		if r.rules, err = spec.LoadRules(s.Rules); err != nil {
			return nil, err
		}
	}
	platforms, err := spec.Platforms()
	if err != nil {
		return nil, err
	}
	if k := s.Sweeps.Colluding; len(k) > 0 && slices.Max(k) > len(platforms) {
		return nil, fmt.Errorf("exposure: %d colluding platforms of %d", slices.Max(k), len(platforms))
	}
	for _, c := range s.Coalitions {
		resolved, err := resolve(c, platforms, s.Seed)
		if err != nil {
			return nil, err
		}
		r.coalitions = append(r.coalitions, resolved)
	}
	habits := schedule.Habits{Days: s.Days, MeanLogins: s.Habits.MeanLogins, Spread: s.Habits.Spread, Favourites: s.Habits.Favourites}
	if s.Households {
		habits.Siblings = siblings
	}
	if r.plan, err = schedule.New(s.Seed, habits, r.rules, platforms); err != nil {
		return nil, err
	}
	if s.Trace != "" {
		if err := r.readTrace(); err != nil {
			return nil, err
		}
	}
	if r.world, err = newWorld(s.Seed, s.Households); err != nil {
		return nil, err
	}
	if r.cells, err = r.world.cells(r.plan, s.People); err != nil {
		return nil, err
	}
	now, err := r.identity()
	r.key = digest(now)
	return r, err
}

const (
	// maxExecuted is how many people can be executed.
	maxExecuted = 1_000_000
	// siblings is the share of those under age who have an elder sibling, an
	// invention.
	siblings = 0.35
)

// readTrace takes logins that were recorded elsewhere.
func (r *run) readTrace() (err error) {
	s := r.scenario
	if r.trace, err = trace.Read(s.Trace, len(r.plan.Platforms())); err != nil {
		return err
	}
	if n := len(r.trace.Users); n < s.People || r.trace.Days > s.Days {
		return fmt.Errorf("exposure: %s has %d users and lasts %d days; the scenario asks for %d people and %d days", s.Trace, n, r.trace.Days, s.People, s.Days)
	}
	return nil
}

// logins gives the logins of a person, by time.
func (r *run) logins(p *Person, into []schedule.Login) []schedule.Login {
	if r.trace != nil {
		return append(into, r.trace.Users[p.Index]...)
	}
	return r.plan.Logins(p.Index, into)
}

// choose finds the designs of the scenario among those that there are.
func (r *run) choose() error {
	for _, b := range append(Builders(), r.options.Also...) {
		r.builders[b.Name] = b
	}
	r.designs = r.scenario.Designs
	if r.designs == nil {
		for _, b := range append(Builders(), r.options.Also...) {
			r.designs = append(r.designs, scenario.Design{Name: b.Name, Base: b.Name})
		}
	}
	if len(r.designs) == 0 {
		return errors.New("exposure: no design named")
	}
	for i, d := range r.designs {
		if _, ok := r.builders[d.Base]; !ok {
			return r.scenario.NoDesign(d, Designs())
		}
		if slices.ContainsFunc(r.designs[:i], func(e scenario.Design) bool { return e.Name == d.Name }) {
			return fmt.Errorf("exposure: two designs are named %s", d.Name)
		}
		if d.Base == "sdjwt-batch" && d.Batch.Size == 0 {
			r.designs[i].Batch = scenario.Batch{Size: 20, Policy: scenario.OnceOnly}
		}
	}
	return nil
}

// progress counts people, each once in each design.
func (r *run) progress() {
	var mu sync.Mutex
	done, total := 0, len(r.designs)*r.scenario.People
	r.step = func(n int) {
		mu.Lock()
		done += n
		now := done
		mu.Unlock()
		if r.options.Progress != nil {
			r.options.Progress(now, total)
		}
	}
}

// chunks counts the chunks of people.
func (r *run) chunks() int { return (r.scenario.People + chunkPeople - 1) / chunkPeople }

// outcome is what was found of one design.
type outcome struct {
	mu     sync.Mutex
	done   int
	chunks []*chunk

	found
	first   *chunk // without its table
	refused []int
	logins  map[spec.Stratum]int
	records int
}

// add notes a finished chunk, and gives how many there are. In a folder it is
// kept, and need not be in memory.
func (o *outcome) add(n int, c *chunk, keep bool) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if keep {
		o.chunks[n] = c
	}
	o.done++
	return o.done
}

// finished gives a chunk that was made, and forgets it.
func (r *run) finished(d scenario.Design, o *outcome, n int) (*chunk, error) {
	if c := o.chunks[n]; c != nil {
		o.chunks[n] = nil
		return c, nil
	}
	c, err := loadChunk(chunkFile(r.options.Dir, d.Name, n), r.chunkKey(d))
	if err == nil && c == nil {
		err = fmt.Errorf("exposure: a chunk of design %s went away or was damaged while the run went on", d.Name)
	}
	return c, err
}

// score puts the chunks of a design together and lets the linkers at them.
func (r *run) score(ctx context.Context, d scenario.Design, o *outcome) error {
	o.logins = make(map[spec.Stratum]int)
	m := newMerger()
	for n := range o.chunks {
		if err := ctx.Err(); err != nil {
			return err
		}
		c, err := r.finished(d, o, n)
		if err != nil {
			return err
		}
		m.add(c)
		o.refused = append(o.refused, c.Refused...)
		o.records += c.Recorded
		for _, at := range c.Platform {
			if at >= 0 {
				o.logins[c.Platforms[at].Stratum]++
			}
		}
		if n == 0 {
			o.first = &chunk{Sample: c.Sample, Orders: c.Orders, Ordered: c.Ordered, Exclusion: c.Exclusion, Exclusions: c.Exclusions}
		}
	}
	all, visits := m.done()
	f, err := score(ctx, d.Name, all, visits, r.question())
	if err != nil {
		return err
	}
	o.found = *f
	o.rows = append(append(o.rows, o.first.Orders...), o.first.Exclusion)
	return nil
}

// question is what the scenario asks of each design.
func (r *run) question() question {
	q := question{people: r.scenario.People, coalitions: r.coalitions, seed: r.scenario.Seed, days: r.scenario.Days,
		colluding: r.scenario.Sweeps.Colluding, platforms: r.plan.Platforms()}
	if r.scenario.Households {
		q.households = make([]uint32, q.people)
		for i := range q.households {
			q.households[i] = uint32(r.plan.Person(i).Household)
		}
	}
	return q
}

func (r *run) result(ctx context.Context, found []*outcome, began time.Time) (*Result, error) {
	out := &Result{Causes: make(map[string][]Cause), Fields: make(map[string][]Field), Samples: make(map[string][]Exchange)}
	for i, d := range r.designs {
		f := found[i]
		if !slices.Equal(f.refused, found[0].refused) {
			return nil, fmt.Errorf("designs %s and %s enrolled different people under the same rules", r.designs[0].Name, d.Name)
		}
		out.Rows = append(out.Rows, f.rows...)
		out.Causes[d.Name], out.Fields[d.Name], out.Samples[d.Name] = f.causes, f.fields, f.first.Sample
	}
	for _, sweep := range []string{ByBatchSize, ByUses} {
		rows, err := r.executed(ctx, sweep)
		if err != nil {
			return nil, err
		}
		out.Rows = append(out.Rows, rows...)
	}
	out.Exclusions = found[0].first.Exclusions
	out.Details = details(r.designs, found)
	for _, d := range r.designs {
		planted, err := canaries(d.Name, out.Samples[d.Name])
		if err != nil {
			return nil, err
		}
		out.Details.Canaries = append(out.Details.Canaries, planted...)
	}
	out.Manifest = r.manifest(found, began)
	out.Manifest.Inputs["results.csv"] = digest(out.CSV())
	return out, nil
}
