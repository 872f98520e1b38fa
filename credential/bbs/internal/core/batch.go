package core

import (
	"crypto/rand"
	"slices"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// Pair is what remains to be checked of a proof whose challenge agrees:
// whether Bbar is Abar times the secret key of that public key.
type Pair struct {
	Key   *PublicKey
	Proof *Proof
}

// Failing lists the pairs that do not hold, ascending. All are checked with
// one product of pairings, each pair raised to a random weight of 128 bits; if
// that fails, each half of them is. That a failing pair goes unnoticed has a
// probability of at most 2^-127.
func Failing(pairs []Pair) []int {
	if len(pairs) == 0 || weighted(pairs) {
		return nil
	}
	if len(pairs) == 1 {
		return []int{0}
	}
	half := len(pairs) / 2
	out := Failing(pairs[:half])
	rest := Failing(pairs[half:])
	for i := range rest {
		rest[i] += half
	}
	return slices.Concat(out, rest)
}

// weighted checks one product of pairings, of as many as there are keys and
// one more.
func weighted(pairs []Pair) bool {
	if len(pairs) == 1 {
		return pairs[0].Proof.Holds(pairs[0].Key)
	}
	weights := randomWeights(len(pairs))
	byKey := map[[KeyLength]byte][]int{}
	var keys []*PublicKey // each once, in the order of the pairs
	for i := range pairs {
		k := pairs[i].Key
		if byKey[k.Encoded] == nil {
			keys = append(keys, k)
		}
		byKey[k.Encoded] = append(byKey[k.Encoded], i)
	}
	points := make([]bls.G1Jac, 0, len(keys)+1)
	used := make([]*lines, 0, len(keys)+1)
	onBar := make([]publicTerm, len(pairs))
	for i := range pairs {
		onBar[i] = publicTerm{&pairs[i].Proof.tables[1], &weights[i]}
	}
	sum := sumPublic(onBar...)
	points, used = append(points, *sum.Neg(&sum)), append(used, baseLines())
	for _, k := range keys {
		var terms []publicTerm
		for _, i := range byKey[k.Encoded] {
			terms = append(terms, publicTerm{&pairs[i].Proof.tables[0], &weights[i]})
		}
		points, used = append(points, sumPublic(terms...)), append(used, k.lines())
	}
	return productIsOne(normalize(points), used)
}

func randomWeights(n int) []fr.Element {
	octets := make([]byte, 16*n)
	rand.Read(octets)
	out := make([]fr.Element, n)
	for i := range out {
		out[i].SetBytes(octets[16*i:][:16])
	}
	return out
}
