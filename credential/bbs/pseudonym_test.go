package bbs_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"pgregory.net/rapid"

	"github.com/halfmask/halfmask/credential/bbs"
)

type nymInputs struct {
	suite                 *bbs.PseudonymSuite
	header, ph            []byte
	signed                bbs.SignedNym
	secrets               *bbs.NymSecrets // before the entropy
	entropy               bbs.NymEntropy
	commitment, signature []byte
	proof                 []byte
	claim                 bbs.NymStatement
}

// newNymInputs is a signature over three messages of the signer and two of
// the prover, and a proof that discloses the signer's 0 and 2 and the prover's
// 1 in the context "platform.example".
func newNymInputs(t testing.TB, s *bbs.PseudonymSuite, secrets int) *nymInputs {
	t.Helper()
	in := &nymInputs{suite: s, header: []byte("header"), ph: []byte("nonce"), entropy: bbs.NewNymEntropy()}
	in.signed.Messages = bbs.AllOctets([]byte("a"), []byte("b"), []byte("c"))
	in.signed.Committed = bbs.AllOctets([]byte("d"), []byte("e"))
	check := func(err error) {
		if t.Helper(); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	in.secrets, err = bbs.NewNymSecrets(secrets)
	check(err)
	in.commitment, in.signed.Blinding, err = s.Commit(in.signed.Committed, in.secrets)
	check(err)
	in.signature, err = s.Sign(testKey(), in.commitment, secrets, in.entropy, in.header, in.signed.Messages)
	check(err)
	in.signed.Secrets, err = s.Verify(testKey().PublicKey(), in.signature, in.header, in.signed.Signed, in.secrets, in.entropy)
	check(err)
	in.claim = bbs.NymStatement{
		Context: []byte("platform.example"), Secrets: secrets, Known: 3,
		Messages: []bbs.Message{in.signed.Messages[0], in.signed.Messages[2]}, Disclosed: []int{0, 2},
		CommittedMessages: in.signed.Committed[1:], DisclosedCommitted: []int{1},
	}
	in.proof, in.claim.Pseudonym, err = s.ProofGen(testKey().PublicKey(), in.signature, in.header, in.ph, in.claim.Context, in.signed, in.claim.Disclosed, in.claim.DisclosedCommitted)
	check(err)
	return in
}

func (in *nymInputs) verify(claim bbs.NymStatement) error {
	return in.suite.ProofVerify(testKey().PublicKey(), in.proof, in.header, in.ph, claim)
}

func TestPseudonyms(t *testing.T) {
	for _, s := range []*bbs.PseudonymSuite{bbs.SHA256.Pseudonym(), bbs.SHAKE256.Pseudonym()} {
		for _, n := range []int{1, 5} {
			t.Run(fmt.Sprintf("%s/%d secrets", s.ID(), n), func(t *testing.T) {
				in := newNymInputs(t, s, n)
				if err := in.verify(in.claim); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(in.claim.Pseudonym, s.NymOf(in.signed.Secrets, in.claim.Context)) {
					t.Error("NymOf gives another pseudonym than the proof")
				}
				again, nym, err := s.ProofGen(testKey().PublicKey(), in.signature, in.header, in.ph, in.claim.Context, in.signed, nil, nil)
				if err != nil || !bytes.Equal(nym, in.claim.Pseudonym) || bytes.Equal(again, in.proof) {
					t.Errorf("the second pseudonym in one context is another, or the proofs are the same: %v", err)
				}
				_, nym, err = s.ProofGen(testKey().PublicKey(), in.signature, in.header, in.ph, []byte("elsewhere.example"), in.signed, nil, nil)
				if err != nil || bytes.Equal(nym, in.claim.Pseudonym) {
					t.Errorf("one pseudonym for two contexts: %v", err)
				}
			})
		}
	}
}

func TestPseudonymProofRefused(t *testing.T) {
	in := newNymInputs(t, bbs.SHA256.Pseudonym(), 2)
	_, other, err := in.suite.ProofGen(testKey().PublicKey(), in.signature, in.header, in.ph, []byte("elsewhere.example"), in.signed, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _, g1, _ := bls.Generators()
	base := g1.Bytes()
	change := func(f func(*bbs.NymStatement)) bbs.NymStatement {
		c := in.claim
		c.Messages, c.Disclosed = slices.Clone(c.Messages), slices.Clone(c.Disclosed)
		f(&c)
		return c
	}
	nym := func(octets []byte) bbs.NymStatement {
		return change(func(c *bbs.NymStatement) { c.Pseudonym = octets })
	}
	for name, claim := range map[string]bbs.NymStatement{
		"a pseudonym of another context":           nym(other),
		"a pseudonym that is the identity":         nym(identity(48)),
		"a pseudonym that is the base point":       nym(base[:]),
		"a pseudonym outside the subgroup":         nym(outsideG1()),
		"a pseudonym off the curve":                nym(notOnCurve(48)),
		"no pseudonym":                             nym(nil),
		"a pseudonym cut short":                    nym(in.claim.Pseudonym[:47]),
		"another context":                          change(func(c *bbs.NymStatement) { c.Context = []byte("elsewhere.example") }),
		"fewer secrets":                            change(func(c *bbs.NymStatement) { c.Secrets = 1 }),
		"more secrets":                             change(func(c *bbs.NymStatement) { c.Secrets = 3 }),
		"no secrets":                               change(func(c *bbs.NymStatement) { c.Secrets = 0 }),
		"more secrets than can be":                 change(func(c *bbs.NymStatement) { c.Secrets = bbs.MaxNymSecrets + 1 }),
		"more secrets than the proof hides":        change(func(c *bbs.NymStatement) { c.Secrets = 200 }),
		"fewer messages of the signer's":           change(func(c *bbs.NymStatement) { c.Known = 2 }),
		"more messages of the signer's":            change(func(c *bbs.NymStatement) { c.Known = 4 }),
		"a negative number of them":                change(func(c *bbs.NymStatement) { c.Known = -1 }),
		"a changed message":                        change(func(c *bbs.NymStatement) { c.Messages[0] = bbs.Octets([]byte("x")) }),
		"messages swapped":                         change(func(c *bbs.NymStatement) { slices.Reverse(c.Messages) }),
		"indexes swapped":                          change(func(c *bbs.NymStatement) { slices.Reverse(c.Disclosed) }),
		"an index twice":                           change(func(c *bbs.NymStatement) { c.Disclosed[1] = 0 }),
		"an index out of range":                    change(func(c *bbs.NymStatement) { c.Disclosed[1] = 3 }),
		"an index moved":                           change(func(c *bbs.NymStatement) { c.Disclosed[0] = 1 }),
		"a negative index":                         change(func(c *bbs.NymStatement) { c.Disclosed[0] = -1 }),
		"an index among the committed moved":       change(func(c *bbs.NymStatement) { c.DisclosedCommitted = []int{0} }),
		"an index of a secret among the committed": change(func(c *bbs.NymStatement) { c.DisclosedCommitted = []int{2} }),
		"fewer indexes than messages":              change(func(c *bbs.NymStatement) { c.Disclosed = c.Disclosed[:1] }),
		"a committed message as the signer's": change(func(c *bbs.NymStatement) {
			c.Messages, c.CommittedMessages = append(c.Messages, c.CommittedMessages...), nil
			c.Disclosed, c.DisclosedCommitted, c.Known = append(c.Disclosed, 4), nil, 5
		}),
	} {
		t.Run(name, func(t *testing.T) { requireRefusal(t, name, in.verify(claim)) })
	}
	t.Run("header and presentation header swapped", func(t *testing.T) {
		requireRefusal(t, "", in.suite.ProofVerify(testKey().PublicKey(), in.proof, in.ph, in.header, in.claim))
	})
	for name, proof := range map[string][]byte{
		"no proof": nil, "a proof cut short": in.proof[:len(in.proof)-32], "a proof with a scalar more": append(in.proof[:len(in.proof):len(in.proof)], make([]byte, 32)...),
	} {
		requireRefusal(t, name, in.suite.ProofVerify(testKey().PublicKey(), proof, in.header, in.ph, in.claim))
	}
	requireRefusal(t, "header and presentation header swapped", in.suite.ProofVerify(testKey().PublicKey(), in.proof, in.ph, in.header, in.claim))
	requireRefusal(t, "no key", in.suite.ProofVerify(nil, in.proof, in.header, in.ph, in.claim))
	requireRefusal(t, "another suite", bbs.SHAKE256.Pseudonym().ProofVerify(testKey().PublicKey(), in.proof, in.header, in.ph, in.claim))
}

func TestPseudonymSignatureRefused(t *testing.T) {
	s := bbs.SHA256.Pseudonym()
	in := newNymInputs(t, s, 2)
	stranger, err := bbs.NewNymSecrets(2)
	if err != nil {
		t.Fatal(err)
	}
	over := bbs.NymEntropy(order())
	verify := func(secrets *bbs.NymSecrets, entropy bbs.NymEntropy) error {
		out, err := s.Verify(testKey().PublicKey(), in.signature, in.header, in.signed.Signed, secrets, entropy)
		if err != nil && out != nil {
			t.Error("secrets were returned with a refusal")
		}
		return err
	}
	requireRefusal(t, "another's secrets", verify(stranger, in.entropy))
	requireRefusal(t, "final secrets in place of the prover's", verify(in.signed.Secrets, in.entropy))
	requireRefusal(t, "other entropy", verify(in.secrets, bbs.NewNymEntropy()))
	requireRefusal(t, "entropy over the order", verify(in.secrets, over))
	requireRefusal(t, "no secrets", verify(nil, in.entropy))
	for name, err := range map[string]error{
		"no secret key":                     second(s.Sign(nil, in.commitment, 2, in.entropy, nil, nil)),
		"no commitment":                     second(s.Sign(testKey(), nil, 2, in.entropy, nil, nil)),
		"no secrets to sign":                second(s.Sign(testKey(), in.commitment, 0, in.entropy, nil, nil)),
		"more secrets than committed":       second(s.Sign(testKey(), in.commitment, 5, in.entropy, nil, nil)),
		"more secrets than can be":          second(s.Sign(testKey(), in.commitment, bbs.MaxNymSecrets+1, in.entropy, nil, nil)),
		"entropy to sign over the order":    second(s.Sign(testKey(), in.commitment, 2, over, nil, nil)),
		"a commitment of another interface": second(bbs.SHAKE256.Pseudonym().Sign(testKey(), in.commitment, 2, in.entropy, nil, nil)),
	} {
		requireRefusal(t, name, err)
	}
	for name, n := range map[string]int{"no secrets": 0, "a negative number": -1, "too many": bbs.MaxNymSecrets + 1} {
		_, err := bbs.NewNymSecrets(n)
		requireRefusal(t, name, err)
	}
	for name, octets := range map[string][]byte{"nothing": nil, "31 octets": make([]byte, 31), "a scalar over the order": order(), "too many": make([]byte, 32*(bbs.MaxNymSecrets+1))} {
		_, err := bbs.ParseNymSecrets(octets)
		requireRefusal(t, name, err)
	}
	if got := fmt.Sprintf("%v %+v %#v %s %x", *stranger, *stranger, *stranger, *stranger, *stranger); got != "bbs.NymSecrets bbs.NymSecrets bbs.NymSecrets bbs.NymSecrets bbs.NymSecrets" {
		t.Errorf("secrets print as %s", got)
	}
}

// A signature that was renewed with the former entropy gives the former
// pseudonyms; one with fresh entropy does not.
func TestRenewalKeepsPseudonyms(t *testing.T) {
	s := bbs.SHA256.Pseudonym()
	in := newNymInputs(t, s, 1)
	renew := func(entropy bbs.NymEntropy) []byte {
		commitment, blinding, err := s.Commit(nil, in.secrets)
		if err != nil {
			t.Fatal(err)
		}
		sig, err := s.Sign(testKey(), commitment, 1, entropy, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		final, err := s.Verify(testKey().PublicKey(), sig, nil, bbs.Signed{Blinding: blinding}, in.secrets, entropy)
		if err != nil {
			t.Fatal(err)
		}
		return s.NymOf(final, in.claim.Context)
	}
	if !bytes.Equal(renew(in.entropy), in.claim.Pseudonym) {
		t.Error("the pseudonym changed with the same entropy")
	}
	if bytes.Equal(renew(bbs.NewNymEntropy()), in.claim.Pseudonym) {
		t.Error("the pseudonym is the same with other entropy")
	}
}

func TestPseudonymProofMutated(t *testing.T) {
	in := newNymInputs(t, bbs.SHA256.Pseudonym(), 2)
	rapid.Check(t, func(t *rapid.T) {
		proof := bytes.Clone(in.proof)
		i := rapid.IntRange(0, len(proof)*8-1).Draw(t, "flipped bit")
		proof[i/8] ^= 1 << (i % 8)
		requireRefusal(t, "a flipped bit", in.suite.ProofVerify(testKey().PublicKey(), proof, in.header, in.ph, in.claim))
	})
}

func FuzzPseudonymProofVerify(f *testing.F) {
	in := newNymInputs(f, bbs.SHA256.Pseudonym(), 2)
	f.Add(in.proof, in.claim.Pseudonym, in.claim.Context, 2, 3)
	f.Add(in.proof[:bbs.ProofSize(2)], identity(48), []byte{}, 1, 0)
	f.Fuzz(func(t *testing.T, proof, nym, context []byte, secrets, known int) {
		if len(proof) > bbs.ProofSize(50) {
			return // generators are made one by one, once
		}
		claim := in.claim
		claim.Pseudonym, claim.Context, claim.Secrets, claim.Known = nym, context, secrets, known
		err := in.suite.ProofVerify(testKey().PublicKey(), proof, in.header, in.ph, claim)
		if bytes.Equal(proof, in.proof) && bytes.Equal(nym, in.claim.Pseudonym) && bytes.Equal(context, in.claim.Context) && secrets == 2 && known == 3 {
			if err != nil {
				t.Error(err)
			}
			return
		}
		requireRefusal(t, "a proof", err)
	})
}
