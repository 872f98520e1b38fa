package bbstest_test

import (
	"bytes"
	"fmt"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs/bbstest"
)

// The same seed gives the same proof.
func ExampleProofGen() {
	key, err := bbs.SHA256.KeyGen([]byte("material of thirty-two octets or more"), nil, nil)
	if err != nil {
		panic(err)
	}
	messages := [][]byte{[]byte("hidden"), []byte("shown")}
	signature, err := bbs.SHA256.Sign(key, nil, messages)
	if err != nil {
		panic(err)
	}
	prove := func(seed string) []byte {
		random := bbstest.Seeded(bbs.SHA256, []byte(seed), nil)
		proof, err := bbstest.ProofGen(bbs.SHA256, random, key.PublicKey(), signature, nil, nil, messages, []int{1})
		if err != nil {
			panic(err)
		}
		return proof
	}
	fmt.Println(bytes.Equal(prove("a seed"), prove("a seed")), bytes.Equal(prove("a seed"), prove("another")))
	fmt.Println(bbs.SHA256.ProofVerify(key.PublicKey(), prove("a seed"), nil, nil, messages[1:], []int{1}))
	// Output:
	// true false
	// <nil>
}
