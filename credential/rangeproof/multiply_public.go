package rangeproof

import (
	"math/big"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// lambda*(x, y) = (omega*x, y) on G1: the endomorphism that halves a scalar.
// Lambda is x^2 - 1 for the curve's x, so that r = lambda^2 + lambda + 1.
var (
	lambda, _ = new(big.Int).SetString("ac45a4010001a40200000000ffffffff", 16)
	omega     = func() (w fp.Element) {
		w.SetString("0x1a0111ea397fe699ec02408663d4de85aa0d857d89759ad4897d29650fb85f9b409427eb4f49fffd8bfd00000000aaac")
		return w
	}()
)

// timesEach multiplies public points by one public scalar, in a time that
// depends on all of them.
func timesEach(k *fr.Element, points ...*bls.G1Affine) []bls.G1Jac {
	const odds = 4 // 1, 3, 5 and 7 times a point
	var n, low big.Int
	high, _ := new(big.Int).QuoRem(k.BigInt(&n), lambda, &low)
	digits := [2][]int{nonAdjacent(&low), nonAdjacent(high)}

	all := make([]bls.G1Jac, 0, odds*len(points))
	for _, p := range points {
		var next, twice bls.G1Jac
		next.FromAffine(p)
		twice.Set(&next).DoubleAssign()
		for range odds {
			all = append(all, next)
			next.AddAssign(&twice)
		}
	}
	tables := bls.BatchJacobianToAffineG1(all)
	out := make([]bls.G1Jac, len(points))
	for i := range out {
		acc, t := &out[i], tables[i*odds:]
		for at := max(len(digits[0]), len(digits[1])) - 1; at >= 0; at-- {
			acc.DoubleAssign()
			for half, d := range digits {
				if at >= len(d) || d[at] == 0 {
					continue
				}
				q := t[max(d[at], -d[at])/2]
				if half == 1 {
					q.X.Mul(&q.X, &omega)
				}
				if d[at] < 0 {
					q.Y.Neg(&q.Y)
				}
				acc.AddMixed(&q)
			}
		}
	}
	return out
}

// nonAdjacent writes a number in signed odd digits below 8, at least three
// zeros between two of them.
func nonAdjacent(n *big.Int) []int {
	digits := make([]int, 0, 132)
	n = new(big.Int).Set(n)
	for n.Sign() > 0 {
		d := 0
		if n.Bit(0) == 1 {
			d = int(n.Uint64() & 15)
			if d >= 8 {
				d -= 16
			}
			n.Sub(n, big.NewInt(int64(d)))
		}
		digits = append(digits, d)
		n.Rsh(n, 1)
	}
	return digits
}
