package rangeproof

import (
	"encoding/binary"
	"sync"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// VectorRange is the default construction, spec/rangeproof.md. A proof for k
// bits, the least with upper - lower <= 2^k, takes 48 + 32*(k+4) octets.
var VectorRange Construction = vectorRange{}

type vectorRange struct{}

// vectorID is the ciphersuite identifier of [VectorRange], the beginning of
// every domain separation tag that it hashes with.
const vectorID = "HALFMASK_VECTOR_RANGE_V1_BLS12381G1_XMD:SHA-256_SSWU_RO_"

func (vectorRange) Algorithm() string { return "vector-range" }

func (vectorRange) ProofSize(s *Statement) int {
	return pointSize + (len(s.weights)+4)*scalarSize
}

// generators are the points that a vector is committed with: K for the mask
// and G_1, ..., G_k for the bits. At most 65 are made.
type generators struct {
	mu  sync.Mutex
	all []*base
}

var vectorGenerators generators

// take gives K and the first k generators of bits.
func (g *generators) take(k int) (mask *base, digits []*base) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := len(g.all); i <= k; i++ {
		p, err := bls.HashToG1(binary.BigEndian.AppendUint64(nil, uint64(i)), []byte(vectorID+"GENERATOR_"))
		if err != nil {
			panic("rangeproof: " + err.Error()) // a constant tag of over 255 octets
		}
		g.all = append(g.all, newBase(p))
	}
	return g.all[0], g.all[1 : k+1 : k+1]
}

// vectorTranscript is what is hashed for the two challenges of a proof.
type vectorTranscript []byte

func newVectorTranscript(s *Statement, transcript []byte, a *bls.G1Affine) vectorTranscript {
	b := s.appendTo(make([]byte, 0, len(transcript)+1024))
	b = binary.BigEndian.AppendUint64(b, uint64(len(transcript)))
	b = append(b, transcript...)
	return appendPoint(b, a)
}

// powers gives 1, y, ..., y^(k-1) for the challenge y of the combination.
func (t vectorTranscript) powers(k int) []fr.Element {
	y := hashToScalar(t, vectorID+"COMBINATION_")
	out := make([]fr.Element, k)
	out[0].SetOne()
	for i := 1; i < k; i++ {
		out[i].Mul(&out[i-1], &y)
	}
	return out
}

// challenge gives c, from everything that is fixed before it.
func (t vectorTranscript) challenge(vector, link *bls.G1Affine, e *fr.Element) fr.Element {
	b := appendPoint(appendPoint(t, vector), link)
	return hashToScalar(appendScalars(b, *e), vectorID+"CHALLENGE_")
}

// vectorProof is a proof taken apart: A, c, e, z_rho, z_s and z_1, ..., z_k.
type vectorProof struct {
	a                 bls.G1Affine
	decoded           *g1.Point // a, if it came from outside
	c, e, zRho, zLink fr.Element
	z                 []fr.Element
}

func (p *vectorProof) bytes() []byte {
	b := make([]byte, 0, pointSize+(len(p.z)+4)*scalarSize)
	b = appendPoint(b, &p.a)
	b = appendScalars(b, p.c, p.e, p.zRho, p.zLink)
	return appendScalars(b, p.z...)
}

func (v vectorRange) parse(s *Statement, proof []byte) (*vectorProof, error) {
	r := newReader("range-proof-encoding", spec+"3", proof, v.ProofSize(s))
	a := r.point()
	if r.err != nil {
		return nil, r.err
	}
	p := &vectorProof{a: a.Affine, decoded: a, c: r.scalar(), e: r.scalar(), zRho: r.scalar(), zLink: r.scalar()}
	p.z = r.scalars(len(s.weights))
	return p, r.err
}
