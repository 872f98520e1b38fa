package bbs2023

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/piprate/json-gold/ld"
	"pgregory.net/rapid"
)

// Graphs of few predicates and many blank nodes, so that nodes look alike,
// against an independent implementation.
func TestCanonicalizationAgreesWithJSONGold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		node := func(name string) term {
			return term{blank: fmt.Sprint("n", rapid.IntRange(0, 5).Draw(t, name))}
		}
		seen := map[statement]bool{}
		var statements []statement
		for range rapid.IntRange(1, 9).Draw(t, "statements") {
			s := statement{node("subject"), "urn:p" + fmt.Sprint(rapid.IntRange(0, 1).Draw(t, "predicate")), node("object")}
			if rapid.IntRange(0, 4).Draw(t, "literal") == 0 {
				s.object = term{text: "a \"quoted\"\ntext", datatype: xsd + "string"}
			}
			// json-gold counts a statement about a node and itself twice.
			if !seen[s] && s.subject != s.object {
				seen[s] = true
				statements = append(statements, s)
			}
		}
		canonical, err := canonicalLabels(statements)
		if err != nil {
			t.Fatal(err)
		}
		var quads strings.Builder
		for _, s := range statements {
			quads.WriteString(s.line(func(label string) string { return label }))
		}
		want, err := ld.NewJsonLdProcessor().Normalize(quads.String(), &ld.JsonLdOptions{
			InputFormat: "application/n-quads", Format: "application/n-quads", Algorithm: ld.AlgorithmURDNA2015,
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(canonicalLines(statements, "c14n", canonical), ""); got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	})
}

func TestCanonicalLiterals(t *testing.T) {
	for _, c := range []struct {
		value    any
		datatype string
		want     string
	}{
		{"tab\tbell\adel\x7f back\\slash \"q\" 北京", "", `"tab\tbell\u0007del\u007F back\\slash \"q\" 北京"`},
		{true, "", `"true"^^<` + xsd + `boolean>`},
		{7.0, "", `"7"^^<` + xsd + `integer>`},
		{-12.0, "", `"-12"^^<` + xsd + `integer>`},
		{7.0, xsd + "double", `"7.0E0"^^<` + xsd + `double>`},
		{7.8, "", `"7.8E0"^^<` + xsd + `double>`},
		{0.00012, "", `"1.2E-4"^^<` + xsd + `double>`},
		{1e20, "", `"100000000000000000000"^^<` + xsd + `integer>`},
		{1e21, "", `"1.0E21"^^<` + xsd + `double>`},
		{-1.5e300, "", `"-1.5E300"^^<` + xsd + `double>`},
		{math.MaxInt64 * 1.0, "", `"9223372036854775808"^^<` + xsd + `integer>`},
	} {
		literal, err := toLiteral(c.value, c.datatype, "")
		if err != nil {
			t.Errorf("%v: %v", c.value, err)
			continue
		}
		var b strings.Builder
		literal.write(&b, nil)
		if b.String() != c.want {
			t.Errorf("%v gives %s, want %s", c.value, b.String(), c.want)
		}
	}
}

func TestNumbersAreCarriedExactlyOrRefused(t *testing.T) {
	for _, s := range []string{"1", "-1", "0", "1.5", "123456789012345", "1e300", "1E-5", "0.1", "100000000000000000"} {
		if _, err := parseNumber(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range []string{"-0", "-0.0", "1e-400", "1e400", "1234567890123456", "0.1234567890123456", "9007199254740993"} {
		if f, err := parseNumber(s); err == nil {
			t.Errorf("%s read as %v", s, f)
		}
	}
}

// Whatever part of a document is derived verifies, and is that part.
func TestEveryDisclosureVerifies(t *testing.T) {
	context := []any{"https://www.w3.org/ns/credentials/v2", map[string]any{"@vocab": "https://example.com/vocab#"}}
	rapid.Check(t, func(t *rapid.T) {
		var pointers []string
		var build func(at string, depth int) map[string]any
		build = func(at string, depth int) map[string]any {
			object := map[string]any{}
			for n := range rapid.IntRange(1, 3).Draw(t, "members") {
				name := fmt.Sprint("m~/", n)
				here := at + "/m~0~1" + fmt.Sprint(n)
				pointers = append(pointers, here)
				switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
				case kind == 0 && depth > 0:
					object[name] = build(here, depth-1)
				case kind == 1 && depth > 0:
					var list []any
					for i := range rapid.IntRange(1, 3).Draw(t, "elements") {
						pointers = append(pointers, fmt.Sprint(here, "/", i))
						list = append(list, build(fmt.Sprint(here, "/", i), depth-1))
					}
					object[name] = list
				case kind == 2:
					object[name] = rapid.Bool().Draw(t, "bool")
				case kind == 3:
					object[name] = float64(rapid.IntRange(-1000, 1000).Draw(t, "number")) / 8
				default:
					object[name] = rapid.StringOfN(rapid.RuneFrom([]rune("aé\n\"\\<>&北😀\x00\u2028")), 0, 8, -1).Draw(t, "string")
				}
			}
			return object
		}
		document := map[string]any{
			"@context": context, "type": []any{"VerifiableCredential"}, "issuer": "https://example.com/issuer",
			"credentialSubject": build("/credentialSubject", 2),
		}
		text, err := marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		mandatory := append([]string{"/issuer"}, rapid.SliceOfN(rapid.SampledFrom(pointers), 0, 2).Draw(t, "mandatory")...)
		selective := rapid.SliceOfN(rapid.SampledFrom(pointers), 0, 4).Draw(t, "selective")
		secured, err := CreateBaseProof(text, Options{MandatoryPointers: mandatory}, testKey())
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		derived, err := Derive(secured, selective, []byte("nonce"))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		v, err := Policy{Context: context}.Verify(derived, only(testKey()), []byte("nonce"))
		if err != nil {
			t.Fatalf("%s: %v", derived, err)
		}
		s, err := selectPointers(document, append(mandatory, selective...))
		if err != nil {
			t.Fatal(err)
		}
		want, _ := marshal(s.apply(document))
		got, _ := marshal(v.Document)
		if string(got) != string(want) {
			t.Fatalf("derived\n%s\nwant\n%s", got, want)
		}
	})
}
