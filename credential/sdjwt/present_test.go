package sdjwt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/credential/sdjwt"
)

func TestParse(t *testing.T) {
	c, err := sdjwt.Parse(issued(t))
	if err != nil {
		t.Fatal(err)
	}
	if c.Issuer() != issuerID || c.Type() != typeID || c.KeyID() != "2026" || c.HasKeyBinding() {
		t.Errorf("issuer %q, type %q, key %q, bound %v", c.Issuer(), c.Type(), c.KeyID(), c.HasKeyBinding())
	}
	if !c.IssuedAt().Equal(day) || !c.NotBefore().Equal(day) || !c.Expires().Equal(day.AddDate(0, 2, 0)) {
		t.Errorf("times %v, %v, %v", c.IssuedAt(), c.NotBefore(), c.Expires())
	}
	if !holderKey.PublicKey.Equal(c.HolderKey().Key) {
		t.Error("another holder key")
	}
	claims := c.Claims()
	want := object{
		"iss": issuerID, "vct": typeID, "age_over_18": true, "name": "Specimen",
		"iat": float64(day.Unix()), "nbf": float64(day.Unix()), "exp": float64(day.AddDate(0, 2, 0).Unix()),
		"cnf":       object{"jwk": jwk(&holderKey.PublicKey)},
		"address":   object{"city": "Here", "street": "Nowhere 1"},
		"languages": []any{"zh", "en", "fr"},
	}
	if !reflect.DeepEqual(claims, want) {
		t.Errorf("claims %v, want %v", claims, want)
	}
	claims["address"].(object)["city"] = "There"
	if !reflect.DeepEqual(c.Claims(), want) {
		t.Error("changing the claims changes the credential")
	}
	paths := map[string]any{}
	for _, d := range c.Disclosures() {
		paths[toJSON(d.Path)] = d.Value
	}
	if wantPaths := (map[string]any{
		`["age_over_18"]`: true, `["name"]`: "Specimen", `["address"]`: want["address"], `["address","city"]`: "Here",
		`["languages"]`: want["languages"], `["languages",1]`: "en", `["languages",2]`: "fr",
	}); !reflect.DeepEqual(paths, wantPaths) {
		t.Errorf("disclosures %v, want %v", paths, wantPaths)
	}
}

func TestSelect(t *testing.T) {
	c, err := sdjwt.Parse(issued(t))
	if err != nil {
		t.Fatal(err)
	}
	path := func(components ...any) []any { return components }
	for _, tt := range []struct {
		name        string
		paths       [][]any
		want        object // besides the plain claims
		disclosures int
	}{
		{"nothing", nil, object{}, 0},
		{"a plain claim", [][]any{path("iss")}, object{}, 0},
		{"inside a plain claim", [][]any{path("cnf", "jwk", "crv")}, object{}, 0},
		{"one", [][]any{path("name")}, object{"name": "Specimen"}, 1},
		{"one twice", [][]any{path("name"), path("name")}, object{"name": "Specimen"}, 1},
		{"two", [][]any{path("name"), path("age_over_18")}, object{"name": "Specimen", "age_over_18": true}, 2},
		{"a nested one, with its parent", [][]any{path("address", "city")}, object{"address": object{"city": "Here", "street": "Nowhere 1"}}, 2},
		{"beside a nested one", [][]any{path("address", "street")}, object{"address": object{"street": "Nowhere 1"}}, 1},
		{"a whole claim", [][]any{path("address")}, object{"address": object{"city": "Here", "street": "Nowhere 1"}}, 2},
		{"an element", [][]any{path("languages", 2)}, object{"languages": []any{"zh", "fr"}}, 2},
		{"a plain element", [][]any{path("languages", 0)}, object{"languages": []any{"zh"}}, 1},
		{"an element, index from JSON", [][]any{path("languages", 2.0)}, object{"languages": []any{"zh", "fr"}}, 2},
		{"an element, index as json.Number", [][]any{path("languages", json.Number("1"))}, object{"languages": []any{"zh", "en"}}, 2},
		{"an element, index as int64", [][]any{path("languages", int64(1))}, object{"languages": []any{"zh", "en"}}, 2},
		{"all elements", [][]any{path("languages", nil)}, object{"languages": []any{"zh", "en", "fr"}}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := c.Select(tt.paths...)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(s, "~") - 1; n != tt.disclosures || !strings.HasSuffix(s, "~") {
				t.Errorf("%d disclosures in %s, want %d", n, s, tt.disclosures)
			}
			v, err := sdjwt.Verify(s, trusted, policy)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"iss", "vct", "iat", "nbf", "exp", "cnf"} {
				delete(v.Claims, name)
			}
			if !reflect.DeepEqual(v.Claims, tt.want) {
				t.Errorf("verified %v, want %v", v.Claims, tt.want)
			}
		})
	}
	for _, tt := range []struct {
		name string
		path []any
	}{
		{"empty path", path()},
		{"no such claim", path("nick_name")},
		{"no such claim inside", path("address", "planet")},
		{"inside a string", path("name", "first")},
		{"element of an object", path("address", 0)},
		{"member of an array", path("languages", "zh")},
		{"elements of an object", path("address", nil)},
		{"index out of range", path("languages", 3)},
		{"negative index", path("languages", -1)},
		{"index that is no whole number", path("languages", 0.5)},
		{"index as a string", path("languages", "0")},
		{"a boolean", path("languages", true)},
		{"an index beyond all numbers", path("languages", json.Number("1e999"))},
		{"an index that is infinite", path("languages", math.Inf(1))},
		{"an index that is not a number", path("languages", math.NaN())},
		{"_sd", path("_sd")},
		{"very long", make([]any, 1000)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := c.Select(path("name"), tt.path)
			refused(t, err, "claim-path")
			if s != "" {
				t.Errorf("presentation %q beside the error", s)
			}
		})
	}
}

