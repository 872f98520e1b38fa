package bbs2023

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/spec"
)

// refused demands a *credential.Error of the named check.
func refused(t *testing.T, err error, check string) {
	t.Helper()
	var e *credential.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a failed check %s", err, check)
	}
	if e.Check != check {
		t.Errorf("failed check %s (%v), want %s", e.Check, err, check)
	}
	if e.Clause == "" {
		t.Errorf("%s names no clause", e.Check)
	}
}

// edit changes a secured document.
func edit(t *testing.T, text []byte, change func(document, proof, subject map[string]any)) []byte {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	proof, _ := document["proof"].(map[string]any)
	subject, _ := document["credentialSubject"].(map[string]any)
	change(document, proof, subject)
	out, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// editValue changes the proof value of a derived document.
func editValue(t *testing.T, text []byte, change func(v *derivedValue)) []byte {
	t.Helper()
	return edit(t, text, func(_, proof, _ map[string]any) {
		v, err := parseDerivedValue(proof["proofValue"].(string))
		if err != nil {
			t.Fatal(err)
		}
		change(v)
		if proof["proofValue"], err = v.serialize(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestVerifyRefuses(t *testing.T) {
	secured := issue(t, 42)
	derived, err := Derive(secured, []string{"/credentialSubject/" + spec.AgeOver18, "/credentialSubject/" + spec.Name}, []byte("nonce"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(derived, only(testKey()), []byte("nonce")); err != nil {
		t.Fatal(err)
	}
	const proofCheck = "bbs-proof"
	stranger, err := bbs.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	editing := func(change func(document, proof, subject map[string]any)) []byte { return edit(t, derived, change) }
	editingValue := func(change func(v *derivedValue)) []byte { return editValue(t, derived, change) }
	for _, c := range []struct {
		name, check string
		text        []byte
	}{
		{"changed claim", proofCheck, editing(func(_, _, s map[string]any) { s[spec.AgeOver18] = !s[spec.AgeOver18].(bool) })},
		{"changed text", proofCheck, editing(func(_, _, s map[string]any) { s[spec.Name] = "someone else" })},
		{"claim under another name", proofCheck, editing(func(_, _, s map[string]any) { s[spec.Sex] = s[spec.Name]; delete(s, spec.Name) })},
		{"claim left out", "selective-indexes", editing(func(_, _, s map[string]any) { delete(s, spec.Name) })},
		{"claim added", "selective-indexes", editing(func(_, _, s map[string]any) { s[spec.Sex] = "female" })},
		{"claim added at the document", "selective-indexes", editing(func(d, _, _ map[string]any) { d[spec.Sex] = "female" })},
		{"claim of another JSON type", "datatype", editing(func(_, _, s map[string]any) { s[spec.AgeOver18] = "true" })},
		{"claim said twice", "repeated-statement", editing(func(_, _, s map[string]any) { s[spec.Name] = []any{s[spec.Name], s[spec.Name]} })},
		{"subject given an id", "label-map", editing(func(_, _, s map[string]any) { s["id"] = "did:example:me" })},
		{"document given an id", "label-map", editing(func(d, _, _ map[string]any) { d["id"] = "urn:uuid:1" })},
		{"mandatory statement left out", "selective-indexes", editing(func(d, _, _ map[string]any) { delete(d, "validUntil") })},
		{"mandatory statement changed", proofCheck, editing(func(d, _, _ map[string]any) { d["validUntil"] = "2036-12-14T00:00:00Z" })},
		{"mandatory statement added", "selective-indexes", editing(func(d, _, _ map[string]any) { d["description"] = "gold member" })},
		{"type added", "selective-indexes", editing(func(d, _, _ map[string]any) { d["type"] = append(d["type"].([]any), "JsonSchemaCredential") })},
		{"type unknown", "unsigned-member", editing(func(d, _, _ map[string]any) { d["type"] = append(d["type"].([]any), "GoldCredential") })},
		{"issuer changed", "issuer", editing(func(d, _, _ map[string]any) { d["issuer"] = Issuer(stranger.PublicKey()) })},
		{"issuer neither URL nor object", "issuer", editing(func(d, _, _ map[string]any) { d["issuer"] = 7 })},

		{"unknown member", "unsigned-member", editing(func(_, _, s map[string]any) { s["vip"] = true })},
		{"unknown member at the document", "unsigned-member", editing(func(d, _, _ map[string]any) { d["vip"] = true })},
		{"empty array", "unsigned-member", editing(func(_, _, s map[string]any) { s[spec.Sex] = []any{} })},
		{"null", "unsigned-member", editing(func(_, _, s map[string]any) { s[spec.Sex] = nil })},
		{"empty object", "unsigned-member", editing(func(_, _, s map[string]any) { s[spec.Sex] = map[string]any{} })},
		{"array in an array", "unsigned-member", editing(func(_, _, s map[string]any) { s[spec.Name] = []any{[]any{s[spec.Name]}} })},
		{"keyword @index", "unsigned-member", editing(func(_, _, s map[string]any) { s["@index"] = "x" })},
		{"keyword @included", "unsigned-member", editing(func(d, _, _ map[string]any) { d["@included"] = map[string]any{"id": "urn:x"} })},
		{"value object", "unsigned-member", editing(func(_, _, s map[string]any) { s[spec.Name] = map[string]any{"@value": s[spec.Name]} })},
		{"context below the top", "unsigned-member", editing(func(_, _, s map[string]any) { s["@context"] = map[string]any{"vip": nil} })},
		{"empty member name", "unsigned-member", editing(func(_, _, s map[string]any) { s[""] = "x" })},
		{"blank node label", "node-id", editing(func(_, _, s map[string]any) { s["id"] = "_:n0" })},
		{"blank node reference", "node-id", editing(func(d, _, _ map[string]any) { d["issuer"] = "_:n1" })},
		{"relative id", "node-id", editing(func(_, _, s map[string]any) { s["id"] = "me" })},
		{"id that breaks out of a statement", "node-id", editing(func(_, _, s map[string]any) { s["id"] = "urn:x> <urn:y> <urn:z" })},

		{"context missing", "context", editing(func(d, _, _ map[string]any) { delete(d, "@context") })},
		{"context added", "context", editing(func(d, _, _ map[string]any) {
			d["@context"] = append(d["@context"].([]any), map[string]any{"vip": "urn:vip"})
		})},
		{"contexts swapped", "context", editing(func(d, _, _ map[string]any) { slices.Reverse(d["@context"].([]any)) })},
		{"context that renames a claim", "context", editing(func(d, _, _ map[string]any) {
			d["@context"] = []any{spec.CredentialsV2, map[string]any{spec.AgeOver60: "https://halfmask.example/vocab#" + spec.AgeOver18}}
		})},

		{"created changed", proofCheck, editing(func(_, p, _ map[string]any) { p["created"] = "2026-11-17T00:00:00Z" })},
		{"created left out", proofCheck, editing(func(_, p, _ map[string]any) { delete(p, "created") })},
		{"created not a date", "proof", editing(func(_, p, _ map[string]any) { p["created"] = "yesterday" })},
		{"created empty", "proof", editing(func(_, p, _ map[string]any) { p["created"] = "" })},
		{"verification method of another", "issuer", editing(func(_, p, _ map[string]any) { p["verificationMethod"] = VerificationMethod(stranger.PublicKey()) })},
		{"verification method unknown", "verification-method", editing(func(_, p, _ map[string]any) { p["verificationMethod"] = Issuer(testKey().PublicKey()) + "#key-2" })},
		{"verification method relative", "proof", editing(func(_, p, _ map[string]any) { p["verificationMethod"] = "#key" })},
		{"proof purpose changed", "proof", editing(func(_, p, _ map[string]any) { p["proofPurpose"] = "authentication" })},
		{"cryptosuite changed", "proof", editing(func(_, p, _ map[string]any) { p["cryptosuite"] = "ecdsa-sd-2023" })},
		{"proof type changed", "proof", editing(func(_, p, _ map[string]any) { p["type"] = "BbsBlsSignatureProof2020" })},
		{"proof member added", "proof", editing(func(_, p, _ map[string]any) { p["nonce"] = "x" })},
		{"proof missing", "proof", editing(func(d, _, _ map[string]any) { delete(d, "proof") })},
		{"two proofs", "proof", editing(func(d, p, _ map[string]any) { d["proof"] = []any{p, p} })},
		{"proof value missing", "derived-proof-value", editing(func(_, p, _ map[string]any) { delete(p, "proofValue") })},
		{"proof value in base58", "derived-proof-value", editing(func(_, p, _ map[string]any) { p["proofValue"] = "z" + p["proofValue"].(string)[1:] })},
		{"proof value cut short", "derived-proof-value", editing(func(_, p, _ map[string]any) { p["proofValue"] = p["proofValue"].(string)[:40] })},
		{"proof value of a pseudonym", "derived-proof-value", editing(func(_, p, _ map[string]any) { p["proofValue"] = "u2V0H" + p["proofValue"].(string)[5:] })},
		{"base proof", "derived-proof-value", secured},

		{"changed proof", proofCheck, editingValue(func(v *derivedValue) { v.Proof[len(v.Proof)-1] ^= 1 })},
		{"proof of another length", proofCheck, editingValue(func(v *derivedValue) { v.Proof = v.Proof[:len(v.Proof)-32] })},
		{"presentation header replaced in the proof", "presentation-header", editingValue(func(v *derivedValue) { v.PresentationHeader = []byte("other") })},
		{"labels swapped", proofCheck, editingValue(func(v *derivedValue) { v.LabelMap[0], v.LabelMap[1] = v.LabelMap[1], v.LabelMap[0] })},
		{"labels not distinct", "derived-proof-value", editingValue(func(v *derivedValue) { v.LabelMap[0] = v.LabelMap[1] })},
		{"label negative", "derived-proof-value", editingValue(func(v *derivedValue) { v.LabelMap[0] = -1 })},
		{"label huge", "derived-proof-value", editingValue(func(v *derivedValue) { v.LabelMap[0] = 1 << 40 })},
		{"label too many", "label-map", editingValue(func(v *derivedValue) { v.LabelMap[2] = 9 })},
		{"label from nowhere", "derived-proof-value", editingValue(func(v *derivedValue) { v.LabelMap[5] = v.LabelMap[1]; delete(v.LabelMap, 1) })},
		{"mandatory index out of range", "mandatory-indexes", editingValue(func(v *derivedValue) { v.MandatoryIndexes[len(v.MandatoryIndexes)-1] = 100 })},
		{"mandatory index missing", "selective-indexes", editingValue(func(v *derivedValue) { v.MandatoryIndexes = v.MandatoryIndexes[1:] })},
		{"mandatory indexes unsorted", "derived-proof-value", editingValue(func(v *derivedValue) { slices.Reverse(v.MandatoryIndexes) })},
		{"mandatory index twice", "derived-proof-value", editingValue(func(v *derivedValue) { v.MandatoryIndexes[1] = v.MandatoryIndexes[0] })},
		{"selective index changed", proofCheck, editingValue(func(v *derivedValue) { v.SelectiveIndexes[0]++ })},
		{"selective index out of range", proofCheck, editingValue(func(v *derivedValue) { v.SelectiveIndexes[len(v.SelectiveIndexes)-1] = 500 })},
		{"selective indexes unsorted", "derived-proof-value", editingValue(func(v *derivedValue) { slices.Reverse(v.SelectiveIndexes) })},
		{"selective index negative", "derived-proof-value", editingValue(func(v *derivedValue) { v.SelectiveIndexes[0] = -3 })},

		{"duplicate member", "document-duplicate", []byte(strings.Replace(string(derived), `"issuer":`, `"issuer":"did:example:x","issuer":`, 1))},
		{"text after the document", "document-json", append(slices.Clone(derived), '}')},
		{"not UTF-8", "document-json", []byte(strings.Replace(string(derived), `"name 42"`, "\"name \xff\"", 1))},
		{"lone surrogate", "document-json", []byte(strings.Replace(string(derived), `"name 42"`, `"name \ud800"`, 1))},
		{"array instead of a document", "document-json", []byte("[" + string(derived) + "]")},
		{"nothing", "document-json", nil},
		{"depth 1,000", "document-depth", []byte(strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000))},
		{"10,000 statements", "document-size", editing(func(_, _, s map[string]any) {
			s[spec.Name] = slices.Collect(func(yield func(any) bool) {
				for n := 0; n < 10000 && yield(fmt.Sprint(n)); n++ {
				}
			})
		})},
		{"1,000 objects", "document-size", editing(func(_, _, s map[string]any) {
			s[spec.Name] = slices.Collect(func(yield func(any) bool) {
				for n := 0; n < 1000 && yield(map[string]any{spec.Sex: fmt.Sprint(n)}); n++ {
				}
			})
		})},
		{"a megabyte", "document-size", []byte(`{"a":"` + strings.Repeat("x", 1<<20) + `"}`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			started := time.Now()
			_, err := Verify(c.text, only(testKey()), []byte("nonce"))
			refused(t, err, c.check)
			if took := time.Since(started); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
	t.Run("another presentation header", func(t *testing.T) {
		for _, ph := range [][]byte{nil, []byte("nonc"), []byte("nonce2")} {
			_, err := Verify(derived, only(testKey()), ph)
			refused(t, err, "presentation-header")
		}
	})
	t.Run("key of another issuer", func(t *testing.T) {
		_, err := Verify(derived, func(string) (*bbs.PublicKey, error) { return stranger.PublicKey(), nil }, []byte("nonce"))
		refused(t, err, proofCheck)
	})
	t.Run("key that is not trusted", func(t *testing.T) {
		unknown := errors.New("unknown")
		_, err := Verify(derived, func(string) (*bbs.PublicKey, error) { return nil, unknown }, []byte("nonce"))
		refused(t, err, "verification-method")
		if !errors.Is(err, unknown) {
			t.Errorf("%v does not wrap the caller's error", err)
		}
		_, err = Verify(derived, func(string) (*bbs.PublicKey, error) { return nil, nil }, []byte("nonce"))
		refused(t, err, "verification-method")
	})
}

func TestDeriveRefuses(t *testing.T) {
	secured := issue(t, 42)
	derived, err := Derive(secured, nil, []byte("nonce"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, check string
		text        []byte
		pointer     string
	}{
		{"derived proof", "base-proof-value", derived, "/credentialSubject/name"},
		{"claim that is not there", "pointer", secured, "/credentialSubject/shoe_size"},
		{"claim at the wrong place", "pointer", secured, "/" + spec.AgeOver18},
		{"below a claim", "pointer", secured, "/credentialSubject/name/first"},
		{"context", "pointer", secured, "/@context"},
		{"part of the context", "pointer", secured, "/@context/0"},
		{"proof", "pointer", secured, "/proof"},
		{"proof value", "pointer", secured, "/proof/proofValue"},
		{"whole document", "pointer", secured, ""},
		{"empty member", "pointer", secured, "/"},
		{"no leading slash", "pointer", secured, "credentialSubject"},
		{"bad escape", "pointer", secured, "/credentialSubject/~2"},
		{"index past the end", "pointer", secured, "/type/2"},
		{"index -", "pointer", secured, "/type/-"},
		{"index with a zero in front", "pointer", secured, "/type/01"},
		{"index negative", "pointer", secured, "/type/-1"},
		{"giant pointer", "pointer", secured, "/" + strings.Repeat("x", 1<<20)},
		{"deep pointer", "pointer", secured, strings.Repeat("/x", 500)},
		{"changed mandatory statement", "header", edit(t, secured, func(d, _, _ map[string]any) { d["validFrom"] = "2020-01-01T00:00:00Z" }), "/type"},
		{"changed created", "header", edit(t, secured, func(_, p, _ map[string]any) { p["created"] = "2020-01-01T00:00:00Z" }), "/type"},
		{"unknown member", "unsigned-member", edit(t, secured, func(_, _, s map[string]any) { s["vip"] = true }), "/type"},
		{"unknown context", "context", edit(t, secured, func(d, _, _ map[string]any) { d["@context"] = []any{spec.CredentialsV2, "https://example.com/ctx"} }), "/type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Derive(c.text, []string{c.pointer}, []byte("nonce"))
			refused(t, err, c.check)
			_, err = Derive(c.text, []string{"/credentialSubject/" + spec.AgeOver18, c.pointer}, []byte("nonce"))
			refused(t, err, c.check)
		})
	}
	t.Run("giant presentation header", func(t *testing.T) {
		_, err := Derive(secured, nil, make([]byte, 1<<20))
		refused(t, err, "presentation-header")
	})
	t.Run("100,000 pointers", func(t *testing.T) {
		_, err := Derive(secured, slices.Repeat([]string{"/type"}, 100_000), nil)
		refused(t, err, "pointer")
	})
	t.Run("nothing selected and nothing mandatory", func(t *testing.T) {
		secured, err := CreateBaseProof(personDocument(personClaims(1), testKey()), Options{}, testKey())
		if err != nil {
			t.Fatal(err)
		}
		_, err = Derive(secured, nil, nil)
		refused(t, err, "pointer")
	})
}
