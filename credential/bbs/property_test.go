package bbs_test

import (
	"bytes"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/halfmask/halfmask/credential/bbs"
)

var testKey = sync.OnceValue(func() *bbs.SecretKey {
	k, err := bbs.GenerateKey()
	if err != nil {
		panic(err)
	}
	return k
})

// For every list of messages and every disclosed part of it: the signature
// and the proof verify, and nothing changed does.
func TestSignProveVerify(t *testing.T) {
	rapid.Check(t, signProveVerify)
}

func signProveVerify(t *rapid.T) {
	s := rapid.SampledFrom([]*bbs.Suite{bbs.SHA256, bbs.SHAKE256}).Draw(t, "suite")
	sk := testKey()
	pk := sk.PublicKey()
	octets := rapid.SliceOfN(rapid.Byte(), 0, 40)
	header, ph := octets.Draw(t, "header"), octets.Draw(t, "ph")
	messages := rapid.SliceOfN(octets, 0, 12).Draw(t, "messages")
	var disclosed, hidden []int
	var shown [][]byte
	for i, m := range messages {
		if rapid.Bool().Draw(t, "disclose") {
			disclosed, shown = append(disclosed, i), append(shown, m)
		} else {
			hidden = append(hidden, i)
		}
	}

	sig, err := s.Sign(sk, header, messages)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := s.Sign(sk, header, messages); !bytes.Equal(sig, again) {
		t.Fatal("two signatures of the same differ")
	}
	if err := s.Verify(pk, sig, header, messages); err != nil {
		t.Fatal(err)
	}
	proof, err := s.ProofGen(pk, sig, header, ph, messages, disclosed)
	if err != nil {
		t.Fatal(err)
	}
	if len(proof) != bbs.ProofSize(len(hidden)) {
		t.Fatalf("a proof of %d octets, want %d", len(proof), bbs.ProofSize(len(hidden)))
	}
	if err := s.ProofVerify(pk, proof, header, ph, shown, disclosed); err != nil {
		t.Fatal(err)
	}

	other := func(b []byte) []byte { return append(slices.Clone(b), 1) }
	refused := func(what string, err error) {
		t.Helper()
		requireRefusal(t, what, err)
	}
	refused("a changed header", s.Verify(pk, sig, other(header), messages))
	refused("a message more", s.Verify(pk, sig, header, append(slices.Clone(messages), []byte{})))
	refused("a changed header of the proof", s.ProofVerify(pk, proof, other(header), ph, shown, disclosed))
	refused("a changed ph", s.ProofVerify(pk, proof, header, other(ph), shown, disclosed))
	if len(messages) > 0 {
		i := rapid.IntRange(0, len(messages)-1).Draw(t, "changed")
		changed := slices.Clone(messages)
		changed[i] = other(changed[i])
		refused("a changed message", s.Verify(pk, sig, header, changed))
		refused("a missing message", s.Verify(pk, sig, header, messages[1:]))
		bad, err := s.ProofGen(pk, sig, header, ph, changed, disclosed)
		if err != nil {
			t.Fatal(err)
		}
		badShown := make([][]byte, 0, len(shown))
		for _, i := range disclosed {
			badShown = append(badShown, changed[i])
		}
		refused("a proof of a changed message", s.ProofVerify(pk, bad, header, ph, badShown, disclosed))
	}
	if len(shown) > 0 {
		i := rapid.IntRange(0, len(shown)-1).Draw(t, "changed shown")
		changed := slices.Clone(shown)
		changed[i] = other(changed[i])
		refused("a changed disclosed message", s.ProofVerify(pk, proof, header, ph, changed, disclosed))
		refused("a disclosed message left out", s.ProofVerify(pk, proof, header, ph, shown[1:], disclosed[1:]))
		if len(hidden) > 0 {
			moved := slices.Clone(disclosed)
			moved[i] = hidden[0]
			refused("a changed index", s.ProofVerify(pk, proof, header, ph, shown, moved))
		}
	}
	i := rapid.IntRange(0, len(proof)*8-1).Draw(t, "flipped bit")
	proof[i/8] ^= 1 << (i % 8)
	refused("a flipped bit of the proof", s.ProofVerify(pk, proof, header, ph, shown, disclosed))
	i = rapid.IntRange(0, len(sig)*8-1).Draw(t, "flipped bit")
	sig[i/8] ^= 1 << (i % 8)
	refused("a flipped bit of the signature", s.Verify(pk, sig, header, messages))
}
