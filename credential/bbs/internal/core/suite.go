// Package core holds the core operations of draft-irtf-cfrg-bbs-signatures
// (sections 3.6, 3.7 and 4): everything below the interface that package bbs
// offers, with the random scalars as an argument. It is internal because a
// caller who may choose those scalars may also choose them badly. Package bbs
// draws them from crypto/rand; package bbstest derives them from a seed.
//
// What is hidden from a timing observer, and how, is stated in package bbs.
package core

import (
	"sync"
	"sync/atomic"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/hash_to_curve"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

const (
	ScalarLength = fr.Bytes                     // octet_scalar_length
	PointLength  = bls.SizeOfG1AffineCompressed // octet_point_length
	KeyLength    = bls.SizeOfG2AffineCompressed // octets of a public key

	SignatureLength  = PointLength + ScalarLength
	ProofLengthFloor = 3*PointLength + 4*ScalarLength

	// MaxMessages bounds the number of messages under one signature.
	MaxMessages = 1 << 14
	// MaxOctets bounds a header, a presentation header and each message.
	MaxOctets = 1 << 24

	expandLength = 48 // expand_len
)

// Suite is a ciphersuite of section 7 of the draft with an interface on top,
// which its api_id names: that of section 3.5, ciphersuite_id || "H2G_HM2S_",
// or one of the drafts built on this one.
type Suite struct {
	Name   string // as the draft names it
	ID     string // ciphersuite_id
	APIID  string // api_id
	expand func(message, dst []byte, length int) ([]byte, error)

	p1         func() *g1.Base // P1, with its table
	generators generatorCache  // of the signer's messages: api_id
	committed  generatorCache  // of the prover's: "BLIND_" || api_id
	disclosed  generatorCache  // of commitments in proofs: "COM_DIS_" || api_id

	origins     origins                    // of proofs and signatures to verify
	lastContext atomic.Pointer[NymContext] // of pseudonyms: a verifier has one
}

// The ciphersuites, each with the interface of the BBS draft, that of the
// blind BBS draft and that of the pseudonym draft.
var (
	SHA256   = newSuite("BLS12-381-SHA-256", "BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_", expandXMD)
	SHAKE256 = newSuite("BLS12-381-SHAKE-256", "BBS_BLS12381G1_XOF:SHAKE-256_SSWU_RO_", expandXOF)

	BlindSHA256   = SHA256.with(SHA256.ID + "BLIND_H2G_HM2S_")
	BlindSHAKE256 = SHAKE256.with(SHAKE256.ID + "BLIND_H2G_HM2S_")

	PseudonymSHA256   = SHA256.with(SHA256.ID + "H2G_HM2S_PSEUDONYM_")
	PseudonymSHAKE256 = SHAKE256.with(SHAKE256.ID + "H2G_HM2S_PSEUDONYM_")

	// ModularSHA256 is the one cipher suite of draft-bormann-jwp-modular-bbs-03.
	ModularSHA256 = SHA256.with("BBS-MOD_BLS12381G1_XMD:SHA-256_SSWU_RO_BLIND_H2G_HM2S_")
)

func newSuite(name, id string, expand func(message, dst []byte, length int) ([]byte, error)) *Suite {
	s := &Suite{Name: name, ID: id, expand: expand}
	s.p1 = sync.OnceValue(s.createP1)
	return s.with(id + "H2G_HM2S_")
}

// with is the same ciphersuite under another interface.
func (s *Suite) with(apiID string) *Suite {
	t := &Suite{Name: s.Name, ID: s.ID, APIID: apiID, expand: s.expand, p1: s.p1}
	t.generators = generatorCache{suite: t, apiID: apiID}
	t.committed = generatorCache{suite: t, apiID: "BLIND_" + apiID}
	t.disclosed = generatorCache{suite: t, apiID: "COM_DIS_" + apiID}
	return t
}

// HashToScalar is hash_to_scalar, section 4.2.2. It panics on a dst over 255
// octets: every dst but that of KeyGen and of the mocked random scalars is a
// constant, and those two check theirs.
func (s *Suite) HashToScalar(message, dst []byte) fr.Element {
	uniform, err := s.expand(message, dst, expandLength)
	if err != nil {
		panic("bbs: " + err.Error())
	}
	return reduce(uniform)
}

// MessagesToScalars is messages_to_scalars, section 4.1.2.
func (s *Suite) MessagesToScalars(messages [][]byte) []fr.Element {
	dst := s.MessageDST()
	out := make([]fr.Element, len(messages))
	for i, m := range messages {
		out[i] = s.HashToScalar(m, dst)
	}
	return out
}

// MessageDST is the separation tag of messages_to_scalars.
func (s *Suite) MessageDST() []byte { return []byte(s.APIID + "MAP_MSG_TO_SCALAR_AS_HASH_") }

// SeededScalars is seeded_random_scalars of the draft's test vectors.
func (s *Suite) SeededScalars(seed, dst []byte, count int) ([]fr.Element, error) {
	if count < 0 || count > MaxMessages {
		return nil, errExpand
	}
	uniform, err := s.expand(seed, dst, expandLength*count)
	if err != nil {
		return nil, err
	}
	out := make([]fr.Element, count)
	for i := range out {
		out[i] = reduce(uniform[i*expandLength:][:expandLength])
	}
	return out, nil
}

// hashToG1 is hash_to_curve of RFC 9380 section 3 for BLS12-381 G1 with the
// suite's expand_message.
func (s *Suite) hashToG1(message, dst []byte) bls.G1Affine {
	const length = 64 // L of RFC 9380 section 8.8.1
	uniform, err := s.expand(message, dst, 2*length)
	if err != nil {
		panic("bbs: " + err.Error())
	}
	var sum, q bls.G1Jac
	for i := range 2 {
		var u fp.Element
		u.SetBytes(uniform[i*length:][:length])
		a := bls.MapToCurve1(&u)
		hash_to_curve.G1Isogeny(&a.X, &a.Y)
		q.FromAffine(&a)
		sum.AddAssign(&q)
	}
	sum.ClearCofactor(&sum)
	var p bls.G1Affine
	p.FromJacobian(&sum)
	return p
}

// ByID is the suite of that ciphersuite_id, or nil.
func ByID(id string) *Suite {
	for _, s := range []*Suite{SHA256, SHAKE256} {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// ByAPI is the suite with that api_id, or nil.
func ByAPI(id string) *Suite {
	for _, s := range []*Suite{SHA256, SHAKE256, BlindSHA256, BlindSHAKE256, PseudonymSHA256, PseudonymSHAKE256, ModularSHA256} {
		if s.APIID == id {
			return s
		}
	}
	return nil
}
