package sdjwt_test

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/credential/sdjwt"
)

func seeds(f *testing.F) {
	f.Add(issued(f))
	f.Add(presented(f, "name", "address"))
	name, sum := disclose([]any{"s", "name", object{"_sd": []any{}}})
	f.Add(forge(header(), with(payload(), object{"_sd": []any{sum}, "_sd_alg": "sha-256"}), name))
	element, sum := disclose([]any{"s", []any{object{"...": sum}}})
	f.Add(forge(header(), with(payload(), object{"a": []any{object{"...": sum}}}), element, name))
	f.Add("~")
	f.Add("a.b.c~d~e.f.g")
}

// FuzzParse: no panic, only typed errors, and what is parsed can be selected
// in full and parsed to the same claims again.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		c, err := sdjwt.Parse(s)
		if err != nil {
			var e *credential.Error
			if !errors.As(err, &e) {
				t.Fatalf("%v is not a *credential.Error", err)
			}
			return
		}
		var paths [][]any
		for _, d := range c.Disclosures() {
			paths = append(paths, d.Path)
		}
		whole, err := c.Select(paths...)
		if err != nil {
			t.Fatal(err)
		}
		again, err := sdjwt.Parse(whole)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(c.Claims(), again.Claims()) {
			t.Fatalf("%v became %v", c.Claims(), again.Claims())
		}
	})
}

// FuzzVerify: no panic, and whatever the fuzzer makes out of presentations
// of one credential, nothing is accepted that its issuer did not sign, and
// nothing as bound to its holder that the holder did not bind.
func FuzzVerify(f *testing.F) {
	var v struct {
		IssuerKey    *jose.JSONWebKey `json:"issuer_key"`
		Issued       string
		Nonce        string
		Audience     string
		At           time.Time
		Presentation string
		Claims       map[string]any
	}
	data, err := os.ReadFile("testdata/vectors/everything.json")
	if err != nil {
		f.Fatal(err)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		f.Fatal(err)
	}
	answer := func(jws.Signer) (*jose.JSONWebKey, error) { return v.IssuerKey, nil }
	loose := sdjwt.Policy{Now: v.At}
	strict := sdjwt.Policy{Now: v.At, KeyBinding: &sdjwt.KeyBinding{Nonce: v.Nonce, Audience: v.Audience}}
	if _, err := sdjwt.Verify(v.Presentation, answer, strict); err != nil {
		f.Fatal(err)
	}
	text, sum := disclose([]any{"s", "name", "Somebody Else"})
	f.Add(v.Presentation)
	f.Add(v.Issued)
	f.Add(v.Issued + text + "~")
	f.Add(forge(header(), with(payload(), object{"_sd": []any{sum}}), text))
	f.Add("~")
	f.Fuzz(func(t *testing.T, s string) {
		for _, p := range []sdjwt.Policy{loose, strict} {
			got, err := sdjwt.Verify(s, answer, p)
			if err != nil {
				var e *credential.Error
				if !errors.As(err, &e) {
					t.Fatalf("%v is not a *credential.Error", err)
				}
				continue
			}
			for name, claim := range got.Claims {
				if !reflect.DeepEqual(claim, v.Claims[name]) {
					t.Fatalf("%s: %v, signed was %v", name, claim, v.Claims[name])
				}
			}
			if got.KeyBound != (p.KeyBinding != nil) || got.KeyBound && s != v.Presentation {
				t.Fatalf("taken for the holder's presentation: %s", s)
			}
		}
	})
}
