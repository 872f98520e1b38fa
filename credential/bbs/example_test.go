package bbs_test

import (
	"fmt"

	"github.com/halfmask/halfmask/credential/bbs"
)

// An issuer signs three claims, the holder shows the second one alone.
func Example() {
	issuer, err := bbs.GenerateKey()
	if err != nil {
		panic(err)
	}
	header := []byte("person credential, version 1")
	claims := [][]byte{[]byte("name=…"), []byte("age_over_18=true"), []byte("birth_date=2001-02-03")}
	signature, err := bbs.SHA256.Sign(issuer, header, claims)
	if err != nil {
		panic(err)
	}

	issuerKey, err := bbs.ParsePublicKey(issuer.PublicKey().Bytes())
	if err != nil {
		panic(err)
	}
	if err := bbs.SHA256.Verify(issuerKey, signature, header, claims); err != nil {
		panic(err)
	}
	nonce := []byte("chosen by the verifier")
	proof, err := bbs.SHA256.ProofGen(issuerKey, signature, header, nonce, claims, []int{1})
	if err != nil {
		panic(err)
	}

	shown := [][]byte{[]byte("age_over_18=true")}
	fmt.Println(len(proof), bbs.SHA256.ProofVerify(issuerKey, proof, header, nonce, shown, []int{1}))
	fmt.Println(bbs.SHA256.ProofVerify(issuerKey, proof, header, []byte("another nonce"), shown, []int{1}))
	// Output:
	// 336 <nil>
	// check bbs-proof failed (draft-irtf-cfrg-bbs-signatures-11 section 3.6.4): does not verify under this public key for these values
}
