package jwpbbs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/halfmask/halfmask/credential"
)

// Node is a part of a credential's layout: a leaf, an object or an array.
type Node struct {
	members []Member
	entries []Node
	scalar  bool
	kind    kind
}

type kind byte

const (
	leaf kind = iota
	object
	array
)

// Member is a named part of an object.
type Member struct {
	Name string
	Node Node
}

// Text is a leaf that is any JSON value, hashed to its message.
func Text() Node { return Node{} }

// Integer is a leaf that is its own message, an integer in [0, r-1]: the only
// kind that predicates can be proved about.
func Integer() Node { return Node{scalar: true} }

// Object is an object with these members, in this order, and at least one.
func Object(members ...Member) Node { return Node{kind: object, members: members} }

// Array is an array of at most len(entries) entries (section 2.9).
func Array(entries ...Node) Node { return Node{kind: array, entries: entries} }

// write appends the node as cmap has it, and numbers the leaves from *next.
func (n Node) write(b []byte, next *int) ([]byte, error) {
	switch n.kind {
	case object:
		b = append(b, '{')
		for i, m := range n.members {
			if i > 0 {
				b = append(b, ',')
			}
			name, err := writeJSON(m.Name)
			if err != nil {
				return nil, err
			}
			b = append(append(b, name...), ':')
			if b, err = m.Node.write(b, next); err != nil {
				return nil, err
			}
		}
		return append(b, '}'), nil
	case array:
		b = append(b, '[')
		for i, e := range n.entries {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = e.write(b, next); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	}
	b = fmt.Appendf(b, "[%d,%t]", *next, n.scalar)
	*next++
	return b, nil
}

// Path leads to a part of a credential: names of members and, for the entries
// of an array, numbers in decimal.
type Path []string

// String writes the path with slashes, for messages.
func (p Path) String() string { return "/" + strings.Join(p, "/") }

// mapping is a cmap that was validated (section 2.3).
type mapping struct {
	root   *mapped
	leaves []mappedLeaf // by index of the message
}

type mappedLeaf struct {
	path   Path
	scalar bool
}

// mapped is a part of a cmap as read: a leaf when it has neither members nor
// entries.
type mapped struct {
	members map[string]*mapped
	entries []*mapped
	index   int
}

const clauseMapping = draft + "2.3"

// readMapping validates a cmap: each index from 0 up in exactly one
// annotation, and no name that a header parameter has.
func readMapping(v any) (*mapping, error) {
	top, ok := v.(map[string]any)
	if !ok {
		return nil, credential.Failed("mapping", clauseMapping, "cmap is not a JSON object")
	}
	for _, name := range []string{"vct", "alg", "cmap", "kb"} {
		if _, ok := top[name]; ok {
			return nil, credential.Failed("mapping-name", clauseMapping, "a claim is named %s", name)
		}
	}
	found := map[int]mappedLeaf{}
	root, err := readMapped(v, nil, found)
	if err != nil {
		return nil, err
	}
	m := &mapping{root: root, leaves: make([]mappedLeaf, len(found))}
	for i := range m.leaves {
		if m.leaves[i], ok = found[i]; !ok {
			return nil, credential.Failed("mapping-index", clauseMapping, "index %d is in no annotation", i)
		}
	}
	for _, name := range []string{"exp", "nbf", "iat"} {
		if part, ok := root.members[name]; ok && !(part.leaf() && m.leaves[part.index].scalar) {
			return nil, credential.Failed("mapping-time", draft+"2.7", "%s is not a scalar leaf", name)
		}
	}
	return m, nil
}

func readMapped(v any, path Path, found map[int]mappedLeaf) (*mapped, error) {
	if len(path) > MaxDepth {
		return nil, credential.Failed("mapping-depth", clauseMapping, "more than %d parts inside one another", MaxDepth)
	}
	switch v := v.(type) {
	case map[string]any:
		part := &mapped{members: make(map[string]*mapped, len(v))}
		for name, below := range v {
			child, err := readMapped(below, append(slices.Clip(path), name), found)
			if err != nil {
				return nil, err
			}
			part.members[name] = child
		}
		if len(v) > 0 {
			return part, nil
		}
	case []any:
		if index, scalar, ok := annotation(v); ok {
			if _, again := found[index]; again {
				return nil, credential.Failed("mapping-index", clauseMapping, "index %d is in two annotations", index)
			}
			found[index] = mappedLeaf{path, scalar}
			return &mapped{index: index}, nil
		}
		part := &mapped{}
		for i, below := range v {
			switch below.(type) {
			case map[string]any, []any:
			default:
				return nil, credential.Failed("mapping", clauseMapping, "%s is no annotation of an index and a boolean", path)
			}
			child, err := readMapped(below, append(slices.Clip(path), strconv.Itoa(i)), found)
			if err != nil {
				return nil, err
			}
			part.entries = append(part.entries, child)
		}
		if len(v) > 0 {
			return part, nil
		}
	}
	return nil, credential.Failed("mapping", clauseMapping, "%s has no annotation", path)
}

// annotation reads [index, scalar]. An index from MaxMessages up is none.
func annotation(v []any) (index int, scalar, ok bool) {
	if len(v) != 2 {
		return 0, false, false
	}
	number, isNumber := v[0].(json.Number)
	scalar, isBool := v[1].(bool)
	index, err := strconv.Atoi(string(number))
	return index, scalar, isNumber && isBool && err == nil && index >= 0 && index < MaxMessages && strconv.Itoa(index) == string(number)
}

func (p *mapped) leaf() bool { return p.members == nil && p.entries == nil }

// find follows a path to a part.
func (m *mapping) find(path Path) (*mapped, bool) {
	part := m.root
	for _, step := range path {
		var next *mapped
		if part.members != nil {
			next = part.members[step]
		} else if i, err := strconv.Atoi(step); err == nil && 0 <= i && i < len(part.entries) && strconv.Itoa(i) == step {
			next = part.entries[i]
		}
		if next == nil {
			return nil, false
		}
		part = next
	}
	return part, true
}

// scalarLeaf gives the index of the scalar leaf at a path.
func (m *mapping) scalarLeaf(path Path) (index int, ok bool) {
	part, ok := m.find(path)
	if !ok || !part.leaf() || !m.leaves[part.index].scalar {
		return 0, false
	}
	return part.index, true
}

// indexes appends the indexes of all leaves in a part.
func (p *mapped) indexes(to []int) []int {
	if p.leaf() {
		return append(to, p.index)
	}
	for _, child := range p.members {
		to = child.indexes(to)
	}
	for _, child := range p.entries {
		to = child.indexes(to)
	}
	return to
}

// reconstruct makes the value of a part from payloads by index (section
// 4.7). ok is false when nothing of it is disclosed.
func (m *mapping) reconstruct(p *mapped, payloads [][]byte) (value any, ok bool, err error) {
	switch {
	case p.members != nil:
		object := map[string]any{}
		for name, child := range p.members {
			v, ok, err := m.reconstruct(child, payloads)
			if err != nil {
				return nil, false, err
			}
			if ok {
				object[name] = v
			}
		}
		return object, len(object) > 0, nil
	case p.entries != nil:
		var list []any
		for _, child := range p.entries {
			v, ok, err := m.reconstruct(child, payloads)
			if err != nil {
				return nil, false, err
			}
			if ok {
				list = append(list, v)
			}
		}
		return list, len(list) > 0, nil
	}
	payload := payloads[p.index]
	if payload == nil {
		return nil, false, nil
	}
	v, absent, err := readPayload(payload, m.leaves[p.index].scalar)
	if err != nil {
		return nil, false, credential.Failed("payload", draft+"2.5", "%s: %w", m.leaves[p.index].path, err)
	}
	return v, !absent, nil
}

// fill makes payloads from claims that mirror the mapping: a decoy for each
// leaf that they leave out, and an error for what the mapping has no place
// for.
func (m *mapping) fill(p *mapped, claims any, present bool, path Path, payloads [][]byte) error {
	wrong := func(format string, args ...any) error {
		return credential.Failed("claims", draft+"2.9", "%s: %w", path, fmt.Errorf(format, args...))
	}
	if !present {
		for _, i := range p.indexes(nil) {
			payloads[i] = decoyPayload(m.leaves[i].scalar)
		}
		return nil
	}
	switch {
	case p.members != nil:
		object, ok := claims.(map[string]any)
		if !ok {
			return wrong("not an object")
		}
		for name := range object {
			if p.members[name] == nil {
				return wrong("the layout has no member %.40q", name)
			}
		}
		for name, child := range p.members {
			v, ok := object[name]
			if err := m.fill(child, v, ok, append(slices.Clip(path), name), payloads); err != nil {
				return err
			}
		}
		return nil
	case p.entries != nil:
		list, ok := claims.([]any)
		if !ok {
			return wrong("not an array")
		}
		if len(list) > len(p.entries) {
			return wrong("%d entries, the layout has %d", len(list), len(p.entries))
		}
		for i, child := range p.entries {
			var v any
			if i < len(list) {
				v = list[i]
			}
			if err := m.fill(child, v, i < len(list), append(slices.Clip(path), strconv.Itoa(i)), payloads); err != nil {
				return err
			}
		}
		return nil
	}
	payload, err := writePayload(claims, m.leaves[p.index].scalar)
	if err != nil {
		return wrong("%w", err)
	}
	if len(payload) > MaxPayload {
		return wrong("%d octets, more than %d", len(payload), MaxPayload)
	}
	payloads[p.index] = payload
	return nil
}
