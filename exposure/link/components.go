package link

import "slices"

// Components are disjoint sets of the units of a view, each named by its
// smallest member. It refuses a join that would give somebody two values at a
// path where everybody has one.
type Components struct {
	parent []uint32
	in     []bool
	one    [][]Leaf // by root: the values at paths where a person has one
	surer  []bool   // by path: whether a second value there stands in the way
}

// components gives each unit of a view a set of its own.
func (l *Exact) components(v View) *Components {
	c := &Components{parent: make([]uint32, len(l.table.Units)), in: v.In, one: make([][]Leaf, len(l.table.Units)), surer: make([]bool, len(l.single))}
	for i := range c.parent {
		c.parent[i] = uint32(i)
	}
	if !slices.Contains(l.single, true) {
		return c
	}
	for unit, in := range v.In {
		if !in {
			continue
		}
		for _, o := range l.table.of(unit) {
			if l.single[o.Path] {
				c.one[unit] = append(c.one[unit], o)
			}
		}
	}
	return c
}

// Of names the set that a unit is in.
func (c *Components) Of(unit uint32) uint32 {
	for c.parent[unit] != unit {
		c.parent[unit] = c.parent[c.parent[unit]]
		unit = c.parent[unit]
	}
	return unit
}

// Join makes one set of those of two units, unless somebody would have two
// values where everybody has one; it reports whether they are one set now.
func (c *Components) Join(i, j uint32) bool {
	a, b := c.Of(i), c.Of(j)
	if a == b {
		return true
	}
	for _, o := range c.one[b] {
		if !c.surer[o.Path] {
			continue
		}
		for _, p := range c.one[a] {
			if p.Path == o.Path && p.Value != o.Value {
				return false
			}
		}
	}
	root, other := min(a, b), max(a, b)
	c.parent[other] = root
	for _, o := range c.one[other] {
		known := false
		for _, p := range c.one[root] {
			known = known || (p.Path == o.Path && p.Value == o.Value)
		}
		if !known {
			c.one[root] = append(c.one[root], o)
		}
	}
	c.one[other] = nil
	return true
}
