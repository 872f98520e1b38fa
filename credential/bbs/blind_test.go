package bbs_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/big"
	"slices"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"pgregory.net/rapid"

	"github.com/halfmask/halfmask/credential/bbs"
)

// blindInputs are a blind signature over three messages of the signer and two
// of the prover, and a proof that discloses 0 and 4 and commits to 1 and 3.
type blindInputs struct {
	suite                 *bbs.BlindSuite
	header, ph            []byte
	signed                bbs.Signed
	commitment, signature []byte
	disclosures           []bbs.Disclosure
	proof                 *bbs.BlindProof
	shown                 []bbs.Message
	disclosed             []int
}

func newBlindInputs(t testing.TB, s *bbs.BlindSuite) *blindInputs {
	t.Helper()
	in := &blindInputs{
		suite: s, header: []byte("header"), ph: []byte("nonce"),
		signed: bbs.Signed{
			Messages:  []bbs.Message{bbs.Octets([]byte("a")), bbs.Number(20000), bbs.Octets([]byte("c"))},
			Committed: []bbs.Message{bbs.Number(77), bbs.Octets([]byte("e"))},
		},
		disclosures: []bbs.Disclosure{bbs.Disclose, bbs.Commit, bbs.Hide, bbs.Commit, bbs.Disclose},
		disclosed:   []int{0, 4},
	}
	in.shown = []bbs.Message{in.signed.Messages[0], in.signed.Committed[1]}
	var err error
	if in.commitment, in.signed.Blinding, err = s.Commit(in.signed.Committed); err != nil {
		t.Fatal(err)
	}
	if in.signature, err = s.Sign(testKey(), in.commitment, in.header, in.signed.Messages); err != nil {
		t.Fatal(err)
	}
	if in.proof, err = s.ProofGen(testKey().PublicKey(), in.signature, in.header, in.ph, in.signed, in.disclosures); err != nil {
		t.Fatal(err)
	}
	return in
}

func (in *blindInputs) verify(proof []byte) error {
	_, err := in.suite.ProofVerify(testKey().PublicKey(), proof, in.header, in.ph, 3, in.shown, in.disclosed)
	return err
}

func TestBlindCommitmentsOpen(t *testing.T) {
	for name, s := range map[string]*bbs.BlindSuite{"SHA-256": bbs.SHA256.Blind(), "SHAKE-256": bbs.SHAKE256.Blind(), "modular": bbs.ModularSHA256} {
		t.Run(name, func(t *testing.T) {
			in := newBlindInputs(t, s)
			if len(in.commitment) != bbs.CommitmentSize(2) {
				t.Errorf("a commitment of %d octets", len(in.commitment))
			}
			if err := s.Verify(testKey().PublicKey(), in.signature, in.header, in.signed); err != nil {
				t.Error(err)
			}
			shown, err := s.ProofVerify(testKey().PublicKey(), in.proof.Octets, in.header, in.ph, 3, in.shown, in.disclosed)
			if err != nil {
				t.Fatal(err)
			}
			if shown.Transcript != in.proof.Transcript || shown.Total != 5 || len(shown.Commitments) != 2 || len(in.proof.Openings) != 2 {
				t.Fatalf("%+v", shown)
			}
			y0, y1 := s.CommitmentGenerators()
			for i, o := range in.proof.Openings {
				if o.Commitment != shown.Commitments[i] || o.Index != []int{1, 3}[i] {
					t.Errorf("commitment %d is at index %d", i, o.Index)
				}
				var a, b bls.G1Affine
				a.ScalarMultiplication(&y0, o.Blinding.BigInt(new(big.Int)))
				b.ScalarMultiplication(&y1, o.Message.BigInt(new(big.Int)))
				if a.Add(&a, &b); !a.Equal(&o.Point) {
					t.Errorf("commitment %d does not open", i)
				}
				if want := []uint64{20000, 77}[i]; !o.Message.IsUint64() || o.Message.Uint64() != want {
					t.Errorf("commitment %d opens to another message", i)
				}
			}
			again, err := s.ProofGen(testKey().PublicKey(), in.signature, in.header, in.ph, in.signed, in.disclosures)
			if err != nil || again.Openings[0].Point.Equal(&in.proof.Openings[0].Point) || again.Transcript == in.proof.Transcript {
				t.Errorf("two proofs have a commitment or a transcript in common: %v", err)
			}
		})
	}
}

