package main

import (
	"crypto/rand"
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

// The key's primes are two published safe primes of 1024 bits, because finding
// some takes minutes: those of the second Oakley group (RFC 2409 section 6.2)
// and of the smallest group of RFC 5054, appendix A. So nothing is secret about
// this key, and it takes as long as any other.
const (
	oakley = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74" +
		"020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437" +
		"4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
		"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF"
	srp = "EEAF0AB9ADB38DD69C33F80AFA8FC5E86072618775FF3C0B9EA2314C9C256576" +
		"D674DF7496EA81D3383B4813D692C6E0E0D5D8E250B98BE48E495C1D6089DAD1" +
		"5DC7D7B46154D6B6CE8EF4AD69B15D4982559B297BCF1885C529F566660E57EC" +
		"68EDBC3C05726CC02FD4CBF4976EAA9AFD5138FE8376435B9FC61D2FC0EB06E3"
)

// clKey makes a key with random squares as bases.
var clKey = sync.OnceValues(func() (*gabikeys.PrivateKey, *gabikeys.PublicKey) {
	p, _ := new(big.Int).SetString(srp, 16)
	q, _ := new(big.Int).SetString(oakley, 16)
	expires := time.Now().AddDate(1, 0, 0)
	sk, err := gabikeys.NewPrivateKey(p, q, "", 0, expires)
	if err != nil {
		panic(err)
	}
	square := func() *big.Int {
		k, err := big.RandInt(rand.Reader, sk.N)
		if err != nil {
			panic(err)
		}
		return k.Exp(k, big.NewInt(2), sk.N)
	}
	bases := make([]*big.Int, most)
	for i := range bases {
		bases[i] = square()
	}
	pk, err := gabikeys.NewPublicKey(sk.N, square(), square(), square(), square(), bases, "", 0, expires)
	if err != nil {
		panic(err)
	}
	return sk, pk
})

var errInvalid = errors.New("does not verify")

func cl(messages [][]byte, disclosed []int) ([]step, error) {
	sk, pk := clKey()
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
