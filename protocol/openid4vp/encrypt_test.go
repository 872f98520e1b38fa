package openid4vp_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

func encryptedRequest(t testing.TB) (*openid4vp.Request, *openid4vp.ResponseKey) {
	t.Helper()
	key := must[*openid4vp.ResponseKey](t)(openid4vp.NewResponseKey())
	r := request(t, responseURI)
	r.Mode = openid4vp.DirectPostJWT
	key.AddTo(&r.Metadata)
	return r, key
}

func TestEncryptedResponse(t *testing.T) {
	for _, enc := range [][]string{nil, {"A128GCM"}, {"A256GCM"}, {"A128CBC-HS256", "A128GCM"}} {
		sent, key := encryptedRequest(t)
		sent.Metadata.Encryptions = enc
		v, err := openid4vp.ParseURI(must[string](t)(sent.URI()))
		if err != nil {
			t.Fatal(err)
		}
		body := must[string](t)((&openid4vp.Response{State: sent.State, Token: token(t)}).Encode(v.Request))
		if strings.Contains(body, "vp_token") || strings.Contains(body, sent.State) {
			t.Errorf("in the clear: %.200s", body)
		}
		got := must[*openid4vp.Response](t)(openid4vp.ParseResponse([]byte(body)))
		if got.Token != nil || got.State != "" || got.KeyID != key.ID() {
			t.Errorf("before decryption: %+v", got)
		}
		header := strings.Split(got.Encrypted, ".")[0]
		if want := `"enc":"A128GCM"`; len(enc) == 0 && !strings.Contains(string(must[[]byte](t)(b64(header))), want) {
			t.Errorf("header %s, want the default %s", header, want)
		}
		opened, err := key.Open(got)
		if err != nil || opened.State != sent.State || len(opened.Token) != 2 {
			t.Errorf("%+v, %v", opened, err)
		}
	}
}

func b64(s string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(s) }

func TestResponseKeysAreFresh(t *testing.T) {
	a, b := must[*openid4vp.ResponseKey](t)(openid4vp.NewResponseKey()), must[*openid4vp.ResponseKey](t)(openid4vp.NewResponseKey())
	var m, n openid4vp.Metadata
	a.AddTo(&m)
	b.AddTo(&n)
	if a.ID() == b.ID() || string(must[[]byte](t)(json.Marshal(m.Keys))) == string(must[[]byte](t)(json.Marshal(n.Keys))) {
		t.Error("a response key is used twice")
	}
	if text := string(must[[]byte](t)(json.Marshal(m))); strings.Contains(text, `"d"`) || !strings.Contains(text, `"alg":"ECDH-ES"`) {
		t.Errorf("metadata %s", text)
	}
}

