package rangeproof

import (
	"math/rand/v2"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/timing"
)

func TestTimingDoesNotTellSecretsApart(t *testing.T) {
	timing.Asked(t)
	const (
		lower = 1000
		count = 1 << 16
	)
	random := func() uint64 { return lower + rand.Uint64N(count) }
	either := func(fixed bool, constant, other uint64) uint64 {
		if fixed {
			return constant
		}
		return other
	}
	proving := func(c Construction, constant uint64) func(bool) func() {
		return func(fixed bool) func() {
			s, o := committed(t, scalar(either(fixed, constant, random())), lower, lower+count)
			return func() { c.Prove(s, o, nil) }
		}
	}
	timing.Control(t, "control", 2000, func(fixed bool) func() {
		k := fresh()
		if fixed {
			k = fr.One()
		}
		return func() { times(&testBases.g.Point, &k) }
	})
	timing.Test(t, "digits", 20000, func(fixed bool) func() {
		s := &Statement{lower: lower, upper: lower + count, weights: weights(count)}
		m := scalar(either(fixed, lower, random()))
		return func() { s.digits(&m) }
	})
	timing.Test(t, "vector-range, all digits 0", 4000, proving(VectorRange, lower))
	timing.Test(t, "vector-range, all digits 1", 4000, proving(VectorRange, lower+count-1))
	timing.Test(t, "sigma-range, all digits 0", 1000, proving(SigmaRange, lower))
	timing.Test(t, "sigma-range, all digits 1", 1000, proving(SigmaRange, lower+count-1))
	timing.Test(t, "vector-range, blinding", 4000, func(fixed bool) func() {
		o := &Opening{scalar(random()), fresh()}
		if fixed {
			o.Blinding = fr.One()
		}
		s, err := NewStatement(testBases, affine(testBases.commit(o, fresh)), lower, lower+count)
		if err != nil {
			t.Fatal(err)
		}
		return func() { VectorRange.Prove(s, o, nil) }
	})
}
