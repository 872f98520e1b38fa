package core

import (
	"encoding/binary"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// Proofs of blind signatures, with commitments to some of the hidden
// messages: CoreProofGen and CoreProofVerify of the blind BBS draft.

// BlindProof is a decoded proof of a blind signature.
type BlindProof struct {
	Proof
	Disclosed []int // ascending
	Committed []int // ascending
	C         []bls.G1Affine
	S         []fr.Element // s^, one for each commitment

	pointsC []*g1.Point // C as decoded
}

// Opening is what a commitment Y_0*Blinding + Y_1*Message hides.
type Opening struct {
	Message, Blinding fr.Element
}

// Layout says how the messages of a blind signature, the signer's and then
// the prover's, lie among its generators, and what becomes of each.
type Layout struct {
	Known, Total         int   // the signer's messages; all, without the blinding factor
	Disclosed, Committed []int // ascending and disjoint
}

// position is the place of message i: the blinding factor is between the
// signer's messages and the prover's.
func (l *Layout) position(i int) int {
	if i >= l.Known {
		return i + 1
	}
	return i
}

// undisclosed are the positions in the order of the proof's scalars: the
// hidden messages and, after them, the blinding factor.
func (l *Layout) undisclosed() (positions []int, place map[int]int) {
	place = make(map[int]int)
	positions = Others(l.Disclosed, l.Total)
	for i, at := range positions {
		place[at] = i
		positions[i] = l.position(at)
	}
	return append(positions, l.Known), place
}

func (l *Layout) shown(message func(n, index int) fr.Element) []Disclosed {
	shown := make([]Disclosed, len(l.Disclosed))
	for n, i := range l.Disclosed {
		shown[n] = Disclosed{i, l.position(i), message(n, i)}
	}
	return shown
}

// BlindRandomCount is how many random scalars a proof takes.
func BlindRandomCount(l *Layout) int {
	return RandomScalarCount(l.Total-len(l.Disclosed)+1) + 2*len(l.Committed)
}

// NewBlindCredential is NewCredential for a blind signature. messages are all
// of them, the signer's and the prover's, without the blinding factor.
func (s *Suite) NewBlindCredential(pk *PublicKey, sig *Signature, known int, header []byte, messages []fr.Element, blind *fr.Element) *Credential {
	return s.NewCredential(pk, sig, s.BlindGenerators(known, len(messages)-known), header, BlindMessages(messages[:known], blind, messages[known:]))
}

// BlindMessages are the signed scalars in the order of BlindGenerators.
func BlindMessages(messages []fr.Element, blind *fr.Element, committed []fr.Element) []fr.Element {
	all := make([]fr.Element, 0, len(messages)+len(committed)+1)
	return append(append(append(all, messages...), *blind), committed...)
}

// BlindProofGen is CoreProofGen of the blind BBS draft.
func (c *Credential) BlindProofGen(l *Layout, ph []byte, random []fr.Element) (*BlindProof, []Opening) {
	positions, place := l.undisclosed()
	count := RandomScalarCount(len(positions))
	return c.blindProofGen(c.Init(positions, random[:count]), l, place, ph, random[count:])
}

func (c *Credential) blindProofGen(p *Prover, l *Layout, place map[int]int, ph []byte, random []fr.Element) (*BlindProof, []Opening) {
	s := c.suite
	n := len(l.Committed)
	blindings, tildes := random[:n], random[n:]
	y0, y1 := s.CommitmentGenerators()
	openings := make([]Opening, n)
	points := make([]bls.G1Jac, 2*n)
	for i, at := range l.Committed {
		openings[i] = Opening{c.messages[l.position(at)], blindings[i]}
		u, v := g1.Shares(&openings[i].Message)
		points[i] = g1.SumProtected(y0.Times(blindings[i]), y1.Times(u), y1.Times(v))
		points[n+i] = g1.SumProtected(y0.Times(tildes[i]), y1.Times(p.hiddenTilde[place[at]]))
	}
	affine := g1.Normalize(points...)
	shown := l.shown(func(_, i int) fr.Element { return c.messages[l.position(i)] })
	challenge := s.blindChallenge(&p.Initial, shown, l.Committed, affine[:n], affine[n:], ph)

	out := &BlindProof{Proof: *p.Finalize(challenge), Disclosed: l.Disclosed, Committed: l.Committed, C: affine[:n], S: make([]fr.Element, n)}
	for i := range out.S {
		out.S[i].Mul(&challenge, &blindings[i])
		out.S[i].Add(&out.S[i], &tildes[i])
	}
	return out, openings
}

// BlindProofVerify is CoreProofVerify of the blind BBS draft for a layout that
// agrees with the proof.
func (s *Suite) BlindProofVerify(pk *PublicKey, p *BlindProof, l *Layout, header, ph []byte, disclosed []fr.Element) bool {
	in, shown, tildes := s.blindVerifyInit(pk, p, l, header, disclosed)
	c := s.blindChallenge(in, shown, l.Committed, p.C, tildes, ph)
	return c.Equal(&p.Challenge) && p.Holds(pk)
}

func (s *Suite) blindVerifyInit(pk *PublicKey, p *BlindProof, l *Layout, header []byte, disclosed []fr.Element) (*Initial, []Disclosed, []bls.G1Affine) {
	positions, place := l.undisclosed()
	shown := l.shown(func(n, _ int) fr.Element { return disclosed[n] })
	in, t1, t2 := s.proofVerifyInit(pk, &p.Proof, s.BlindGenerators(l.Known, l.Total-l.Known), header, shown, positions)
	// C^_i = Y_0*s^_i + Y_1*m^ - C_i*c
	y0, y1 := s.CommitmentGenerators()
	var minus fr.Element
	minus.Neg(&p.Challenge)
	sums := []*g1.Sum{t1, t2}
	for i, index := range l.Committed {
		c := new(g1.Sum)
		c.Add(y0.Times(p.S[i]), y1.Times(p.Messages[place[index]]))
		c.Times(p.pointsC[i], &minus)
		sums = append(sums, c)
	}
	points := g1.Evaluate(sums...)
	in.T1, in.T2 = points[0], points[1]
	return in, shown, points[2:]
}

// blindChallenge is calculate_blind_challenge of the blind BBS draft.
func (s *Suite) blindChallenge(in *Initial, disclosed []Disclosed, indexes []int, commits, tildes []bls.G1Affine, ph []byte) fr.Element {
	b := encodeInt(challengeInput(in, disclosed, nil), len(indexes))
	for i, at := range indexes {
		b = encodePoint(encodePoint(encodeInt(b, at), &commits[i]), &tildes[i])
	}
	return s.hashInternal(append(encodeInt(b, len(ph)), ph...))
}

// Bytes is proof_to_octets of the blind BBS draft. A length before octets
// counts octets, one before a list its elements; lengths and indexes have 8
// octets.
func (p *BlindProof) Bytes() []byte {
	core := p.Proof.Bytes()
	b := append(encodeInt(make([]byte, 0, len(core)+32+8*(len(p.Disclosed)+len(p.Committed))+len(p.C)*(PointLength+ScalarLength)), len(core)), core...)
	b = encodeInts(b, p.Disclosed)
	b = encodeInt(b, len(p.C))
	for i := range p.C {
		b = encodePoint(b, &p.C[i])
	}
	for i := range p.S {
		b = EncodeScalar(b, &p.S[i])
	}
	return encodeInts(b, p.Committed)
}

func encodeInts(b []byte, list []int) []byte {
	b = encodeInt(b, len(list))
	for _, i := range list {
		b = encodeInt(b, i)
	}
	return b
}

// ParseBlindProof is octets_to_proof of the blind BBS draft, with the
// conditions of CoreProofVerify on the indexes: ascending, below the number
// of messages, and none both disclosed and committed.
func ParseBlindProof(octets []byte) (*BlindProof, error) {
	r := reader{rest: octets}
	core := r.take(r.count(1, ProofLengthFloor+(MaxMessages+1)*ScalarLength))
	p := new(BlindProof)
	p.Disclosed = r.ints()
	n := r.count(PointLength+ScalarLength, MaxMessages)
	points, scalars := r.take(n*PointLength), r.take(n*ScalarLength)
	p.Committed = r.ints()
	if r.failed || len(r.rest) > 0 || len(p.Committed) != n {
		return nil, errLength
	}
	inner, err := ParseProof(core)
	if err != nil {
		return nil, err
	}
	p.Proof = *inner
	if len(p.Messages) == 0 {
		return nil, errLength // the blinding factor is never disclosed
	}
	total := len(p.Disclosed) + len(p.Messages) - 1
	if total > MaxMessages || !ascending(p.Disclosed, total) || !ascending(p.Committed, total) || meet(p.Disclosed, p.Committed) {
		return nil, errIndex
	}
	if p.S, err = decodeScalars(scalars); err != nil {
		return nil, err
	}
	if p.pointsC, err = g1.Decode(points); err != nil {
		return nil, err
	}
	p.C = make([]bls.G1Affine, n)
	for i := range p.C {
		p.C[i] = p.pointsC[i].Affine
	}
	return p, nil
}

// reader takes fields from octets; after a failure it gives empty ones.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) take(n int) []byte {
	if r.failed || n > len(r.rest) {
		r.failed = true
		return nil
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

// count reads the number of elements of that size; more than remain, or than
// most, fail.
func (r *reader) count(size, most int) int {
	n := r.int()
	if n > most || n*size > len(r.rest) {
		r.failed = true
		return 0
	}
	return n
}

func (r *reader) int() int {
	b := r.take(8)
	if b == nil {
		return 0
	}
	n := binary.BigEndian.Uint64(b)
	if n > 1<<31 {
		r.failed = true
		return 0
	}
	return int(n)
}

func (r *reader) ints() []int {
	out := make([]int, r.count(8, MaxMessages))
	for i := range out {
		out[i] = r.int()
	}
	return out
}

func ascending(indexes []int, total int) bool {
	for i, at := range indexes {
		if at >= total || i > 0 && at <= indexes[i-1] {
			return false
		}
	}
	return true
}

func meet(a, b []int) bool {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] == b[0]:
			return true
		case a[0] < b[0]:
			a = a[1:]
		default:
			b = b[1:]
		}
	}
	return false
}
