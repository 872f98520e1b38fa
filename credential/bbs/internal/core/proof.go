package core

import (
	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// A proof is made in the three steps of section 3.7 of the draft, apart so
// that other proofs can share one challenge: initialize, challenge, finalize.

// Disclosed is a disclosed message, its index, which the challenge binds, and
// its position among the generators: the same but in blind signatures, where
// the prover's blinding factor has a position and no index.
type Disclosed struct {
	Index, Position int
	Message         fr.Element
}

// Initial is init_res: what goes into the challenge.
type Initial struct {
	Abar, Bbar, D, T1, T2 bls.G1Affine
	Domain                fr.Element
}

// Prover is the state between initialization and finalization.
type Prover struct {
	Initial
	e, r1, r2, r3, eTilde, r1Tilde, r3Tilde fr.Element
	hidden, hiddenTilde                     []fr.Element
}

// RandomScalarCount is how many random scalars a proof takes.
func RandomScalarCount(hidden int) int { return hidden + 5 }

// Credential is a signature with all that was signed: what a proof is made
// of.
type Credential struct {
	suite      *Suite
	sig        *Signature
	generators Generators
	domain     fr.Element
	messages   []fr.Element // in the order of the generators
	tables     *credentialTables
}

// NewCredential does the work that all proofs of one signature share. It does
// not verify the signature.
func (s *Suite) NewCredential(pk *PublicKey, sig *Signature, generators Generators, header []byte, messages []fr.Element) *Credential {
	return &Credential{suite: s, sig: sig, generators: generators, domain: s.Domain(pk, generators, header), messages: messages}
}

// Len is the number of positions: of messages, and of the blinding factor if
// there is one.
func (c *Credential) Len() int { return len(c.messages) }

// Init is ProofInit, section 3.7.1: undisclosed lists positions in the order
// of the proof's scalars, random holds RandomScalarCount(len(undisclosed))
// scalars used for nothing else, ever.
func (c *Credential) Init(undisclosed []int, random []fr.Element) *Prover {
	all := c.prepare(random[:5], undisclosed, random[5:])
	if c.tables == nil {
		c.initPlain(all, undisclosed)
	} else {
		t2 := c.initTabled(all)
		c.finishT2(all, t2, undisclosed)
	}
	return all
}

func (c *Credential) prepare(random []fr.Element, undisclosed []int, tildes []fr.Element) *Prover {
	p := &Prover{
		e: c.sig.E, r1: random[0], r2: random[1], eTilde: random[2], r1Tilde: random[3], r3Tilde: random[4],
		hidden: make([]fr.Element, len(undisclosed)), hiddenTilde: tildes,
	}
	for i, j := range undisclosed {
		p.hidden[i] = c.messages[j]
	}
	p.r3 = invertBlinded(&p.r2)
	p.Domain = c.domain
	return p
}

// hiddenTerms are H_j1*m~_j1, ..., H_jU*m~_jU.
func (c *Credential) hiddenTerms(undisclosed []int, tildes []fr.Element) []g1.Term {
	terms := make([]g1.Term, len(undisclosed), len(undisclosed)+3)
	for i, j := range undisclosed {
		terms[i] = c.generators[j+1].Times(tildes[i])
	}
	return terms
}

// initPlain computes the points of a proof from the signature alone.
func (c *Credential) initPlain(p *Prover, undisclosed []int) {
	// D = B * r2, summed as P1*r2 + Q_1*(domain*r2) + ..., which keeps B, the
	// same in every proof, out of the computation.
	d := g1.SumProtected(c.suite.commit(&p.r2, c.generators, &p.Domain, c.messages)...)
	var r12 fr.Element
	r12.Mul(&p.r1, &p.r2)
	abar := g1.MultiplySecretPoint(&c.sig.A, &r12)
	two := g1.Normalize(d, abar)
	p.D, p.Abar = two[0], two[1]

	// Bbar = D*r1 - Abar*e and T1 = Abar*e~ + D*r1~, with e in shares.
	m := g1.NewMultiples(&p.D, &p.Abar)
	onD, onAbar := &m[0], &m[1]
	var minusE fr.Element
	minusE.Neg(&p.e)
	u, v := g1.Shares(&minusE)
	bbar := g1.MultiplyProtected(onD.Times(&p.r1), onAbar.Times(&u), onAbar.Times(&v))
	t1 := g1.MultiplyProtected(onAbar.Times(&p.eTilde), onD.Times(&p.r1Tilde))

	// T2 = D*r3~ + H_j1*m~_j1 + ... + H_jU*m~_jU
	t2 := g1.SumProtected(c.hiddenTerms(undisclosed, p.hiddenTilde)...)
	onto := g1.MultiplyProtected(onD.Times(&p.r3Tilde))
	t2.AddAssign(&onto)
	three := g1.Normalize(bbar, t1, t2)
	p.Bbar, p.T1, p.T2 = three[0], three[1], three[2]
}

// Challenge is ProofChallengeCalculate, section 3.7.4.
func (s *Suite) Challenge(in *Initial, disclosed []Disclosed, ph []byte) fr.Element {
	b := challengeInput(in, disclosed, nil)
	b = append(encodeInt(b, len(ph)), ph...)
	return s.hashInternal(b)
}

// challengeInput is serialize((R, i1, msg_i1, ..., Abar, Bbar, D, T1, T2,
// extra..., domain)).
func challengeInput(in *Initial, disclosed []Disclosed, extra []bls.G1Affine) []byte {
	b := make([]byte, 0, 8+len(disclosed)*(8+ScalarLength)+(5+len(extra))*PointLength+ScalarLength)
	b = encodeInt(b, len(disclosed))
	for i := range disclosed {
		b = EncodeScalar(encodeInt(b, disclosed[i].Index), &disclosed[i].Message)
	}
	for _, p := range []*bls.G1Affine{&in.Abar, &in.Bbar, &in.D, &in.T1, &in.T2} {
		b = encodePoint(b, p)
	}
	for i := range extra {
		b = encodePoint(b, &extra[i])
	}
	return EncodeScalar(b, &in.Domain)
}

// Finalize is ProofFinalize, section 3.7.2. A second call with another
// challenge would disclose the signature and the hidden messages.
func (p *Prover) Finalize(challenge fr.Element) *Proof {
	out := &Proof{Abar: p.Abar, Bbar: p.Bbar, D: p.D, Challenge: challenge, Messages: make([]fr.Element, len(p.hidden))}
	var t fr.Element
	out.E.Add(&p.eTilde, t.Mul(&p.e, &challenge))
	out.R1.Sub(&p.r1Tilde, t.Mul(&p.r1, &challenge))
	out.R3.Sub(&p.r3Tilde, t.Mul(&p.r3, &challenge))
	for i := range p.hidden {
		out.Messages[i].Add(&p.hiddenTilde[i], t.Mul(&p.hidden[i], &challenge))
	}
	return out
}

// ProofVerifyInit is ProofVerifyInit, section 3.7.3. The caller has checked
// that each position is either disclosed or one of undisclosed, which lists
// them in the order of p.Messages. The proof has been parsed.
func (s *Suite) ProofVerifyInit(pk *PublicKey, p *Proof, generators Generators, header []byte, disclosed []Disclosed, undisclosed []int) *Initial {
	in, t1, t2 := s.proofVerifyInit(pk, p, generators, header, disclosed, undisclosed)
	points := g1.Evaluate(t1, t2)
	in.T1, in.T2 = points[0], points[1]
	return in
}

// proofVerifyInit leaves T1 and T2 as sums, which are cheaper to evaluate
// together with others.
func (s *Suite) proofVerifyInit(pk *PublicKey, p *Proof, generators Generators, header []byte, disclosed []Disclosed, undisclosed []int) (in *Initial, t1, t2 *g1.Sum) {
	origin := s.origin(pk, generators, header)
	in = &Initial{Abar: p.Abar, Bbar: p.Bbar, D: p.D, Domain: origin.domain}

	// T1 = Abar*e^ + Bbar*c + D*r1^
	abar, bbar, d := p.points[0], p.points[1], p.points[2]
	t1, t2 = new(g1.Sum), new(g1.Sum)
	t1.Times(abar, &p.E)
	t1.Times(bbar, &p.Challenge)
	t1.Times(d, &p.R1)

	// T2 = Bv*c + D*r3^ + sum of H_j*m^_j, Bv the disclosed part of B: one sum
	// in which a disclosed message weighs msg*c and a hidden one m^.
	t2.Add(origin.times(s, &p.Challenge)...)
	for i := range disclosed {
		var weight fr.Element
		weight.Mul(&disclosed[i].Message, &p.Challenge)
		t2.Add(generators[disclosed[i].Position+1].Times(weight))
	}
	for i, at := range undisclosed {
		t2.Add(generators[at+1].Times(p.Messages[i]))
	}
	t2.Times(d, &p.R3)
	return in, t1, t2
}

// Holds is the check of CoreProofVerify, section 3.6.4, that remains once the
// challenge has been found equal: h(Abar, W) * h(Bbar, -BP2) = 1.
func (p *Proof) Holds(pk *PublicKey) bool {
	var minus bls.G1Affine
	minus.Neg(&p.Bbar)
	return pairingIsOne(&p.Abar, pk, &minus)
}

// Disclose lists the messages at those positions, which are also their
// indexes.
func (c *Credential) Disclose(positions []int) []Disclosed {
	shown := make([]Disclosed, len(positions))
	for i, at := range positions {
		shown[i] = Disclosed{at, at, c.messages[at]}
	}
	return shown
}

// ProofGen is CoreProofGen, section 3.6.3. The caller has checked that the
// disclosed indexes ascend within the messages.
func (c *Credential) ProofGen(ph []byte, disclosed []int, random []fr.Element) *Proof {
	p := c.Init(Others(disclosed, len(c.messages)), random)
	return p.Finalize(c.suite.Challenge(&p.Initial, c.Disclose(disclosed), ph))
}

// Claim is a proof with what it is checked against, under the conditions of
// ProofGen.
type Claim struct {
	Key        *PublicKey
	Proof      *Proof
	Header, Ph []byte
	Disclosed  []int
	Messages   []fr.Element // those disclosed
}

// Agree is CoreProofVerify, section 3.6.4, but for the pairings: it says of
// each claim whether the challenge is the proof's.
func (s *Suite) Agree(claims ...*Claim) []bool {
	initial := make([]*Initial, len(claims))
	shown := make([][]Disclosed, len(claims))
	sums := make([]*g1.Sum, 2*len(claims))
	for i, c := range claims {
		for j, at := range c.Disclosed {
			shown[i] = append(shown[i], Disclosed{at, at, c.Messages[j]})
		}
		total := len(c.Disclosed) + len(c.Proof.Messages)
		initial[i], sums[2*i], sums[2*i+1] = s.proofVerifyInit(c.Key, c.Proof, s.Generators(total), c.Header, shown[i], Others(c.Disclosed, total))
	}
	points := g1.Evaluate(sums...)
	out := make([]bool, len(claims))
	for i, in := range initial {
		in.T1, in.T2 = points[2*i], points[2*i+1]
		challenge := s.Challenge(in, shown[i], claims[i].Ph)
		out[i] = challenge.Equal(&claims[i].Proof.Challenge)
	}
	return out
}

// Others lists what is in [0, total) and not among the indexes, which ascend.
func Others(indexes []int, total int) []int {
	out := make([]int, 0, total-len(indexes))
	for i := range total {
		if len(indexes) > 0 && indexes[0] == i {
			indexes = indexes[1:]
		} else {
			out = append(out, i)
		}
	}
	return out
}
