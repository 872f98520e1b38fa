package verifier_test

import (
	"encoding/json"
	"testing"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
)

// FuzzVerify changes the bytes of good answers: nothing panics, every refusal
// names its check, and what is accepted says what the credential says.
func FuzzVerify(f *testing.F) {
	w := newWorld(f)
	r := w.request(verifier.QueryFor([]string{spec.AgeOver18})).Request
	f.Add(must[[]byte](f)(json.Marshal(w.present(r, w.sdjwt))))
	f.Add(must[[]byte](f)(json.Marshal(w.present(r, w.bbs))))
	f.Add([]byte(`{"person-bbs":[{"@context":[],"proof":{}}],"person-sd-jwt":["a.b.c~"]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		token, err := openid4vp.ParseVPToken(data)
		if err != nil {
			return
		}
		v := w.server.Verify(r, token)
		if v.Accepted && (v.Claims[spec.AgeOver18] != true || v.Failed() != nil) {
			t.Fatalf("accepted with %v", v.Claims)
		}
		if !v.Accepted && (v.Failed() == nil || len(v.Claims) > 0) {
			t.Fatalf("refused without a failed check, or with claims: %+v", v)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	w := newWorld(b)
	for _, format := range []credential.Format{credential.SDJWT, credential.BBS2023} {
		b.Run(string(format), func(b *testing.B) {
			r := w.request(verifier.QueryFor(adult, format)).Request
			token := w.present(r, w.sdjwt, w.bbs)
			for b.Loop() {
				if v := w.server.Verify(r, token); !v.Accepted {
					b.Fatal(v.Failed())
				}
			}
		})
	}
}
