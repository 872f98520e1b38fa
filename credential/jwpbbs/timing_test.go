package jwpbbs

import (
	"math/big"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/timing"
)

// The time of a pseudonym does not tell link secrets apart; that of
// gnark-crypto's multiplication does.
func TestTimingOfThePseudonym(t *testing.T) {
	timing.Asked(t)
	u := pseudonymBase(atVerifiers, testAudience, "")
	s := *new(fr.Element).MustSetRandom()
	secret := func(fixed bool) *fr.Element {
		k := new(fr.Element).MustSetRandom() // in both classes
		if fixed {
			return new(fr.Element).SetOne()
		}
		return k
	}
	timing.Control(t, "control", 2000, func(fixed bool) func() {
		k := secret(fixed)
		return func() { new(bls.G1Affine).ScalarMultiplication(&u.Affine, k.BigInt(new(big.Int))) }
	})
	timing.Test(t, "pseudonym with its proof", 4000, func(fixed bool) func() {
		k := secret(fixed)
		return func() { provePseudonym(commitmentBases(), &u.Affine, u, k, &s, nil) }
	})
}
