package jwpbbs

import (
	"encoding/binary"
	"errors"
	"math/big"
	"sync/atomic"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// A pseudonym of a committed secret, spec/jwpbbs.md section 5. With the
// commitment C = m*G + s*H to the link secret m, and U hashed to the curve
// from an audience and a scope, it shows P = m*U: a Schnorr proof of (m, s)
// for both equations with one challenge. C is that of a core proof, or the
// one that goes to the issuer; U tells the two uses apart.

const (
	// PseudonymAlgorithm is the identifier of the sub-proof.
	PseudonymAlgorithm = "halfmask-pseudonym-1"

	pointSize          = bls.SizeOfG1AffineCompressed // 48
	pseudonymProofSize = 3 * scalarSize               // challenge, m^, s^
)

// bases are the generators of a commitment.
type bases struct{ g, h bls.G1Affine }

// Uses of pseudonyms: the tags with which U is hashed.
const (
	atVerifiers = "PSEUDONYM_BASE_"
	atTheIssuer = "ISSUANCE_BASE_"
)

// lastBase remembers the last U, which for a verifier is always the same.
var lastBase atomic.Pointer[rememberedBase]

type rememberedBase struct {
	use, audience, scope string
	u                    bls.G1Affine
}

// pseudonymBase is U.
func pseudonymBase(use, audience, scope string) bls.G1Affine {
	if l := lastBase.Load(); l != nil && l.use == use && l.audience == audience && l.scope == scope {
		return l.u
	}
	u := hashToBase(use, audience, scope)
	lastBase.Store(&rememberedBase{use, audience, scope, u})
	return u
}

func hashToBase(use, audience, scope string) bls.G1Affine {
	var b []byte
	for _, s := range []string{audience, scope} {
		b = append(binary.BigEndian.AppendUint64(b, uint64(len(s))), s...)
	}
	u, err := bls.HashToG1(b, []byte(suite.ID()+use))
	if err != nil {
		panic("jwpbbs: " + err.Error()) // a constant tag of over 255 octets
	}
	return u
}

// pseudonymChallenge hashes the statement, the presentation that it is made
// for, and the first messages of the proof.
func pseudonymChallenge(b *bases, c, u, p, t1, t2 *bls.G1Affine, transcript []byte) fr.Element {
	octets := binary.BigEndian.AppendUint64(make([]byte, 0, 7*pointSize+8+len(transcript)), uint64(len(transcript)))
	octets = append(octets, transcript...)
	for _, point := range []*bls.G1Affine{&b.g, &b.h, c, u, p, t1, t2} {
		e := point.Bytes()
		octets = append(octets, e[:]...)
	}
	return hashToScalar(octets, "PSEUDONYM_CHAL_")
}

// provePseudonym gives P and the proof. m and s open the commitment c.
func provePseudonym(b *bases, c, u *bls.G1Affine, m, s *fr.Element, transcript []byte) (nym, proof []byte) {
	var rm, rs fr.Element
	rm.MustSetRandom()
	rs.MustSetRandom()

	p := multiplySecret(u, m)
	t1 := multiply(pair{&b.g, &rm}, pair{&b.h, &rs})
	t2 := multiply(pair{u, &rm})

	challenge := pseudonymChallenge(b, c, u, &p, &t1, &t2, transcript)
	var mHat, sHat fr.Element
	mHat.Mul(&challenge, m).Add(&mHat, &rm)
	sHat.Mul(&challenge, s).Add(&sHat, &rs)
	for _, k := range []fr.Element{challenge, mHat, sHat} {
		e := k.Bytes()
		proof = append(proof, e[:]...)
	}
	e := p.Bytes()
	return e[:], proof
}

// verifyPseudonym checks that the pseudonym nym and the commitment c have one
// secret.
func verifyPseudonym(b *bases, c, u *bls.G1Affine, nym, proof, transcript []byte) error {
	p, err := readPoint(nym)
	if err != nil {
		return err
	}
	if len(proof) != pseudonymProofSize {
		return errors.New("a proof of another length")
	}
	var k [3]fr.Element
	for i := range k {
		if err := k[i].SetBytesCanonical(proof[i*scalarSize:][:scalarSize]); err != nil || k[i].IsZero() {
			return errors.New("a scalar outside [1, r)")
		}
	}
	challenge, mHat, sHat := &k[0], &k[1], &k[2]
	var minus fr.Element
	minus.Neg(challenge)
	t1 := multiply(pair{&b.g, mHat}, pair{&b.h, sHat}, pair{c, &minus})
	t2 := multiply(pair{u, mHat}, pair{&p, &minus})
	if expected := pseudonymChallenge(b, c, u, &p, &t1, &t2, transcript); !expected.Equal(challenge) {
		return errors.New("the pseudonym is not that of the committed secret here")
	}
	return nil
}

// multiplySecret multiplies by a scalar that outlives the proof, in two
// shares that are drawn afresh. Each is multiplied by itself: the time of
// both in one, with the doublings shared, would depend on how their digits
// meet, and so on their sum.
func multiplySecret(point *bls.G1Affine, k *fr.Element) bls.G1Affine {
	var share, rest fr.Element
	share.MustSetRandom()
	rest.Sub(k, &share)
	a, b := multiply(pair{point, &share}), multiply(pair{point, &rest})
	var out bls.G1Affine
	out.Add(&a, &b)
	return out
}

type pair struct {
	point  *bls.G1Affine
	scalar *fr.Element
}

// multiply sums the multiples. Its time depends on the scalars, which must be
// public, or fresh and independent of one another.
func multiply(pairs ...pair) bls.G1Affine {
	var acc bls.G1Jac
	for len(pairs) > 0 {
		var part bls.G1Jac
		var k big.Int
		a := pairs[0]
		if len(pairs) > 1 {
			var l big.Int
			part.JointScalarMultiplication(a.point, pairs[1].point, a.scalar.BigInt(&k), pairs[1].scalar.BigInt(&l))
			pairs = pairs[2:]
		} else {
			var base bls.G1Jac
			part.ScalarMultiplication(base.FromAffine(a.point), a.scalar.BigInt(&k))
			pairs = pairs[1:]
		}
		acc.AddAssign(&part)
	}
	var out bls.G1Affine
	out.FromJacobian(&acc)
	return out
}

// readPoint reads a compressed point of the subgroup other than the identity.
func readPoint(octets []byte) (p bls.G1Affine, err error) {
	if len(octets) != pointSize {
		return p, errors.New("a point of another length")
	}
	if _, err := p.SetBytes(octets); err != nil {
		return p, errors.New("a point that does not decode")
	}
	if p.IsInfinity() {
		return p, errors.New("a point that is the identity")
	}
	return p, nil
}
