package jwpbbs

import (
	"encoding/binary"
	"errors"
	"sync/atomic"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/g1"
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
type bases struct{ g, h *g1.Base }

// Uses of pseudonyms: the tags with which U is hashed.
const (
	atVerifiers = "PSEUDONYM_BASE_"
	atTheIssuer = "ISSUANCE_BASE_"
)

// lastBase remembers the last U, which for a verifier is always the same.
var lastBase atomic.Pointer[rememberedBase]

type rememberedBase struct {
	use, audience, scope string
	u                    *g1.Point
}

// pseudonymBase is U.
func pseudonymBase(use, audience, scope string) *g1.Point {
	if l := lastBase.Load(); l != nil && l.use == use && l.audience == audience && l.scope == scope {
		return l.u
	}
	p := hashToBase(use, audience, scope)
	u := g1.NewPoint(&p)
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
	for _, point := range []*bls.G1Affine{&b.g.Point, &b.h.Point, c, u, p, t1, t2} {
		e := point.Bytes()
		octets = append(octets, e[:]...)
	}
	return hashToScalar(octets, "PSEUDONYM_CHAL_")
}

// provePseudonym gives P and the proof. m and s open the commitment c.
func provePseudonym(b *bases, c *bls.G1Affine, u *g1.Point, m, s *fr.Element, transcript []byte) (nym, proof []byte) {
	var rm, rs fr.Element
	rm.MustSetRandom()
	rs.MustSetRandom()

	multiples := &g1.NewMultiples(&u.Affine)[0]
	share, rest := g1.Shares(m) // the link secret outlives the proof
	points := g1.Normalize(
		g1.MultiplyProtected(multiples.Times(&share), multiples.Times(&rest)),
		g1.SumProtected(b.g.Times(rm), b.h.Times(rs)),
		g1.MultiplyProtected(multiples.Times(&rm)),
	)
	p, t1, t2 := &points[0], &points[1], &points[2]

	challenge := pseudonymChallenge(b, c, &u.Affine, p, t1, t2, transcript)
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
func verifyPseudonym(b *bases, c, u *g1.Point, nym, proof, transcript []byte) error {
	if len(nym) != pointSize {
		return errors.New("a pseudonym of another length")
	}
	decoded, err := g1.Decode(nym)
	if err != nil {
		return err
	}
	p := decoded[0]
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
	var t1, t2 g1.Sum
	t1.Add(b.g.Times(*mHat), b.h.Times(*sHat))
	t1.Times(c, &minus)
	t2.Times(u, mHat)
	t2.Times(p, &minus)
	t := g1.Evaluate(&t1, &t2)
	if expected := pseudonymChallenge(b, &c.Affine, &u.Affine, &p.Affine, &t[0], &t[1], transcript); !expected.Equal(challenge) {
		return errors.New("the pseudonym is not that of the committed secret here")
	}
	return nil
}
