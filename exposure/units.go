package exposure

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
)

// A unit is what one party saw of one visit.
type unit struct {
	party  Party
	visit  int
	leaves []leaf       // distinct
	named  map[int]bool // people of the register named in it
}

// units takes recorded exchanges apart, one unit for each party and visit.
func (m *miner) units(exchanges []Exchange) []unit {
	type key struct {
		party Party
		visit int
	}
	index := make(map[key]int)
	var us []unit
	for _, e := range exchanges {
		k := key{e.Party, e.Visit}
		i, ok := index[k]
		if !ok {
			i = len(us)
			index[k] = i
			us = append(us, unit{party: e.Party, visit: e.Visit, named: make(map[int]bool)})
		}
		leaves, named := m.mine(e)
		us[i].leaves = append(us[i].leaves, leaves...)
		for p := range named {
			us[i].named[p] = true
		}
	}
	for i := range us {
		slices.SortFunc(us[i].leaves, leaf.compare)
		us[i].leaves = slices.Compact(us[i].leaves)
	}
	slices.SortFunc(us, func(a, b unit) int {
		return cmp.Or(cmp.Compare(a.visit, b.visit), cmp.Compare(a.party, b.party))
	})
	return us
}

// repeated gives how many units each value of two or more units stands in,
// and drops the shingles that say nothing of anybody: those of one unit alone,
// which nearly all are, and those of a great part of all units, which are how
// messages look.
func (m *miner) repeated(us []unit) map[uint64]int32 {
	in := make(map[uint64]int32, 1<<16)
	for _, u := range us {
		for j, l := range u.leaves {
			if j == 0 || u.leaves[j-1].value != l.value {
				in[l.value]++
			}
		}
	}
	maps.DeleteFunc(in, func(_ uint64, n int32) bool { return n < 2 })
	most := int32(max(len(us)/4, 8))
	for i := range us {
		us[i].leaves = slices.Clip(slices.DeleteFunc(us[i].leaves, func(l leaf) bool {
			return m.paths.list[l.path].window && (in[l.value] == 0 || in[l.value] > most)
		}))
	}
	return in
}

// occurrence is a value in a unit.
type occurrence struct {
	leaf
	unit int32
}

// occurrences lists the repeated values of the units, in the order of values,
// units and paths. Of values that stand in the same units at the same paths,
// as all shingles of one signature do, it keeps one: they say the same.
func occurrences(us []unit, repeated map[uint64]int32) []occurrence {
	var all []occurrence
	for i, u := range us {
		for _, l := range u.leaves {
			if repeated[l.value] > 0 {
				all = append(all, occurrence{l, int32(i)})
			}
		}
	}
	slices.SortFunc(all, func(a, b occurrence) int {
		if a.value != b.value {
			return cmp.Compare(a.value, b.value)
		}
		return cmp.Or(cmp.Compare(a.unit, b.unit), cmp.Compare(a.path, b.path))
	})
	seed, seen := maphash.MakeSeed(), make(map[uint64]bool)
	kept := all[:0]
	var places []byte
	for rest := all; len(rest) > 0; {
		n := sameValue(rest)
		places = places[:0]
		for _, o := range rest[:n] {
			places = binary.LittleEndian.AppendUint64(places, uint64(o.unit)<<32|uint64(uint32(o.path)))
		}
		if sum := maphash.Bytes(seed, places); !seen[sum] {
			seen[sum] = true
			kept = append(kept, rest[:n]...)
		}
		rest = rest[n:]
	}
	return slices.Clip(kept)
}

// sameValue counts the occurrences of the first value.
func sameValue(os []occurrence) int {
	n := 1
	for n < len(os) && os[n].value == os[0].value {
		n++
	}
	return n
}

// A view is the units that a coalition has, and whether its members compare
// them: a platform alone joins its own units only.
type view struct {
	units  []unit
	values []occurrence // of all units, as occurrences gives them
	in     func(unit int) bool
	shared bool
}

// groups calls f with all occurrences of each value that stands in two or
// more of the units, in the order of the values. f must not keep its
// argument.
func (v view) groups(f func([]occurrence)) {
	var group []occurrence
	flush := func(g []occurrence) {
		if len(g) > 1 && g[0].unit != g[len(g)-1].unit {
			f(g)
		}
	}
	for rest := v.values; len(rest) > 0; {
		n := sameValue(rest)
		group = group[:0]
		for _, o := range rest[:n] {
			if v.in(int(o.unit)) {
				group = append(group, o)
			}
		}
		rest = rest[n:]
		if v.shared || len(group) < 2 {
			flush(group)
			continue
		}
		slices.SortStableFunc(group, func(a, b occurrence) int {
			return strings.Compare(string(v.units[a.unit].party), string(v.units[b.unit].party))
		})
		for first := 0; first < len(group); {
			last := first + 1
			for last < len(group) && v.units[group[last].unit].party == v.units[group[first].unit].party {
				last++
			}
			flush(group[first:last])
			first = last
		}
	}
}
