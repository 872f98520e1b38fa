package bbs

import (
	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs/internal/core"
)

// ProofSize is the octets of a proof that hides that many messages.
func ProofSize(hidden int) int { return core.ProofLengthFloor + hidden*core.ScalarLength }

// ProofGen derives a proof that discloses the messages at the given indexes,
// counted from 0, in ascending order and each once, and hides the others and
// the signature (section 3.5.3). header and messages are those that were
// signed, all of them; ph is the presentation header, which should carry the
// verifier's nonce. Two proofs of one signature have nothing in common but
// what they disclose: the messages at those indexes, the header, the number
// of messages, and who signed.
//
// ProofGen does not verify the signature, which costs as much as the proof:
// call [Suite.Verify] once, when the signature arrives. A proof made of a
// signature that does not verify does not verify either.
func (s *Suite) ProofGen(pk *PublicKey, sig, header, ph []byte, messages [][]byte, disclosed []int) ([]byte, error) {
	if err := present(pk); err != nil {
		return nil, err
	}
	if err := bounded("bbs-proof-gen", header, ph, messages); err != nil {
		return nil, err
	}
	if err := ascending("bbs-proof-gen", spec+"3.6.3", disclosed, len(messages)); err != nil {
		return nil, err
	}
	parsed, err := parseSignature(sig)
	if err != nil {
		return nil, err
	}
	random := core.RandomScalars(core.RandomScalarCount(len(messages) - len(disclosed)))
	held := s.core.NewCredential(pk.key, parsed, s.core.Generators(len(messages)), header, s.core.MessagesToScalars(messages))
	return held.ProofGen(ph, disclosed, random).Bytes(), nil
}

// ProofVerify checks a proof (section 3.5.4). disclosedMessages are the
// messages at the indexes disclosed, in the same ascending order. A nil error
// means that whoever made the proof for this ph holds a signature of the
// public key's owner on the header, on these messages at these indexes, and
// on as many others as the proof hides; any other outcome is a
// [*credential.Error].
func (s *Suite) ProofVerify(pk *PublicKey, proof, header, ph []byte, disclosedMessages [][]byte, disclosed []int) error {
	claim, err := s.read(&ProofClaim{pk, proof, header, ph, disclosedMessages, disclosed})
	if err != nil {
		return err
	}
	if !s.core.Agree(claim)[0] || !claim.Proof.Holds(claim.Key) {
		return errProof
	}
	return nil
}

// errProof is a well-formed proof that does not hold.
var errProof = &credential.Error{Check: "bbs-proof", Clause: spec + "3.6.4", Err: core.ErrInvalid}

// read checks that a claim is well formed.
func (s *Suite) read(c *ProofClaim) (*core.Claim, error) {
	const check, clause = "bbs-proof", spec + "3.6.4"
	if err := present(c.Key); err != nil {
		return nil, err
	}
	if err := bounded(check, c.Header, c.Ph, c.DisclosedMessages); err != nil {
		return nil, err
	}
	if len(c.Disclosed) != len(c.DisclosedMessages) {
		return nil, credential.Failed(check, spec+"3.7.3", "%d indexes for %d disclosed messages", len(c.Disclosed), len(c.DisclosedMessages))
	}
	parsed, err := core.ParseProof(c.Proof)
	if err != nil {
		return nil, &credential.Error{Check: "bbs-proof-encoding", Clause: spec + "4.2.4.5", Err: err}
	}
	total := len(c.Disclosed) + len(parsed.Messages)
	if total > MaxMessages {
		return nil, credential.Failed(check, clause, "%d messages, more than %d", total, MaxMessages)
	}
	if err := ascending(check, spec+"3.7.3", c.Disclosed, total); err != nil {
		return nil, err
	}
	return &core.Claim{
		Key: c.Key.key, Proof: parsed, Header: c.Header, Ph: c.Ph,
		Disclosed: c.Disclosed, Messages: s.core.MessagesToScalars(c.DisclosedMessages),
	}, nil
}

// ascending checks that indexes ascend strictly within [0, total).
func ascending(check, clause string, indexes []int, total int) error {
	last := -1
	for _, i := range indexes {
		if i <= last {
			return credential.Failed(check, clause, "disclosed index %d after %d", i, last)
		}
		if i >= total {
			return credential.Failed(check, clause, "disclosed index %d of %d messages", i, total)
		}
		last = i
	}
	return nil
}
