package standin

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Check is one that the paired replay makes.
type Check string

// The checks.
const (
	KnownPaths Check = "known-paths" // a path stands in the run that the model does not have
	Presence   Check = "presence"    // something stands in another visit than the model says
	Scope      Check = "scope"       // a value is shared by other visits than the model says
	Length     Check = "length"      // a value is longer or shorter than all that were learned from
	Coverage   Check = "coverage"    // too many logins are of a kind that the model never saw
	Joins      Check = "joins"       // a channel that is not replayed joins visits all the same
)

// A MismatchError says that a run is not what the model makes of it.
type MismatchError struct {
	Design string
	Check  Check
	Reason string
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("standin: design %s: %s: %s", e.Design, e.Check, e.Reason)
}

func (m *Model) fail(c Check, format string, args ...any) error {
	return &MismatchError{m.Design, c, fmt.Sprintf(format, args...)}
}

// tokens is where each token stands, without the tokens themselves: a set of
// lists of places, each list in order. Tokens that stand at the same places
// are one, for they say the same.
type tokens map[string][]place

func (t tokens) add(places []place) {
	if len(places) > 0 {
		name := make([]byte, 0, 8*len(places))
		for _, p := range places {
			name = append(name, byte(p.visit), byte(p.visit>>8), byte(p.visit>>16), byte(p.visit>>24),
				byte(p.channel), byte(p.channel>>8), byte(p.channel>>16), byte(p.channel>>24))
		}
		t[string(name)] = places
	}
}

// observed gives the tokens of a run at the channels that are replayed.
func (m *Model) observed(s *sight) tokens {
	t := make(tokens)
	for value, places := range s.values {
		t.add(s.seen(m.own(value, places)))
		for _, c := range channelsOf(places) {
			keep := func(*Visit) bool { return true }
			switch d, decided := m.decided[int(c)]; {
			case m.left[int(c)], m.classy[c] && !decided, !m.classy[c] && !m.shared[value]:
				continue
			case decided:
				keep = func(v *Visit) bool { _, ok := d.value[d.trait.of(v, &s.People[v.Person])]; return ok }
			default:
				p, known := m.classes[class{value, int(c)}]
				if !known && m.loose[int(c)] {
					continue
				}
				if known {
					keep = func(v *Visit) bool { return p.knows(v, s) }
				}
			}
			t.add(s.seen(slices.DeleteFunc(slices.Clone(places), func(at place) bool {
				return at.channel != c || !keep(&s.Visits[at.visit])
			})))
		}
	}
	return t
}

// predict gives the tokens that the model makes of the same schedule.
func (m *Model) predict(s *sight) tokens {
	t := make(tokens)
	for i := range m.streams {
		st := &m.streams[i]
		at := make(map[uint64][]place)
		for v := range s.Visits {
			for c, p := range st.channels {
				if m.left[c] || m.channels[c].moment != s.Visits[v].Moment || !p.stands(&s.Visits[v], s) {
					continue
				}
				here := place{int32(v), int32(c)}
				for _, key := range s.keys(st.scope, here) {
					at[key] = append(at[key], here)
				}
			}
		}
		for _, places := range at {
			slices.SortFunc(places, comparePlaces)
			t.add(s.seen(places))
		}
	}
	for of, p := range m.classes {
		if _, there := s.values[of.value]; !there && p.trait != anything {
			continue // keys of the parties, which each run makes anew
		}
		var places []place
		for v := range s.Visits {
			if !m.left[of.channel] && m.channels[of.channel].moment == s.Visits[v].Moment && p.stands(&s.Visits[v], s) {
				places = append(places, place{int32(v), int32(of.channel)})
			}
		}
		t.add(s.seen(places))
	}
	for c, d := range m.decided {
		at := make(map[uint64][]place)
		for i := range s.Visits {
			v := &s.Visits[i]
			if value := d.value[d.trait.of(v, &s.People[v.Person])]; value != nothing && !m.left[c] && m.channels[c].moment == v.Moment {
				at[value] = append(at[value], place{int32(i), int32(c)})
			}
		}
		for _, places := range at {
			t.add(s.seen(places))
		}
	}
	return t
}

