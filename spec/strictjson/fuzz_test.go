package strictjson_test

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"testing"

	"github.com/halfmask/halfmask/spec/strictjson"
)

// FuzzDecode holds what is accepted against encoding/json: it must decode to
// the same value and have no member twice.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"name":"a","count":-0,"scan":"YQ==","any":[1.50,{"a":null,"A":true}],"inner":{"name":"\ud83d\ude00"}}`,
		`{"name":"a","n\u0061me":"b"}`, `{"any":{"":1,"":2}}`, `{"raw":{"a":1,"a":2}}`,
		`{"Name":"a"}`, `{"inner":null,"raw":null,"any":null}`, `[1e400,-0,12345678901234567890]`,
		`"\ud800"`, "\"\xff\"", `{} {}`, `[[[[[[`, `{"kind":"card","own":[1]}`,
	} {
		f.Add([]byte(s))
	}
	limits := strictjson.Limits{Bytes: 4096, Depth: 8}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := strictjson.DecodeAny(text, limits, nil)
		var m, known, want message
		errDecode := strictjson.Decode(text, &m, limits)
		errKnown := strictjson.DecodeKnown(text, &known, limits)
		if err != nil {
			if errDecode == nil || errKnown == nil {
				t.Fatalf("accepted into a struct, though %v", err)
			}
			return
		}
		if len(text) > 4096 {
			t.Fatal("too long")
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		var same any
		if err := d.Decode(&same); err != nil {
			t.Fatalf("encoding/json: %v", err)
		}
		if !reflect.DeepEqual(got, same) {
			t.Fatalf("%#v, encoding/json has %#v", got, same)
		}
		d = json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		checkOnce(t, d, 0)
		if errDecode != nil {
			return
		}
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatalf("accepted into a struct, but encoding/json: %v", err)
		}
		if !reflect.DeepEqual(m, want) {
			t.Fatalf("%+v, encoding/json has %+v", m, want)
		}
		if errKnown == nil && !reflect.DeepEqual(known, m) {
			t.Fatalf("%+v, with unknown members ignored %+v", m, known)
		}
	})
}

// checkOnce walks the tokens of encoding/json, which keep repeated members.
func checkOnce(t *testing.T, d *json.Decoder, depth int) {
	token, err := d.Token()
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	open, ok := token.(json.Delim)
	if !ok {
		return
	}
	if depth == 8 {
		t.Fatal("too deep")
	}
	seen := map[any]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				t.Fatal(err)
			}
			if seen[name] {
				t.Fatalf("member %q occurs twice", name)
			}
			seen[name] = true
		}
		checkOnce(t, d, depth+1)
	}
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
}
