package rangeproof

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

func proved(t fataler, c Construction, s *Statement, o *Opening, transcript []byte) []byte {
	t.Helper()
	proof, err := c.Prove(s, o, transcript)
	if err != nil {
		t.Fatal(err)
	}
	return proof
}

// outside is a point of the curve that is not in the subgroup.
func outside() (p bls.G1Affine) {
	for x := uint64(1); ; x++ {
		p.X.SetUint64(x)
		p.Y.Square(&p.X).Mul(&p.Y, &p.X)
		var four fp.Element
		p.Y.Add(&p.Y, four.SetUint64(4))
		if p.Y.Sqrt(&p.Y) != nil && p.IsOnCurve() && !p.IsInSubGroup() {
			return p
		}
	}
}

func negative(p bls.G1Affine) bls.G1Affine {
	p.Neg(&p)
	return p
}

// badPoints are points that no statement may have, and badPointOctets their
// and other encodings that no proof may have.
func badPoints() map[string]bls.G1Affine {
	offCurve := hashed("G")
	offCurve.X.Double(&offCurve.X)
	return map[string]bls.G1Affine{"identity": {}, "off the curve": offCurve, "off the subgroup": outside()}
}

func badPointOctets() map[string][]byte {
	good, off := hashed("G"), outside()
	p, uncompressed, o := good.Bytes(), good.RawBytes(), off.Bytes()
	identity := make([]byte, pointSize)
	identity[0] = 0xc0
	unclean := slices.Clone(identity)
	unclean[pointSize-1] = 1
	signed := slices.Clone(identity)
	signed[0] = 0xe0
	tooLarge := bytes.Repeat([]byte{0xff}, pointSize)
	tooLarge[0] = 0x9f
	noPoint := slices.Clone(p[:])
	for {
		noPoint[pointSize-1]++
		var q bls.G1Affine
		if _, err := q.SetBytes(noPoint); err != nil {
			break
		}
	}
	flagless := slices.Clone(p[:])
	flagless[0] &= 0x1f
	return map[string][]byte{
		"identity": identity, "identity with a rest": unclean, "identity with a sign": signed,
		"off the subgroup": o[:], "no point's abscissa": noPoint, "abscissa of p and above": tooLarge,
		"half an uncompressed point": uncompressed[:pointSize], "no compression flag": flagless, "zeros": make([]byte, pointSize),
	}
}

func badScalarOctets(good []byte) map[string][]byte {
	r := fr.Modulus()
	above := new(big.Int).Add(r, new(big.Int).SetBytes(good))
	bad := map[string][]byte{
		"zero": make([]byte, scalarSize), "r": r.Bytes(), "r+1": new(big.Int).Add(r, big.NewInt(1)).Bytes(),
		"all ones": bytes.Repeat([]byte{0xff}, scalarSize),
	}
	if above.BitLen() <= 256 {
		bad["the same, r above"] = above.FillBytes(make([]byte, scalarSize))
	}
	return bad
}

func TestBasesRefused(t *testing.T) {
	g, h := hashed("G"), hashed("H")
	for name, p := range badPoints() {
		_, err := NewBases(p, h)
		refusedBy(t, err, "range-bases")
		if _, err = NewBases(g, p); err == nil {
			t.Errorf("H %s is accepted", name)
		}
	}
	_, err := NewBases(g, g)
	refusedBy(t, err, "range-bases")
	_, err = NewBases(g, negative(g))
	refusedBy(t, err, "range-bases")
}

