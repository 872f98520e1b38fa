package exposure

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"github.com/halfmask/halfmask/exposure/link"
)

// NetworkObserver is a party that sees who connects to whom, when and how much, and
// no content: what is left where TLS is everywhere.
const NetworkObserver Party = "network"

// thiefOf names the party that has a copy of what another one wrote down.
func thiefOf(p Party) Party { return "thief-of:" + p }

// seen is what was mined of one design: its table, what is known of the
// paths, and whom of the register the bytes of each unit name.
type seen struct {
	*link.Table
	paths []pathInfo
	named []map[int]bool // by unit
}

// tabler takes recorded exchanges apart, one unit for each party and visit. It
// keeps hashes and no bytes.
type tabler struct {
	miner   *miner
	seen    seen
	parties map[Party]uint32
	units   map[unitKey]uint32
	recent  []link.Leaf // by value: what was put last, as messages say much twice
}

type unitKey struct {
	party Party
	visit int
}

func newTabler(m *miner) *tabler {
	return &tabler{miner: m, seen: seen{Table: new(link.Table)}, parties: make(map[Party]uint32), units: make(map[unitKey]uint32),
		recent: make([]link.Leaf, 1<<15)}
}

// add takes one exchange: for the party at whose door it was, for a thief of
// what the party wrote down, and for whoever watches the network.
func (t *tabler) add(e Exchange) {
	leaves, named := t.miner.mine(e)
	t.put(e.Party, e, leaves, named)
	if e.Record != nil {
		t.put(thiefOf(e.Party), e, leaves, named)
		return
	}
	t.put(NetworkObserver, e, t.miner.observe(e), nil)
}

// put adds what the miner has just found to the unit of a party.
func (t *tabler) put(p Party, e Exchange, leaves []leaf, named map[int]bool) {
	unit := t.unit(p, e)
	for _, n := range t.miner.numbers {
		t.seen.Numbers = append(t.seen.Numbers, link.Number{Value: n.value, Path: uint32(n.path), Unit: unit})
	}
	for _, l := range leaves {
		put := link.Leaf{Value: l.value, Path: uint32(l.path), Unit: unit}
		last := &t.recent[put.Value%uint64(len(t.recent))]
		if *last != put || put.Value == 0 {
			t.seen.Leaves = append(t.seen.Leaves, put)
			*last = put
		}
	}
	for p := range named {
		if t.seen.named[unit] == nil {
			t.seen.named[unit] = make(map[int]bool)
		}
		t.seen.named[unit][p] = true
	}
}

func (t *tabler) unit(p Party, e Exchange) uint32 {
	k := unitKey{p, e.Visit}
	unit, ok := t.units[k]
	if !ok {
		party, ok := t.parties[p]
		if !ok {
			party = uint32(len(t.seen.Parties))
			t.parties[p] = party
			t.seen.Parties = append(t.seen.Parties, string(p))
		}
		unit = uint32(len(t.seen.Units))
		t.units[k] = unit
		t.seen.Units = append(t.seen.Units, link.Unit{Party: party, Visit: uint32(e.Visit), At: e.At.Unix()})
		t.seen.named = append(t.seen.named, nil)
	}
	return unit
}

// done gives the table of what was added, without the windows that say
// nothing of anybody: those of one unit, which nearly all are, those that half
// of the people have, which are how messages look, and all but one of those
// that stand at the same places, as all windows of one signature do.
func (t *tabler) done(visits []visit) seen {
	s := t.seen
	s.paths = t.miner.paths.list
	s.Leaves = link.SortLeaves(s.withoutLone())
	everybody := make(map[int]bool)
	for _, v := range visits {
		everybody[v.person] = true
	}
	people, places := make(map[int]bool), make(map[uint64]bool)
	kept := s.Leaves[:0]
	for rest := s.Leaves; len(rest) > 0; {
		n, windows := 1, s.paths[rest[0].Path].Window
		for ; n < len(rest) && rest[n].Value == rest[0].Value; n++ {
			windows = windows || s.paths[rest[n].Path].Window
		}
		drop := windows && rest[0].Unit == rest[n-1].Unit
		if windows && !drop {
			clear(people)
			at := uint64(0)
			for _, l := range rest[:n] {
				people[visits[s.Units[l.Unit].Visit].person] = true
				at = place(at, l)
			}
			drop = (2*len(people) > len(everybody) && len(everybody) > 2) || places[at]
			places[at] = true
		}
		for _, l := range rest[:n] {
			if !drop || !s.paths[l.Path].Window {
				kept = append(kept, l)
			}
		}
		rest = rest[n:]
	}
	s.Leaves = slices.Clone(kept)
	return s
}

