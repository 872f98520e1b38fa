package standin

import (
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/halfmask/halfmask/exposure/engine"
	"github.com/halfmask/halfmask/exposure/schedule"
	"github.com/halfmask/halfmask/spec"
)

// Schedule is who logs in where and when: a *schedule.Plan, or a trace.
type Schedule interface {
	Person(i int) schedule.Profile
	LoginsOf(p schedule.Profile, logins []schedule.Login) []schedule.Login
	Rules() *spec.Rules
	Platforms() []spec.Platform
}

// Times gives the seconds at which a person enrolls, before any login, and at
// which their software looks for what to renew, in order.
type Times func(person int) (enrolls int64, renews []int64)

// Town is a schedule of some people, kept in memory: the units that any design
// gives, without what stands in them. It takes about nine bytes a login.
type Town struct {
	people    int
	household []uint32
	first     []uint32 // by person: its first login
	logins    []schedule.Login
	tier      []uint8 // by person: index into spec.Tiers, or refused
	asks      [256]uint32
	profile   func(i int) schedule.Profile
}

const refused = 255

// NewTown draws the people and their logins on all cores. Who is refused by
// the rules for the document that they hold does not log in.
func NewTown(s Schedule, people int) *Town {
	t := &Town{people: people, household: make([]uint32, people), first: make([]uint32, people+1), tier: make([]uint8, people), profile: s.Person}
	rules := s.Rules()
	for i, p := range s.Platforms() {
		t.asks[i] = Asks(p)
	}
	parts := runtime.GOMAXPROCS(0)
	drawn := make([][]schedule.Login, parts)
	var wait sync.WaitGroup
	for part := range parts {
		wait.Go(func() {
			var logins []schedule.Login
			for i := people * part / parts; i < people*(part+1)/parts; i++ {
				p := s.Person(i)
				t.household[i] = uint32(p.Household)
				t.tier[i] = uint8(slices.Index(spec.Tiers, p.Tier))
				if !slices.ContainsFunc(rules.Accepted, func(a spec.AcceptedKind) bool { return a.Kind == p.Document }) {
					t.tier[i] = refused
					continue
				}
				before := len(logins)
				logins = s.LoginsOf(p, logins)
				t.first[i+1] = uint32(len(logins) - before)
			}
			drawn[part] = logins
		})
	}
	wait.Wait()
	for i := range people {
		t.first[i+1] += t.first[i]
	}
	t.logins = make([]schedule.Login, 0, t.first[people])
	for part := range drawn {
		t.logins = append(t.logins, drawn[part]...)
		drawn[part] = nil
	}
	return t
}

// LoginsAt counts the logins at each platform.
func (t *Town) LoginsAt() (at [256]int) {
	for _, l := range t.logins {
		at[l.Platform]++
	}
	return at
}

// Enrolled counts the people whom the rules do not refuse.
func (t *Town) Enrolled() (n int) {
	for _, tier := range t.tier {
		if tier != refused {
			n++
		}
	}
	return n
}

// Logins counts the logins.
func (t *Town) Logins() int { return len(t.logins) }

// column is a stream as the engine joins it.
type column struct {
	*stream
	name   string
	salt   uint64
	at     [4][256][]presence // by moment and party, platforms as anyPlatform; any of them counts
	places [4]bool
}

// Data is what a model makes of a town.
type Data struct {
	model   *Model
	town    *Town
	times   Times
	seed    uint64
	units   engine.Units
	columns []column
	// Kinds of units: at enrollment and renewal the issuer's, at a login the
	// platform's and perhaps others'.
	atLogin []engine.Party // beside the platform
}

// Data carries the town's schedule out with values drawn by the model's
// scopes. Streams that cannot join are left out, and of those that stand
// wherever another does the other is kept. Parties that are no platforms have
// units where they have such streams: an observer of the network has none, as
// long as hosts and sizes are all that it has.
func (m *Model) Data(t *Town, times Times, seed uint64) *Data {
	d := &Data{model: m, town: t, times: times, seed: seed}
	for i := range m.streams {
		if m.joins(i) || m.streams[i].names {
			d.columns = append(d.columns, m.column(i, seed))
			for id := range m.streams[i].channels {
				if c := m.channels[id]; c.moment == Login && c.party != anyPlatform && !slices.Contains(d.atLogin, c.party) {
					d.atLogin = append(d.atLogin, c.party)
				}
			}
		}
	}
	slices.Sort(d.atLogin)
	d.makeUnits()
	return d
}

