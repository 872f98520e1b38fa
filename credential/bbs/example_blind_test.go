package bbs_test

import (
	"fmt"

	"github.com/halfmask/halfmask/credential/bbs"
)

// A holder has a secret signed that the issuer does not see, and later shows
// one of the issuer's messages and a commitment to another.
func ExampleBlindSuite() {
	suite := bbs.SHA256.Blind()
	key, err := bbs.GenerateKey()
	check(err)

	// The holder commits; the issuer signs.
	secret := bbs.Octets([]byte("known to the holder alone"))
	commitment, blinding, err := suite.Commit([]bbs.Message{secret})
	check(err)
	messages := []bbs.Message{bbs.Octets([]byte("resident")), bbs.Number(14610)} // a day count
	signature, err := suite.Sign(key, commitment, nil, messages)
	check(err)

	// The holder proves.
	signed := bbs.Signed{Messages: messages, Committed: []bbs.Message{secret}, Blinding: blinding}
	prover, err := suite.NewProver(key.PublicKey(), signature, nil, signed)
	check(err)
	nonce := []byte("the verifier's nonce")
	proof, err := prover.ProofGen(nonce, []bbs.Disclosure{bbs.Disclose, bbs.Commit, bbs.Hide})
	check(err)

	// The verifier checks, and can ask for a proof about the commitment.
	shown, err := suite.ProofVerify(key.PublicKey(), proof.Octets, nil, nonce, len(messages), messages[:1], []int{0})
	check(err)
	fmt.Println("committed message:", shown.Commitments[0].Index)
	fmt.Println("one transcript:", shown.Transcript == proof.Transcript)
	// Output:
	// committed message: 1
	// one transcript: true
}

// A holder is known to each platform by another name, and by one.
func ExamplePseudonymSuite() {
	suite := bbs.SHA256.Pseudonym()
	key, err := bbs.GenerateKey()
	check(err)

	secrets, err := bbs.NewNymSecrets(1)
	check(err)
	commitment, blinding, err := suite.Commit(nil, secrets)
	check(err)
	entropy := bbs.NewNymEntropy()
	messages := bbs.AllOctets([]byte("resident"))
	signature, err := suite.Sign(key, commitment, 1, entropy, nil, messages)
	check(err)

	signed := bbs.SignedNym{Signed: bbs.Signed{Messages: messages, Blinding: blinding}}
	signed.Secrets, err = suite.Verify(key.PublicKey(), signature, nil, signed.Signed, secrets, entropy)
	check(err)

	nonce, platform := []byte("nonce"), []byte("platform.example")
	proof, name, err := suite.ProofGen(key.PublicKey(), signature, nil, nonce, platform, signed, nil, nil)
	check(err)
	err = suite.ProofVerify(key.PublicKey(), proof, nil, nonce, bbs.NymStatement{
		Pseudonym: name, Context: platform, Secrets: 1, Known: 1,
	})
	fmt.Println("verified:", err == nil)
	fmt.Println("another name elsewhere:", string(name) != string(suite.NymOf(signed.Secrets, []byte("shop.example"))))
	// Output:
	// verified: true
	// another name elsewhere: true
}

// Most of a proof can be made before the verifier's nonce is there.
func ExampleProver() {
	key, err := bbs.GenerateKey()
	check(err)
	messages := [][]byte{[]byte("name"), []byte("resident")}
	signature, err := bbs.SHA256.Sign(key, nil, messages)
	check(err)

	prover, err := bbs.SHA256.NewProver(key.PublicKey(), signature, nil, messages)
	check(err)
	prepared := prover.Prepare()
	nonce := []byte("the verifier's nonce")
	proof, err := prepared.ProofGen(nonce, []int{1})
	check(err)
	fmt.Println(bbs.SHA256.ProofVerify(key.PublicKey(), proof, nil, nonce, messages[1:], []int{1}))
	_, err = prepared.ProofGen(nonce, []int{1})
	fmt.Println(err != nil)
	// Output:
	// <nil>
	// true
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
