package openid4vci

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jwpbbs"
)

const linkIssuer = "https://issuer.example"

var linkPolicy = ProofPolicy{Audience: linkIssuer, Algs: []string{jwpbbs.Algorithm}}

// linkProof is one proof, as JSON, for an issuer and a nonce.
func linkProof(t testing.TB, issuer, nonce string) []byte {
	t.Helper()
	l := &LinkSecret{Secret: jwpbbs.NewLinkSecret()}
	proofs, err := l.Prove(issuer, nonce, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(proofs[0])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLinkSecretProof(t *testing.T) {
	good := linkProof(t, linkIssuer, "n")
	p, err := LinkSecretVerifier{}.VerifyProof(good, linkPolicy)
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := p.Value.(*jwpbbs.Commitment); !ok || c.Name == "" || p.Nonce != "n" {
		t.Errorf("proved %+v", p)
	}
	var proof linkSecretProof
	if err := json.Unmarshal(good, &proof); err != nil {
		t.Fatal(err)
	}
	octets, err := base64.RawURLEncoding.DecodeString(proof.Commitment)
	if err != nil {
		t.Fatal(err)
	}
	another := linkProof(t, linkIssuer, "n")
	changed := func(change func(b []byte) []byte) string {
		b := change(append([]byte(nil), octets...))
		return `{"nonce":"n","commitment":"` + base64.RawURLEncoding.EncodeToString(b) + `"}`
	}
	for name, c := range map[string]struct{ check, proof string }{
		"replayed with another nonce":     {"commitment", strings.Replace(string(good), `"nonce":"n"`, `"nonce":"m"`, 1)},
		"replayed at another issuer":      {"commitment", string(linkProof(t, "https://other.example", "n"))},
		"nonce moved into the issuer":     {"commitment", string(linkProof(t, linkIssuer+"n", ""))[:1] + `"nonce":"n",` + string(linkProof(t, linkIssuer+"n", ""))[len(`{"nonce":"",`):]},
		"without nonce":                   {"proof-nonce", strings.Replace(string(good), `"nonce":"n"`, `"nonce":""`, 1)},
		"nonce twice":                     {"proof-form", strings.Replace(string(good), `{`, `{"nonce":"m",`, 1)},
		"without commitment":              {"commitment", `{"nonce":"n"}`},
		"not base64url":                   {"proof-form", `{"nonce":"n","commitment":"****"}`},
		"a string":                        {"proof-form", `"n"`},
		"an octet short":                  {"commitment", changed(func(b []byte) []byte { return b[:len(b)-1] })},
		"an octet long":                   {"commitment", changed(func(b []byte) []byte { return append(b, 0) })},
		"without its name":                {"commitment", changed(func(b []byte) []byte { return b[:144] })},
		"a commitment changed":            {"commitment", changed(func(b []byte) []byte { b[20] ^= 1; return b })},
		"its proof changed":               {"commitment", changed(func(b []byte) []byte { b[143] ^= 1; return b })},
		"the name changed":                {"commitment", changed(func(b []byte) []byte { b[160] ^= 1; return b })},
		"the proof of the name changed":   {"commitment", changed(func(b []byte) []byte { b[287] ^= 1; return b })},
		"the identity for the commitment": {"commitment", changed(func(b []byte) []byte { copy(b, make([]byte, 48)); b[0] = 0xc0; return b })},
		"the identity for the name":       {"commitment", changed(func(b []byte) []byte { copy(b[144:], make([]byte, 48)); b[144] = 0xc0; return b })},
		"the name of another link secret": {"commitment", changed(func(b []byte) []byte {
			var other linkSecretProof
			if err := json.Unmarshal(another, &other); err != nil {
				t.Fatal(err)
			}
			o, _ := base64.RawURLEncoding.DecodeString(other.Commitment)
			copy(b[144:], o[144:])
			return b
		})},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := LinkSecretVerifier{}.VerifyProof([]byte(c.proof), linkPolicy)
			var failed *credential.Error
			if !errors.As(err, &failed) || failed.Check != c.check || failed.Clause == "" {
				t.Errorf("got %v, want a failed check %s", err, c.check)
			}
		})
	}
	if _, err := (LinkSecretVerifier{}).VerifyProof(good, ProofPolicy{Audience: linkIssuer, Algs: []string{"ES256"}}); err == nil {
		t.Error("taken for a configuration without its algorithm")
	}
}

func FuzzLinkSecretProof(f *testing.F) {
	f.Add(linkProof(f, linkIssuer, "n"))
	f.Add([]byte(`{"nonce":"n","commitment":""}`))
	f.Fuzz(func(t *testing.T, element []byte) {
		p, err := LinkSecretVerifier{}.VerifyProof(element, linkPolicy)
		var failed *credential.Error
		if (err == nil) != (p != nil) || err != nil && !errors.As(err, &failed) {
			t.Errorf("%v, %v", p, err)
		}
	})
}
