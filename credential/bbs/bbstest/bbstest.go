// Package bbstest makes BBS proofs from known random scalars, so that test
// vectors can be compared byte for byte. A proof made here hides nothing from
// anybody who knows the scalars: use it in tests, and [bbs.Suite.ProofGen]
// everywhere else.
//
// The mocked random scalars are those of section 8.1 of
// draft-irtf-cfrg-bbs-signatures-11, also for the commitments and proofs of the
// blind BBS and pseudonym drafts. Signatures need no such entry point, being
// deterministic.
package bbstest

import (
	"fmt"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs/internal/core"
)

// Random gives count scalars in place of calculate_random_scalars.
type Random func(count int) ([]fr.Element, error)

// Seeded derives the scalars from a seed and a domain separation tag, with
// the suite's expand_message. A nil dst stands for the published one, api_id
// || "MOCK_RANDOM_SCALARS_DST_".
func Seeded(s *bbs.Suite, seed, dst []byte) Random {
	c := core.ByID(s.ID())
	if dst == nil {
		dst = []byte(c.APIID + "MOCK_RANDOM_SCALARS_DST_")
	}
	return func(count int) ([]fr.Element, error) { return c.SeededScalars(seed, dst, count) }
}

// Listed gives exactly these scalars, of 32 octets each, in the order r1, r2,
// e~, r1~, r3~ and one for each hidden message.
func Listed(scalars ...[]byte) Random {
	return func(count int) ([]fr.Element, error) {
		if len(scalars) != count {
			return nil, fmt.Errorf("bbstest: %d random scalars listed, %d needed", len(scalars), count)
		}
		out := make([]fr.Element, count)
		for i := range out {
			if err := out[i].SetBytesCanonical(scalars[i]); err != nil {
				return nil, fmt.Errorf("bbstest: random scalar %d: %w", i, err)
			}
		}
		return out, nil
	}
}

// ProofGen is [bbs.Suite.ProofGen] with the given scalars.
func ProofGen(s *bbs.Suite, random Random, pk *bbs.PublicKey, sig, header, ph []byte, messages [][]byte, disclosed []int) ([]byte, error) {
	c := core.ByID(s.ID())
	key, err := core.ParsePublicKey(pk.Bytes())
	if err != nil {
		return nil, err
	}
	parsed, err := core.ParseSignature(sig)
	if err != nil {
		return nil, err
	}
	if err := ascending(disclosed, len(messages)); err != nil {
		return nil, err
	}
	scalars, err := random(core.RandomScalarCount(len(messages) - len(disclosed)))
	if err != nil {
		return nil, err
	}
	held := c.NewCredential(key, parsed, c.Generators(len(messages)), header, c.MessagesToScalars(messages))
	return held.ProofGen(ph, disclosed, scalars).Bytes(), nil
}
