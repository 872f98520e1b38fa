package exposure

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/halfmask/halfmask/exposure/engine"
	"github.com/halfmask/halfmask/exposure/parquet"
	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/exposure/standin"
	"github.com/halfmask/halfmask/spec"
)

// The executed runs behind a stand-in, for each design.
const (
	learnedPeople = 120 // that a model is learned from, at least
	learnedMost   = 600 // where the scenario's sample is larger: a tenth of it, and so many at most
	learnedDays   = 85  // with two renewals, and logins after each
	pairedPeople  = 60  // in each of the towns that it is held to, with seeds of their own
	again         = 20  // one in so many towns, and one, may need to be executed twice

	maxStandIn = 20_000_000 // people
)

// sampled gives how many people a model is learned from, and how many towns it
// is held to.
func sampled(sample int) (learned, towns int) {
	learned = min(max(learnedPeople, sample/10), learnedMost)
	return learned, max(1, (sample-learned)/pairedPeople)
}

// Model executes a design on small towns, learns a stand-in from one and holds
// it to the others, as many as the scenario's sample of people makes. A town
// whose replay fails is executed once more: what the design does it does
// again, and what chance made, such as two equal codes of six digits, it does
// not. The second time counts; and few towns may need one.
func Model(ctx context.Context, s *scenario.Scenario, d scenario.Design) (*standin.Model, error) {
	small := *s
	small.Name, small.Backend, small.Designs = s.Name, scenario.Executed, []scenario.Design{d}
	small.Days = learnedDays
	small.Habits.MeanLogins = 0.07 * learnedDays
	if d.Base == "sdjwt-batch" { // often enough for some to need another batch
		small.Habits.MeanLogins = max(small.Habits.MeanLogins, float64(d.Batch.Size)*0.4)
	}
	observe := func(ctx context.Context, people int, seed uint64) (*standin.Observation, error) {
		town := small
		town.People, town.Sample, town.Seed = people, people, seed
		return Observe(ctx, &town)
	}
	people, towns := sampled(s.Sample)
	learned, err := observe(ctx, people, s.Seed)
	if err != nil {
		return nil, err
	}
	m, err := standin.Learn(learned)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	validate := func(o *standin.Observation) error {
		mu.Lock()
		defer mu.Unlock()
		return m.Validate(o)
	}
	twice := make(chan struct{}, 1+towns/again)
	group, working := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for town := range towns {
		group.Go(func() error {
			try := func() error {
				o, err := observe(working, pairedPeople, s.Seed+1+uint64(town))
				if err != nil {
					return err
				}
				return validate(o)
			}
			failed := try()
			if mismatch := (*standin.MismatchError)(nil); !errors.As(failed, &mismatch) {
				return failed
			}
			select {
			case twice <- struct{}{}:
				return try()
			default:
				return failed
			}
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return m, m.Covers()
}

// policyOf says which credential a login of the design uses, and when others
// are issued.
func policyOf(d scenario.Design) (p standin.Policy) {
	if d.Base == "sdjwt-batch" {
		p.Size = d.Batch.Size
		p.Kind = map[scenario.Policy]standin.PolicyKind{scenario.OnceOnly: standin.OnceOnly, scenario.Rotating: standin.Rotating,
			scenario.PerVerifier: standin.PerVerifier, scenario.LimitedTime: standin.LimitedTime}[d.Batch.Policy]
	}
	if !strings.HasPrefix(d.Base, "centralized-") { // which issues once, for good
		p.Ends = func(issued time.Time) time.Time {
			_, until := (&Env{Variant: d}).Epoch(issued)
			return until
		}
	}
	return p
}

// StandInSize says what a stand-in run has to hold in memory, before it is
// run: the designs are run one after the other, and the largest counts.
func StandInSize(s *scenario.Scenario) engine.Size {
	logins := int(float64(s.People) * s.Habits.MeanLogins * 1.01)
	return engine.Size{People: s.People, Units: s.People + 2*logins, Widest: s.People + 2*logins, Views: len(s.Coalitions) * len(Strata)}
}

// StandIn carries a scenario out with stand-ins for its designs, which it
// learns from executed runs first and holds to others. A run that the machine
// has no memory for is refused beforehand with *engine.TooLargeError. The
// rows say in Method on how many executed sessions the stand-in was validated.
func StandIn(ctx context.Context, s *scenario.Scenario, o Options) (*Result, error) {
	began := time.Now()
	r, town, err := standInRun(s, o)
	if err != nil {
		return nil, err
	}
	release, err := r.claim()
	if err != nil {
		return nil, err
	}
	defer release()
	out := &Result{Causes: make(map[string][]Cause), Fields: make(map[string][]Field), Samples: make(map[string][]Exchange)}
	models := make(map[string]*standin.Model)
	var unseen []string
	for i, d := range r.designs {
		k, err := r.standInDesign(ctx, d, town, models)
		if err != nil {
			return nil, fmt.Errorf("design %s: %w", d.Name, err)
		}
		if k.Unseen > 0 {
			unseen = append(unseen, fmt.Sprintf("design %s: some of the values of %.2g of 100 logins, of a kind that no executed run had", d.Name, 100*k.Unseen))
		}
		out.Rows, out.Details.Canaries = append(out.Rows, k.Rows...), append(out.Details.Canaries, k.Canaries...)
		out.Causes[d.Name] = k.Causes
		debug.FreeOSMemory()
		if o.Progress != nil {
			o.Progress((i+1)*s.People, len(r.designs)*s.People)
		}
	}
	swept, err := r.standInSweeps(ctx, models)
	if err != nil {
		return nil, err
	}
	out.Rows = append(out.Rows, swept...)
	empty := make([]*outcome, len(r.designs))
	for i := range empty {
		empty[i] = &outcome{first: new(chunk), logins: r.loginsIn(town)}
	}
	out.Manifest = r.manifest(empty, began)
	out.Manifest.Enrolled = town.Enrolled()
	out.Manifest.Simulated = append(out.Manifest.Simulated, "messages: tokens of stand-ins, each validated by a paired replay of executed sessions")
	out.Manifest.LeftOut = append(r.standInLeavesOut(), unseen...)
	out.Manifest.Inputs["results.csv"] = digest(out.CSV())
	return out, nil
}

// standInLeavesOut says what a scenario asks for and a stand-in does not do.
func (r *run) standInLeavesOut() (left []string) {
	for _, c := range r.coalitions {
		if !c.generated() {
			left = append(left, fmt.Sprintf("coalition %s: a stand-in generates nothing for one of its members", c.name))
		}
	}
	if learned, towns := sampled(r.scenario.Sample); learned+towns*pairedPeople != r.scenario.Sample {
		left = append(left, fmt.Sprintf("a sample of %d people: each stand-in was learned from %d and validated on %d others", r.scenario.Sample, learned, towns*pairedPeople))
	}
	return append(left, "orders and exclusion",
		"the canary of timing: nothing in a stand-in is joined by time",
		"linkers L2 to L6: what they find beside equal values, such as a name with a birth date, is missing from these figures, most where platforms take identity in plain text")
}

// generated reports whether a stand-in generates what all members see.
func (c coalition) generated() bool {
	for p := range c.parties {
		if p != Issuer && p != StatusHost && p != NetworkObserver && !strings.HasPrefix(string(p), "platform:") {
			return false
		}
	}
	return !c.thieves
}

// StandInOf is StandIn for a scenario with one design, whose model there is
// already. It gives the rows, and how many logins there were.
func StandInOf(ctx context.Context, s *scenario.Scenario, m *standin.Model, o Options) (rows []Row, logins int, err error) {
	r, town, err := standInRun(s, o)
	if err != nil {
		return nil, 0, err
	}
	rows, _, err = r.standInRows(ctx, r.designs[0].Name, m, r.data(r.designs[0], m, town))
	return rows, town.Logins(), err
}

// standInRun checks that the machine has the memory, and draws the town.
func standInRun(s *scenario.Scenario, o Options) (*run, *standin.Town, error) {
	size := StandInSize(s)
	if available, ok := engine.Available(); ok {
		if err := engine.Check(size, available); err != nil {
			return nil, nil, err
		}
	}
	if s.People > maxStandIn || size.Units > math.MaxUint32 {
		return nil, nil, fmt.Errorf("exposure: %d people with %.4g logins each; at most %d people, and %d logins and enrollments together, can be stood in for", s.People, s.Habits.MeanLogins, maxStandIn, int64(math.MaxUint32/2))
	}
	debug.SetMemoryLimit(engine.Memory(size))
	small := *s // newRun makes people to be executed
	small.Backend, small.People, small.Sample = scenario.Executed, min(s.People, learnedPeople), min(s.People, learnedPeople)
	r, err := newRun(&small, o)
	if err != nil {
		return nil, nil, err
	}
	r.scenario = s
	if !slices.ContainsFunc(r.coalitions, coalition.generated) {
		return nil, nil, fmt.Errorf("exposure: scenario %s has no coalition that a stand-in generates: thieves of databases need backend: executed", s.Name)
	}
	now, err := r.identity()
	r.key = digest(now)
	return r, standin.NewTown(r.plan, s.People), err
}

// data is what the model makes of a town in which people enroll and renew as
// they do in the design.
func (r *run) data(d scenario.Design, m *standin.Model, town *standin.Town) *standin.Data {
	times := func(person int, birthday spec.Date) (enrolls int64, renews []int64) {
		first, others := r.times(d)(person, birthday)
		for _, at := range others {
			renews = append(renews, at.Unix())
		}
		return first.Unix(), renews
	}
	own := func(person int) (int64, []int64) { return times(person, birthday(r.plan.Person(person).Birth)) }
	if !ownTimes(d) {
		enrolls, renews := times(0, Start)
		own = func(int) (int64, []int64) { return enrolls, renews }
	}
	return m.Data(town, own, r.scenario.Seed)
}

func (r *run) loginsIn(t *standin.Town) map[spec.Stratum]int {
	in := make(map[spec.Stratum]int)
	at := t.LoginsAt()
	for i, p := range r.plan.Platforms() {
		in[p.Stratum()] += at[i]
	}
	return in
}

// standInRows joins what a stand-in made, and writes it as Parquet where the
// run is kept. The causes name the values that joined, by where they stand.
func (r *run) standInRows(ctx context.Context, design string, m *standin.Model, d *standin.Data) (rows []Row, causes []Cause, err error) {
	if r.options.Dir != "" {
		if err := parquet.Write(ctx, filepath.Join(r.options.Dir, "parquet", design), d, r.scenario.Seed); err != nil {
			return nil, nil, err
		}
	}
	type place struct {
		coalition coalition
		stratum   spec.Stratum
	}
	var views []engine.View
	var places []place
	for _, stratum := range Strata {
		for _, c := range r.coalitions {
			if v, ok := r.view(c, stratum, d); ok {
				views, places = append(views, v), append(places, place{c, stratum})
			}
		}
	}
	note := func(column string, by []engine.Verdict) {
		for i, v := range by {
			if v.Again > 0 {
				causes = append(causes, Cause{places[i].coalition.name, places[i].stratum, column, int(v.Again)})
			}
		}
	}
	counts, err := engine.Run(ctx, d, views, engine.Options{Seed: r.scenario.Seed, Column: note})
	if err != nil {
		return nil, nil, err
	}
	slices.SortStableFunc(causes, func(a, b Cause) int { return b.Joins - a.Joins })
	for i, c := range counts {
		add := func(metric, unit string, e engine.Estimate) {
			rows = append(rows, Row{Design: design, Coalition: places[i].coalition.name, Stratum: places[i].stratum, Metric: metric,
				Estimate: e.Value, Lo: e.Lo, Hi: e.Hi, N: int(e.People), Unit: unit,
				Method: fmt.Sprintf("%s; stand-in, validated on %d executed sessions", e.Method, m.Sessions)})
		}
		seed := r.scenario.Seed
		if places[i].coalition.each {
			add(WithinPlatformLinkage, "share of pairs of visits (mean over persons)", c.Within.Mean(seed))
			add(Reidentification, "share of persons at a platform", c.NamedAt.Ratio(seed))
			continue
		}
		if places[i].coalition.central {
			add(CentralSight, "share of logins", c.Sighted.Ratio(seed))
		}
		add(CrossPlatformLinkage, "share of pairs of platforms (mean over persons)", c.CrossPlatform.Mean(seed))
		if _, joined := c.Right.Sums(); joined > 0 {
			add(LinkagePrecision, "share of joined pairs", c.Right.Ratio(seed))
		}
		add(Reidentification, "share of persons", engine.Share(c.Named, c.People))
	}
	return rows, causes, nil
}

// view gives the units of a coalition; false where a stand-in generates
// nothing for one of its members.
func (r *run) view(c coalition, stratum spec.Stratum, d *standin.Data) (engine.View, bool) {
	v := engine.View{Name: string(c.name), Alone: c.each, Platforms: new([256]bool), Directory: d.Tells(engine.Issuer)}
	for i, p := range r.plan.Platforms() {
		v.Platforms[i] = (stratum == spec.AllStrata || p.Stratum() == stratum) && c.counts(p.ID)
		v.Members[i] = c.has(PlatformParty(p.ID))
	}
	v.Members[engine.Issuer], v.Members[engine.StatusHost], v.Members[engine.Observer] = c.has(Issuer), c.has(StatusHost), c.has(NetworkObserver)
	return v, c.generated()
}
