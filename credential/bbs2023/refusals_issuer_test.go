package bbs2023

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/spec"
)

func TestCreateBaseProofRefuses(t *testing.T) {
	claims := func(change func(map[string]any)) []byte {
		c := personClaims(1)
		change(c)
		return personDocument(c, testKey())
	}
	plain := personDocument(personClaims(1), testKey())
	for _, c := range []struct {
		name, check string
		text        []byte
		options     Options
	}{
		{"claim that the context drops", "unsigned-member", claims(func(c map[string]any) { c["shoe_size"] = 42 }), Options{}},
		{"null claim", "unsigned-member", claims(func(c map[string]any) { c[spec.Sex] = nil }), Options{}},
		{"string for a boolean", "datatype", claims(func(c map[string]any) { c[spec.AgeOver18] = "false" }), Options{}},
		{"number for a string", "datatype", claims(func(c map[string]any) { c[spec.PhoneNumber] = 8613800000000 }), Options{}},
		{"number that a double does not carry", "document-number", claims(func(c map[string]any) { c["year"] = json.Number("9007199254740993") }), Options{}},
		{"document with a proof", "proof", issue(t, 1), Options{}},
		{"mandatory pointer that is not there", "pointer", plain, Options{MandatoryPointers: []string{"/validTill"}}},
		{"verification method that is no URL", "proof", plain, Options{VerificationMethod: "key 1"}},
		{"year that XML Schema does not know", "proof", plain, Options{Created: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)}},
		{"context to be fetched", "context", edit(t, plain, func(d, _, _ map[string]any) { d["@context"] = "https://example.com/ctx" }), Options{}},
		{"context that refers to one to be fetched", "context", edit(t, plain, func(d, _, _ map[string]any) {
			d["@context"] = []any{spec.CredentialsV2, map[string]any{"@import": "https://example.com/ctx"}}
		}), Options{}},
		{"context that redefines a protected term", "context", edit(t, plain, func(d, _, _ map[string]any) {
			d["@context"] = append(d["@context"].([]any), map[string]any{spec.AgeOver18: "urn:x"})
		}), Options{}},
		{"context that maps a claim to nothing", "unsigned-member", edit(t, plain, func(d, _, s map[string]any) {
			d["@context"] = append(d["@context"].([]any), map[string]any{"vip": nil})
			s["vip"] = true
		}), Options{}},
		{"context that maps a claim to @index", "unsigned-member", edit(t, plain, func(d, _, s map[string]any) {
			d["@context"] = append(d["@context"].([]any), map[string]any{"vip": "@index"})
			s["vip"] = "x"
		}), Options{}},
		{"context that makes a list", "unsigned-member", edit(t, plain, func(d, _, s map[string]any) {
			d["@context"] = append(d["@context"].([]any), map[string]any{"vip": map[string]any{"@id": "urn:vip", "@container": "@list"}})
			s["vip"] = []any{"x", "y"}
		}), Options{}},
		{"context that makes a JSON literal", "datatype", edit(t, plain, func(d, _, s map[string]any) {
			d["@context"] = append(d["@context"].([]any), map[string]any{"vip": map[string]any{"@id": "urn:vip", "@type": "@json"}})
			s["vip"] = map[string]any{"a": 1, "b": []any{2}}
		}), Options{}},
		{"context that reverses a property", "unsigned-member", edit(t, plain, func(d, _, s map[string]any) {
			d["@context"] = append(d["@context"].([]any), map[string]any{"vip": map[string]any{"@reverse": "urn:vip"}})
			s["vip"] = map[string]any{"id": "urn:x"}
		}), Options{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := CreateBaseProof(c.text, c.options, testKey())
			refused(t, err, c.check)
		})
	}
	t.Run("no key", func(t *testing.T) {
		_, err := CreateBaseProof(plain, Options{}, nil)
		refused(t, err, "key")
	})
}

func TestVerifyBaseRefuses(t *testing.T) {
	secured := issue(t, 42)
	stranger, err := bbs.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	checks := map[string]int{}
	for n := range 20 {
		// A changed claim can change the canonical labels and so the mandatory
		// statements, which the header covers.
		_, err = VerifyBase(edit(t, secured, func(_, _, s map[string]any) { s[spec.Name] = fmt.Sprint("someone else ", n) }), only(testKey()))
		var e *credential.Error
		if !errors.As(err, &e) {
			t.Fatalf("changed claim: %v", err)
		}
		checks[e.Check]++
	}
	if checks["header"]+checks["bbs-signature"] != 20 || len(checks) != 2 {
		t.Errorf("failed checks %v", checks)
	}
	_, err = VerifyBase(secured, only(stranger))
	refused(t, err, "verification-method")
	_, err = VerifyBase(secured, func(string) (*bbs.PublicKey, error) { return stranger.PublicKey(), nil })
	refused(t, err, "verification-method")
}

// Poisoned documents need exponential time in RDF canonicalization: every
// object looks like every other.
func TestCanonicalizationGivesUpOnPoison(t *testing.T) {
	var clique []statement
	for i := range 12 {
		for j := range 12 {
			if i != j {
				clique = append(clique, statement{term{blank: fmt.Sprint("n", i)}, "urn:p", term{blank: fmt.Sprint("n", j)}})
			}
		}
	}
	started := time.Now()
	_, err := canonicalLabels(clique)
	refused(t, err, "canonicalization")
	if took := time.Since(started); took > time.Second {
		t.Errorf("took %v", took)
	}
}

// The same through JSON: two alike objects, each with many alike objects.
func TestCreateBaseProofGivesUpOnPoison(t *testing.T) {
	star := map[string]any{"ray": slices.Repeat([]any{map[string]any{"light": true}}, 60)}
	text, err := marshal(map[string]any{
		"@context": []any{spec.CredentialsV2, map[string]any{"@vocab": "https://example.com/vocab#"}},
		"type":     []string{"VerifiableCredential"},
		"star":     []any{star, star},
	})
	if err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	_, err = CreateBaseProof(text, Options{}, testKey())
	refused(t, err, "canonicalization")
	if took := time.Since(started); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestInlineContextsCannotPoisonTheKnownOnes(t *testing.T) {
	before := maps.Clone(spec.Contexts())
	document := edit(t, personDocument(personClaims(1), testKey()), func(d, _, _ map[string]any) {
		d["@context"] = []any{spec.CredentialsV2, map[string]any{"@version": 1.1, "@import": spec.CredentialContext, "vip": "urn:vip"}}
	})
	if _, err := CreateBaseProof(document, Options{}, testKey()); err != nil {
		t.Fatal(err)
	}
	plain := edit(t, personDocument(personClaims(1), testKey()), func(_, _, s map[string]any) { s["vip"] = "x" })
	_, err := CreateBaseProof(plain, Options{}, testKey())
	refused(t, err, "unsigned-member")
	if fmt.Sprint(before) != fmt.Sprint(spec.Contexts()) {
		t.Error("the context changed")
	}
}
