package bbs_test

import (
	"bytes"
	"testing"

	"github.com/halfmask/halfmask/credential/bbs"
)

func FuzzParsePublicKey(f *testing.F) {
	f.Add(testKey().PublicKey().Bytes())
	f.Add(identity(bbs.PublicKeySize))
	f.Add(notOnCurve(bbs.PublicKeySize))
	f.Fuzz(func(t *testing.T, octets []byte) {
		k, err := bbs.ParsePublicKey(octets)
		if err != nil {
			requireRefusal(t, "a key", err)
			return
		}
		if !bytes.Equal(k.Bytes(), octets) {
			t.Errorf("%x is read and written as %x", octets, k.Bytes())
		}
	})
}

func FuzzVerify(f *testing.F) {
	in := newInputs(f, 10)
	f.Add(in.signature, in.header, in.messages[0])
	f.Add(append(identity(48), make([]byte, 32)...), []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, sig, header, message []byte) {
		messages := append([][]byte{message}, in.messages[1:]...)
		err := bbs.SHA256.Verify(in.key.PublicKey(), sig, header, messages)
		same := bytes.Equal(sig, in.signature) && bytes.Equal(header, in.header) && bytes.Equal(message, in.messages[0])
		switch {
		case same && err != nil:
			t.Error(err)
		case !same:
			requireRefusal(t, "a signature", err)
		}
	})
}

func FuzzProofVerify(f *testing.F) {
	in := newInputs(f, 10)
	f.Add(in.proof, in.header, in.ph, in.shown[0], 0)
	f.Add(in.proof[:bbs.ProofSize(0)], []byte{}, []byte{}, []byte{}, 1)
	f.Add(in.proof, in.header, in.ph, in.shown[0], -1)
	f.Fuzz(func(t *testing.T, proof, header, ph, message []byte, index int) {
		if len(proof) > bbs.ProofSize(100) {
			return // generators are made one by one, once
		}
		shown, disclosed := append([][]byte{message}, in.shown[1:]...), append([]int{index}, in.disclosed[1:]...)
		err := bbs.SHA256.ProofVerify(in.key.PublicKey(), proof, header, ph, shown, disclosed)
		same := bytes.Equal(proof, in.proof) && bytes.Equal(header, in.header) && bytes.Equal(ph, in.ph) &&
			bytes.Equal(message, in.shown[0]) && index == 0
		switch {
		case same && err != nil:
			t.Error(err)
		case !same:
			requireRefusal(t, "a proof", err)
		}
	})
}
