package strictjson_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/spec/strictjson"
)

// sample is like a submission: a few members and two images in base64.
func sample() []byte {
	inner := fmt.Sprintf(`{"name":"a","count":7,"scan":%q,"kind":"card"}`, strings.Repeat("YWJj", 5000))
	return fmt.Appendf(nil, `{"name":"b","count":8,"scan":%q,"any":{"a":[1,2,3],"b":"c"},"inner":%s}`, strings.Repeat("YWJj", 5000), inner)
}

// BenchmarkDecode compares with what encoding/json takes without any of the
// checks but the one on unknown members.
func BenchmarkDecode(b *testing.B) {
	text := sample()
	b.Run("strictjson", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if err := strictjson.Decode(text, new(message), strictjson.Limits{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			d := json.NewDecoder(bytes.NewReader(text))
			d.DisallowUnknownFields()
			if err := d.Decode(new(message)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDecodeAny(b *testing.B) {
	text := []byte(`{"vct":"t","iat":1735689600,"cnf":{"jwk":{"kty":"EC","crv":"P-256","x":"aa","y":"bb"}},"_sd":["` +
		strings.Repeat(`a","`, 30) + `z"],"_sd_alg":"sha-256","list":[1,2,3,{"a":null}]}`)
	b.Run("strictjson", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := strictjson.DecodeAny(text, strictjson.Limits{}, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			d := json.NewDecoder(bytes.NewReader(text))
			d.UseNumber()
			var v any
			if err := d.Decode(&v); err != nil {
				b.Fatal(err)
			}
		}
	})
}
