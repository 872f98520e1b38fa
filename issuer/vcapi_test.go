package issuer

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/spec"
)

func membership(change map[string]any) map[string]any {
	document := map[string]any{
		"@context": []any{spec.CredentialsV2, spec.CredentialContext}, "type": []any{"VerifiableCredential", spec.CredentialClass},
		"credentialSubject": map[string]any{spec.Name: "测试甲", spec.Sex: "female"},
	}
	for name, value := range change {
		document[name] = value
	}
	return document
}

func TestVCAPI(t *testing.T) {
	key := bbsKey(t)
	o := newTown(t, "", func(c *Config) { c.ConformanceKey = key })
	status, m := o.post("/credentials/issue", operatorToken, map[string]any{
		"credential": membership(nil), "options": map[string]any{"mandatoryPointers": []string{"/issuer"}, "credentialId": "ignored"},
	})
	if status != http.StatusCreated {
		t.Fatalf("got %d %v", status, m)
	}
	status, m = o.post("/credentials/derive", operatorToken, map[string]any{
		"verifiableCredential": m["verifiableCredential"], "options": map[string]any{"selectivePointers": []string{"/credentialSubject/sex"}},
	})
	if status != http.StatusCreated {
		t.Fatalf("got %d %v", status, m)
	}
	derived, err := json.Marshal(m["verifiableCredential"])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bbs2023.Verify(derived, bbs2023.ParseVerificationMethod, nil); err != nil {
		t.Errorf("%v\n%s", err, derived)
	}
	document := m["verifiableCredential"].(map[string]any)
	if s := document["credentialSubject"].(map[string]any); s[spec.Name] != nil || s[spec.Sex] != "female" {
		t.Errorf("shows %v", s)
	}
	if document["issuer"] != bbs2023.Issuer(key.PublicKey()) || document["issuer"] == o.server.BBSIssuer() {
		t.Errorf("signed as %v", document["issuer"])
	}
}

// TestVCAPIRefuses: R-ISS-07.
func TestVCAPIRefuses(t *testing.T) {
	key := bbsKey(t)
	o := newTown(t, "", func(c *Config) { c.ConformanceKey = key })
	for _, c := range []struct {
		name, path, token string
		body              any
		status            int
	}{
		{"no token", "/credentials/issue", "", map[string]any{"credential": membership(nil)}, 401},
		{"derive without a token", "/credentials/derive", "", map[string]any{}, 401},
		{"no credential", "/credentials/issue", operatorToken, map[string]any{}, 400},
		{"credential that is a list", "/credentials/issue", operatorToken, `{"credential":[]}`, 400},
		{"credential of the issuer of people", "/credentials/issue", operatorToken, map[string]any{"credential": membership(map[string]any{"issuer": o.server.BBSIssuer()})}, 400},
		{"issuer that is a number", "/credentials/issue", operatorToken, map[string]any{"credential": membership(map[string]any{"issuer": 1})}, 400},
		{"unknown context", "/credentials/issue", operatorToken, map[string]any{"credential": membership(map[string]any{"@context": []any{spec.CredentialsV2, "http://127.0.0.1/context"}})}, 400},
		{"credential with a proof", "/credentials/issue", operatorToken, map[string]any{"credential": membership(map[string]any{"proof": map[string]any{}})}, 400},
		{"mandatory pointer that matches nothing", "/credentials/issue", operatorToken, map[string]any{"credential": membership(nil), "options": map[string]any{"mandatoryPointers": []string{"/none"}}}, 400},
		{"repeated member", "/credentials/issue", operatorToken, `{"credential":{},"credential":{}}`, 400},
		{"derive from nothing", "/credentials/derive", operatorToken, map[string]any{}, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			if status, m := o.post(c.path, c.token, c.body); status != c.status || m["verifiableCredential"] != nil {
				t.Errorf("got %d %v, want %d", status, m, c.status)
			}
		})
	}
	t.Run("issuer without a conformance key", func(t *testing.T) {
		if status, m := newTown(t, "", nil).post("/credentials/issue", operatorToken, map[string]any{"credential": membership(nil)}); status != 404 {
			t.Errorf("got %d %v", status, m)
		}
	})
	t.Run("conformance key that signs people", func(t *testing.T) {
		config := Config{URL: "https://a.example", Desk: o.server.desk, SigningKey: signingKey(t), BBSKey: key, ConformanceKey: key}
		if _, err := New(config); err == nil {
			t.Error("made")
		}
	})
}
