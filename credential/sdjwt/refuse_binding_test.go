package sdjwt_test

import (
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential/sdjwt"
)

// What is refused about key binding, when the policy requires it.
func TestVerifyRefusesKeyBinding(t *testing.T) {
	name, nameSum := disclose([]any{"s1", "name", "Specimen"})
	sex, sexSum := disclose([]any{"s2", "sex", "female"})
	claims := with(payload(), object{"_sd": []any{nameSum, sexSum}})
	jws := strings.TrimSuffix(forge(header(), claims), "~")
	one, both, flipped := jws+"~"+name+"~", jws+"~"+name+"~"+sex+"~", jws+"~"+sex+"~"+name+"~"
	say := func(changes object) string {
		return bind(one, bindingHeader(), with(bindingPayload(one), changes), holderKey)
	}
	head := func(changes object) string {
		return bind(one, with(bindingHeader(), changes), bindingPayload(one), holderKey)
	}
	kb := func(bound string) string { return bound[strings.LastIndexByte(bound, '~')+1:] }
	bare := forge(header(), with(claims, object{"cnf": nil}))
	thumbprint := forge(header(), with(claims, object{"cnf": object{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}))

	for _, tt := range []struct {
		name         string
		presentation string
		check        string
	}{
		{"stripped", one, "key-binding-required"},
		{"wrong audience", say(object{"aud": "redirect_uri:https://evil.example/back"}), "key-binding-audience"},
		{"audience without its prefix", say(object{"aud": "https://platform.example/back"}), "key-binding-audience"},
		{"audience that is an array", say(object{"aud": []any{audience}}), "key-binding-audience"},
		{"audience missing", say(object{"aud": nil}), "key-binding-audience"},
		{"wrong nonce", say(object{"nonce": "another"}), "key-binding-nonce"},
		{"nonce that is a number", say(object{"nonce": 1}), "key-binding-nonce"},
		{"nonce missing", say(object{"nonce": nil}), "key-binding-nonce"},
		{"wrong hash", say(object{"sd_hash": nameSum}), "key-binding-hash"},
		{"hash without the trailing tilde", say(object{"sd_hash": func() string {
			sum := sha256.Sum256([]byte(strings.TrimSuffix(one, "~")))
			return b64(string(sum[:]))
		}()}), "key-binding-hash"},
		{"hash missing", say(object{"sd_hash": nil}), "key-binding-hash"},
		{"too old", say(object{"iat": now.Add(-sdjwt.DefaultMaxAge - time.Second).Unix()}), "key-binding-time"},
		{"from the future", say(object{"iat": now.Add(sdjwt.ClockSkew + time.Second).Unix()}), "key-binding-time"},
		{"time missing", say(object{"iat": nil}), "key-binding-time"},
		{"time that is a string", say(object{"iat": "now"}), "key-binding-time"},
		{"expired by its own exp", say(object{"exp": now.Unix()}), "key-binding-time"},
		{"not valid by its own nbf", say(object{"nbf": now.Add(time.Hour).Unix()}), "key-binding-time"},
		{"signed with another key", bind(one, bindingHeader(), bindingPayload(one), otherKey), "key-binding-signature"},
		{"signed with another key that it names", bind(one, with(bindingHeader(), object{"jwk": jwk(&otherKey.PublicKey)}), bindingPayload(one), otherKey), "key-binding-signature"},
		{"signed with the issuer's key", bind(one, bindingHeader(), bindingPayload(one), issuerKey), "key-binding-signature"},
		{"credential without a key", bind(bare, bindingHeader(), bindingPayload(bare), holderKey), "key-binding-key"},
		{"credential with a confirmation method that is not supported", bind(thumbprint, bindingHeader(), bindingPayload(thumbprint), holderKey), "key-binding-key"},
		{"wrong typ", head(object{"typ": "JWT"}), "key-binding-header-type"},
		{"typ of a credential", head(object{"typ": "dc+sd-jwt"}), "key-binding-header-type"},
		{"typ missing", head(object{"typ": nil}), "key-binding-header-type"},
		{"alg none", head(object{"alg": "none"}), "key-binding-algorithm"},
		{"alg HS256", head(object{"alg": "HS256"}), "key-binding-algorithm"},
		{"alg of another kind of key", head(object{"alg": "EdDSA"}), "key-binding-key"},
		{"unknown crit", head(object{"crit": []any{"x"}, "x": true}), "key-binding-critical-header"},
		{"b64 false", head(object{"b64": false}), "key-binding-unencoded-payload"},
		{"private key in the header", head(object{"jwk": jwk(holderKey)}), "key-binding-header-private-key"},
		{"nonce twice", one + jwt(bindingHeader(), raw(`{"nonce":"`+nonce+`","nonce":"x"}`), es256(holderKey)), "key-binding-payload-json"},
		{"disclosure added after binding", both + kb(say(nil)), "key-binding-hash"},
		{"disclosure removed after binding", one + kb(bind(both, bindingHeader(), bindingPayload(both), holderKey)), "key-binding-hash"},
		{"disclosures in another order", flipped + kb(bind(both, bindingHeader(), bindingPayload(both), holderKey)), "key-binding-hash"},
		{"moved to another credential of the same holder", forge(header(), claims, name) + kb(say(nil)), "key-binding-hash"},
		{"too long", say(object{"x": strings.Repeat("x", sdjwt.MaxKeyBinding)}), "key-binding-size"},
		{"two of them", say(nil) + "~" + kb(say(nil)), "disclosure-form"},
		{"a disclosure in its place", one + sex, "trailing-tilde"},
		{"the credential in its place", one + jws, "key-binding-header-type"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := sdjwt.Verify(tt.presentation, trusted, bound)
			refused(t, err, tt.check)
		})
	}
}

