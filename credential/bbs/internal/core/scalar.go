package core

import (
	"crypto/rand"
	"encoding/binary"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// reduce is OS2IP(octets) mod r for 48 octets, without a division whose time
// depends on them: hi*2^192 + lo, each half below r.
func reduce(octets []byte) fr.Element {
	var wide [32]byte
	var hi, lo fr.Element
	copy(wide[8:], octets[:24])
	mustCanonical(&hi, wide[:])
	copy(wide[8:], octets[24:48])
	mustCanonical(&lo, wide[:])
	hi.Mul(&hi, &twoTo192)
	return *hi.Add(&hi, &lo)
}

var twoTo192 = func() (e fr.Element) {
	e.SetOne()
	for range 192 {
		e.Double(&e)
	}
	return e
}()

func mustCanonical(e *fr.Element, octets []byte) {
	if err := e.SetBytesCanonical(octets); err != nil {
		panic("bbs: " + err.Error())
	}
}

// RandomScalars is calculate_random_scalars, section 4.2.1, on crypto/rand
// (which ends the program rather than return an error).
func RandomScalars(count int) []fr.Element {
	out := make([]fr.Element, count)
	uniform := make([]byte, expandLength*count)
	rand.Read(uniform)
	for i := range out {
		out[i] = reduce(uniform[i*expandLength:][:expandLength])
	}
	return out
}

func randomScalar() fr.Element { return RandomScalars(1)[0] }

// invertBlinded gives 1/x. gnark-crypto's inverse takes a time that depends
// on its argument, so it sees x times a fresh random scalar.
func invertBlinded(x *fr.Element) fr.Element {
	blind := randomScalar()
	var y fr.Element
	y.Mul(x, &blind)
	y.Inverse(&y)
	return *y.Mul(&y, &blind)
}

// EncodeScalar appends I2OSP(k, octet_scalar_length).
func EncodeScalar(b []byte, k *fr.Element) []byte {
	e := k.Bytes()
	return append(b, e[:]...)
}

// DecodeScalar reads a scalar in [1, r) of exactly octet_scalar_length octets.
func DecodeScalar(octets []byte) (k fr.Element, ok bool) {
	if k.SetBytesCanonical(octets) != nil || k.IsZero() {
		return fr.Element{}, false
	}
	return k, true
}

func encodeInt(b []byte, n int) []byte { return binary.BigEndian.AppendUint64(b, uint64(n)) }
