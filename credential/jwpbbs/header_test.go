package jwpbbs

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/spec"
)

// The Issuer Header is the same octets for everybody, in the issued and in
// the presented form, and a wallet knows them beforehand.
func TestEveryHolderHasTheSameIssuerHeader(t *testing.T) {
	expected := layout(t).Bytes()
	sizes := map[int]bool{}
	for i, p := range population() {
		claims, err := PersonClaims(p.claims(), expires)
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		secret := NewLinkSecret()
		commitment, blinding := commitTo(t, secret)
		issued, err := Issue(testKey(), layout(t), claims, commitment)
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		form, err := parseCompact(issued, 1)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(form.headers[0], expected) {
			t.Fatalf("%+v has the header %s", p, form.headers[0])
		}
		if i%9 != i/9%9 { // the proofs of some are enough
			continue
		}
		c, err := Receive(issued, layout(t), testKey().PublicKey(), secret, blinding)
		if err != nil {
			t.Fatal(err)
		}
		r := ask()
		r.Disclose = []Path{{spec.RealPerson}}
		presented, err := c.Present(r)
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		if form, err = parseCompact(presented, 2); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(form.headers[1], expected) {
			t.Fatalf("%+v presents the header %s", p, form.headers[1])
		}
		sizes[len(presented)] = true
	}
	if len(sizes) != 1 {
		t.Errorf("presentations of %d sizes for one request: %v", len(sizes), sizes)
	}
}

// No value of anybody is in the header.
func TestIssuerHeaderHoldsNoValue(t *testing.T) {
	header := string(layout(t).Bytes())
	for _, p := range population() {
		for name, v := range p.claims() {
			if text, ok := v.(string); ok && len(text) > 8 && strings.Contains(header, text) {
				t.Errorf("%s of %+v is in the header", name, p)
			}
		}
	}
}

func TestLayoutKeepsItsOrder(t *testing.T) {
	const want = `{"alg":"BBS-MOD","iss":"https://i.example","vct":"t","cmap":{"b":[0,false],"a":{"y":[1,true],"x":[[2,false],[3,false]]},"exp":[4,true]},"committed":["link_secret"],"crit":["committed"]}`
	l, err := NewLayout("https://i.example", "t",
		Member{"b", Text()},
		Member{"a", Object(Member{"y", Integer()}, Member{"x", Array(Text(), Text())})},
		Member{"exp", Integer()})
	if err != nil {
		t.Fatal(err)
	}
	if string(l.Bytes()) != want {
		t.Errorf("got  %s\nwant %s", l.Bytes(), want)
	}
	again, err := ParseLayout([]byte(want))
	if err != nil || again.Issuer() != l.Issuer() || again.Type() != "t" || again.messages() != 5 {
		t.Errorf("parsed: %+v, %v", again, err)
	}
}

