package core

import (
	"crypto/rand"
	"slices"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/g1"
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
	onBar := new(g1.Sum)
	for i := range pairs {
		onBar.Times(pairs[i].Proof.points[1], &weights[i])
	}
	sums, used := []*g1.Sum{onBar}, []*lines{baseLines()}
	for _, k := range keys {
		sum := new(g1.Sum)
		for _, i := range byKey[k.Encoded] {
			sum.Times(pairs[i].Proof.points[0], &weights[i])
		}
		sums, used = append(sums, sum), append(used, k.lines())
	}
	points := g1.Evaluate(sums...)
	points[0].Neg(&points[0])
	return productIsOne(points, used)
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
