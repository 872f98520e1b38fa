package g1

import (
	"math/big"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

var lambda = new(big.Int).SetUint64(lambda1)

func init() { lambda.Lsh(lambda, 64).Or(lambda, new(big.Int).SetUint64(lambda0)) }

// edges are scalars where some arithmetic on scalars carries, and random ones.
func edges() []fr.Element {
	var out []fr.Element
	around := func(n *big.Int) {
		for d := int64(-3); d <= 3; d++ {
			var k fr.Element
			out = append(out, *k.SetBigInt(new(big.Int).Add(n, big.NewInt(d))))
		}
	}
	for _, n := range []*big.Int{new(big.Int), lambda, new(big.Int).Lsh(lambda, 1), new(big.Int).Lsh(lambda, 126), fr.Modulus()} {
		around(n)
	}
	x := new(big.Int).SetUint64(seed)
	for power := int64(1); power < 4; power++ {
		around(new(big.Int).Exp(x, big.NewInt(power), nil))
	}
	for shift := range uint(255) {
		n := new(big.Int).Lsh(big.NewInt(1), shift)
		for range 2 {
			var k fr.Element
			out = append(out, *k.SetBigInt(n))
			n.Sub(n, big.NewInt(1))
		}
	}
	return append(out, randoms(100)...)
}

func randoms(n int) []fr.Element {
	out := make([]fr.Element, n)
	for i := range out {
		out[i].MustSetRandom()
	}
	return out
}

func wide(words ...uint64) *big.Int {
	n := new(big.Int)
	for i := len(words) - 1; i >= 0; i-- {
		n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(words[i]))
	}
	return n
}

func TestHalvesAreOddShortAndAddUp(t *testing.T) {
	for _, k := range edges() {
		h := halve(&k)
		a, b := wide(h[0][:]...), wide(h[1][:]...)
		for _, half := range []*big.Int{a, b} {
			if half.Bit(0) != 1 || half.BitLen() > halfBits {
				t.Fatalf("halves of %v: %v, %v", &k, a, b)
			}
		}
		var back fr.Element
		back.SetBigInt(a.Add(a, b.Mul(b, lambda)))
		if !back.Equal(&k) {
			t.Fatalf("halves of %v add up to %v", &k, &back)
		}
	}
}

func TestDigitsAddUp(t *testing.T) {
	for _, k := range edges() {
		for _, half := range halve(&k) {
			for _, w := range []int{4, window, tableWindow} {
				n := (halfBits + w - 1) / w
				got := new(big.Int)
				for i := n - 1; i >= 0; i-- {
					index, negative := digit(&half, i, n, w)
					if index < 0 || index >= 1<<(w-1) {
						t.Fatalf("digit index %d at width %d", index, w)
					}
					got.Lsh(got, uint(w))
					got.Add(got, big.NewInt(int64(2*index+1)*int64(1-2*negative)))
				}
				if got.Cmp(wide(half[:]...)) != 0 {
					t.Fatalf("digits of width %d of %v add up to %v", w, wide(half[:]...), got)
				}
			}
		}
	}
}

func TestSeedDigitsAddUp(t *testing.T) {
	x := new(big.Int).SetUint64(seed)
	for _, k := range edges() {
		got := new(big.Int)
		d := digitsOfSeed(&k)
		for i := 3; i >= 0; i-- {
			if d[i] >= seed {
				t.Fatalf("digit %d of %v is %d", i, &k, d[i])
			}
			got.Mul(got, x).Add(got, wide(d[i]))
		}
		if want := k.BigInt(new(big.Int)); got.Cmp(want) != 0 {
			t.Fatalf("digits of %v add up to %v", want, got)
		}
		h := seedHalves(&k)
		got.Mul(wide(h[1][:]...), x)
		got.Mul(got, x).Add(got, wide(h[0][:]...))
		if want := k.BigInt(new(big.Int)); got.Cmp(want) != 0 {
			t.Fatalf("halves of %v add up to %v", want, got)
		}
	}
}

func TestShares(t *testing.T) {
	k := randoms(1)[0]
	u, v := Shares(&k)
	again, _ := Shares(&k)
	if u.Equal(&again) {
		t.Error("a share repeats")
	}
	if !u.Add(&u, &v).Equal(&k) {
		t.Error("shares do not add up")
	}
}
