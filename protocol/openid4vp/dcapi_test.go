package openid4vp_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

const page = "https://platform.example"

func dcRequest(t testing.TB) *openid4vp.Request {
	t.Helper()
	r := request(t, responseURI)
	return must[*openid4vp.Request](t)(openid4vp.NewDCRequest(page, r.Query, r.Metadata))
}

func TestDCRequestShapes(t *testing.T) {
	s := newSigned(t)
	r := dcRequest(t)
	all := s.identities()
	for _, c := range []struct {
		protocol string
		data     json.RawMessage
		members  string
	}{
		{openid4vp.DCUnsigned, must[json.RawMessage](t)(r.DCData()), "client_metadata,dcql_query,nonce,response_mode,response_type"},
		{openid4vp.DCSigned, must[json.RawMessage](t)(r.DCSignedData(all["x509_hash"])), "request"},
		{openid4vp.DCMultisigned, must[json.RawMessage](t)(r.DCMultisignedData(all["x509_hash"], all["verifier_attestation"])), "request"},
	} {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(c.data, &members); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(names(members), ","); got != c.members {
			t.Errorf("%s has the members %s", c.protocol, got)
		}
		got, err := s.trust.ParseDCRequest(context.Background(), c.protocol, c.data, page)
		if err != nil {
			t.Errorf("%s: %v", c.protocol, err)
			continue
		}
		if got.Audience() != "origin:"+page {
			t.Errorf("%s: audience %q", c.protocol, got.Audience())
		}
		if (got.By != nil) != (c.protocol != openid4vp.DCUnsigned) || got.Nonce != r.Nonce || got.Received != string(c.data) {
			t.Errorf("%s: %+v", c.protocol, got)
		}
	}
	// a wallet that trusts one of several signers takes that one
	data := must[json.RawMessage](t)(r.DCMultisignedData(all["x509_hash"], all["decentralized_identifier did:jwk"]))
	got, err := new(openid4vp.Trust).ParseDCRequest(context.Background(), openid4vp.DCMultisigned, data, page)
	if err != nil || got.By.Prefix != openid4vp.DecentralizedIdentifier {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := near().Respond(context.Background(), got, token(t)); err == nil {
		t.Error("an answer for the browser was posted")
	}
}

func names(m map[string]json.RawMessage) []string {
	var list []string
	for _, n := range []string{"client_id", "client_metadata", "dcql_query", "expected_origins", "nonce", "request", "response_mode", "response_type", "response_uri", "state"} {
		if _, ok := m[n]; ok {
			list = append(list, n)
		}
	}
	if len(list) != len(m) {
		list = append(list, "others")
	}
	return list
}

func TestDCRequestRefuses(t *testing.T) {
	s := newSigned(t)
	r := dcRequest(t)
	identity := s.identities()["x509_hash"]
	unsigned := must[json.RawMessage](t)(r.DCData())
	signed := must[json.RawMessage](t)(r.DCSignedData(identity))
	multi := must[json.RawMessage](t)(r.DCMultisignedData(identity))
	with := func(data json.RawMessage, name string, value any) json.RawMessage {
		var m map[string]any
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		m[name] = value
		return must[[]byte](t)(json.Marshal(m))
	}
	post := s.forge(s.request(identity.ClientID), s.key, map[string]any{"x5c": x5c(s.leaf)})
	var object struct {
		Request string `json:"request"`
	}
	if err := json.Unmarshal(signed, &object); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(object.Request, ".")
	spread := []byte(`{"payload":"` + parts[1] + `","signatures":[{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"}]}`)
	for name, c := range map[string]struct {
		protocol, origin string
		data             []byte
		check            string
	}{
		"a protocol of another version":           {"openid4vp-v2-unsigned", page, unsigned, "dc-api-protocol"},
		"no protocol":                             {"", page, unsigned, "dc-api-protocol"},
		"no origin":                               {openid4vp.DCUnsigned, "", unsigned, "expected-origins"},
		"another origin":                          {openid4vp.DCSigned, "https://thief.example", signed, "expected-origins"},
		"the same origin, written otherwise":      {openid4vp.DCSigned, page + "/", signed, "expected-origins"},
		"another origin, multi-signed":            {openid4vp.DCMultisigned, "https://thief.example", multi, "expected-origins"},
		"a signed request as an unsigned one":     {openid4vp.DCUnsigned, page, signed, "response-type"},
		"an unsigned request as a signed one":     {openid4vp.DCSigned, page, unsigned, "request-object-compact-form"},
		"an unsigned request as a multi-signed":   {openid4vp.DCMultisigned, page, unsigned, "request-object"},
		"a request to post the answer":            {openid4vp.DCUnsigned, page, with(unsigned, "response_mode", "direct_post"), "response-mode"},
		"a signed request to post the answer":     {openid4vp.DCSigned, page, must[[]byte](t)(json.Marshal(map[string]string{"request": post})), "response-mode"},
		"a response URI":                          {openid4vp.DCUnsigned, page, with(unsigned, "response_uri", "https://thief.example/r"), "response-uri"},
		"an encrypted answer without a key":       {openid4vp.DCUnsigned, page, with(unsigned, "response_mode", "dc_api.jwt"), "client-metadata"},
		"no signature":                            {openid4vp.DCMultisigned, page, []byte(`{"request":{"payload":"e30","signatures":[]}}`), "request-object"},
		"a protected header without client_id":    {openid4vp.DCMultisigned, page, []byte(`{"request":{"payload":"e30","signatures":[{"protected":"e30","signature":"AAAA"}]}}`), "request-object-algorithm"},
		"a member twice":                          {openid4vp.DCUnsigned, page, []byte(`{"nonce":"a","nonce":"b"}`), "dc-api-request"},
		"a list":                                  {openid4vp.DCUnsigned, page, []byte(`[]`), "dc-api-request"},
		"1 MiB":                                   {openid4vp.DCUnsigned, page, make([]byte, 1<<20), "dc-api-request"},
		"a transaction of an unknown kind":        {openid4vp.DCUnsigned, page, with(unsigned, "transaction_data", []string{"eyJ0eXBlIjoieCJ9"}), "transaction-data"},
		"client_id in the payload of many":        {openid4vp.DCMultisigned, page, spread, "request-object"},
		"verifier_info that is not the signer's ": {openid4vp.DCUnsigned, page, with(unsigned, "verifier_info", []any{map[string]any{"format": "x", "data": "y", "credential_ids": []string{"none"}}}), "verifier-info"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := s.trust.ParseDCRequest(context.Background(), c.protocol, c.data, c.origin)
			refusedWith(t, err, c.check)
			if got != nil {
				t.Error("a refused request was returned")
			}
		})
	}
	for _, origin := range []string{"", "platform.example", "https://platform.example/path", "http://platform.example", "javascript:alert(1)", "wss://platform.example"} {
		if _, err := openid4vp.NewDCRequest(origin, r.Query, r.Metadata); err == nil {
			t.Errorf("asked from the origin %q", origin)
		}
	}
	// client_id counts for nothing in an unsigned request
	if got, err := s.trust.ParseDCRequest(context.Background(), openid4vp.DCUnsigned, with(unsigned, "client_id", "x509_san_dns:bank.example"), page); err != nil || got.ClientID != "" || got.By != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestDCAnswers(t *testing.T) {
	r := dcRequest(t)
	key := must[*openid4vp.ResponseKey](t)(openid4vp.NewResponseKey())
	sealed := *r
	sealed.Mode = openid4vp.DCAPIJWT
	key.AddTo(&sealed.Metadata)
	answer := &openid4vp.Response{Token: token(t)}
	refusal := &openid4vp.Response{Err: &openid4vp.Error{Code: openid4vp.AccessDenied, Description: "not sent"}}
	for name, c := range map[string]struct {
		request *openid4vp.Request
		key     *openid4vp.ResponseKey
	}{"in the clear": {r, nil}, "encrypted": {&sealed, key}} {
		got, err := openid4vp.ParseDCAnswer(must[json.RawMessage](t)(answer.DCAnswer(c.request)), c.key)
		if err != nil || len(got.Token) != 2 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		data := must[json.RawMessage](t)(refusal.DCAnswer(c.request))
		if string(data) != `{"error":"access_denied"}` {
			t.Errorf("%s: %s", name, data)
		}
		if got, err := openid4vp.ParseDCAnswer(data, c.key); err != nil || got.Err == nil || got.Err.Code != openid4vp.AccessDenied {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	clear := must[json.RawMessage](t)(answer.DCAnswer(r))
	for name, c := range map[string]struct {
		data  []byte
		key   *openid4vp.ResponseKey
		check string
	}{
		"in the clear where encryption was asked for": {clear, key, "response-encryption"},
		"encrypted for another key":                   {must[json.RawMessage](t)(answer.DCAnswer(&sealed)), must[*openid4vp.ResponseKey](t)(openid4vp.NewResponseKey()), "response-encryption"},
		"encrypted where nothing was":                 {must[json.RawMessage](t)(answer.DCAnswer(&sealed)), nil, "response-encryption"},
		"no JSON":                                     {[]byte("x"), nil, "response"},
		"nothing":                                     {[]byte("{}"), nil, "response"},
		"vp_token and error":                          {[]byte(`{"vp_token":{"a":["b"]},"error":"access_denied"}`), nil, "response"},
		"1 MiB":                                       {make([]byte, 1<<20), nil, "response"},
	} {
		got, err := openid4vp.ParseDCAnswer(c.data, c.key)
		var failed *credential.Error
		if !errors.As(err, &failed) || failed.Check != c.check {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := answer.DCAnswer(request(t, responseURI)); err == nil {
		t.Error("an answer for the browser to a request to post it")
	}
}
