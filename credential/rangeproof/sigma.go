package rangeproof

import (
	"encoding/binary"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// SigmaRange is "sigma-range" of draft-bormann-jwp-modular-bbs, for the
// draft's cipher suite; the package comment says which text gives its octets.
// Its transcript is the draft's presentation_header_octets. A proof for k
// bits, the least with upper - lower <= 2^k, takes 8 + 48*k + 32*(1+3*k)
// octets.
var SigmaRange Construction = sigmaRange{}

type sigmaRange struct{}

const (
	sigmaSpec = "draft-bormann-jwp-modular-bbs-02 section "

	// sigmaID is the cipher suite identifier and api_id of the draft.
	sigmaID = "BBS-MOD_BLS12381G1_XMD:SHA-256_SSWU_RO_BLIND_H2G_HM2S_"
)

func (sigmaRange) Algorithm() string { return "sigma-range" }

func (sigmaRange) ProofSize(s *Statement) int {
	k := len(s.weights)
	return 8 + k*pointSize + (1+3*k)*scalarSize
}

// sigmaBit is the part of a proof for one bit: the commitment D and the
// responses for its bit and its two blindings.
type sigmaBit struct {
	d           bls.G1Affine
	decoded     *g1.Point // d, if it came from outside
	zB, zS, zS2 fr.Element
}

type sigmaProof struct {
	c    fr.Element
	bits []sigmaBit
}

func (p *sigmaProof) bytes() []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(len(p.bits)))
	for i := range p.bits {
		b = appendPoint(b, &p.bits[i].d)
	}
	b = appendScalars(b, p.c)
	for i := range p.bits {
		b = appendScalars(b, p.bits[i].zB, p.bits[i].zS, p.bits[i].zS2)
	}
	return b
}

func (v sigmaRange) parse(s *Statement, proof []byte) (*sigmaProof, error) {
	const check, clause = "range-proof-encoding", sigmaSpec + "4.4"
	r := newReader(check, clause, proof, v.ProofSize(s))
	p := &sigmaProof{bits: make([]sigmaBit, len(s.weights))}
	if r.err == nil {
		if k := binary.BigEndian.Uint64(r.take(8)); k != uint64(len(s.weights)) {
			return nil, credential.Failed(check, clause, "%d bits, not %d", k, len(s.weights))
		}
	}
	for i := range p.bits {
		p.bits[i].decoded = r.point()
		if r.err != nil {
			return nil, r.err
		}
		p.bits[i].d = p.bits[i].decoded.Affine
	}
	p.c = r.scalar()
	for i := range p.bits {
		p.bits[i].zB, p.bits[i].zS, p.bits[i].zS2 = r.scalar(), r.scalar(), r.scalar()
	}
	return p, r.err
}

// challenge hashes the statement, the commitments D and, for each bit, the
// points T1 and T2 in turn.
func (p *sigmaProof) challenge(s *Statement, t []bls.G1Affine, transcript []byte) fr.Element {
	b := append([]byte(nil), s.bases.g.Encoded[:]...)
	b = append(b, s.bases.h.Encoded[:]...)
	b = append(b, s.encoded[:]...)
	b = appendUint64AsScalar(b, s.lower)
	b = appendUint64AsScalar(b, s.upper)
	b = binary.BigEndian.AppendUint64(b, uint64(len(s.weights)))
	for _, w := range s.weights {
		b = appendUint64AsScalar(b, w)
	}
	for i := range p.bits {
		b = appendPoint(b, &p.bits[i].d)
	}
	for i := range t {
		b = appendPoint(b, &t[i])
	}
	b = binary.BigEndian.AppendUint64(b, uint64(len(transcript)))
	return hashToScalar(append(b, transcript...), sigmaID+"SIGMA_RANGE_CHAL_")
}
