package standin

import (
	"fmt"
	"maps"
)

// Learn makes a model of what a run showed.
func Learn(o *Observation) (*Model, error) {
	if len(o.Leaves) == 0 {
		return nil, fmt.Errorf("standin: nothing was observed of design %s", o.Design)
	}
	m := &Model{Design: o.Design, index: make(map[channel]int), left: make(map[int]bool), shared: make(map[uint64]bool), lengths: make(map[int]int32), kinds: make(map[kind]bool), policy: o.Policy}
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
