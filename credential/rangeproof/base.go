package rangeproof

import (
	"math/big"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// base is a fixed point with its half.
type base struct {
	*g1.Base
	half bls.G1Affine
}

func newBase(p bls.G1Affine) *base {
	var half fr.Element
	half.SetUint64(2).Inverse(&half)
	b := &base{Base: g1.NewBase(p)}
	b.half.ScalarMultiplication(&p, half.BigInt(new(big.Int)))
	return b
}

// addDigit adds digit*b to the sum, for a digit 0 or 1: half of b added or
// taken away, and another half.
func addDigit(sum *bls.G1Jac, b *base, digit int) {
	p := b.half
	p.Y.Neg(&p.Y)
	p.Y.Select(digit, &p.Y, &b.half.Y)
	sum.AddMixed(&p)
	sum.AddMixed(&b.half)
}

func affine(p bls.G1Jac) (q bls.G1Affine) {
	q.FromJacobian(&p)
	return q
}
