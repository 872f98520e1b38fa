package engine

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
)

// The bounds of R-EXP-03, as the linker of package exposure has them.
const (
	support       = 3    // training people whose visits a column has to join
	maxCollisions = 0.01 // other people who share a person's value, expected
	maxSharing    = 0.05 // of training people, above which it is a class of people
	rare          = 3    // most people with a value that foretells a wrong join
	blockFactor   = 4    // a value may stand in so many times the units that any training person's does
)

// A Verdict is what one half of the people taught about a column, for a view.
// It counts for the other half.
type Verdict struct {
	Admitted   [2]bool // by the half that is scored
	Joined     [2]int  // training people with units joined by a value of their own, up to support
	Collisions [2]int  // pairs of training people with a rare value in common
	Sharing    [2]int  // training people with a value that others have too, but not most
	Block      [2]int  // units that the value of one training person stands in, at most
	Again      int64   // times a value came again in units that it joined
}

// String says why a column may join or may not.
func (v Verdict) String() string {
	return fmt.Sprintf("admitted %v, joined %v, collisions %v, sharing %v, block %v", v.Admitted, v.Joined, v.Collisions, v.Sharing, v.Block)
}

type run struct {
	units  *Units
	views  []View
	seed   uint64
	person []uint32 // by unit
	half   []uint8  // by person
	active [2]int   // people by half
	sets   []sets   // by view
	sorter sorter
	buffer []Entry
}

func newRun(u *Units, views []View, seed uint64) *run {
	r := &run{units: u, views: views, seed: seed, person: make([]uint32, u.Len()), half: make([]uint8, u.People())}
	for p := range u.People() {
		r.half[p] = Half(seed, p)
		r.active[r.half[p]]++
		for i := u.First[p]; i < u.First[p+1]; i++ {
			r.person[i] = uint32(p)
		}
	}
	for range views {
		r.sets = append(r.sets, newSets(u.Len()))
	}
	return r
}

// Half says in which of the two halves of the people a person is.
func Half(seed uint64, person int) uint8 { return uint8(Mix(seed^0x68616c66, uint64(person)) & 1) }

// Mix hashes two words into one (the finalizer of SplitMix64, twice).
func Mix(a, b uint64) uint64 { return mix(mix(a+0x9e3779b97f4a7c15) ^ b) }

func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// column fills and sorts a column. It is good until the next.
func (r *run) column(d Data, c int) []Entry {
	parts := runtime.GOMAXPROCS(0)
	filled := make([][]Entry, parts)
	var wait sync.WaitGroup
	people := r.units.People()
	for i := range parts {
		wait.Go(func() {
			filled[i] = d.Fill(c, people*i/parts, people*(i+1)/parts, nil)
			for j := range filled[i] {
				e := &filled[i][j]
				e.party, e.platform, e.half = r.units.Party[e.Unit], r.units.Platform[e.Unit], r.half[r.person[e.Unit]]
			}
		})
	}
	wait.Wait()
	r.buffer = r.buffer[:0]
	for i := range filled {
		r.buffer = append(r.buffer, filled[i]...)
		filled[i] = nil
	}
	r.sorter.sort(r.buffer)
	return r.buffer
}

// each calls f with the numbers below n, on all cores.
func each(n int, f func(int)) {
	var wait sync.WaitGroup
	next := make(chan int, n)
	for i := range n {
		next <- i
	}
	close(next)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	wait.Wait()
}

// learn looks at the values of each half, and judges for the other.
func (r *run) learn(sorted []Entry, view *View) Verdict {
	var v Verdict
	var joined [2][]uint32
	var bits [2][]uint64
	var owners [2][]uint32
	var last [2]uint32
	var in [2]int
	groups(sorted, func(g []Entry) {
		in = [2]int{}
		owners[0], owners[1] = owners[0][:0], owners[1][:0]
		for i := range g {
			if !view.has(g[i].party, g[i].platform) {
				continue
			}
			h, p := g[i].half, r.person[g[i].Unit]
			in[h]++
			if n := len(owners[h]); n == 0 || last[h] != p {
				owners[h] = append(owners[h], p)
				last[h] = p
			}
		}
		for h := range 2 {
			n := len(owners[h])
			switch {
			case n == 1 && in[h] > 1:
				v.Block[1-h] = max(v.Block[1-h], in[h])
				if len(joined[h]) < support && !slices.Contains(joined[h], owners[h][0]) {
					joined[h] = append(joined[h], owners[h][0])
				}
			case n > 1:
				if n <= rare {
					v.Collisions[1-h] += n * (n - 1) / 2
				}
				if 2*n <= r.active[h] { // else it is how messages look
					if bits[h] == nil {
						bits[h] = make([]uint64, len(r.half)/64+1)
					}
					for _, p := range owners[h] {
						bits[h][p/64] |= 1 << (p % 64)
					}
				}
			}
		}
	})
	for h := range 2 {
		scored := 1 - h
		v.Joined[scored] = len(joined[h])
		v.Sharing[scored] = population(bits[h])
		n := float64(r.active[h])
		expected := float64(v.Collisions[scored]) / math.Max(n*(n-1)/2, 1) * float64(len(r.half))
		v.Admitted[scored] = v.Joined[scored] >= support && expected <= maxCollisions && float64(v.Sharing[scored]) <= maxSharing*n
	}
	return v
}
