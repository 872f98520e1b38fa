package sdjwt

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// errDepth is what readJSON reports for a value that nests too deep.
var errDepth = fmt.Errorf("nested deeper than %d", MaxDepth)

// readJSON decodes one JSON value and nothing else. Unlike json.Unmarshal it
// refuses an object with the same member twice, invalid UTF-8, nesting
// deeper than MaxDepth and whole numbers that a float64 cannot hold.
func readJSON(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("not UTF-8")
	}
	// Valid is stricter than the token reader below about what stands
	// between tokens and after the value.
	if !json.Valid(data) {
		return nil, errors.New("not one JSON value")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := readValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON value")
	}
	return v, nil
}

func readValue(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Number:
		return readNumber(t.String())
	case json.Delim:
		if depth == MaxDepth {
			return nil, errDepth
		}
		if t == '{' {
			return readObject(d, depth+1)
		}
		return readArray(d, depth+1)
	default: // string, bool, nil
		return token, nil
	}
}

func readObject(d *json.Decoder, depth int) (any, error) {
	object := map[string]any{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, ok := token.(string)
		if !ok {
			return nil, errors.New("member name is not a string")
		}
		if _, twice := object[name]; twice {
			return nil, fmt.Errorf("member %s appears twice", brief(name))
		}
		if object[name], err = readValue(d, depth); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return object, err
}

func readArray(d *json.Decoder, depth int) (any, error) {
	array := []any{}
	for d.More() {
		v, err := readValue(d, depth)
		if err != nil {
			return nil, err
		}
		array = append(array, v)
	}
	_, err := d.Token()
	return array, err
}

func readNumber(s string) (float64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, fmt.Errorf("number %.40s is out of range", s)
	}
	if math.Abs(f) >= 1<<53 && !strings.ContainsAny(s, ".eE") {
		return 0, fmt.Errorf("whole number %.40s is not between -2^53 and 2^53", s)
	}
	return f, nil
}

// writeJSON encodes v without escaping <, > and &.
func writeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

var base64url = base64.RawURLEncoding.Strict()

// readBase64 decodes unpadded base64url. There is one text for each value:
// line breaks, which the standard library skips, and stray trailing bits are
// refused.
func readBase64(s string) ([]byte, error) {
	if s == "" {
		return nil, errors.New("empty")
	}
	if strings.ContainsAny(s, "\r\n") {
		return nil, errors.New("line break in base64url")
	}
	b, err := base64url.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("not base64url: %w", err)
	}
	return b, nil
}
