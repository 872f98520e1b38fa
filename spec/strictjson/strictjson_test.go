package strictjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/halfmask/halfmask/spec/strictjson"
)

type kind string

func (k *kind) UnmarshalText(b []byte) error {
	if string(b) != "card" {
		return &kindError{}
	}
	*k = kind(b)
	return nil
}

type kindError struct{}

func (*kindError) Error() string { return "no such kind" }

type message struct {
	Name  string          `json:"name"`
	Count int             `json:"count"`
	Scan  []byte          `json:"scan"`
	Kind  kind            `json:"kind"`
	Any   any             `json:"any"`
	Raw   json.RawMessage `json:"raw"`
	Own   own             `json:"own"`
	Inner *message        `json:"inner"`
}

// own has a decoder of its own, which would not notice.
type own struct{ text []byte }

func (o *own) UnmarshalJSON(b []byte) error { o.text = bytes.Clone(b); return nil }

// decoders are the three functions behind one face.
var decoders = map[string]func([]byte, strictjson.Limits) error{
	"Decode":      func(b []byte, l strictjson.Limits) error { return strictjson.Decode(b, new(message), l) },
	"DecodeKnown": func(b []byte, l strictjson.Limits) error { return strictjson.DecodeKnown(b, new(message), l) },
	"DecodeAny":   func(b []byte, l strictjson.Limits) error { _, err := strictjson.DecodeAny(b, l, nil); return err },
}

// nested gives depth objects inside one another.
func nested(depth int) string {
	return strings.Repeat(`{"inner":`, depth-1) + "{}" + strings.Repeat("}", depth-1)
}

// TestRefusedByAll names what no function accepts.
func TestRefusedByAll(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       error // nil for any error
	}{
		{"member twice", `{"name":"a","name":"b"}`, strictjson.ErrTwice},
		{"member twice with the same value", `{"name":"a","name":"a"}`, strictjson.ErrTwice},
		{"member twice, once escaped", `{"name":"a","n\u0061me":"b"}`, strictjson.ErrTwice},
		{"empty name twice", `{"any":{"":1,"":2}}`, strictjson.ErrTwice},
		{"member twice in an inner object", `{"inner":{"count":1,"count":2}}`, strictjson.ErrTwice},
		{"member twice inside any", `{"any":[{"a":{"b":1,"b":2}}]}`, strictjson.ErrTwice},
		{"member twice inside raw JSON", `{"raw":{"a":{"b":1,"b":2}}}`, strictjson.ErrTwice},
		{"member twice inside a type of its own", `{"own":{"a":1,"a":2}}`, strictjson.ErrTwice},
		{"member twice after many others", many(200, `"7":0`), strictjson.ErrTwice},
		{"too deep", nested(5), strictjson.ErrDepth},
		{"too deep inside raw JSON", `{"raw":[[[[1]]]]}`, strictjson.ErrDepth},
		{"too deep without an end", strings.Repeat("[", 4000), strictjson.ErrDepth},
		{"too long", `{"name":"` + strings.Repeat("x", 5000) + `"}`, strictjson.ErrSize},
		{"too long, of spaces", "{}" + strings.Repeat(" ", 5000), strictjson.ErrSize},
		{"nothing", ``, nil},
		{"spaces", ` `, nil},
		{"not UTF-8", "{\"name\":\"\xff\"}", nil},
		{"name not UTF-8", "{\"any\":{\"\xff\":1}}", nil},
		{"surrogate in UTF-8", "{\"name\":\"\xed\xa0\x80\"}", nil},
		{"overlong UTF-8", "{\"name\":\"\xc0\xaf\"}", nil},
		{"lone high surrogate", `{"name":"\ud800"}`, nil},
		{"lone low surrogate", `{"name":"\udc00"}`, nil},
		{"surrogates in the wrong order", `{"name":"\udc00\ud800"}`, nil},
		{"byte order mark", "\xef\xbb\xbf{}", nil},
		{"second value", `{} {}`, nil},
		{"bracket behind the value", `{}}`, nil},
		{"NUL behind the value", "{}\x00", nil},
		{"half an object", `{"name":"a"`, nil},
		{"half a string", `{"name":"a`, nil},
		{"comma before the end", `{"name":"a",}`, nil},
		{"comment", `{"name":"a"/**/}`, nil},
		{"single quotes", `{'name':'a'}`, nil},
		{"name without quotes", `{name:"a"}`, nil},
		{"number as a name", `{1:"a"}`, nil},
		{"control character in a string", "{\"name\":\"\n\"}", nil},
		{"unknown escape", `{"name":"\x61"}`, nil},
		{"number with a leading zero", `{"any":01}`, nil},
		{"number with a plus", `{"any":+1}`, nil},
		{"number that ends in a point", `{"any":1.}`, nil},
		{"NaN", `{"any":NaN}`, nil},
		{"Infinity", `{"any":Infinity}`, nil},
		{"vertical tab between tokens", "{\v}", nil},
		{"no-break space between tokens", "{\u00a0}", nil},
	} {
		for name, decode := range decoders {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				err := decode([]byte(c.text), strictjson.Limits{Bytes: 4096, Depth: 4})
				if err == nil {
					t.Fatal("accepted")
				}
				if c.want != nil && !errors.Is(err, c.want) {
					t.Errorf("%v, want %v", err, c.want)
				}
				if len(err.Error()) > 200 {
					t.Errorf("an error of %d bytes", len(err.Error()))
				}
			})
		}
	}
}

