package standin

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/halfmask/halfmask/exposure/engine"
)

// A channel is a path in what one kind of party sees at a moment.
type channel struct {
	party  engine.Party // anyPlatform for a platform
	moment Moment
	path   string
}

// anyPlatform stands for whichever platform the login is at.
const anyPlatform engine.Party = 0

func (c channel) String() string {
	party := map[engine.Party]string{anyPlatform: "platform", engine.Issuer: "issuer", engine.StatusHost: "status-host", engine.Observer: "network"}[c.party]
	return party + " " + c.moment.String() + " " + c.path
}

// A presence says in which visits something stands at a channel.
type presence struct {
	trait trait
	at    map[uint64]bool
}

// A stream is a value that is made anew for each key of a scope, and the
// channels where it then stands.
type stream struct {
	scope    scope
	channels map[int]presence
	names    bool
}

// A class is a value that people share, at a channel.
type class struct {
	value   uint64
	channel int
}

// A decision is a trait of visits that decides which of the values that
// people share stands at a channel.
type decision struct {
	trait trait
	value map[uint64]uint64 // by the trait's; none where nothing stands
}

const nothing = 0

// place is one visit at one channel.
type place struct {
	visit   int32
	channel int32
}

// A Model is a design as executed runs showed it: what decides each value
// that it sends, and where the value goes.
type Model struct {
	Design   string
	Sessions int // executed logins that it was validated on; Validate sets it

	channels []channel
	index    map[channel]int
	left     map[int]bool  // channels that no scope explains: not replayed
	lengths  map[int]int32 // in bytes, of channels where it never varies
	streams  []stream
	classes  map[class]presence
	decided  map[int]decision // channels that hold nothing but classes
	shared   map[uint64]bool  // values that people share, in the runs learned from
	classy   map[int32]bool   // channels that hold nothing but such values
	loose    map[int]bool     // channels with classes that no trait explains
	policy   Policy
}

// sight is an observation by channels and values.
type sight struct {
	*Observation
	model   *Model
	at      map[place]bool       // channels that are present
	values  map[uint64][]place   // where each value stands
	visits  map[int][]int32      // visits by person
	times   map[uint64]bool      // values that are times
	naming  map[uint64]bool      // values that name
	unknown map[channel]int32    // channels that the model does not have, and a visit
	lengths map[int][2]int32     // in bytes, the least and the most
	strange map[int32]bool       // visits of a kind that the model never saw
	people  map[int]map[int]bool // by channel
}

// look sorts an observation by channels; learning adds those that are new.
func (m *Model) look(o *Observation, learning bool) *sight {
	s := &sight{Observation: o, model: m, at: make(map[place]bool), values: make(map[uint64][]place), visits: make(map[int][]int32),
		times: make(map[uint64]bool), naming: make(map[uint64]bool), unknown: make(map[channel]int32), lengths: make(map[int][2]int32), people: make(map[int]map[int]bool), strange: make(map[int32]bool)}
	for i := range o.Visits {
		s.visits[o.Visits[i].Person] = append(s.visits[o.Visits[i].Person], int32(i))
	}
	for _, l := range o.Leaves {
		v := &o.Visits[l.Visit]
		c := channel{l.Party, v.Moment, o.Paths[l.Path]}
		if l.Party == engine.Party(v.Platform) && v.Moment == Login {
			c.party = anyPlatform
		}
		id, ok := m.index[c]
		if !ok && !learning {
			s.unknown[c] = l.Visit
			continue
		}
		if !ok {
			id = len(m.channels)
			m.index[c], m.channels = id, append(m.channels, c)
		}
		if s.people[id] == nil {
			s.people[id] = make(map[int]bool)
		}
		s.people[id][v.Person] = true
		at := place{l.Visit, int32(id)}
		s.at[at] = true
		s.values[l.Value] = append(s.values[l.Value], at)
		s.times[l.Value] = s.times[l.Value] || l.Time
		s.naming[l.Value] = s.naming[l.Value] || l.Names
		if l.Length > 0 {
			r, ok := s.lengths[id]
			if !ok {
				r = [2]int32{l.Length, l.Length}
			}
			s.lengths[id] = [2]int32{min(r[0], l.Length), max(r[1], l.Length)}
		}
	}
	for v, places := range s.values {
		slices.SortFunc(places, comparePlaces)
		s.values[v] = slices.Compact(places)
	}
	return s
}

