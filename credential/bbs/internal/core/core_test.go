package core

import (
	"encoding/hex"
	"math/big"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

var lambda = new(big.Int).SetUint64(lambda1)

func init() { lambda.Lsh(lambda, 64).Or(lambda, new(big.Int).SetUint64(lambda0)) }

// edges are scalars where the arithmetic of halving carries, and random ones.
func edges() []fr.Element {
	var out []fr.Element
	r := fr.Modulus()
	for _, n := range []*big.Int{new(big.Int), lambda, new(big.Int).Lsh(lambda, 1), new(big.Int).Lsh(lambda, 126), r} {
		for d := int64(-3); d <= 3; d++ {
			var k fr.Element
			k.SetBigInt(new(big.Int).Add(n, big.NewInt(d)))
			out = append(out, k)
		}
	}
	for shift := range uint(255) {
		var k fr.Element
		k.SetBigInt(new(big.Int).Lsh(big.NewInt(1), shift))
		out = append(out, k)
	}
	return append(out, RandomScalars(500)...)
}

func wide(h [3]uint64) *big.Int {
	n := new(big.Int)
	for i := 2; i >= 0; i-- {
		n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(h[i]))
	}
	return n
}

func TestHalvesAreOddShortAndAddUp(t *testing.T) {
	for _, k := range edges() {
		h := halve(&k)
		a, b := wide(h[0]), wide(h[1])
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
			for _, w := range []int{4, window, fixedWindow} {
				n := (halfBits + w - 1) / w
				got := new(big.Int)
				for i := n - 1; i >= 0; i-- {
					index, negative := digit(&half, i, n, w)
					if index < 0 || index >= 1<<(w-1) {
						t.Fatalf("digit index %d at width %d", index, w)
					}
					got.Lsh(got, uint(w))
					d := big.NewInt(int64(2*index+1) * int64(1-2*negative))
					got.Add(got, d)
				}
				if got.Cmp(wide(half)) != 0 {
					t.Fatalf("digits of width %d of %v add up to %v", w, wide(half), got)
				}
			}
		}
	}
}

func TestReduceIsModuloR(t *testing.T) {
	for _, octet := range []byte{0, 1, 0x7f, 0xff} {
		octets := make([]byte, expandLength)
		for i := range octets {
			octets[i] = octet
		}
		var want fr.Element
		want.SetBigInt(new(big.Int).SetBytes(octets))
		if got := reduce(octets); !got.Equal(&want) {
			t.Errorf("%x: %v, want %v", octets, &got, &want)
		}
	}
}

// The multiplications agree with gnark-crypto's own.
func TestMultiplications(t *testing.T) {
	_, _, p, _ := bls.Generators()
	g := newGenerator(p, true)
	untabled := newGenerator(p, false)
	m := newMultiples(&p)
	for _, k := range edges()[:60] {
		var n big.Int
		var want bls.G1Jac
		want.ScalarMultiplicationBase(k.BigInt(&n))
		for name, got := range map[string]bls.G1Jac{
			"sum":                 sum(term{&m[0], &k}),
			"sumFixed":            sumFixed([]fixedTerm{{g, k}}),
			"sumFixed, no table":  sumFixed([]fixedTerm{{untabled, k}}),
			"multiplySecretPoint": multiplySecretPoint(&p, &k),
		} {
			if !got.Equal(&want) {
				t.Errorf("%s of %v is wrong", name, &k)
			}
		}
	}
}

