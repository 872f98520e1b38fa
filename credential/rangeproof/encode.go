package rangeproof

import (
	"fmt"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/internal/g1"
)

const (
	scalarSize = fr.Bytes                     // 32
	pointSize  = bls.SizeOfG1AffineCompressed // 48
)

// reader takes a proof of known length apart and remembers the first value
// that is not valid.
type reader struct {
	check, clause string
	octets        []byte
	err           error
}

// newReader begins a proof that must have exactly size octets.
func newReader(check, clause string, proof []byte, size int) *reader {
	r := &reader{check: check, clause: clause, octets: proof}
	if len(proof) != size {
		r.err = credential.Failed(check, clause, "%d octets, not %d", len(proof), size)
	}
	return r
}

func (r *reader) take(n int) (octets []byte) {
	octets, r.octets = r.octets[:n], r.octets[n:]
	return octets
}

func (r *reader) point() *g1.Point {
	if r.err != nil {
		return nil
	}
	points, err := g1.Decode(r.take(pointSize))
	if err != nil {
		r.err = credential.Failed(r.check, r.clause, "a point that does not decode: %w", err)
		return nil
	}
	return points[0]
}

// scalar reads a scalar in [1, r).
func (r *reader) scalar() (k fr.Element) {
	if r.err != nil {
		return k
	}
	if err := k.SetBytesCanonical(r.take(scalarSize)); err != nil || k.IsZero() {
		r.err = credential.Failed(r.check, r.clause, "a scalar that is not in [1, r)")
	}
	return k
}

func (r *reader) scalars(n int) []fr.Element {
	out := make([]fr.Element, n)
	for i := range out {
		out[i] = r.scalar()
	}
	return out
}

func appendPoint(b []byte, p *bls.G1Affine) []byte {
	e := p.Bytes()
	return append(b, e[:]...)
}

func appendScalars(b []byte, scalars ...fr.Element) []byte {
	for i := range scalars {
		e := scalars[i].Bytes()
		b = append(b, e[:]...)
	}
	return b
}

func appendUint64AsScalar(b []byte, n uint64) []byte {
	var k fr.Element
	k.SetUint64(n)
	return appendScalars(b, k)
}

// hashToScalar is hash_to_scalar of draft-irtf-cfrg-bbs-signatures-11,
// section 4.2.2, with the suite BLS12-381-SHA-256: 48 octets of
// expand_message_xmd, reduced modulo r.
func hashToScalar(message []byte, dst string) fr.Element {
	k, err := fr.Hash(message, []byte(dst), 1)
	if err != nil {
		panic(fmt.Sprintf("rangeproof: %v", err)) // a constant tag of over 255 octets
	}
	return k[0]
}

// source gives scalars, each uniform in [0, r) and used for one thing.
type source func() fr.Element

func fresh() (k fr.Element) {
	k.MustSetRandom()
	return k
}