func comparePlaces(a, b place) int {
	return cmp.Or(cmp.Compare(a.visit, b.visit), cmp.Compare(a.channel, b.channel))
}

func (s *sight) key(k scope, visit int32) uint64 {
	v := &s.Visits[visit]
	return k.key(v, int(visit), s.People[v.Person].Household)
}

// keys gives what a scope goes by at a place. It is one key, but for what
// others than platforms see when credentials are issued: a key for each.
func (s *sight) keys(k scope, at place) []uint64 {
	v := &s.Visits[at.visit]
	if k != perCopy || v.Fills == 0 || s.model.channels[at.channel].party == anyPlatform {
		return []uint64{s.key(k, at.visit)}
	}
	keys := make([]uint64, v.Fills)
	for i := range keys {
		keys[i] = copyKey(v.Person, v.Issue<<copyBits|uint32(i))
	}
	return keys
}

// common gives the keys that the places have in common.
func (s *sight) common(k scope, places []place) []uint64 {
	common := s.keys(k, places[0])
	for _, p := range places[1:] {
		if len(common) == 0 {
			return nil
		}
		others := s.keys(k, p)
		common = slices.DeleteFunc(common, func(key uint64) bool { return !slices.Contains(others, key) })
	}
	return common
}

// alike reports whether the places are of one key.
func (s *sight) alike(k scope, places []place) bool { return len(s.common(k, places)) > 0 }

// Learn makes a model of what a run showed.
func Learn(o *Observation, policy Policy) (*Model, error) {
	if len(o.Leaves) == 0 {
		return nil, fmt.Errorf("standin: nothing was observed of design %s", o.Design)
	}
	m := &Model{Design: o.Design, index: make(map[channel]int), left: make(map[int]bool), shared: make(map[uint64]bool), lengths: make(map[int]int32), policy: policy}
	s := m.look(o, true)
	m.findShared(s)
	m.leaveAccidents(s)
	for c, r := range s.lengths { // only what never varies is held to be a length
		if r[0] == r[1] && !m.left[c] && len(s.people[c]) >= manyPeople {
			m.lengths[c] = r[0]
		}
	}
	const rounds = 40
	for range rounds {
		m.streams, m.classes, m.loose, m.decided = nil, make(map[class]presence), make(map[int]bool), make(map[int]decision)
		m.learnStreams(s)
		m.learnClasses(s)
		m.findStrange(s)
		wrong := disagree(m.predict(s), m.observed(s))
		if len(wrong) == 0 {
			m.keepLengths()
			return m, nil
		}
		for c := range wrong {
			m.left[c] = true
		}
	}
	return nil, fmt.Errorf("standin: design %s: its values follow no scope that is known", o.Design)
}

// keepLengths keeps the lengths of what is made anew, and not of classes,
// whose values are of any length.
func (m *Model) keepLengths() {
	made := make(map[int]bool)
	for _, st := range m.streams {
		for c := range st.channels {
			made[c] = true
		}
	}
	maps.DeleteFunc(m.lengths, func(c int, _ int32) bool { return !made[c] || m.classy[int32(c)] })
}

// support is how many people make a finding, as in package engine.
const support = 3

// manyPeople have to have a value of one length before the length is one of
// the design and not of a few people.
const manyPeople = 25

// classy is the share of visits with a shared value from which on a channel
// with one value in each visit holds nothing but classes: that a rare class
// has one member only is chance.
const classy = 0.2

