package jwpbbs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/spec"
)

func TestRefusedCredentialsOnReceipt(t *testing.T) {
	secret := NewLinkSecret()
	commitment, blinding := commitTo(t, secret)
	claims, err := PersonClaims(adult.claims(), expires)
	if err != nil {
		t.Fatal(err)
	}
	l := layout(t)
	issued, err := Issue(testKey(), l, claims, commitment)
	if err != nil {
		t.Fatal(err)
	}
	pk := testKey().PublicKey()
	if _, err := Receive(issued, l, pk, secret, blinding); err != nil {
		t.Fatal(err)
	}
	_, otherBlinding := commitTo(t, secret)
	otherKey, err := bbs.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	otherIssuer, err := PersonLayout("https://other.example")
	if err != nil {
		t.Fatal(err)
	}
	marked, err := NewLayout(testIssuer, PersonType, Member{"for_this_holder", Text()})
	if err != nil {
		t.Fatal(err)
	}

	good, err := parseCompact(issued, 1)
	if err != nil {
		t.Fatal(err)
	}
	edit := func(change func(*compact)) string {
		form := compact{slicesOf(good.headers), slicesOf(good.payloads), slicesOf(good.proof)}
		change(&form)
		return form.String()
	}
	birth, _ := l.claims.scalarLeaf(Path{spec.BirthDate})
	day := string(good.payloads[birth])
	payload := func(i int, text string) string { return edit(func(f *compact) { f.payloads[i] = []byte(text) }) }

	for _, test := range []struct {
		name, check, issued string
		layout              *Layout
		key                 *bbs.PublicKey
		secret              *LinkSecret
		blinding            *bbs.Blinding
	}{
		{"another link secret", "bbs-blind-signature", issued, l, pk, NewLinkSecret(), blinding},
		{"no link secret", "link-secret", issued, l, pk, nil, blinding},
		{"another blinding", "bbs-blind-signature", issued, l, pk, secret, otherBlinding},
		{"no blinding", "link-secret", issued, l, pk, secret, nil},
		{"another key", "bbs-blind-signature", issued, l, otherKey.PublicKey(), secret, blinding},
		{"no key", "bbs-public-key", issued, l, nil, secret, blinding},
		{"the layout of another issuer", "issuer-header-population", issued, otherIssuer, pk, secret, blinding},
		{"a layout of its own", "issuer-header-population", issued, marked, pk, secret, blinding},
		{"a header with a mark", "issuer-header-population", edit(func(f *compact) {
			f.headers[0] = append(f.headers[0][:len(f.headers[0])-1:len(f.headers[0])-1], `,"x":1}`...)
		}), l, pk, secret, blinding},
		{"a header written otherwise", "issuer-header-population", edit(func(f *compact) { f.headers[0] = append([]byte(" "), f.headers[0]...) }), l, pk, secret, blinding},
		{"a changed claim", "bbs-blind-signature", payload(0, "false"), l, pk, secret, blinding},
		{"a changed date", "bbs-blind-signature", payload(birth, "1"), l, pk, secret, blinding},
		{"claims exchanged", "bbs-blind-signature", edit(func(f *compact) { f.payloads[2], f.payloads[7] = f.payloads[7], f.payloads[2] }), l, pk, secret, blinding},
		{"a claim that is not JSON", "payload", payload(0, "tru"), l, pk, secret, blinding},
		{"a claim of two JSON texts", "payload", payload(0, "true true"), l, pk, secret, blinding},
		{"a claim with a member twice", "payload", payload(0, `{"a":1,"a":1}`), l, pk, secret, blinding},
		{"a claim of no octets", "payload", payload(0, ""), l, pk, secret, blinding},
		{"a missing claim", "payload", edit(func(f *compact) { f.payloads[0] = nil }), l, pk, secret, blinding},
		{"a date with a leading zero", "payload", payload(birth, "0"+day), l, pk, secret, blinding},
		{"a date with a sign", "payload", payload(birth, "+"+day), l, pk, secret, blinding},
		{"a date with a fraction", "payload", payload(birth, day+".0"), l, pk, secret, blinding},
		{"a date with a space", "payload", payload(birth, day+" "), l, pk, secret, blinding},
		{"a date below zero", "payload", payload(birth, "-1"), l, pk, secret, blinding},
		{"a date in words", "payload", payload(birth, `"1998-04-05"`), l, pk, secret, blinding},
		{"a date plus the group order", "payload", payload(birth, new(big.Int).Add(fr.Modulus(), big.NewInt(1)).String()), l, pk, secret, blinding},
		{"a date of too many digits", "payload", payload(birth, strings.Repeat("1", 78)), l, pk, secret, blinding},
		{"one claim too many", "payload-count", edit(func(f *compact) { f.payloads = append(f.payloads, []byte("1")) }), l, pk, secret, blinding},
		{"one claim too few", "payload-count", edit(func(f *compact) { f.payloads = f.payloads[1:] }), l, pk, secret, blinding},
		{"two proof values", "form", edit(func(f *compact) { f.proof = append(f.proof, f.proof[0]) }), l, pk, secret, blinding},
		{"a signature that is cut", "bbs-signature-encoding", edit(func(f *compact) { f.proof[0] = f.proof[0][1:] }), l, pk, secret, blinding},
		{"another signature", "bbs-signature-encoding", edit(func(f *compact) { f.proof[0] = make([]byte, bbs.SignatureSize) }), l, pk, secret, blinding},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Receive(test.issued, test.layout, test.key, test.secret, test.blinding)
			refused(t, err, test.check)
		})
	}
}

