package bbs

import (
	"fmt"
	"io"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs/internal/core"
)

const blindSpec = "draft-irtf-cfrg-bbs-blind-signatures-03 section "

// BlindSuite signs messages that the signer does not see, next to messages
// that it does, and proves as [Suite] does:
//
//	signer                        prover                       verifier
//	                              Commit(secret messages)
//	        <---- commitment -----
//	Sign(key, commitment, …)
//	        ----- signature ----->
//	                              Verify(public key, …)
//	                              ProofGen(…, disclosures) -- proof -->
//	                                                  ProofVerify(public key, …)
//
// Messages are counted from 0, the signer's first and then the committed
// ones; a proof discloses, hides or commits to each. Signatures of different
// suites or interfaces do not verify as one another.
type BlindSuite struct{ core *core.Suite }

var (
	blindSHA256   = &BlindSuite{core.BlindSHA256}
	blindSHAKE256 = &BlindSuite{core.BlindSHAKE256}

	// ModularSHA256 is the cipher suite of draft-bormann-jwp-modular-bbs-03
	// section 4: blind BBS with an api_id of its own.
	ModularSHA256 = &BlindSuite{core.ModularSHA256}
)

// Blind is the suite with the interface of blind BBS, whose api_id is
// ciphersuite_id || "BLIND_H2G_HM2S_".
func (s *Suite) Blind() *BlindSuite {
	if s == SHAKE256 {
		return blindSHAKE256
	}
	return blindSHA256
}

// ID is the interface's api_id.
func (s *BlindSuite) ID() string { return s.core.APIID }

// Blinding is the secret_prover_blind: the scalar that hides the messages of
// a commitment. Whoever wants to prove with the signature needs it, so the
// prover stores it and shows it to nobody.
type Blinding struct{ scalar fr.Element }

// ParseBlinding reads what [Blinding.Bytes] wrote. It refuses any other
// length, zero, and values from the group order up.
func ParseBlinding(octets []byte) (*Blinding, error) {
	const check, clause = "bbs-prover-blind", blindSpec + "4.1.1"
	if len(octets) != core.ScalarLength {
		return nil, credential.Failed(check, clause, "%d octets instead of %d", len(octets), core.ScalarLength)
	}
	k, ok := core.DecodeScalar(octets)
	if !ok {
		return nil, credential.Failed(check, clause, "a scalar outside [1, r)")
	}
	return &Blinding{k}, nil
}

// Bytes encodes the factor in 32 octets, big-endian. They are a secret.
func (b *Blinding) Bytes() []byte { return core.EncodeScalar(nil, &b.scalar) }

// Format prints "bbs.Blinding" whatever the verb.
func (Blinding) Format(f fmt.State, _ rune) { io.WriteString(f, "bbs.Blinding") }

// value is the factor, or zero where there was no commitment.
func (b *Blinding) value() *fr.Element {
	if b == nil {
		return new(fr.Element)
	}
	return &b.scalar
}

// Signed is what a blind signature signs beside the header, as its holder
// knows it.
type Signed struct {
	Messages  []Message // the signer's
	Committed []Message // the prover's own, as given to Commit
	Blinding  *Blinding // as Commit returned it; nil if there was no commitment
}

// CommitmentSize is the octets of a commitment to that many messages.
func CommitmentSize(messages int) int {
	return core.CommitmentLengthFloor + messages*core.ScalarLength
}

// Commit commits to messages that the signer shall sign without seeing them,
// and proves that the prover knows them (section 4.1.1). The commitment hides
// them perfectly and tells how many there are; each call gives another. The
// blinding is for the prover alone.
func (s *BlindSuite) Commit(messages []Message) (commitment []byte, blinding *Blinding, err error) {
	if err := boundedMessages("bbs-commit", blindSpec+"4.1.1", nil, messages); err != nil {
		return nil, nil, err
	}
	c, blind := s.core.Commit(scalars(s.core, messages), core.RandomScalars(core.CommitRandomCount(len(messages))))
	return c.Bytes(), &Blinding{blind}, nil
}

// Sign checks the commitment's proof and signs the messages, those in the
// commitment and the header (section 4.2.1). A nil commitment stands for
// none. What the commitment holds is the prover's choice: the signer learns
// only how many messages there are, so it must know what each place is for
// and refuse a number of them that it did not expect ([CommitmentSize]).
func (s *BlindSuite) Sign(k *SecretKey, commitment, header []byte, messages []Message) ([]byte, error) {
	const check, clause = "bbs-blind-sign", blindSpec + "4.2.1"
	if k == nil || k.public.absent() {
		return nil, credential.Failed(check, clause, "no secret key")
	}
	if err := boundedMessages(check, clause, [][]byte{header}, messages); err != nil {
		return nil, err
	}
	var c *core.Commitment
	if commitment != nil {
		var err error
		if c, err = openCommitment(s.core, commitment, len(messages)); err != nil {
			return nil, err
		}
	}
	sig, err := s.core.BlindSign(&k.scalar, k.public.key, c, header, scalars(s.core, messages), nil)
	if err != nil {
		return nil, &credential.Error{Check: check, Clause: clause, Err: err}
	}
	return sig.Bytes(), nil
}

// openCommitment is deserialize_and_validate_commit (section 4.1.2).
func openCommitment(s *core.Suite, octets []byte, messages int) (*core.Commitment, error) {
	c, err := core.ParseCommitment(octets)
	if err != nil {
		return nil, &credential.Error{Check: "bbs-commitment-encoding", Clause: blindSpec + "5.3.2", Err: err}
	}
	const check, clause = "bbs-commitment", blindSpec + "4.3.2"
	if total := messages + len(c.Messages); total > MaxMessages {
		return nil, credential.Failed(check, clause, "%d messages, more than %d", total, MaxMessages)
	}
	if !s.CommitHolds(c) {
		return nil, credential.Failed(check, clause, "the proof of the committed messages does not hold")
	}
	return c, nil
}

// Verify checks a blind signature (section 4.2.2). A nil error means that the
// key's owner signed this header and these messages, and that the commitment
// which it signed was made of these committed ones with this blinding.
func (s *BlindSuite) Verify(pk *PublicKey, sig, header []byte, signed Signed) error {
	const check, clause = "bbs-blind-signature", blindSpec + "4.2.2"
	held, err := s.credential(check, clause, pk, sig, header, nil, signed)
	if err != nil {
		return err
	}
	if err := held.Verify(pk.key); err != nil {
		return &credential.Error{Check: check, Clause: clause, Err: err}
	}
	return nil
}

// credential is what a holder holds, parsed and not verified.
func (s *BlindSuite) credential(check, clause string, pk *PublicKey, sig, header, ph []byte, signed Signed) (*core.Credential, error) {
	if err := present(pk); err != nil {
		return nil, err
	}
	if err := boundedMessages(check, clause, [][]byte{header, ph}, signed.Messages, signed.Committed); err != nil {
		return nil, err
	}
	parsed, err := parseSignature(sig)
	if err != nil {
		return nil, err
	}
	messages := append(scalars(s.core, signed.Messages), scalars(s.core, signed.Committed)...)
	return s.core.NewBlindCredential(pk.key, parsed, len(signed.Messages), header, messages, signed.Blinding.value()), nil
}
