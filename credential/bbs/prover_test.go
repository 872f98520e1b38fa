package bbs_test

import (
	"bytes"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/halfmask/halfmask/credential/bbs"
)

// Proofs of a prover, prepared or not, verify for every choice of what is
// disclosed.
func TestProver(t *testing.T) {
	for _, s := range []*bbs.Suite{bbs.SHA256, bbs.SHAKE256} {
		messages := [][]byte{[]byte("a"), nil, []byte("c"), []byte("d")}
		sig, err := s.Sign(testKey(), nil, messages)
		if err != nil {
			t.Fatal(err)
		}
		prover, err := s.NewProver(testKey().PublicKey(), sig, nil, messages)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		rapid.Check(t, func(t *rapid.T) {
			ph := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "ph")
			var disclosed []int
			var shown [][]byte
			for i, m := range messages {
				if rapid.Bool().Draw(t, "disclose") {
					disclosed, shown = append(disclosed, i), append(shown, m)
				}
			}
			for name, gen := range map[string]func([]byte, []int) ([]byte, error){"at once": prover.ProofGen, "prepared": prover.Prepare().ProofGen} {
				proof, err := gen(ph, disclosed)
				if err != nil {
					t.Fatal(name, err)
				}
				if err := s.ProofVerify(testKey().PublicKey(), proof, nil, ph, shown, disclosed); err != nil {
					t.Fatal(name, err)
				}
				if seen[string(proof[:144])] {
					t.Fatal("two proofs have their points in common")
				}
				seen[string(proof[:144])] = true
			}
		})
	}
}

func TestProverRefuses(t *testing.T) {
	in := newInputs(t, 10)
	for name, f := range map[string]func() (*bbs.Prover, error){
		"no key": func() (*bbs.Prover, error) { return bbs.SHA256.NewProver(nil, in.signature, in.header, in.messages) },
		"no signature": func() (*bbs.Prover, error) {
			return bbs.SHA256.NewProver(in.key.PublicKey(), nil, in.header, in.messages)
		},
		"another header": func() (*bbs.Prover, error) {
			return bbs.SHA256.NewProver(in.key.PublicKey(), in.signature, in.ph, in.messages)
		},
		"another suite": func() (*bbs.Prover, error) {
			return bbs.SHAKE256.NewProver(in.key.PublicKey(), in.signature, in.header, in.messages)
		},
		"a message less": func() (*bbs.Prover, error) {
			return bbs.SHA256.NewProver(in.key.PublicKey(), in.signature, in.header, in.messages[1:])
		},
		"a foreign key": func() (*bbs.Prover, error) {
			return bbs.SHA256.NewProver(testKey().PublicKey(), in.signature, in.header, in.messages)
		},
		"a long message": func() (*bbs.Prover, error) {
			return bbs.SHA256.NewProver(in.key.PublicKey(), in.signature, in.header, [][]byte{make([]byte, bbs.MaxOctets+1)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := f()
			if p != nil {
				t.Error("a prover was returned")
			}
			requireRefusal(t, name, err)
		})
	}
	prover, err := bbs.SHA256.NewProver(in.key.PublicKey(), in.signature, in.header, in.messages)
	if err != nil {
		t.Fatal(err)
	}
	prepared := prover.Prepare()
	for name, disclosed := range map[string][]int{"an index out of range": {10}, "a negative index": {-1}, "an index twice": {1, 1}, "indexes swapped": {2, 1}} {
		requireRefusal(t, name, second(prover.ProofGen(nil, disclosed)))
		requireRefusal(t, name, second(prepared.ProofGen(nil, disclosed)))
	}
	if _, err := prepared.ProofGen(nil, []int{1}); err != nil {
		t.Errorf("a preparation is used up by a refusal: %v", err)
	}
}

// What was prepared makes one proof, also when many ask for one at a time.
func TestPreparationIsUsedOnce(t *testing.T) {
	in := newInputs(t, 10)
	prover, err := bbs.SHA256.NewProver(in.key.PublicKey(), in.signature, in.header, in.messages)
	if err != nil {
		t.Fatal(err)
	}
	blind := newBlindInputs(t, bbs.SHA256.Blind())
	blindProver, err := blind.suite.NewProver(testKey().PublicKey(), blind.signature, blind.header, blind.signed)
	if err != nil {
		t.Fatal(err)
	}
	nym := newNymInputs(t, bbs.SHA256.Pseudonym(), 2)
	nymProver, err := nym.suite.NewProver(testKey().PublicKey(), nym.signature, nym.header, nym.signed)
	if err != nil {
		t.Fatal(err)
	}
	plain, prepared, named := prover.Prepare(), blindProver.Prepare(), nymProver.Prepare()
	for name, gen := range map[string]func() (bool, error){
		"plain": func() (bool, error) { proof, err := plain.ProofGen(in.ph, in.disclosed); return proof != nil, err },
		"blind": func() (bool, error) {
			proof, err := prepared.ProofGen(blind.ph, blind.disclosures)
			return proof != nil, err
		},
		"pseudonym": func() (bool, error) {
			proof, _, err := named.ProofGen(nym.ph, nym.claim.Context, nym.claim.Disclosed, nym.claim.DisclosedCommitted)
			return proof != nil, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			var made atomic.Int32
			var wait sync.WaitGroup
			for range 20 {
				wait.Go(func() {
					switch proof, err := gen(); {
					case err == nil:
						made.Add(1)
					case proof:
						t.Error("a proof was returned with an error")
					}
				})
			}
			wait.Wait()
			if made.Load() != 1 {
				t.Errorf("%d proofs from one preparation", made.Load())
			}
			_, err := gen()
			requireRefusal(t, "a preparation used before", err)
		})
	}
}

