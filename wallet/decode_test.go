package wallet

import (
	"encoding/json"
	"testing"
)

func TestDecodeOnceRefuses(t *testing.T) {
	var v struct {
		Issuer string          `json:"issuer"`
		Keys   json.RawMessage `json:"jwks"`
	}
	if err := decodeOnce([]byte(`{"issuer":"a","jwks":{"keys":[{"kid":"1"},{"kid":"2"}]}}`), &v); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"a member twice":                 `{"issuer":"a","issuer":"b"}`,
		"a member twice, in other cases": `{"issuer":"a","ISSUER":"b"}`,
		"a member twice, in other signs": `{"jwks":{},"jw\u212as":{}}`,
		"a member twice, deeper":         `{"jwks":{"keys":[{"kid":"1","kid":"2"}]}}`,
		"a second value":                 `{"issuer":"a"}{"issuer":"b"}`,
		"half an object":                 `{"issuer":"a"`,
		"nothing":                        ``,
		"too deep":                       `{"jwks":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}`,
	} {
		if err := decodeOnce([]byte(text), &v); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzDecodeOnce(f *testing.F) {
	f.Add([]byte(`{"issuer":"a","jwks":{"keys":[{"kid":"1"}]}}`))
	f.Add([]byte(`{"a":1,"A":2}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var v any
		if decodeOnce(text, &v) == nil && !json.Valid(text) {
			t.Error("accepted what is not JSON")
		}
	})
}