func TestStatementsRefused(t *testing.T) {
	c, _ := testBases.Commit(scalar(5))
	for name, p := range badPoints() {
		if _, err := NewStatement(testBases, p, 0, 8); err == nil {
			t.Errorf("a commitment %s is accepted", name)
		} else {
			refusedBy(t, err, "range-statement")
		}
	}
	for _, bounds := range [][2]uint64{{0, 0}, {5, 5}, {5, 6}, {6, 5}, {1<<64 - 1, 0}, {1<<64 - 2, 1<<64 - 1}} {
		_, err := NewStatement(testBases, c, bounds[0], bounds[1])
		refusedBy(t, err, "range-statement")
	}
	for _, b := range []*Bases{nil, {}} {
		_, err := NewStatement(b, c, 0, 8)
		refusedBy(t, err, "range-statement")
	}
	each(t, func(t *testing.T, c Construction) {
		for _, s := range []*Statement{nil, {}} {
			_, err := c.Prove(s, &Opening{}, nil)
			refusedBy(t, err, "range-statement")
			refusedBy(t, c.Verify(s, nil, nil), "range-statement")
		}
	})
}

func TestOpeningsRefused(t *testing.T) {
	each(t, func(t *testing.T, c Construction) {
		s, o := committed(t, scalar(5), 0, 8)
		one := fr.One()
		message, blinding, none := *o, *o, *o
		message.Message = scalar(6)
		blinding.Blinding.Add(&o.Blinding, &one)
		none.Blinding.SetZero()
		for name, bad := range map[string]*Opening{"no opening": nil, "another message": &message, "another blinding": &blinding, "no blinding": &none} {
			if _, err := c.Prove(s, bad, nil); err == nil {
				t.Errorf("%s is accepted", name)
			} else {
				refusedBy(t, err, "range-opening")
			}
		}
		_, err := c.Prove(s, o, make([]byte, MaxTranscript+1))
		refusedBy(t, err, "range-transcript")
		refusedBy(t, c.Verify(s, nil, make([]byte, MaxTranscript+1)), "range-transcript")
	})
}