// findShared finds the values that people share, and the channels that hold
// nothing else.
func (m *Model) findShared(s *sight) {
	m.share(s)
	m.classy = make(map[int32]bool)
	count, shared := make(map[place]int), make(map[place]bool)
	for value, places := range s.values {
		for _, p := range places {
			count[p]++
			shared[p] = shared[p] || m.shared[value]
		}
	}
	several, visits, with := make(map[int32]bool), make(map[int32]int), make(map[int32]int)
	for p, n := range count {
		several[p.channel] = several[p.channel] || n > 1
		visits[p.channel]++
		if shared[p] {
			with[p.channel]++
		}
	}
	for c, n := range visits {
		m.classy[c] = !several[c] && float64(with[c]) >= classy*float64(n)
	}
}

// share notes the values that people of two households or more have.
func (m *Model) share(s *sight) {
	for value, places := range s.values {
		if !s.times[value] && !s.alike(perHousehold, places) {
			m.shared[value] = true
		}
	}
}

// own gives the places of a value that are replayed as those of one person, or
// of one time.
func (m *Model) own(value uint64, places []place) []place {
	if m.shared[value] {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(places), func(p place) bool { return m.left[int(p.channel)] || m.classy[p.channel] })
}

// leaveAccidents leaves out the paths that exist because bytes happen to look
// like an encoding, but for those whose values join visits that no other does.
func (m *Model) leaveAccidents(s *sight) {
	for c, ch := range m.channels {
		if accidental(ch.path) {
			m.left[c] = true
		}
	}
	for c, people := range m.leftJoins(s) {
		if people >= support {
			delete(m.left, int(c))
		}
	}
}

// bunch is values that stand at the same channels.
type bunch struct {
	channels []int32
	values   [][]place
	full     [scopes]bool // scopes that every one of the values fills
	names    bool
}

// learnStreams groups the values by where they stand, and finds what decides
// each group.
func (m *Model) learnStreams(s *sight) {
	bunches := make(map[string]*bunch)
	visitsOf := make(map[[2]uint64][]int32) // by scope and key
	for i := range s.Visits {
		for k := range scopes {
			at := [2]uint64{uint64(k), s.key(k, int32(i))}
			visitsOf[at] = append(visitsOf[at], int32(i))
		}
		for c := range s.Visits[i].Fills {
			at := [2]uint64{uint64(perCopy), copyKey(s.Visits[i].Person, s.Visits[i].Issue<<copyBits|c)}
			if visits := visitsOf[at]; len(visits) == 0 || visits[len(visits)-1] != int32(i) {
				visitsOf[at] = append(visits, int32(i))
			}
		}
	}
	for _, value := range slices.Sorted(maps.Keys(s.values)) {
		places := m.own(value, s.values[value])
		if len(places) == 0 {
			continue
		}
		channels := channelsOf(places)
		name := fmt.Sprint(s.times[value], channels)
		b := bunches[name]
		if b == nil {
			b = &bunch{channels: channels}
			for k := range b.full {
				b.full[k] = (scope(k) == perSecond) == s.times[value]
			}
			bunches[name] = b
		}
		b.values = append(b.values, places)
		b.names = b.names || s.naming[value]
		for k := range scopes {
			b.full[k] = b.full[k] && s.fills(k, places, channels, visitsOf)
		}
	}
	order := slices.SortedFunc(maps.Values(bunches), func(a, b *bunch) int {
		return cmp.Or(cmp.Compare(len(b.values), len(a.values)), slices.Compare(a.channels, b.channels))
	})
	var merged []*bunch
	for _, b := range order {
		into := slices.IndexFunc(merged, func(a *bunch) bool { return s.same(a, b, visitsOf) })
		if into < 0 {
			merged = append(merged, b)
			continue
		}
		merged[into].absorb(b)
	}
	for _, b := range merged {
		k := b.scope()
		if k < 0 {
			for _, c := range b.channels {
				m.left[int(c)] = true
			}
			continue
		}
		st := stream{scope: scope(k), channels: make(map[int]presence), names: b.names}
		for _, c := range b.channels {
			p, ok := m.learnPresence(s, int(c), func(visit int32) bool { return b.standsAt(visit, c) })
			if !ok {
				m.left[int(c)] = true
				continue
			}
			st.channels[int(c)] = p
		}
		if len(st.channels) > 0 {
			m.streams = append(m.streams, st)
		}
	}
}