func TestEncryptedResponseRefuses(t *testing.T) {
	r, key := encryptedRequest(t)
	seal := func(alg jose.KeyAlgorithm, enc jose.ContentEncryption, to any, options *jose.EncrypterOptions, text string) string {
		e := must[jose.Encrypter](t)(jose.NewEncrypter(enc, jose.Recipient{Algorithm: alg, Key: to, KeyID: key.ID()}, options))
		sealed := must[*jose.JSONWebEncryption](t)(e.Encrypt([]byte(text)))
		return must[string](t)(sealed.CompactSerialize())
	}
	public := r.Metadata.Keys[0].Key
	good := `{"vp_token":{"a":["b"]},"state":"s"}`
	form := func(sealed string) string { return url.Values{"response": {sealed}}.Encode() }
	fine := seal(jose.ECDH_ES, jose.A256GCM, public, nil, good)
	for name, c := range map[string]struct{ body, check string }{
		"no JWE":                     {form("x"), "response-encryption"},
		"a JWS":                      {form("e30.e30.e30"), "response-encryption"},
		"another key algorithm":      {form(seal(jose.ECDH_ES_A128KW, jose.A256GCM, public, nil, good)), "response-encryption"},
		"direct encryption":          {form(seal(jose.DIRECT, jose.A128GCM, make([]byte, 16), nil, good)), "response-encryption"},
		"another content encryption": {form(seal(jose.ECDH_ES, jose.A128CBC_HS256, public, nil, good)), "response-encryption"},
		"a compressed answer":        {form(seal(jose.ECDH_ES, jose.A256GCM, public, &jose.EncrypterOptions{Compression: jose.DEFLATE}, good)), "response-encryption"},
		"a state beside it":          {form(fine) + "&state=s", "response"},
		"a vp_token beside it":       {form(fine) + "&vp_token=%7B%7D", "response"},
		"an answer twice":            {form(fine) + "&" + form(fine), "response"},
		"encrypted for another key":  {form(seal(jose.ECDH_ES, jose.A256GCM, &newKey(t).PublicKey, nil, good)), "response-encryption"},
		"a changed answer":           {form(fine[:len(fine)-4] + "AAAA"), "response-encryption"},
		"no JSON inside":             {form(seal(jose.ECDH_ES, jose.A256GCM, public, nil, "x")), "response"},
		"a member twice inside":      {form(seal(jose.ECDH_ES, jose.A256GCM, public, nil, `{"state":"s","state":"t"}`)), "response"},
		"members in another case":    {form(seal(jose.ECDH_ES, jose.A256GCM, public, nil, `{"VP_TOKEN":{"a":["b"]}}`)), "response"},
		"nothing inside":             {form(seal(jose.ECDH_ES, jose.A256GCM, public, nil, `{}`)), "response"},
		"a vp_token that is no list": {form(seal(jose.ECDH_ES, jose.A256GCM, public, nil, `{"vp_token":{"a":"b"}}`)), "vp-token"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := openid4vp.ParseResponse([]byte(c.body))
			if err == nil {
				got, err = key.Open(got)
			}
			var failed *credential.Error
			if !errors.As(err, &failed) || failed.Check != c.check {
				t.Errorf("%+v, %v, want a failed check %s", got, err, c.check)
			}
		})
	}
}

func TestResponseKeyRefuses(t *testing.T) {
	r, _ := encryptedRequest(t)
	var m map[string]any
	if err := json.Unmarshal(must[[]byte](t)(json.Marshal(r.Metadata)), &m); err != nil {
		t.Fatal(err)
	}
	key := func() map[string]any {
		k := map[string]any{}
		for name, v := range m["jwks"].(map[string]any)["keys"].([]any)[0].(map[string]any) {
			k[name] = v
		}
		return k
	}
	changed := func(name string, value any) []any {
		k := key()
		if k[name] = value; value == nil {
			delete(k, name)
		}
		return []any{k}
	}
	for name, c := range map[string]struct {
		keys []any
		enc  []string
	}{
		"no key":                           {[]any{}, nil},
		"a private key":                    {changed("d", "AA"), nil},
		"a symmetric key":                  {[]any{map[string]any{"kty": "oct", "k": "AAAA", "kid": "a"}}, nil},
		"a key without a kid":              {changed("kid", nil), nil},
		"a kid twice":                      {[]any{key(), key()}, nil},
		"a key for signatures":             {changed("use", "sig"), nil},
		"a key without an algorithm":       {changed("alg", nil), nil},
		"a key of another algorithm":       {changed("alg", "ECDH-ES+A128KW"), nil},
		"a point off the curve":            {changed("y", key()["x"]), nil},
		"a content encryption that we not": {[]any{key()}, []string{"A128CBC-HS256"}},
	} {
		t.Run(name, func(t *testing.T) {
			metadata := map[string]any{"vp_formats_supported": m["vp_formats_supported"], "jwks": map[string]any{"keys": c.keys}}
			if c.enc != nil {
				metadata["encrypted_response_enc_values_supported"] = c.enc
			}
			params := paramsOf(t, request(t, responseURI))
			params.Set("response_mode", "direct_post.jwt")
			params.Set("client_metadata", string(must[[]byte](t)(json.Marshal(metadata))))
			_, err := openid4vp.ParseURI("openid4vp://?" + params.Encode())
			refusedWith(t, err, "client-metadata")
		})
	}
}
