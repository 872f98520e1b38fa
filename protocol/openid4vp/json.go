package openid4vp

import (
	"errors"
	"fmt"

	"github.com/halfmask/halfmask/spec/strictjson"
)

// Bounds on what is read from the other side.
const (
	MaxURI     = 32 << 10  // bytes of an openid4vp URI
	MaxObject  = 64 << 10  // bytes of a request object, and of an answer to a response
	MaxBody    = 256 << 10 // bytes of a direct_post response, form encoded
	maxDepth   = 32        // nesting of JSON
	maxText    = 4096      // bytes of a single string in a request
	maxEntries = 64        // entries of a list in a request
)

// object is a JSON object whose member names were each met once.
type object map[string]any

// parseObject reads one JSON object: valid UTF-8, no member twice, no nesting
// beyond maxDepth, nothing behind it. Numbers become json.Number. Member names
// are compared exactly. How long it may be, the callers have seen to, none of
// them beyond MaxBody.
func parseObject(data []byte) (object, error) {
	v, err := strictjson.DecodeAny(data, strictjson.Limits{Bytes: MaxBody, Depth: maxDepth}, nil)
	if err != nil {
		return nil, err
	}
	o, ok := asObject(v)
	if !ok {
		return nil, errors.New("not a JSON object")
	}
	return o, nil
}

// asObject gives a value that is an object.
func asObject(v any) (object, bool) {
	o, ok := v.(map[string]any)
	return o, ok
}

// text gives a string member; absent is "", and any other type an error.
func (o object) text(name string) (string, error) {
	v, ok := o[name]
	if !ok {
		return "", nil
	}
	s, ok := v.(string)
	if !ok {
		return "", fmt.Errorf("%s is not a string", name)
	}
	if len(s) > maxText {
		return "", fmt.Errorf("%s is longer than %d bytes", name, maxText)
	}
	return s, nil
}

// text64 is text with a bound of its own, for what is encoded.
func (o object) text64(name string, limit int) (string, error) {
	s, _ := o[name].(string)
	if s == "" || len(s) > limit {
		return "", fmt.Errorf("%s is not a string of at most %d bytes", name, limit)
	}
	return s, nil
}

// flag gives a boolean member, or the default when it is absent.
func (o object) flag(name string, absent bool) (bool, error) {
	v, ok := o[name]
	if !ok {
		return absent, nil
	}
	b, ok := v.(bool)
	if !ok {
		return false, fmt.Errorf("%s is not a boolean", name)
	}
	return b, nil
}

// list gives an array member; absent is nil, present but empty an error.
func (o object) list(name string) ([]any, error) {
	v, ok := o[name]
	if !ok {
		return nil, nil
	}
	return asList(name, v)
}

func asList(name string, v any) ([]any, error) {
	l, ok := v.([]any)
	switch {
	case !ok:
		return nil, fmt.Errorf("%s is not an array", name)
	case len(l) == 0:
		return nil, fmt.Errorf("%s is an empty array", name)
	case len(l) > maxEntries:
		return nil, fmt.Errorf("%s has more than %d entries", name, maxEntries)
	}
	return l, nil
}

// texts gives an array member of strings; absent is nil.
func (o object) texts(name string) ([]string, error) {
	v, ok := o[name]
	if !ok {
		return nil, nil
	}
	return asTexts(name, v)
}

func asTexts(name string, v any) ([]string, error) {
	l, err := asList(name, v)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(l))
	for i, e := range l {
		s, ok := e.(string)
		if !ok || len(s) > maxText {
			return nil, fmt.Errorf("%s[%d] is not a string of at most %d bytes", name, i, maxText)
		}
		out[i] = s
	}
	return out, nil
}

// textLists gives an array member of arrays of strings; absent is nil.
func (o object) textLists(name string) ([][]string, error) {
	l, err := o.list(name)
	if err != nil || l == nil {
		return nil, err
	}
	out := make([][]string, len(l))
	for i, e := range l {
		if out[i], err = asTexts(fmt.Sprintf("%s[%d]", name, i), e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// objects gives an array member of objects; absent is nil.
func (o object) objects(name string) ([]object, error) {
	l, err := o.list(name)
	if err != nil || l == nil {
		return nil, err
	}
	out := make([]object, len(l))
	for i, e := range l {
		var ok bool
		if out[i], ok = asObject(e); !ok {
			return nil, fmt.Errorf("%s[%d] is not an object", name, i)
		}
	}
	return out, nil
}
