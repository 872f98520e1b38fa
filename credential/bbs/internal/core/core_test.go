package core

import (
	"encoding/hex"
	"math/big"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

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
