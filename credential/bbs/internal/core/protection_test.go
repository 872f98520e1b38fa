package core

import (
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
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
	for range wideOften {
		sumFixedPublic(terms) // builds the tables
	}
	_, _, g, _ := bls.Generators()
	for _, c := range []struct {
		operation              string
		protected, unprotected func()
	}{
		{"sign", func() { SHA256.Sign(&sk, pk, nil, messages) }, func() { signUnprotected(&sk, pk, messages) }},
		{"sum", func() { sumFixed(terms) }, func() { sumFixedPublic(terms) }},
		{"multiply", func() {
			m := newMultiples(&g)
			u, v := shares(&k)
			sum(term{&m[0], &u}, term{&m[0], &v})
		}, func() {
			tables := newPublicTables([]checked{trusted(&g)})
			sumPublic(publicTerm{&tables[0], &k})
		}},
		{"multiply secret point", func() { multiplySecretPoint(&g, &k) }, func() {
			tables := newPublicTables([]checked{trusted(&g)})
			sumPublic(publicTerm{&tables[0], &k})
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
	jac := sumFixedPublic(SHA256.commit(&one, generators, &domain, messages)[1:])
	jac.AddMixed(&SHA256.P1().Point)
	var b bls.G1Affine
	b.FromJacobian(&jac)
	var inverse fr.Element
	inverse.Add(sk, &e)
	inverse.Inverse(&inverse)
	tables := newPublicTables([]checked{trusted(&b)})
	a := sumPublic(publicTerm{&tables[0], &inverse})
	sig := &Signature{E: e}
	sig.A.FromJacobian(&a)
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
