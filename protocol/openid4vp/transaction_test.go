package openid4vp_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/protocol/openid4vp"
)

func TestTransactionRoundTrip(t *testing.T) {
	r := request(t, responseURI)
	r.Transactions = []openid4vp.Transaction{must[openid4vp.Transaction](t)(openid4vp.NewTransaction("Pay 10 € & <leave>", "sd", "ld"))}
	v, err := openid4vp.ParseURI(must[string](t)(r.URI()))
	if err != nil {
		t.Fatal(err)
	}
	got := v.Request.Transactions
	if len(got) != 1 || got[0].Text != "Pay 10 € & <leave>" || got[0].Hash() != r.Transactions[0].Hash() {
		t.Errorf("%+v", got)
	}
	// each is carried by the first of its credentials that is answered
	for answered, want := range map[string]string{"sd": "sd", "ld": "ld", "sd,ld": "sd"} {
		for _, id := range []string{"sd", "ld"} {
			list, err := r.TransactionsFor(id, func(id string) bool { return strings.Contains(answered, id) })
			if err != nil || (len(list) == 1) != (id == want) {
				t.Errorf("%s answered: %s carries %v, %v", answered, id, list, err)
			}
		}
	}
	if _, err := r.TransactionsFor("sd", func(string) bool { return false }); err == nil {
		t.Error("carried by nothing")
	}
}

// The hash is that of the text in the request, not of what it decodes to. The
// value was computed with openssl.
func TestTransactionHashKnownAnswer(t *testing.T) {
	tx := openid4vp.Transaction{Encoded: "e30"}
	if got := tx.Hash(); got != "vquYe--cAN_DAbSQ3bRTIVF-fWprs9MdJZiYt9Rjk9g" {
		t.Error(got)
	}
}

func TestTransactionRefuses(t *testing.T) {
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	const good = `"type":"https://halfmask.example/transaction/confirm/1","credential_ids":["sd"],"text":"yes"`
	for name, list := range map[string][]string{
		"none":                        {},
		"nine":                        {encode("{" + good + "}"), "a", "b", "c", "d", "e", "f", "g", "h"},
		"an unknown type":             {encode(`{"type":"x","credential_ids":["sd"],"text":"yes"}`)},
		"no type":                     {encode(`{"credential_ids":["sd"],"text":"yes"}`)},
		"an unknown field":            {encode("{" + good + `,"amount":1}`)},
		"a field twice":               {encode("{" + good + `,"text":"no"}`)},
		"a text of the wrong type":    {encode(strings.Replace("{"+good+"}", `"yes"`, `7`, 1))},
		"no text":                     {encode(strings.Replace("{"+good+"}", `"yes"`, `""`, 1))},
		"a text of 5000 bytes":        {encode(strings.Replace("{"+good+"}", `yes`, strings.Repeat("y", 2500), 1))},
		"no credential":               {encode(strings.Replace("{"+good+"}", `["sd"]`, `[]`, 1))},
		"a credential not asked for":  {encode(strings.Replace("{"+good+"}", `["sd"]`, `["other"]`, 1))},
		"a hash that is not sha-256":  {encode("{" + good + `,"transaction_data_hashes_alg":["sha-512"]}`)},
		"an empty list of hashes":     {encode("{" + good + `,"transaction_data_hashes_alg":[]}`)},
		"padding":                     {encode("{"+good+"}") + "="},
		"no JSON":                     {encode("x")},
		"a good one and a bad one":    {encode("{" + good + "}"), encode("{}")},
		"a credential not key bound":  {encode(strings.Replace("{"+good+"}", `["sd"]`, `["unbound"]`, 1))},
		"a depth bomb in one of them": {encode(strings.Repeat("[", 2000))},
	} {
		t.Run(name, func(t *testing.T) {
			params := paramsOf(t, request(t, responseURI))
			params.Set("transaction_data", string(must[[]byte](t)(json.Marshal(list))))
			if strings.Contains(name, "not key bound") {
				params.Set("dcql_query", `{"credentials":[{"id":"unbound","format":"dc+sd-jwt","require_cryptographic_holder_binding":false,"meta":{"vct_values":["x"]}}]}`)
			}
			_, err := openid4vp.ParseURI("openid4vp://?" + params.Encode())
			refusedWith(t, err, "transaction-data")
			if e := asFailed(err); e == nil || !strings.Contains(err.Error(), openid4vp.InvalidTransactionData) {
				t.Errorf("error code of %v", err)
			}
		})
	}
}
