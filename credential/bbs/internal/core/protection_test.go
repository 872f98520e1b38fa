package core

import (
	"math/big"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// BenchmarkProtection is what the protection against timing costs: each
// operation as it is done with secrets, and as it would be done without.
func BenchmarkProtection(b *testing.B) {
	sk, k := RandomKey(), randomScalar()
	pk := PublicKeyOf(&sk)
	messages := RandomScalars(10)
	generators := SHA256.Generators(10)
	domain := SHA256.Domain(pk, generators, nil)
	one := fr.One()
	terms := SHA256.commit(&one, generators, &domain, messages)
	for range 100 {
		sumPublic(terms...) // builds the tables
	}
	_, _, g, _ := bls.Generators()
	for _, c := range []struct {
		operation              string
		protected, unprotected func()
	}{
		{"sign", func() { SHA256.Sign(&sk, pk, nil, messages) }, func() { signUnprotected(&sk, pk, messages) }},
		{"sum", func() { g1.SumProtected(terms...) }, func() { sumPublic(terms...) }},
		{"multiply", func() {
			m := g1.NewMultiples(&g)
			u, v := g1.Shares(&k)
			g1.MultiplyProtected(m[0].Times(&u), m[0].Times(&v))
		}, func() {
			new(bls.G1Affine).ScalarMultiplication(&g, k.BigInt(new(big.Int)))
		}},
		{"multiply secret point", func() { g1.MultiplySecretPoint(&g, &k) }, func() {
			new(bls.G1Affine).ScalarMultiplication(&g, k.BigInt(new(big.Int)))
		}},
		{"invert", func() { invertBlinded(&k) }, func() { new(fr.Element).Inverse(&k) }},
	} {
		b.Run(c.operation+"/protected", func(b *testing.B) {
			for b.Loop() {
				c.protected()
			}
		})
		b.Run(c.operation+"/unprotected", func(b *testing.B) {
			for b.Loop() {
				c.unprotected()
			}
		})
	}
}

func sumPublic(terms ...g1.Term) bls.G1Affine {
	var sum g1.Sum
	sum.Add(terms...)
	return g1.Evaluate(&sum)[0]
}

// signUnprotected is Sign without protection, for comparison.
func signUnprotected(sk *fr.Element, pk *PublicKey, messages []fr.Element) *Signature {
	generators := SHA256.Generators(len(messages))
	domain := SHA256.Domain(pk, generators, nil)
	input := EncodeScalar(nil, sk)
	for i := range messages {
		input = EncodeScalar(input, &messages[i])
	}
	e := SHA256.hashInternal(EncodeScalar(input, &domain))
	one := fr.One()
	b := sumPublic(SHA256.commit(&one, generators, &domain, messages)...)
	var inverse fr.Element
	inverse.Add(sk, &e)
	inverse.Inverse(&inverse)
	sig := &Signature{E: e}
	sig.A.ScalarMultiplication(&b, inverse.BigInt(new(big.Int)))
	return sig
}

func TestSignUnprotectedIsTheSame(t *testing.T) {
	sk := RandomKey()
	pk := PublicKeyOf(&sk)
	messages := RandomScalars(3)
	sig, err := SHA256.Sign(&sk, pk, nil, messages)
	if err != nil {
		t.Fatal(err)
	}
	if other := signUnprotected(&sk, pk, messages); !other.A.Equal(&sig.A) || !other.E.Equal(&sig.E) {
		t.Error("the benchmark compares two different operations")
	}
}