// column prepares a stream for the engine.
func (m *Model) column(i int, seed uint64) column {
	c := column{stream: &m.streams[i], salt: engine.Mix(seed, uint64(i)+1<<32)}
	var names []string
	for _, id := range slices.Sorted(maps.Keys(c.channels)) {
		ch := m.channels[id]
		c.at[ch.moment][ch.party] = append(c.at[ch.moment][ch.party], c.channels[id])
		c.places[ch.moment] = true
		names = append(names, ch.String())
	}
	c.name = strings.Join(names, ", ")
	return c
}

// sighting is who has something when.
type sighting struct {
	moment Moment
	party  engine.Party
}

// sightings gives who has a stream when, and in which visits.
func (m *Model) sightings(i int) map[sighting][]presence {
	at := make(map[sighting][]presence)
	for c, p := range m.streams[i].channels {
		s := sighting{m.channels[c].moment, m.channels[c].party}
		at[s] = append(at[s], p)
	}
	return at
}

// joins reports whether a stream can join units that no other stream does: it
// can stand in two visits for one key, and not in those of all people of a day,
// and no stream of the same scope or of a coarser one stands wherever it does.
func (m *Model) joins(i int) bool {
	own, k := m.sightings(i), m.streams[i].scope
	if len(own) == 1 && k == perVisit || k == perDay || once(own, k) {
		return false
	}
	for j := range m.streams {
		if other := m.sightings(j); j != i && m.streams[j].scope.contains(k) && cover(other, own) {
			if j < i || m.streams[j].scope != k || !cover(own, other) {
				return false
			}
		}
	}
	return true
}

// cover reports whether something stands in all the visits in which another
// thing does.
func cover(at, other map[sighting][]presence) bool {
	for s, presences := range other {
		for _, p := range presences {
			if !slices.ContainsFunc(at[s], func(q presence) bool { return q.includes(p) }) {
				return false
			}
		}
	}
	return true
}

// includes reports whether one presence stands wherever another does.
func (p presence) includes(other presence) bool {
	if p.trait == anything {
		return p.at[0]
	}
	if p.trait != other.trait {
		return false
	}
	for key, there := range other.at {
		if there && !p.at[key] {
			return false
		}
	}
	return true
}

// once reports whether a key of the scope has one visit at most among those of
// the sightings: a person enrolls once, and renews once a month and once for
// each issuance.
func once(at map[sighting][]presence, k scope) bool {
	moments := make(map[Moment]bool)
	for s := range at {
		moments[s.moment] = true
	}
	if moments[Login] || moments[Refusal] {
		return false
	}
	switch k {
	case perIssue, perCopy:
		return true
	case perPersonMonth, perPersonDay:
		return len(moments) == 1
	case perPerson, perPersonPlatform:
		return len(moments) == 1 && moments[Enrollment]
	}
	return false
}

// makeUnits lays the units out: a person's enrollment and renewals, then each
// login with the platform first. Who never logs in has none, and no renewal
// has one whose credential is not used: they could join nothing.
func (d *Data) makeUnits() {
	t := d.town
	d.units.First = make([]uint32, t.people+1)
	each(t.people, func(first, last int) {
		var visits []Visit
		for i := first; i < last; i++ {
			visits = d.visits(i, visits[:0])
			d.units.First[i+1] = uint32(len(visits) + len(d.atLogin)*len(t.loginsOf(i)))
		}
	})
	for i := range t.people {
		d.units.First[i+1] += d.units.First[i]
	}
	n := d.units.First[t.people]
	d.units.Party, d.units.Platform = make([]engine.Party, n), make([]uint8, n)
	each(t.people, func(first, last int) {
		var visits []Visit
		for i := first; i < last; i++ {
			at := d.units.First[i]
			visits = d.visits(i, visits[:0])
			for n := range visits {
				d.units.Party[at], d.units.Platform[at] = engine.Issuer, visits[n].Platform
				if visits[n].Moment == Login {
					d.units.Party[at] = engine.Party(visits[n].Platform)
					for _, p := range d.atLogin {
						at++
						d.units.Party[at], d.units.Platform[at] = p, visits[n].Platform
					}
				}
				at++
			}
		}
	})
}

