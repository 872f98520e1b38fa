package rangeproof

import (
	"math/big"
	"slices"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// cheat is the prover of spec/rangeproof.md section 4.1 for digits that may be
// any scalars, without the checks. It deviates in nothing else.
func cheat(s *Statement, o *Opening, digits []fr.Element) []byte {
	k := len(digits)
	mask, generators := vectorGenerators.take(k)
	alpha, rho, tau, sigma := fresh(), fresh(), fresh(), fresh()
	terms := []g1.Term{mask.Times(alpha), s.bases.h.Times(rho)}
	for i := range digits {
		terms = append(terms, generators[i].Times(digits[i]))
	}
	p := &vectorProof{a: affine(g1.SumProtected(terms...)), e: alpha, z: make([]fr.Element, k)}
	hashed := newVectorTranscript(s, nil, &p.a)
	power := hashed.powers(k)

	t := make([]fr.Element, k)
	var total, x, nonce fr.Element
	for i := range t {
		t[i] = fresh()
		x.SetUint64(s.weights[i])
		total.Add(&total, x.Mul(&x, &t[i]))
		x.Mul(&t[i], &power[i])
		var one, twice fr.Element
		one.SetOne()
		twice.Double(&digits[i])
		one.Sub(&one, &twice).Mul(&one, &x)
		p.e.Add(&p.e, &one)
		nonce.Add(&nonce, x.Mul(&x, &t[i]))
	}
	terms = []g1.Term{mask.Times(nonce), s.bases.h.Times(tau)}
	for i := range t {
		terms = append(terms, generators[i].Times(t[i]))
	}
	vector := affine(g1.SumProtected(terms...))
	link := affine(g1.SumProtected(s.bases.g.Times(total), s.bases.h.Times(sigma)))
	p.c = hashed.challenge(&vector, &link, &p.e)
	p.zRho.Mul(&p.c, &rho).Add(&p.zRho, &tau)
	p.zLink.Mul(&p.c, &o.Blinding).Add(&p.zLink, &sigma)
	for i := range t {
		p.z[i].Mul(&p.c, &digits[i]).Add(&p.z[i], &t[i])
	}
	return p.bytes()
}

// times multiplies as gnark-crypto does, in a time that depends on the scalar.
func times(p *bls.G1Affine, k *fr.Element) (q bls.G1Affine) {
	q.ScalarMultiplication(p, k.BigInt(new(big.Int)))
	return q
}

// cheatSigma is the same for sigma-range.
func cheatSigma(s *Statement, o *Opening, digits []fr.Element) []byte {
	k, g, h := len(digits), s.bases.g, s.bases.h
	p := &sigmaProof{bits: make([]sigmaBit, k)}
	points := make([]bls.G1Affine, 2*k)
	nonces, blindings := make([][3]fr.Element, k), make([]fr.Element, k)
	last := o.Blinding
	for i, d := range digits {
		blindings[i] = fresh()
		if i == k-1 {
			blindings[i] = last
		}
		w := scalar(s.weights[i])
		last.Sub(&last, w.Mul(&w, &blindings[i]))
		p.bits[i].d = affine(g1.SumProtected(h.Times(blindings[i]), g.Times(d)))
		nonces[i] = [3]fr.Element{fresh(), fresh(), fresh()}
		points[2*i] = affine(g1.SumProtected(g.Times(nonces[i][0]), h.Times(nonces[i][1])))
		second := g1.SumProtected(h.Times(nonces[i][2]))
		rD := times(&p.bits[i].d, &nonces[i][0])
		second.AddMixed(&rD)
		points[2*i+1] = affine(second)
	}
	p.c = p.challenge(s, points, nil)
	answer := func(nonce, secret fr.Element) fr.Element {
		secret.Mul(&secret, &p.c)
		return *secret.Add(&secret, &nonce)
	}
	for i, d := range digits {
		second := fr.One()
		second.Sub(&second, &d).Mul(&second, &blindings[i])
		z := &p.bits[i]
		z.zB, z.zS, z.zS2 = answer(nonces[i][0], d), answer(nonces[i][1], blindings[i]), answer(nonces[i][2], second)
	}
	return p.bytes()
}

func TestCheatingDigitsAreRefused(t *testing.T) {
	for _, c := range []struct {
		name    string
		message fr.Element
		digits  []fr.Element // of 4, 2 and 1, above a lower bound of 10
		holds   bool
	}{
		{"honest digits", scalar(15), []fr.Element{scalar(1), scalar(0), scalar(1)}, true},
		{"a two for a message above", scalar(18), []fr.Element{scalar(2), scalar(0), scalar(0)}, false},
		{"a minus one for a message below", scalar(9), []fr.Element{scalar(0), scalar(0), huge(1)}, false},
		{"a two and a minus one for a message within", scalar(13), []fr.Element{scalar(0), scalar(2), huge(1)}, false},
		{"the whole of a huge message in one digit", huge(1), []fr.Element{scalar(0), scalar(0), huge(11)}, false},
		{"bits of another message", scalar(15), []fr.Element{scalar(1), scalar(1), scalar(1)}, false},
		{"bits of a message above, modulo 8", scalar(18), []fr.Element{scalar(0), scalar(0), scalar(0)}, false},
	} {
		s, o := committed(t, c.message, 10, 18)
		for construction, prove := range map[Construction]func(*Statement, *Opening, []fr.Element) []byte{VectorRange: cheat, SigmaRange: cheatSigma} {
			err := construction.Verify(s, prove(s, o, c.digits), nil)
			if c.holds && err != nil {
				t.Errorf("%s, %s: %v", construction.Algorithm(), c.name, err)
			}
			if !c.holds && err == nil {
				t.Errorf("%s, %s: accepted", construction.Algorithm(), c.name)
			} else if !c.holds {
				refusedBy(t, err, "range-proof")
			}
		}
	}
}

// The extractor of spec/rangeproof.md section 6: two answers to two challenges
// for the same nonces give the message and the blinding away. It is why
// randomness is not an argument of the interface.
func TestTwoAnswersGiveTheOpeningAway(t *testing.T) {
	s, o := committed(t, scalar(1234), 1000, 2000)
	var drawn []fr.Element
	first, err := vectorRange{}.prove(s, o, []byte("one nonce"), func() fr.Element {
		drawn = append(drawn, fresh())
		return drawn[len(drawn)-1]
	})
	if err != nil {
		t.Fatal(err)
	}
	rest := slices.Clone(drawn)
	second, err := vectorRange{}.prove(s, o, []byte("another"), func() fr.Element {
		k := rest[0]
		rest = rest[1:]
		return k
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err1 := vectorRange{}.parse(s, first)
	q, err2 := vectorRange{}.parse(s, second)
	if err1 != nil || err2 != nil || p.a != q.a {
		t.Fatal("the proofs do not share their first message")
	}
	var dc fr.Element
	dc.Sub(&p.c, &q.c).Inverse(&dc)
	quotient := func(a, b fr.Element) fr.Element {
		a.Sub(&a, &b)
		return *a.Mul(&a, &dc)
	}
	message := scalar(s.lower)
	for i, w := range s.weights {
		digit, weight := quotient(p.z[i], q.z[i]), scalar(w)
		if !digit.IsZero() && !digit.IsOne() {
			t.Fatalf("digit %v", digit)
		}
		message.Add(&message, weight.Mul(&weight, &digit))
	}
	if message != o.Message || quotient(p.zLink, q.zLink) != o.Blinding {
		t.Error("the extracted opening is wrong")
	}
}

func TestAddDigit(t *testing.T) {
	one := fr.One()
	for digit, want := range []bls.G1Affine{testBases.h.Point, affine(g1.SumProtected(testBases.h.Times(one), testBases.g.Times(one)))} {
		acc := g1.SumProtected(testBases.h.Times(one))
		addDigit(&acc, testBases.g, digit)
		if affine(acc) != want {
			t.Errorf("digit %d is added wrongly", digit)
		}
	}
}
