package exposure

import (
	"context"
	"fmt"
	"slices"

	"github.com/halfmask/halfmask/exposure/link"
	"github.com/halfmask/halfmask/exposure/metrics"
	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/spec"
)

// The sweeps, by their names in results: what varies while all else stays.
const (
	ByBatchSize = "batch_size" // credentials of a batch
	ByUses      = "uses"       // logins of a person over all days
	ByColluding = "colluding"  // platforms that compare what they saw
)

const (
	// choices is how many times colluding platforms are drawn.
	choices = 20
	// sweptPeople is how many people are executed for a point of a sweep that
	// needs a run of its own.
	sweptPeople = 60
)

// sweepColluding gives which part of the pairs of platforms of people some
// colluding platforms join: the mean over the draws of which platforms they
// are, with the least and the most as its range. The linkers are those that
// learned from all platforms, for which fields carry identifiers is no secret;
// they join anew what the few have.
func (s *scorer) sweepColluding(ctx context.Context) error {
	if len(s.colluding) == 0 || s.tooFew(spec.Minimal) {
		return nil
	}
	c := coalition{name: AllPlatforms, all: true}
	a := s.learn(c, spec.Minimal)
	own := make([]int, len(s.seen.Units)) // by unit: its platform, or -1
	for i := range own {
		party := s.seen.party(i)
		own[i] = slices.IndexFunc(s.platforms, func(p spec.Platform) bool { return PlatformParty(p.ID) == party })
	}
	for _, k := range s.colluding {
		var shares []float64
		persons := 0
		for _, in := range draws(s.seed, k, len(s.platforms)) {
			if err := ctx.Err(); err != nil {
				return err
			}
			few := &aspect{coalition: c, stratum: spec.Minimal}
			for fold, all := range a.scored {
				view := link.View{In: make([]bool, len(all.In)), Shared: true}
				for i := range view.In {
					view.In[i] = all.In[i] && own[i] >= 0 && in[own[i]]
				}
				joined, _, _ := a.linkers[fold].Join(view)
				few.joined, few.scored = append(few.joined, joined), append(few.scored, view)
			}
			linked, _ := s.sessions(few, few.joined).Linkage()
			if persons = linked.N(); persons > 0 {
				shares = append(shares, linked.Value())
			}
		}
		s.rows = append(s.rows, drawn(shares, k, persons, "recorded sessions joined anew"))
	}
	return nil
}

// draws chooses k of n platforms several times; all of them, once.
func draws(seed uint64, k, n int) (drawn [][]bool) {
	r := random(seed, "colluding platforms", k)
	for range choices {
		in := make([]bool, n)
		for _, i := range r.Perm(n)[:k] {
			in[i] = true
		}
		if drawn = append(drawn, in); k == n {
			break
		}
	}
	return drawn
}

// drawn makes a row of what several draws of k platforms gave.
func drawn(shares []float64, k, persons int, method string) Row {
	e := metrics.None(metrics.MethodNone)
	switch {
	case len(shares) == 0:
	case slices.Max(shares) == 0:
		e = metrics.RuleOfThree(0, persons)
	default:
		e = metrics.Estimate{Lo: slices.Min(shares), Hi: slices.Max(shares), Method: fmt.Sprintf("range over %d draws of platforms", len(shares)), N: len(shares)}
		for _, share := range shares {
			e.Value += share / float64(len(shares))
		}
		e.Value = min(e.Hi, max(e.Lo, e.Value))
	}
	return Row{Coalition: AllPlatforms, Stratum: spec.Minimal, Metric: CrossPlatformLinkage, Estimate: e.Value, Lo: e.Lo, Hi: e.Hi,
		Method: e.Method + "; " + method, N: e.N, Unit: linkageUnit, Sweep: ByColluding, X: float64(k)}
}

const linkageUnit = "share of pairs of platforms (mean over persons)"

// A variant is a point of a sweep that needs a run of its own.
type variant struct {
	sweep    string
	x        float64
	scenario scenario.Scenario
	design   scenario.Design
}

// variants lists those of a sweep, for scenarios of some people.
func (r *run) variants(sweep string, people int) (all []variant) {
	s := *r.scenario
	s.People = min(s.People, people)
	s.Sample, s.Sweeps, s.Coalitions = s.People, scenario.Sweeps{}, scenario.DefaultCoalitions()
	add := func(d scenario.Design, x, uses float64) {
		v := variant{sweep, x, s, d}
		v.scenario.Habits.MeanLogins, v.scenario.Designs = uses, []scenario.Design{d}
		all = append(all, v)
	}
	for _, d := range r.designs {
		switch {
		case sweep == ByUses:
			for _, uses := range r.scenario.Sweeps.Uses {
				add(d, uses, uses)
			}
		case sweep == ByBatchSize && d.Base == "sdjwt-batch":
			for _, size := range r.scenario.Sweeps.BatchSize {
				d.Batch.Size = size
				add(d, float64(size), s.Habits.MeanLogins)
			}
		}
	}
	return all
}

// of keeps the figures that a sweep is about, and says what they are of.
func (v variant) of(rows []Row, method string) (kept []Row) {
	for _, row := range rows {
		linkage := row.Metric == CrossPlatformLinkage && (row.Coalition == AllPlatforms || row.Coalition == IssuerAndPlatforms)
		if row.Stratum != spec.Minimal || row.Sweep != "" || !linkage && row.Metric != WithinPlatformLinkage {
			continue
		}
		row.Sweep, row.X = v.sweep, v.x
		if method != "" {
			row.Method += "; " + method
		}
		kept = append(kept, row)
	}
	return kept
}

// executed carries the points of a sweep out, each on a few people.
func (r *run) executed(ctx context.Context, sweep string) (rows []Row, err error) {
	for _, v := range r.variants(sweep, sweptPeople) {
		v.scenario.Backend = scenario.Executed
		small, err := newRun(&v.scenario, Options{Rules: r.rules, Also: r.options.Also})
		if err != nil {
			return nil, err
		}
		found, err := small.lookAt(ctx, small.designs[0])
		if err != nil {
			return nil, v.fail(err)
		}
		rows = append(rows, v.of(found.rows, fmt.Sprintf("%d people executed for this point", v.scenario.People))...)
	}
	return rows, nil
}

func (v variant) fail(err error) error {
	return fmt.Errorf("sweep over %s, %v, design %s: %w", v.sweep, v.x, v.design.Name, err)
}

// lookAt executes what the people of a run do in a design, without orders and
// exclusion, and scores it.
func (r *run) lookAt(ctx context.Context, d scenario.Design) (*found, error) {
	r.step = func(int) {}
	m := newMerger()
	for first := 0; first < r.scenario.People; first += chunkPeople {
		x := &execution{run: r, kept: make(map[spec.Stratum]int)}
		if err := x.start(d, first, min(first+chunkPeople, r.scenario.People), first/chunkPeople); err != nil {
			return nil, err
		}
		x.tabler = newTabler(newMiner(registerOf(x.people)))
		err := x.live(ctx, d)
		x.network.Close()
		if err != nil {
			return nil, err
		}
		m.add(newChunk(x.tabler.done(x.visits), x.visits))
	}
	all, visits := m.done()
	return score(ctx, d.Name, all, visits, r.question())
}
