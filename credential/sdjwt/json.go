package sdjwt

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/halfmask/halfmask/spec/strictjson"
)

// errDepth is what readJSON reports for a value that nests too deep.
var errDepth = fmt.Errorf("nested deeper than %d", MaxDepth)

// readJSON decodes one JSON value and nothing else. Unlike json.Unmarshal it
// refuses an object with the same member twice, invalid UTF-8, lone
// surrogates, nesting deeper than MaxDepth and whole numbers that a float64
// cannot hold.
func readJSON(data []byte) (any, error) {
	v, err := strictjson.DecodeAny(data, strictjson.Limits{Bytes: MaxSize, Depth: MaxDepth}, readNumber)
	if errors.Is(err, strictjson.ErrDepth) {
		return nil, errDepth
	}
	return v, err
}

func readNumber(s string) (any, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, fmt.Errorf("number %.40s is out of range", s)
	}
	if math.Abs(f) >= 1<<53 && !strings.ContainsAny(s, ".eE") {
		return nil, fmt.Errorf("whole number %.40s is not between -2^53 and 2^53", s)
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
