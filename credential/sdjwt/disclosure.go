package sdjwt

import (
	"encoding/base64"
	"errors"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
)

// A disclosure is the salt, name and value that one digest stands for
// (RFC 9901 section 4.2).
type disclosure struct {
	text    string // as sent, base64url
	element bool   // of an array element, which has no name
	salt    string
	name    string
	value   any
}

// readDisclosure reads [salt, name, value] or [salt, value].
func readDisclosure(text string) (*disclosure, error) {
	const clause = "RFC 9901 section 4.2"
	raw, err := jws.ReadBase64(text)
	if err != nil {
		return nil, credential.Failed("disclosure-form", clause, "%w", err)
	}
	v, err := readJSON(raw)
	if errors.Is(err, errDepth) {
		return nil, credential.Failed("disclosure-depth", "RFC 8725 section 3.10", "%w", err)
	}
	if err != nil {
		return nil, credential.Failed("disclosure-form", clause, "%w", err)
	}
	array, ok := v.([]any)
	if !ok || len(array) != 2 && len(array) != 3 {
		return nil, credential.Failed("disclosure-form", clause, "not an array of a salt, a name and a value, or of a salt and a value")
	}
	d := &disclosure{text: text, element: len(array) == 2, value: array[len(array)-1]}
	if d.salt, ok = array[0].(string); !ok {
		return nil, credential.Failed("disclosure-form", clause, "the salt is not a string")
	}
	if !d.element {
		if d.name, ok = array[1].(string); !ok {
			return nil, credential.Failed("disclosure-form", "RFC 9901 section 4.2.1", "the claim name is not a string")
		}
	}
	return d, nil
}

// writeDisclosure is the inverse of readDisclosure.
func writeDisclosure(array ...any) (string, error) {
	data, err := jws.WriteJSON(array)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(data), nil
}
