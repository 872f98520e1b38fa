package issuer

import (
	"encoding/json"
	"testing"
)

func FuzzOrder(f *testing.F) {
	f.Add([]byte(`{"document_type":"resident-identity-card","document_number":"1","lift":true}`))
	f.Add([]byte(`{"document_type":"x","Document_Type":"y"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var o Order
		if decodeFlat(body, &o) != nil {
			return
		}
		again, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		var p Order
		if err := decodeFlat(again, &p); err != nil || p != o {
			t.Errorf("%+v became %+v: %v", o, p, err)
		}
	})
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(`{"sd_jwt":{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"},"bbs":"AA","operator_token":"0123456789abcdef"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if k, err := parseKeys(text); err == nil && (k.BBSKey == nil || k.SigningKey.Key == nil || k.OperatorToken == "") {
			t.Error("incomplete keys passed")
		}
	})
}