func (t *Town) loginsOf(i int) []schedule.Login { return t.logins[t.first[i]:t.first[i+1]] }

// each calls f with parts of the people, on all cores.
func each(people int, f func(first, last int)) {
	parts := runtime.GOMAXPROCS(0)
	var wait sync.WaitGroup
	for part := range parts {
		wait.Go(func() { f(people*part/parts, people*(part+1)/parts) })
	}
	wait.Wait()
}

// Tells reports whether a party that is no platform can tell from what it has
// of a login at which platform it was: something there goes by the platform,
// and is different for each.
func (d *Data) Tells(party engine.Party) bool {
	for c, decided := range d.model.decided {
		if ch := d.model.channels[c]; ch.party != party || ch.moment != Login || decided.trait != atPlatform || d.model.left[c] {
			continue
		}
		values := make(map[uint64]bool)
		for _, v := range decided.value {
			values[v] = true
		}
		if len(values) == len(decided.value) && len(values) >= support {
			return true
		}
	}
	return false
}

// Units gives the units.
func (d *Data) Units() *engine.Units { return &d.units }

// Columns lists the streams that can join or name.
func (d *Data) Columns() (columns []engine.Column) {
	for i := range d.columns {
		columns = append(columns, engine.Column{Name: d.columns[i].name, Names: d.columns[i].names})
	}
	return columns
}

// Fill gives the values of a stream in the units of some people.
func (d *Data) Fill(column, first, last int, to []engine.Entry) []engine.Entry {
	c, t := &d.columns[column], d.town
	// What stands where goes by traits; those that the platform and the mode
	// decide are looked up once.
	var table [256][4]bool
	simple := c.simple()
	emit := func(unit uint32, key uint64) {
		to = append(to, engine.Entry{Value: engine.Mix(c.salt, key), Unit: unit})
	}
	empty := schedule.Profile{}
	if simple {
		for platform := range table {
			for mode := range table[platform] {
				v := Visit{Moment: Login, Platform: uint8(platform), Mode: schedule.Mode(mode), Asks: t.asks[platform]}
				table[platform][mode] = anyOf(c.at[Login][anyPlatform], &v, &empty)
			}
		}
	}
	var visits []Visit
	for i := first; i < last; i++ {
		profile := empty
		if !simple {
			profile = t.profile(i)
		}
		unit, household := d.units.First[i], int(t.household[i])
		visits = d.visits(i, visits[:0])
		for n := range visits {
			v := &visits[n]
			key := c.scope.key(v, int(unit), household)
			if v.Moment != Login {
				if c.places[v.Moment] && anyOf(c.at[v.Moment][engine.Issuer], v, &profile) {
					d.emitIssued(c, visits[n:], unit, key, emit)
				}
				unit++
				continue
			}
			if simple && table[v.Platform][v.Mode] || !simple && anyOf(c.at[Login][anyPlatform], v, &profile) {
				emit(unit, key)
			}
			unit++
			for _, p := range d.atLogin {
				if ps := c.at[Login][p]; len(ps) > 0 && anyOf(ps, v, &profile) {
					d.emitIssued(c, visits[n:], unit, key, emit)
				}
				unit++
			}
		}
	}
	return to
}

