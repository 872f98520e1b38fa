package standin

import (
	"slices"
)

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
	m.findDaily(s)
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
		m.classy[c] = m.channels[c].size() || !several[c] && float64(with[c]) >= classy*float64(n)
	}
}

// share notes the values that people of two households or more have, or would
// in a larger run.
func (m *Model) share(s *sight) {
	for value, places := range s.values {
		if !s.times[value] && (s.ordinary[value] || !s.alike(perHousehold, places) && !m.ofDay(s, value)) {
			m.shared[value] = true
		}
	}
}

// findDaily finds the channels of logins where the values of several people are
// made anew each day, such as a status list.
func (m *Model) findDaily(s *sight) {
	m.daily = make(map[int32]bool)
	days := make(map[int32]int)
	for value, places := range s.values {
		if !s.times[value] && !s.ordinary[value] && !s.alike(perHousehold, places) && s.daily(places) {
			for _, c := range channelsOf(places) {
				days[c]++
			}
		}
	}
	for c, n := range days {
		m.daily[c] = n >= support && m.channels[c].moment == Login
	}
}

// daily reports whether a value stands in every visit of one day that has its
// channels, and in no other.
func (s *sight) daily(places []place) bool {
	return s.alike(perDay, places) && s.fills(perDay, places, channelsOf(places), s.byKey())
}

// ofDay reports whether a value is one of a day, at channels that have such.
func (m *Model) ofDay(s *sight, value uint64) bool {
	places := s.values[value]
	return !slices.ContainsFunc(places, func(p place) bool { return !m.daily[p.channel] }) && s.daily(places)
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
	for c, ch := range m.channels { // sizes go by what the schedule does not know, such as names
		m.left[c] = m.left[c] || ch.size()
	}
}