func TestBlindAndPseudonymProvers(t *testing.T) {
	in := newBlindInputs(t, bbs.ModularSHA256)
	pk := testKey().PublicKey()
	prover, err := in.suite.NewProver(pk, in.signature, in.header, in.signed)
	if err != nil {
		t.Fatal(err)
	}
	for name, gen := range map[string]func([]byte, []bbs.Disclosure) (*bbs.BlindProof, error){"at once": prover.ProofGen, "prepared": prover.Prepare().ProofGen} {
		requireRefusal(t, "a disclosure too few", second3(gen(in.ph, in.disclosures[1:])))
		proof, err := gen(in.ph, in.disclosures)
		if err != nil {
			t.Fatal(name, err)
		}
		shown, err := in.suite.ProofVerify(pk, proof.Octets, in.header, in.ph, 3, in.shown, in.disclosed)
		if err != nil {
			t.Fatal(name, err)
		}
		if shown.Transcript != proof.Transcript || shown.Commitments[1] != proof.Openings[1].Commitment {
			t.Errorf("%s: prover and verifier see different commitments", name)
		}
	}
	bad := in.signed
	bad.Blinding = nil
	if _, err := in.suite.NewProver(pk, in.signature, in.header, bad); err == nil {
		t.Error("a prover without the blinding")
	}

	nym := newNymInputs(t, bbs.SHA256.Pseudonym(), 3)
	nymProver, err := nym.suite.NewProver(pk, nym.signature, nym.header, nym.signed)
	if err != nil {
		t.Fatal(err)
	}
	for name, gen := range map[string]func(ph, context []byte, disclosed, disclosedCommitted []int) (proof, pseudonym []byte, err error){"at once": nymProver.ProofGen, "prepared": nymProver.Prepare().ProofGen} {
		_, _, err = gen(nym.ph, nym.claim.Context, nil, []int{2})
		requireRefusal(t, "a secret disclosed", err)
		proof, pseudonym, err := gen(nym.ph, nym.claim.Context, nym.claim.Disclosed, nym.claim.DisclosedCommitted)
		if err != nil || !bytes.Equal(pseudonym, nym.claim.Pseudonym) {
			t.Fatalf("%s: another pseudonym than without a prover: %v", name, err)
		}
		if err := nym.suite.ProofVerify(pk, proof, nym.header, nym.ph, nym.claim); err != nil {
			t.Error(name, err)
		}
	}
	nym.signed.Secrets = nym.secrets
	if _, err := nym.suite.NewProver(pk, nym.signature, nym.header, nym.signed); err == nil {
		t.Error("a prover with the secrets before the entropy")
	}
}

func second3(_ *bbs.BlindProof, err error) error { return err }