func TestBlindSignatureWithoutCommitment(t *testing.T) {
	s := bbs.SHA256.Blind()
	messages := bbs.AllOctets([]byte("a"), []byte("b"))
	sig, err := s.Sign(testKey(), nil, nil, messages)
	if err != nil {
		t.Fatal(err)
	}
	signed := bbs.Signed{Messages: messages}
	if err := s.Verify(testKey().PublicKey(), sig, nil, signed); err != nil {
		t.Error(err)
	}
	proof, err := s.ProofGen(testKey().PublicKey(), sig, nil, nil, signed, []bbs.Disclosure{bbs.Hide, bbs.Disclose})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ProofVerify(testKey().PublicKey(), proof.Octets, nil, nil, 2, messages[1:], []int{1}); err != nil {
		t.Error(err)
	}
}

// For every choice of messages and disclosures the proof verifies with what
// it discloses.
func TestBlindSignProveVerify(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom([]*bbs.BlindSuite{bbs.SHA256.Blind(), bbs.SHAKE256.Blind(), bbs.ModularSHA256}).Draw(t, "suite")
		message := rapid.Custom(func(t *rapid.T) bbs.Message {
			if rapid.Bool().Draw(t, "number") {
				return bbs.Number(rapid.Uint64().Draw(t, "value"))
			}
			return bbs.Octets(rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "octets"))
		})
		signed := bbs.Signed{
			Messages:  rapid.SliceOfN(message, 0, 6).Draw(t, "messages"),
			Committed: rapid.SliceOfN(message, 0, 4).Draw(t, "committed"),
		}
		commitment, blinding, err := s.Commit(signed.Committed)
		if err != nil {
			t.Fatal(err)
		}
		signed.Blinding = blinding
		sig, err := s.Sign(testKey(), commitment, nil, signed.Messages)
		if err != nil {
			t.Fatal(err)
		}
		all := slices.Concat(signed.Messages, signed.Committed)
		disclosures := make([]bbs.Disclosure, len(all))
		var shown []bbs.Message
		var disclosed []int
		for i := range disclosures {
			disclosures[i] = rapid.SampledFrom([]bbs.Disclosure{bbs.Hide, bbs.Disclose, bbs.Commit}).Draw(t, "disclosure")
			if disclosures[i] == bbs.Disclose {
				shown, disclosed = append(shown, all[i]), append(disclosed, i)
			}
		}
		proof, err := s.ProofGen(testKey().PublicKey(), sig, nil, nil, signed, disclosures)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.ProofVerify(testKey().PublicKey(), proof.Octets, nil, nil, len(signed.Messages), shown, disclosed); err != nil {
			t.Fatal(err)
		}
		if len(signed.Committed) > 0 {
			_, err := s.ProofVerify(testKey().PublicKey(), proof.Octets, nil, nil, len(signed.Messages)+1, shown, disclosed)
			requireRefusal(t, "another share of the signer's", err)
		}
	})
}

func TestCommitmentRefused(t *testing.T) {
	s := bbs.SHA256.Blind()
	in := newBlindInputs(t, s)
	replace := func(at int, with []byte) []byte {
		b := bytes.Clone(in.commitment)
		copy(b[at:], with)
		return b
	}
	other, _, err := s.Commit(in.signed.Committed)
	if err != nil {
		t.Fatal(err)
	}
	shake, _, err := bbs.SHAKE256.Blind().Commit(in.signed.Committed)
	if err != nil {
		t.Fatal(err)
	}
	for name, commitment := range map[string][]byte{
		"empty octets":                        {},
		"a point alone":                       in.commitment[:48],
		"a commitment cut short":              in.commitment[:len(in.commitment)-1],
		"a commitment with a scalar less":     in.commitment[:len(in.commitment)-32],
		"a commitment with an octet more":     append(bytes.Clone(in.commitment), 0),
		"the identity":                        replace(0, identity(48)),
		"a point outside the subgroup":        replace(0, outsideG1()),
		"a point off the curve":               replace(0, notOnCurve(48)),
		"a scalar of zero":                    replace(48, make([]byte, 32)),
		"a scalar that is the order":          replace(48, order()),
		"a challenge of zero":                 replace(len(in.commitment)-32, make([]byte, 32)),
		"the point of another commitment":     replace(0, other[:48]),
		"two committed messages swapped":      replace(80, append(bytes.Clone(in.commitment[112:144]), in.commitment[80:112]...)),
		"a commitment made in another suite":  shake,
		"a proof without its committed point": in.proof.Octets,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Sign(testKey(), commitment, in.header, in.signed.Messages)
			requireRefusal(t, name, err)
		})
	}
	requireRefusal(t, "no secret key", second(s.Sign(nil, in.commitment, nil, nil)))
	requireRefusal(t, "too many messages", second(s.Sign(testKey(), in.commitment, nil, make([]bbs.Message, bbs.MaxMessages-1))))
}