func TestRefusedIssuance(t *testing.T) {
	secret := NewLinkSecret()
	commitment, _ := commitTo(t, secret)
	changed := bytes.Clone(commitment.octets)
	changed[60] ^= 1
	l, err := NewLayout(testIssuer, "t",
		Member{"name", Text()},
		Member{"address", Object(Member{"street", Text()})},
		Member{"list", Array(Text(), Text())},
		Member{"height", Integer()},
		Member{"exp", Integer()})
	if err != nil {
		t.Fatal(err)
	}
	good := func() map[string]any { return map[string]any{"name": "x", "exp": 1} }
	if _, err := Issue(testKey(), l, good(), commitment); err != nil {
		t.Fatal(err)
	}
	deep := any("x")
	for range MaxDepth + 1 {
		deep = []any{deep}
	}
	with := func(name string, v any) map[string]any { c := good(); c[name] = v; return c }
	for _, test := range []struct {
		name, check string
		claims      map[string]any
		commitment  *Commitment
	}{
		{"no commitment", "commitment", good(), nil},
		{"a commitment that was made for another issuer", "commitment", good(), &Commitment{issuer: "https://other.example", octets: commitment.octets}},
		{"a commitment with a proof that does not hold", "bbs-commitment", good(), &Commitment{issuer: testIssuer, octets: changed}},
		{"no claims", "claims", nil, commitment},
		{"no expiry", "claims", map[string]any{"name": "x"}, commitment},
		{"an expiry that is no integer", "claims", with("exp", "2026-12-31"), commitment},
		{"an unknown claim", "claims", with("nam", "x"), commitment},
		{"an unknown member", "claims", with("address", map[string]any{"town": "x"}), commitment},
		{"a text for an object", "claims", with("address", "x"), commitment},
		{"a text for an array", "claims", with("list", "x"), commitment},
		{"more entries than there are places", "claims", with("list", []any{1, 2, 3}), commitment},
		{"a fraction for an integer", "claims", with("height", 1.5), commitment},
		{"an integer below zero", "claims", with("height", -1), commitment},
		{"a number that is no integer", "claims", with("height", json.Number("1e2")), commitment},
		{"an integer of the group order", "claims", with("height", fr.Modulus()), commitment},
		{"a claim that JSON does not have", "claims", with("name", func() {}), commitment},
		{"a claim that nests too deep", "claims", with("name", deep), commitment},
		{"a claim that is too long", "claims", with("name", strings.Repeat("x", MaxPayload)), commitment},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Issue(testKey(), l, test.claims, test.commitment)
			refused(t, err, test.check)
		})
	}
	t.Run("no key", func(t *testing.T) {
		_, err := Issue(nil, l, good(), commitment)
		refused(t, err, "bbs-blind-sign")
	})
	for _, name := range []string{"vct", "alg", "cmap", "kb"} {
		t.Run("a layout with a claim named "+name, func(t *testing.T) {
			_, err := NewLayout(testIssuer, "t", Member{name, Text()})
			refused(t, err, "mapping-name")
		})
	}
	t.Run("a layout with a claim twice", func(t *testing.T) {
		_, err := NewLayout(testIssuer, "t", Member{"a", Text()}, Member{"a", Text()})
		refused(t, err, "issuer-header-duplicate")
	})
	t.Run("a layout without an issuer", func(t *testing.T) {
		_, err := NewLayout("", "t", Member{"a", Text()})
		refused(t, err, "issuer-header-issuer")
	})
	t.Run("a layout of too many claims", func(t *testing.T) {
		var members []Member
		for i := range MaxMessages + 1 {
			members = append(members, Member{fmt.Sprint(i), Text()})
		}
		_, err := NewLayout(testIssuer, "t", members...)
		refused(t, err, "mapping")
	})
	t.Run("a link secret of zero", func(t *testing.T) {
		_, err := ParseLinkSecret(make([]byte, 32))
		refused(t, err, "link-secret")
	})
	t.Run("a link secret of the group order", func(t *testing.T) {
		_, err := ParseLinkSecret(fr.Modulus().Bytes())
		refused(t, err, "link-secret")
	})
	t.Run("a link secret that is cut", func(t *testing.T) {
		_, err := ParseLinkSecret(secret.Bytes()[1:])
		refused(t, err, "link-secret")
	})
}

