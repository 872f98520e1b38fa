package bbs

import (
	"sync/atomic"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs/internal/core"
)

// Prover makes many proofs from one signature. It keeps what they share, among
// it tables of about 250 kB, and makes a proof in a third of the time that
// [Suite.ProofGen] takes. It may be used by several goroutines.
type Prover struct{ held *core.Credential }

// NewProver verifies the signature, as [Suite.Verify] does, and builds the
// tables, which takes as long as a few proofs.
func (s *Suite) NewProver(pk *PublicKey, sig, header []byte, messages [][]byte) (*Prover, error) {
	if err := present(pk); err != nil {
		return nil, err
	}
	if err := bounded("bbs-signature", header, nil, messages); err != nil {
		return nil, err
	}
	parsed, err := parseSignature(sig)
	if err != nil {
		return nil, err
	}
	held := s.core.NewCredential(pk.key, parsed, s.core.Generators(len(messages)), header, s.core.MessagesToScalars(messages))
	if held, err = tabled(held, pk, "bbs-signature", spec+"3.6.2"); err != nil {
		return nil, err
	}
	return &Prover{held}, nil
}

func tabled(held *core.Credential, pk *PublicKey, check, clause string) (*core.Credential, error) {
	if err := held.Verify(pk.key); err != nil {
		return nil, &credential.Error{Check: check, Clause: clause, Err: err}
	}
	return held.Tabled(), nil
}

func (p *Prover) check(ph []byte, disclosed []int) error {
	const check, clause = "bbs-proof-gen", spec + "3.6.3"
	if len(ph) > MaxOctets {
		return credential.Failed(check, clause, "a header over %d octets", MaxOctets)
	}
	return ascending(check, clause, disclosed, p.held.Len())
}

// ProofGen is [Suite.ProofGen] for the prover's signature.
func (p *Prover) ProofGen(ph []byte, disclosed []int) ([]byte, error) {
	if err := p.check(ph, disclosed); err != nil {
		return nil, err
	}
	random := core.RandomScalars(core.RandomScalarCount(p.held.Len() - len(disclosed)))
	return p.held.ProofGen(ph, disclosed, random).Bytes(), nil
}

// Prepare does the work of one proof that needs neither the verifier's nonce
// nor the choice of what is disclosed: nearly all of it.
func (p *Prover) Prepare() *Prepared { return &Prepared{prover: p, left: newOnce(p.held)} }

// Prepared is the work done ahead for one proof. It holds secrets, belongs in
// memory only, and has no encoding.
type Prepared struct {
	prover *Prover
	left   *once
}

// ProofGen is [Prover.ProofGen] with the work that was done ahead. It works
// once: two proofs from the same random scalars would disclose the signature
// and the hidden messages, so the second call is refused. A call with indexes
// out of order or out of range is refused and leaves the preparation unused.
func (r *Prepared) ProofGen(ph []byte, disclosed []int) ([]byte, error) {
	if err := r.prover.check(ph, disclosed); err != nil {
		return nil, err
	}
	prepared, err := r.left.take("bbs-proof-gen", spec+"4.2.1")
	if err != nil {
		return nil, err
	}
	return prepared.ProofGen(ph, disclosed).Bytes(), nil
}

// once gives a preparation to one taker.
type once struct {
	left atomic.Pointer[core.Preparation]
}

func newOnce(held *core.Credential) *once {
	o := new(once)
	o.left.Store(held.Prepare())
	return o
}

func (o *once) take(check, clause string) (*core.Preparation, error) {
	prepared := o.left.Swap(nil)
	if prepared == nil {
		return nil, credential.Failed(check, clause, "the prepared random scalars were used before")
	}
	return prepared, nil
}

// BlindProver is [Prover] for a blind signature.
type BlindProver struct {
	held             *core.Credential
	known, committed int
}

// NewProver verifies the signature, as [BlindSuite.Verify] does, and builds
// the tables.
func (s *BlindSuite) NewProver(pk *PublicKey, sig, header []byte, signed Signed) (*BlindProver, error) {
	const check, clause = "bbs-blind-signature", blindSpec + "4.2.2"
	held, err := s.credential(check, clause, pk, sig, header, nil, signed)
	if err != nil {
		return nil, err
	}
	if held, err = tabled(held, pk, check, clause); err != nil {
		return nil, err
	}
	return &BlindProver{held, len(signed.Messages), len(signed.Committed)}, nil
}

