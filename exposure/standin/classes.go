package standin

import (
	"slices"
)

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
		at, times := make(map[uint64]bool), newTally()
		for i, visit := range visits {
			v := &s.Visits[visit]
			key := t.of(v, &s.People[v.Person])
			if was, ok := at[key]; ok && was != there[i] {
				continue next
			}
			at[key] = there[i]
			times.add(key, s.People[v.Person].Household)
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

// tally counts visits and households by what a trait goes by.
type tally struct {
	visits     map[uint64]int
	households map[uint64]map[int]bool
}

func newTally() tally { return tally{make(map[uint64]int), make(map[uint64]map[int]bool)} }

func (t tally) add(key uint64, household int) {
	t.visits[key]++
	if t.households[key] == nil {
		t.households[key] = make(map[int]bool)
	}
	t.households[key][household] = true
}

// dropRare takes away what was seen too seldom, or of too few, to say anything
// of (that all who came to a platform were of age may be chance), and reports
// whether enough is left: a trait that tells nearly every visit from the
// others would explain anything.
func dropRare[V any](t tally, of map[uint64]V, least int) bool {
	total, rest := 0, 0
	for key, n := range t.visits {
		total += n
		if n < least || len(t.households[key]) < support {
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
		d, times := decision{t, make(map[uint64]uint64)}, newTally()
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
			times.add(key, s.People[v.Person].Household)
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
