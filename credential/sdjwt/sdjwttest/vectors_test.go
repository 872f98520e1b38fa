package sdjwttest_test

import (
	"crypto"
	"encoding/json"
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/credential/sdjwt/sdjwttest"
)

var update = flag.Bool("update", false, "write the vectors anew")

const folder = "../testdata/vectors"

// A vector is a credential with a presentation of it, made by this project's
// own code and pinned.
type vector struct {
	Description  string           `json:"description"`
	Seed         string           `json:"seed"`
	IssuerKey    *jose.JSONWebKey `json:"issuer_key"`
	HolderKey    *jose.JSONWebKey `json:"holder_key,omitempty"`
	Issued       string           `json:"issued"`
	Select       [][]any          `json:"select"`
	Nonce        string           `json:"nonce,omitempty"`
	Audience     string           `json:"audience,omitempty"`
	At           time.Time        `json:"at"`
	Presentation string           `json:"presentation"`
	Claims       map[string]any   `json:"claims,omitempty"`
	Refused      string           `json:"refused,omitempty"` // the check
}

var start = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func template() sdjwt.Template {
	return sdjwt.Template{
		Issuer: "https://issuer.example", Type: "https://issuer.example/vct/person/1",
		IssuedAt: start, NotBefore: start, Expires: start.AddDate(0, 2, 0),
		Disclosable: map[string]any{"real_person": true, "age_over_18": true, "name": "样例 <Möbius> & 𝕊", "birth_date": "1990-02-03"},
		Decoys:      3,
	}
}

// cases tells how each vector is made.
var cases = map[string]struct {
	description string
	ed25519     bool
	unbound     bool
	change      func(*sdjwt.Template)
	selected    [][]any
}{
	"flat-es256":  {description: "four flat claims, one shown", selected: [][]any{{"age_over_18"}}},
	"flat-eddsa":  {description: "four flat claims, one shown, EdDSA", ed25519: true, selected: [][]any{{"age_over_18"}}},
	"nothing":     {description: "four flat claims, none shown", selected: [][]any{}},
	"everything":  {description: "four flat claims, all shown", selected: [][]any{{"name"}, {"birth_date"}, {"real_person"}, {"age_over_18"}}},
	"unbound":     {description: "no key binding", unbound: true, selected: [][]any{{"name"}}},
	"sha-384":     {description: "digests with SHA-384", change: func(t *sdjwt.Template) { t.Hash = crypto.SHA384 }, selected: [][]any{{"name"}}},
	"sha-512":     {description: "digests with SHA-512", change: func(t *sdjwt.Template) { t.Hash = crypto.SHA512 }, selected: [][]any{{"name"}}},
	"plain-only":  {description: "nothing to withhold", change: func(t *sdjwt.Template) { t.Claims, t.Disclosable, t.Decoys = t.Disclosable, nil, 0 }, selected: [][]any{}},
	"recursive":   {description: "a nested claim with its parents", change: nest, selected: [][]any{{"address", "city", "name"}}},
	"structured":  {description: "a withheld member of a plain object", change: structure, selected: [][]any{{"address", "city"}}},
	"elements":    {description: "two of four elements, one of them plain", change: list, selected: [][]any{{"languages", 2}}},
	"all-degrees": {description: "a wildcard", change: degrees, selected: [][]any{{"degrees", nil, "type"}}},
}

// spoilt tells how vectors that must be refused come from those above.
var spoilt = map[string]struct {
	from, description, check string
	change                   func(v *vector)
}{
	"refused-key-binding-stripped": {"flat-es256", "the Key Binding JWT is missing", "key-binding-required",
		func(v *vector) { v.Presentation = v.Presentation[:strings.LastIndexByte(v.Presentation, '~')+1] }},
	"refused-nonce": {"flat-es256", "bound to another nonce", "key-binding-nonce",
		func(v *vector) { v.Nonce += "x" }},
	"refused-audience": {"flat-es256", "bound to the client_id without its prefix", "key-binding-audience",
		func(v *vector) { v.Audience = strings.TrimPrefix(v.Audience, "redirect_uri:") }},
	"refused-too-old": {"flat-es256", "bound a day before", "key-binding-time",
		func(v *vector) { v.At = v.At.AddDate(0, 0, 1) }},
	"refused-expired": {"flat-es256", "after exp", "expired",
		func(v *vector) { v.At = v.At.AddDate(1, 0, 0) }},
	"refused-disclosure-removed": {"everything", "a disclosure removed after binding", "key-binding-hash",
		func(v *vector) {
			parts := strings.Split(v.Presentation, "~")
			v.Presentation = strings.Join(slices.Delete(parts, 1, 2), "~")
		}},
	"refused-disclosure-twice": {"unbound", "a disclosure sent twice", "disclosure-duplicate",
		func(v *vector) { v.Presentation += strings.SplitAfter(v.Presentation, "~")[1] }},
	"refused-tilde": {"unbound", "the trailing tilde is missing", "trailing-tilde",
		func(v *vector) { v.Presentation = strings.TrimSuffix(v.Presentation, "~") }},
	"refused-parent-missing": {"recursive", "a nested disclosure without its parents", "disclosure-unreferenced",
		func(v *vector) {
			parts := strings.SplitAfter(v.Presentation, "~")
			v.Presentation = parts[0] + parts[len(parts)-2] // the innermost claim
			v.Nonce, v.Audience = "", ""
		}},
	"refused-issuer-key": {"unbound", "signed with another key", "issuer-signature",
		func(v *vector) { _, v.IssuerKey = sdjwttest.P256Key("another issuer", "2026-11") }},
}

