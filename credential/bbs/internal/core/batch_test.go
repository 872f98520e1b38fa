package core

import (
	"slices"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// Errors that cancel out in the plain product of pairings do not in the
// weighted one, wherever the failing pairs are.
func TestErrorsThatCancelAreFound(t *testing.T) {
	sk := RandomKey()
	pk := PublicKeyOf(&sk)
	pair := func(off *bls.G1Jac) Pair {
		_, _, g, _ := bls.Generators()
		m := g1.NewMultiples(&g)
		k := randomScalar()
		a := g1.MultiplyProtected(m[0].Times(&k))
		k.Mul(&k, &sk)
		b := g1.MultiplyProtected(m[0].Times(&k))
		if off != nil {
			b.AddAssign(off)
		}
		affine := g1.Normalize(a, b, a)
		p := &Proof{Abar: affine[0], Bbar: affine[1], D: affine[2]}
		for i := range affine {
			p.points = append(p.points, g1.NewPoint(&affine[i]))
		}
		return Pair{pk, p}
	}
	_, _, g, _ := bls.Generators()
	var off, minus bls.G1Jac
	off.FromAffine(&g)
	minus.Neg(&off)
	for _, bad := range [][]int{nil, {0, 1}, {0, 5}, {2, 3}} {
		pairs := make([]Pair, 6)
		for i := range pairs {
			switch slices.Index(bad, i) {
			case 0:
				pairs[i] = pair(&off)
			case 1:
				pairs[i] = pair(&minus)
			default:
				pairs[i] = pair(nil)
			}
		}
		if got := Failing(pairs); !slices.Equal(got, bad) {
			t.Errorf("failing pairs %v, want %v", got, bad)
		}
	}
}
