// Package strictjson reads JSON from outside so that every reader takes the
// same from it.
//
// RFC 8259 leaves open what a repeated member means, and encoding/json takes
// the last one, matches names without regard to case and turns what is not
// UTF-8 into replacement characters. A signature checked by one reader and a
// decision taken by another could so be about different values. Every
// function here reads I-JSON (RFC 7493 sections 2.1 and 2.3: UTF-8 without
// lone surrogates, no member twice at any depth, escaped or not) and further
// wants:
//
//   - one value and nothing behind it;
//   - at most Limits.Bytes bytes, and no more than Limits.Depth objects and
//     arrays inside one another;
//   - names spelled exactly as the Go type's tags.
//
// Decode is the place to start: our own messages, in which an unknown member
// is a mistake. DecodeKnown is for standards that ask to ignore unknown
// members. DecodeAny is for values that have no Go type, and leaves it to the
// caller what a number becomes.
//
// The reading is done by github.com/go-json-experiment/json, which is
// encoding/json/v2 for Go releases before 1.27. Bounds, the rule about case
// and errors without Go types and without values from the input are added.
//
// It leaves out streams, writing (encoding/json) and the exactness of numbers
// (RFC 7493 section 2.2), which callers judge differently.
package strictjson

import (
	"bytes"
	"cmp"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Limits bound what is read. A zero field has the default.
type Limits struct {
	Bytes int // default 1 MiB
	Depth int // objects and arrays inside one another, the outermost counted; default 32
}

func (l Limits) checkSize(b []byte) error {
	if most := cmp.Or(l.Bytes, 1<<20); len(b) > most {
		return fmt.Errorf("%w: %d bytes, more than %d", ErrSize, len(b), most)
	}
	return nil
}

func (l Limits) checkDepth(depth int) error {
	if most := cmp.Or(l.Depth, 32); depth > most {
		return fmt.Errorf("%w: more than %d objects and arrays inside one another", ErrDepth, most)
	}
	return nil
}

// Refusals that callers tell from the rest. All other errors are about text
// that is not JSON or does not fit the Go type.
var (
	ErrSize  = errors.New("too long")
	ErrDepth = errors.New("nested too deep")
	ErrTwice = errors.New("member occurs twice")
)

var errNoObject = errors.New("not a JSON object")

// Decode reads one JSON object into v, a pointer to a struct or map. Members
// that a struct does not have are refused. An error from an UnmarshalJSON or
// UnmarshalText method of v can be found with errors.As.
func Decode(b []byte, v any, l Limits) error {
	kind, err := scan(b, l, false)
	switch {
	case err != nil:
		return err
	case kind != jsontext.KindBeginObject:
		return errNoObject
	}
	return describe(json.Unmarshal(b, v, json.RejectUnknownMembers(true)))
}

// DecodeKnown is as Decode, but ignores members that a struct does not have,
// as OpenID4VCI and the JOSE family ask. Because other readers take names
// that differ in case for one, an object with two of those is refused with
// ErrTwice.
func DecodeKnown(b []byte, v any, l Limits) error {
	kind, err := scan(b, l, true)
	switch {
	case err != nil:
		return err
	case kind != jsontext.KindBeginObject:
		return errNoObject
	}
	return describe(json.Unmarshal(b, v))
}

// DecodeAny reads one JSON value of any form: map[string]any, []any, string,
// bool, nil, and for a number what the function number makes of its text; an
// error from it is given on as it is. Without a function a number becomes a
// json.Number of encoding/json, its text unchanged.
func DecodeAny(b []byte, l Limits, number func(text string) (any, error)) (any, error) {
	if err := l.checkSize(b); err != nil {
		return nil, err
	}
	var refused error
	values := json.UnmarshalFromFunc(func(d *jsontext.Decoder, v *any) error {
		switch d.PeekKind() {
		case jsontext.KindBeginObject, jsontext.KindBeginArray:
			if refused = l.checkDepth(d.StackDepth() + 1); refused != nil {
				return refused
			}
		case jsontext.KindNumber:
			text, err := d.ReadValue()
			if err != nil {
				return err
			}
			if number == nil {
				*v = stdjson.Number(text)
				return nil
			}
			*v, refused = number(string(text))
			return refused
		}
		return errors.ErrUnsupported // as values are decoded without this function
	})
	var v any
	err := json.Unmarshal(b, &v, json.WithUnmarshalers(values))
	switch {
	case refused != nil:
		return nil, refused
	case err != nil:
		return nil, describe(err)
	}
	return v, nil
}

// scan goes through the tokens and builds nothing: it finds what is too long
// or too deep, what is not one I-JSON value, and if asked to, names that
// differ in case only. It tells how the value begins.
func scan(b []byte, l Limits, fold bool) (first jsontext.Kind, err error) {
	if err := l.checkSize(b); err != nil {
		return 0, err
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(b))
	var folded []map[string]bool // names met in each open object or array
	for {
		t, err := d.ReadToken()
		if err != nil {
			return 0, describe(err)
		}
		if first == 0 {
			first = t.Kind()
		}
		depth := d.StackDepth()
		if err := l.checkDepth(depth); err != nil {
			return 0, err
		}
		if fold {
			for len(folded) < depth {
				folded = append(folded, map[string]bool{})
			}
			folded = folded[:depth]
			if kind, n := d.StackIndex(depth); kind == jsontext.KindBeginObject && n%2 == 1 {
				name := alike(t.String())
				if folded[depth-1][name] {
					return 0, fmt.Errorf("%w: %.40q, but for case", ErrTwice, t.String())
				}
				folded[depth-1][name] = true
			}
		}
		if depth == 0 {
			break
		}
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return 0, errors.New("something follows the JSON value")
	}
	return first, nil
}

// alike gives the same text for all names that encoding/json takes for one.
func alike(name string) string { return strings.ToLower(strings.ToUpper(name)) }

// describe keeps what a sender can act on: the place and what is wrong there.
// Go types are none of their business, and values may be somebody's name.
func describe(err error) error {
	var (
		syntax *jsontext.SyntacticError
		misfit *json.SemanticError
	)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntax):
		return fmt.Errorf("%w: %.40q", ErrTwice, syntax.JSONPointer.LastToken())
	case errors.As(err, &misfit) && errors.Is(err, json.ErrUnknownName):
		return fmt.Errorf("unknown member %.40q", misfit.JSONPointer.LastToken())
	case errors.As(err, &misfit):
		return &misfitError{misfit}
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON at byte %d", syntax.ByteOffset)
	}
	return errors.New("not JSON: it ends early")
}

// misfitError is about a value that does not fit its Go type.
type misfitError struct{ cause *json.SemanticError }

func (e *misfitError) Error() string {
	kind := e.cause.JSONKind.String()
	switch e.cause.JSONKind {
	case jsontext.KindBeginObject:
		kind = "object"
	case jsontext.KindBeginArray:
		kind = "array"
	}
	if e.cause.JSONPointer == "" {
		return "the JSON " + kind + " does not fit"
	}
	return fmt.Sprintf("member %.80q cannot be this JSON %s", string(e.cause.JSONPointer[1:]), kind)
}

// Unwrap gives what the type's own method said.
func (e *misfitError) Unwrap() error { return e.cause.Err }
