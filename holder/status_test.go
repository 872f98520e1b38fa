package holder_test

import (
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/credential/statuslist"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/spec"
)

// R-STA-05: the holder learns that a credential has a place in a list, and one
// without is taken where there is one.
func TestPlaceInAStatusListIsTold(t *testing.T) {
	h := newHand(t)
	from, until := spec.Epoch(now)
	listed := holder.Held{ID: "listed", Format: credential.SDJWT, Raw: must[string](t)(sdjwt.Issue(jose.SigningKey{Algorithm: jose.ES256, Key: h.issuer}, sdjwt.Template{
		Issuer: "https://issuer.example", Type: spec.CredentialType, IssuedAt: from, Expires: until,
		HolderKey: &jose.JSONWebKey{Key: &h.key.PublicKey}, Disclosable: person(),
		Claims: map[string]any{"status": statuslist.Reference{Index: 7, URI: "https://issuer.example/statuslists/1"}.Claim()},
	}))}
	q := query(t, `{"credentials":[{`+sd+`,"claims":[{"path":["age_over_18"]}]}]}`)
	for _, c := range []struct {
		name string
		held []holder.Held
		id   string
		want holder.Linkability
	}{
		{"alone", []holder.Held{listed}, "listed", holder.RepeatsInList},
		{"beside one without", []holder.Held{listed, h.sdjwt}, "sd", holder.RepeatsForIssuer},
	} {
		s, err := holder.Match(q, c.held)
		if err != nil {
			t.Fatal(err)
		}
		if s.Picks[0].HeldID != c.id || s.Linkable() != c.want {
			t.Errorf("%s: %s, linkable: %s", c.name, s.Picks[0].HeldID, s.Linkable())
		}
	}
}
