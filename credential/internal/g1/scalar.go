package g1

import (
	"math/bits"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// A halved scalar is k = a + b*lambda (mod r) where lambda is the eigenvalue
// of the endomorphism (x, y) -> (omega*x, y) of the curve, and both a and b
// are odd, positive and below 2^131. Odd halves have signed odd digits, none
// of them zero, so that every scalar costs the same additions.
type halves [2][3]uint64

const halfBits = 131

// lambda = x^2-1 for the curve's x, a root of lambda^2+lambda+1 = 0 mod r;
// mu = floor(2^256/lambda).
const (
	lambda0, lambda1 = 0x00000000ffffffff, 0xac45a4010001a402
	mu0, mu1         = 0x63f6e522f6cfee30, 0x7c6becf1e01faadd // mu - 2^128
)

// halve splits k without branches or divisions on its value.
func halve(k *fr.Element) (h halves) {
	n := k.Bits()
	// q = floor(floor(k/2^127) * mu / 2^129), at most 2 below floor(k/lambda).
	t0, t1 := n[1]>>63|n[2]<<1, n[2]>>63|n[3]<<1
	q0, q1 := mulShift(t0, t1)
	// a = k - q*lambda, in [0, 3*lambda).
	p := mul128(q0, q1, lambda0, lambda1)
	a0, c := bits.Sub64(n[0], p[0], 0)
	a1, c := bits.Sub64(n[1], p[1], c)
	a2, _ := bits.Sub64(n[2], p[2], c)
	b0, b1, b2 := q0, q1, uint64(0)
	// Make both odd by adding vectors (u, v) with u + v*lambda = 0 mod r:
	// (2*lambda+1, lambda-1) is (odd, even), (lambda+1, lambda) is (even, odd).
	m := -(1 - a0&1)
	a0, c = bits.Add64(a0, m&(2*lambda0+1), 0)
	a1, c = bits.Add64(a1, m&(lambda1<<1&(1<<64-1)|lambda0>>63), c)
	a2 += m&(lambda1>>63) + c
	b0, c = bits.Add64(b0, m&(lambda0-1), 0)
	b1, c = bits.Add64(b1, m&lambda1, c)
	b2 += c
	m = -(1 - b0&1)
	a0, c = bits.Add64(a0, m&(lambda0+1), 0)
	a1, c = bits.Add64(a1, m&lambda1, c)
	a2 += c
	b0, c = bits.Add64(b0, m&lambda0, 0)
	b1, c = bits.Add64(b1, m&lambda1, c)
	b2 += c
	return halves{{a0, a1, a2}, {b0, b1, b2}}
}

// mulShift is floor(t * mu / 2^129) for t below 2^128.
func mulShift(t0, t1 uint64) (q0, q1 uint64) {
	p := mul128(t0, t1, mu0, mu1)
	// add t * 2^128
	s2, c := bits.Add64(p[2], t0, 0)
	s3, c := bits.Add64(p[3], t1, c)
	return s2>>1 | s3<<63, s3>>1 | c<<63
}

func mul128(x0, x1, y0, y1 uint64) (p [4]uint64) {
	h00, l00 := bits.Mul64(x0, y0)
	h01, l01 := bits.Mul64(x0, y1)
	h10, l10 := bits.Mul64(x1, y0)
	h11, l11 := bits.Mul64(x1, y1)
	var c, d uint64
	p[0] = l00
	p[1], c = bits.Add64(h00, l01, 0)
	p[2], c = bits.Add64(h01, l11, c)
	p[3], _ = bits.Add64(h11, 0, c)
	p[1], d = bits.Add64(p[1], l10, 0)
	p[2], d = bits.Add64(p[2], h10, d)
	p[3] += d
	return p
}

// digit gives the i-th of n signed odd digits of an odd number in radix 2^w:
// the index of its magnitude among 1, 3, 5, ... and its sign (1: negative).
func digit(k *[3]uint64, i, n, w int) (index int, negative int) {
	at := i * w
	word, off := at/64, uint(at%64)
	v := k[word] >> off
	if word < 2 {
		v |= k[word+1] << (64 - off) // a shift by 64 gives 0
	}
	v |= 1
	if i == n-1 {
		return int(v >> 1), 0
	}
	// d = (v mod 2^(w+1)) - 2^w, odd; the magnitude without a branch.
	d := int64(v&(1<<(w+1)-1)) - 1<<w
	sign := d >> 63
	return int(((d ^ sign) - sign) >> 1), int(sign & 1)
}