// withoutLone gives the leaves without most of the windows of one unit, before
// what is left is sorted: values that share a place in a table with no value of
// another unit are of one.
func (s seen) withoutLone() []link.Leaf {
	const several = math.MaxUint32
	units := make([]uint32, 1<<min(bits.Len(uint(len(s.Leaves))), 24)) // and one
	last := uint64(len(units) - 1)
	for _, l := range s.Leaves {
		switch at := &units[l.Value&last]; *at {
		case 0, l.Unit + 1:
			*at = l.Unit + 1
		default:
			*at = several
		}
	}
	return slices.DeleteFunc(s.Leaves, func(l link.Leaf) bool { return units[l.Value&last] != several && s.paths[l.Path].Window })
}

// place adds where a leaf stands to a sum.
func place(sum uint64, l link.Leaf) uint64 {
	return hash(binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, sum), uint64(l.Unit)<<32|uint64(l.Path)))
}

// merger puts the tables of several chunks of people together. Visits are
// counted on from chunk to chunk.
type merger struct {
	all            seen
	visits         []visit
	parties, paths map[string]uint32
}

func newMerger() *merger {
	return &merger{all: seen{Table: new(link.Table)}, parties: make(map[string]uint32), paths: make(map[string]uint32)}
}

func (m *merger) add(c *chunk) {
	partyOf, pathOf := make([]uint32, len(c.Table.Parties)), make([]uint32, len(c.Paths))
	for i, name := range c.Table.Parties {
		id, ok := m.parties[name]
		if !ok {
			id = uint32(len(m.all.Parties))
			m.parties[name] = id
			m.all.Parties = append(m.all.Parties, name)
		}
		partyOf[i] = id
	}
	for i, p := range c.Paths {
		id, ok := m.paths[p.Name]
		if !ok {
			id = uint32(len(m.all.paths))
			m.paths[p.Name] = id
			m.all.paths = append(m.all.paths, pathInfo{Name: p.Name, Window: p.Window})
		}
		to := &m.all.paths[id]
		to.Container, to.Names = to.Container || p.Container, to.Names || p.Names
		to.Numbers, to.Times = to.Numbers+p.Numbers, to.Times+p.Times
		pathOf[i] = id
	}
	first, before := uint32(len(m.all.Units)), uint32(len(m.visits))
	if uint64(first)+uint64(len(c.Table.Units)) > math.MaxUint32 {
		panic("exposure: more units than a table holds")
	}
	for _, u := range c.Table.Units {
		m.all.Units = append(m.all.Units, link.Unit{Party: partyOf[u.Party], Visit: before + u.Visit, At: u.At})
	}
	for _, l := range c.Table.Leaves {
		m.all.Leaves = append(m.all.Leaves, link.Leaf{Value: l.Value, Path: pathOf[l.Path], Unit: first + l.Unit})
	}
	for _, n := range c.Table.Numbers {
		m.all.Numbers = append(m.all.Numbers, link.Number{Value: n.Value, Path: pathOf[n.Path], Unit: first + n.Unit})
	}
	named := make([]map[int]bool, len(c.Table.Units))
	for _, n := range c.Named {
		if named[n.Unit] == nil {
			named[n.Unit] = make(map[int]bool)
		}
		named[n.Unit][int(n.Person)] = true
	}
	m.all.named = append(m.all.named, named...)
	m.visits = append(m.visits, c.visits()...)
}

// done gives what was put together, for the linkers.
func (m *merger) done() (seen, []visit) {
	for _, p := range m.all.paths {
		m.all.Paths = append(m.all.Paths, link.Path{Name: p.Name, Window: p.Window, Kind: p.kind()})
	}
	m.all.Derive()
	m.all.Sort()
	return m.all, m.visits
}

// party gives the party of a unit.
func (t seen) party(unit int) Party { return Party(t.Parties[t.Units[unit].Party]) }
