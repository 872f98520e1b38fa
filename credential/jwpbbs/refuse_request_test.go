package jwpbbs

import (
	"strings"
	"testing"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/spec"
)

// Whatever is moved to another bound fails, also when holder and verifier
// agree on where it was.
func TestRefusedRangesOfAChangedProof(t *testing.T) {
	c := enroll(t, adult, NewLinkSecret())
	r := askAge(t, 18, 0)
	good := answer(t, c, r)
	for _, test := range []struct {
		name         string
		lower, upper uint64
	}{{"one day later", 0, r.Ranges[0].Upper + 1}, {"one day earlier", 0, r.Ranges[0].Upper - 1}, {"a lower end", 1, r.Ranges[0].Upper}, {"both moved", 1, r.Ranges[0].Upper + 1}, {"all of 64 bits", 0, 1<<64 - 1}} {
		t.Run(test.name, func(t *testing.T) {
			moved := r
			moved.Ranges = []Range{{r.Ranges[0].Path, test.lower, test.upper}}
			form := good
			form.proof = slicesOf(good.proof)
			form.proof[ageProof] = rewrite(t, good.proof[ageProof], func(s *subProof) { s.Input.Lower, s.Input.Upper = &test.lower, &test.upper })
			_, err := Verify(form.String(), trusted, moved)
			var check = "range-proof"
			if test.upper == 1<<64-1 {
				check = "range-proof-encoding"
			}
			refused(t, err, check)
		})
	}
}

func TestRefusedRequests(t *testing.T) {
	c := enroll(t, adult, NewLinkSecret())
	good := everything(t)
	presented, err := c.Present(good)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, check string
		change      func(*Request)
	}{
		{"no nonce", "request", func(r *Request) { r.Nonce = "" }},
		{"a nonce that is no text", "request", func(r *Request) { r.Nonce = "\xff" }},
		{"a nonce that is too long", "request", func(r *Request) { r.Nonce = strings.Repeat("a", maxText+1) }},
		{"no audience", "request", func(r *Request) { r.Audience = "" }},
		{"an audience that is no text", "request", func(r *Request) { r.Audience = "\xff" }},
		{"no moment", "request", func(r *Request) { r.ValidAt = r.ValidAt.AddDate(-100, 0, 0) }},
		{"another type", "type", func(r *Request) { r.Type = "t" }},
		{"a scope that is no text", "request", func(r *Request) { s := Scope("\xff"); r.Pseudonym = &s }},
		{"a claim that does not exist", "request-claim", func(r *Request) { r.Disclose = []Path{{"shoe_size"}} }},
		{"a part of a leaf", "request-claim", func(r *Request) { r.Disclose = []Path{{spec.Name, "0"}} }},
		{"the whole credential", "request-claim", func(r *Request) { r.Disclose = []Path{{}} }},
		{"the link secret", "request-claim", func(r *Request) { r.Disclose = []Path{{linkSecretName}} }},
		{"a range of a claim that does not exist", "request-range", func(r *Request) { r.Ranges[0].Path = Path{"shoe_size"} }},
		{"a range of a hashed claim", "request-range", func(r *Request) { r.Ranges[0].Path = Path{spec.Name} }},
		{"a range of the whole credential", "request-range", func(r *Request) { r.Ranges[0].Path = nil }},
		{"a range of one value", "request-range", func(r *Request) { r.Ranges[0].Lower = r.Ranges[0].Upper - 1 }},
		{"a range of no value", "request-range", func(r *Request) { r.Ranges[0].Lower = r.Ranges[0].Upper }},
		{"a range the wrong way", "request-range", func(r *Request) { r.Ranges[0].Lower = r.Ranges[0].Upper + 1 }},
		{"a range twice", "request-range", func(r *Request) { r.Ranges = append(r.Ranges, r.Ranges[0]) }},
		{"a range of a claim that is shown", "request-range", func(r *Request) { r.Disclose = []Path{{spec.BirthDate}} }},
		{"too many ranges", "request", func(r *Request) {
			for i := range uint64(MaxSubProofs) {
				r.Ranges = append(r.Ranges, Range{Path{spec.BirthDate}, 0, 50000 + i})
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := everything(t)
			test.change(&r)
			_, err := c.Present(r)
			refused(t, err, test.check)
			if _, err = Verify(presented, trusted, r); err == nil {
				t.Error("verified")
			}
		})
	}
}

// An issuer that signed more unseen messages than the header names does not
// get its credential accepted: what the others are for, nobody knows.
func TestRefusedSecondCommittedMessage(t *testing.T) {
	one := enroll(t, adult, NewLinkSecret())
	committed := []bbs.Message{bbs.Number(1), bbs.Number(2)}
	commitment, blinding, err := suite.Commit(committed)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := suite.Sign(testKey(), commitment, one.layout.octets, one.signed.Messages)
	if err != nil {
		t.Fatal(err)
	}
	r := ask()
	r.Disclose = []Path{{Expires}}
	header, err := r.presentationHeader()
	if err != nil {
		t.Fatal(err)
	}
	n := one.layout.messages()
	disclosures := make([]bbs.Disclosure, n+2)
	disclosures[n-1] = bbs.Disclose
	signed := bbs.Signed{Messages: one.signed.Messages, Committed: committed, Blinding: blinding}
	core, err := suite.ProofGen(testKey().PublicKey(), sig, one.layout.octets, header, signed, disclosures)
	if err != nil {
		t.Fatal(err)
	}
	form := compact{headers: [][]byte{header, one.layout.octets}, payloads: make([][]byte, n), proof: [][]byte{core.Octets}}
	form.payloads[n-1] = one.payloads[n-1]
	_, err = Verify(form.String(), trusted, r)
	refused(t, err, "payload-count")
}