func TestSelectPassesOverElementsWithoutTheMember(t *testing.T) {
	with := template()
	with.Disclosable = object{"degrees": []any{
		object{"type": sdjwt.Selective{Value: "BSc"}, "from": sdjwt.Selective{Value: "A"}},
		sdjwt.Selective{Value: object{"from": "B"}},
		sdjwt.Selective{Value: object{"type": "MSc"}},
	}}
	s, err := sdjwt.Issue(issuerSigner, with)
	if err != nil {
		t.Fatal(err)
	}
	c, err := sdjwt.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	s, err = c.Select([]any{"degrees", nil, "type"})
	if err != nil {
		t.Fatal(err)
	}
	v, err := sdjwt.Verify(s, trusted, policy)
	if err != nil {
		t.Fatal(err)
	}
	if want := []any{object{"type": "BSc"}, object{"type": "MSc"}}; !reflect.DeepEqual(v.Claims["degrees"], want) {
		t.Errorf("verified %v, want %v", v.Claims["degrees"], want)
	}
}

// Every algorithm for either signature, every hash, keys at hand or in a
// store.
func TestRoundTrip(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ed := newEd25519()
	keys := map[string]struct {
		signing jose.SigningKey
		public  *jose.JSONWebKey
	}{
		"ES256":         {jose.SigningKey{Algorithm: jose.ES256, Key: otherKey}, public(otherKey)},
		"ES384":         {jose.SigningKey{Algorithm: jose.ES384, Key: p384}, public(p384)},
		"EdDSA":         {jose.SigningKey{Algorithm: jose.EdDSA, Key: ed}, &jose.JSONWebKey{Key: ed.Public()}},
		"JWK":           {jose.SigningKey{Algorithm: jose.EdDSA, Key: &jose.JSONWebKey{Key: ed, KeyID: "ed"}}, &jose.JSONWebKey{Key: ed.Public(), Algorithm: "EdDSA", Use: "sig"}},
		"opaque signer": {jose.SigningKey{Algorithm: jose.ES256, Key: opaque{otherKey, es256(otherKey), "kms-7"}}, public(otherKey)},
	}
	for name, key := range keys {
		for _, hash := range []crypto.Hash{0, crypto.SHA384, crypto.SHA512} {
			t.Run(name+" "+hash.String(), func(t *testing.T) {
				with := template()
				with.HolderKey, with.Hash = key.public, hash
				s, err := sdjwt.Issue(key.signing, with)
				if err != nil {
					t.Fatal(err)
				}
				answer := func(jws.Signer) (*jose.JSONWebKey, error) { return key.public, nil }
				if _, err := sdjwt.VerifyIssued(s, answer, policy); err != nil {
					t.Fatal(err)
				}
				c, err := sdjwt.Parse(s)
				if err != nil {
					t.Fatal(err)
				}
				if s, err = c.Select([]any{"name"}); err != nil {
					t.Fatal(err)
				}
				if s, err = sdjwt.Bind(s, key.signing, nonce, audience, now); err != nil {
					t.Fatal(err)
				}
				v, err := sdjwt.Verify(s, answer, bound)
				if err != nil {
					t.Fatal(err)
				}
				if !v.KeyBound || v.Claims["name"] != "Specimen" || v.Issuer != issuerID || v.Type != typeID {
					t.Errorf("verified %+v", v)
				}
			})
		}
	}
}

