package main

import (
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"github.com/privacybydesign/gabi"
	"github.com/privacybydesign/gabi/big"
	"github.com/privacybydesign/gabi/gabikeys"
)

// most is the number of attributes of gabi's key, the holder's secret among
// them.
const most = 51

var clKey = sync.OnceValues(func() (*gabikeys.PrivateKey, error) {
	sk, pk, err := gabikeys.GenerateKeyPair(gabikeys.DefaultSystemParameters[*clBits], most, 0, time.Now().AddDate(1, 0, 0))
	clPublic = pk
	return sk, err
})

var clPublic *gabikeys.PublicKey

var errInvalid = errors.New("does not verify")

func cl(messages [][]byte, disclosed []int) ([]step, error) {
	sk, err := clKey()
	if err != nil {
		return nil, err
	}
	pk := clPublic
	attributes := make([]*big.Int, 0, len(messages)+1) // the holder's secret is the first
	for _, m := range append([][]byte{[]byte("secret")}, messages...) {
		sum := sha256.Sum256(m)
		attributes = append(attributes, new(big.Int).SetBytes(sum[:31]))
	}
	indexes := make([]int, len(disclosed))
	for i, at := range disclosed {
		indexes[i] = at + 1
	}
	context, nonce := big.NewInt(1), big.NewInt(20260101)
	signature, err := gabi.SignMessageBlock(sk, pk, attributes)
	if err != nil {
		return nil, err
	}
	held := &gabi.Credential{Signature: signature, Pk: pk, Attributes: attributes}
	proof, err := held.CreateDisclosureProof(indexes, nil, false, context, nonce)
	if err != nil {
		return nil, err
	}
	return []step{
		func() error { _, err := gabi.SignMessageBlock(sk, pk, attributes); return err },
		func() error { return holds(signature.Verify(pk, attributes)) },
		func() error { _, err := held.CreateDisclosureProof(indexes, nil, false, context, nonce); return err },
		func() error {
			return holds(gabi.ProofList{proof}.Verify([]*gabikeys.PublicKey{pk}, context, nonce, false, nil))
		},
	}, nil
}

func holds(ok bool) error {
	if !ok {
		return errInvalid
	}
	return nil
}