// A proof holds for its statement and transcript and for no other.
func TestProofsMoved(t *testing.T) {
	transcript := []byte("nonce and verifier")
	each(t, func(t *testing.T, c Construction) {
		commitment, o := testBases.Commit(scalar(5))
		same, _ := testBases.Commit(scalar(5))
		state := func(b *Bases, p bls.G1Affine, lower, upper uint64) *Statement {
			s, err := NewStatement(b, p, lower, upper)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		bases := func(g, h bls.G1Affine) *Bases {
			b, err := NewBases(g, h)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		g, h := hashed("G"), hashed("H")
		s := state(testBases, commitment, 0, 8)
		proof := proved(t, c, s, o, transcript)
		if err := c.Verify(state(bases(g, h), commitment, 0, 8), proof, transcript); err != nil {
			t.Fatal(err)
		}
		for name, moved := range map[string]*Statement{
			"lower bound up":                  state(testBases, commitment, 1, 8),
			"upper bound down":                state(testBases, commitment, 0, 7),
			"both bounds up":                  state(testBases, commitment, 1, 9),
			"both bounds far up":              state(testBases, commitment, 1<<60, 1<<60+8),
			"same message, committed to anew": state(testBases, same, 0, 8),
			"commitment negated":              state(testBases, negative(commitment), 0, 8),
			"bases swapped":                   state(bases(h, g), commitment, 0, 8),
			"another G":                       state(bases(hashed("another"), h), commitment, 0, 8),
			"another H":                       state(bases(g, hashed("another")), commitment, 0, 8),
			"G negated":                       state(bases(negative(g), h), commitment, 0, 8),
			"H negated":                       state(bases(g, negative(h)), commitment, 0, 8),
		} {
			if err := c.Verify(moved, proof, transcript); err == nil {
				t.Errorf("%s: accepted", name)
			} else {
				refusedBy(t, err, "range-proof")
			}
		}
		wider := state(testBases, commitment, 0, 9)
		refusedBy(t, c.Verify(wider, proof, transcript), "range-proof-encoding")
		for name, other := range map[string][]byte{
			"none": nil, "shorter": transcript[:len(transcript)-1], "longer": append(slices.Clone(transcript), 0), "another": []byte("nonce and Verifier"),
		} {
			if err := c.Verify(s, proof, other); err == nil {
				t.Errorf("transcript %s: accepted", name)
			} else {
				refusedBy(t, err, "range-proof")
			}
		}
		for _, other := range constructions {
			if other != c {
				refusedBy(t, other.Verify(s, proof, transcript), "range-proof-encoding")
			}
		}
	})
}

func TestNoOctetOfAProofCanBeChanged(t *testing.T) {
	each(t, func(t *testing.T, c Construction) {
		s, o := committed(t, scalar(3), 0, 6)
		proof := proved(t, c, s, o, nil)
		for i := range proof {
			changed := slices.Clone(proof)
			changed[i] ^= 1 << (i % 8)
			if c.Verify(s, changed, nil) == nil {
				t.Fatalf("octet %d, changed from %#x to %#x, is accepted", i, proof[i], changed[i])
			}
		}
		if err := c.Verify(s, proof, nil); err != nil {
			t.Fatal(err)
		}
	})
}

func TestProofsOfOtherLengthsRefused(t *testing.T) {
	each(t, func(t *testing.T, c Construction) {
		s, o := committed(t, scalar(3), 0, 6)
		proof := proved(t, c, s, o, nil)
		for n := range proof {
			refusedBy(t, c.Verify(s, proof[:n], nil), "range-proof-encoding")
		}
		for _, more := range []int{1, 8, scalarSize, pointSize} {
			refusedBy(t, c.Verify(s, append(slices.Clone(proof), make([]byte, more)...), nil), "range-proof-encoding")
		}
	})
}

// layout lists where the points and scalars of a proof for k bits begin.
func layout(c Construction, k int) (points, scalars []int) {
	if c == VectorRange {
		points = []int{0}
		for i := range k + 4 {
			scalars = append(scalars, pointSize+i*scalarSize)
		}
		return points, scalars
	}
	for i := range k {
		points = append(points, 8+i*pointSize)
	}
	for i := range 3*k + 1 {
		scalars = append(scalars, 8+k*pointSize+i*scalarSize)
	}
	return points, scalars
}

func TestBadPointsAndScalarsRefused(t *testing.T) {
	each(t, func(t *testing.T, c Construction) {
		s, o := committed(t, scalar(3), 0, 6)
		proof := proved(t, c, s, o, nil)
		points, scalars := layout(c, 3)
		if scalars[len(scalars)-1]+scalarSize != len(proof) {
			t.Fatal("the layout is wrong")
		}
		refused := func(name string, at int, octets []byte) {
			bad := slices.Clone(proof)
			copy(bad[at:], octets)
			if err := c.Verify(s, bad, nil); err == nil {
				t.Errorf("octet %d, %s: accepted", at, name)
			} else {
				refusedBy(t, err, "range-proof-encoding")
			}
		}
		for _, at := range points {
			for name, octets := range badPointOctets() {
				refused(name, at, octets)
			}
		}
		for _, at := range scalars {
			for name, octets := range badScalarOctets(proof[at : at+scalarSize]) {
				refused(name, at, octets)
			}
		}
	})
	s, o := committed(t, scalar(3), 0, 6)
	proof := proved(t, SigmaRange, s, o, nil)
	for _, k := range []byte{0, 2, 4} {
		bad := slices.Clone(proof)
		bad[7] = k
		refusedBy(t, SigmaRange.Verify(s, bad, nil), "range-proof-encoding")
	}
	bad := slices.Clone(proof)
	bad[0] = 1
	refusedBy(t, SigmaRange.Verify(s, bad, nil), "range-proof-encoding")
}

func TestOpeningsAreNotPrinted(t *testing.T) {
	_, o := testBases.Commit(scalar(39773))
	for _, verb := range []string{"%v", "%+v", "%#v", "%d", "%x", "%s"} {
		for _, printed := range []string{fmt.Sprintf(verb, o), fmt.Sprintf(verb, *o)} {
			if printed != "rangeproof.Opening" {
				t.Errorf("%s prints %q", verb, printed)
			}
		}
	}
}
