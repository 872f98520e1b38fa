package openid4vp

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const maxPath = 16 // components of a claims path pointer

// Path is a claims path pointer (section 7): a string selects a member, nil
// every element of an array, an int of 0 or more one element.
type Path []any

// Validate checks the form of the pointer: not empty, and made of strings,
// nils and ints of 0 or more.
func (p Path) Validate() error {
	if len(p) == 0 {
		return errors.New("path is empty")
	}
	if len(p) > maxPath {
		return fmt.Errorf("path has more than %d components", maxPath)
	}
	for i, c := range p {
		switch c := c.(type) {
		case nil:
		case string:
			if len(c) > maxText {
				return fmt.Errorf("path[%d] is longer than %d bytes", i, maxText)
			}
		case int:
			if c < 0 {
				return fmt.Errorf("path[%d] is negative", i)
			}
		default:
			return fmt.Errorf("path[%d] is neither a string, null nor a non-negative integer", i)
		}
	}
	return nil
}

func parsePath(v any) (Path, error) {
	l, ok := v.([]any)
	if !ok {
		return nil, errors.New("path is not an array")
	}
	p := make(Path, len(l))
	for i, c := range l {
		p[i] = c
		if n, ok := c.(json.Number); ok {
			index, err := strconv.ParseUint(n.String(), 10, 31)
			if err != nil {
				return nil, fmt.Errorf("path[%d] is not a non-negative integer", i)
			}
			p[i] = int(index)
		}
	}
	return p, p.Validate()
}

// Select applies the pointer to a JSON object (section 7.1.1) and gives the
// selected elements, never none: that is an error, as is a component that
// does not fit the element it is applied to.
func (p Path) Select(root map[string]any) ([]any, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	selected := []any{root}
	for i, c := range p {
		var next []any
		for _, e := range selected {
			switch c := c.(type) {
			case string:
				m, ok := e.(map[string]any)
				if !ok {
					return nil, fmt.Errorf("path %s: component %d is applied to something that is no object", p, i)
				}
				if v, ok := m[c]; ok {
					next = append(next, v)
				}
			case nil:
				l, ok := e.([]any)
				if !ok {
					return nil, fmt.Errorf("path %s: component %d is applied to something that is no array", p, i)
				}
				next = append(next, l...)
			case int:
				l, ok := e.([]any)
				if !ok {
					return nil, fmt.Errorf("path %s: component %d is applied to something that is no array", p, i)
				}
				if c < len(l) {
					next = append(next, l[c])
				}
			}
		}
		if selected = next; len(selected) == 0 {
			return nil, fmt.Errorf("path %s selects nothing", p)
		}
	}
	return selected, nil
}

// Name is the last name in the path, by which a claim is called in texts:
// "age_over_18" for ["credentialSubject","age_over_18"].
func (p Path) Name() string {
	for i := len(p) - 1; i >= 0; i-- {
		if s, ok := p[i].(string); ok {
			return s
		}
	}
	return ""
}

// String gives the pointer as JSON.
func (p Path) String() string {
	parts := make([]string, len(p))
	for i, c := range p {
		b, err := json.Marshal(c)
		if err != nil {
			b = []byte("?")
		}
		parts[i] = string(b)
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// Equal reports whether both pointers have the same components.
func (p Path) Equal(q Path) bool {
	if len(p) != len(q) {
		return false
	}
	for i := range p {
		if p[i] != q[i] {
			return false
		}
	}
	return true
}
