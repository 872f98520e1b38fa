package jwpbbs

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/spec"
)

func TestPseudonymsAreOfTheSecretTheVerifierAndTheScope(t *testing.T) {
	secret, other := NewLinkSecret(), NewLinkSecret()
	name := func(secret *LinkSecret, audience string, scope Scope) string {
		t.Helper()
		r := ask()
		r.Audience, r.Pseudonym = audience, &scope
		presented, err := enroll(t, adult, secret).Present(r)
		if err != nil {
			t.Fatal(err)
		}
		v, err := Verify(presented, trusted, r)
		if err != nil {
			t.Fatal(err)
		}
		return v.Pseudonym
	}
	x := name(secret, "a", "b")
	if again := name(secret, "a", "b"); again != x {
		t.Error("another credential of the same secret is known by another name")
	}
	for what, y := range map[string]string{
		"another secret":                   name(other, "a", "b"),
		"another verifier":                 name(secret, "c", "b"),
		"another scope":                    name(secret, "a", ""),
		"the same letters, cut elsewhere":  name(secret, "ab", ""),
		"audience and scope the other way": name(secret, "b", "a"),
	} {
		if y == x {
			t.Errorf("%s: the same name", what)
		}
	}
	parsed, err := ParseLinkSecret(secret.Bytes())
	if err != nil || name(parsed, "a", "b") != x {
		t.Errorf("the stored secret is known by another name: %v", err)
	}
}

// Two presentations of equal disclosures have nothing different but what is
// drawn afresh, and that never repeats.
func TestEqualDisclosuresDifferInFreshValuesOnly(t *testing.T) {
	secret := NewLinkSecret()
	r := everything(t)
	people := []person{adult, {"O", spec.OverseasChinesePassport, spec.Date{Year: 1960, Month: time.May, Day: 1}, true, false}}
	credentials := []*Credential{enroll(t, people[0], secret), enroll(t, people[0], secret), enroll(t, people[1], NewLinkSecret())}
	var first string
	fresh := map[string]bool{}
	for range 4 {
		for i, c := range credentials {
			presented, err := c.Present(r)
			if err != nil {
				t.Fatal(err)
			}
			constant, drawn := split(t, presented, i < 2)
			if first == "" {
				first = constant
			}
			if i < 2 && constant != first {
				t.Errorf("credential %d: what is not drawn differs:\n%s\n%s", i, constant, first)
			}
			for _, v := range drawn {
				if fresh[v] {
					t.Fatalf("a fresh value repeats: %x", v)
				}
				fresh[v] = true
			}
		}
	}
	// Another person differs in the pseudonym and in nothing else.
	r.Pseudonym = nil
	var forms []string
	for _, c := range credentials {
		presented, err := c.Present(r)
		if err != nil {
			t.Fatal(err)
		}
		constant, _ := split(t, presented, false)
		forms = append(forms, constant)
	}
	if forms[0] != forms[1] || forms[0] != forms[2] {
		t.Errorf("different people show different forms:\n%s", strings.Join(forms, "\n"))
	}
}

// split takes a presentation apart into what has to be equal and what has to
// be fresh: the points and scalars of the core proof and of the sub-proofs.
func split(t *testing.T, presented string, name bool) (constant string, fresh []string) {
	t.Helper()
	form, err := parseCompact(presented, 2)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, part := range append(form.headers, form.payloads...) {
		b.Write(part)
		b.WriteByte('\n')
	}
	core := form.proof[0]
	// octets_to_proof: length, proof, indexes, commitments, indexes.
	inner := core[8 : 8+int(core[6])<<8+int(core[7])]
	fresh = append(fresh, string(inner[:48]), string(inner[48:96]), string(inner[96:144]))
	for i := 144; i < len(inner); i += 32 {
		fresh = append(fresh, string(inner[i:i+32]))
	}
	rest := core[8+len(inner):]
	indexes := 8 + 8*int(rest[7])
	b.Write(rest[:indexes])
	rest = rest[indexes:]
	n := int(rest[7])
	rest = rest[8:]
	for range n {
		fresh = append(fresh, string(rest[:48]))
		rest = rest[48:]
	}
	for range n {
		fresh = append(fresh, string(rest[:32]))
		rest = rest[32:]
	}
	b.Write(rest)
	for _, octets := range form.proof[1:] {
		var s subProof
		if err := json.Unmarshal(octets, &s); err != nil {
			t.Fatal(err)
		}
		fresh = append(fresh, s.Proof)
		if s.Proof = ""; !name {
			s.Input.Nym = nil
		}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	return b.String(), fresh
}

// The point that is remembered is the one that is asked for.
func TestPseudonymBaseIsRemembered(t *testing.T) {
	type key struct{ use, audience, scope string }
	keys := []key{{atVerifiers, "a", "b"}, {atTheIssuer, "a", "b"}, {atVerifiers, "b", "b"}, {atVerifiers, "a", ""}, {atVerifiers, "", "ab"}}
	seen := map[string]key{}
	for range 2 {
		for _, k := range keys {
			for range 2 {
				got, want := pseudonymBase(k.use, k.audience, k.scope).Affine, hashToBase(k.use, k.audience, k.scope)
				if !got.Equal(&want) {
					t.Errorf("%+v: another point", k)
				}
				if other, ok := seen[got.String()]; ok && other != k {
					t.Errorf("%+v and %+v have one point", k, other)
				}
				seen[got.String()] = k
			}
		}
	}
}
