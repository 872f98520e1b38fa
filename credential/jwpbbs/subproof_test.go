package jwpbbs

import (
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/bbs"
)

// A range proof holds at its own place alone, even where commitment and
// bounds are the same.
func TestRangeProofMoved(t *testing.T) {
	b, err := rangeBases()
	if err != nil {
		t.Fatal(err)
	}
	var message fr.Element
	c, opened := b.Commit(*message.SetUint64(30000))
	o := &bbs.Opening{Commitment: bbs.Commitment{Index: 11, Point: c}, Message: opened.Message, Blinding: opened.Blinding}
	core := bbs.Transcript{1}
	asked := indexRange{11, 0, 40000}
	octets, err := proveRange(o, asked, core)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := readSubProof(octets)
	if err != nil {
		t.Fatal(err)
	}
	s, err := statement(&c, asked)
	if err != nil {
		t.Fatal(err)
	}
	name := ranges.Algorithm()
	if err := ranges.Verify(s, proof.proof, transcript(name, 11, core)); err != nil {
		t.Fatal(err)
	}
	for to, moved := range map[string][]byte{
		"another index":        transcript(name, 12, core),
		"another presentation": transcript(name, 11, bbs.Transcript{2}),
		"another algorithm":    transcript(PseudonymAlgorithm, 11, core),
	} {
		if err := ranges.Verify(s, proof.proof, moved); err == nil {
			t.Errorf("moved to %s: accepted", to)
		}
	}
}
