package exposure

import (
	"strings"

	"github.com/halfmask/halfmask/exposure/link"
)

// seen is what was mined of one design, and whom of the register the bytes of
// each unit name.
type seen struct {
	*link.Table
	named []map[int]bool // by unit
}

// table takes recorded exchanges apart, one unit for each party and visit.
func (m *miner) table(exchanges []Exchange) seen {
	type key struct {
		party Party
		visit int
	}
	t := seen{Table: new(link.Table)}
	parties, units := make(map[Party]uint32), make(map[key]uint32)
	for _, e := range exchanges {
		party, ok := parties[e.Party]
		if !ok {
			party = uint32(len(t.Parties))
			parties[e.Party] = party
			t.Parties = append(t.Parties, string(e.Party))
		}
		unit, ok := units[key{e.Party, e.Visit}]
		if !ok {
			unit = uint32(len(t.Units))
			units[key{e.Party, e.Visit}] = unit
			t.Units = append(t.Units, link.Unit{Party: party, Visit: uint32(e.Visit), At: e.At.Unix()})
			t.named = append(t.named, make(map[int]bool))
		}
		leaves, named := m.mine(e)
		for _, l := range leaves {
			t.Leaves = append(t.Leaves, link.Leaf{Value: l.value, Path: uint32(l.path), Unit: unit})
		}
		for _, n := range m.numbers {
			t.Numbers = append(t.Numbers, link.Number{Value: n.value, Path: uint32(n.path), Unit: unit})
		}
		for p := range named {
			t.named[unit][p] = true
		}
	}
	for _, p := range m.paths.list {
		t.Paths = append(t.Paths, link.Path{Name: p.name, Window: p.window, Kind: p.kind()})
	}
	t.Derive()
	t.Sort()
	return t
}

// party gives the party of a unit.
func (t seen) party(unit int) Party { return Party(t.Parties[t.Units[unit].Party]) }

// decodedFrom gives the path whose values were decoded to those at this one.
func (m *miner) decodedFrom(name string) (container, decoded bool) {
	encoded, decoded := strings.CutSuffix(name, decodedPath)
	return decoded && m.paths.list[m.paths.id(encoded)].container, decoded
}
