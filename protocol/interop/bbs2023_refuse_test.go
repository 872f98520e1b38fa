package interop

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
)

// refuse changes what was accepted, and demands that we or they refuse the
// first so many changes.
func (p *bbs2023Pair) refuse(t *testing.T, r *row, good shownCredential, understood, secured document, we bool, first int) {
	t.Helper()
	for i, test := range []struct {
		name             string
		change           func(s *shownCredential)
		ourWhy, theirWhy string // theirs is empty where they accept it
	}{
		{"a changed claim", func(s *shownCredential) { changeFirst(s.Credential["credentialSubject"]) }, "bbs-proof", "Invalid signature"},
		{"a claim added", func(s *shownCredential) { s.Credential["credentialSubject"].(document)["sex"] = "male" }, "selective-indexes", "Number of disclosed messages"},
		{"a mandatory claim changed", func(s *shownCredential) { s.Credential["issuer"] = "did:example:another" }, "issuer", "Invalid signature"},
		{"a mandatory claim removed", func(s *shownCredential) { delete(s.Credential, "issuer") }, "mandatory-indexes or selective-indexes", "\"issuer\" property is required"},
		{"a wrong key", func(s *shownCredential) { s.Swap = multibase(p.otherKey) }, "bbs-proof", "Invalid signature"},
		{"the wrong key's name", func(s *shownCredential) {
			s.Credential["proof"].(document)["verificationMethod"] = bbs2023.VerificationMethod(p.otherKey)
		}, "issuer", "Invalid signature"},
		{"a changed proof option", func(s *shownCredential) { s.Credential["proof"].(document)["created"] = "2025-01-01T00:00:00Z" }, "bbs-proof", "Invalid signature"},
		// Theirs stumbles over its own answer of false, and refuses by that.
		{"another presentation header", func(s *shownCredential) { s.PresentationHeader = []byte("another") }, "presentation-header", "Cannot read properties"},
		{"changed octets in the proof", func(s *shownCredential) { changeOctets(t, s.Credential) }, "bbs-proof", "Invalid signature"},
		{"another presentation header in the proof too", func(s *shownCredential) {
			s.PresentationHeader = slices.Concat(s.PresentationHeader[:len(s.PresentationHeader)-1], []byte("X"))
			editValue(t, s.Credential, func(v []any) { v[4] = s.PresentationHeader })
		}, "bbs-proof", "Invalid signature"},
		{"a context added to the document", func(s *shownCredential) {
			s.Credential["@context"] = append(s.Credential["@context"].([]any), document{"more": "https://another.example/more"})
		}, "context", ""},
		{"the base proof", func(s *shownCredential) { s.Credential = copied(t, secured) }, "derived-proof-value", "does not include a valid"},
	} {
		if i == first {
			break
		}
		bad := good
		bad.Credential = copied(t, good.Credential)
		test.change(&bad)
		if we {
			r.refuses(t, test.name, p.weVerify(bad, understood), test.ourWhy)
		} else if test.theirWhy == "" {
			r.gap(t, test.name+": the library leaves contexts to its caller", p.call("verify", bad, nil))
		} else {
			r.refuses(t, test.name, p.call("verify", bad, nil), test.theirWhy)
		}
	}
}

func multibase(pk *bbs.PublicKey) string { return strings.TrimPrefix(bbs2023.Issuer(pk), "did:key:") }

func copied(t *testing.T, d document) document {
	t.Helper()
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return parsed(t, string(text))
}

// changeFirst changes one literal below v.
func changeFirst(v any) bool {
	switch v := v.(type) {
	case document:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			switch child := v[name].(type) {
			case string:
				if name == "id" || name == "type" {
					continue
				}
				v[name] = child + "!"
				return true
			case bool:
				v[name] = !child
				return true
			}
			if changeFirst(v[name]) {
				return true
			}
		}
	case []any:
		for i := range v {
			if s, ok := v[i].(string); ok {
				v[i] = s + "!"
				return true
			}
			if changeFirst(v[i]) {
				return true
			}
		}
	}
	return false
}

func editValue(t *testing.T, d document, change func(v []any)) {
	t.Helper()
	v, err := proofValue(d)
	if err != nil {
		t.Fatal(err)
	}
	change(v)
	deterministic, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		t.Fatal(err)
	}
	octets, err := deterministic.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	d["proof"].(document)["proofValue"] = "u" + base64.RawURLEncoding.EncodeToString(slices.Concat([]byte{0xd9, 0x5d, 0x03}, octets))
}

func changeOctets(t *testing.T, d document) {
	t.Helper()
	editValue(t, d, func(v []any) {
		proof := slices.Clone(v[0].([]byte))
		proof[len(proof)-1] ^= 1
		v[0] = proof
	})
}