// A wallet's names for its keys stay in the wallet.
func TestBindSendsNoKeyIdentifier(t *testing.T) {
	for _, key := range []any{
		jose.JSONWebKey{Key: holderKey, KeyID: "kms-7"},
		&jose.JSONWebKey{Key: holderKey, KeyID: "kms-7"},
		opaque{holderKey, es256(holderKey), "kms-7"},
	} {
		c, err := sdjwt.Parse(issued(t))
		if err != nil {
			t.Fatal(err)
		}
		s, err := c.Select()
		if err != nil {
			t.Fatal(err)
		}
		s, err = sdjwt.Bind(s, jose.SigningKey{Algorithm: jose.ES256, Key: key}, nonce, audience, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := decode(t, part(t, s[strings.LastIndexByte(s, '~')+1:], 0)); !reflect.DeepEqual(got, bindingHeader()) {
			t.Errorf("%T: header %v", key, got)
		}
	}
}

func TestBindRefuses(t *testing.T) {
	c, err := sdjwt.Parse(issued(t))
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Select([]any{"name"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, presentation, nonce, audience string
		key                                 *ecdsa.PrivateKey
		at                                  time.Time
	}{
		{"no nonce", s, "", audience, holderKey, now},
		{"no audience", s, nonce, "", holderKey, now},
		{"no time", s, nonce, audience, holderKey, time.Time{}},
		{"another key than the credential's", s, nonce, audience, otherKey, now},
		{"already bound", presented(t), nonce, audience, holderKey, now},
		{"trailing tilde missing", strings.TrimSuffix(s, "~"), nonce, audience, holderKey, now},
		{"credential without a key", forge(header(), with(payload(), object{"cnf": nil})), nonce, audience, holderKey, now},
		{"nonce too long to be accepted", s, strings.Repeat("n", sdjwt.MaxKeyBinding), audience, holderKey, now},
		{"not a credential", "x~", nonce, audience, holderKey, now},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := sdjwt.Bind(tt.presentation, jose.SigningKey{Algorithm: jose.ES256, Key: tt.key}, tt.nonce, tt.audience, tt.at); err == nil || got != "" {
				t.Errorf("bound %s", got)
			}
		})
	}
}

func TestVerifyAcceptsOtherTypesOfTheCredential(t *testing.T) {
	s := forge(header(), with(payload(), object{"vct": "urn:example:pid:there:1", "aka_vcts": []any{typeID}}))
	v, err := sdjwt.Verify(s, trusted, policy)
	if err != nil {
		t.Fatal(err)
	}
	if v.Type != "urn:example:pid:there:1" {
		t.Errorf("type %q", v.Type)
	}
}

func TestVerifyAcceptsCredentialForItsAudience(t *testing.T) {
	for _, aud := range []any{audience, []any{"x", audience}} {
		s := forge(header(), with(payload(), object{"aud": aud}))
		if _, err := sdjwt.Verify(bind(s, bindingHeader(), bindingPayload(s), holderKey), trusted, bound); err != nil {
			t.Error(err)
		}
	}
}