// seen leaves out the places in visits of a kind that the model never saw,
// such as those at a platform that nobody visited in the runs learned from.
func (s *sight) seen(places []place) []place {
	return slices.DeleteFunc(places, func(p place) bool { return s.strange[p.visit] })
}

// knows reports whether visits of this kind were seen when the presence was
// learned.
func (p presence) knows(v *Visit, s *sight) bool {
	_, ok := p.at[p.trait.of(v, &s.People[v.Person])]
	return ok
}

// findStrange finds the visits of a kind that was not learned from, or that no
// stream has seen.
func (m *Model) findStrange(s *sight) {
	clear(s.strange)
	for v := range s.Visits {
		if !m.kinds[s.kind(int32(v))] {
			s.strange[int32(v)] = true
			continue
		}
		for _, st := range m.streams {
			for c, p := range st.channels {
				if m.channels[c].moment == s.Visits[v].Moment && !p.knows(&s.Visits[v], s) {
					s.strange[int32(v)] = true
				}
			}
		}
	}
}

// disagree gives the channels of the tokens that only one side has, those
// that most of these tokens share first.
func disagree(a, b tokens) map[int]bool {
	votes := make(map[int32]int)
	count := func(x, y tokens) {
		for name, places := range x {
			if _, ok := y[name]; !ok {
				for _, c := range channelsOf(places) {
					votes[c]++
				}
			}
		}
	}
	count(a, b)
	count(b, a)
	most := 0
	for _, n := range votes {
		most = max(most, n)
	}
	wrong := make(map[int]bool)
	for c, n := range votes {
		if n == most {
			wrong[int(c)] = true
		}
	}
	return wrong
}

