package openid4vci

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxDepth = 24 // nested objects and arrays in any message

// decodeStrict reads one JSON value into v. Unknown members are ignored, as
// the standard asks; repeated ones, also such that differ in case only, are
// refused, because two readers could take different ones.
func decodeStrict(data []byte, v any) error {
	if !utf8.Valid(data) {
		return errors.New("not UTF-8")
	}
	if err := checkMembers(data); err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return describeJSON(err)
	}
	return nil
}

// describeJSON keeps what a sender can act on and leaves out the names of our
// types.
func describeJSON(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("member %s cannot be a JSON %s", wrong.Field, wrong.Value)
	}
	return errors.New("not JSON of the expected form")
}

// fold gives the same rune for all that encoding/json takes for one another
// in member names.
func fold(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return least
}

func checkMembers(data []byte) error {
	type level struct {
		members map[string]bool // nil in an array
		name    bool            // a member name comes next
	}
	var open []level
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	for values := 0; ; {
		token, err := dec.Token()
		if err == io.EOF {
			if values == 0 {
				return errors.New("no JSON value")
			}
			return nil
		}
		if err != nil {
			return errors.New("not JSON")
		}
		if len(open) == 0 {
			if values++; values > 1 {
				return errors.New("more than one JSON value")
			}
		}
		top := len(open) - 1
		if name, ok := token.(string); ok && top >= 0 && open[top].name {
			folded := strings.Map(fold, name)
			if open[top].members[folded] {
				return fmt.Errorf("member %.40q appears twice", name)
			}
			open[top].members[folded] = true
			open[top].name = false
			continue
		}
		switch token {
		case json.Delim('{'):
			open = append(open, level{members: map[string]bool{}, name: true})
		case json.Delim('['):
			open = append(open, level{})
		case json.Delim('}'), json.Delim(']'):
			open = open[:top]
		}
		if len(open) > maxDepth {
			return fmt.Errorf("nested deeper than %d", maxDepth)
		}
		if token == json.Delim('{') || token == json.Delim('[') {
			continue
		}
		if top = len(open) - 1; top >= 0 { // a value ended inside an object
			open[top].name = open[top].members != nil
		}
	}
}