func second(_ []byte, err error) error { return err }

func TestBlindSignatureRefused(t *testing.T) {
	s := bbs.SHA256.Blind()
	in := newBlindInputs(t, s)
	change := func(f func(*bbs.Signed)) bbs.Signed {
		out := bbs.Signed{Messages: slices.Clone(in.signed.Messages), Committed: slices.Clone(in.signed.Committed), Blinding: in.signed.Blinding}
		f(&out)
		return out
	}
	_, otherBlinding, err := s.Commit(in.signed.Committed)
	if err != nil {
		t.Fatal(err)
	}
	for name, signed := range map[string]bbs.Signed{
		"another blinding":                    change(func(s *bbs.Signed) { s.Blinding = otherBlinding }),
		"no blinding":                         change(func(s *bbs.Signed) { s.Blinding = nil }),
		"a changed message of the signer's":   change(func(s *bbs.Signed) { s.Messages[0] = bbs.Octets([]byte("b")) }),
		"a number in place of octets":         change(func(s *bbs.Signed) { s.Messages[0] = bbs.Number(1) }),
		"octets in place of a number":         change(func(s *bbs.Signed) { s.Committed[0] = bbs.Octets([]byte("77")) }),
		"a changed committed message":         change(func(s *bbs.Signed) { s.Committed[0] = bbs.Number(78) }),
		"committed messages swapped":          change(func(s *bbs.Signed) { slices.Reverse(s.Committed) }),
		"a committed message as the signer's": change(func(s *bbs.Signed) { s.Messages = append(s.Messages, s.Committed[0]); s.Committed = s.Committed[1:] }),
		"a message of the signer's as a committed": change(func(s *bbs.Signed) {
			s.Committed = slices.Concat(s.Messages[2:], s.Committed)
			s.Messages = s.Messages[:2]
		}),
		"a committed message that was not signed":   change(func(s *bbs.Signed) { s.Committed = append(s.Committed, bbs.Number(1)) }),
		"one of the committed messages left out":    change(func(s *bbs.Signed) { s.Committed = s.Committed[:1] }),
		"one of the signer's messages left out":     change(func(s *bbs.Signed) { s.Messages = s.Messages[:2] }),
		"more messages than one signature can have": {Messages: make([]bbs.Message, bbs.MaxMessages+1)},
	} {
		t.Run(name, func(t *testing.T) {
			requireRefusal(t, name, s.Verify(testKey().PublicKey(), in.signature, in.header, signed))
		})
	}
	requireRefusal(t, "another header", s.Verify(testKey().PublicKey(), in.signature, in.ph, in.signed))
	requireRefusal(t, "another interface", bbs.ModularSHA256.Verify(testKey().PublicKey(), in.signature, in.header, in.signed))
	requireRefusal(t, "no key", s.Verify(nil, in.signature, in.header, in.signed))
	requireRefusal(t, "no signature", s.Verify(testKey().PublicKey(), nil, in.header, in.signed))
	for name, octets := range map[string][]byte{"a short blinding": make([]byte, 31), "a blinding of zero": make([]byte, 32), "a blinding over the order": order()} {
		_, err := bbs.ParseBlinding(octets)
		requireRefusal(t, name, err)
	}
	for name, octets := range map[string][]byte{"a short number": make([]byte, 31), "a number over the order": order()} {
		_, err := bbs.ParseNumber(octets)
		requireRefusal(t, name, err)
	}
	if got := fmt.Sprintf("%v %+v %#v %s %x", *in.signed.Blinding, *in.signed.Blinding, *in.signed.Blinding, *in.signed.Blinding, *in.signed.Blinding); got != "bbs.Blinding bbs.Blinding bbs.Blinding bbs.Blinding bbs.Blinding" {
		t.Errorf("a blinding prints as %s", got)
	}
}