// many gives an object with n members "0", "1", … and one more.
func many(n int, last string) string {
	var b strings.Builder
	b.WriteString(`{"any":{`)
	for i := range n {
		fmt.Fprintf(&b, `"%x":0,`, i)
	}
	return b.String() + last + "}}"
}

// TestRefusedByDecode names what does not fit the Go type.
func TestRefusedByDecode(t *testing.T) {
	for name, text := range map[string]string{
		"unknown member":                 `{"nick":"a"}`,
		"unknown inner member":           `{"inner":{"nick":"a"}}`,
		"known member in other case":     `{"Name":"a"}`,
		"known member with a Kelvin":     "{\"\u212aind\":\"card\"}",
		"known member in both cases":     `{"name":"a","NAME":"b"}`,
		"array":                          `[]`,
		"null":                           `null`,
		"string":                         `"name"`,
		"string for a number":            `{"count":"1"}`,
		"number for a string":            `{"name":1}`,
		"object for a string":            `{"name":{}}`,
		"fraction for an integer":        `{"count":1.5}`,
		"whole fraction for an integer":  `{"count":1.0}`,
		"integer out of range":           `{"count":99999999999999999999}`,
		"array of numbers for bytes":     `{"scan":[1,2]}`,
		"base64 without padding":         `{"scan":"YQ"}`,
		"base64 with a line break":       `{"scan":"YQ==\n"}`,
		"base64url":                      `{"scan":"_-8="}`,
		"value that its own type denies": `{"kind":"library"}`,
		"float out of range":             `{"any":1e400}`,
	} {
		t.Run(name, func(t *testing.T) {
			err := strictjson.Decode([]byte(text), new(message), strictjson.Limits{})
			if err == nil {
				t.Fatal("accepted")
			}
			if s := err.Error(); strings.Contains(s, "strictjson") || strings.Contains(s, "message") || strings.Contains(s, "999999") || strings.Contains(s, "library") {
				t.Errorf("the error names a Go type or a value: %s", s)
			}
		})
	}
}