// log writes tokens out: a line for each visit and channel, with the tokens
// that stand there as indexes of first occurrence. Tokens that occur first at
// one place are in the order of where else they occur.
func (m *Model) log(t tokens) []byte {
	type line struct {
		place
		token int
	}
	var lines []line
	ordered := slices.SortedFunc(maps.Values(t), func(a, b []place) int { return slices.CompareFunc(a, b, comparePlaces) })
	for i, places := range ordered {
		for _, p := range places {
			lines = append(lines, line{p, i})
		}
	}
	slices.SortFunc(lines, func(a, b line) int {
		if n := comparePlaces(a.place, b.place); n != 0 {
			return n
		}
		return a.token - b.token
	})
	var b bytes.Buffer
	for i, l := range lines {
		if i == 0 || l.place != lines[i-1].place {
			if i > 0 {
				b.WriteByte('\n')
			}
			fmt.Fprintf(&b, "%d %s:", l.visit, m.channels[l.channel])
		}
		b.WriteByte(' ')
		b.WriteString(strconv.Itoa(l.token))
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// Validate is the paired replay: the model carries out the schedule of a run
// that it was not learned from, and both logs have to be the same byte for
// byte. A mismatch is a *MismatchError. The model counts the logins, over all
// the runs that it is held to; see [Model.Covers].
func (m *Model) Validate(o *Observation) error {
	s := m.look(o, false)
	for c, visit := range s.unknown {
		// What random bytes look like by chance makes paths of its own; those
		// of a known value are told apart by where they end.
		if !accidental(c.path) {
			return m.fail(KnownPaths, "%s stands in visit %d", c, visit)
		}
	}
	for c, want := range m.lengths {
		if got, ok := s.lengths[c]; ok && got != [2]int32{want, want} && !m.left[c] {
			return m.fail(Length, "%s has %d to %d bytes, not %d", m.channels[c], got[0], got[1], want)
		}
	}
	m.share(s)
	m.findStrange(s)
	want, got := m.log(m.predict(s)), m.log(m.observed(s))
	if !bytes.Equal(want, got) {
		return m.explain(want, got)
	}
	for c, people := range m.leftJoins(s) {
		if people >= support {
			return m.fail(Joins, "%s joins visits of %d people and follows no scope", m.channels[c], people)
		}
	}
	logins, replayed := 0, 0
	for i := range o.Visits {
		if o.Visits[i].Moment == Login {
			logins++
			if !s.strange[int32(i)] {
				replayed++
			}
		}
	}
	m.Sessions, m.Logins = m.Sessions+replayed, m.Logins+logins
	return nil
}

// Covers refuses a model of which a third or more of the logins that it was
// held to are of a kind that it was not learned from.
func (m *Model) Covers() error {
	if 3*m.Sessions < 2*m.Logins || m.Sessions == 0 {
		return m.fail(Coverage, "%d of %d logins are of a kind that was seen", m.Sessions, m.Logins)
	}
	return nil
}

// explain tells the first line at which two logs differ.
func (m *Model) explain(want, got []byte) error {
	for {
		a, restA, moreA := bytes.Cut(want, []byte("\n"))
		b, restB, moreB := bytes.Cut(got, []byte("\n"))
		if !bytes.Equal(a, b) || !moreA || !moreB {
			placeA, _, _ := bytes.Cut(a, []byte(": "))
			placeB, _, _ := bytes.Cut(b, []byte(": "))
			if !bytes.Equal(placeA, placeB) {
				return m.fail(Presence, "the run has %q where the model has %q", placeB, placeA)
			}
			return m.fail(Scope, "the run has %q where the model has %q", b, a)
		}
		want, got = restA, restB
	}
}

// accidents are the ends of paths that exist because bytes happen to look like
// an encoding.
var accidents = []string{".decoded", ".multibase", ".part", ".cbor", ".plain", ".window"}

func accidental(path string) bool {
	return slices.ContainsFunc(accidents, func(end string) bool { return strings.Contains(path, end) })
}

// pieces gives the channels that hold a piece of a time, such as its day and
// hour, or of a class, such as a platform's key: that two visits were in one
// hour or at one platform is the schedule's doing.
func (m *Model) pieces(s *sight) map[int32]bool {
	times := make(map[int32]bool)
	for value, places := range s.values {
		for _, p := range places {
			before, known := times[p.channel]
			times[p.channel] = s.times[value] && (before || !known)
		}
	}
	parts := make(map[int32]bool)
	for c, ch := range m.channels {
		for _, end := range accidents {
			if stem, _, ok := strings.Cut(ch.path, end); ok {
				whole, known := m.index[channel{ch.party, ch.moment, stem}]
				parts[int32(c)] = parts[int32(c)] || known && (times[int32(whole)] || m.classy[int32(whole)])
			}
		}
	}
	return parts
}

// leftJoins counts, by channel, the people of whom values at channels that are
// not replayed join visits that nothing replayed joins.
func (m *Model) leftJoins(s *sight) map[int32]int {
	together := make(map[[2]int32]bool)
	for value, places := range s.values {
		own := m.own(value, places)
		for i, p := range own {
			for _, q := range own[i:] {
				together[[2]int32{p.visit, q.visit}] = true
			}
		}
	}
	joined, pieces := make(map[int32]map[int]bool), m.pieces(s)
	for value, places := range s.values {
		if m.shared[value] {
			continue
		}
		for i, p := range places {
			for _, q := range places[i+1:] {
				if !m.left[int(p.channel)] || !m.left[int(q.channel)] || p.visit == q.visit || together[[2]int32{p.visit, q.visit}] ||
					m.classy[p.channel] || m.classy[q.channel] || pieces[p.channel] && pieces[q.channel] {
					continue
				}
				for _, c := range []int32{p.channel, q.channel} {
					if joined[c] == nil {
						joined[c] = make(map[int]bool)
					}
					joined[c][s.Visits[p.visit].Person] = true
				}
			}
		}
	}
	counts := make(map[int32]int)
	for c, people := range joined {
		counts[c] = len(people)
	}
	return counts
}
