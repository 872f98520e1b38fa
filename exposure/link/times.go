package link

import (
	"cmp"
	"slices"
)

// nearby is how many seconds around an instant others are counted.
const nearby = 60

// An instant is when something of a person's happened.
type instant struct {
	at     int64
	person uint32
}

// coincidences estimates how many pairs of people have an instant in common by
// chance: from those who are near one another, which are many more than those
// who coincide. Instants of more than a few people are set aside: as values
// they join nobody.
func coincidences(list []instant) float64 {
	slices.SortFunc(list, func(a, b instant) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.person, b.person)) })
	list = slices.Compact(list)
	kept := list[:0]
	for rest := list; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].at == rest[0].at {
			n++
		}
		if n <= rare {
			kept = append(kept, rest[:n]...)
		}
		rest = rest[n:]
	}
	near := within60(kept, func(a, b instant) bool { return true })
	slices.SortFunc(kept, func(a, b instant) int { return cmp.Or(cmp.Compare(a.person, b.person), cmp.Compare(a.at, b.at)) })
	own := within60(kept, func(a, b instant) bool { return a.person == b.person })
	return float64(near-own) / nearby
}

// within60 counts the pairs that are later by one second to nearby; list is in
// the order of instants within the runs that comparable makes of it.
func within60(list []instant, comparable func(a, b instant) bool) (n int) {
	first, last := 0, 0 // of those after list[i] in the window
	for i, x := range list {
		first, last = max(first, i), max(last, i)
		for first < len(list) && comparable(x, list[first]) && list[first].at <= x.at {
			first++
		}
		last = max(last, first)
		for last < len(list) && comparable(x, list[last]) && list[last].at <= x.at+nearby {
			last++
		}
		n += last - first
	}
	return n
}

// chance gives, by path of times, how many pairs of training people are
// expected to have one in common.
func (t *Table) chance(v View, truth Truth) map[uint32]float64 {
	byPath := make(map[uint32][]instant)
	for _, n := range t.Numbers {
		if k := t.Paths[n.Path].Kind; v.In[n.Unit] && (k == Time || k == Contact) {
			byPath[n.Path] = append(byPath[n.Path], instant{n.Value, truth.Person[n.Unit]})
		}
	}
	pairs := make(map[uint32]float64)
	for path, list := range byPath {
		pairs[path] = coincidences(list)
	}
	return pairs
}
