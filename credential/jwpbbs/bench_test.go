package jwpbbs

import (
	"testing"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/internal/g1"
	"github.com/halfmask/halfmask/spec"
)

// shapes are requests from the plainest on, by what they add.
func shapes(b *testing.B) []struct {
	name string
	r    Request
} {
	shown := ask()
	shown.Disclose = []Path{{spec.RealPerson}, {spec.AgeOver18}, {Expires}} // no sub-proof
	hidden := ask()
	hidden.Disclose = []Path{{spec.RealPerson}, {spec.AgeOver18}}
	age := askAge(b, 18, 0)
	name := age
	name.Pseudonym = new(Scope)
	return []struct {
		name string
		r    Request
	}{{"subproofs=0", shown}, {"validity", hidden}, {"validity+age", age}, {"validity+age+pseudonym", name}}
}

func BenchmarkIssue(b *testing.B) {
	claims, err := PersonClaims(adult.claims(), expires)
	if err != nil {
		b.Fatal(err)
	}
	commitment, _ := commitTo(b, NewLinkSecret())
	l := layout(b)
	for b.Loop() {
		if _, err := Issue(testKey(), l, claims, commitment); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPresent(b *testing.B) {
	c := enroll(b, adult, NewLinkSecret())
	for _, shape := range shapes(b) {
		b.Run(shape.name, func(b *testing.B) {
			var size int
			for b.Loop() {
				presented, err := c.Present(shape.r)
				if err != nil {
					b.Fatal(err)
				}
				size = len(presented)
			}
			b.ReportMetric(float64(size), "octets")
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	c := enroll(b, adult, NewLinkSecret())
	for _, shape := range shapes(b) {
		presented, err := c.Present(shape.r)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(shape.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Verify(presented, trusted, shape.r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The plain proof of as many messages, three of them disclosed, for
// comparison.
func plain(b *testing.B) (messages [][]byte, sig []byte) {
	messages = append(messages, enroll(b, adult, NewLinkSecret()).payloads...)
	sig, err := bbs.SHA256.Sign(testKey(), layout(b).octets, messages)
	if err != nil {
		b.Fatal(err)
	}
	return messages, sig
}

func BenchmarkPlainProofGen(b *testing.B) {
	messages, sig := plain(b)
	header, pk := layout(b).octets, testKey().PublicKey()
	for b.Loop() {
		if _, err := bbs.SHA256.ProofGen(pk, sig, header, []byte(testNonce), messages, []int{0, 6, 17}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlainProofVerify(b *testing.B) {
	messages, sig := plain(b)
	header, pk := layout(b).octets, testKey().PublicKey()
	shown := [][]byte{messages[0], messages[6], messages[17]}
	proof, err := bbs.SHA256.ProofGen(pk, sig, header, []byte(testNonce), messages, []int{0, 6, 17})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := bbs.SHA256.ProofVerify(pk, proof, header, []byte(testNonce), shown, []int{0, 6, 17}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPseudonym(b *testing.B) {
	c := enroll(b, adult, NewLinkSecret())
	header, err := (&Request{Nonce: testNonce, Audience: testAudience}).presentationHeader()
	if err != nil {
		b.Fatal(err)
	}
	disclosures := make([]bbs.Disclosure, c.layout.messages()+1)
	disclosures[c.layout.messages()] = bbs.Commit
	core, err := suite.ProofGen(c.key, c.signature, c.layout.octets, header, c.signed, disclosures)
	if err != nil {
		b.Fatal(err)
	}
	o := &core.Openings[0]
	tr := transcript(PseudonymAlgorithm, o.Index, core.Transcript)
	u := pseudonymBase(atVerifiers, testAudience, "")
	nym, proof := provePseudonym(commitmentBases(), &o.Point, u, &o.Message, &o.Blinding, tr)
	b.Run("prove", func(b *testing.B) {
		for b.Loop() {
			u := pseudonymBase(atVerifiers, testAudience, "")
			provePseudonym(commitmentBases(), &o.Point, u, &o.Message, &o.Blinding, tr)
		}
	})
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			u := pseudonymBase(atVerifiers, testAudience, "")
			if err := verifyPseudonym(commitmentBases(), g1.NewPoint(&o.Point), u, nym, proof, tr); err != nil {
				b.Fatal(err)
			}
		}
	})
}