func channelsOf(places []place) (channels []int32) {
	for _, p := range places {
		channels = append(channels, p.channel)
	}
	slices.Sort(channels)
	return slices.Compact(channels)
}

// fills reports whether a value of a scope would stand where this one does:
// in every visit of the key that has the channel.
func (s *sight) fills(k scope, places []place, channels []int32, visitsOf map[[2]uint64][]int32) bool {
	_, ok := s.filled(k, places, channels, visitsOf)
	return ok
}

// filled gives the key whose visits the value fills.
func (s *sight) filled(k scope, places []place, channels []int32, visitsOf map[[2]uint64][]int32) (uint64, bool) {
next:
	for _, key := range s.common(k, places) {
		for _, visit := range visitsOf[[2]uint64{uint64(k), key}] {
			for _, c := range channels {
				at := place{visit, c}
				_, has := slices.BinarySearchFunc(places, at, comparePlaces)
				if (s.at[at] && slices.Contains(s.keys(k, at), key)) != has {
					continue next
				}
			}
		}
		return key, true
	}
	return 0, false
}

// scope is the widest that every value fills.
func (b *bunch) scope() int { return slices.Index(b.full[:], true) }

// same reports whether two bunches are of one stream: where one stands and
// the other does not, the other had no occasion.
func (s *sight) same(a, b *bunch, visitsOf map[[2]uint64][]int32) bool {
	k := -1
	for i := range a.full {
		if a.full[i] && b.full[i] {
			k = i
			break
		}
	}
	if k < 0 || !slices.ContainsFunc(a.channels, func(c int32) bool { return slices.Contains(b.channels, c) }) {
		return false
	}
	return !s.occasion(a, b.channels, scope(k), visitsOf) && !s.occasion(b, a.channels, scope(k), visitsOf)
}

// occasion reports whether a value of the bunch could have stood at a channel
// where none does.
func (s *sight) occasion(b *bunch, channels []int32, k scope, visitsOf map[[2]uint64][]int32) bool {
	for _, c := range channels {
		if slices.Contains(b.channels, c) {
			continue
		}
		for _, places := range b.values {
			key, _ := s.filled(k, places, channelsOf(places), visitsOf)
			for _, visit := range visitsOf[[2]uint64{uint64(k), key}] {
				if at := (place{visit, c}); s.at[at] && slices.Contains(s.keys(k, at), key) {
					return true
				}
			}
		}
	}
	return false
}

func (b *bunch) absorb(o *bunch) {
	b.channels = append(b.channels, o.channels...)
	slices.Sort(b.channels)
	b.channels = slices.Compact(b.channels)
	b.values = append(b.values, o.values...)
	b.names = b.names || o.names
	for i := range b.full {
		b.full[i] = b.full[i] && o.full[i]
	}
}

func (b *bunch) standsAt(visit, channel int32) bool {
	return slices.ContainsFunc(b.values, func(places []place) bool {
		_, ok := slices.BinarySearchFunc(places, place{visit, channel}, comparePlaces)
		return ok
	})
}

