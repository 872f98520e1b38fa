package engine

import (
	"math/bits"
	"slices"
)

// Counts are what came of one view. All are sums of integers over people.
type Counts struct {
	View   string
	People int // with a login that the view's platforms answered
	Logins int
	Units  int // that the view has

	// Components of two units or more, the units in them, and the sum over
	// these of the number of the component's first unit.
	Components, Joined int64
	Labels             uint64

	// Contingency counts, for each size of a component, number of a person's
	// logins and number of those in the component, how often that is so.
	// Sizes are in logins; a login counts where its first unit is.
	Contingency map[Cell]int64

	// Samples of people, from which the figures and their intervals come.
	Sighted       Sample    // logins of which the view knows whose and where, of all
	CrossPlatform Sample    // pairs of a person's platforms that are joined, of all
	Right         Sample    // pairs of platforms joined rightly, of those joined, in halves
	Within        Sample    // pairs of visits at one platform that are joined, of all
	NamedAt       Sample    // platforms at which a person is named rightly, of all
	Named         int       // people named rightly
	Largest       [82]int64 // people by how many platforms their largest component shows
}

// Cell is one entry of the contingency table of components and people.
type Cell struct{ Component, Person, Both uint32 }

const noName, twoNames = 0, ^uint32(0)

// count compares the components of each view with the truth.
func (r *run) count(d Data) ([]*Counts, error) {
	counts := make([]*Counts, len(r.views))
	var named []Entry
	for c, column := range d.Columns() {
		if column.Names {
			named = d.Fill(c, 0, r.units.People(), named)
		}
	}
	each(len(r.views), func(v int) {
		counts[v] = r.countView(&r.views[v], r.sets[v], named)
		r.sets[v] = nil
	})
	return counts, nil
}

// tally is a view's components, by their smallest unit.
type tally struct {
	*run
	view   *View
	sets   sets
	visits []uint32       // logins in the component
	nodes  []uint32       // persons at platforms in the component
	name   []uint32       // whom it names, plus one
	keys   []uint64       // scratch: components and platforms of a person's logins
	firsts []uint32       // scratch: components of a person's logins, as first seen
	joined [256][4]uint64 // scratch: by platform, those joined with it
}

func (r *run) countView(view *View, s sets, named []Entry) *Counts {
	n := r.units.Len()
	t := &tally{run: r, view: view, sets: s, visits: make([]uint32, n), nodes: make([]uint32, n), name: make([]uint32, n)}
	for _, e := range named {
		if !view.has(r.units.Party[e.Unit], r.units.Platform[e.Unit]) {
			continue
		}
		name := &t.name[s.root(e.Unit)]
		switch p := r.person[e.Unit] + 1; *name {
		case noName, p:
			*name = p
		default:
			*name = twoNames
		}
	}
	c := &Counts{View: view.Name, Contingency: make(map[Cell]int64)}
	size := t.visits // borrowed: cleared below
	for i := range s {
		size[s.root(uint32(i))]++
	}
	for i, n := range size {
		if n > 1 {
			c.Components++
			c.Joined += int64(n)
			c.Labels += uint64(i) * uint64(n)
		}
	}
	clear(size)
	for p := range r.units.People() {
		t.gather(p)
		for rest := t.keys; len(rest) > 0; {
			root, _, platforms, used := component(rest)
			t.nodes[root] += uint32(platforms)
			rest = rest[used:]
		}
		for _, root := range t.firsts {
			t.visits[root]++
		}
	}
	for p := range r.units.People() {
		t.person(p, c)
	}
	return c
}

// gather lists the components in which a person's logins are: keys has each
// with the platform, once for each login, in order; firsts has each login's
// first.
func (t *tally) gather(p int) {
	t.keys, t.firsts = t.keys[:0], t.firsts[:0]
	u := t.units
	var seen [4]uint32 // components of this login
	n := 0
	for i := u.First[p]; i < u.First[p+1]; i++ {
		platform := u.Platform[i]
		if platform == NoPlatform {
			continue
		}
		if u.Party[i] == Party(platform) {
			n = 0 // another login
		}
		if !t.view.has(u.Party[i], platform) {
			continue
		}
		root := t.sets.root(i)
		if n == 0 {
			t.firsts = append(t.firsts, root)
		}
		if !slices.Contains(seen[:n], root) && n < len(seen) {
			seen[n] = root
			n++
			t.keys = append(t.keys, uint64(root)<<8|uint64(platform))
		}
	}
	if len(t.keys) > 1 {
		slices.Sort(t.keys)
	}
	if len(t.firsts) > 1 {
		slices.Sort(t.firsts)
	}
}

