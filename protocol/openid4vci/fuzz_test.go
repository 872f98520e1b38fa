package openid4vci

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/jws"
)

func FuzzParseOffer(f *testing.F) {
	f.Add((&Offer{Issuer: "https://a.example", Configurations: []string{"x"}, Grants: Grants{PreAuthorized: &PreAuthorized{Code: "c", TxCode: &TxCode{Length: 6}}}}).URI())
	f.Add(ReferenceURI("https://a.example/offers/1"))
	f.Add("openid-credential-offer://?credential_offer=%7B%22credential_issuer%22:%22https://credential-issuer.example.com%22,%22credential_configuration_ids%22:%5B%22a%22%5D%7D")
	f.Fuzz(func(t *testing.T, uri string) {
		offer, err := ParseOffer(uri)
		if err != nil {
			return
		}
		again, err := ParseOffer(offer.URI())
		if err != nil {
			t.Fatalf("what was read is refused when written: %v", err)
		}
		a, _ := json.Marshal(offer)
		b, _ := json.Marshal(again)
		if !bytes.Equal(a, b) {
			t.Errorf("%s became %s", a, b)
		}
	})
}

func FuzzProof(f *testing.F) {
	key, at := p256(f), time.Unix(1795000000, 0)
	good, err := signProof(key, "https://a.example", "n", at)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(forge(f, edKey(f), map[string]any{"crit": []string{"x"}}, map[string]any{"aud": "https://a.example"}))
	f.Fuzz(func(t *testing.T, compact string) {
		element, err := json.Marshal(compact)
		if err != nil {
			return
		}
		p, err := jwtVerifier{}.VerifyProof(element, ProofPolicy{"https://a.example", ProofAlgs, at})
		if err != nil {
			return
		}
		if strings.Split(compact, ".")[0] != strings.Split(good, ".")[0] {
			return // somebody else's key, which a fuzzer may well make: P-256 with a small secret
		}
		if strings.Split(compact, ".")[1] != strings.Split(good, ".")[1] || p.Nonce != "n" {
			t.Errorf("a proof that was never signed verifies: %s", compact)
		}
	})
}

func FuzzCredentialRequest(f *testing.F) {
	f.Add([]byte(`{"credential_configuration_id":"x","proofs":{"jwt":["a","b"]}}`))
	f.Add([]byte(`{"credential_identifier":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := decodeRequest(body, false)
		if err == nil && r.configuration == "" && !bytes.Contains(body, []byte(`""`)) {
			t.Error("a request for nothing")
		}
	})
}

func FuzzCredentialResponse(f *testing.F) {
	f.Add([]byte(`{"credentials":[{"credential":"a"},{"credential":{"b":1}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := readCredentials(body, "x", 3, &Grant{})
		if err == nil && (len(got) == 0 || len(got) > 3) {
			t.Errorf("%d credentials", len(got))
		}
	})
}

func FuzzMetadata(f *testing.F) {
	b, err := json.Marshal(IssuerMetadata{Issuer: "https://a.example", CredentialEndpoint: "https://a.example/c", Configurations: configurations})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, body []byte) {
		var m IssuerMetadata
		if decodeStrict(body, &m) == nil && m.check("https://a.example") == nil {
			if u, err := url.Parse(m.CredentialEndpoint); err != nil || u.Host == "" {
				t.Errorf("unusable endpoint passed: %q", m.CredentialEndpoint)
			}
		}
	})
}

func FuzzSignedMetadata(f *testing.F) {
	key, public := signingKey(f, "m1")
	good, err := jws.Sign(key, metadataForm, nil, map[string]any{"sub": "https://a.example", "iat": 1}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(strings.Replace(good, ".", ".e30.", 1))
	trust := &MetadataTrust{Keys: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}}, Anchors: []*x509.Certificate{{}}}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := readSignedMetadata(text, "https://a.example", trust, time.Unix(2, 0)); err == nil && strings.Split(text, ".")[1] != strings.Split(good, ".")[1] {
			t.Errorf("metadata that was never signed verifies: %s", text)
		}
	})
}

func FuzzAuthorizationResponse(f *testing.F) {
	a := &Authorization{TokenIssuer: "https://a.example", RedirectURI: "http://127.0.0.1:1/cb", State: "s", NamesIssuer: true}
	f.Add("http://127.0.0.1:1/cb?code=c&state=s&iss=https://a.example")
	f.Fuzz(func(t *testing.T, callback string) {
		if code, err := a.code(callback); err == nil && (code == "" || !strings.Contains(callback, "state")) {
			t.Errorf("%q gave %q", callback, code)
		}
	})
}

func FuzzAuthorizationDetails(f *testing.F) {
	e, err := NewEndpoint("https://a.example", configurations, &fakeIssuer{}, EndpointOptions{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(`[{"type":"openid_credential","credential_configuration_id":"free"}]`)
	f.Fuzz(func(t *testing.T, text string) {
		details, err := e.readDetails(text)
		if err == nil && (len(details) == 0 || len(details) > len(configurations)) {
			t.Errorf("%d details", len(details))
		}
	})
}
