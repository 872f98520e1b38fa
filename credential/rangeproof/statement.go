package rangeproof

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// spec is the text that the clauses of this package are in.
const spec = "spec/rangeproof.md section "

// Bases are the two points that a commitment is made of: C = m*G + s*H.
// Nobody may know how one is a multiple of the other, so they come from
// hashing to the curve, as the commitment generators of blind BBS do. Make
// them once and keep them, because they hold a table for each.
type Bases struct{ g, h *base }

// NewBases takes G and H: for a BBS proof, Y_1 and Y_0 of the suite's
// CommitmentGenerators, in this order.
func NewBases(g, h bls.G1Affine) (*Bases, error) {
	const check, clause = "range-bases", spec + "1"
	for _, p := range []*bls.G1Affine{&g, &h} {
		if _, err := g1.Check(p); err != nil {
			return nil, credential.Failed(check, clause, "a base: %w", err)
		}
	}
	if g.X.Equal(&h.X) {
		return nil, credential.Failed(check, clause, "G and H are one point, or each other's negative")
	}
	return &Bases{newBase(g), newBase(h)}, nil
}

// Opening is what the holder of a commitment knows: the message m and the
// blinding s, which is not zero.
type Opening struct{ Message, Blinding fr.Element }

// Format prints "rangeproof.Opening" whatever the verb.
func (Opening) Format(f fmt.State, _ rune) { io.WriteString(f, "rangeproof.Opening") }

// Commit commits to a message with fresh blinding.
func (b *Bases) Commit(message fr.Element) (commitment bls.G1Affine, opening *Opening) {
	opening = &Opening{Message: message}
	for opening.Blinding.IsZero() {
		opening.Blinding = fresh()
	}
	return affine(b.commit(opening, fresh)), opening
}

// commit is m*G + s*H, with m and s in two fresh shares each.
func (b *Bases) commit(o *Opening, random source) bls.G1Jac {
	ofM, ofS := random(), random()
	var restM, restS fr.Element
	restM.Sub(&o.Message, &ofM)
	restS.Sub(&o.Blinding, &ofS)
	return g1.SumProtected(b.g.Times(ofM), b.h.Times(ofS), b.h.Times(restS), b.g.Times(restM))
}

// Statement is what is proved: that the commitment holds a message with
// lower <= message < upper. It is valid once built.
type Statement struct {
	bases        *Bases
	commitment   *g1.Point
	encoded      [pointSize]byte
	lower, upper uint64
	weights      []uint64
}

// NewStatement takes a commitment and the bounds, which have at least two
// integers between them, lower included and upper not.
func NewStatement(bases *Bases, commitment bls.G1Affine, lower, upper uint64) (*Statement, error) {
	const check = "range-statement"
	if bases == nil || bases.g == nil || bases.h == nil {
		return nil, credential.Failed(check, spec+"1", "no bases")
	}
	if upper <= lower || upper-lower < 2 {
		return nil, credential.Failed(check, spec+"2", "[%d, %d) holds less than two integers", lower, upper)
	}
	point, err := g1.Check(&commitment)
	if err != nil {
		return nil, credential.Failed(check, spec+"1", "the commitment: %w", err)
	}
	return &Statement{bases, point, commitment.Bytes(), lower, upper, weights(upper - lower)}, nil
}

// weights lists k = ceil(log2(count)) integers in descending order whose
// sub-sums are exactly the integers of [0, count): 1, 2, ..., 2^(k-2) and
// count - 2^(k-1). It is ComputeBases of draft-ietf-privacypass-arc-crypto,
// section 5.5. The last one is always 1.
func weights(count uint64) []uint64 {
	k := bits.Len64(count - 1)
	other := count - 1<<(k-1)
	w := make([]uint64, 0, k)
	for i := k - 2; i >= 0; i-- {
		if other >= 1<<i {
			w = append(w, other)
			other = 0
		}
		w = append(w, 1<<i)
	}
	if other > 0 {
		w = append(w, other)
	}
	return w
}

// digits writes message - lower as a sum of weights, largest first: a 0 or a
// 1 for each weight, and whether the message is in the range at all. It runs
// the same operations for all messages.
func (s *Statement) digits(message *fr.Element) (digits []int, inRange bool) {
	m := message.Bits()
	rest, borrow := bits.Sub64(m[0], s.lower, 0)
	_, notBelow := bits.Sub64(rest, s.upper-s.lower, 0) // 1 if rest < upper - lower
	high := m[1] | m[2] | m[3]
	digits = make([]int, len(s.weights))
	for i, w := range s.weights {
		left, less := bits.Sub64(rest, w, 0)
		rest ^= (rest ^ left) & (less - 1)
		digits[i] = int(1 - less)
	}
	return digits, high|borrow|(1-notBelow) == 0
}

// appendTo writes the statement as it is hashed: G, H, C and the bounds.
func (s *Statement) appendTo(b []byte) []byte {
	b = append(b, s.bases.g.Encoded[:]...)
	b = append(b, s.bases.h.Encoded[:]...)
	b = append(b, s.encoded[:]...)
	b = binary.BigEndian.AppendUint64(b, s.lower)
	return binary.BigEndian.AppendUint64(b, s.upper)
}

// open cuts the message of an opening into digits, after checking that the
// opening is the commitment's and the message in the range.
func (s *Statement) open(o *Opening, transcript []byte, random source) ([]int, error) {
	if o == nil || o.Blinding.IsZero() {
		return nil, credential.Failed("range-opening", spec+"1", "no opening, or one that hides nothing")
	}
	if err := bounded(transcript); err != nil {
		return nil, err
	}
	digits, inRange := s.digits(&o.Message)
	if !inRange {
		return nil, credential.Failed("range-message", spec+"2", "the message is not in the range")
	}
	if c := affine(s.bases.commit(o, random)); !c.Equal(&s.commitment.Affine) {
		return nil, credential.Failed("range-opening", spec+"1", "it opens another commitment")
	}
	return digits, nil
}

// present refuses a statement that NewStatement did not make.
func (s *Statement) present() error {
	if s == nil || len(s.weights) == 0 {
		return credential.Failed("range-statement", spec+"1", "no statement")
	}
	return nil
}

func bounded(transcript []byte) error {
	if len(transcript) > MaxTranscript {
		return credential.Failed("range-transcript", spec+"4", "%d octets, at most %d are accepted", len(transcript), MaxTranscript)
	}
	return nil
}
