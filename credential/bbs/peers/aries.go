package main

import (
	"bytes"
	"crypto/sha256"

	"github.com/hyperledger/aries-framework-go/pkg/crypto/primitive/bbs12381g2pub"
)

func aries(messages [][]byte, disclosed []int) ([]step, error) {
	public, secret, err := bbs12381g2pub.GenerateKeyPair(sha256.New, nil)
	if err != nil {
		return nil, err
	}
	pk, err := public.Marshal()
	if err != nil {
		return nil, err
	}
	sk, err := secret.Marshal()
	if err != nil {
		return nil, err
	}
	scheme, nonce := bbs12381g2pub.New(), []byte("nonce")
	signature, err := scheme.Sign(messages, sk)
	if err != nil {
		return nil, err
	}
	proof, err := scheme.DeriveProof(messages, signature, nonce, pk, disclosed)
	if err != nil {
		return nil, err
	}
	shown := pick(messages, disclosed)
	return []step{
		func() error { _, err := scheme.Sign(messages, sk); return err },
		func() error { return scheme.Verify(messages, bytes.Clone(signature), pk) },
		func() error { _, err := scheme.DeriveProof(messages, signature, nonce, pk, disclosed); return err },
		func() error { return scheme.VerifyProof(shown, bytes.Clone(proof), nonce, pk) }, // it writes into the proof
	}, nil
}
