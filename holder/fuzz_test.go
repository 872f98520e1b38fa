package holder_test

import (
	"testing"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

// FuzzMatch matches any query against any credential: nothing panics, and
// what is picked is a claim that was asked for.
func FuzzMatch(f *testing.F) {
	h := newHand(f)
	f.Add([]byte(`{"credentials":[{`+sd+`,"claims":[{"path":["age_over_18"]}]}]}`), []byte(h.sdjwt.Raw))
	f.Add([]byte(`{"credentials":[{`+ld+`,"claims":[{"path":["credentialSubject","age_over_18"]}]}]}`), []byte(h.bbs.Raw))
	f.Add([]byte(`{"credentials":[{`+sd+`},{`+ld+`}],"credential_sets":[{"options":[["sd"],["ld"]]}]}`), []byte(`{"proof":{}}`))
	f.Fuzz(func(t *testing.T, text, raw []byte) {
		q, err := openid4vp.ParseQuery(text)
		if err != nil {
			return
		}
		sel, err := holder.Match(*q, []holder.Held{
			{ID: "1", Format: credential.SDJWT, Raw: string(raw)},
			{ID: "2", Format: credential.BBS2023, Raw: string(raw)},
			h.sdjwt, h.bbs,
		})
		if err != nil {
			return
		}
		for _, p := range sel.Picks {
			asked, ok := q.Credential(p.Query)
			if !ok || !asked.WithoutHolderBinding && !p.Bound {
				t.Fatalf("pick %+v answers nothing that was asked", p)
			}
			for _, c := range p.Claims {
				found := false
				for _, a := range asked.Claims {
					found = found || a.Path.Equal(c.Path) && a.Accepts(c.Value)
				}
				if !found {
					t.Fatalf("claim %s was not asked for", c.Path)
				}
			}
		}
	})
}
