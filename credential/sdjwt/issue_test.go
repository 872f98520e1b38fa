package sdjwt_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/sdjwt"
)

// part decodes the n-th part of the JWT that s starts with.
func part(t *testing.T, s string, n int) []byte {
	t.Helper()
	jwt, _, _ := strings.Cut(s, "~")
	data, err := base64.RawURLEncoding.DecodeString(strings.Split(jwt, ".")[n])
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decode(t *testing.T, data []byte) object {
	t.Helper()
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestIssueHidesWhatIsDisclosable(t *testing.T) {
	s := issued(t)
	if want := (object{"alg": "ES256", "typ": "dc+sd-jwt", "kid": "2026"}); !reflect.DeepEqual(decode(t, part(t, s, 0)), want) {
		t.Errorf("header %s, want %v", part(t, s, 0), want)
	}
	claims := decode(t, part(t, s, 1))
	digests := claims["_sd"].([]any)
	if len(digests) != 4+2 {
		t.Errorf("%d digests, want 4 and 2 decoys", len(digests))
	}
	if !slices.IsSortedFunc(digests, func(a, b any) int { return strings.Compare(a.(string), b.(string)) }) {
		t.Error("digests are not sorted")
	}
	delete(claims, "_sd")
	want := object{
		"iss": issuerID, "vct": typeID, "_sd_alg": "sha-256",
		"iat": float64(day.Unix()), "nbf": float64(day.Unix()), "exp": float64(day.AddDate(0, 2, 0).Unix()),
		"cnf": object{"jwk": jwk(&holderKey.PublicKey)},
	}
	if !reflect.DeepEqual(claims, want) {
		t.Errorf("in plain sight: %v, want %v", claims, want)
	}
	if n := strings.Count(s, "~"); n != 1+4+3 {
		t.Errorf("%d tildes, want one and one for each of 7 disclosures", n)
	}
}

// The members of the holder's key come in the order that did:jwk needs, and
// nothing that names or certifies it.
func TestIssueWritesBareHolderKey(t *testing.T) {
	with := template()
	with.HolderKey = &jose.JSONWebKey{Key: &holderKey.PublicKey, KeyID: "my phone", Use: "sig", Algorithm: "ES256"}
	s, err := sdjwt.Issue(issuerSigner, with)
	if err != nil {
		t.Fatal(err)
	}
	if data := part(t, s, 1); !bytes.Contains(data, []byte(`"cnf":{"jwk":{"crv":"P-256","kty":"EC","x":"`)) || bytes.Contains(data, []byte("my phone")) {
		t.Errorf("payload %s", data)
	}
}

// Batch copies share nothing but what the template says in plain sight.
func TestIssueUsesFreshSalts(t *testing.T) {
	const size = 22 // characters of 128 bits
	seen := map[string]bool{}
	for range 20 {
		s := issued(t)
		components := strings.Split(s, "~")
		for _, text := range components[1 : len(components)-1] {
			data, err := base64.RawURLEncoding.DecodeString(text)
			if err != nil {
				t.Fatal(err)
			}
			var array []any
			if err := json.Unmarshal(data, &array); err != nil {
				t.Fatal(err)
			}
			salt := array[0].(string)
			if len(salt) != size || seen[salt] {
				t.Fatalf("salt %q repeated or not of 128 bits", salt)
			}
			seen[salt] = true
		}
		for _, sum := range decode(t, part(t, s, 1))["_sd"].([]any) {
			if seen[sum.(string)] {
				t.Fatalf("digest %v repeated", sum)
			}
			seen[sum.(string)] = true
		}
	}
}

// The order of the disclosures must not be that of the claims.
func TestIssueShufflesDisclosures(t *testing.T) {
	orders := map[string]bool{}
	for range 20 {
		c, err := sdjwt.Parse(issued(t))
		if err != nil {
			t.Fatal(err)
		}
		var order string
		for _, d := range c.Disclosures() {
			order += toJSON(d.Path)
		}
		orders[order] = true
	}
	if len(orders) < 10 {
		t.Errorf("%d different orders in 20 credentials", len(orders))
	}
}

func TestIssueWithoutDisclosuresHasNoDigests(t *testing.T) {
	bare := template()
	bare.Disclosable, bare.Decoys = nil, 0
	s, err := sdjwt.Issue(issuerSigner, bare)
	if err != nil {
		t.Fatal(err)
	}
	claims := decode(t, part(t, s, 1))
	if claims["_sd"] != nil || claims["_sd_alg"] != nil || strings.Count(s, "~") != 1 {
		t.Errorf("%v in %s", claims, s)
	}
	if _, err := sdjwt.VerifyIssued(s, trusted, policy); err != nil {
		t.Error(err)
	}
}

func TestIssueRefusesTemplate(t *testing.T) {
	deep := any("x")
	for range 40 {
		deep = []any{deep}
	}
	for _, tt := range []struct {
		name   string
		change func(*sdjwt.Template)
	}{
		{"no issuer", func(t *sdjwt.Template) { t.Issuer = "" }},
		{"no type", func(t *sdjwt.Template) { t.Type = "" }},
		{"expiry before start", func(t *sdjwt.Template) { t.Expires = day }},
		{"time before 1970", func(t *sdjwt.Template) { t.IssuedAt = time.Unix(-1, 0) }},
		{"negative decoys", func(t *sdjwt.Template) { t.Decoys = -1 }},
		{"too many decoys", func(t *sdjwt.Template) { t.Decoys = sdjwt.MaxDisclosures + 1 }},
		{"SHA-1", func(t *sdjwt.Template) { t.Hash = crypto.SHA1 }},
		{"private holder key", func(t *sdjwt.Template) { t.HolderKey = &jose.JSONWebKey{Key: holderKey} }},
		{"secret holder key", func(t *sdjwt.Template) { t.HolderKey = &jose.JSONWebKey{Key: []byte("secret")} }},
		{"iss as a claim", func(t *sdjwt.Template) { t.Claims = object{"iss": "x"} }},
		{"exp disclosable", func(t *sdjwt.Template) { t.Disclosable = object{"exp": 1} }},
		{"status disclosable", func(t *sdjwt.Template) { t.Disclosable = object{"status": object{}} }},
		{"status marked", func(t *sdjwt.Template) { t.Claims = object{"status": sdjwt.Selective{Value: 1}} }},
		{"inside status marked", func(t *sdjwt.Template) { t.Claims = object{"status": object{"a": sdjwt.Selective{Value: 1}}} }},
		{"both plain and disclosable", func(t *sdjwt.Template) { t.Claims = object{"name": "x"} }},
		{"claim named _sd", func(t *sdjwt.Template) { t.Claims = object{"_sd": []any{}} }},
		{"claim named ... inside", func(t *sdjwt.Template) { t.Disclosable = object{"a": object{"...": "x"}} }},
		{"claim named ... inside another map type", func(t *sdjwt.Template) { t.Disclosable = object{"a": map[string]string{"...": "x"}} }},
		{"digest smuggled in as an element", func(t *sdjwt.Template) {
			_, sum := disclose([]any{"s", "more"})
			t.Claims = object{"a": []map[string]string{{"...": sum}}}
		}},
		{"digest smuggled in as a member", func(t *sdjwt.Template) {
			_, sum := disclose([]any{"s", "more", 1})
			t.Disclosable = object{"a": json.RawMessage(`{"_sd":["` + sum + `"]}`)}
		}},
		{"claim named _sd_alg inside", func(t *sdjwt.Template) { t.Claims = object{"a": []any{object{"_sd_alg": "x"}}} }},
		{"marked twice", func(t *sdjwt.Template) { t.Disclosable = object{"a": sdjwt.Selective{Value: 1}} }},
		{"marked inside a typed slice", func(t *sdjwt.Template) { t.Claims = object{"a": []sdjwt.Selective{{Value: 1}}} }},
		{"a function", func(t *sdjwt.Template) { t.Claims = object{"a": func() {}} }},
		{"not UTF-8", func(t *sdjwt.Template) { t.Claims = object{"a": "\xff"} }},
		{"name not UTF-8", func(t *sdjwt.Template) { t.Claims = object{"\xff": "a"} }},
		{"whole number that a float64 changes", func(t *sdjwt.Template) { t.Disclosable = object{"a": int64(1)<<53 + 1} }},
		{"too deep", func(t *sdjwt.Template) { t.Disclosable = object{"a": deep} }},
		{"inside itself", func(t *sdjwt.Template) { m := object{}; m["m"] = m; t.Claims = m }},
		{"too large", func(t *sdjwt.Template) { t.Claims = object{"a": strings.Repeat("x", sdjwt.MaxSize)} }},
		{"too many", func(t *sdjwt.Template) {
			many := make([]any, sdjwt.MaxDisclosures+1)
			for i := range many {
				many[i] = sdjwt.Selective{Value: i}
			}
			t.Claims = object{"a": many}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			changed := template()
			tt.change(&changed)
			if s, err := sdjwt.Issue(issuerSigner, changed); err == nil || s != "" {
				t.Errorf("issued %.200s", s)
			}
		})
	}
}

// opaque is a key that never leaves its store.
type opaque struct {
	key  *ecdsa.PrivateKey
	sign func(string) []byte
	id   string
}

func (o opaque) Public() *jose.JSONWebKey {
	return &jose.JSONWebKey{Key: &o.key.PublicKey, KeyID: o.id}
}
func (o opaque) Algs() []jose.SignatureAlgorithm { return []jose.SignatureAlgorithm{jose.ES256} }
func (o opaque) SignPayload(payload []byte, _ jose.SignatureAlgorithm) ([]byte, error) {
	return o.sign(string(payload)), nil
}

func TestSignRefusesKey(t *testing.T) {
	p521, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der := func(input string) []byte {
		sum := sha256.Sum256([]byte(input))
		s, err := ecdsa.SignASN1(rand.Reader, issuerKey, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	c, err := sdjwt.Parse(issued(t))
	if err != nil {
		t.Fatal(err)
	}
	presentation, err := c.Select()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		key  jose.SigningKey
	}{
		{"none", jose.SigningKey{}},
		{"alg none", jose.SigningKey{Algorithm: "none", Key: issuerKey}},
		{"HS256", jose.SigningKey{Algorithm: jose.HS256, Key: []byte("0123456789abcdef0123456789abcdef")}},
		{"HS256 in a JWK", jose.SigningKey{Algorithm: jose.HS256, Key: jose.JSONWebKey{Key: []byte("0123456789abcdef0123456789abcdef")}}},
		{"ES512", jose.SigningKey{Algorithm: jose.ES512, Key: p521}},
		{"ES256 with another curve", jose.SigningKey{Algorithm: jose.ES256, Key: p521}},
		{"EdDSA with an EC key", jose.SigningKey{Algorithm: jose.EdDSA, Key: issuerKey}},
		{"a public key", jose.SigningKey{Algorithm: jose.ES256, Key: &issuerKey.PublicKey}},
		{"a nil JWK", jose.SigningKey{Algorithm: jose.ES256, Key: (*jose.JSONWebKey)(nil)}},
		{"a nil key", jose.SigningKey{Algorithm: jose.ES256, Key: (*ecdsa.PrivateKey)(nil)}},
		{"a signer that answers in DER", jose.SigningKey{Algorithm: jose.ES256, Key: opaque{key: issuerKey, sign: der}}},
		{"a signer that uses another key", jose.SigningKey{Algorithm: jose.ES256, Key: opaque{key: issuerKey, sign: es256(otherKey)}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if s, err := sdjwt.Issue(tt.key, template()); err == nil || s != "" {
				t.Errorf("issued %s", s)
			}
			if s, err := sdjwt.Bind(presentation, tt.key, nonce, audience, now); err == nil || s != "" {
				t.Errorf("bound %s", s)
			}
		})
	}
}