func (p *BlindProver) layout(ph []byte, disclosures []Disclosure) (*core.Layout, error) {
	if len(ph) > MaxOctets {
		return nil, credential.Failed("bbs-blind-proof-gen", blindSpec+"4.2.3", "a header over %d octets", MaxOctets)
	}
	return layout(p.known, p.committed, disclosures)
}

// ProofGen is [BlindSuite.ProofGen] for the prover's signature.
func (p *BlindProver) ProofGen(ph []byte, disclosures []Disclosure) (*BlindProof, error) {
	l, err := p.layout(ph, disclosures)
	if err != nil {
		return nil, err
	}
	return newBlindProof(p.held.BlindProofGen(l, ph, core.RandomScalars(core.BlindRandomCount(l)))), nil
}

// Prepare is [Prover.Prepare]. The commitments in a proof are not prepared.
func (p *BlindProver) Prepare() *BlindPrepared {
	return &BlindPrepared{prover: p, left: newOnce(p.held)}
}

// BlindPrepared is [Prepared] for a proof of a blind signature.
type BlindPrepared struct {
	prover *BlindProver
	left   *once
}

// ProofGen is [BlindProver.ProofGen] with the work that was done ahead. It
// works once, as [Prepared.ProofGen] does.
func (r *BlindPrepared) ProofGen(ph []byte, disclosures []Disclosure) (*BlindProof, error) {
	l, err := r.prover.layout(ph, disclosures)
	if err != nil {
		return nil, err
	}
	prepared, err := r.left.take("bbs-blind-proof-gen", blindSpec+"4.2.3")
	if err != nil {
		return nil, err
	}
	return newBlindProof(prepared.BlindProofGen(l, ph)), nil
}

// PseudonymProver is [Prover] for a signature with pseudonym.
type PseudonymProver struct {
	held                      *core.Credential
	known, committed, secrets int
}

// NewProver verifies the signature against the final secrets and builds the
// tables.
func (s *PseudonymSuite) NewProver(pk *PublicKey, sig, header []byte, signed SignedNym) (*PseudonymProver, error) {
	const check, clause = "bbs-nym-signature", nymSpec + "6.1.3"
	held, err := s.credential(check, clause, pk, sig, header, nil, signed)
	if err != nil {
		return nil, err
	}
	if held, err = tabled(held, pk, check, clause); err != nil {
		return nil, err
	}
	return &PseudonymProver{held, len(signed.Messages), len(signed.Committed), signed.Secrets.Len()}, nil
}

func (p *PseudonymProver) positions(ph, context []byte, disclosed, disclosedCommitted []int) ([]int, error) {
	const check, clause = "bbs-nym-proof-gen", nymSpec + "6.2"
	if len(ph) > MaxOctets || len(context) > MaxOctets {
		return nil, credential.Failed(check, clause, "a header or context over %d octets", MaxOctets)
	}
	return nymPositions(check, clause, p.known, p.committed, disclosed, disclosedCommitted)
}

// ProofGen is [PseudonymSuite.ProofGen] for the prover's signature.
func (p *PseudonymProver) ProofGen(ph, context []byte, disclosed, disclosedCommitted []int) (proof, pseudonym []byte, err error) {
	positions, err := p.positions(ph, context, disclosed, disclosedCommitted)
	if err != nil {
		return nil, nil, err
	}
	random := core.RandomScalars(core.RandomScalarCount(p.held.Len() - len(positions)))
	return nymProof(p.held.PseudonymProofGen(ph, context, positions, p.secrets, random))
}

// Prepare is [Prover.Prepare]. The pseudonym, and its part of the proof, are
// not prepared: they depend on the context.
func (p *PseudonymProver) Prepare() *PseudonymPrepared {
	return &PseudonymPrepared{prover: p, left: newOnce(p.held)}
}

// PseudonymPrepared is [Prepared] for a proof with pseudonym.
type PseudonymPrepared struct {
	prover *PseudonymProver
	left   *once
}

// ProofGen is [PseudonymProver.ProofGen] with the work that was done ahead. It
// works once, as [Prepared.ProofGen] does.
func (r *PseudonymPrepared) ProofGen(ph, context []byte, disclosed, disclosedCommitted []int) (proof, pseudonym []byte, err error) {
	positions, err := r.prover.positions(ph, context, disclosed, disclosedCommitted)
	if err != nil {
		return nil, nil, err
	}
	prepared, err := r.left.take("bbs-nym-proof-gen", nymSpec+"6.2")
	if err != nil {
		return nil, nil, err
	}
	return nymProof(prepared.PseudonymProofGen(ph, context, positions, r.prover.secrets))
}
