package bbs2023

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/halfmask/halfmask/credential"
)

// Bounds on what is read. They are far above what a credential of people
// needs and keep hostile input below a fraction of a second.
const (
	maxDocument   = 256 << 10 // bytes of a document, proof included
	maxDepth      = 32        // nested objects and arrays
	maxStatements = 1024      // statements of a document
	maxBlankNodes = 256       // objects without an id in a document
	maxPointers   = 512       // JSON pointers in one list
	maxPointer    = 1024      // bytes of one JSON pointer
	maxHeader     = 4096      // bytes of a presentation header
)

const clauseJSON = "RFC 8259 section 4, RFC 7493 section 2"

// parseDocument reads one JSON object. What two readers could understand
// differently is refused: duplicate members, invalid UTF-8, lone surrogates,
// numbers that a double does not carry exactly, anything after the object.
func parseDocument(text []byte) (map[string]any, error) {
	if len(text) > maxDocument {
		return nil, credential.Failed("document-size", clauseJSON, "%d bytes, at most %d are read", len(text), maxDocument)
	}
	if !utf8.Valid(text) {
		return nil, credential.Failed("document-json", clauseJSON, "not UTF-8")
	}
	if err := checkSurrogates(text); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	v, err := parseValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, credential.Failed("document-json", clauseJSON, "something follows the JSON value")
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, credential.Failed("document-json", clauseJSON, "not a JSON object")
	}
	return object, nil
}

func parseValue(d *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, credential.Failed("document-depth", clauseJSON, "nested deeper than %d", maxDepth)
	}
	t, err := d.Token()
	if err != nil {
		return nil, credential.Failed("document-json", clauseJSON, "%w", err)
	}
	switch t := t.(type) {
	case json.Number:
		return parseNumber(string(t))
	case json.Delim:
		if t == '{' {
			return parseObject(d, depth)
		}
		return parseArray(d, depth)
	}
	return t, nil
}

func parseObject(d *json.Decoder, depth int) (any, error) {
	object := map[string]any{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, credential.Failed("document-json", clauseJSON, "%w", err)
		}
		name, ok := t.(string)
		if !ok {
			return nil, credential.Failed("document-json", clauseJSON, "member name is not a string")
		}
		if _, twice := object[name]; twice {
			return nil, credential.Failed("document-duplicate", clauseJSON, "member %s occurs twice", quote(name))
		}
		if object[name], err = parseValue(d, depth+1); err != nil {
			return nil, err
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, credential.Failed("document-json", clauseJSON, "%w", err)
	}
	return object, nil
}

func parseArray(d *json.Decoder, depth int) (any, error) {
	array := []any{}
	for d.More() {
		v, err := parseValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		array = append(array, v)
	}
	if _, err := d.Token(); err != nil {
		return nil, credential.Failed("document-json", clauseJSON, "%w", err)
	}
	return array, nil
}

// parseNumber admits numbers of at most 15 significant digits: those survive
// the way to a double and to the 16 digits of a signed xsd:double unchanged,
// so that no two different numbers share a statement.
func parseNumber(s string) (float64, error) {
	mantissa, _, _ := strings.Cut(strings.ToLower(strings.TrimPrefix(s, "-")), "e")
	digits := strings.Trim(strings.Replace(mantissa, ".", "", 1), "0")
	f, err := json.Number(s).Float64()
	if err != nil || len(digits) > 15 || (f == 0 && digits != "") || (f == 0 && s[0] == '-') {
		return 0, credential.Failed("document-number", "RFC 7493 section 2.2", "%s is not carried exactly", quote(s))
	}
	return f, nil
}

// checkSurrogates refuses \uD800 to \uDFFF escapes that are not a pair: the
// decoder would read each of them as U+FFFD, and so two texts as one.
func checkSurrogates(text []byte) error {
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		high, ok := escapedUnit(text[i:])
		if !ok {
			i++ // the escaped character, which may be a backslash
			continue
		}
		i += 5
		if high < 0xD800 || high > 0xDFFF {
			continue
		}
		low, ok := escapedUnit(text[i+1:])
		if high > 0xDBFF || !ok || low < 0xDC00 || low > 0xDFFF {
			return credential.Failed("document-json", clauseJSON, "lone surrogate in a string")
		}
		i += 6
	}
	return nil
}

// escapedUnit reads \uXXXX at the start of text.
func escapedUnit(text []byte) (unit uint32, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	if _, err := fmt.Sscanf(string(text[2:6]), "%04x", &unit); err != nil {
		return 0, false
	}
	return unit, true
}

// marshal writes JSON with members in the order of their names, so that the
// order of a document's members says nothing about who wrote it.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// quote shortens and quotes text from outside for an error message.
func quote(s string) string {
	if len(s) > 80 {
		return fmt.Sprintf("%q…", s[:80])
	}
	return fmt.Sprintf("%q", s)
}
