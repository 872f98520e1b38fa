package interop

import (
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// refuse changes a good presentation of one flat claim, and demands that we
// refuse it in row our, and they in row their.
func (p *sdjwtPair) refuse(t *testing.T, our, their *row, good sdjwtShown) {
	other, err := ecdsa.GenerateKey(p.curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good.text, "~")
	if len(parts) != 3 {
		t.Fatalf("%d parts instead of a JWT, a disclosure and a Key Binding JWT", len(parts))
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	changed := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(text), "true", "false", 1)))
	gaps := map[string]string{
		"another audience":                         "the library does not compare aud",
		"a key binding of last month":              "the library does not look at its iat",
		"a changed disclosure without key binding": "the library drops it and shows the rest",
	}
	rebound := func(s *sdjwtShown, key *ecdsa.PrivateKey, nonce string) {
		at := strings.LastIndex(s.text, "~") + 1
		payload := map[string]any{"iat": sdjwtNow.Unix(), "nonce": nonce, "aud": sdjwtAudience, "sd_hash": jsonOf(t, parts[2])["sd_hash"]}
		s.text = s.text[:at] + kbJWT(t, p.algorithm(), key, payload)
	}
	for _, test := range []struct {
		name             string
		change           func(s *sdjwtShown)
		ourWhy, theirWhy string // theirs is in gaps where they accept it
	}{
		{"a changed disclosure", func(s *sdjwtShown) { s.text = strings.Replace(s.text, parts[1], changed, 1) }, "disclosure-unreferenced", "Invalid sd_hash"},
		{"a changed disclosure without key binding", func(s *sdjwtShown) {
			s.text, s.nonce = parts[0]+"~"+changed+"~", ""
		}, "disclosure-unreferenced", ""},
		{"a disclosure removed", func(s *sdjwtShown) { s.text = parts[0] + "~" + parts[2] }, "key-binding-hash", "Invalid sd_hash"},
		{"a disclosure twice", func(s *sdjwtShown) { s.text = strings.Join([]string{parts[0], parts[1], parts[1], parts[2]}, "~") }, "disclosure-duplicate", "Invalid sd_hash"},
		{"another nonce", func(s *sdjwtShown) { s.nonce = "another" }, "key-binding-nonce", "Invalid Nonce"},
		{"another audience", func(s *sdjwtShown) { s.audience = "another" }, "key-binding-audience", ""},
		{"no key binding", func(s *sdjwtShown) { s.text = parts[0] + "~" + parts[1] + "~" }, "key-binding-required", "Key Binding JWT not exist"},
		{"another holder's key binding", func(s *sdjwtShown) { rebound(s, other, sdjwtNonce) }, "key-binding-signature", "Invalid JWT Signature"},
		{"a changed Key Binding JWT", func(s *sdjwtShown) { s.text = s.text[:len(s.text)-10] + "AAAA" + s.text[len(s.text)-6:] }, "key-binding-signature", "Invalid JWT Signature"},
		{"another issuer's key", func(s *sdjwtShown) { s.issuerKey = &jose.JSONWebKey{Key: &other.PublicKey} }, "issuer-signature", "Invalid JWT Signature"},
		{"a changed payload", func(s *sdjwtShown) {
			jwt := strings.Split(parts[0], ".")
			payload := jsonOf(t, parts[0])
			payload["exp"] = payload["exp"].(float64) + 86400
			text, err := json.Marshal(payload)
			if err != nil {
				t.Fatal(err)
			}
			jwt[1] = base64.RawURLEncoding.EncodeToString(text)
			s.text = strings.Join(slices.Concat([]string{strings.Join(jwt, ".")}, parts[1:]), "~")
		}, "issuer-signature", "Invalid JWT Signature"},
		{"expired", func(s *sdjwtShown) { s.now = sdjwtExpires.Add(time.Second) }, "expired", "JWT is expired"},
		{"a key binding of last month", func(s *sdjwtShown) { s.now = sdjwtNow.AddDate(0, 1, 0) }, "key-binding-time", ""},
	} {
		bad := good
		test.change(&bad)
		if our != nil {
			_, err := bad.weVerify()
			our.refuses(t, test.name, err, test.ourWhy)
		}
		if their == nil {
			continue
		}
		claims, err := p.theyVerify(bad)
		if claims["age_over_18"] == false {
			t.Errorf("%s: the changed claim counts", test.name)
		}
		if why, ok := gaps[test.name]; ok {
			their.gap(t, test.name+": "+why, err)
		} else {
			their.refuses(t, test.name, err, test.theirWhy)
		}
	}
}

// jsonOf is the payload of a JWT.
func jsonOf(t *testing.T, jwt string) map[string]any {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%d parts of a JWT", len(parts))
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var payload map[string]any
	if err := json.Unmarshal(text, &payload); err != nil {
		t.Fatal(err)
	}
	return payload
}

func kbJWT(t *testing.T, algorithm jose.SignatureAlgorithm, key *ecdsa.PrivateKey, payload map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, (&jose.SignerOptions{}).WithType("kb+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	object, err := signer.Sign(text)
	if err != nil {
		t.Fatal(err)
	}
	compact, err := object.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}
