package core

import (
	"math/big"
	"slices"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/timing"
)

func TestTimingDoesNotTellSecretsApart(t *testing.T) {
	timing.Asked(t)
	one, random := fr.One(), randomScalar()
	pk := PublicKeyOf(&random)
	messages := RandomScalars(3)
	ones := []fr.Element{one, one, one}
	sig, err := SHA256.Sign(&random, pk, nil, messages)
	if err != nil {
		t.Fatal(err)
	}
	either := func(fixed bool, constant *fr.Element) *fr.Element {
		k := randomScalar() // in both classes
		if fixed {
			k = *constant
		}
		return &k
	}
	var tabled [2]*Credential // with a secret of one, and a random one
	for i, secret := range []fr.Element{one, randomScalar()} {
		tabled[i] = BlindSHA256.NewBlindCredential(pk, sig, 0, nil, []fr.Element{secret}, &random).Tabled()
	}
	timing.Control(t, "control", 1000, func(fixed bool) func() {
		k := either(fixed, &one)
		return func() {
			var n big.Int
			var p bls.G1Jac
			p.ScalarMultiplicationBase(k.BigInt(&n))
		}
	})
	timing.Test(t, "public key of the secret key", 600, func(fixed bool) func() {
		k := either(fixed, &one)
		return func() { PublicKeyOf(k) }
	})
	timing.Test(t, "inverse", 4000, func(fixed bool) func() {
		k := either(fixed, &one)
		return func() { invertBlinded(k) }
	})
	timing.Test(t, "signing with the secret key", 1000, func(fixed bool) func() {
		k := either(fixed, &one)
		return func() { SHA256.Sign(k, pk, nil, messages) }
	})
	timing.Test(t, "proving with e of the signature", 600, func(fixed bool) func() {
		s := &Signature{A: sig.A, E: *either(fixed, &one)}
		scalars := RandomScalars(RandomScalarCount(3))
		return func() {
			SHA256.NewCredential(pk, s, SHA256.Generators(3), nil, messages).Init([]int{0, 1, 2}, scalars).Finalize(random)
		}
	})
	timing.Test(t, "proving with hidden messages", 600, func(fixed bool) func() {
		hidden := slices.Clone(ones)
		if !fixed {
			hidden = RandomScalars(3)
		}
		scalars := RandomScalars(RandomScalarCount(3))
		return func() {
			SHA256.NewCredential(pk, sig, SHA256.Generators(3), nil, hidden).Init([]int{0, 1, 2}, scalars).Finalize(random)
		}
	})
	timing.Test(t, "committing to a link secret", 2000, func(fixed bool) func() {
		secret := []fr.Element{*either(fixed, &one)}
		scalars := RandomScalars(CommitRandomCount(1))
		return func() { BlindSHA256.Commit(secret, scalars) }
	})
	timing.Test(t, "making tables of a link secret", 150, func(fixed bool) func() {
		held := BlindSHA256.NewBlindCredential(pk, sig, 0, nil, []fr.Element{*either(fixed, &one)}, &random)
		return func() { held.Tabled() }
	})
	timing.Test(t, "proving with tables and a link secret", 1500, func(fixed bool) func() {
		held := tabled[1]
		if fixed {
			held = tabled[0]
		}
		scalars := RandomScalars(RandomScalarCount(2))
		return func() { held.Init([]int{0, 1}, scalars).Finalize(random) }
	})
	timing.Test(t, "a commitment to a hidden message", 600, func(fixed bool) func() {
		held := BlindSHA256.NewBlindCredential(pk, sig, 1, nil, []fr.Element{*either(fixed, &one)}, &random)
		l := &Layout{Known: 1, Total: 1, Committed: []int{0}}
		scalars := RandomScalars(BlindRandomCount(l))
		return func() { held.BlindProofGen(l, nil, scalars) }
	})
	timing.Test(t, "a pseudonym of a secret", 1500, func(fixed bool) func() {
		secret := []fr.Element{*either(fixed, &one)}
		return func() { PseudonymSHA256.NymContext([]byte("context")).Pseudonym(secret) }
	})
}
