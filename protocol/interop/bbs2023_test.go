package interop

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/spec"
)

// document is a JSON-LD credential before, or a part of it after, it was
// secured.
type document = map[string]any

// wares is a document of a foreign shape: nested objects, arrays of objects and
// of literals, typed literals, ids, and names that pointers must escape.
const wares = `{
	"@context": ["https://www.w3.org/ns/credentials/v2", {
		"@vocab": "https://halfmask.example/interop#",
		"date": {"@id": "https://halfmask.example/interop#date", "@type": "http://www.w3.org/2001/XMLSchema#date"},
		"maker": {"@id": "https://halfmask.example/interop#maker", "@type": "@id"}
	}],
	"id": "urn:uuid:0f1b3f6e-1111-4222-8333-944455566677",
	"type": ["VerifiableCredential", "Wares"],
	"validFrom": "2024-02-29T00:00:00Z",
	"validUntil": "2124-02-29T00:00:00Z",
	"credentialSubject": {
		"label": "Наклейка № 7",
		"size/length": "1 m",
		"tilde~name": "~",
		"count": 12,
		"weight": 0.25,
		"large": 123456789012,
		"sealed": false,
		"date": "1990-02-03",
		"maker": "https://maker.example/a",
		"colours": ["red", "緑", "bleu"],
		"crates": [
			{"mark": "A", "bottles": [{"year": 2001}, {"year": 2002, "corked": true}]},
			{"mark": "B", "bottles": [{"year": 2003}], "place": {"shelf": {"row": 3, "side": "левый"}}},
			{"id": "urn:crate:3", "mark": "C"}
		]
	}
}`

func person(t *testing.T, name string) document {
	t.Helper()
	subject := document{
		spec.RealPerson: true, spec.AgeBand: "18-59", spec.GuardianConsent: false, spec.Sex: "female",
		spec.Name: name, spec.BirthDate: "1990-02-03", spec.DocumentType: "resident-identity-card",
		spec.DocumentNumber: "specimen-1", spec.DocumentExpiry: "permanent", spec.PhoneNumber: "+00000000001",
		spec.Portrait: "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
	}
	for _, years := range spec.AgeThresholds {
		claim, _ := spec.AgeOver(years)
		subject[claim] = years <= 30
	}
	for _, claim := range spec.Claims {
		if subject[claim] == nil {
			t.Fatalf("the person has no %s", claim)
		}
	}
	return document{
		"@context":          bbs2023.PersonContext(),
		"type":              []any{"VerifiableCredential", spec.CredentialClass},
		"validFrom":         "2024-01-01T00:00:00Z",
		"validUntil":        "2124-01-01T00:00:00Z",
		"credentialSubject": subject,
	}
}

