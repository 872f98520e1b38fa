package g1

import (
	"math/bits"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

// Sums and differences of field elements without branches. gnark-crypto's
// branch on a carry that is there every other time: the processor guesses
// wrong and loses the multiplications that it had begun ahead, and an observer
// of branches learns the carry.

// The modulus of the field, the least word first.
const (
	q0 = 0xb9feffffffffaaab
	q1 = 0x1eabfffeb153ffff
	q2 = 0x6730d2a0f6b0f624
	q3 = 0x64774b84f38512bf
	q4 = 0x4b1ba7b6434bacd7
	q5 = 0x1a0111ea397fe69a
)

// sub is x - y.
func sub(z, x, y *fp.Element) {
	z0, b := bits.Sub64(x[0], y[0], 0)
	z1, b := bits.Sub64(x[1], y[1], b)
	z2, b := bits.Sub64(x[2], y[2], b)
	z3, b := bits.Sub64(x[3], y[3], b)
	z4, b := bits.Sub64(x[4], y[4], b)
	z5, b := bits.Sub64(x[5], y[5], b)
	m := -b
	var c uint64
	z[0], c = bits.Add64(z0, m&q0, 0)
	z[1], c = bits.Add64(z1, m&q1, c)
	z[2], c = bits.Add64(z2, m&q2, c)
	z[3], c = bits.Add64(z3, m&q3, c)
	z[4], c = bits.Add64(z4, m&q4, c)
	z[5], _ = bits.Add64(z5, m&q5, c)
}

// add is x + y.
func add(z, x, y *fp.Element) {
	z0, c := bits.Add64(x[0], y[0], 0)
	z1, c := bits.Add64(x[1], y[1], c)
	z2, c := bits.Add64(x[2], y[2], c)
	z3, c := bits.Add64(x[3], y[3], c)
	z4, c := bits.Add64(x[4], y[4], c)
	z5, _ := bits.Add64(x[5], y[5], c)
	z0, b := bits.Sub64(z0, q0, 0)
	z1, b = bits.Sub64(z1, q1, b)
	z2, b = bits.Sub64(z2, q2, b)
	z3, b = bits.Sub64(z3, q3, b)
	z4, b = bits.Sub64(z4, q4, b)
	z5, b = bits.Sub64(z5, q5, b)
	m := -b
	z[0], c = bits.Add64(z0, m&q0, 0)
	z[1], c = bits.Add64(z1, m&q1, c)
	z[2], c = bits.Add64(z2, m&q2, c)
	z[3], c = bits.Add64(z3, m&q3, c)
	z[4], c = bits.Add64(z4, m&q4, c)
	z[5], _ = bits.Add64(z5, m&q5, c)
}

// half is x / 2.
func half(z, x *fp.Element) {
	m := -(x[0] & 1)
	z0, c := bits.Add64(x[0], m&q0, 0)
	z1, c := bits.Add64(x[1], m&q1, c)
	z2, c := bits.Add64(x[2], m&q2, c)
	z3, c := bits.Add64(x[3], m&q3, c)
	z4, c := bits.Add64(x[4], m&q4, c)
	z5, _ := bits.Add64(x[5], m&q5, c)
	z[0] = z0>>1 | z1<<63
	z[1] = z1>>1 | z2<<63
	z[2] = z2>>1 | z3<<63
	z[3] = z3>>1 | z4<<63
	z[4] = z4>>1 | z5<<63
	z[5] = z5 >> 1
}

// negateIf is -y for a negative of 1 and y for one of 0. y is not zero.
func negateIf(z, y *fp.Element, negative uint8) {
	t0, b := bits.Sub64(q0, y[0], 0)
	t1, b := bits.Sub64(q1, y[1], b)
	t2, b := bits.Sub64(q2, y[2], b)
	t3, b := bits.Sub64(q3, y[3], b)
	t4, b := bits.Sub64(q4, y[4], b)
	t5, _ := bits.Sub64(q5, y[5], b)
	m := -uint64(negative)
	z[0] = y[0] ^ m&(y[0]^t0)
	z[1] = y[1] ^ m&(y[1]^t1)
	z[2] = y[2] ^ m&(y[2]^t2)
	z[3] = y[3] ^ m&(y[3]^t3)
	z[4] = y[4] ^ m&(y[4]^t4)
	z[5] = y[5] ^ m&(y[5]^t5)
}
