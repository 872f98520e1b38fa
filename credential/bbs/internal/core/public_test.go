package core

import (
	"math/big"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// Multiplications by public scalars agree with gnark-crypto's own.
func TestPublicMultiplications(t *testing.T) {
	var k fr.Element
	var p bls.G1Affine
	k.SetUint64(12345)
	p.ScalarMultiplicationBase(k.BigInt(new(big.Int)))
	tables := newPublicTables([]checked{trusted(&p)})
	g := newGenerator(p, true)
	g.wide.table.Store(newWideTable(&p))
	x := new(big.Int).SetUint64(seed)
	scalars := edges()
	for bits := uint(1); bits < 255; bits++ { // digits that carry into each other
		n := new(big.Int).Lsh(big.NewInt(1), bits)
		var e fr.Element
		scalars = append(scalars, *e.SetBigInt(n.Sub(n, big.NewInt(1))))
	}
	for power := 1; power < 4; power++ {
		for d := int64(-2); d <= 2; d++ {
			n := new(big.Int).Exp(x, big.NewInt(int64(power)), nil)
			var e fr.Element
			scalars = append(scalars, *e.SetBigInt(n.Add(n, big.NewInt(d))))
		}
	}
	for _, k := range scalars {
		var want bls.G1Jac
		want.FromAffine(&p)
		want.ScalarMultiplication(&want, k.BigInt(new(big.Int)))
		if got := sumPublic(publicTerm{&tables[0], &k}); !got.Equal(&want) {
			t.Errorf("sumPublic of %v is wrong", &k)
		}
		if got := sumFixedPublic([]fixedTerm{{g, k}}); !got.Equal(&want) {
			t.Errorf("sumFixedPublic of %v is wrong", &k)
		}
	}
	many := RandomScalars(9)
	terms := make([]publicTerm, len(many))
	var sum fr.Element
	for i := range many {
		terms[i] = publicTerm{&tables[0], &many[i]}
		sum.Add(&sum, &many[i])
	}
	got, want := sumPublic(terms...), sumPublic(publicTerm{&tables[0], &sum})
	if !got.Equal(&want) {
		t.Error("the sum of many terms is wrong")
	}
}

func TestPublicPointArithmetic(t *testing.T) {
	_, _, g, _ := bls.Generators()
	var p, want bls.G1Jac
	p.FromAffine(&g)
	for _, step := range []string{"double", "add", "add", "double", "add", "double"} {
		want = p
		if step == "double" {
			double(&p)
			want.DoubleAssign()
		} else {
			addMixed(&p, &g)
			want.AddMixed(&g)
		}
		if !p.Equal(&want) {
			t.Fatal(step, "is wrong")
		}
	}
	var minus bls.G1Affine
	minus.Neg(&g)
	p.FromAffine(&g)
	addMixed(&p, &g)
	if want.FromAffine(&g).DoubleAssign(); !p.Equal(&want) {
		t.Error("P + P is wrong")
	}
	p.FromAffine(&g)
	if addMixed(&p, &minus); !p.Z.IsZero() {
		t.Error("P - P is wrong")
	}
	if double(&p); !p.Z.IsZero() {
		t.Error("twice the identity is wrong")
	}
	if addMixed(&p, &g); !p.Equal(want.FromAffine(&g)) {
		t.Error("the identity and P is wrong")
	}
}

func TestManyFixedPublicTerms(t *testing.T) {
	const n = tabledGenerators + 20
	generators := SHA256.Generators(n - 1)
	terms := make([]fixedTerm, n)
	for i, k := range RandomScalars(n) {
		terms[i] = fixedTerm{newGenerator(generators[i].Point, i%5 > 0), k}
		if i%5 > 1 {
			terms[i].generator.wide.uses.Store(wideOften - 1) // this use builds the table
		}
	}
	terms[7].scalar.SetZero()
	got, want := sumFixedPublic(terms), sumFixed(terms)
	if !got.Equal(&want) {
		t.Error("sumFixedPublic is wrong")
	}
}

// checkPoint and decompress agree with gnark-crypto's decoder on every kind of
// point.
func TestDecompressAgreesWithGnark(t *testing.T) {
	var outside int
	for i := uint64(1); i < 300; i++ {
		var x, y fp.Element
		x.SetUint64(i)
		y.Square(&x).Mul(&y, &x).Add(&y, &four)
		onCurve := y.Sqrt(&y) != nil
		p := bls.G1Affine{X: x, Y: y}
		if i%2 == 0 && onCurve {
			p.ClearCofactor(&p)
		}
		octets := p.Bytes()
		got, err := decompress(octets[:])
		if onCurve != (err == nil) {
			t.Fatalf("x = %d: on the curve %v, decompressed %v", i, onCurve, err)
		}
		if err != nil {
			continue
		}
		c, ok := checkPoint(&got)
		if ok != got.IsInSubGroup() || !got.Equal(&p) {
			t.Fatalf("x = %d: in the subgroup %v, want %v", i, ok, got.IsInSubGroup())
		}
		if !ok {
			outside++
			continue
		}
		var want bls.G1Affine
		want.ScalarMultiplication(&got, new(big.Int).SetUint64(seed))
		var have bls.G1Affine
		if have.FromJacobian(&c.seed); !have.Equal(&want) {
			t.Fatalf("x = %d: X*P is wrong", i)
		}
	}
	if outside == 0 {
		t.Error("no point outside the subgroup was tried")
	}
	var three bls.G1Affine // of order 3
	three.Y.SetUint64(2)
	if _, ok := checkPoint(&three); ok {
		t.Error("a point of order 3 is in the subgroup")
	}
}
