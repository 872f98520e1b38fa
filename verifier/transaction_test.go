package verifier_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/verifier"
)

// TestTransactionIsBoundInEveryForm: what the person agreed to is in the
// signature or the proof, and nothing else passes for it.
func TestTransactionIsBoundInEveryForm(t *testing.T) {
	w := newWorld(t)
	for _, h := range []holder.Held{w.sdjwt, w.bbs, w.jwp} {
		q := verifier.QueryFor(adult, h.Format)
		agree := must[openid4vp.Transaction](t)(openid4vp.NewTransaction("pay 10", q.Credentials[0].ID))
		terms := verifier.Terms{Transactions: []openid4vp.Transaction{agree}}
		p := must[*verifier.Pending](t)(w.server.RequestWith(q, terms))
		r := must[*openid4vp.Request](t)(w.wallet.Fetch(context.Background(), p.RequestURI))
		token := w.present(r, h)
		v := w.server.Verify(p.Request, token)
		if !v.Accepted || len(v.Agreed) != 1 || v.Agreed[0] != "pay 10" {
			t.Errorf("%s: %+v", h.Format, v)
		}
		check := map[credential.Format]string{credential.SDJWT: "transaction-data", credential.BBS2023: "presentation-header", credential.JWPBBS: "transaction-data"}[h.Format]
		for name, text := range map[string]string{"another text": "pay 1000", "nothing": ""} {
			changed := *r
			changed.Transactions = nil
			if text != "" {
				changed.Transactions = []openid4vp.Transaction{must[openid4vp.Transaction](t)(openid4vp.NewTransaction(text, q.Credentials[0].ID))}
			}
			v := w.server.Verify(p.Request, w.present(&changed, h))
			if v.Accepted {
				t.Errorf("%s: agreeing to %s passes", h.Format, name)
				continue
			}
			wantFailed(t, v, check)
		}
	}
}

// TestPresentationOverTheBrowser is the whole path over the Digital Credentials
// API: the answer is for the origin that the browser told the wallet.
func TestPresentationOverTheBrowser(t *testing.T) {
	w := newWorld(t)
	const page = "https://platform.example"
	metadata := must[*verifier.Pending](t)(w.server.Request(verifier.QueryFor(adult))).Request.Metadata
	for _, h := range []holder.Held{w.sdjwt, w.bbs, w.jwp} {
		asked := w.request(verifier.QueryFor(adult, h.Format)).Request
		sent := must[*openid4vp.Request](t)(openid4vp.NewDCRequest(page, asked.Query, metadata))
		for origin, check := range map[string]string{page: "", "https://thief.example": "x"} {
			got := must[*openid4vp.Request](t)(new(openid4vp.Trust).ParseDCRequest(context.Background(), openid4vp.DCUnsigned, must[json.RawMessage](t)(sent.DCData()), origin))
			data := must[json.RawMessage](t)((&openid4vp.Response{Token: w.present(got, h)}).DCAnswer(got))
			answer := must[*openid4vp.Response](t)(openid4vp.ParseDCAnswer(data, nil))
			v := w.server.Verify(sent, answer.Token)
			if v.Accepted != (check == "") {
				t.Errorf("%s from %s: %+v", h.Format, origin, v.Failed())
			}
			if c := v.Failed(); c != nil && !strings.Contains("key-binding-audience presentation-header audience", c.Name) {
				t.Errorf("%s from %s fails at %s", h.Format, origin, c.Name)
			}
		}
	}
}
