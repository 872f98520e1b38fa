package metrics

import (
	"math/bits"
	"math/rand/v2"
)

// Platforms is a set of up to 128 platforms.
type Platforms [2]uint64

// Add puts a platform in.
func (p *Platforms) Add(platform int) { p[platform/64] |= 1 << (platform % 64) }

// Count says how many there are.
func (p Platforms) Count() int { return bits.OnesCount64(p[0]) + bits.OnesCount64(p[1]) }

// holds reports whether all of q are in p.
func (p Platforms) holds(q Platforms) bool { return p[0]&q[0] == q[0] && p[1]&q[1] == q[1] }

// draw takes k of the platforms at random.
func (p Platforms) draw(k int, r *rand.Rand) (q Platforms) {
	var all []int
	for i := range 128 {
		if p[i/64]&(1<<(i%64)) != 0 {
			all = append(all, i)
		}
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, i := range all[:k] {
		q.Add(i)
	}
	return q
}

// Unicity is the share of persons whom k of their platforms, drawn at random,
// tell from everybody else (de Montjoye and others 2013), measured on a sample
// of the persons with at least k.
func Unicity(platforms []Platforms, k, sample int, seed uint64) Estimate {
	var able []int
	for i, p := range platforms {
		if p.Count() >= k {
			able = append(able, i)
		}
	}
	r := rand.New(rand.NewPCG(seed, 0x756e6963))
	r.Shuffle(len(able), func(i, j int) { able[i], able[j] = able[j], able[i] })
	able = able[:min(len(able), sample)]
	unique := 0
	for _, i := range able {
		known, alike := platforms[i].draw(k, r), 0
		for _, p := range platforms {
			if p.holds(known) {
				if alike++; alike > 1 {
					break
				}
			}
		}
		if alike == 1 {
			unique++
		}
	}
	return Wilson(unique, len(able))
}