func TestBlindProofGenRefuses(t *testing.T) {
	in := newBlindInputs(t, bbs.SHA256.Blind())
	for name, disclosures := range map[string][]bbs.Disclosure{
		"no disclosures":           nil,
		"a disclosure too few":     in.disclosures[:4],
		"a disclosure too many":    append(slices.Clone(in.disclosures), bbs.Hide),
		"a disclosure not defined": {bbs.Hide, bbs.Hide, 3, bbs.Hide, bbs.Hide},
	} {
		t.Run(name, func(t *testing.T) {
			proof, err := in.suite.ProofGen(testKey().PublicKey(), in.signature, in.header, in.ph, in.signed, disclosures)
			if proof != nil {
				t.Error("a proof was returned")
			}
			requireRefusal(t, name, err)
		})
	}
}

// The fields of the proof on the wire: 8 octets each before the core proof,
// the disclosed indexes, the commitments and the committed indexes.
const (
	wireCore      = 8
	wireDisclosed = wireCore + 3*48 + 4*32 + 4*32 // 3 hidden messages and the blinding
	wireCommits   = wireDisclosed + 8 + 2*8
	wireCommitted = wireCommits + 8 + 2*48 + 2*32
	wireEnd       = wireCommitted + 8 + 2*8
)

func TestBlindProofRefused(t *testing.T) {
	in := newBlindInputs(t, bbs.SHA256.Blind())
	good := in.proof.Octets
	if len(good) != wireEnd {
		t.Fatalf("a proof of %d octets, want %d", len(good), wireEnd)
	}
	replace := func(at int, with ...[]byte) []byte {
		b := bytes.Clone(good)
		copy(b[at:], slices.Concat(with...))
		return b
	}
	swap := func(a, b, n int) []byte {
		out := bytes.Clone(good)
		copy(out[a:a+n], good[b:b+n])
		copy(out[b:b+n], good[a:a+n])
		return out
	}
	number := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	again := newBlindInputs(t, in.suite).proof.Octets
	for name, proof := range map[string][]byte{
		"nothing":                                     nil,
		"a length alone":                              good[:8],
		"a proof cut short":                           good[:len(good)-1],
		"a proof with an octet more":                  append(bytes.Clone(good), 0),
		"the core proof alone":                        good[wireCore:wireDisclosed],
		"a core proof longer than the rest":           replace(0, number(1<<20)),
		"a length over 2^63":                          replace(0, number(1<<63|416)),
		"a core proof one octet shorter":              replace(0, number(uint64(wireDisclosed-wireCore-1))),
		"a core proof without room for a blinding":    replace(0, number(3*48+4*32)),
		"more disclosed indexes than octets":          replace(wireDisclosed, number(1<<40)),
		"a disclosed index more":                      replace(wireDisclosed, number(3)),
		"a disclosed index less":                      replace(wireDisclosed, number(1)),
		"disclosed indexes swapped":                   swap(wireDisclosed+8, wireDisclosed+16, 8),
		"a disclosed index twice":                     replace(wireDisclosed+16, number(0)),
		"a disclosed index out of range":              replace(wireDisclosed+16, number(5)),
		"a disclosed index moved":                     replace(wireDisclosed+8, number(2)),
		"a disclosed index that is committed too":     replace(wireDisclosed+8, number(1)),
		"more commitments than octets":                replace(wireCommits, number(1<<40)),
		"no commitments and two committed indexes":    replace(wireCommits, number(0)),
		"committed indexes swapped":                   swap(wireCommitted+8, wireCommitted+16, 8),
		"a committed index twice":                     replace(wireCommitted+16, number(1)),
		"a committed index moved":                     replace(wireCommitted+8, number(2)),
		"a committed index out of range":              replace(wireCommitted+16, number(5)),
		"a committed index that is disclosed too":     replace(wireCommitted+8, number(0)),
		"a commitment left out of the committed list": replace(wireCommitted, number(1)),
		"the commitments swapped":                     swap(wireCommits+8, wireCommits+8+48, 48),
		"the responses of commitments swapped":        swap(wireCommits+8+96, wireCommits+8+96+32, 32),
		"a commitment that is the identity":           replace(wireCommits+8, identity(48)),
		"a commitment outside the subgroup":           replace(wireCommits+8, outsideG1()),
		"a commitment off the curve":                  replace(wireCommits+8, notOnCurve(48)),
		"a commitment of another proof":               replace(wireCommits+8, again[wireCommits+8:wireCommits+8+48]),
		"a response of zero":                          replace(wireCommits+8+96, make([]byte, 32)),
		"a response over the order":                   replace(wireCommits+8+96, order()),
		"an Abar that is the identity":                replace(wireCore, identity(48)),
		"a Bbar outside the subgroup":                 replace(wireCore+48, outsideG1()),
		"a D off the curve":                           replace(wireCore+96, notOnCurve(48)),
		"the core proof of another proof":             replace(wireCore, again[wireCore:wireDisclosed]),
		"the signature":                               in.signature,
	} {
		t.Run(name, func(t *testing.T) { requireRefusal(t, name, in.verify(proof)) })
	}
	if err := in.verify(good); err != nil {
		t.Error(err)
	}
}

