package engine

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// A sorter sorts entries by value, keeping the order of equal ones. It takes
// the values apart by their highest byte first, into parts that fit a cache
// each, and these by the other bytes from the lowest.
type sorter struct {
	spare []Entry
}

func (s *sorter) sort(entries []Entry) {
	if len(s.spare) < len(entries) {
		s.spare = make([]Entry, len(entries)+len(entries)/8)
	}
	spare := s.spare[:len(entries)]
	var at [257]int
	for i := range entries {
		at[entries[i].Value>>56+1]++
	}
	for b := range 256 {
		at[b+1] += at[b]
	}
	next := at
	for _, e := range entries {
		b := e.Value >> 56
		spare[next[b]] = e
		next[b]++
	}
	var part atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for b := int(part.Add(1)) - 1; b < 256; b = int(part.Add(1)) - 1 {
				lowBytes(spare[at[b]:at[b+1]], entries[at[b]:at[b+1]])
			}
		})
	}
	wait.Wait()
}

// lowBytes sorts from by the lower seven bytes of the values into to.
func lowBytes(from, to []Entry) {
	if len(from) < 24 {
		copy(to, from)
		for i := 1; i < len(to); i++ {
			for j := i; j > 0 && to[j].Value < to[j-1].Value; j-- {
				to[j], to[j-1] = to[j-1], to[j]
			}
		}
		return
	}
	var counts [7][256]int
	for i := range from {
		v := from[i].Value
		for b := range counts {
			counts[b][byte(v>>(8*b))]++
		}
	}
	a, b := from, to
	for d := range counts {
		shift := 8 * d
		if counts[d][byte(from[0].Value>>shift)] == len(from) {
			continue // all alike here
		}
		n := 0
		for i, c := range counts[d] {
			counts[d][i] = n
			n += c
		}
		for _, e := range a {
			at := &counts[d][byte(e.Value>>shift)]
			b[*at] = e
			*at++
		}
		a, b = b, a
	}
	if len(a) > 0 && &a[0] != &to[0] {
		copy(to, a)
	}
}

// groups calls f with the entries of each value that stands in two or more
// units.
func groups(sorted []Entry, f func([]Entry)) {
	for i := 0; i < len(sorted); {
		j := i + 1
		for j < len(sorted) && sorted[j].Value == sorted[i].Value {
			j++
		}
		if sorted[i].Unit != sorted[j-1].Unit {
			f(sorted[i:j])
		}
		i = j
	}
}