// component takes the keys of the first component: the platforms as a set and
// their number, and how many keys they are.
func component(keys []uint64) (root uint32, set [4]uint64, platforms, used int) {
	root = uint32(keys[0] >> 8)
	for used < len(keys) && uint32(keys[used]>>8) == root {
		platform := keys[used] & 255
		if set[platform/64]&(1<<(platform%64)) == 0 {
			set[platform/64] |= 1 << (platform % 64)
			platforms++
		}
		used++
	}
	return root, set, platforms, used
}

func pairs(n int) int { return n * (n - 1) / 2 }

// person adds one person's part.
func (t *tally) person(p int, c *Counts) {
	u := t.units
	var at [256]uint16 // logins by platform
	var used [256]uint8
	platforms, logins, sighted := 0, 0, 0
	known := false // this login is sighted
	for i := u.First[p]; i < u.First[p+1]; i++ {
		platform := u.Platform[i]
		if t.view.has(u.Party[i], platform) {
			c.Units++
		}
		if platform == NoPlatform || (t.view.Platforms != nil && !t.view.Platforms[platform]) {
			continue
		}
		if u.Party[i] == Party(platform) {
			logins++
			known = false
			if at[platform] == 0 {
				used[platforms] = platform
				platforms++
			}
			at[platform]++
		}
		if !known && t.view.Members[u.Party[i]] && (u.Party[i] == Party(platform) || t.view.Directory) && t.name[t.sets.root(i)] == uint32(p)+1 {
			known = true
			sighted++
		}
	}
	if logins == 0 {
		return
	}
	c.People++
	c.Logins += logins
	c.Sighted.add(sighted, logins)

	t.gather(p)
	joined := &t.joined
	var namedAt [4]uint64
	right, claimed, within, largest := 0, 0, 0, 1
	several := false
	for rest := t.keys; len(rest) > 0; {
		root, set, n, k := component(rest)
		within += sameKeys(rest[:k])
		rest = rest[k:]
		right += 2 * pairs(n)
		claimed += n * (int(t.nodes[root]) - 1)
		largest = max(largest, n)
		if t.name[root] == uint32(p)+1 {
			for w := range set {
				namedAt[w] |= set[w]
			}
		}
		if n > 1 {
			if !several {
				several = true
				for _, platform := range used[:platforms] {
					joined[platform] = [4]uint64{}
				}
			}
			for _, platform := range used[:platforms] {
				if set[platform/64]&(1<<(platform%64)) != 0 {
					for w := range set {
						joined[platform][w] |= set[w]
					}
				}
			}
		}
	}
	if platforms > 1 {
		together := 0
		if several {
			for _, platform := range used[:platforms] {
				for _, w := range joined[platform] {
					together += bits.OnesCount64(w)
				}
				if joined[platform] != [4]uint64{} {
					together-- // itself
				}
			}
		}
		c.CrossPlatform.add(together/2, pairs(platforms))
	}
	if claimed > 0 {
		c.Right.add(right, claimed)
	}
	repeats := 0
	for _, platform := range used[:platforms] {
		repeats += pairs(int(at[platform]))
	}
	if repeats > 0 {
		c.Within.add(within, repeats)
	}
	names := population(namedAt[:])
	c.NamedAt.add(names, platforms)
	if names > 0 {
		c.Named++
	}
	c.Largest[min(largest, len(c.Largest)-1)]++
	for rest := t.firsts; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n] == rest[0] {
			n++
		}
		c.Contingency[Cell{t.visits[rest[0]], uint32(len(t.firsts)), uint32(n)}]++
		rest = rest[n:]
	}
}

// sameKeys counts the pairs of logins at one platform.
func sameKeys(keys []uint64) (n int) {
	for i := 0; i < len(keys); {
		j := i + 1
		for j < len(keys) && keys[j] == keys[i] {
			j++
		}
		n += pairs(j - i)
		i = j
	}
	return n
}