// learnPresence finds a trait of visits that decides whether something stands
// at a channel.
func (m *Model) learnPresence(s *sight, c int, stands func(visit int32) bool) (presence, bool) {
	moment := m.channels[c].moment
	var visits []int32
	var there []bool
	for i := range s.Visits {
		if s.Visits[i].Moment == moment {
			visits, there = append(visits, int32(i)), append(there, stands(int32(i)))
		}
	}
next:
	for t := range traits {
		at, times := make(map[uint64]bool), make(map[uint64]int)
		for i, visit := range visits {
			v := &s.Visits[visit]
			key := t.of(v, &s.People[v.Person])
			if was, ok := at[key]; ok && was != there[i] {
				continue next
			}
			at[key] = there[i]
			times[key]++
		}
		if !dropRare(times, at, support) {
			continue
		}
		return presence{t, at}, true
	}
	return presence{}, false
}

// stands reports whether something with this presence stands in a visit.
func (p presence) stands(v *Visit, s *sight) bool { return p.at[p.trait.of(v, &s.People[v.Person])] }

// distinct reports whether each key has a value of its own.
func distinct(of map[uint64]uint64) bool {
	values := make(map[uint64]bool)
	for _, v := range of {
		values[v] = true
	}
	return len(values) == len(of) && len(of) >= support
}

// dropRare takes away what was seen too seldom to say anything of (that all who
// came to a platform were of age may be chance), and reports
// whether enough is left: a trait that tells nearly every visit from the
// others would explain anything.
func dropRare[V any](times map[uint64]int, of map[uint64]V, least int) bool {
	total, rest := 0, 0
	for key, n := range times {
		total += n
		if n < least {
			delete(of, key)
			continue
		}
		rest += n
	}
	return 3*rest >= 2*total
}

// learnClasses takes the values that people share. What decides where one
// stands may be beyond the traits, as a length that goes by a name is: the
// channel is loose then, and shared values that are not known pass there.
func (m *Model) learnClasses(s *sight) {
	at := make(map[place]uint64)
	for value, places := range s.values {
		for _, c := range channelsOf(places) {
			if m.left[int(c)] || m.classy[c] || !m.shared[value] {
				continue
			}
			p, ok := m.learnPresence(s, int(c), func(visit int32) bool {
				_, has := slices.BinarySearchFunc(places, place{visit, c}, comparePlaces)
				return has
			})
			if ok {
				m.classes[class{value, int(c)}] = p
			}
			if !ok || p.trait != anything {
				m.loose[int(c)] = true
			}
		}
		for _, p := range places {
			if m.classy[p.channel] {
				at[p] = value
			}
		}
	}
	for c := range m.classy {
		if d, ok := m.decide(s, int(c), at); ok && m.classy[c] && !m.left[int(c)] {
			m.decided[int(c)] = d
		}
	}
}

// decide finds a trait that decides which value stands at a channel.
func (m *Model) decide(s *sight, c int, at map[place]uint64) (decision, bool) {
next:
	for t := range traits {
		d, times := decision{t, make(map[uint64]uint64)}, make(map[uint64]int)
		for i := range s.Visits {
			v := &s.Visits[i]
			if v.Moment != m.channels[c].moment {
				continue
			}
			key, value := t.of(v, &s.People[v.Person]), at[place{int32(i), int32(c)}]
			if was, ok := d.value[key]; ok && was != value {
				continue next
			}
			d.value[key] = value
			times[key]++
		}
		least := manyPeople
		if t == atPlatform && distinct(d.value) {
			least = support // it names the platform
		}
		if !dropRare(times, d.value, least) {
			continue
		}
		return d, true
	}
	return decision{}, false
}

// String sums the model up, a line for each scope.
func (m *Model) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d channels, %d replayed; %d values of classes\n", m.Design, len(m.channels), len(m.channels)-len(m.left), len(m.classes))
	for k := range scopes {
		for _, st := range m.streams {
			if st.scope != k {
				continue
			}
			fmt.Fprintf(&b, "  per %s:", k)
			for _, c := range slices.Sorted(maps.Keys(st.channels)) {
				fmt.Fprintf(&b, " [%s, by %s]", m.channels[c], st.channels[c].trait)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}
