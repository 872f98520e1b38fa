package sdjwt

import (
	"crypto"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
)

// A node is a value of the processed claims that remembers which disclosure
// brought it.
type node struct {
	parent   *node
	by       int              // index of the disclosure that brought it, or visible
	scalar   any              // a string, float64, bool or nil, when it has no children
	members  map[string]*node // of an object
	elements []*node          // of an array
	array    bool
}

const visible = -1

// plain gives the value with nothing but JSON in it, fresh on each call.
func (n *node) plain() any {
	switch {
	case n.members != nil:
		object := make(map[string]any, len(n.members))
		for name, member := range n.members {
			object[name] = member.plain()
		}
		return object
	case n.array:
		array := make([]any, 0, len(n.elements))
		for _, element := range n.elements {
			array = append(array, element.plain())
		}
		return array
	default:
		return n.scalar
	}
}

// process carries out step 3 of RFC 9901 section 7.1: it puts every
// disclosure where its digest stands and takes the digests away.
func process(payload map[string]any, h crypto.Hash, disclosures []*disclosure) (*node, error) {
	p := &processor{
		size:        h.Size(),
		disclosures: disclosures,
		byDigest:    make(map[string]int, len(disclosures)),
		placed:      make([]*node, len(disclosures)),
		seen:        map[string]bool{},
	}
	for i, d := range disclosures {
		sum := digest(h, d.text)
		if _, twice := p.byDigest[sum]; twice {
			return nil, credential.Failed("disclosure-duplicate", "RFC 9901 section 4", "disclosure %d was sent before", i+1)
		}
		p.byDigest[sum] = i
	}
	root, err := p.object(payload, &node{by: visible}, 1)
	if err != nil {
		return nil, err
	}
	for i, n := range p.placed {
		if n == nil {
			return nil, credential.Failed("disclosure-unreferenced", "RFC 9901 section 7.1", "no digest stands for disclosure %d", i+1)
		}
	}
	return root, nil
}

type processor struct {
	size        int // octets of a digest
	disclosures []*disclosure
	byDigest    map[string]int
	placed      []*node // by index of disclosure
	seen        map[string]bool
	plainOnly   bool // inside a claim that hides nothing
}

// value processes v, whose node n has its parent and origin set already.
// depth counts the objects and arrays around it.
func (p *processor) value(v any, n *node, depth int) (*node, error) {
	switch v := v.(type) {
	case map[string]any:
		return p.object(v, n, depth+1)
	case []any:
		return p.array(v, n, depth+1)
	default:
		n.scalar = v
		return n, nil
	}
}

func (p *processor) object(object map[string]any, n *node, depth int) (*node, error) {
	if depth > MaxDepth {
		return nil, credential.Failed("depth", "RFC 8725 section 3.10", "claims %w", errDepth)
	}
	n.members = make(map[string]*node, len(object))
	top := depth == 1
	for name, v := range object {
		switch {
		case name == digestsName, top && name == hashName:
			continue
		case name == hashName:
			return nil, credential.Failed("reserved-name", "RFC 9901 section 4.1.1", "%s below the top level", hashName)
		case name == elementName:
			return nil, credential.Failed("reserved-name", "RFC 9901 section 4.1", "a claim is named %q", elementName)
		}
		if top && undisclosable[name] {
			p.plainOnly = true
		}
		member, err := p.value(v, &node{parent: n, by: visible}, depth)
		if err != nil {
			return nil, err
		}
		if top {
			p.plainOnly = false
		}
		n.members[name] = member
	}
	// Hidden members come after the plain ones, so that an override is found.
	if digests, ok := object[digestsName]; ok {
		if err := p.hidden(digests, n, depth); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// hidden inserts the disclosed among the hidden members of an object.
func (p *processor) hidden(digests any, n *node, depth int) error {
	list, ok := digests.([]any)
	if !ok {
		return credential.Failed("reserved-name", "RFC 9901 section 4.2.4.1", "%s is not an array of digests", digestsName)
	}
	for _, v := range list {
		i, err := p.find(v)
		if err != nil {
			return err
		}
		if i < 0 {
			continue
		}
		d := p.disclosures[i]
		if d.element {
			return credential.Failed("disclosure-length", "RFC 9901 section 7.1", "disclosure %d is for a member and has two elements, not three", i+1)
		}
		if d.name == digestsName || d.name == elementName || d.name == hashName {
			return credential.Failed("reserved-name", "RFC 9901 section 7.1", "disclosure %d is for a claim named %s", i+1, brief(d.name))
		}
		if depth == 1 && undisclosable[d.name] {
			return credential.Failed("registered-claim", clauseRegistered, "claim %q is in a disclosure", d.name)
		}
		if _, exists := n.members[d.name]; exists {
			return credential.Failed("claim-override", "RFC 9901 section 7.1", "disclosure %d is for %s, which is there already", i+1, brief(d.name))
		}
		member := &node{parent: n, by: i}
		p.placed[i] = member
		if n.members[d.name], err = p.value(d.value, member, depth); err != nil {
			return err
		}
	}
	return nil
}

func (p *processor) array(array []any, n *node, depth int) (*node, error) {
	if depth > MaxDepth {
		return nil, credential.Failed("depth", "RFC 8725 section 3.10", "claims %w", errDepth)
	}
	n.array = true
	for _, v := range array {
		element := &node{parent: n, by: visible}
		if object, ok := v.(map[string]any); ok {
			if sum, hidden := object[elementName]; hidden {
				if len(object) != 1 {
					return nil, credential.Failed("reserved-name", "RFC 9901 section 4.2.4.2", "%q has other members beside it", elementName)
				}
				i, err := p.find(sum)
				if err != nil {
					return nil, err
				}
				if i < 0 {
					continue
				}
				d := p.disclosures[i]
				if !d.element {
					return nil, credential.Failed("disclosure-length", "RFC 9901 section 7.1", "disclosure %d is for an array element and has three elements, not two", i+1)
				}
				element.by, v = i, d.value
				p.placed[i] = element
			}
		}
		element, err := p.value(v, element, depth)
		if err != nil {
			return nil, err
		}
		n.elements = append(n.elements, element)
	}
	return n, nil
}

// find gives the disclosure that a digest stands for, or -1 when it was not
// sent or there is none.
func (p *processor) find(v any) (int, error) {
	sum, ok := v.(string)
	if !ok {
		return 0, credential.Failed("digest-form", "RFC 9901 section 4.2.4", "a digest is not a string")
	}
	if raw, err := jws.ReadBase64(sum); err != nil || len(raw) != p.size {
		return 0, credential.Failed("digest-form", "RFC 9901 section 4.2.3", "a digest is not %d octets in base64url", p.size)
	}
	if p.plainOnly {
		return 0, credential.Failed("registered-claim", clauseRegistered, "a digest inside a claim that hides nothing")
	}
	if p.seen[sum] {
		return 0, credential.Failed("digest-duplicate", "RFC 9901 section 7.1", "digest %s appears twice", sum)
	}
	p.seen[sum] = true
	if i, ok := p.byDigest[sum]; ok {
		return i, nil
	}
	return -1, nil
}

// visit calls f for every node below n, with its way from the top: names
// and indices.
func (n *node) visit(path []any, f func(n *node, path []any)) {
	step := func(child *node, at any) {
		way := append(path[:len(path):len(path)], at)
		f(child, way)
		child.visit(way, f)
	}
	for name, member := range n.members {
		step(member, name)
	}
	for i, element := range n.elements {
		step(element, i)
	}
}
