package jwpbbs

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/spec"
)

// answer presents and takes the presentation apart.
func answer(t *testing.T, c *Credential, r Request) compact {
	t.Helper()
	presented, err := c.Present(r)
	if err != nil {
		t.Fatal(err)
	}
	form, err := parseCompact(presented, 2)
	if err != nil {
		t.Fatal(err)
	}
	return form
}

// deviate makes a presentation from a plan that is not the request's.
func deviate(t *testing.T, c *Credential, r Request, change func(*plan)) compact {
	t.Helper()
	p, err := r.plan(c.layout)
	if err != nil {
		t.Fatal(err)
	}
	change(p)
	header, err := r.presentationHeader()
	if err != nil {
		t.Fatal(err)
	}
	form, err := c.prove(p, header, r.Audience)
	if err != nil {
		t.Fatal(err)
	}
	return form
}

// The presentation of everything has the core proof and then these.
const (
	ageProof = 1 + iota
	validityProof
	nameProof
)

func rewrite(t *testing.T, octets []byte, change func(*subProof)) []byte {
	t.Helper()
	var s subProof
	if err := json.Unmarshal(octets, &s); err != nil {
		t.Fatal(err)
	}
	change(&s)
	out, err := writeJSON(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRefusedPresentations(t *testing.T) {
	secret := NewLinkSecret()
	c := enroll(t, adult, secret)
	r := everything(t)
	good := answer(t, c, r)
	if _, err := Verify(good.String(), trusted, r); err != nil {
		t.Fatal(err)
	}
	again := answer(t, c, r)
	someone := answer(t, enroll(t, adult, NewLinkSecret()), r)
	elsewhere := r
	elsewhere.Audience = "redirect_uri:https://elsewhere.example/responses"
	atAnother := answer(t, c, elsewhere)
	later := r
	later.Nonce = "another nonce"
	forAnother := answer(t, c, later)
	birth, _ := c.layout.claims.scalarLeaf(Path{spec.BirthDate})
	expiry, _ := c.layout.claims.scalarLeaf(Path{Expires})
	documentExpiry, _ := c.layout.claims.scalarLeaf(Path{spec.DocumentExpiry})
	link := c.layout.messages()
	index := func(name string) int {
		part, _ := c.layout.claims.find(Path{name})
		return part.index
	}

	edit := func(change func(*compact)) compact {
		form := compact{slicesOf(good.headers), slicesOf(good.payloads), slicesOf(good.proof)}
		change(&form)
		return form
	}
	swap := func(i int, by []byte) compact { return edit(func(f *compact) { f.proof[i] = by }) }
	sub := func(i int, change func(*subProof)) compact { return swap(i, rewrite(t, good.proof[i], change)) }
	header := func(i int, from, to string) compact {
		return edit(func(f *compact) {
			changed := strings.Replace(string(f.headers[i]), from, to, 1)
			if changed == string(f.headers[i]) {
				t.Fatalf("no %s in header %d", from, i)
			}
			f.headers[i] = []byte(changed)
		})
	}
	text := func(s string) *string { return &s }
	number := func(n uint64) *uint64 { return &n }

	for _, test := range []struct {
		name, check string
		form        compact
	}{
		// Headers.
		{"issuer header written otherwise", "bbs-blind-proof", header(1, `{"alg"`, `{ "alg"`)},
		{"issuer header with one parameter more", "bbs-blind-proof", header(1, `{"alg"`, `{"x":1,"alg"`)},
		{"mapping with two hidden claims exchanged", "bbs-blind-proof", edit(func(f *compact) {
			h := string(f.headers[1])
			h = strings.NewReplacer(`"age_over_18":[6,`, `"age_over_14":[6,`, `"age_over_14":[4,`, `"age_over_18":[4,`).Replace(h)
			f.headers[1] = []byte(h)
		})},
		{"mapping with the shown claim at another index", "disclosure-unasked", edit(func(f *compact) {
			h := string(f.headers[1])
			h = strings.NewReplacer(`"real_person":[0,`, `"guardian_consent":[0,`, `"guardian_consent":[8,`, `"real_person":[8,`).Replace(h)
			f.headers[1] = []byte(h)
		})},
		{"mapping in which a scalar is hashed", "request-range", header(1, `"birth_date":[11,true]`, `"birth_date":[11,false]`)},
		{"mapping without the last claim", "payload-count", header(1, `,"exp":[17,true]`, "")},
		{"another type", "type", header(1, PersonType, PersonType+"0")},
		{"an issuer that is not trusted", "issuer-key", header(1, testIssuer, "https://other.example")},
		{"issuer header member twice", "issuer-header-duplicate", header(1, `{"alg"`, `{"vct":"t","alg"`)},
		{"no committed link secret", "issuer-header-critical", header(1, `,"crit":["committed"]`, "")},
		{"headers exchanged", "issuer-header-type", edit(func(f *compact) { f.headers[0], f.headers[1] = f.headers[1], f.headers[0] })},
		{"presentation header written otherwise", "bbs-blind-proof", header(0, `{"alg"`, `{ "alg"`)},
		{"presentation header with one parameter more", "bbs-blind-proof", header(0, `{"alg"`, `{"x":1,"alg"`)},
		{"made for another nonce", "nonce", forAnother},
		{"made for another nonce, with this header", "bbs-blind-proof", edit(func(f *compact) { f.proof = forAnother.proof })},
		{"made for another verifier", "audience", atAnother},
		{"made for another verifier, with this header", "bbs-blind-proof", edit(func(f *compact) { f.proof = atAnother.proof })},
		{"no nonce", "nonce", header(0, `"nonce"`, `"n"`)},
		{"no audience", "audience", header(0, `"aud"`, `"a"`)},

		// Claims.
		{"changed claim", "bbs-blind-proof", edit(func(f *compact) { f.payloads[0] = []byte("false") })},
		{"claim written otherwise", "bbs-blind-proof", edit(func(f *compact) { f.payloads[0] = []byte(" true") })},
		{"claim that is a decoy", "claim-absent", edit(func(f *compact) { f.payloads[0] = []byte(decoy) })},
		{"claim of no octets", "payload", edit(func(f *compact) { f.payloads[0] = []byte{} })},
		{"claim that is not JSON", "payload", edit(func(f *compact) { f.payloads[0] = []byte("tru") })},
		{"claim with a member twice", "payload", edit(func(f *compact) { f.payloads[0] = []byte(`{"a":1,"a":2}`) })},
		{"claim that nests too deep", "payload", edit(func(f *compact) {
			f.payloads[0] = []byte(strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1))
		})},
		{"claim at another index", "disclosure-missing", edit(func(f *compact) { f.payloads[0], f.payloads[1] = nil, f.payloads[0] })},
		{"claim left out", "disclosure-missing", edit(func(f *compact) { f.payloads[0] = nil })},
		{"claim that was not asked for", "disclosure-unasked", edit(func(f *compact) { f.payloads[1] = []byte(`"18-59"`) })},
		{"one claim shown too many, and proved", "disclosure-unasked", deviate(t, c, r, func(p *plan) { p.disclosed = append(p.disclosed, 1) })},
		{"claim kept, but not proved", "bbs-blind-proof", edit(func(f *compact) {
			f.proof = deviate(t, c, r, func(p *plan) { p.disclosed = nil }).proof
		})},
		{"one payload too many", "payload-count", edit(func(f *compact) { f.payloads = append(f.payloads, nil) })},
		{"one payload too few", "payload-count", edit(func(f *compact) { f.payloads = f.payloads[:len(f.payloads)-1] })},

		// Core proof.
		{"core proof of another presentation", "validity", swap(0, again.proof[0])},
		{"core proof of another holder", "validity", swap(0, someone.proof[0])},
		{"truncated core proof", "bbs-blind-proof-encoding", swap(0, good.proof[0][:len(good.proof[0])-1])},
		{"core proof without its last part", "bbs-blind-proof-encoding", swap(0, good.proof[0][:len(good.proof[0])-8])},
		{"extended core proof", "bbs-blind-proof-encoding", swap(0, append(bytes.Clone(good.proof[0]), 0))},
		{"sub-proof in place of the core proof", "bbs-blind-proof-encoding", swap(0, good.proof[1])},
		{"a commitment that nothing was asked about", "commitments", deviate(t, c, r, func(p *plan) { p.committed = []int{birth, documentExpiry, expiry, link} })},
		{"a commitment to another message", "commitments", edit(func(f *compact) {
			d := deviate(t, c, r, func(p *plan) { p.committed, p.ranges = []int{documentExpiry, expiry, link}, p.ranges[1:] })
			f.proof = [][]byte{d.proof[0], good.proof[ageProof], d.proof[1], d.proof[2]}
		})},
		{"a commitment that is missing", "commitments", edit(func(f *compact) {
			d := deviate(t, c, r, func(p *plan) { p.committed, p.ranges, p.scope = []int{birth, expiry}, nil, nil })
			f.proof[0] = d.proof[0]
		})},

		// Sub-proofs.
		{"no age", "sub-proof-missing", edit(func(f *compact) { f.proof = append(f.proof[:ageProof], f.proof[ageProof+1:]...) })},
		{"no validity", "sub-proof-missing", edit(func(f *compact) { f.proof = append(f.proof[:validityProof], f.proof[validityProof+1:]...) })},
		{"no pseudonym", "sub-proof-missing", edit(func(f *compact) { f.proof = f.proof[:nameProof] })},
		{"no sub-proof", "sub-proof-missing", edit(func(f *compact) { f.proof = f.proof[:1] })},
		{"age twice", "sub-proof-unasked", edit(func(f *compact) { f.proof = append(f.proof, f.proof[ageProof]) })},
		{"pseudonym twice", "sub-proof-unasked", edit(func(f *compact) { f.proof = append(f.proof, f.proof[nameProof]) })},
		{"a range that was not asked for", "sub-proof-unasked", deviate(t, c, r, func(p *plan) { p.ranges = append(p.ranges, indexRange{birth, 1, 60000}) })},
		{"age of another presentation", "range-proof", swap(ageProof, again.proof[ageProof])},
		{"age of another holder", "range-proof", swap(ageProof, someone.proof[ageProof])},
		{"age about another day", "sub-proof-unasked", deviate(t, c, r, func(p *plan) { p.ranges[0].upper++ })},
		{"age about another day, relabelled", "range-proof", swap(ageProof, rewrite(t, deviate(t, c, r, func(p *plan) { p.ranges[0].upper++ }).proof[ageProof], func(s *subProof) { s.Input.Upper = number(r.Ranges[0].Upper) }))},
		{"age said to be of another message", "sub-proof-unasked", sub(ageProof, func(s *subProof) { s.Input.Indexes[0] = documentExpiry })},
		{"age said to be of the link secret", "sub-proof-unasked", sub(ageProof, func(s *subProof) { s.Input.Indexes[0] = link })},
		{"lower end moved", "sub-proof-unasked", sub(ageProof, func(s *subProof) { s.Input.Lower = number(1) })},
		{"truncated range proof", "range-proof-encoding", sub(ageProof, func(s *subProof) { s.Proof = s.Proof[:len(s.Proof)-2] })},
		{"extended range proof", "range-proof-encoding", sub(ageProof, func(s *subProof) { s.Proof += "AAAA" })},
		{"empty range proof", "sub-proof-form", sub(ageProof, func(s *subProof) { s.Proof = "" })},
		{"range proof that is not base64url", "sub-proof-form", sub(ageProof, func(s *subProof) { s.Proof = "*" })},
		{"unknown algorithm", "sub-proof-algorithm", sub(ageProof, func(s *subProof) { s.Algorithm = "sigma-range" })},
		{"no algorithm", "sub-proof-algorithm", sub(ageProof, func(s *subProof) { s.Algorithm = "" })},
		{"pseudonym called a range", "sub-proof-form", sub(nameProof, func(s *subProof) { s.Algorithm = ranges.Algorithm() })},
		{"range called a pseudonym", "sub-proof-form", sub(ageProof, func(s *subProof) { s.Algorithm = PseudonymAlgorithm })},
		{"no index", "sub-proof-form", sub(ageProof, func(s *subProof) { s.Input.Indexes = nil })},
		{"two indexes", "sub-proof-form", sub(ageProof, func(s *subProof) { s.Input.Indexes = []int{birth, birth} })},
		{"a negative index", "sub-proof-form", sub(ageProof, func(s *subProof) { s.Input.Indexes = []int{-1} })},
		{"a range without its end", "sub-proof-form", sub(ageProof, func(s *subProof) { s.Input.Upper = nil })},
		{"a range with a scope", "sub-proof-form", sub(ageProof, func(s *subProof) { s.Input.Scope = text("") })},
		{"sub-proof member twice", "sub-proof-duplicate", swap(ageProof, bytes.Replace(good.proof[ageProof], []byte(`{`), []byte(`{"alg":"x",`), 1))},
		{"sub-proof input member twice", "sub-proof-duplicate", swap(ageProof, bytes.Replace(good.proof[ageProof], []byte(`{"i"`), []byte(`{"i":[0],"i"`), 1))},
		{"sub-proof with a member more", "sub-proof-form", swap(ageProof, bytes.Replace(good.proof[ageProof], []byte(`{`), []byte(`{"x":1,`), 1))},
		{"bound with a fraction", "sub-proof-form", swap(ageProof, bytes.Replace(good.proof[ageProof], []byte(`"l":0`), []byte(`"l":0.0`), 1))},
		{"bound with an exponent", "sub-proof-form", swap(ageProof, bytes.Replace(good.proof[ageProof], []byte(`"l":0`), []byte(`"l":0e1`), 1))},
		{"bound below zero", "sub-proof-form", swap(ageProof, bytes.Replace(good.proof[ageProof], []byte(`"l":0`), []byte(`"l":-0`), 1))},
		{"bound of over 64 bits", "sub-proof-form", swap(ageProof, bytes.Replace(good.proof[ageProof], []byte(`"l":0`), []byte(`"l":18446744073709551616`), 1))},
		{"sub-proof that nests too deep", "sub-proof-depth", swap(ageProof, []byte(strings.Repeat(`{"a":`, 50)+"1"+strings.Repeat("}", 50)))},
		{"sub-proof that is too long", "sub-proof-size", swap(ageProof, append(bytes.Clone(good.proof[ageProof]), bytes.Repeat([]byte(" "), maxSubProof)...))},
		{"sub-proof that is not JSON", "sub-proof", swap(ageProof, []byte("{"))},
		{"sub-proof that is no object", "sub-proof", swap(ageProof, []byte("[]"))},

		// Pseudonym.
		{"pseudonym of another holder", "pseudonym", swap(nameProof, someone.proof[nameProof])},
		{"pseudonym of another holder with this proof", "pseudonym", sub(nameProof, func(s *subProof) { s.Input.Nym = nymOf(t, someone.proof[nameProof]) })},
		{"pseudonym of another presentation", "pseudonym", swap(nameProof, again.proof[nameProof])},
		{"pseudonym at another verifier", "pseudonym", swap(nameProof, atAnother.proof[nameProof])},
		{"pseudonym at another verifier, for this presentation", "pseudonym", func() compact {
			p, err := r.plan(c.layout)
			if err != nil {
				t.Fatal(err)
			}
			f, err := c.prove(p, good.headers[0], elsewhere.Audience)
			if err != nil {
				t.Fatal(err)
			}
			return f
		}()},
		{"pseudonym in another scope", "sub-proof-unasked", deviate(t, c, r, func(p *plan) { s := Scope("x"); p.scope = &s })},
		{"pseudonym in another scope, relabelled", "pseudonym", edit(func(f *compact) {
			d := deviate(t, c, r, func(p *plan) { s := Scope("x"); p.scope = &s })
			f.proof = d.proof
			f.proof[nameProof] = rewrite(t, d.proof[nameProof], func(s *subProof) { s.Input.Scope = text("") })
		})},
		{"pseudonym of a claim", "sub-proof-unasked", sub(nameProof, func(s *subProof) { s.Input.Indexes[0] = index(spec.BirthDate) })},
		{"pseudonym that is no point", "pseudonym", sub(nameProof, func(s *subProof) { s.Input.Nym = text(strings.Repeat("A", 64)) })},
		{"pseudonym that is the identity", "pseudonym", sub(nameProof, func(s *subProof) { s.Input.Nym = text("wA" + strings.Repeat("A", 62)) })},
		{"pseudonym outside the subgroup", "pseudonym", sub(nameProof, func(s *subProof) {
			// x = 4 is on the curve and outside the subgroup.
			s.Input.Nym = text(base64url.EncodeToString(append(append([]byte{0x80}, make([]byte, 46)...), 4)))
		})},
		{"pseudonym that is cut", "sub-proof-form", sub(nameProof, func(s *subProof) { s.Input.Nym = text((*s.Input.Nym)[:60]) })},
		{"pseudonym without a name", "sub-proof-form", sub(nameProof, func(s *subProof) { s.Input.Nym = nil })},
		{"pseudonym without a scope", "sub-proof-form", sub(nameProof, func(s *subProof) { s.Input.Scope = nil })},
		{"pseudonym proof that is cut", "pseudonym", sub(nameProof, func(s *subProof) { s.Proof = s.Proof[:124] })},
		{"pseudonym proof with more", "pseudonym", sub(nameProof, func(s *subProof) { s.Proof += "AAAA" })},
		{"pseudonym proof with a zero challenge", "pseudonym", sub(nameProof, func(s *subProof) { s.Proof = replaced(t, s.Proof, 0, make([]byte, 32)) })},
		{"pseudonym proof with a zero response", "pseudonym", sub(nameProof, func(s *subProof) { s.Proof = replaced(t, s.Proof, 32, make([]byte, 32)) })},
		{"pseudonym proof with a response of r", "pseudonym", sub(nameProof, func(s *subProof) { s.Proof = replaced(t, s.Proof, 64, fr.Modulus().Bytes()) })},
		{"pseudonym proof with a response over r", "pseudonym", sub(nameProof, func(s *subProof) { s.Proof = replaced(t, s.Proof, 64, bytes.Repeat([]byte{0xff}, 32)) })},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Verify(test.form.String(), trusted, r)
			refused(t, err, test.check)
		})
	}

	t.Run("another key of the issuer", func(t *testing.T) {
		key, err := bbs.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		_, err = Verify(good.String(), func(string) (*bbs.PublicKey, error) { return key.PublicKey(), nil }, r)
		refused(t, err, "bbs-blind-proof")
	})
	t.Run("no key of the issuer", func(t *testing.T) {
		unknown := errors.New("unknown")
		_, err := Verify(good.String(), func(string) (*bbs.PublicKey, error) { return nil, unknown }, r)
		refused(t, err, "issuer-key")
		if !errors.Is(err, unknown) {
			t.Error("the reason is lost")
		}
		_, err = Verify(good.String(), func(string) (*bbs.PublicKey, error) { return nil, nil }, r)
		refused(t, err, "bbs-public-key")
	})
	t.Run("a commitment that nothing was asked about, at the end", func(t *testing.T) {
		nameless := askAge(t, 18, 0)
		_, err := Verify(deviate(t, c, nameless, func(p *plan) { p.committed = append(p.committed, link) }).String(), trusted, nameless)
		refused(t, err, "commitments")
	})
	t.Run("ranges of two messages, exchanged", func(t *testing.T) {
		two := ask()
		two.Ranges = []Range{{Path{spec.BirthDate}, 0, 1 << 20}, {Path{spec.DocumentExpiry}, 0, 1 << 20}}
		f := answer(t, c, two)
		if _, err := Verify(f.String(), trusted, two); err != nil {
			t.Fatal(err)
		}
		first, second := proofOf(t, f.proof[1]), proofOf(t, f.proof[2])
		f.proof[1] = rewrite(t, f.proof[1], func(s *subProof) { s.Proof = second })
		f.proof[2] = rewrite(t, f.proof[2], func(s *subProof) { s.Proof = first })
		_, err := Verify(f.String(), trusted, two)
		refused(t, err, "range-proof")
	})
	t.Run("expired", func(t *testing.T) {
		late := r
		late.ValidAt = expires
		_, err := c.Present(late)
		refused(t, err, "expired")
		_, err = Verify(good.String(), trusted, late)
		refused(t, err, "sub-proof-unasked")
		late.ValidAt = expires.Add(-1)
		if _, err := Verify(answer(t, c, late).String(), trusted, late); err != nil {
			t.Errorf("in its last second: %v", err)
		}
	})
	t.Run("every sub-proof in another order is fine", func(t *testing.T) {
		turned := edit(func(f *compact) { f.proof[1], f.proof[2], f.proof[3] = f.proof[3], f.proof[1], f.proof[2] })
		if _, err := Verify(turned.String(), trusted, r); err != nil {
			t.Error(err)
		}
	})
}

func slicesOf(list [][]byte) [][]byte { return append([][]byte(nil), list...) }

func proofOf(t *testing.T, octets []byte) (text string) {
	rewrite(t, octets, func(s *subProof) { text = s.Proof })
	return text
}

func nymOf(t *testing.T, octets []byte) (text *string) {
	rewrite(t, octets, func(s *subProof) { text = s.Input.Nym })
	return text
}

func replaced(t *testing.T, text string, at int, by []byte) string {
	t.Helper()
	octets, err := base64url.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	copy(octets[at:], by)
	return base64url.EncodeToString(octets)
}
