package standin

import (
	"cmp"
	"slices"

	"github.com/halfmask/halfmask/exposure/engine"
)

// sight is an observation by channels and values.
type sight struct {
	*Observation
	model    *Model
	at       map[place]bool       // channels that are present
	values   map[uint64][]place   // where each value stands
	visits   map[int][]int32      // visits by person
	times    map[uint64]bool      // values that are times
	naming   map[uint64]bool      // values that name
	ordinary map[uint64]bool      // values that are names and dates of people
	unknown  map[channel]int32    // channels that the model does not have, and a visit
	lengths  map[int][2]int32     // in bytes, the least and the most
	strange  map[int32]bool       // visits of a kind that the model never saw
	people   map[int]map[int]bool // by channel
	keyed    keyed                // made by byKey
}

// look sorts an observation by channels; learning adds those that are new.
func (m *Model) look(o *Observation, learning bool) *sight {
	s := &sight{Observation: o, model: m, at: make(map[place]bool), values: make(map[uint64][]place), visits: make(map[int][]int32),
		times: make(map[uint64]bool), naming: make(map[uint64]bool), ordinary: make(map[uint64]bool), unknown: make(map[channel]int32), lengths: make(map[int][2]int32), people: make(map[int]map[int]bool), strange: make(map[int32]bool)}
	for i := range o.Visits {
		s.visits[o.Visits[i].Person] = append(s.visits[o.Visits[i].Person], int32(i))
		if learning {
			m.kinds[s.kind(int32(i))] = true
		}
	}
	for _, l := range o.Leaves {
		v := &o.Visits[l.Visit]
		c := channel{l.Party, v.Moment, o.Paths[l.Path]}
		if l.Party == engine.Party(v.Platform) && v.Moment == Login {
			c.party = anyPlatform
		}
		id, ok := m.index[c]
		if !ok && !learning {
			if m.kinds[s.kind(l.Visit)] {
				s.unknown[c] = l.Visit
			}
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
		if l.Common {
			s.ordinary[l.Value] = true
		}
		if l.Length > 0 && m.kinds[s.kind(l.Visit)] {
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
		keys[i] = v.copied(uint32(i))
	}
	return keys
}

// under reports whether a key is one of those of a place.
func (s *sight) under(k scope, at place, key uint64) bool {
	v := &s.Visits[at.visit]
	if k != perCopy || v.Fills == 0 || s.model.channels[at.channel].party == anyPlatform {
		return s.key(k, at.visit) == key
	}
	for i := range v.Fills {
		if v.copied(i) == key {
			return true
		}
	}
	return false
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
