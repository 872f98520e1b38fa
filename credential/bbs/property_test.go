package bbs_test

import (
	"bytes"
	"maps"
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

	// Changes, each of which has to be refused; two of them a run.
	other := func(b []byte) []byte { return append(slices.Clone(b), 1) }
	flip := func(b []byte) []byte {
		b = slices.Clone(b)
		i := rapid.IntRange(0, len(b)*8-1).Draw(t, "flipped bit")
		b[i/8] ^= 1 << (i % 8)
		return b
	}
	change := func(list [][]byte) [][]byte {
		list = slices.Clone(list)
		i := rapid.IntRange(0, len(list)-1).Draw(t, "changed")
		list[i] = other(list[i])
		return list
	}
	changes := map[string]func() error{
		"a changed header":              func() error { return s.Verify(pk, sig, other(header), messages) },
		"a message more":                func() error { return s.Verify(pk, sig, header, append(slices.Clone(messages), []byte{})) },
		"a flipped bit of a signature":  func() error { return s.Verify(pk, flip(sig), header, messages) },
		"a changed header of a proof":   func() error { return s.ProofVerify(pk, proof, other(header), ph, shown, disclosed) },
		"a changed presentation header": func() error { return s.ProofVerify(pk, proof, header, other(ph), shown, disclosed) },
		"a flipped bit of a proof":      func() error { return s.ProofVerify(pk, flip(proof), header, ph, shown, disclosed) },
	}
	if len(messages) > 0 {
		changes["a changed message"] = func() error { return s.Verify(pk, sig, header, change(messages)) }
		changes["a missing message"] = func() error { return s.Verify(pk, sig, header, messages[1:]) }
		changes["a proof of a changed message"] = func() error {
			changed := change(messages)
			proof, err := s.ProofGen(pk, sig, header, ph, changed, disclosed)
			if err != nil {
				t.Fatal(err)
			}
			shown := slices.Clone(shown)
			for i, at := range disclosed {
				shown[i] = changed[at]
			}
			return s.ProofVerify(pk, proof, header, ph, shown, disclosed)
		}
	}
	if len(shown) > 0 {
		changes["a changed disclosed message"] = func() error { return s.ProofVerify(pk, proof, header, ph, change(shown), disclosed) }
		changes["a disclosed message left out"] = func() error { return s.ProofVerify(pk, proof, header, ph, shown[1:], disclosed[1:]) }
		if len(hidden) > 0 {
			changes["a changed index"] = func() error {
				moved := slices.Clone(disclosed)
				moved[rapid.IntRange(0, len(moved)-1).Draw(t, "moved")] = hidden[0]
				return s.ProofVerify(pk, proof, header, ph, shown, moved)
			}
		}
	}
	names := slices.Sorted(maps.Keys(changes))
	for range 2 {
		name := rapid.SampledFrom(names).Draw(t, "change")
		requireRefusal(t, name, changes[name]())
	}
}
