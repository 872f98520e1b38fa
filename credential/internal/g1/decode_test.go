package g1

import (
	"bytes"
	"math/big"
	"slices"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

// Decode agrees with gnark-crypto's decoder on every kind of point, and keeps
// the multiples that it says.
func TestDecodeAgreesWithGnark(t *testing.T) {
	var inside, outside int
	for i := uint64(1); i < 200; i++ {
		var x, y fp.Element
		x.SetUint64(i)
		y.Square(&x).Mul(&y, &x).Add(&y, &four)
		onCurve := y.Sqrt(&y) != nil
		p := bls.G1Affine{X: x, Y: y}
		if i%2 == 0 && onCurve {
			p.ClearCofactor(&p)
		}
		octets := p.Bytes()
		var want bls.G1Affine
		_, wrong := want.SetBytes(octets[:])
		got, err := Decode(octets[:])
		if (wrong == nil) != (err == nil) {
			t.Fatalf("x = %d: %v, want %v", i, err, wrong)
		}
		if err != nil {
			if onCurve {
				outside++
			}
			continue
		}
		inside++
		if !got[0].Affine.Equal(&want) {
			t.Fatalf("x = %d: another point", i)
		}
		power := big.NewInt(1)
		for j := range steps {
			for k, factor := range []uint64{1, seed} {
				var n big.Int
				want.ScalarMultiplication(&p, n.Mul(power, n.SetUint64(factor)))
				if !got[0].multiples[k*steps+j].Equal(&want) {
					t.Fatalf("x = %d: multiple %d of %d is wrong", i, j, factor)
				}
			}
			power.Lsh(power, stepBits)
		}
	}
	if inside == 0 || outside == 0 {
		t.Errorf("%d points inside the subgroup and %d outside were tried", inside, outside)
	}
}

func TestDecodeRefuses(t *testing.T) {
	_, _, g, _ := bls.Generators()
	good := g.Bytes()
	change := func(f func(b []byte)) []byte {
		b := slices.Clone(good[:])
		f(b)
		return b
	}
	three := bls.G1Affine{} // of order 3
	three.Y.SetUint64(2)
	small := three.Bytes()
	for name, octets := range map[string][]byte{
		"an octet too few":               good[1:],
		"an octet too many":              append(slices.Clone(good[:]), 0),
		"not compressed":                 change(func(b []byte) { b[0] &^= 0x80 }),
		"the identity":                   change(func(b []byte) { clear(b); b[0] = 0xc0 }),
		"the identity, with a sign":      change(func(b []byte) { clear(b); b[0] = 0xe0 }),
		"the identity, not zero":         change(func(b []byte) { clear(b); b[0], b[47] = 0xc0, 1 }),
		"x of the modulus":               change(func(b []byte) { copy(b, fp.Modulus().Bytes()); b[0] |= 0x80 }),
		"x above the modulus":            change(func(b []byte) { copy(b, bytes.Repeat([]byte{0xff}, 48)); b[0] = 0x9f }),
		"x of no point":                  change(func(b []byte) { clear(b); b[0], b[47] = 0x80, 1 }),
		"a point of order 3":             small[:],
		"a good point and a bad one":     append(slices.Clone(good[:]), small[:]...),
		"a bad point and a good one":     append(slices.Clone(small[:]), good[:]...),
		"two good ones and the identity": append(append(slices.Clone(good[:]), good[:]...), change(func(b []byte) { clear(b); b[0] = 0xc0 })...),
	} {
		if points, err := Decode(octets); err == nil || points != nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if points, err := Decode(append(slices.Clone(good[:]), good[:]...)); err != nil || len(points) != 2 {
		t.Errorf("two good points: %v", err)
	}
	if points, err := Decode(nil); err != nil || len(points) != 0 {
		t.Errorf("no points: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	_, _, g, _ := bls.Generators()
	good := g.Bytes()
	f.Add(good[:])
	f.Add(append(good[:], good[:]...))
	f.Fuzz(func(t *testing.T, octets []byte) {
		if len(octets) > 4*PointLength {
			return
		}
		points, err := Decode(octets)
		if err != nil {
			return
		}
		var again []byte
		for _, p := range points {
			b := p.Affine.Bytes()
			again = append(again, b[:]...)
			if !p.Affine.IsInSubGroup() || p.Affine.IsInfinity() {
				t.Error("a point outside the group, or the identity")
			}
		}
		if !bytes.Equal(again, octets) {
			t.Errorf("%x decodes and encodes to %x", octets, again)
		}
	})
}
