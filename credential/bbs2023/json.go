package bbs2023

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/spec/strictjson"
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
	v, err := strictjson.DecodeAny(text, strictjson.Limits{Bytes: maxDocument, Depth: maxDepth}, parseNumber)
	var number *credential.Error
	switch {
	case errors.As(err, &number):
		return nil, err
	case errors.Is(err, strictjson.ErrSize):
		return nil, credential.Failed("document-size", clauseJSON, "%w", err)
	case errors.Is(err, strictjson.ErrDepth):
		return nil, credential.Failed("document-depth", clauseJSON, "%w", err)
	case errors.Is(err, strictjson.ErrTwice):
		return nil, credential.Failed("document-duplicate", clauseJSON, "%w", err)
	case err != nil:
		return nil, credential.Failed("document-json", clauseJSON, "%w", err)
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, credential.Failed("document-json", clauseJSON, "not a JSON object")
	}
	return object, nil
}

// parseNumber admits numbers of at most 15 significant digits: those survive
// the way to a double and to the 16 digits of a signed xsd:double unchanged,
// so that no two different numbers share a statement.
func parseNumber(s string) (any, error) {
	mantissa, _, _ := strings.Cut(strings.ToLower(strings.TrimPrefix(s, "-")), "e")
	digits := strings.Trim(strings.Replace(mantissa, ".", "", 1), "0")
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || len(digits) > 15 || (f == 0 && digits != "") || (f == 0 && s[0] == '-') {
		return nil, credential.Failed("document-number", "RFC 7493 section 2.2", "%s is not carried exactly", quote(s))
	}
	return f, nil
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