func TestRefusedIssuerHeaders(t *testing.T) {
	const (
		begin = `{"alg":"BBS-MOD","iss":"i","vct":"t","committed":["link_secret"],"crit":["committed"],"cmap":`
		good  = begin + `{"a":[0,false],"b":[1,true]}}`
	)
	if _, err := ParseLayout([]byte(good)); err != nil {
		t.Fatal(err)
	}
	replace := func(from, to string) string {
		if !strings.Contains(good, from) {
			t.Fatalf("no %s", from)
		}
		return strings.Replace(good, from, to, 1)
	}
	cmap := func(text string) string { return begin + text + "}" }
	for _, test := range []struct{ name, check, header string }{
		{"not JSON", "issuer-header", `{`},
		{"not an object", "issuer-header", `[]`},
		{"something behind it", "issuer-header", good + `{}`},
		{"not UTF-8", "issuer-header", replace(`"t"`, "\"\xff\"")},
		{"member twice", "issuer-header-duplicate", replace(`"vct":"t"`, `"vct":"t","vct":"t"`)},
		{"member twice in the mapping", "issuer-header-duplicate", cmap(`{"a":[0,false],"a":[1,false]}`)},
		{"member twice, once escaped", "issuer-header-duplicate", cmap(`{"a":[0,false],"\u0061":[1,false]}`)},
		{"too deep", "issuer-header-depth", cmap(strings.Repeat(`{"a":`, 40) + `[0,false]` + strings.Repeat(`}`, 40))},
		{"deeper than a mapping may be", "mapping-depth", cmap(strings.Repeat(`{"a":`, 9) + `0` + strings.Repeat(`}`, 9))},
		{"too long", "issuer-header-size", cmap(`{"` + strings.Repeat("a", MaxHeader) + `":[0,false]}`)},
		{"another algorithm", "issuer-header-algorithm", replace("BBS-MOD", "BBS")},
		{"no algorithm", "issuer-header-algorithm", replace(`"alg":"BBS-MOD",`, "")},
		{"no type", "issuer-header-type", replace(`"vct":"t",`, "")},
		{"a type that is no string", "issuer-header-type", replace(`"vct":"t"`, `"vct":1`)},
		{"no issuer", "issuer-header-issuer", replace(`"iss":"i",`, "")},
		{"an expiry in the header", "issuer-header-time", replace(`"vct"`, `"exp":1,"vct"`)},
		{"a start in the header", "issuer-header-time", replace(`"vct"`, `"nbf":1,"vct"`)},
		{"an issuance time in the header", "issuer-header-time", replace(`"vct"`, `"iat":1,"vct"`)},
		{"an ephemeral key in the header", "issuer-header-key", replace(`"vct"`, `"iek":{},"vct"`)},
		{"a presentation key in the header", "issuer-header-key", replace(`"vct"`, `"hpk":{},"vct"`)},
		{"a presentation algorithm in the header", "issuer-header-key", replace(`"vct"`, `"hpa":"ES256","vct"`)},
		{"a device binding that is not known", "device-binding", replace(`"vct"`, `"kb":"ecdsa-p256-db","vct"`)},
		{"no critical parameter", "issuer-header-critical", replace(`,"crit":["committed"]`, "")},
		{"an unknown critical parameter", "issuer-header-critical", replace(`"crit":["committed"]`, `"crit":["committed","x"]`)},
		{"no committed messages", "issuer-header-committed", replace(`"committed":["link_secret"],`, "")},
		{"other committed messages", "issuer-header-committed", replace(`["link_secret"]`, `["link_secret","x"]`)},
		{"no mapping", "mapping", cmap(`null`)},
		{"an empty mapping", "mapping", cmap(`{}`)},
		{"a leaf that is no annotation", "mapping", cmap(`{"a":0}`)},
		{"an annotation without a flag", "mapping", cmap(`{"a":[0]}`)},
		{"an annotation with another flag", "mapping", cmap(`{"a":[0,1]}`)},
		{"an annotation of three", "mapping", cmap(`{"a":[0,false,1]}`)},
		{"a negative index", "mapping", cmap(`{"a":[-1,false]}`)},
		{"an index that is no integer", "mapping", cmap(`{"a":[0.0,false]}`)},
		{"an index with an exponent", "mapping", cmap(`{"a":[0e0,false]}`)},
		{"a huge index", "mapping", cmap(`{"a":[9007199254740993,false]}`)},
		{"an index over the bound", "mapping", cmap(`{"a":[256,false]}`)},
		{"an empty object below", "mapping", cmap(`{"a":[0,false],"b":{}}`)},
		{"an empty array below", "mapping", cmap(`{"a":[0,false],"b":[]}`)},
		{"an index twice", "mapping-index", cmap(`{"a":[0,false],"b":[0,false]}`)},
		{"an index left out", "mapping-index", cmap(`{"a":[0,false],"b":[2,false]}`)},
		{"no index 0", "mapping-index", cmap(`{"a":[1,false]}`)},
		{"a claim named as the type", "mapping-name", cmap(`{"vct":[0,false]}`)},
		{"a claim named as the algorithm", "mapping-name", cmap(`{"alg":[0,false]}`)},
		{"a claim named as the mapping", "mapping-name", cmap(`{"cmap":[0,false]}`)},
		{"a claim named as the binding", "mapping-name", cmap(`{"kb":[0,false]}`)},
		{"an expiry that is hashed", "mapping-time", cmap(`{"exp":[0,false]}`)},
		{"a start that is an object", "mapping-time", cmap(`{"nbf":{"a":[0,true]}}`)},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseLayout([]byte(test.header))
			refused(t, err, test.check)
		})
	}
}

