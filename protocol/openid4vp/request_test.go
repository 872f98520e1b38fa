package openid4vp_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

const responseURI = "https://platform.example/responses"

func request(t testing.TB, responseURI string) *openid4vp.Request {
	t.Helper()
	q, err := openid4vp.ParseQuery([]byte(wholeQuery))
	if err != nil {
		t.Fatal(err)
	}
	r, err := openid4vp.NewRequest(responseURI, *q, openid4vp.Metadata{Formats: map[credential.Format]openid4vp.FormatSupport{
		credential.SDJWT:   {SDJWTAlgs: []string{"ES256"}, KBJWTAlgs: []string{"ES256"}},
		credential.BBS2023: {ProofTypes: []string{"DataIntegrityProof"}, Cryptosuites: []string{"bbs-2023"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRequestRoundTrip(t *testing.T) {
	r := request(t, responseURI)
	if r.ClientID != "redirect_uri:"+responseURI {
		t.Errorf("client_id %q", r.ClientID)
	}
	uri, err := r.URI()
	if err != nil {
		t.Fatal(err)
	}
	v, err := openid4vp.ParseURI(uri)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(v.Request, r) {
		t.Errorf("by value: %+v, want %+v", v.Request, r)
	}
	object, err := r.Object()
	if err != nil {
		t.Fatal(err)
	}
	got, err := openid4vp.ParseObject([]byte(object), r.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Received != object {
		t.Errorf("received %q", got.Received)
	}
	if got.Received = ""; !reflect.DeepEqual(got, r) {
		t.Errorf("as an object: %+v, want %+v", got, r)
	}
	v, err = openid4vp.ParseURI("openid4vp://?" + url.Values{"client_id": {r.ClientID}, "request": {object}}.Encode())
	if err != nil || v.Request.Nonce != r.Nonce || v.Request.Received != object {
		t.Errorf("as an object by value: %+v, %v", v, err)
	}
	v, err = openid4vp.ParseURI(openid4vp.ByReference(r.ClientID, "https://platform.example/requests/1"))
	if err != nil || v.Request != nil || v.RequestURI != "https://platform.example/requests/1" || v.ClientID != r.ClientID {
		t.Errorf("by reference: %+v, %v", v, err)
	}
}

func TestNonceAndStateAreFresh(t *testing.T) {
	seen := map[string]bool{}
	for range 50 {
		r := request(t, responseURI)
		for _, s := range []string{r.Nonce, r.State} {
			if seen[s] || len(s) < 22 {
				t.Fatalf("%q is repeated or shorter than 128 bits", s)
			}
			seen[s] = true
		}
	}
}

func TestResponseURIMayBeOmitted(t *testing.T) {
	r := request(t, responseURI)
	params := paramsOf(t, r)
	params.Del("response_uri")
	v, err := openid4vp.ParseURI("openid4vp://?" + params.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if v.Request.ResponseURI != responseURI {
		t.Errorf("response_uri %q is not the one in client_id", v.Request.ResponseURI)
	}
}

func paramsOf(t testing.TB, r *openid4vp.Request) url.Values {
	t.Helper()
	uri, err := r.URI()
	if err != nil {
		t.Fatal(err)
	}
	params, err := url.ParseQuery(strings.TrimPrefix(uri, "openid4vp://?"))
	if err != nil {
		t.Fatal(err)
	}
	return params
}

func TestRequestRefuses(t *testing.T) {
	set := func(name, value string) func(url.Values) { return func(v url.Values) { v.Set(name, value) } }
	del := func(name string) func(url.Values) { return func(v url.Values) { v.Del(name) } }
	moved := func(uri string) func(url.Values) {
		return func(v url.Values) { v.Set("client_id", "redirect_uri:"+uri); v.Set("response_uri", uri) }
	}
	for name, c := range map[string]struct {
		change func(url.Values)
		check  string
	}{
		"another response_uri than client_id names": {set("response_uri", "https://thief.example/responses"), "client-id"},
		"client_id missing":                         {del("client_id"), "client-id"},
		"client_id without prefix":                  {set("client_id", "platform"), "client-id"},
		"client_id of another prefix":               {set("client_id", "x509_san_dns:platform.example"), "request-unsigned"},
		"client_id of the prefix origin":            {set("client_id", "origin:https://platform.example"), "client-id"},
		"http to a host elsewhere":                  {moved("http://platform.example/responses"), "response-uri"},
		"http to a name that only looks local":      {moved("http://localhost.example/responses"), "response-uri"},
		"another scheme":                            {moved("ftp://platform.example/responses"), "response-uri"},
		"response_uri with a user":                  {moved("https://a@platform.example/responses"), "response-uri"},
		"response_uri with a fragment":              {moved("https://platform.example/responses#x"), "response-uri"},
		"response_uri relative":                     {moved("/responses"), "response-uri"},
		"response_uri of 5000 bytes":                {moved("https://platform.example/" + strings.Repeat("a", 5000)), "client-id"},
		"response_type missing":                     {del("response_type"), "response-type"},
		"response_type code":                        {set("response_type", "code"), "response-type"},
		"response_mode missing":                     {del("response_mode"), "response-mode"},
		"response_mode fragment":                    {set("response_mode", "fragment"), "response-mode"},
		"response_mode dc_api":                      {set("response_mode", "dc_api"), "response-mode"},
		"direct_post.jwt without a key":             {set("response_mode", "direct_post.jwt"), "client-metadata"},
		"nonce missing":                             {del("nonce"), "nonce"},
		"nonce empty":                               {set("nonce", ""), "nonce"},
		"nonce that is not URL safe":                {set("nonce", "a b"), "nonce"},
		"nonce of 600 bytes":                        {set("nonce", strings.Repeat("a", 600)), "nonce"},
		"state missing without holder binding":      {del("state"), "state"},
		"state that is not URL safe":                {set("state", "ä"), "state"},
		"redirect_uri present":                      {set("redirect_uri", responseURI), "redirect-uri"},
		"scope beside dcql_query":                   {set("scope", "openid"), "scope"},
		"transaction_data":                          {set("transaction_data", "[]"), "transaction-data"},
		"dcql_query missing":                        {del("dcql_query"), "dcql-query"},
		"dcql_query no JSON":                        {set("dcql_query", "x"), "dcql-query"},
		"dcql_query with a member twice":            {set("dcql_query", `{"credentials":[],"credentials":[]}`), "dcql-query"},
		"dcql_query asking for nothing":             {set("dcql_query", `{"credentials":[]}`), "dcql-query"},
		"client_metadata missing":                   {del("client_metadata"), "client-metadata"},
		"client_metadata without formats":           {set("client_metadata", `{}`), "client-metadata"},
		"client_metadata with an empty list":        {set("client_metadata", `{"vp_formats_supported":{"dc+sd-jwt":{"sd-jwt_alg_values":[]}}}`), "client-metadata"},
		"request and request_uri":                   {func(v url.Values) { v.Set("request", "x"); v.Set("request_uri", "https://platform.example/r") }, "request-uri"},
		"request_uri with http":                     {set("request_uri", "http://platform.example/r"), "request-uri"},
		"request_uri_method put":                    {set("request_uri_method", "put"), "request-uri-method"},
		"request_uri_method without request_uri":    {set("request_uri_method", "get"), "request-uri-method"},
		"a parameter twice":                         {func(v url.Values) { v.Add("nonce", "another") }, "request-uri"},
		"1 MiB":                                     {set("x", strings.Repeat("a", 1<<20)), "request-uri"},
	} {
		t.Run(name, func(t *testing.T) {
			params := paramsOf(t, request(t, responseURI))
			c.change(params)
			v, err := openid4vp.ParseURI("openid4vp://?" + params.Encode())
			var failed *credential.Error
			var answer *openid4vp.Error
			if !errors.As(err, &failed) || !errors.As(err, &answer) || failed.Check != c.check || failed.Clause == "" {
				t.Fatalf("error %v, want a failed check %s", err, c.check)
			}
			if v != nil && v.Request != nil {
				t.Error("a refused request was returned")
			}
		})
	}
	for name, uri := range map[string]string{
		"another scheme": "https://wallet.example/?client_id=x", "no URI": "::", "a malformed query": "openid4vp://?a=%zz", "nothing": "",
	} {
		if _, err := openid4vp.ParseURI(uri); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestRequestObjectRefuses(t *testing.T) {
	r := request(t, responseURI)
	object, err := r.Object()
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding
	payload, err := b64.DecodeString(strings.Split(object, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	jwt := func(header, payload, signature string) string {
		return b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(payload)) + "." + signature
	}
	const header = `{"alg":"none","typ":"oauth-authz-req+jwt"}`
	changed := func(name string, value any) string {
		var m map[string]any
		if err := json.Unmarshal(payload, &m); err != nil {
			t.Fatal(err)
		}
		m[name] = value
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return jwt(header, string(b), "")
	}
	for name, c := range map[string]struct{ object, check string }{
		"nothing":                       {"", "request-object"},
		"two segments":                  {strings.TrimSuffix(object, "."), "request-object"},
		"four segments":                 {object + ".", "request-object"},
		"padding":                       {strings.Replace(object, ".", "=.", 1), "request-object"},
		"a signature":                   {object + "AAAA", "request-object"},
		"alg ES256":                     {jwt(`{"alg":"ES256","typ":"oauth-authz-req+jwt"}`, string(payload), "AAAA"), "request-object"},
		"alg None":                      {jwt(`{"alg":"None","typ":"oauth-authz-req+jwt"}`, string(payload), ""), "request-object"},
		"alg missing":                   {jwt(`{"typ":"oauth-authz-req+jwt"}`, string(payload), ""), "request-object"},
		"typ missing":                   {jwt(`{"alg":"none"}`, string(payload), ""), "request-object"},
		"typ JWT":                       {jwt(`{"alg":"none","typ":"JWT"}`, string(payload), ""), "request-object"},
		"crit":                          {jwt(`{"alg":"none","typ":"oauth-authz-req+jwt","crit":["x"]}`, string(payload), ""), "request-object"},
		"alg twice":                     {jwt(`{"alg":"ES256","alg":"none","typ":"oauth-authz-req+jwt"}`, string(payload), ""), "request-object"},
		"a member twice":                {jwt(header, strings.Replace(string(payload), "{", `{"nonce":"a",`, 1), ""), "request-object"},
		"another client_id than in URI": {changed("client_id", "redirect_uri:https://thief.example/r"), "client-id"},
		"another response_uri":          {changed("response_uri", "https://thief.example/r"), "client-id"},
		"client_id of another type":     {changed("client_id", 1), "client-id"},
		"another audience":              {changed("aud", "https://wallet.example"), "request-object-audience"},
		"a request within":              {changed("request", "x"), "request-object"},
		"a request_uri within":          {changed("request_uri", "x"), "request-object"},
		"a nonce that is no string":     {changed("nonce", 7), "nonce"},
		"a state that is no string":     {changed("state", true), "state"},
		"an empty state":                {changed("state", ""), "state"},
		"a query that is a text":        {changed("dcql_query", "{}"), "dcql-query"},
		"transaction_data":              {changed("transaction_data", []string{"e30"}), "transaction-data"},
		"1 MiB":                         {changed("x", strings.Repeat("a", 1<<20)), "request-object"},
		"a depth bomb":                  {jwt(header, strings.Repeat("[", 40000), ""), "request-object"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := openid4vp.ParseObject([]byte(c.object), r.ClientID)
			var failed *credential.Error
			if !errors.As(err, &failed) || failed.Check != c.check {
				t.Fatalf("error %v, want a failed check %s", err, c.check)
			}
			if got != nil {
				t.Error("a refused request was returned")
			}
		})
	}
	if _, err := openid4vp.ParseObject([]byte(object), "redirect_uri:https://other.example/r"); err == nil {
		t.Error("an object that another URI announced is accepted")
	}
}

func TestLoopbackMayUseHTTP(t *testing.T) {
	for address, ok := range map[string]bool{
		"http://127.0.0.1:8080/r": true, "http://[::1]/r": true, "http://localhost/r": true,
		"http://shop.localhost:81/r": true, "https://platform.example/r": true,
		"http://10.0.0.1/r": false, "http://127.0.0.1.example/r": false, "http://0.0.0.0/r": false, "//127.0.0.1/r": false,
		"http:///r": false, "http:r": false,
	} {
		if _, err := openid4vp.CheckAddress(address); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// The value was computed from the definition with another program.
func TestPresentationHeaderKnownAnswer(t *testing.T) {
	const want = "8b67949a89593d480627f2baee09cc07132dfe9159b88e7f0ae5195c2982ea8a"
	if got := hex.EncodeToString(openid4vp.PresentationHeader("redirect_uri:https://platform.example/responses", "n-0S6_WzA2Mj")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestPresentationHeaderBindsBoth(t *testing.T) {
	seen := map[string]string{}
	for _, c := range [][2]string{{"a", "b"}, {"ab", ""}, {"", "ab"}, {"a", "c"}, {"b", "a"}, {"a\x00", "b"}, {"a", "\x00b"}} {
		h := string(openid4vp.PresentationHeader(c[0], c[1]))
		if len(h) != 32 {
			t.Fatalf("%d bytes", len(h))
		}
		if other, ok := seen[h]; ok {
			t.Errorf("%q and %q have the same header", c, other)
		}
		seen[h] = c[0] + "," + c[1]
	}
}

func FuzzRequest(f *testing.F) {
	r := request(f, responseURI)
	uri, err := r.URI()
	if err != nil {
		f.Fatal(err)
	}
	object, err := r.Object()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uri)
	f.Add(openid4vp.ByReference(r.ClientID, "https://platform.example/requests/1"))
	f.Add("openid4vp://?" + url.Values{"client_id": {r.ClientID}, "request": {object}}.Encode())
	f.Fuzz(func(t *testing.T, uri string) {
		v, err := openid4vp.ParseURI(uri)
		if err != nil {
			return
		}
		if v.Request == nil {
			if _, err := openid4vp.CheckAddress(v.RequestURI); err != nil {
				t.Fatal(err)
			}
			return
		}
		if err := v.Request.Validate(); err != nil {
			t.Fatalf("a parsed request is invalid: %v", err)
		}
		if v.Request.ClientID != openid4vp.ClientID(v.Request.ResponseURI) {
			t.Fatal("the answer would go elsewhere than client_id says")
		}
	})
}
