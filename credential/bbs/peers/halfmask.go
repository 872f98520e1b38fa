package main

import "github.com/halfmask/halfmask/credential/bbs"

func halfmask(messages [][]byte, disclosed []int) ([]step, error) {
	key, err := bbs.GenerateKey()
	if err != nil {
		return nil, err
	}
	pk := key.PublicKey()
	header, nonce := []byte("header"), []byte("nonce")
	signature, err := bbs.SHA256.Sign(key, header, messages)
	if err != nil {
		return nil, err
	}
	prover, err := bbs.SHA256.NewProver(pk, signature, header, messages)
	if err != nil {
		return nil, err
	}
	proof, err := prover.ProofGen(nonce, disclosed)
	if err != nil {
		return nil, err
	}
	shown := pick(messages, disclosed)
	for range 70 { // a verifier's tables
		if err := bbs.SHA256.ProofVerify(pk, proof, header, nonce, shown, disclosed); err != nil {
			return nil, err
		}
	}
	return []step{
		func() error { _, err := bbs.SHA256.Sign(key, header, messages); return err },
		func() error { return bbs.SHA256.Verify(pk, signature, header, messages) },
		func() error { _, err := prover.ProofGen(nonce, disclosed); return err },
		func() error { return bbs.SHA256.ProofVerify(pk, proof, header, nonce, shown, disclosed) },
	}, nil
}

func pick(messages [][]byte, indexes []int) (out [][]byte) {
	for _, i := range indexes {
		out = append(out, messages[i])
	}
	return out
}