// visits lists the visits of a person that have units.
func (d *Data) visits(i int, visits []Visit) []Visit {
	logins := d.town.loginsOf(i)
	if len(logins) == 0 {
		return visits
	}
	enrolls, renews := d.times(i)
	wallet := d.model.policy.NewWallet()
	v := Visit{Person: i, Moment: Enrollment, Platform: engine.NoPlatform, Second: enrolls}
	wallet.Issue(&v)
	visits = append(visits, v)
	var renewed Visit // not used so far
	for _, l := range logins {
		at := startSecond + int64(l.Second)
		for len(renews) > 0 && renews[0] <= at {
			v = Visit{Person: i, Moment: Renewal, Platform: engine.NoPlatform, Second: renews[0]}
			if wallet.Renew(&v) {
				renewed = v
			}
			renews = renews[1:]
		}
		v = Visit{Person: i, Moment: Login, Platform: l.Platform, Mode: l.Mode, Asks: d.town.asks[l.Platform], Second: at}
		wallet.Use(&v)
		if renewed.Issue == v.Issue {
			visits = append(visits, renewed)
			renewed = Visit{}
		}
		visits = append(visits, v)
	}
	return visits
}

// emitIssued emits a key, or where credentials are issued those of the ones
// that come to be used.
func (d *Data) emitIssued(c *column, from []Visit, unit uint32, key uint64, emit func(uint32, uint64)) {
	v := &from[0]
	if c.scope != perCopy || v.Fills == 0 {
		emit(unit, key)
		return
	}
	var used []uint32
	for n := range from {
		if l := &from[n]; l.Moment == Login && l.Issue == v.Issue && !slices.Contains(used, l.Copy) {
			used = append(used, l.Copy)
			emit(unit, copyKey(v.Person, l.Copy))
		}
	}
}

var startSecond = schedule.Start.Time().Unix()

// simple reports whether platform and mode decide where the stream stands at
// logins, and nothing of the person matters at all.
func (c *column) simple() bool {
	for moment := range c.at {
		for _, ps := range c.at[moment] {
			for _, p := range ps {
				if !p.trait.ofPlatform() {
					return false
				}
			}
		}
	}
	return true
}

func anyOf(ps []presence, v *Visit, p *schedule.Profile) bool {
	return slices.ContainsFunc(ps, func(pr presence) bool { return pr.at[pr.trait.of(v, p)] })
}

// Seconds appends the time of each unit of some people.
func (d *Data) Seconds(first, last int, to []int64) []int64 {
	var visits []Visit
	for i := first; i < last; i++ {
		visits = d.visits(i, visits[:0])
		for n := range visits {
			to = append(to, visits[n].Second)
			for range d.atLogin {
				if visits[n].Moment == Login {
					to = append(to, visits[n].Second)
				}
			}
		}
	}
	return to
}

// Planted gives an observation of the same visits, in which nothing stands but
// a value at each login, which goes by the person.
func (d *Data) Planted(value func(person int) uint64) *Observation {
	o := &Observation{Design: d.model.Design, Policy: d.model.policy, Paths: []string{"canary"}}
	for i := range d.town.people {
		o.People = append(o.People, d.town.profile(i))
		for _, v := range d.visits(i, nil) {
			if v.Moment == Login {
				o.Leaves = append(o.Leaves, Leaf{Visit: int32(len(o.Visits)), Party: engine.Party(v.Platform), Value: value(i)})
			}
			o.Visits = append(o.Visits, v)
		}
	}
	return o
}

// Unseen gives the share of the logins of which no executed run says where
// some value stands, as at a platform that none of its people visited: there
// it stands nowhere. It looks at the first people of the town.
func (d *Data) Unseen() float64 {
	const enough = 20_000
	logins, unseen := 0, 0
	var visits []Visit
	for i := range min(d.town.people, enough) {
		profile := d.town.profile(i)
		visits = d.visits(i, visits[:0])
		for n := range visits {
			if visits[n].Moment != Login {
				continue
			}
			logins++
			if slices.ContainsFunc(d.columns, func(c column) bool { return c.unseen(&visits[n], &profile) }) {
				unseen++
			}
		}
	}
	return float64(unseen) / float64(max(logins, 1))
}

// unseen reports whether nothing that is known of some channel applies.
func (c *column) unseen(v *Visit, p *schedule.Profile) bool {
	for _, ps := range c.at[v.Moment] {
		for _, pr := range ps {
			if _, known := pr.at[pr.trait.of(v, p)]; !known {
				return true
			}
		}
	}
	return false
}