func parsed(t *testing.T, text string) document {
	t.Helper()
	var d document
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// bbs2023Pair is our issuer and theirs.
type bbs2023Pair struct {
	*counterpart
	ours   *bbs.SecretKey
	theirs struct {
		Issuer, VerificationMethod string
		PublicKey                  []byte
	}
	theirKey, otherKey *bbs.PublicKey
}

func (p *bbs2023Pair) key(method string) (*bbs.PublicKey, error) {
	switch method {
	case bbs2023.VerificationMethod(p.ours.PublicKey()):
		return p.ours.PublicKey(), nil
	case p.theirs.VerificationMethod:
		return p.theirKey, nil
	}
	return nil, fmt.Errorf("nobody's key")
}

// shownCredential is what verifiers on both sides are given.
type shownCredential struct {
	Credential         document `json:"credential"`
	PresentationHeader []byte   `json:"presentationHeader"`
	// Swap is another key, in multibase, that goes by the name of the right one.
	Swap string `json:"swap,omitempty"`
}

// weVerify checks as a verifier that understands the context of understood.
func (p *bbs2023Pair) weVerify(s shownCredential, understood document) error {
	text, err := json.Marshal(s.Credential)
	if err != nil {
		return err
	}
	key := p.key
	if s.Swap != "" {
		key = func(string) (*bbs.PublicKey, error) { return p.otherKey, nil }
	}
	_, err = bbs2023.Policy{Context: understood["@context"].([]any)}.Verify(text, key, s.PresentationHeader)
	return err
}

func (p *bbs2023Pair) weDerive(secured document, selective []string, ph []byte) document {
	p.t.Helper()
	text, err := json.Marshal(secured)
	if err != nil {
		p.t.Fatal(err)
	}
	derived, err := bbs2023.Derive(text, selective, ph)
	if err != nil {
		p.t.Fatal(err)
	}
	return parsed(p.t, string(derived))
}

func (p *bbs2023Pair) theyDerive(secured document, selective []string, ph []byte) (derived document, err error) {
	p.t.Helper()
	err = p.call("derive", map[string]any{"credential": secured, "selective": append([]string{}, selective...), "presentationHeader": ph}, &derived)
	return derived, err
}

func TestBBS2023(t *testing.T) {
	p := &bbs2023Pair{counterpart: start(t, "bbs-2023.mjs")}
	s := against(t, "@digitalbazaar/bbs-2023-cryptosuite", "with @digitalbazaar/vc and jsonld; its BBS is @digitalbazaar/bbs-signatures")
	t.Parallel()
	var err error
	if p.ours, err = bbs.GenerateKey(); err != nil {
		t.Fatal(err)
	}
	other, err := bbs.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	p.otherKey = other.PublicKey()
	p.must("begin", map[string]any{"contexts": map[string]json.RawMessage{
		spec.CredentialContext: spec.Contexts()[spec.CredentialContext],
	}}, &p.theirs)
	if p.theirKey, err = bbs.ParsePublicKey(p.theirs.PublicKey); err != nil {
		t.Fatal(err)
	}
	dids := s.row("keys: the did:key and verification method that they and we name")
	dids.accepts(t, "verification method", alike(p.theirs.VerificationMethod, bbs2023.VerificationMethod(p.theirKey)))
	dids.accepts(t, "issuer", alike(p.theirs.Issuer, bbs2023.Issuer(p.theirKey)))

	times := []string{"/issuer", "/validFrom", "/validUntil"}
	subject := func(names ...string) (pointers []string) {
		for _, name := range names {
			pointers = append(pointers, "/credentialSubject/"+name)
		}
		return pointers
	}
	for _, test := range []struct {
		name      string
		document  document
		mandatory []string
		selective []string
		ph        string
		refusals  int // how many of the list
	}{
		{"person, one claim", person(t, "Li Specimen"), times, subject("age_over_18"), "nonce 1", 99},
		{"person, non-ASCII name", person(t, "Ⅻ 李四·Ægir 𠮷 e\u0301 \u00e9 \u200f😀"), times, subject("name", "sex", "birth_date"), "", 0},
		{"person, escaped name", person(t, "quote \" backslash \\ tab \t line \n return \r feed \f bell \a delete \x7f"), times, subject("name"), "nonce", 0},
		{"person, every claim", person(t, "Li Specimen"), times, []string{"/credentialSubject"}, "\x00\xff", 0},
		{"person, nothing mandatory", person(t, "Li Specimen"), nil, append(subject("age_band"), "/issuer"), "nonce", 0},
		{"wares, array elements", parsed(t, wares), []string{"/issuer", "/credentialSubject/colours/1"},
			subject("colours/0", "crates/1/mark", "crates/0/bottles/1/year"), strings.Repeat("p", 500), 3},
		{"wares, nested objects", parsed(t, wares), append(times, "/credentialSubject/crates/1/place"),
			subject("crates/0/bottles/0", "crates/2", "maker"), "nonce", 0},
		{"wares, numbers, dates and escaped names", parsed(t, wares), []string{"/issuer"},
			subject("count", "weight", "large", "sealed", "date", "size~1length", "tilde~0name"), "nonce", 0},
		{"wares, an array as a whole", parsed(t, wares), []string{"/issuer", "/id"}, subject("crates", "colours"), "nonce", 0},
		{"wares, mandatory and selective overlap", parsed(t, wares), append(times, subject("crates/0", "label")...),
			subject("crates/0/mark", "crates/0/bottles/0", "label", "count"), "nonce", 0},
		{"wares, nothing selected beyond the mandatory", parsed(t, wares), append(times, subject("label", "crates/2/mark")...), nil, "nonce", 0},
		{"wares, all mandatory", parsed(t, wares), []string{"/issuer", "/id", "/type", "/validFrom", "/validUntil", "/credentialSubject"}, nil, "nonce", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			p.t = t
			ph := []byte(test.ph)
			for _, we := range []bool{true, false} {
				who, d := "they", maps.Clone(test.document)
				var secured document
				if we {
					who = "we"
					secured = p.weIssue(d, test.mandatory)
				} else {
					secured = p.theyIssue(d, test.mandatory)
					held := s.row("they issue, we check the base proof")
					held.accepts(t, test.name, p.weVerifyBase(secured, false))
					if test.refusals > 0 {
						held.refuses(t, "a wrong key", p.weVerifyBase(secured, true), "verification-method")
						changed := copied(t, secured)
						changeFirst(changed["credentialSubject"])
						held.refuses(t, "a changed claim", p.weVerifyBase(changed, false), "bbs-signature or header")
					}
				}

				ours := shownCredential{p.weDerive(secured, test.selective, ph), ph, ""}
				row := s.row("%s issue, we derive, they verify", who)
				row.accepts(t, test.name, p.call("verify", ours, nil))
				if test.refusals > 0 && we {
					p.refuse(t, row, ours, test.document, secured, false, test.refusals)
				}

				derived, err := p.theyDerive(secured, test.selective, ph)
				s.row("%s issue, they derive", who).accepts(t, test.name, err)
				if err != nil {
					continue
				}
				theirs := shownCredential{derived, ph, ""}
				row = s.row("%s issue, they derive, we verify", who)
				row.accepts(t, test.name, p.weVerify(theirs, test.document))
				if test.refusals > 0 && !we {
					p.refuse(t, row, theirs, test.document, secured, true, test.refusals)
				}
				s.row("%s issue, they and we derive alike", who).
					accepts(t, test.name, alikeDerived(ours.Credential, derived))
			}
		})
	}
}

