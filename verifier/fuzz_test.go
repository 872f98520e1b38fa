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
	proving := w.request(verifier.Proving(&openid4vp.PseudonymQuery{}, spec.AgeOver18)).Request
	requests := []*openid4vp.Request{r, r, proving}
	good := [][]byte{
		must[[]byte](f)(json.Marshal(w.present(r, w.sdjwt))), must[[]byte](f)(json.Marshal(w.present(r, w.bbs))),
		must[[]byte](f)(json.Marshal(w.present(proving, w.jwp))),
	}
	account := w.server.Verify(proving, w.present(proving, w.jwp)).Account
	f.Add(uint8(0), uint16(0), uint16(0), []byte(nil))
	f.Add(uint8(1), uint16(0), uint16(0), []byte(nil))
	f.Add(uint8(0), uint16(40), uint16(1), []byte("A"))
	f.Add(uint8(1), uint16(20), uint16(0), []byte(`"vip":true,`))
	f.Add(uint8(2), uint16(30), uint16(1), []byte("A"))
	f.Add(uint8(2), uint16(1200), uint16(1), []byte("~"))
	f.Fuzz(func(t *testing.T, which uint8, at, length uint16, with []byte) {
		r, answer := requests[int(which)%len(good)], good[int(which)%len(good)]
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
		if v.Accepted && r == proving && v.Account != account {
			t.Fatal("accepted under another name")
		}
		if !v.Accepted && (v.Failed() == nil || len(v.Claims) > 0) {
			t.Fatalf("refused without a failed check, or with claims: %+v", v)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	w := newWorld(b)
	for _, format := range []credential.Format{credential.SDJWT, credential.BBS2023, credential.JWPBBS} {
		b.Run(string(format), func(b *testing.B) {
			r := w.request(verifier.QueryFor(adult, format)).Request
			token := w.present(r, w.sdjwt, w.bbs, w.jwp)
			for b.Loop() {
				if v := w.server.Verify(r, token); !v.Accepted {
					b.Fatal(v.Failed())
				}
			}
		})
	}
}
