package core

import (
	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// A proof is made in the three steps of section 3.7 of the draft, apart so
// that other proofs can share one challenge: initialize, challenge, finalize.

// Disclosed is a disclosed message and its index among the signed ones.
type Disclosed struct {
	Index   int
	Message fr.Element
}

// Initial is init_res: what goes into the challenge.
type Initial struct {
	Abar, Bbar, D, T1, T2 bls.G1Affine
	Domain                fr.Element
}

// Prover is the state between initialization and finalization.
type Prover struct {
	Initial
	e, r1, r2, eTilde, r1Tilde, r3Tilde fr.Element
	hidden, hiddenTilde                 []fr.Element
}

// RandomScalarCount is how many random scalars a proof takes.
func RandomScalarCount(hidden int) int { return hidden + 5 }

// ProofInit is ProofInit, section 3.7.1: undisclosed lists indexes in
// ascending order, random holds RandomScalarCount(len(undisclosed)) scalars
// used for nothing else, ever.
func (s *Suite) ProofInit(pk *PublicKey, sig *Signature, header []byte, messages []fr.Element, undisclosed []int, random []fr.Element) *Prover {
	generators := s.Generators(len(messages))
	p := &Prover{
		e: sig.E, r1: random[0], r2: random[1], eTilde: random[2], r1Tilde: random[3], r3Tilde: random[4],
		hidden: make([]fr.Element, len(undisclosed)), hiddenTilde: random[5:],
	}
	p.Domain = s.Domain(pk, generators, header)

	// D = B * r2, summed as P1*r2 + Q_1*(domain*r2) + ..., which keeps B, the
	// same in every proof, out of the computation.
	d := sumFixed(s.commit(&p.r2, generators, &p.Domain, messages))
	var r12 fr.Element
	r12.Mul(&p.r1, &p.r2)
	abar := multiplySecretPoint(&sig.A, &r12)
	two := normalize([]bls.G1Jac{d, abar})
	p.D, p.Abar = two[0], two[1]

	// Bbar = D*r1 - Abar*e and T1 = Abar*e~ + D*r1~, with e in shares.
	m := newMultiples(&p.D, &p.Abar)
	onD, onAbar := &m[0], &m[1]
	var minusE fr.Element
	minusE.Neg(&p.e)
	u, v := shares(&minusE)
	bbar := sum(term{onD, &p.r1}, term{onAbar, &u}, term{onAbar, &v})
	t1 := sum(term{onAbar, &p.eTilde}, term{onD, &p.r1Tilde})

	// T2 = D*r3~ + H_j1*m~_j1 + ... + H_jU*m~_jU
	terms := make([]fixedTerm, len(undisclosed))
	for i, j := range undisclosed {
		p.hidden[i] = messages[j]
		terms[i] = fixedTerm{generator: generators[j+1], scalar: p.hiddenTilde[i]}
	}
	t2 := sumFixed(terms)
	onto := sum(term{onD, &p.r3Tilde})
	t2.AddAssign(&onto)
	three := normalize([]bls.G1Jac{bbar, t1, t2})
	p.Bbar, p.T1, p.T2 = three[0], three[1], three[2]
	return p
}

// Challenge is ProofChallengeCalculate, section 3.7.4.
func (s *Suite) Challenge(in *Initial, disclosed []Disclosed, ph []byte) fr.Element {
	b := make([]byte, 0, 16+len(disclosed)*(8+ScalarLength)+5*PointLength+ScalarLength+len(ph))
	b = encodeInt(b, len(disclosed))
	for i := range disclosed {
		b = EncodeScalar(encodeInt(b, disclosed[i].Index), &disclosed[i].Message)
	}
	for _, p := range []*bls.G1Affine{&in.Abar, &in.Bbar, &in.D, &in.T1, &in.T2} {
		b = encodePoint(b, p)
	}
	b = EncodeScalar(b, &in.Domain)
	b = append(encodeInt(b, len(ph)), ph...)
	return s.hashInternal(b)
}

// Finalize is ProofFinalize, section 3.7.2. A second call with another
// challenge would disclose the signature and the hidden messages.
func (p *Prover) Finalize(challenge fr.Element) *Proof {
	out := &Proof{Abar: p.Abar, Bbar: p.Bbar, D: p.D, Challenge: challenge, Messages: make([]fr.Element, len(p.hidden))}
	r3 := invertBlinded(&p.r2)
	var t fr.Element
	out.E.Add(&p.eTilde, t.Mul(&p.e, &challenge))
	out.R1.Sub(&p.r1Tilde, t.Mul(&p.r1, &challenge))
	out.R3.Sub(&p.r3Tilde, t.Mul(&r3, &challenge))
	for i := range p.hidden {
		out.Messages[i].Add(&p.hiddenTilde[i], t.Mul(&p.hidden[i], &challenge))
	}
	return out
}

// ProofVerifyInit is ProofVerifyInit, section 3.7.3. The caller has checked
// that the indexes ascend within the number of messages, which is the number
// of disclosed ones and of p.Messages.
func (s *Suite) ProofVerifyInit(pk *PublicKey, p *Proof, header []byte, disclosed []Disclosed) *Initial {
	total := len(disclosed) + len(p.Messages)
	generators := s.Generators(total)
	in := &Initial{Abar: p.Abar, Bbar: p.Bbar, D: p.D, Domain: s.Domain(pk, generators, header)}

	m := newMultiples(&p.Abar, &p.Bbar, &p.D)
	onAbar, onBbar, onD := &m[0], &m[1], &m[2]
	t1 := sum(term{onBbar, &p.Challenge}, term{onAbar, &p.E}, term{onD, &p.R1})

	// T2 = Bv*c + D*r3^ + sum of H_j*m^_j, Bv the disclosed part of B: one sum
	// in which a disclosed message weighs msg*c and a hidden one m^.
	terms := make([]fixedTerm, 0, total+2)
	terms = append(terms, fixedTerm{s.P1(), p.Challenge}, fixedTerm{generator: generators[0]})
	terms[1].scalar.Mul(&in.Domain, &p.Challenge)
	next, hidden := 0, 0
	for i, g := range generators[1:] {
		t := fixedTerm{generator: g}
		if next < len(disclosed) && disclosed[next].Index == i {
			t.scalar.Mul(&disclosed[next].Message, &p.Challenge)
			next++
		} else {
			t.scalar = p.Messages[hidden]
			hidden++
		}
		terms = append(terms, t)
	}
	t2 := sumFixed(terms)
	onto := sum(term{onD, &p.R3})
	t2.AddAssign(&onto)
	two := normalize([]bls.G1Jac{t1, t2})
	in.T1, in.T2 = two[0], two[1]
	return in
}

// Holds is the check of CoreProofVerify, section 3.6.4, that remains once the
// challenge has been found equal: h(Abar, W) * h(Bbar, -BP2) = 1.
func (p *Proof) Holds(pk *PublicKey) bool {
	var minus bls.G1Affine
	minus.Neg(&p.Bbar)
	return pairingIsOne(&p.Abar, pk, &minus)
}

// ProofGen is CoreProofGen, section 3.6.3. The caller has checked that the
// disclosed indexes ascend within the messages.
func (s *Suite) ProofGen(pk *PublicKey, sig *Signature, header, ph []byte, messages []fr.Element, disclosed []int, random []fr.Element) *Proof {
	shown := make([]Disclosed, 0, len(disclosed))
	hidden := make([]int, 0, len(messages)-len(disclosed))
	for i := range messages {
		if len(shown) < len(disclosed) && disclosed[len(shown)] == i {
			shown = append(shown, Disclosed{i, messages[i]})
		} else {
			hidden = append(hidden, i)
		}
	}
	p := s.ProofInit(pk, sig, header, messages, hidden, random)
	return p.Finalize(s.Challenge(&p.Initial, shown, ph))
}

// ProofVerify is CoreProofVerify, section 3.6.4, with the conditions of
// ProofVerifyInit.
func (s *Suite) ProofVerify(pk *PublicKey, p *Proof, header, ph []byte, disclosed []Disclosed) bool {
	in := s.ProofVerifyInit(pk, p, header, disclosed)
	c := s.Challenge(in, disclosed, ph)
	return c.Equal(&p.Challenge) && p.Holds(pk)
}