func TestBlindProofRefusedForOtherStatements(t *testing.T) {
	in := newBlindInputs(t, bbs.SHA256.Blind())
	pk := testKey().PublicKey()
	verify := func(s *bbs.BlindSuite, pk *bbs.PublicKey, header, ph []byte, known int, shown []bbs.Message, disclosed []int) error {
		out, err := s.ProofVerify(pk, in.proof.Octets, header, ph, known, shown, disclosed)
		if err != nil && out != nil {
			t.Error("commitments of a refused proof were returned")
		}
		return err
	}
	other, err := bbs.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"another key":                            verify(in.suite, other.PublicKey(), in.header, in.ph, 3, in.shown, in.disclosed),
		"no key":                                 verify(in.suite, nil, in.header, in.ph, 3, in.shown, in.disclosed),
		"another header":                         verify(in.suite, pk, nil, in.ph, 3, in.shown, in.disclosed),
		"header and presentation header swapped": verify(in.suite, pk, in.ph, in.header, 3, in.shown, in.disclosed),
		"another presentation header":            verify(in.suite, pk, in.header, nil, 3, in.shown, in.disclosed),
		"fewer messages of the signer's":         verify(in.suite, pk, in.header, in.ph, 2, in.shown, in.disclosed),
		"more messages of the signer's":          verify(in.suite, pk, in.header, in.ph, 4, in.shown, in.disclosed),
		"more of them than there are":            verify(in.suite, pk, in.header, in.ph, 6, in.shown, in.disclosed),
		"a negative number of them":              verify(in.suite, pk, in.header, in.ph, -1, in.shown, in.disclosed),
		"a changed message":                      verify(in.suite, pk, in.header, in.ph, 3, bbs.AllOctets([]byte("a"), []byte("x")), in.disclosed),
		"messages swapped":                       verify(in.suite, pk, in.header, in.ph, 3, []bbs.Message{in.shown[1], in.shown[0]}, in.disclosed),
		"messages at other indexes":              verify(in.suite, pk, in.header, in.ph, 3, in.shown, []int{0, 2}),
		"a message less":                         verify(in.suite, pk, in.header, in.ph, 3, in.shown[:1], in.disclosed[:1]),
		"an index less":                          verify(in.suite, pk, in.header, in.ph, 3, in.shown, in.disclosed[:1]),
		"another interface":                      verify(bbs.ModularSHA256, pk, in.header, in.ph, 3, in.shown, in.disclosed),
		"another suite":                          verify(bbs.SHAKE256.Blind(), pk, in.header, in.ph, 3, in.shown, in.disclosed),
	} {
		requireRefusal(t, name, err)
	}
}

func FuzzBlindSign(f *testing.F) {
	in := newBlindInputs(f, bbs.SHA256.Blind())
	f.Add(in.commitment)
	f.Add(in.commitment[:112])
	f.Add(append(identity(48), make([]byte, 64)...))
	f.Fuzz(func(t *testing.T, commitment []byte) {
		if len(commitment) > bbs.CommitmentSize(50) {
			return // generators are made one by one, once
		}
		_, err := in.suite.Sign(testKey(), commitment, in.header, in.signed.Messages)
		switch {
		case bytes.Equal(commitment, in.commitment):
			if err != nil {
				t.Error(err)
			}
		case err != nil: // a worker gets the seeds of another process, which hold
			requireRefusal(t, "a commitment", err)
		}
	})
}

func FuzzBlindProofVerify(f *testing.F) {
	in := newBlindInputs(f, bbs.SHA256.Blind())
	f.Add(in.proof.Octets, 3)
	f.Add(in.proof.Octets[:wireCommits], 3)
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 1}, -1)
	f.Fuzz(func(t *testing.T, proof []byte, known int) {
		if len(proof) > 3*wireEnd {
			return
		}
		_, err := in.suite.ProofVerify(testKey().PublicKey(), proof, in.header, in.ph, known, in.shown, in.disclosed)
		if bytes.Equal(proof, in.proof.Octets) && known == 3 {
			if err != nil {
				t.Error(err)
			}
			return
		}
		requireRefusal(t, "a proof", err)
	})
}