func TestVerifyRefusesChangedClaim(t *testing.T) {
	s := presented(t, "name")
	parts := strings.Split(s, "~")
	text, _ := disclose([]any{"salt", "name", "Somebody Else"})
	parts[1] = text
	_, err := sdjwt.Verify(strings.Join(parts, "~"), trusted, bound)
	refused(t, err, "disclosure-unreferenced")
}

func TestVerifyRefusesPolicyThatBindsToNothing(t *testing.T) {
	s := presented(t, "name")
	for _, b := range []sdjwt.KeyBinding{
		{Nonce: nonce}, {Audience: audience}, {Nonce: nonce, Audience: audience, MaxAge: -1},
	} {
		_, err := sdjwt.Verify(s, trusted, sdjwt.Policy{Now: now, KeyBinding: &b})
		refused(t, err, "key-binding-policy")
	}
	_, err := sdjwt.VerifyIssued(issued(t), trusted, bound)
	refused(t, err, "key-binding-policy")
}

// A policy without key binding accepts a presentation that has one, and
// takes nothing from it: RFC 9901 section 7.3 steps 3 and 5.
func TestVerifyTakesNothingFromKeyBindingNotAskedFor(t *testing.T) {
	s := issued(t)
	forged := bind(s, bindingHeader(), object{"nonce": "whatever"}, otherKey)
	v, err := sdjwt.Verify(forged, trusted, policy)
	if err != nil {
		t.Fatal(err)
	}
	if v.KeyBound {
		t.Error("reported as bound to the holder's key")
	}
	_, err = sdjwt.Verify(s+"a.b.c", trusted, policy)
	refused(t, err, "key-binding-compact-form")
}

func TestVerifyIssuedRefuses(t *testing.T) {
	_, err := sdjwt.VerifyIssued(presented(t, "name"), trusted, policy)
	refused(t, err, "key-binding-unexpected")

	a, aSum := disclose([]any{"same", "a", 1})
	b, bSum := disclose([]any{"same", "b", 2})
	_, err = sdjwt.VerifyIssued(forge(header(), with(payload(), object{"_sd": []any{aSum, bSum}}), a, b), trusted, policy)
	refused(t, err, "salt-reuse")
}

// Every bit counts: a change anywhere in a presentation is refused.
func TestVerifyRefusesAnyChangedByte(t *testing.T) {
	s := presented(t, "name", "age_over_18")
	var flip [1]byte
	step := 1
	if testing.Short() {
		step = 7
	}
	for i := 0; i < len(s); i += step {
		if _, err := rand.Read(flip[:]); err != nil {
			t.Fatal(err)
		}
		changed := []byte(s)
		changed[i] ^= flip[0]%255 + 1
		if v, err := sdjwt.Verify(string(changed), trusted, bound); err == nil {
			t.Fatalf("byte %d changed from %q to %q: accepted with %v", i, s[i], changed[i], v.Claims)
		}
	}
}