func TestRefusedPersons(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(map[string]any)
	}{
		{"a claim that is missing", func(c map[string]any) { delete(c, spec.Sex) }},
		{"a claim too many", func(c map[string]any) { c["shoe_size"] = 42 }},
		{"a birth date that is no date", func(c map[string]any) { c[spec.BirthDate] = "2026-02-30" }},
		{"a birth date that is no text", func(c map[string]any) { c[spec.BirthDate] = 20000101 }},
		{"a birth date before 1900", func(c map[string]any) { c[spec.BirthDate] = "1899-12-31" }},
		{"an empty expiry", func(c map[string]any) { c[spec.DocumentExpiry] = "" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			claims := adult.claims()
			test.change(claims)
			_, err := PersonClaims(claims, expires)
			refused(t, err, "claims")
		})
	}
	for name, v := range map[string]any{"a text": "x", "after the last day": json.Number("2958464"), "below zero": json.Number("-1"), "huge": json.Number("99999999999999999999")} {
		t.Run("a day count that is "+name, func(t *testing.T) {
			_, err := ReadPerson(map[string]any{spec.BirthDate: v})
			refused(t, err, "claims")
		})
	}
	if _, err := AgeAtLeast(-1, today, spec.Settings{}); err == nil {
		t.Error("an age below zero")
	}
	if _, err := AgeAtLeast(150, today, spec.Settings{}); err == nil {
		t.Error("an age that nobody counted from 1900 has")
	}
}

func TestRefusedForms(t *testing.T) {
	c := enroll(t, adult, NewLinkSecret())
	r := everything(t)
	good, err := c.Present(r)
	if err != nil {
		t.Fatal(err)
	}
	_, issued, err := tryEnroll(t, adult, NewLinkSecret())
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	join := func(change func([]string)) string {
		p := append([]string(nil), parts...)
		change(p)
		return strings.Join(p, ".")
	}
	for _, test := range []struct{ name, check, text string }{
		{"nothing", "form", ""},
		{"an issued form", "form", issued},
		{"a part too many", "form", good + "."},
		{"only dots", "form", "..."},
		{"too long", "size", strings.Repeat("A", MaxSize+1)},
		{"a header that is too long", "size", join(func(p []string) { p[0] = strings.Repeat("A", MaxHeader*4/3+4) })},
		{"a header that is not base64url", "form", join(func(p []string) { p[0] = "*" })},
		{"a header with padding", "form", join(func(p []string) { p[0] += "==" })},
		{"a header with a line break", "form", join(func(p []string) { p[0] += "\n" })},
		{"a header with stray bits", "form", join(func(p []string) { p[0] = "Zh" })},
		{"a header of the other alphabet", "form", join(func(p []string) { p[0] = "++++" })},
		{"an empty header", "form", join(func(p []string) { p[1] = "" })},
		{"too many payloads", "size", join(func(p []string) { p[2] = strings.Repeat("~", MaxMessages) })},
		{"a payload that is too long", "size", join(func(p []string) { p[2] = strings.Repeat("A", MaxPayload*4/3+7) })},
		{"a payload that is not base64url", "form", join(func(p []string) { p[2] = "*" + p[2] })},
		{"detached payloads", "payload-count", join(func(p []string) { p[2] = "" })},
		{"no proof", "form", join(func(p []string) { p[3] = "" })},
		{"a proof value of no octets", "form", join(func(p []string) { p[3] += "~_" })},
		{"an empty proof value", "form", join(func(p []string) { p[3] += "~" })},
		{"too many sub-proofs", "size", join(func(p []string) { p[3] = strings.Repeat("AA~", MaxSubProofs+1) + "AA" })},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Verify(test.text, trusted, r)
			refused(t, err, test.check)
		})
	}
	t.Run("a presented form on receipt", func(t *testing.T) {
		_, err := Receive(good, layout(t), testKey().PublicKey(), NewLinkSecret(), nil)
		refused(t, err, "form")
	})
}

// Secrets do not print.
func TestSecretsDoNotPrint(t *testing.T) {
	secret := NewLinkSecret()
	held := enroll(t, adult, secret)
	for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%s", "%d"} {
		if got := fmt.Sprintf(verb, *secret); got != "jwpbbs.LinkSecret" {
			t.Errorf("%s: %s", verb, got)
		}
		for _, c := range []any{held, *held} {
			if got := fmt.Sprintf(verb, c); got != "jwpbbs.Credential" {
				t.Errorf("%s: %s", verb, got)
			}
		}
		if got := fmt.Sprintf(verb, secret); got != "jwpbbs.LinkSecret" {
			t.Errorf("%s: %s", verb, got)
		}
	}
}
