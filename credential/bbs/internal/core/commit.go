package core

import (
	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// Commitments to messages that the signer does not see, sections "Commitment
// Operations" and "Core Operations" of draft-irtf-cfrg-bbs-blind-signatures-03.

// Commitment is a commitment with its proof of correctness.
type Commitment struct {
	C         bls.G1Affine
	S         fr.Element   // s^
	Messages  []fr.Element // m^, one for each committed message
	Challenge fr.Element

	point *g1.Point // C as decoded
}

// CommitmentLengthFloor is the length of a commitment to no messages.
const CommitmentLengthFloor = PointLength + 2*ScalarLength

// CommitRandomCount is how many random scalars a commitment takes: the
// prover's blinding factor first.
func CommitRandomCount(messages int) int { return messages + 2 }

// Commit is CoreCommit.
func (s *Suite) Commit(messages, random []fr.Element) (c *Commitment, blind fr.Element) {
	generators := s.ProverGenerators(len(messages))
	blind, tildes := random[0], random[1:]
	terms := make([]g1.Term, 1, 2*len(generators))
	terms[0] = generators[0].Times(blind)
	proof := make([]g1.Term, len(generators))
	proof[0] = generators[0].Times(tildes[0])
	for i := range messages {
		u, v := g1.Shares(&messages[i]) // a message may be a link secret
		terms = append(terms, generators[i+1].Times(u), generators[i+1].Times(v))
		proof[i+1] = generators[i+1].Times(tildes[i+1])
	}
	points := g1.Normalize(g1.SumProtected(terms...), g1.SumProtected(proof...))

	c = &Commitment{C: points[0], Messages: make([]fr.Element, len(messages))}
	c.Challenge = s.commitChallenge(generators, &points[0], &points[1])
	c.S.Mul(&blind, &c.Challenge)
	c.S.Add(&c.S, &tildes[0])
	for i := range messages {
		c.Messages[i].Mul(&messages[i], &c.Challenge)
		c.Messages[i].Add(&c.Messages[i], &tildes[i+1])
	}
	return c, blind
}

// CommitHolds is CoreCommitVerify, for a commitment that was parsed.
func (s *Suite) CommitHolds(c *Commitment) bool {
	generators := s.ProverGenerators(len(c.Messages))
	var minus fr.Element
	minus.Neg(&c.Challenge)
	var bar g1.Sum
	bar.Times(c.point, &minus)
	bar.Add(generators[0].Times(c.S))
	for i := range c.Messages {
		bar.Add(generators[i+1].Times(c.Messages[i]))
	}
	challenge := s.commitChallenge(generators, &c.C, &g1.Evaluate(&bar)[0])
	return challenge.Equal(&c.Challenge)
}

// commitChallenge is calculate_blind_challenge as its callers in CoreCommit
// and CoreCommitVerify use it: over M, (Q_2, J_1, ..., J_M), C and Cbar.
func (s *Suite) commitChallenge(generators Generators, c, bar *bls.G1Affine) fr.Element {
	b := encodeInt(make([]byte, 0, 8+(len(generators)+2)*PointLength), len(generators)-1)
	for _, g := range generators {
		b = append(b, g.Encoded[:]...)
	}
	return s.hashInternal(encodePoint(encodePoint(b, c), bar))
}

// Bytes is commitment_with_proof_to_octets.
func (c *Commitment) Bytes() []byte {
	b := encodePoint(make([]byte, 0, CommitmentLengthFloor+len(c.Messages)*ScalarLength), &c.C)
	b = EncodeScalar(b, &c.S)
	for i := range c.Messages {
		b = EncodeScalar(b, &c.Messages[i])
	}
	return EncodeScalar(b, &c.Challenge)
}

// ParseCommitment is octets_to_commitment_with_proof, for at most MaxMessages
// messages.
func ParseCommitment(octets []byte) (*Commitment, error) {
	rest := len(octets) - CommitmentLengthFloor
	if rest < 0 || rest%ScalarLength != 0 || rest/ScalarLength > MaxMessages {
		return nil, errLength
	}
	scalars, err := decodeScalars(octets[PointLength:])
	if err != nil {
		return nil, err
	}
	last := len(scalars) - 1
	c := &Commitment{S: scalars[0], Messages: scalars[1:last], Challenge: scalars[last]}
	points, err := g1.Decode(octets[:PointLength])
	if err != nil {
		return nil, err
	}
	c.C, c.point = points[0].Affine, points[0]
	return c, nil
}

// BlindSign is BlindSign of the blind BBS draft with the interface's own
// generators, and BlindSignWithNym of the pseudonym draft if entropy is not
// nil: that scalar is added to the last committed message. A nil commitment
// stands for none. The caller has had its proof checked.
//
// e is hashed from SK and B, as in the published vectors. The text of draft
// -03 has the domain behind them, which B holds already; nobody but the signer
// can tell the two apart.
func (s *Suite) BlindSign(sk *fr.Element, pk *PublicKey, c *Commitment, header []byte, messages []fr.Element, entropy *fr.Element) (*Signature, error) {
	_, b := s.BlindDomainAndB(pk, c, header, messages, entropy)
	input := encodePoint(EncodeScalar(make([]byte, 0, ScalarLength+PointLength), sk), &b)
	e := s.hashInternal(input)
	clear(input)
	return sign(sk, &e, &b)
}

// BlindDomainAndB are the domain and the B of a blind signature.
func (s *Suite) BlindDomainAndB(pk *PublicKey, c *Commitment, header []byte, messages []fr.Element, entropy *fr.Element) (domain fr.Element, b bls.G1Affine) {
	committed := 0
	if c != nil {
		committed = len(c.Messages)
	}
	generators := s.BlindGenerators(len(messages), committed)
	domain = s.Domain(pk, generators, header)
	jac := s.point(generators[:len(messages)+1], &domain, messages)
	if c != nil {
		jac.AddMixed(&c.C)
	}
	if entropy != nil {
		onto := g1.SumProtected(generators[len(generators)-1].Times(*entropy))
		jac.AddAssign(&onto)
	}
	b.FromJacobian(&jac)
	return domain, b
}

// BlindGenerators are (Q_1, H_1, ..., H_L, Q_2, J_1, ..., J_M): those of the
// signer's messages, of the prover's blinding factor and of the committed
// messages, in the order in which FinalizeBlindSign hashes them.
func (s *Suite) BlindGenerators(messages, committed int) Generators {
	out := make(Generators, 0, messages+committed+2)
	return append(append(out, s.Generators(messages)...), s.ProverGenerators(committed)...)
}

// BlindTrace is BlindDomainAndB on octets, for a test vector's trace: nil
// octets stand for no commitment and for no entropy.
func (s *Suite) BlindTrace(key, commitment, header []byte, messages [][]byte, entropy []byte) (domain, b []byte, err error) {
	pk, err := ParsePublicKey(key)
	if err != nil {
		return nil, nil, err
	}
	var c *Commitment
	if commitment != nil {
		if c, err = ParseCommitment(commitment); err != nil {
			return nil, nil, err
		}
	}
	var extra *fr.Element
	if entropy != nil {
		extra = new(fr.Element)
		if err := extra.SetBytesCanonical(entropy); err != nil {
			return nil, nil, errScalar
		}
	}
	d, p := s.BlindDomainAndB(pk, c, header, s.MessagesToScalars(messages), extra)
	return EncodeScalar(nil, &d), encodePoint(nil, &p), nil
}
