package verifier_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
)

// FuzzVerify changes a piece of a good answer: nothing panics, every refusal
// names its check, and what is accepted says what the credential says.
func FuzzVerify(f *testing.F) {
	w := newWorld(f)
	r := w.request(verifier.QueryFor([]string{spec.AgeOver18})).Request
	good := [][]byte{must[[]byte](f)(json.Marshal(w.present(r, w.sdjwt))), must[[]byte](f)(json.Marshal(w.present(r, w.bbs)))}
	f.Add(uint8(0), uint16(0), uint16(0), []byte(nil))
	f.Add(uint8(1), uint16(0), uint16(0), []byte(nil))
	f.Add(uint8(0), uint16(40), uint16(1), []byte("A"))
	f.Add(uint8(1), uint16(20), uint16(0), []byte(`"vip":true,`))
	f.Fuzz(func(t *testing.T, which uint8, at, length uint16, with []byte) {
		answer := good[int(which)%len(good)]
		from := int(at) % len(answer)
		until := min(from+int(length), len(answer))
		data := slices.Concat(answer[:from], with, answer[until:])
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