func (p *bbs2023Pair) weIssue(d document, mandatory []string) document {
	p.t.Helper()
	d["issuer"] = bbs2023.Issuer(p.ours.PublicKey())
	text, err := json.Marshal(d)
	if err != nil {
		p.t.Fatal(err)
	}
	secured, err := bbs2023.CreateBaseProof(text, bbs2023.Options{
		Created: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), MandatoryPointers: mandatory,
	}, p.ours)
	if err != nil {
		p.t.Fatal(err)
	}
	return parsed(p.t, string(secured))
}

func (p *bbs2023Pair) theyIssue(d document, mandatory []string) (secured document) {
	p.t.Helper()
	d["issuer"] = p.theirs.Issuer
	p.must("issue", map[string]any{"credential": d, "mandatory": append([]string{}, mandatory...)}, &secured)
	return secured
}

func (p *bbs2023Pair) weVerifyBase(secured document, swap bool) error {
	text, err := json.Marshal(secured)
	if err != nil {
		return err
	}
	key := p.key
	if swap {
		key = func(string) (*bbs.PublicKey, error) { return p.otherKey, nil }
	}
	_, err = bbs2023.VerifyBase(text, key)
	return err
}

// proofValue decodes a derived proof value (vc-di-bbs section 3.3.7).
func proofValue(d document) ([]any, error) {
	text, _ := d["proof"].(document)["proofValue"].(string)
	octets, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(text, "u"))
	if err != nil || len(octets) < 3 {
		return nil, fmt.Errorf("proof value %.20s: %v", text, err)
	}
	var v []any
	if err := cbor.Unmarshal(octets[3:], &v); err != nil || len(v) != 5 {
		return nil, fmt.Errorf("proof value of %d members: %v", len(v), err)
	}
	return v, nil
}

func alike(a, b any) error {
	if !reflect.DeepEqual(a, b) {
		return fmt.Errorf("%v is not %v", a, b)
	}
	return nil
}

// alikeDerived compares two derivations from one base proof: what they
// disclose, and all of the proof but the octets of BBS.
func alikeDerived(a, b document) error {
	va, err := proofValue(a)
	if err != nil {
		return err
	}
	vb, err := proofValue(b)
	if err != nil {
		return err
	}
	if err := alike(va[1:], vb[1:]); err != nil {
		return err
	}
	without := func(d document) document {
		d = maps.Clone(d)
		d["proof"] = maps.Clone(d["proof"].(document))
		delete(d["proof"].(document), "proofValue")
		return d
	}
	return alike(without(a), without(b))
}
