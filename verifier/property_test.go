package verifier_test

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
)

// R-PRE-01: whatever is asked for, that is what the verifier learns, and no
// text of another claim is in the bytes.
func TestAnySelectionIsExact(t *testing.T) {
	w := newWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		claims := rapid.Permutation(spec.Claims).Draw(t, "order")[:rapid.IntRange(0, len(spec.Claims)).Draw(t, "count")]
		format := rapid.SampledFrom([]credential.Format{credential.SDJWT, credential.BBS2023}).Draw(t, "format")
		p, err := w.server.Request(verifier.QueryFor(claims, format))
		if err != nil {
			t.Fatal(err)
		}
		sel, err := holder.Match(p.Request.Query, []holder.Held{w.sdjwt, w.bbs})
		if err != nil {
			t.Fatal(err)
		}
		token, err := holder.Present(sel, p.Request, w.keys, w.clock())
		if err != nil {
			t.Fatal(err)
		}
		v, err := w.server.Respond(&openid4vp.Response{State: p.Request.State, Token: token})
		if err != nil || !v.Accepted {
			t.Fatalf("refused: %v, %+v", err, v)
		}
		want := map[string]any{}
		for _, c := range claims {
			want[c] = person()[c]
		}
		if !reflect.DeepEqual(v.Claims, want) || len(v.Beyond) > 0 {
			t.Fatalf("learned %v and %v, want %v", v.Claims, v.Beyond, want)
		}
		if object, ok := token[verifier.QueryBBS]; ok {
			for name := range person() {
				if _, asked := want[name]; !asked && strings.Contains(string(object[0].RawMessage), `"`+name+`"`) {
					t.Fatalf("%s is in the bytes", name)
				}
			}
		}
	})
}
