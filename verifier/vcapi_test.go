package verifier_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

func TestVCAPI(t *testing.T) {
	w := newWorld(t)
	derive := func(raw string, header []byte) string {
		return string(must[[]byte](t)(bbs2023.Derive([]byte(raw), []string{"/credentialSubject/age_over_18"}, header)))
	}
	plain := derive(w.bbs.Raw, nil)
	bound := derive(w.bbs.Raw, openid4vp.PresentationHeader("platform.example", "c-1"))
	stranger := must[*bbs.SecretKey](t)(bbs.GenerateKey())
	expired := derive(w.issueBBS(w.proving, func(m map[string]any) { m["validUntil"] = w.now.Add(-time.Hour).UTC().Format(time.RFC3339) }), nil)
	presentation := func(inner string) string {
		return `{"verifiablePresentation":{"@context":["https://www.w3.org/ns/credentials/v2"],"type":"VerifiablePresentation","verifiableCredential":` + inner + `}`
	}
	const options = `,"options":{"challenge":"c-1","domain":"platform.example"}}`
	for name, c := range map[string]struct {
		path, body string
		problem    string // "" when it is verified
	}{
		"a derived credential":                     {"/credentials/verify", `{"verifiableCredential":` + plain + `,"options":{}}`, ""},
		"a presentation":                           {"/presentations/verify", presentation("["+plain+"]") + "}", ""},
		"a presentation of one, without a list":    {"/presentations/verify", presentation(plain) + "}", ""},
		"a presentation bound to challenge":        {"/presentations/verify", presentation("["+bound+"]") + options, ""},
		"a proof that is bound to nothing":         {"/presentations/verify", presentation("["+plain+"]") + options, "presentation-header"},
		"a proof for another challenge":            {"/presentations/verify", presentation("["+bound+"]") + strings.Replace(options, "c-1", "c-2", 1), "presentation-header"},
		"a bound proof where nothing was asked":    {"/credentials/verify", `{"verifiableCredential":` + bound + `}`, "presentation-header"},
		"a changed claim":                          {"/credentials/verify", `{"verifiableCredential":` + strings.Replace(plain, `"age_over_18":true`, `"age_over_18":false`, 1) + `}`, "bbs-proof"},
		"an issuer that is not trusted":            {"/credentials/verify", `{"verifiableCredential":` + derive(w.issueBBS(stranger, nil), nil) + `}`, "verification-method"},
		"an expired credential":                    {"/credentials/verify", `{"verifiableCredential":` + expired + `}`, "validity"},
		"a base proof":                             {"/credentials/verify", `{"verifiableCredential":` + w.bbs.Raw + `}`, "derived-proof-value"},
		"a context that is not built in":           {"/credentials/verify", `{"verifiableCredential":` + strings.Replace(plain, "https://www.w3.org/ns/credentials/v2", "https://thief.example/v2", 1) + `}`, "context"},
		"a credential without context":             {"/credentials/verify", `{"verifiableCredential":{}}`, "context"},
		"no credential":                            {"/credentials/verify", `{}`, "document-json"},
		"no presentation":                          {"/presentations/verify", `{}`, "document-json"},
		"an empty presentation":                    {"/presentations/verify", presentation("[]") + "}", "presentation"},
		"a presentation with a proof of its own":   {"/presentations/verify", presentation("["+plain+`],"proof":{"type":"DataIntegrityProof"}`) + "}", "presentation-proof"},
		"one good credential and one that is none": {"/presentations/verify", presentation("["+plain+`,{}]`) + "}", "context"},
		"a member twice":                           {"/credentials/verify", `{"verifiableCredential":{},"verifiableCredential":{}}`, "request"},
		"a depth bomb":                             {"/credentials/verify", `{"verifiableCredential":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, "request"},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := w.post(c.path, "application/json", c.body)
			var got struct {
				Verified       bool
				ProblemDetails []struct{ Title string }
			}
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Fatalf("%d %s", status, body)
			}
			if got.Verified != (c.problem == "") || got.Verified != (status == http.StatusOK) {
				t.Fatalf("%d %s", status, body)
			}
			if c.problem != "" && got.ProblemDetails[0].Title != c.problem {
				t.Errorf("%s, want %s", body, c.problem)
			}
		})
	}
}