func nest(t *sdjwt.Template) {
	t.Disclosable = map[string]any{"address": map[string]any{
		"street": "Nowhere 1",
		"city":   sdjwt.Selective{Value: map[string]any{"name": sdjwt.Selective{Value: "Here"}, "code": sdjwt.Selective{Value: 12345}}},
	}}
}

func structure(t *sdjwt.Template) {
	t.Disclosable = nil
	t.Claims = map[string]any{"address": map[string]any{"street": sdjwt.Selective{Value: "Nowhere 1"}, "city": sdjwt.Selective{Value: "Here"}, "country": "XX"}}
}

func list(t *sdjwt.Template) {
	t.Claims = map[string]any{"languages": []any{"zh", sdjwt.Selective{Value: "en"}, sdjwt.Selective{Value: "fr"}, sdjwt.Selective{Value: nil}}}
}

func degrees(t *sdjwt.Template) {
	t.Disclosable = map[string]any{"degrees": []any{
		map[string]any{"type": sdjwt.Selective{Value: "BSc"}, "from": sdjwt.Selective{Value: "A"}},
		sdjwt.Selective{Value: map[string]any{"type": "MSc", "from": sdjwt.Selective{Value: "B"}}},
	}}
}

func remake(t *testing.T, name string) vector {
	t.Helper()
	if bad, ok := spoilt[name]; ok {
		v := remake(t, bad.from)
		v.Description, v.Refused, v.Claims = bad.description, bad.check, nil
		bad.change(&v)
		return v
	}
	tt, ok := cases[name]
	if !ok {
		t.Fatalf("no code makes vector %s", name)
	}
	key := sdjwttest.P256Key
	if tt.ed25519 {
		key = sdjwttest.Ed25519Key
	}
	v := vector{Description: tt.description, Seed: name, Select: tt.selected, At: start.AddDate(0, 0, 20)}
	issuer, issuerPublic := key(name+" issuer", "2026-11")
	holder, holderPublic := key(name+" holder", "")
	v.IssuerKey = issuerPublic
	made := template()
	if tt.change != nil {
		tt.change(&made)
	}
	if !tt.unbound {
		v.HolderKey, v.Nonce, v.Audience = holderPublic, "n-0S6_WzA2Mj", "redirect_uri:https://platform.example/back"
		made.HolderKey = holderPublic
	}
	var err error
	if v.Issued, err = sdjwttest.Issue(name, issuer, made); err != nil {
		t.Fatal(err)
	}
	c, err := sdjwt.Parse(v.Issued)
	if err != nil {
		t.Fatal(err)
	}
	if v.Presentation, err = c.Select(tt.selected...); err != nil {
		t.Fatal(err)
	}
	if !tt.unbound {
		if v.Presentation, err = sdjwt.Bind(v.Presentation, holder, v.Nonce, v.Audience, v.At); err != nil {
			t.Fatal(err)
		}
	}
	verified, err := v.verify()
	if err != nil {
		t.Fatal(err)
	}
	v.Claims = verified.Claims
	return v
}

func (v vector) verify() (*sdjwt.Verified, error) {
	p := sdjwt.Policy{Now: v.At}
	if v.Nonce != "" {
		p.KeyBinding = &sdjwt.KeyBinding{Nonce: v.Nonce, Audience: v.Audience}
	}
	return sdjwt.Verify(v.Presentation, func(jws.Signer) (*jose.JSONWebKey, error) { return v.IssuerKey, nil }, p)
}

// TestVectors makes every vector again and compares it, byte for byte, and
// verifies what is in the files.
func TestVectors(t *testing.T) {
	if *update {
		names := slices.AppendSeq(slices.Collect(maps.Keys(cases)), maps.Keys(spoilt))
		for _, name := range names {
			data, err := json.MarshalIndent(remake(t, name), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, name+".json"), append(data, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(cases)+len(spoilt) {
		t.Fatalf("%d vectors in %s, want %d", len(files), folder, len(cases)+len(spoilt))
	}
	for _, file := range files {
		name := filepath.Base(file[:len(file)-len(".json")])
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var want vector
			if err := json.Unmarshal(data, &want); err != nil {
				t.Fatal(err)
			}
			verified, err := want.verify()
			switch {
			case want.Refused == "" && err != nil:
				t.Fatal(err)
			case want.Refused == "" && !reflect.DeepEqual(verified.Claims, want.Claims):
				t.Errorf("claims %v, want %v", verified.Claims, want.Claims)
			case want.Refused != "":
				var e *credential.Error
				if !errors.As(err, &e) || e.Check != want.Refused {
					t.Errorf("error %v, want check %q", err, want.Refused)
				}
			}
			got := remake(t, name)
			if got.Issued != want.Issued {
				t.Errorf("issued %s\nwant %s", got.Issued, want.Issued)
			}
			if got.Presentation != want.Presentation {
				t.Errorf("presentation %s\nwant %s", got.Presentation, want.Presentation)
			}
		})
	}
}
