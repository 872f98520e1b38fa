package sdjwt

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/halfmask/halfmask/credential"
)

// Select makes a presentation with only the disclosures that the paths need:
// those on the way to each claim, and those inside it, since a claim is
// shown whole. Without paths it discloses nothing. The result ends with a
// tilde and has no key binding: see [Bind].
//
// A path is a claims path pointer (draft-ietf-oauth-sd-jwt-vc-24 section
// 5.6.1, OpenID4VP 1.0 section 7): a string for a member, a whole number from
// 0 (int, int64, float64 or json.Number) for an element, nil for all
// elements. It is read against [Credential.Claims]. A path that leads to no
// claim is a [*credential.Error] named "claim-path", and nothing is selected.
func (c *Credential) Select(paths ...[]any) (string, error) {
	chosen := make([]bool, len(c.disclosures))
	for _, path := range paths {
		nodes, err := c.root.follow(path)
		if err != nil {
			return "", credential.Failed("claim-path", "draft-ietf-oauth-sd-jwt-vc-24 section 5.6.1.2", "%s: %w", brief(path), err)
		}
		for _, n := range nodes {
			choose(chosen, n)
			n.visit(nil, func(inside *node, _ []any) { choose(chosen, inside) })
		}
	}
	var b strings.Builder
	b.WriteString(c.jwt + "~")
	for i, d := range c.disclosures {
		if chosen[i] {
			b.WriteString(d.text + "~")
		}
	}
	return b.String(), nil
}

// choose marks the disclosures that n needs: its own and its parents'.
func choose(chosen []bool, n *node) {
	for ; n != nil; n = n.parent {
		if n.by != visible {
			chosen[n.by] = true
		}
	}
}

var errNoClaim = errors.New("no such claim")

// follow gives the nodes that a path selects, at least one.
func (n *node) follow(path []any) ([]*node, error) {
	if len(path) == 0 {
		return nil, errors.New("an empty path")
	}
	if len(path) > MaxDepth {
		return nil, errNoClaim
	}
	nodes := []*node{n}
	for _, step := range path {
		var next []*node
		for _, n := range nodes {
			reached, err := n.step(step)
			if err != nil {
				return nil, err
			}
			next = append(next, reached...)
		}
		if len(next) == 0 {
			return nil, errNoClaim
		}
		nodes = next
	}
	return nodes, nil
}

// step takes one component of a path.
func (n *node) step(component any) ([]*node, error) {
	if name, ok := component.(string); ok {
		if n.members == nil {
			return nil, fmt.Errorf("%s is looked for in what is not an object", brief(name))
		}
		if member, ok := n.members[name]; ok {
			return []*node{member}, nil
		}
		return nil, nil
	}
	if component == nil {
		if !n.array {
			return nil, errors.New("all elements are looked for in what is not an array")
		}
		return n.elements, nil
	}
	i, err := index(component)
	if err != nil {
		return nil, err
	}
	if !n.array {
		return nil, fmt.Errorf("element %d is looked for in what is not an array", i)
	}
	if i < len(n.elements) {
		return n.elements[i : i+1], nil
	}
	return nil, nil
}

// index reads a whole number from 0.
func index(component any) (int, error) {
	var f float64
	switch i := component.(type) {
	case int:
		f = float64(i)
	case int64:
		f = float64(i)
	case float64:
		f = i
	case json.Number:
		var err error
		if f, err = i.Float64(); err != nil {
			return 0, fmt.Errorf("%s is no index", brief(i))
		}
	default:
		return 0, fmt.Errorf("a path has strings, whole numbers and nulls, not %T", component)
	}
	if f != math.Trunc(f) || f < 0 || f > MaxSize {
		return 0, fmt.Errorf("%v is no index", component)
	}
	return int(f), nil
}
