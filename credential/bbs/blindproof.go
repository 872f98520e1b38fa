package bbs

import (
	"slices"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs/internal/core"
)

// Disclosure says what becomes of a message in a proof.
type Disclosure int

const (
	Hide     Disclosure = iota // nothing of it is shown
	Disclose                   // it is shown
	Commit                     // a fresh Pedersen commitment to it is shown
)

// Commitment is what a proof shows of a message marked [Commit]: the point
// Y_0*s + Y_1*m for the message m, a fresh random s and the generators that
// [BlindSuite.CommitmentGenerators] gives. It hides m perfectly.
type Commitment struct {
	Index int // of the message
	Point bls.G1Affine
}

// Opening is a commitment with what it hides. The prover needs it for a proof
// about the message and shows it to nobody.
type Opening struct {
	Commitment
	Message, Blinding fr.Element // m and s
}

// Transcript identifies one proof: it is the proof's challenge, in 32 octets,
// a hash of the public key, the header, the presentation header, the disclosed
// messages and the commitments, among others. A sub-proof, a proof about a
// committed message that travels beside this one, hashes the transcript into
// its own challenge together with the commitment and its statement: then it
// fits no other commitment, statement or presentation.
type Transcript [core.ScalarLength]byte

// BlindProof is a proof as its maker sees it.
type BlindProof struct {
	Octets     []byte    // for the verifier
	Openings   []Opening // of the commitments, by ascending index
	Transcript Transcript
}

// Shown is what a proof that holds shows beside the messages it discloses.
// A sub-proof is checked against the commitment here, never against one that
// came by another way.
type Shown struct {
	Commitments []Commitment // by ascending index
	Transcript  Transcript
	Total       int // messages under the signature: the signer's and the committed ones
}

// CommitmentGenerators are the points Y_0 and Y_1 of section 4.3.4: nobody
// knows the logarithm of one to the other.
func (s *BlindSuite) CommitmentGenerators() (y0, y1 bls.G1Affine) {
	a, b := s.core.CommitmentGenerators()
	return a.Point, b.Point
}

// ProofGen derives a proof from a blind signature (section 4.2.3): for each
// message, the signer's and then the committed ones, disclosures says what
// becomes of it. As for [Suite.ProofGen], ph should carry the verifier's
// nonce, and the signature is not verified.
func (s *BlindSuite) ProofGen(pk *PublicKey, sig, header, ph []byte, signed Signed, disclosures []Disclosure) (*BlindProof, error) {
	const check, clause = "bbs-blind-proof-gen", blindSpec + "4.2.3"
	held, err := s.credential(check, clause, pk, sig, header, ph, signed)
	if err != nil {
		return nil, err
	}
	l, err := layout(len(signed.Messages), len(signed.Committed), disclosures)
	if err != nil {
		return nil, err
	}
	return newBlindProof(held.BlindProofGen(l, ph, core.RandomScalars(core.BlindRandomCount(l)))), nil
}

func newBlindProof(proof *core.BlindProof, openings []core.Opening) *BlindProof {
	out := &BlindProof{Octets: proof.Bytes(), Transcript: proof.Challenge.Bytes()}
	for i, o := range openings {
		c := Commitment{Index: proof.Committed[i], Point: proof.C[i]}
		out.Openings = append(out.Openings, Opening{c, o.Message, o.Blinding})
	}
	return out
}

func layout(known, committed int, disclosures []Disclosure) (*core.Layout, error) {
	const check, clause = "bbs-blind-proof-gen", blindSpec + "4.2.3"
	l := &core.Layout{Known: known, Total: known + committed}
	if len(disclosures) != l.Total {
		return nil, credential.Failed(check, clause, "%d disclosures for %d messages", len(disclosures), l.Total)
	}
	for i, d := range disclosures {
		switch d {
		case Disclose:
			l.Disclosed = append(l.Disclosed, i)
		case Commit:
			l.Committed = append(l.Committed, i)
		case Hide:
		default:
			return nil, credential.Failed(check, clause, "message %d has disclosure %d, none of three", i, d)
		}
	}
	return l, nil
}

// ProofVerify checks a proof (section 4.2.4). known is how many messages the
// signer saw, which the verifier knows from the kind of credential; messages
// are those disclosed, at the ascending indexes disclosed, which have to be
// the proof's own. A nil error means that whoever made the proof for this ph
// holds a blind signature of the public key's owner on the header and on these
// messages at these indexes, and that each commitment in Shown is one to the
// message signed at its index.
func (s *BlindSuite) ProofVerify(pk *PublicKey, proof, header, ph []byte, known int, messages []Message, disclosed []int) (*Shown, error) {
	const check, clause = "bbs-blind-proof", blindSpec + "4.3.5"
	if err := present(pk); err != nil {
		return nil, err
	}
	if err := boundedMessages(check, clause, [][]byte{header, ph}, messages); err != nil {
		return nil, err
	}
	if len(disclosed) != len(messages) {
		return nil, credential.Failed(check, clause, "%d indexes for %d disclosed messages", len(disclosed), len(messages))
	}
	p, err := core.ParseBlindProof(proof)
	if err != nil {
		return nil, &credential.Error{Check: "bbs-blind-proof-encoding", Clause: blindSpec + "5.3.4", Err: err}
	}
	if !slices.Equal(p.Disclosed, disclosed) {
		return nil, credential.Failed(check, clause, "the proof discloses messages %v, not %v", p.Disclosed, disclosed)
	}
	l := &core.Layout{Known: known, Total: len(p.Disclosed) + len(p.Messages) - 1, Disclosed: p.Disclosed, Committed: p.Committed}
	if known < 0 || known > l.Total {
		return nil, credential.Failed(check, blindSpec+"4.2.4", "%d of %d messages known to the signer", known, l.Total)
	}
	if !s.core.BlindProofVerify(pk.key, p, l, header, ph, scalars(s.core, messages)) {
		return nil, &credential.Error{Check: check, Clause: clause, Err: core.ErrInvalid}
	}
	shown := &Shown{Transcript: p.Challenge.Bytes(), Total: l.Total}
	for i, at := range p.Committed {
		shown.Commitments = append(shown.Commitments, Commitment{Index: at, Point: p.C[i]})
	}
	return shown, nil
}
