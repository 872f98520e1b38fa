package rangeproof

import (
	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/internal/g1"
)

// Prove makes the proof bytes of the sub-proof.
func (v sigmaRange) Prove(s *Statement, o *Opening, transcript []byte) ([]byte, error) {
	return v.prove(s, o, transcript, fresh)
}

func (sigmaRange) prove(s *Statement, o *Opening, transcript []byte, random source) ([]byte, error) {
	if err := s.present(); err != nil {
		return nil, err
	}
	bits, err := s.open(o, transcript, random)
	if err != nil {
		return nil, err
	}
	k, g, h := len(bits), s.bases.g, s.bases.h

	// The blindings of the bits, times their weights, sum up to that of C.
	// The last weight is 1.
	blindings := make([]fr.Element, k)
	last := o.Blinding
	var x fr.Element
	for i := range blindings[:k-1] {
		blindings[i] = random()
		x.SetUint64(s.weights[i])
		last.Sub(&last, x.Mul(&x, &blindings[i]))
	}
	blindings[k-1] = last

	p := &sigmaProof{bits: make([]sigmaBit, k)}
	nonces := make([][3]fr.Element, k)
	points := make([]bls.G1Affine, 2*k)
	for i, b := range bits {
		d := g1.SumProtected(h.Times(blindings[i]))
		addDigit(&d, g, b)
		p.bits[i].d = affine(d)

		// T1 = r_b*G + r_s*H. T2 = r_b*D + r_s2*H, where r_b*D is
		// (b*r_b)*G + (r_b*s)*H; b*r_b is split into two fresh shares.
		rB, rS, rS2, share := random(), random(), random(), random()
		nonces[i] = [3]fr.Element{rB, rS, rS2}
		points[2*i] = affine(g1.SumProtected(g.Times(rB), h.Times(rS)))
		var one, rest, onH fr.Element
		one.Add(&rB, &share)
		one.Select(b, &share, &one)
		rest.Neg(&share)
		onH.Mul(&rB, &blindings[i]).Add(&onH, &rS2)
		points[2*i+1] = affine(g1.SumProtected(g.Times(one), g.Times(rest), h.Times(onH)))
	}

	p.c = p.challenge(s, points, transcript)
	for i, b := range bits {
		z, r := &p.bits[i], &nonces[i]
		x.Add(&r[0], &p.c)
		z.zB.Select(b, &r[0], &x)
		x.Mul(&p.c, &blindings[i])
		z.zS.Add(&r[1], &x)
		x.Add(&r[2], &x) // s2 is s for a bit 0 and 0 for a bit 1
		z.zS2.Select(b, &x, &r[2])
	}
	return p.bytes(), nil
}
