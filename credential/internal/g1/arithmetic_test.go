package g1

import (
	"slices"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

// Field and point arithmetic agree with gnark-crypto's.

func TestFieldArithmetic(t *testing.T) {
	var elements []fp.Element
	for _, n := range []int64{-2, -1, 0, 1, 2} {
		var e fp.Element
		elements = append(elements, *e.SetInt64(n))
	}
	for range 50 {
		var e fp.Element
		elements = append(elements, *e.MustSetRandom())
	}
	// As they lie in memory.
	elements = append(elements, fp.Element{q0 - 1, q1, q2, q3, q4, q5}, fp.Element{5: q5}, fp.Element{1}, fp.Element{1: 1})
	for _, x := range elements {
		var got, want fp.Element
		want = x
		want.Halve()
		if half(&got, &x); got != want {
			t.Errorf("%v / 2 = %v", &x, &got)
		}
		if negateIf(&got, &x, 0); got != x {
			t.Errorf("%v taken once is %v", &x, &got)
		}
		if negateIf(&got, &x, 1); !x.IsZero() && got != *want.Neg(&x) {
			t.Errorf("-%v is %v", &x, &got)
		}
		for _, y := range elements {
			if add(&got, &x, &y); got != *want.Add(&x, &y) {
				t.Errorf("%v + %v = %v", &x, &y, &got)
			}
			if sub(&got, &x, &y); got != *want.Sub(&x, &y) {
				t.Errorf("%v - %v = %v", &x, &y, &got)
			}
		}
	}
}

// jacobians are points that have each other's multiples and negatives among
// them, and the identity, with various Z.
func jacobians() []bls.G1Jac {
	_, _, g, _ := bls.Generators()
	var p bls.G1Jac
	p.FromAffine(&g)
	out := []bls.G1Jac{{}, p}
	for range 4 {
		p.DoubleAssign()
		out = append(out, p)
		q := p
		q.AddMixed(&g)
		out = append(out, q)
		var a bls.G1Affine
		q.FromAffine(a.FromJacobian(&q))
		out = append(out, q)
	}
	for _, p := range out {
		out = append(out, *p.Neg(&p))
	}
	return out
}

func TestPointArithmetic(t *testing.T) {
	for i, p := range jacobians() {
		got, want := p, p
		if double(&got); !got.Equal(want.DoubleAssign()) {
			t.Errorf("twice point %d is wrong", i)
		}
		for j, q := range jacobians() {
			got, want = p, p
			if addJacobian(&got, &q); !got.Equal(want.AddAssign(&q)) {
				t.Errorf("point %d and point %d is wrong", i, j)
			}
			if q.Z.IsZero() {
				continue
			}
			var a bls.G1Affine
			a.FromJacobian(&q)
			got, want = p, p
			if addMixed(&got, &a); !got.Equal(want.AddMixed(&a)) {
				t.Errorf("point %d and affine point %d is wrong", i, j)
			}
		}
	}
}

func TestNormalize(t *testing.T) {
	for _, list := range [][]bls.G1Jac{nil, {{}}, jacobians()} {
		got := Normalize(list...)
		if len(got) != len(list) {
			t.Fatalf("%d points of %d", len(got), len(list))
		}
		for i := range got {
			var want bls.G1Affine
			if want.FromJacobian(&list[i]); !got[i].Equal(&want) {
				t.Errorf("point %d of %d is wrong", i, len(list))
			}
		}
	}
}

// Lists of all lengths, with pairs that are equal and pairs that are opposite,
// so that whole lists cancel out.
func TestReduce(t *testing.T) {
	_, _, g, _ := bls.Generators()
	var minus bls.G1Affine
	minus.Neg(&g)
	several := make([]bls.G1Affine, 0, 300)
	for i, p := range basesFor(t, 300) {
		several = append(several, p.Point)
		if i%7 == 3 {
			several[i] = several[i/2]
		}
		if i%7 == 5 {
			several[i].Neg(&several[i/3])
		}
	}
	for _, kind := range []struct {
		name string
		at   func(i int) bls.G1Affine
	}{
		{"equal points", func(int) bls.G1Affine { return g }},
		{"opposite points in turn", func(i int) bls.G1Affine { return []bls.G1Affine{g, minus}[i%2] }},
		{"opposite halves", func(i int) bls.G1Affine { return []bls.G1Affine{g, minus}[i/16%2] }},
		{"several", func(i int) bls.G1Affine { return several[i] }},
	} {
		var lists [][]bls.G1Affine
		for n := range 70 {
			lists = append(lists, make([]bls.G1Affine, n))
		}
		lists = append(lists, make([]bls.G1Affine, 300))
		want := make([]bls.G1Jac, len(lists))
		for i, list := range lists {
			for j := range list {
				list[j] = kind.at(j)
				want[i].AddMixed(&list[j])
			}
		}
		lists = append(lists, slices.Clone(lists[64]))
		want = append(want, want[64])
		reduce(lists, new(workspace))
		for i, list := range lists {
			var got bls.G1Jac
			for j := range list {
				if list[j].IsInfinity() {
					t.Fatalf("%s: the identity is left in list %d", kind.name, i)
				}
				got.AddMixed(&list[j])
			}
			if !got.Equal(&want[i]) {
				t.Errorf("%s: the sum of list %d is wrong", kind.name, i)
			}
		}
	}
}
