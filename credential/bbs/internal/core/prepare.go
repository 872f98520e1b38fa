package core

import (
	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// credentialTables make each point of a proof a sum over fixed points. A and
// B are the same in every proof and secret, so the tables are of A + P1*a and
// B + P1*b for random a and b, and each sum takes the P1 away again: the
// points in the tables say nothing about A and B.
type credentialTables struct {
	a, b         *g1.Base
	maskA, maskB fr.Element
}

// Tabled is the credential with tables, of 117 kB each for A and B. It takes
// as long as a few proofs.
func (c *Credential) Tabled() *Credential {
	out := *c
	t := &credentialTables{maskA: randomScalar(), maskB: randomScalar()}
	p1 := c.suite.P1()
	a := g1.SumProtected(p1.Times(t.maskA))
	a.AddMixed(&c.sig.A)

	one := fr.One()
	terms := c.suite.commit(&one, c.generators, &c.domain, c.messages)
	terms[0].Scalar.Add(&terms[0].Scalar, &t.maskB)
	for i := range c.messages { // in shares: tables may be made more than once
		u, v := g1.Shares(&terms[i+2].Scalar)
		terms[i+2].Scalar = u
		terms = append(terms, terms[i+2].Base.Times(v))
	}
	b := g1.SumProtected(terms...)
	masked := g1.Normalize(a, b)
	t.a, t.b = g1.NewSecretBase(masked[0]), g1.NewSecretBase(masked[1])
	out.tables = t
	return &out
}

// over lists the terms of A*a + B*b.
func (t *credentialTables) over(p1 *g1.Base, a, b *fr.Element) []g1.Term {
	terms := make([]g1.Term, 1, 3)
	terms[0].Base = p1
	var m fr.Element
	if a != nil {
		terms = append(terms, t.a.Times(*a))
		terms[0].Scalar.Sub(&terms[0].Scalar, m.Mul(a, &t.maskA))
	}
	if b != nil {
		terms = append(terms, t.b.Times(*b))
		terms[0].Scalar.Sub(&terms[0].Scalar, m.Mul(b, &t.maskB))
	}
	return terms
}

// initTabled computes Abar, Bbar, D and T1 from the tables. It returns the
// terms of D*r3~, the part of T2 that no message has.
func (c *Credential) initTabled(p *Prover) []g1.Term {
	t, p1 := c.tables, c.suite.P1()
	var r12, a, b fr.Element
	r12.Mul(&p.r1, &p.r2)
	abar := g1.SumProtected(t.over(p1, &r12, nil)...)
	d := g1.SumProtected(t.over(p1, nil, &p.r2)...)
	// Bbar = D*r1 - Abar*e = B*r1*r2 - A*r1*r2*e
	a.Mul(&r12, &p.e)
	a.Neg(&a)
	bbar := g1.SumProtected(t.over(p1, &a, &r12)...)
	// T1 = Abar*e~ + D*r1~ = A*r1*r2*e~ + B*r2*r1~
	a.Mul(&r12, &p.eTilde)
	b.Mul(&p.r2, &p.r1Tilde)
	t1 := g1.SumProtected(t.over(p1, &a, &b)...)
	four := g1.Normalize(abar, bbar, d, t1)
	p.Abar, p.Bbar, p.D, p.T1 = four[0], four[1], four[2], four[3]
	b.Mul(&p.r2, &p.r3Tilde)
	return t.over(p1, nil, &b)
}

func (c *Credential) finishT2(p *Prover, terms []g1.Term, undisclosed []int) {
	t2 := g1.SumProtected(append(c.hiddenTerms(undisclosed, p.hiddenTilde), terms...)...)
	p.T2.FromJacobian(&t2)
}

// Preparation is all of a proof that depends neither on what it discloses nor
// on the presentation header. It is good for one proof: a second one would
// disclose the signature and the hidden messages.
type Preparation struct {
	credential *Credential
	prover     *Prover
	base       bls.G1Jac      // D*r3~
	each       []bls.G1Affine // H_j*m~_j for every message
}

// Prepare draws the random scalars of a proof and computes with them.
func (c *Credential) Prepare() *Preparation {
	every := Others(nil, len(c.messages))
	random := RandomScalars(RandomScalarCount(len(every)))
	p := c.prepare(random[:5], every, random[5:])
	out := &Preparation{credential: c, prover: p, base: g1.SumProtected(c.initTabled(p)...)}
	points := make([]bls.G1Jac, len(every))
	for i, t := range c.hiddenTerms(every, p.hiddenTilde) {
		points[i] = g1.SumProtected(t)
	}
	out.each = g1.Normalize(points...)
	return out
}

// Init is what Credential.Init gives for those positions.
func (r *Preparation) Init(undisclosed []int) *Prover {
	p := *r.prover
	p.hidden, p.hiddenTilde = make([]fr.Element, len(undisclosed)), make([]fr.Element, len(undisclosed))
	t2 := r.base
	for i, j := range undisclosed {
		p.hidden[i], p.hiddenTilde[i] = r.prover.hidden[j], r.prover.hiddenTilde[j]
		t2.AddMixed(&r.each[j])
	}
	p.T2.FromJacobian(&t2)
	return &p
}

// ProofGen is Credential.ProofGen from the preparation.
func (r *Preparation) ProofGen(ph []byte, disclosed []int) *Proof {
	c := r.credential
	p := r.Init(Others(disclosed, len(c.messages)))
	return p.Finalize(c.suite.Challenge(&p.Initial, c.Disclose(disclosed), ph))
}

// BlindProofGen is Credential.BlindProofGen from the preparation.
func (r *Preparation) BlindProofGen(l *Layout, ph []byte) (*BlindProof, []Opening) {
	positions, place := l.undisclosed()
	return r.credential.blindProofGen(r.Init(positions), l, place, ph, RandomScalars(2*len(l.Committed)))
}

// PseudonymProofGen is Credential.PseudonymProofGen from the preparation.
func (r *Preparation) PseudonymProofGen(ph, context []byte, disclosed []int, secrets int) (*Proof, bls.G1Affine, error) {
	p := r.Init(Others(disclosed, len(r.credential.messages)))
	return r.credential.pseudonymProofGen(p, ph, context, disclosed, secrets)
}
