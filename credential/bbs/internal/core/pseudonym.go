package core

import (
	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// Pseudonyms, draft-irtf-cfrg-bbs-pseudonyms-03. The last messages of a
// signature are the nym_secrets; a pseudonym is OP * (their polynomial at z),
// with OP and z hashed from the context.

// NymContext is what a context_id stands for.
type NymContext struct {
	id     string
	op     bls.G1Affine
	z      fr.Element
	public *g1.Point    // op, for public scalars
	secret g1.Multiples // of op, for others
}

// NymContext hashes a context_id, or gives the last one again.
func (s *Suite) NymContext(id []byte) *NymContext {
	if c := s.lastContext.Load(); c != nil && c.id == string(id) {
		return c
	}
	c := &NymContext{
		id: string(id),
		op: s.hashToG1(id, []byte(s.APIID)),
		z:  s.HashToScalar(id, []byte(s.APIID+"VECT_NYM_SECRETS")),
	}
	c.public = g1.NewPoint(&c.op)
	c.secret = g1.NewMultiples(&c.op)[0]
	if len(id) <= 1<<10 {
		s.lastContext.Store(c)
	}
	return c
}

// evaluate is secrets[0] + secrets[1]*z + ...
func (c *NymContext) evaluate(secrets []fr.Element) (sum fr.Element) {
	for i := len(secrets) - 1; i >= 0; i-- {
		sum.Mul(&sum, &c.z)
		sum.Add(&sum, &secrets[i])
	}
	return sum
}

// Pseudonym is the pseudonym of those secrets in the context. The secret
// scalar, the same whenever the context is, is multiplied in two fresh shares.
func (c *NymContext) Pseudonym(secrets []fr.Element) (p bls.G1Affine) {
	k := c.evaluate(secrets)
	u, v := g1.Shares(&k)
	jac := g1.MultiplyProtected(c.secret.Times(&u), c.secret.Times(&v))
	p.FromJacobian(&jac)
	return p
}

// PseudonymProofGen is CoreProofGenWithNym for a credential whose last
// messages are that many secrets; the disclosed positions are before them.
func (cr *Credential) PseudonymProofGen(ph, context []byte, disclosed []int, secrets int, random []fr.Element) (*Proof, bls.G1Affine, error) {
	return cr.pseudonymProofGen(cr.Init(Others(disclosed, len(cr.messages)), random), ph, context, disclosed, secrets)
}

func (cr *Credential) pseudonymProofGen(p *Prover, ph, context []byte, disclosed []int, secrets int) (*Proof, bls.G1Affine, error) {
	c := cr.suite.NymContext(context)
	at := len(p.hidden) - secrets
	k, tilde := c.evaluate(p.hidden[at:]), c.evaluate(p.hiddenTilde[at:])
	u, v := g1.Shares(&k)
	nym := g1.Normalize(g1.MultiplyProtected(c.secret.Times(&u), c.secret.Times(&v)), g1.MultiplyProtected(c.secret.Times(&tilde)))
	if nym[0].IsInfinity() || nym[1].IsInfinity() {
		return nil, nym[0], errIdentity
	}
	challenge := cr.suite.nymChallenge(&p.Initial, cr.Disclose(disclosed), nym, ph, context)
	return p.Finalize(challenge), nym[0], nil
}

// PseudonymProofVerify is CoreProofVerifyWithNym.
func (s *Suite) PseudonymProofVerify(pk *PublicKey, p *Proof, pseudonym *Point, generators Generators, header, ph, context []byte, disclosed []Disclosed, secrets int) bool {
	positions := make([]int, len(disclosed))
	for i := range disclosed {
		positions[i] = disclosed[i].Position
	}
	in, t1, t2 := s.proofVerifyInit(pk, p, generators, header, disclosed, Others(positions, len(generators)-1))
	c := s.NymContext(context)
	hat := c.evaluate(p.Messages[len(p.Messages)-secrets:])
	var minus fr.Element
	minus.Neg(&p.Challenge)
	var uv g1.Sum
	uv.Times(c.public, &hat)
	uv.Times(pseudonym.point, &minus)
	points := g1.Evaluate(t1, t2, &uv)
	in.T1, in.T2 = points[0], points[1]
	v := points[2]
	if v.IsInfinity() {
		return false
	}
	challenge := s.nymChallenge(in, disclosed, []bls.G1Affine{pseudonym.point.Affine, v}, ph, context)
	return challenge.Equal(&p.Challenge) && p.Holds(pk)
}

// nymChallenge is ProofWithPseudonymChallengeCalculate.
func (s *Suite) nymChallenge(in *Initial, disclosed []Disclosed, nym []bls.G1Affine, ph, context []byte) fr.Element {
	b := challengeInput(in, disclosed, nym)
	b = append(encodeInt(b, len(ph)), ph...)
	b = append(encodeInt(b, len(context)), context...)
	return s.hashInternal(b)
}

// Point is a decoded point of the subgroup other than the identity.
type Point struct{ point *g1.Point }

// ParsePoint reads a compressed point.
func ParsePoint(octets []byte) (*Point, error) {
	if len(octets) != PointLength {
		return nil, errLength
	}
	points, err := g1.Decode(octets)
	if err != nil {
		return nil, err
	}
	return &Point{points[0]}, nil
}

// IsBase reports whether the point is BP1, which is not a pseudonym.
func (p *Point) IsBase() bool {
	_, _, bp1, _ := bls.Generators()
	return p.point.Affine.Equal(&bp1)
}

// NymHeader is the combined_header: the header and the number of secrets.
func NymHeader(header []byte, secrets int) []byte {
	return encodeInt(append(make([]byte, 0, len(header)+8), header...), secrets)
}
