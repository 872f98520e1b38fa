package exposure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/exposure/schedule"
	"github.com/halfmask/halfmask/spec"
)

// execution carries the schedule of one chunk of people out in one design.
type execution struct {
	run    *run
	people []*Person
	logins []Login // by time

	design  Design
	clock   *Clock
	network *Network
	visits  []visit
	tabler  *tabler
	refused map[int]bool
	kept    map[spec.Stratum]int // visits in the sample
	sample  []Exchange
	records int

	watch func(visit, []Exchange, error) // in the place of the tabler
}

// unscored labels visits that no metric counts.
const unscored = -1

// chunkKey says of which run and which design a chunk is.
func (r *run) chunkKey(d scenario.Design) string { return digest(fmt.Appendf(nil, "%s %+v", r.key, d)) }

// chunk gives the n-th chunk of a design: from the folder, or by running it.
func (r *run) chunk(ctx context.Context, d scenario.Design, n int) (*chunk, error) {
	name := chunkFile(r.options.Dir, d.Name, n)
	if r.options.Dir != "" {
		if c, err := loadChunk(name, r.chunkKey(d)); c != nil || err != nil {
			if c != nil {
				r.step(min((n+1)*chunkPeople, r.scenario.People) - n*chunkPeople)
			}
			return c, err
		}
	}
	x := &execution{run: r, kept: make(map[spec.Stratum]int)}
	c, err := x.execute(ctx, d, n)
	if err != nil || r.options.Dir == "" {
		return c, err
	}
	c.Run = r.chunkKey(d)
	return c, c.save(name)
}

func (x *execution) execute(ctx context.Context, d scenario.Design, n int) (*chunk, error) {
	first := n * chunkPeople
	if err := x.start(d, first, min(first+chunkPeople, x.run.scenario.People), n); err != nil {
		return nil, err
	}
	defer x.network.Close()
	x.tabler = newTabler(newMiner(registerOf(x.people)))
	err := x.live(ctx, d)
	if err != nil {
		return nil, err
	}
	c := newChunk(x.tabler.done(x.visits), x.visits)
	c.Sample, c.Recorded = x.sample, x.records
	for _, p := range x.people {
		if x.refused[p.Index] {
			c.Refused = append(c.Refused, p.Index)
		}
	}
	if n > 0 {
		return c, nil
	}
	if c.Orders, c.Ordered, err = x.orders(ctx, d.Name); err != nil {
		return nil, err
	}
	c.Exclusion, c.Exclusions, err = x.run.exclusion(ctx, d)
	return c, err
}

// start makes the people from one up to another, and a world for them.
func (x *execution) start(d scenario.Design, from, upTo, chunk int) (err error) {
	if x.people, err = x.run.world.draw(x.run.plan, from, upTo); err != nil {
		return err
	}
	x.logins, x.refused = x.run.loginsOf(x.people), make(map[int]bool)
	return x.build(d, x.run.rules, chunk)
}

