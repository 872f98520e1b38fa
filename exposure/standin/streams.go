package standin

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// bunch is values that stand at the same channels, or as one stream does.
type bunch struct {
	channels []int32
	values   [][]place
	full     [scopes]bool // scopes that every one of the values fills
	names    bool
}

// keyed is the visits of each key of each scope.
type keyed map[[2]uint64][]int32

func (s *sight) byKey() keyed {
	if s.keyed != nil {
		return s.keyed
	}
	of := make(keyed)
	for i := range s.Visits {
		for k := range scopes {
			at := [2]uint64{uint64(k), s.key(k, int32(i))}
			of[at] = append(of[at], int32(i))
		}
		for c := range s.Visits[i].Fills {
			at := [2]uint64{uint64(perCopy), s.Visits[i].copied(c)}
			if visits := of[at]; len(visits) == 0 || visits[len(visits)-1] != int32(i) {
				of[at] = append(visits, int32(i))
			}
		}
	}
	s.keyed = of
	return of
}

// learnStreams groups the values by where they stand, puts the groups together
// that one stream explains, and finds what decides each.
func (m *Model) learnStreams(s *sight) {
	of := s.byKey()
	var bunches []*bunch
	for _, b := range m.bunches(s, of) {
		bunches = s.merge(bunches, b, of)
	}
	for _, b := range bunches {
		k := slices.Index(b.full[:], true) // the widest
		if k < 0 {
			m.leave(b)
			continue
		}
		st, at := stream{scope: scope(k), channels: make(map[int]presence), names: b.names}, make(map[place]bool)
		for _, places := range b.values {
			for _, p := range places {
				at[p] = true
			}
		}
		for _, c := range b.channels {
			p, ok := m.learnPresence(s, int(c), func(visit int32) bool { return at[place{visit, c}] })
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

func (m *Model) leave(b *bunch) {
	for _, c := range b.channels {
		m.left[int(c)] = true
	}
}

// bunches groups the values by the channels where they stand, the largest
// group first.
func (m *Model) bunches(s *sight, of keyed) []*bunch {
	bunches := make(map[string]*bunch)
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
			b.full[k] = b.full[k] && s.fills(k, places, channels, of)
		}
	}
	return slices.SortedFunc(maps.Values(bunches), func(a, b *bunch) int {
		return cmp.Or(cmp.Compare(len(b.values), len(a.values)), slices.Compare(a.channels, b.channels))
	})
}

func channelsOf(places []place) (channels []int32) {
	for _, p := range places {
		channels = append(channels, p.channel)
	}
	slices.Sort(channels)
	return slices.Compact(channels)
}

// fills reports whether a value of a scope would stand where this one does:
// in every visit of one key that has the channel.
func (s *sight) fills(k scope, places []place, channels []int32, of keyed) bool {
next:
	for _, key := range s.common(k, places) {
		for _, visit := range of[[2]uint64{uint64(k), key}] {
			for _, c := range channels {
				at := place{visit, c}
				_, has := slices.BinarySearchFunc(places, at, comparePlaces)
				if (s.at[at] && s.under(k, at, key)) != has {
					continue next
				}
			}
		}
		return true
	}
	return false
}

// merge puts a bunch together with those that are of one stream with it: with
// which it shares a channel and a scope, and where one stands and the other
// does not, the other had no occasion.
func (s *sight) merge(bunches []*bunch, b *bunch, of keyed) []*bunch {
	for i := 0; i < len(bunches); i++ {
		if both := s.together(bunches[i], b, of); both != nil {
			b, bunches = both, slices.Delete(bunches, i, i+1)
			i = -1 // what it is now may go together with others
		}
	}
	return append(bunches, b)
}

func (s *sight) together(a, b *bunch, of keyed) *bunch {
	if !slices.ContainsFunc(a.channels, func(c int32) bool { return slices.Contains(b.channels, c) }) {
		return nil
	}
	both := &bunch{channels: append(slices.Clone(a.channels), b.channels...), names: a.names || b.names}
	slices.Sort(both.channels)
	both.channels = slices.Compact(both.channels)
	unfilled := func(k scope, x *bunch) bool {
		return len(x.channels) < len(both.channels) && slices.ContainsFunc(x.values, func(places []place) bool { return !s.fills(k, places, both.channels, of) })
	}
	for k := range scopes {
		both.full[k] = a.full[k] && b.full[k] && !unfilled(k, b) && !unfilled(k, a)
	}
	if both.full == [scopes]bool{} {
		return nil
	}
	both.values = append(slices.Clip(a.values), b.values...)
	return both
}
