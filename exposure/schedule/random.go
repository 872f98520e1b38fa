package schedule

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strconv"
	"sync"
)

// A stream is the randomness of one purpose of one person: a pure function
// of the two and the seed.
type stream struct {
	*rand.Rand
	source *rand.PCG
	label  []byte
}

var streams = sync.Pool{New: func() any {
	source := new(rand.PCG)
	return &stream{Rand: rand.New(source), source: source}
}}

// random gives a stream, which is to be put back.
func random(seed uint64, purpose string, person int) *stream {
	s := streams.Get().(*stream)
	s.label = append(s.label[:0], "halfmask schedule 1\x00"...)
	s.label = append(strconv.AppendUint(s.label, seed, 10), 0)
	s.label = append(append(s.label, purpose...), 0)
	s.label = strconv.AppendInt(s.label, int64(person), 10)
	sum := sha256.Sum256(s.label)
	s.source.Seed(binary.LittleEndian.Uint64(sum[0:]), binary.LittleEndian.Uint64(sum[8:]))
	return s
}

func (s *stream) put() { streams.Put(s) }

// Random gives the randomness of a purpose of a person, for choices beside
// those of this package. Its own purposes are "person", "household",
// "platforms" and "logins".
func Random(seed uint64, purpose string, person int) *rand.Rand {
	return random(seed, purpose, person).Rand
}

// poisson draws a number whose mean is m, given exp(-m).
func poisson(r *rand.Rand, none float64) (n int) {
	for p := r.Float64(); p > none; p *= r.Float64() {
		n++
	}
	return n
}

// rate draws how often a person logs in on a day.
func (h Habits) rate(r *rand.Rand) float64 {
	perDay := h.MeanLogins / float64(h.Days)
	return min(maxRate, perDay*math.Exp(h.Spread*r.NormFloat64()-h.Spread*h.Spread/2))
}