// live carries everything out that happens.
func (x *execution) live(ctx context.Context, d scenario.Design) error {
	for _, e := range x.events(d) {
		if err := ctx.Err(); err != nil {
			return err
		}
		x.clock.Set(e.at)
		if err := e.do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// build makes a design in a world of its own.
func (x *execution) build(d scenario.Design, rules *spec.Rules, chunk int) (err error) {
	x.clock = new(Clock)
	x.clock.Set(Start.Time())
	if x.network, err = NewNetwork(x.clock.Now); err != nil {
		return err
	}
	x.design, err = x.run.builders[d.Base].Build(&Env{Network: x.network, Clock: x.clock, Rules: rules, Trust: x.run.world.trust,
		Platforms: x.run.plan.Platforms(), Seed: x.run.scenario.Seed, Chunk: chunk, Variant: d})
	if err != nil {
		x.network.Close()
	}
	return err
}

// An event is something that happens at a time.
type event struct {
	at time.Time
	do func(context.Context) error
}

// events lists everything that happens, by time.
func (x *execution) events(d scenario.Design) []event {
	at := x.run.times(d)
	var events []event
	for _, p := range x.people {
		enrolls, renews := at(p.Index, p.Birthday)
		events = append(events, event{enrolls, func(ctx context.Context) error { return x.enroll(ctx, p) }})
		for _, at := range renews {
			events = append(events, event{at, func(ctx context.Context) error { return x.renew(ctx, p) }})
		}
	}
	for _, l := range x.logins {
		events = append(events, event{l.At, func(ctx context.Context) error { return x.logIn(ctx, l) }})
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	return events
}

// renewalDay is the day of the month on which people's software looks whether
// something ends soon, where all do so at one time.
const renewalDay = 20

// times says when people enroll and renew in a design, by their index and last
// birthday. Where times in credentials are coarse, nothing hangs on the second:
// everybody enrolls in the early morning of the first day, and renews at one
// time.
func (r *run) times(d scenario.Design) func(int, spec.Date) (enrolls time.Time, renews []time.Time) {
	if ownTimes(d) {
		return r.ownTimes
	}
	var renews []time.Time
	for day := range r.scenario.Days {
		if on := Start.AddDays(day); on.Day == renewalDay {
			renews = append(renews, on.Time().Add(time.Hour))
		}
	}
	return func(int, spec.Date) (time.Time, []time.Time) { return Start.Time().Add(time.Hour), renews }
}

// opening is the time of day before which nobody logs in.
const opening = 6 * time.Hour

// ownTimes reports whether people enroll and renew in a design each at a time
// of their own.
func ownTimes(d scenario.Design) bool {
	return d.Modifiers.Timestamps == scenario.Fine || d.Modifiers.Epoch == scenario.Day
}

// ownTimes has people enroll in the month before the first day, and renew on
// a day from the 19th to the 28th, when less than a fortnight is left of any
// month: so a precise time tells them apart. Nobody
// enrolls before the last birthday, so that everybody is of the age that the
// schedule counts with.
func (r *run) ownTimes(person int, birthday spec.Date) (enrolls time.Time, renews []time.Time) {
	first, days := Start.AddDays(-27), r.scenario.Days
	if first.Before(birthday) {
		first = birthday
	}
	seconds := int(Start.Time().Add(opening).Sub(first.Time()) / time.Second)
	enrolls = first.Time().Add(time.Duration(random(r.scenario.Seed, "enrollment", person).IntN(seconds)) * time.Second)
	for month := range days/28 + 1 {
		u := random(r.scenario.Seed, fmt.Sprintf("renewal %d", month), person)
		day := spec.Date{Year: Start.Year + month/12, Month: Start.Month + time.Month(month%12), Day: 19 + u.IntN(10)}
		if at := day.Time().Add(time.Duration(u.IntN(int(opening/time.Second))) * time.Second); at.Before(Start.AddDays(days).Time()) {
			renews = append(renews, at)
		}
	}
	return enrolls, renews
}

// visit notes the truth about a new visit, does what belongs to it, and takes
// what was recorded of it apart.
func (x *execution) visit(ctx context.Context, v visit, do func(context.Context) error) error {
	n := len(x.visits)
	x.visits = append(x.visits, v)
	err := do(Visit(ctx, n))
	exchanges := x.network.Take()
	if x.watch != nil {
		x.watch(v, exchanges, err)
		return err
	}
	limit := sampleVisits
	if v.platform == "" {
		limit = 1
	}
	if x.kept[v.stratum] < limit && x.people[0].Index == 0 {
		x.kept[v.stratum]++
		x.sample = append(x.sample, exchanges...)
	}
	for _, e := range exchanges {
		x.records++
		x.tabler.add(e)
	}
	return err
}

// sampleVisits is how many logins per stratum go into the transcripts, beside
// the first enrollment.
const sampleVisits = 10

func (x *execution) enroll(ctx context.Context, p *Person) error {
	x.run.step(1)
	err := x.visit(ctx, visit{person: p.Index}, func(ctx context.Context) error { return x.design.Enroll(ctx, p) })
	if errors.Is(err, ErrNotEnrolled) {
		x.refused[p.Index] = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("enroll person %d: %w", p.Index, err)
	}
	return nil
}

func (x *execution) renew(ctx context.Context, p *Person) error {
	if x.refused[p.Index] {
		return nil
	}
	err := x.visit(ctx, visit{person: p.Index}, func(ctx context.Context) error { return x.design.Renew(ctx, p) })
	if err != nil {
		return fmt.Errorf("renew for person %d: %w", p.Index, err)
	}
	return nil
}

func (x *execution) logIn(ctx context.Context, l Login) error {
	if x.refused[l.Person] {
		return nil
	}
	v := visit{person: l.Person, platform: l.Platform.ID, stratum: l.Platform.Stratum()}
	err := x.visit(ctx, v, func(ctx context.Context) error { return x.design.LogIn(ctx, x.person(l.Person), l) })
	if err != nil {
		return fmt.Errorf("log person %d in at %s: %w", l.Person, l.Platform.ID, err)
	}
	return nil
}

// person gives one of the chunk by their number among all.
func (x *execution) person(index int) *Person { return x.people[index-x.people[0].Index] }

// loginsOf draws the logins of people, by time.
func (r *run) loginsOf(people []*Person) (all []Login) {
	platforms := r.plan.Platforms()
	var drawn []schedule.Login
	for _, p := range people {
		drawn = r.logins(p, drawn[:0])
		for _, l := range drawn {
			all = append(all, Login{Person: p.Index, Platform: platforms[l.Platform], At: l.At(), Mode: modes[l.Mode]})
		}
	}
	slices.SortStableFunc(all, func(a, b Login) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Person, b.Person)) })
	return all
}
