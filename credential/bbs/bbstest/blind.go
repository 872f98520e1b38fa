package bbstest

import (
	"fmt"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs/internal/core"
)

// An Interface is a [bbs.BlindSuite] or a [bbs.PseudonymSuite].
type Interface interface {
	ID() string // the api_id
}

// Commit is [bbs.BlindSuite.Commit] with the given scalars, and, with secrets
// that are not nil, [bbs.PseudonymSuite.Commit]. The order of the scalars is
// the blinding, s~ and one for each message.
func Commit(s Interface, random Random, messages [][]byte, secrets *bbs.NymSecrets) (commitment, blinding []byte, err error) {
	c := core.ByAPI(s.ID())
	all, err := committed(c, messages, secrets)
	if err != nil {
		return nil, nil, err
	}
	scalars, err := random(core.CommitRandomCount(len(all)))
	if err != nil {
		return nil, nil, err
	}
	out, blind := c.Commit(all, scalars)
	return out.Bytes(), core.EncodeScalar(nil, &blind), nil
}

func committed(c *core.Suite, messages [][]byte, secrets *bbs.NymSecrets) ([]fr.Element, error) {
	all := c.MessagesToScalars(messages)
	if secrets == nil {
		return all, nil
	}
	octets := secrets.Bytes()
	for len(octets) > 0 {
		var k fr.Element
		if err := k.SetBytesCanonical(octets[:core.ScalarLength]); err != nil {
			return nil, err
		}
		all, octets = append(all, k), octets[core.ScalarLength:]
	}
	return all, nil
}

// Held is what a holder of a blind signature has, all messages being octets.
type Held struct {
	Key                 *bbs.PublicKey
	Signature, Header   []byte
	Messages, Committed [][]byte
	Blinding            []byte          // empty if there was no commitment
	Secrets             *bbs.NymSecrets // of a signature with pseudonym
}

func (h Held) credential(c *core.Suite) (*core.Credential, error) {
	key, err := core.ParsePublicKey(h.Key.Bytes())
	if err != nil {
		return nil, err
	}
	sig, err := core.ParseSignature(h.Signature)
	if err != nil {
		return nil, err
	}
	prover, err := committed(c, h.Committed, h.Secrets)
	if err != nil {
		return nil, err
	}
	var blind fr.Element
	if len(h.Blinding) > 0 {
		if err := blind.SetBytesCanonical(h.Blinding); err != nil {
			return nil, err
		}
	}
	header := h.Header
	if h.Secrets != nil {
		header = core.NymHeader(header, h.Secrets.Len())
	}
	return c.NewBlindCredential(key, sig, len(h.Messages), header, append(c.MessagesToScalars(h.Messages), prover...), &blind), nil
}

// BlindProofGen is [bbs.BlindSuite.ProofGen] with the given scalars: those of
// a proof, the blinding factor's last, then s for each commitment and then s~
// for each.
func BlindProofGen(s *bbs.BlindSuite, random Random, h Held, ph []byte, disclosed, commit []int) ([]byte, error) {
	c := core.ByAPI(s.ID())
	held, err := h.credential(c)
	if err != nil {
		return nil, err
	}
	l := &core.Layout{Known: len(h.Messages), Total: len(h.Messages) + len(h.Committed), Disclosed: disclosed, Committed: commit}
	for _, list := range [][]int{disclosed, commit} {
		if err := ascending(list, l.Total); err != nil {
			return nil, err
		}
	}
	scalars, err := random(core.BlindRandomCount(l))
	if err != nil {
		return nil, err
	}
	proof, _ := held.BlindProofGen(l, ph, scalars)
	return proof.Bytes(), nil
}

// NymProofGen is [bbs.PseudonymSuite.ProofGen] with the given scalars.
func NymProofGen(s *bbs.PseudonymSuite, random Random, h Held, ph, context []byte, disclosed, disclosedCommitted []int) (proof, pseudonym []byte, err error) {
	held, err := h.credential(core.ByAPI(s.ID()))
	if err != nil {
		return nil, nil, err
	}
	positions := append([]int(nil), disclosed...)
	for _, i := range disclosedCommitted {
		positions = append(positions, len(h.Messages)+1+i)
	}
	total := len(h.Messages) + 1 + len(h.Committed) + h.Secrets.Len()
	if err := ascending(positions, total-h.Secrets.Len()); err != nil {
		return nil, nil, err
	}
	scalars, err := random(core.RandomScalarCount(total - len(positions)))
	if err != nil {
		return nil, nil, err
	}
	p, nym, err := held.PseudonymProofGen(ph, context, positions, h.Secrets.Len(), scalars)
	if err != nil {
		return nil, nil, err
	}
	octets := nym.Bytes()
	return p.Bytes(), octets[:], nil
}

func ascending(indexes []int, total int) error {
	for i, at := range indexes {
		if at < 0 || at >= total || i > 0 && at <= indexes[i-1] {
			return fmt.Errorf("bbstest: index %d of %d messages", at, total)
		}
	}
	return nil
}
