package link

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strconv"
)

// The kinds of paths are the channels that can be masked; one more is for what
// several values say only together.
const Combination Kind = kinds

// Channels is a set of kinds.
type Channels uint8

// All opens every channel.
const All = Channels(1<<(kinds+1) - 1)

// Without gives the channels less one.
func (c Channels) Without(k Kind) Channels { return c &^ (1 << k) }

func (c Channels) has(k Kind) bool { return c&(1<<k) != 0 }

// Kinds lists the channels in the order of reports.
var Kinds = []Kind{Value, Index, Time, Size, Contact, Combination}

func (k Kind) String() string {
	return [...]string{"value", "index", "time", "size", "contact", "combination"}[k]
}

// masked says which paths belong to channels that are closed.
func (t *Table) masked(open Channels) []bool {
	if open == All {
		return nil
	}
	m := make([]bool, len(t.Paths))
	for i, p := range t.Paths {
		m[i] = !open.has(p.Kind)
	}
	return m
}

// neighbours are the widths of blocks of whole numbers that may be handed out
// together, as the places of a batch in a status list are.
var neighbours = []int64{5, 10, 20, 30, 50, 100}

// Derive adds leaves that follow from others, for linkers that join by equal
// values (L3 and L4). It is called before Sort.
//
// Of numbers that hardly repeat, the block of neighbours that they are in. Of
// times told, and of the time at which a party saw somebody, the second: so
// that what one party was told can be compared with what another one saw.
func (t *Table) Derive() {
	seed := maphash.MakeSeed()
	hash := func(space byte, width, value int64) uint64 {
		var b [17]byte
		b[0] = space
		binary.LittleEndian.PutUint64(b[1:], uint64(width))
		binary.LittleEndian.PutUint64(b[9:], uint64(value))
		return maphash.Bytes(seed, b[:])
	}
	index := make(map[string]uint32)
	path := func(name string, k Kind) uint32 {
		i, ok := index[name]
		if !ok {
			i = uint32(len(t.Paths))
			index[name] = i
			t.Paths = append(t.Paths, Path{Name: name, Kind: k})
		}
		return i
	}
	second := func(at int64, path, unit uint32) {
		t.Leaves = append(t.Leaves, Leaf{hash('t', 1, at), path, unit})
		t.Numbers = append(t.Numbers, Number{at, path, unit})
	}
	scattered := t.scattered()
	for _, n := range t.Numbers {
		p := t.Paths[n.Path]
		switch {
		case p.Kind == Time:
			second(n.Value, path(p.Name+" (as a time)", Time), n.Unit)
		case p.Kind == Index && scattered[n.Path]:
			for _, width := range neighbours {
				t.Leaves = append(t.Leaves, Leaf{hash('i', width, n.Value/width), path(p.Name+" (in blocks of "+strconv.FormatInt(width, 10)+")", Index), n.Unit})
			}
		}
	}
	for i, u := range t.Units {
		second(u.At, path("time seen by the "+t.role(uint32(i)), Contact), uint32(i))
	}
}

// scattered says at which paths the numbers are many and hardly repeat.
func (t *Table) scattered() []bool {
	values := make(map[uint32][]int64)
	for _, n := range t.Numbers {
		if t.Paths[n.Path].Kind == Index {
			values[n.Path] = append(values[n.Path], n.Value)
		}
	}
	found := make([]bool, len(t.Paths))
	for path, list := range values {
		all := len(list)
		slices.Sort(list)
		list = slices.Compact(list)
		found[path] = len(list) >= 4*support && 4*len(list) >= all && list[len(list)-1] > neighbours[len(neighbours)-1]
	}
	return found
}