func TestRefusedPresentationHeaders(t *testing.T) {
	r := ask()
	good, err := r.presentationHeader()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.checkPresentationHeader(good); err != nil {
		t.Fatal(err)
	}
	more := strings.Replace(string(good), `"nonce"`, `"x":1,"nonce"`, 1)
	if err := r.checkPresentationHeader([]byte(more)); err != nil {
		t.Errorf("a parameter that is not known: %v", err)
	}
	for _, test := range []struct{ name, check, from, to string }{
		{"another nonce", "nonce", testNonce, "other"},
		{"no nonce", "nonce", `"nonce":"` + testNonce + `",`, ``},
		{"a nonce that is no string", "nonce", `"` + testNonce + `"`, `1`},
		{"another audience", "audience", "platform", "elsewhere"},
		{"the audience without its prefix", "audience", "redirect_uri:", ""},
		{"a list of audiences", "audience", `"aud":"` + testAudience + `"`, `"aud":["` + testAudience + `"]`},
		{"another algorithm", "presentation-header-algorithm", "BBS-MOD", "BBS"},
		{"an extension that must be understood", "presentation-header-critical", `{`, `{"crit":["x"],"x":1,`},
		{"member twice", "presentation-header-duplicate", `{`, `{"nonce":"other",`},
		{"too deep", "presentation-header-depth", `{`, `{"x":` + strings.Repeat("[", 30) + strings.Repeat("]", 30) + `,`},
		{"not JSON", "presentation-header", `{`, ``},
	} {
		t.Run(test.name, func(t *testing.T) {
			changed := strings.Replace(string(good), test.from, test.to, 1)
			if changed == string(good) {
				t.Fatal("not changed")
			}
			refused(t, r.checkPresentationHeader([]byte(changed)), test.check)
		})
	}
}

func TestTransactionsAreBound(t *testing.T) {
	c := enroll(t, adult, NewLinkSecret())
	first, second := sha256.Sum256([]byte("pay 1")), sha256.Sum256([]byte("pay 2"))
	asking := func(transactions ...[sha256.Size]byte) Request {
		r := ask()
		r.Transactions = transactions
		return r
	}
	both := asking(first, second)
	agreed, err := c.Present(both)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(agreed, trusted, both); err != nil {
		t.Errorf("the transactions that were agreed to: %v", err)
	}
	for name, r := range map[string]Request{
		"none": asking(), "one of two": asking(first), "the other order": asking(second, first), "one more": asking(first, second, second),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Verify(agreed, trusted, r)
			refused(t, err, "transaction-data")
		})
	}
	good, err := both.presentationHeader()
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"another hash algorithm": {"sha-256", "sha-512"},
		"no hash algorithm":      {`,"transaction_data_hashes_alg":"sha-256"`, ``},
		"hashes that are none":   {`"transaction_data_hashes":[`, `"transaction_data_hashes":[1,`},
		"no list":                {`"transaction_data_hashes":[`, `"transaction_data_hashes":"","x":[`},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(string(good), change[0], change[1], 1)
			if changed == string(good) {
				t.Fatal("not changed")
			}
			refused(t, both.checkPresentationHeader([]byte(changed)), "transaction-data")
		})
	}
	if _, err := c.Present(asking(make([][sha256.Size]byte, maxTransactions+1)...)); err == nil {
		t.Error("too many transactions are agreed to")
	}
}
