package bbs2023

import (
	"strconv"
	"strings"

	"github.com/halfmask/halfmask/credential"
)

const clausePointer = "vc-di-ecdsa selectPaths, RFC 6901"

// selection marks parts of a document: all of it, or the children that have
// an entry, by member name or by decimal index.
type selection struct {
	all      bool
	children map[string]*selection
}

// selectPointers is the walk of selectJsonLd: it marks what the pointers
// point to. A pointer that does not match the document is an error; what is
// disclosed is never more or less than asked for.
func selectPointers(document map[string]any, pointers []string) (*selection, error) {
	if len(pointers) > maxPointers {
		return nil, credential.Failed("pointer", clausePointer, "%d pointers, at most %d are read", len(pointers), maxPointers)
	}
	root := &selection{}
	for _, pointer := range pointers {
		path, err := parsePointer(pointer)
		if err != nil {
			return nil, err
		}
		var value any = document
		at := root
		for _, token := range path {
			if value, err = step(value, token); err != nil {
				return nil, credential.Failed("pointer", clausePointer, "pointer %s: %w", quote(pointer), err)
			}
			next := at.children[token]
			if next == nil {
				next = &selection{}
				if at.children == nil {
					at.children = map[string]*selection{}
				}
				at.children[token] = next
			}
			at = next
		}
		at.all = true
	}
	return root, nil
}

// parsePointer is jsonPointerToPaths. The pointers to the whole document and
// into its @context or proof are refused: the first cannot be told from a
// mistake, the others are not statements.
func parsePointer(pointer string) ([]string, error) {
	if len(pointer) > maxPointer {
		return nil, credential.Failed("pointer", clausePointer, "a pointer of %d bytes, at most %d are read", len(pointer), maxPointer)
	}
	tokens := strings.Split(pointer, "/")
	if tokens[0] != "" || len(tokens) < 2 {
		return nil, credential.Failed("pointer", clausePointer, "pointer %s does not start with /", quote(pointer))
	}
	if len(tokens) > maxDepth {
		return nil, credential.Failed("pointer", clausePointer, "pointer %s is deeper than %d", quote(pointer), maxDepth)
	}
	path := tokens[1:]
	for i, token := range path {
		rest := strings.ReplaceAll(strings.ReplaceAll(token, "~0", ""), "~1", "")
		if strings.Contains(rest, "~") {
			return nil, credential.Failed("pointer", clausePointer, "pointer %s: ~ is written ~0", quote(pointer))
		}
		path[i] = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
	}
	if strings.HasPrefix(path[0], "@") || path[0] == "proof" {
		return nil, credential.Failed("pointer", clausePointer, "pointer %s: no statement is there", quote(pointer))
	}
	return path, nil
}

var errNoSuchMember = errorText("the document has no such member")

type errorText string

func (e errorText) Error() string { return string(e) }

func step(value any, token string) (any, error) {
	switch v := value.(type) {
	case map[string]any:
		if child, ok := v[token]; ok {
			return child, nil
		}
	case []any:
		if n, err := strconv.Atoi(token); err == nil && strconv.Itoa(n) == token && n >= 0 && n < len(v) {
			return v[n], nil
		}
	}
	return nil, errNoSuchMember
}

// apply is the rest of selectJsonLd: the part of a document that a selection
// marks. On the way to what is marked, every object keeps its id and its
// types, arrays become dense.
func (s *selection) apply(value any) any {
	if s.all {
		return value
	}
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, kept := range []string{"id", "@id", "type", "@context"} {
			if part, ok := v[kept]; ok {
				out[kept] = part
			}
		}
		for name, child := range s.children {
			out[name] = child.apply(v[name])
		}
		return out
	case []any:
		var out []any
		for n, element := range v {
			if child := s.children[strconv.Itoa(n)]; child != nil {
				out = append(out, child.apply(element))
			}
		}
		return out
	}
	return value
}