func TestSumsOfManyTerms(t *testing.T) {
	const n = tabledGenerators + 70 // beyond the tables, in two chunks
	generators := SHA256.Generators(n - 1)
	scalars := RandomScalars(n)
	scalars[3].SetZero()
	scalars[n-1].SetZero()
	var want bls.G1Jac
	terms := make([]fixedTerm, n)
	for i, g := range generators {
		var k big.Int
		var p bls.G1Jac
		p.FromAffine(&g.Point)
		p.ScalarMultiplication(&p, scalars[i].BigInt(&k))
		want.AddAssign(&p)
		terms[i] = fixedTerm{g, scalars[i]}
	}
	if got := sumFixed(terms); !got.Equal(&want) {
		t.Error("sumFixed is wrong")
	}
	// The same point twice, and a sum that is the identity.
	k := randomScalar()
	var minus fr.Element
	minus.Neg(&k)
	if got := sumFixed([]fixedTerm{{generators[0], k}, {generators[0], minus}}); !got.Z.IsZero() {
		t.Error("k*P - k*P is not the identity")
	}
	var twice, double fr.Element
	twice.Double(&k)
	double = k
	got, wantTwice := sumFixed([]fixedTerm{{generators[0], k}, {generators[0], double}}), sumFixed([]fixedTerm{{generators[0], twice}})
	if !got.Equal(&wantTwice) {
		t.Error("k*P + k*P is not 2k*P")
	}
}

func TestInvertBlinded(t *testing.T) {
	k := randomScalar()
	inverse := invertBlinded(&k)
	if !inverse.Mul(&inverse, &k).IsOne() {
		t.Error("k * 1/k is not 1")
	}
}

// P1 is a constant of each ciphersuite, printed in section 7.2 of the draft.
func TestP1(t *testing.T) {
	for s, want := range map[*Suite]string{
		SHA256:   "a8ce256102840821a3e94ea9025e4662b205762f9776b3a766c872b948f1fd225e7c59698588e70d11406d161b4e28c9",
		SHAKE256: "8929dfbc7e6642c4ed9cba0856e493f8b9d7d5fcb0c31ef8fdcd34d50648a56c795e106e9eada6e0bda386b414150755",
	} {
		if got := hex.EncodeToString(s.P1().Encoded[:]); got != want {
			t.Errorf("%s: P1 is %s", s.Name, got)
		}
	}
}

func TestHashToCurveAgreesWithGnark(t *testing.T) {
	for _, message := range []string{"", "abc", "a longer message"} {
		want, err := bls.HashToG1([]byte(message), []byte("a dst"))
		if err != nil {
			t.Fatal(err)
		}
		if got := SHA256.hashToG1([]byte(message), []byte("a dst")); !got.Equal(&want) {
			t.Errorf("%q hashes to another point", message)
		}
	}
}

func TestGeneratorsExtendEachOther(t *testing.T) {
	s := newSuite("test", SHA256.ID, expandXMD)
	short := s.Generators(2)
	long := s.Generators(5)
	want := SHA256.Generators(5)
	seen := map[[PointLength]byte]bool{s.P1().Encoded: true}
	for i := range long {
		if i < len(short) && short[i] != long[i] {
			t.Errorf("generator %d was made twice", i)
		}
		if long[i].Encoded != want[i].Encoded {
			t.Errorf("generator %d depends on the order of requests", i)
		}
		if seen[long[i].Encoded] {
			t.Errorf("generator %d repeats", i)
		}
		seen[long[i].Encoded] = true
	}
}

func TestExpandRefuses(t *testing.T) {
	long := make([]byte, 256)
	for name, err := range map[string]error{
		"xmd, a long dst":      second(expandXMD(nil, long, 32)),
		"xmd, a long output":   second(expandXMD(nil, nil, 255*32+1)),
		"xof, a long dst":      second(expandXOF(nil, long, 32)),
		"xof, a long output":   second(expandXOF(nil, nil, 65536)),
		"too many scalars":     secondScalars(SHA256.SeededScalars(nil, nil, 171)),
		"a negative count":     secondScalars(SHA256.SeededScalars(nil, nil, -1)),
		"too many for SHAKE":   secondScalars(SHAKE256.SeededScalars(nil, nil, 1366)),
		"a long dst of a seed": secondScalars(SHAKE256.SeededScalars(nil, long, 1)),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func second(_ []byte, err error) error              { return err }
func secondScalars(_ []fr.Element, err error) error { return err }