func TestDecode(t *testing.T) {
	const text = ` {"name":"\ud83d\ude00\u0000<","count":-0,"scan":"YQ==","kind":"card","any":{"Name":1,"name":2},"raw":[1e2],"own":{"x":1},"inner":{"count":7}}` + "\r\n\t"
	var got, want message
	if err := strictjson.Decode([]byte(text), &got, strictjson.Limits{}); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) || got.Inner.Count != 7 {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestErrorsSayWhere(t *testing.T) {
	for text, want := range map[string]string{
		`{"inner":{"count":"x"}}`:                `member "inner/count" cannot be this JSON string`,
		`{"inner":{"name":[]}}`:                  `member "inner/name" cannot be this JSON array`,
		`{"name":{}}`:                            `member "name" cannot be this JSON object`,
		`{"inner":{"nick":1}}`:                   `unknown member "nick"`,
		`{"inner":{"name":"a","name":"b"}}`:      `member occurs twice: "name"`,
		`{"name":"a"`:                            `not JSON at byte 11`,
		``:                                       `not JSON: it ends early`,
		`[]`:                                     `not a JSON object`,
		`{} {}`:                                  `something follows the JSON value`,
		`{"` + strings.Repeat("a/", 99) + `":1}`: `unknown member "` + strings.Repeat("a/", 20) + `"`,
	} {
		if err := strictjson.Decode([]byte(text), new(message), strictjson.Limits{}); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	err := strictjson.Decode([]byte(`{"inner":{"kind":"library"}}`), new(message), strictjson.Limits{})
	var of *kindError
	if !errors.As(err, &of) {
		t.Errorf("%v does not lead to the error of the type", err)
	}
}

func TestDecodeKnown(t *testing.T) {
	var m message
	if err := strictjson.DecodeKnown([]byte(`{"nick":{"a":[1]},"Count":9,"name":"a"}`), &m, strictjson.Limits{}); err != nil {
		t.Fatal(err)
	}
	if m.Name != "a" || m.Count != 0 {
		t.Errorf("%+v: an unknown member counted", m)
	}
	for name, text := range map[string]string{
		"two known ones that differ in case":   `{"name":"a","NAME":"b"}`,
		"two unknown ones that differ in case": `{"nick":"a","Nick":"b"}`,
		"with a Kelvin sign":                   "{\"kind\":\"card\",\"\u212aind\":\"card\"}",
		"with a long s":                        "{\"scan\":\"\",\"\u017fcan\":\"\"}",
		"inside an array":                      `{"any":[1,[2],{"a":[],"b":{},"A":1}]}`,
		"after an inner object with the same":  `{"any":{"b":{"a":1},"a":1,"A":1}}`,
	} {
		if err := strictjson.DecodeKnown([]byte(text), new(message), strictjson.Limits{}); !errors.Is(err, strictjson.ErrTwice) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"in two elements":  `{"any":[{"a":1},{"A":1}]}`,
		"in two objects":   `{"any":{"b":{"a":1},"c":{"A":1}}}`,
		"at two levels":    `{"any":{"a":{"A":{"a":1}}}}`,
		"name and a value": `{"any":{"a":"A"}}`,
		"values alike":     `{"any":["a","A","a"]}`,
	} {
		if err := strictjson.DecodeKnown([]byte(text), new(message), strictjson.Limits{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAlike shows that whatever encoding/json takes for one name is refused.
func TestAlike(t *testing.T) {
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		other := unicode.SimpleFold(r)
		if other == r {
			continue
		}
		text := fmt.Sprintf(`{"nick%c":1,"nick%c":2}`, r, other)
		if err := strictjson.DecodeKnown([]byte(text), new(message), strictjson.Limits{}); !errors.Is(err, strictjson.ErrTwice) {
			t.Errorf("%U and %U: %v", r, other, err)
		}
	}
}

func TestDecodeAny(t *testing.T) {
	for text, want := range map[string]any{
		`null`:                   nil,
		`true`:                   true,
		`"a"`:                    "a",
		`-0`:                     json.Number("-0"),
		`1e400`:                  json.Number("1e400"),
		`1.0`:                    json.Number("1.0"),
		`12345678901234567890.5`: json.Number("12345678901234567890.5"),
		`[]`:                     []any{},
		`{}`:                     map[string]any{},
		`{"a":[1,{"A":null}]}`:   map[string]any{"a": []any{json.Number("1"), map[string]any{"A": nil}}},
	} {
		got, err := strictjson.DecodeAny([]byte(text), strictjson.Limits{}, nil)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v", text, got, err)
		}
	}
}

func TestDecodeAnyNumbers(t *testing.T) {
	odd := errors.New("odd")
	number := func(text string) (any, error) {
		if text == "1" {
			return nil, odd
		}
		return len(text), nil
	}
	got, err := strictjson.DecodeAny([]byte(`{"a":[22,333]}`), strictjson.Limits{}, number)
	if err != nil || !reflect.DeepEqual(got, map[string]any{"a": []any{2, 3}}) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := strictjson.DecodeAny([]byte(`{"a":[22,1,333]}`), strictjson.Limits{}, number); err != odd {
		t.Errorf("%v, want the error of the function itself", err)
	}
}

func TestLimits(t *testing.T) {
	for name, decode := range decoders {
		if err := decode([]byte(nested(4)), strictjson.Limits{Depth: 4}); err != nil {
			t.Errorf("%s: %v at the depth that is allowed", name, err)
		}
		if err := decode([]byte(nested(32)), strictjson.Limits{}); err != nil {
			t.Errorf("%s: %v at the default depth", name, err)
		}
		if err := decode([]byte(nested(33)), strictjson.Limits{}); !errors.Is(err, strictjson.ErrDepth) {
			t.Errorf("%s: %v beyond the default depth", name, err)
		}
		if err := decode([]byte(`{"count":1}`), strictjson.Limits{Bytes: 11}); err != nil {
			t.Errorf("%s: %v at the size that is allowed", name, err)
		}
		if err := decode([]byte(`{"count":1}`), strictjson.Limits{Bytes: 10}); !errors.Is(err, strictjson.ErrSize) {
			t.Errorf("%s: %v beyond the size", name, err)
		}
	}
}

// hostile gives texts of about that many bytes that are dear to read.
func hostile(size int) map[string]string {
	return map[string]string{
		"open arrays":       strings.Repeat("[", size),
		"open objects":      strings.Repeat(`{"a":`, size/5),
		"digits":            `{"any":` + strings.Repeat("9", size-8) + "}",
		"digits, as a name": `{"` + strings.Repeat("9", size-16) + `":1}`,
		"exponent":          `{"any":1e` + strings.Repeat("9", size-16) + "}",
		"escapes":           `{"any":"` + strings.Repeat(`\u0061`, size/6-4) + `"}`,
		"small objects":     `{"any":[` + strings.Repeat("{},", size/3-8) + "{}]}",
		"the first again":   many(size/12, `"0":0`),
		"spaces":            strings.Repeat(" ", size-1) + "x",
	}
}

func TestHostileInputIsFast(t *testing.T) {
	size := 1 << 20
	if testing.Short() {
		size = 1 << 16
	}
	for name, text := range hostile(size) {
		if len(text) > size {
			t.Errorf("%s: %d bytes, refused for that alone", name, len(text))
		}
		for _, function := range []string{"DecodeKnown", "DecodeAny"} { // Decode does less than DecodeKnown
			start := time.Now()
			_ = decoders[function]([]byte(text), strictjson.Limits{})
			if took := time.Since(start); took > 5*time.Second { // about 0.1 s at most, without -race
				t.Errorf("%s took %v for %s", function, took, name)
			}
		}
	}
}
