package g1

import (
	"math/big"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// naive is k*P as gnark-crypto multiplies.
func naive(p *bls.G1Affine, k *fr.Element) (q bls.G1Jac) {
	q.FromAffine(p)
	q.ScalarMultiplication(&q, k.BigInt(new(big.Int)))
	return q
}

func basesFor(t testing.TB, n int) (out []*Base) {
	for i := range n {
		p, err := bls.HashToG1([]byte{byte(i), byte(i >> 8)}, []byte("g1 test"))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, NewBase(p))
	}
	return out
}

// Each way of multiplying agrees with gnark-crypto's, for all scalars on which
// some digit carries.
func TestMultiplications(t *testing.T) {
	tabled := basesFor(t, 2)
	p := tabled[0].Point
	widened, rare, secret, point := NewBase(p), NewRareBase(p), NewSecretBase(p), NewPoint(&p)
	widened.uses.Store(wideOften - 1) // the next use builds the table
	multiples := NewMultiples(&p)
	sum := func(build func(*Sum)) (q bls.G1Jac) {
		var s Sum
		build(&s)
		q.FromAffine(&Evaluate(&s)[0])
		return q
	}
	for _, k := range edges() {
		want := naive(&p, &k)
		for name, got := range map[string]bls.G1Jac{
			"Sum.Times":                sum(func(s *Sum) { s.Times(point, &k) }),
			"Sum.Add, a wide table":    sum(func(s *Sum) { s.Add(widened.Times(k)) }),
			"Sum.Add, a table":         sum(func(s *Sum) { tabled[0].uses.Store(0); s.Add(tabled[0].Times(k)) }),
			"Sum.Add, no table":        sum(func(s *Sum) { s.Add(rare.Times(k)) }),
			"SumProtected":             SumProtected(tabled[0].Times(k)),
			"SumProtected, no table":   SumProtected(rare.Times(k)),
			"SumProtected, the secret": SumProtected(secret.Times(k)),
			"MultiplyProtected":        MultiplyProtected(multiples[0].Times(&k)),
			"MultiplySecretPoint":      MultiplySecretPoint(&p, &k),
		} {
			if !got.Equal(&want) {
				t.Errorf("%s of %v is wrong", name, &k)
			}
		}
	}
	if widened.wide.Load() == nil || tabled[0].wide.Load() != nil || rare.wide.Load() != nil {
		t.Error("the wrong tables were built")
	}
}

// Many terms of all kinds at once, in several sums.
func TestSumsOfManyTerms(t *testing.T) {
	bases := basesFor(t, 150)
	scalars := randoms(len(bases))
	scalars[3].SetZero()
	scalars[len(scalars)-1].SetZero()
	var sums [3]Sum
	var want [3]bls.G1Jac
	var terms []Term
	for i, b := range bases {
		switch i % 6 {
		case 0:
			b = NewRareBase(b.Point)
		case 1:
			if i < 40 {
				b.uses.Store(wideOften - 1)
			}
		}
		at := i % len(sums)
		if i%6 == 2 {
			sums[at].Times(NewPoint(&b.Point), &scalars[i])
		} else {
			sums[at].Add(b.Times(scalars[i]))
		}
		product := naive(&b.Point, &scalars[i])
		want[at].AddAssign(&product)
		terms = append(terms, b.Times(scalars[i]))
	}
	var all bls.G1Jac
	for i, got := range Evaluate(&sums[0], &sums[1], new(Sum), &sums[2]) {
		if i == 2 {
			if !got.IsInfinity() {
				t.Error("the empty sum is not the identity")
			}
			continue
		}
		i -= i / 3
		if !got.Equal(new(bls.G1Affine).FromJacobian(&want[i])) {
			t.Errorf("sum %d is wrong", i)
		}
		all.AddAssign(&want[i])
	}
	if got := SumProtected(terms...); !got.Equal(&all) {
		t.Error("SumProtected is wrong")
	}
}

// Sums that are evaluated together with many others, some of them empty, are
// the same as alone.
func TestManySums(t *testing.T) {
	bases := basesFor(t, 12)
	var points []*Point
	for _, b := range bases {
		points = append(points, NewPoint(&b.Point))
	}
	for _, n := range []int{15, 16, 17, 48} {
		sums, want := make([]*Sum, n), make([]bls.G1Affine, n)
		for i := range sums {
			sums[i] = new(Sum)
			for j, k := range randoms(i % 5) {
				if i%7 == 3 {
					k.SetUint64(uint64(i * j)) // the lists of most digits are empty
				}
				sums[i].Times(points[(i+j)%len(points)], &k)
				if i%3 == 0 {
					sums[i].Add(bases[j].Times(k))
				}
				if i%11 == 4 { // cancels out
					k.Neg(&k)
					sums[i].Times(points[(i+j)%len(points)], &k)
				}
			}
			want[i] = Evaluate(sums[i])[0]
		}
		for i, got := range Evaluate(sums...) {
			if !got.Equal(&want[i]) {
				t.Errorf("sum %d of %d is wrong", i, n)
			}
		}
	}
}

// Terms that meet their like: k*P + k*P, k*P - k*P, and P as a point and as a
// base.
func TestSumsOfTheSamePoint(t *testing.T) {
	base := basesFor(t, 1)[0]
	for _, widened := range []bool{false, true} {
		if widened {
			base.wide.Store(newWideTable(&base.Point))
		}
		point := NewPoint(&base.Point)
		for _, k := range edges()[:40] {
			var minus, twice fr.Element
			minus.Neg(&k)
			twice.Double(&k)
			var zero, two, mixed Sum
			zero.Add(base.Times(k), base.Times(minus))
			two.Add(base.Times(k), base.Times(k))
			mixed.Add(base.Times(k))
			mixed.Times(point, &k)
			got := Evaluate(&zero, &two, &mixed)
			if !got[0].IsInfinity() {
				t.Errorf("k*P - k*P is not the identity for %v", &k)
			}
			product := naive(&base.Point, &twice)
			want := new(bls.G1Affine).FromJacobian(&product)
			if !got[1].Equal(want) || !got[2].Equal(want) {
				t.Errorf("k*P + k*P is not 2k*P for %v", &k)
			}
			if p := SumProtected(base.Times(k), base.Times(minus)); !p.Z.IsZero() {
				t.Errorf("k*P - k*P, protected, is not the identity for %v", &k)
			}
			if p := SumProtected(base.Times(k), base.Times(k)); !p.Equal(&product) {
				t.Errorf("k*P + k*P, protected, is not 2k*P for %v", &k)
			}
		}
	}
}
