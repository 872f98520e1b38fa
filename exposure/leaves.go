package exposure

import (
	"hash/maphash"
	"strings"
)

// A leaf is one value found in recorded bytes, and where it was found. Paths
// have no array indexes, so that they name a role and not a place.
type leaf struct {
	path  int32  // index into paths
	value uint64 // hash of the value's bytes
}

// paths interns path names.
type paths struct {
	index    map[string]int32
	list     []pathInfo
	children map[string]map[string]bool
}

type pathInfo struct {
	name      string
	window    bool // shingles of values that were not taken apart
	container bool // values there were taken apart into other paths
	names     bool // a document number of the register stood there
}

// maxChildren is how many names below one path are told apart. Names that are
// made up for each message, or for each person, would give paths that nothing
// could be learned of.
const maxChildren = 64

// child gives the path of a named member.
func (p *paths) child(parent, name string) string {
	known := p.children[parent]
	if known == nil {
		if p.children == nil {
			p.children = make(map[string]map[string]bool)
		}
		known = make(map[string]bool)
		p.children[parent] = known
	}
	if !known[name] {
		if len(known) == maxChildren {
			return parent + ".*"
		}
		known[name] = true
	}
	return parent + "." + name
}

func (p *paths) id(name string) int32 {
	if id, ok := p.index[name]; ok {
		return id
	}
	if p.index == nil {
		p.index = make(map[string]int32)
	}
	id := int32(len(p.list))
	p.index[name] = id
	p.list = append(p.list, pathInfo{name: name, window: strings.HasSuffix(name, windowPath)})
	return id
}

// Ends of the paths of what is no value by itself.
const (
	windowPath  = ".window"  // bytes out of the middle of a value
	decodedPath = ".decoded" // what base64 or hexadecimal stands for
	partPath    = ".part"    // a word of a text
	namePath    = ".name"    // the name of a member, a header or a parameter
)

const (
	maxNesting = 12      // encodings within encodings
	window     = 8       // bytes of a shingle
	maxOpaque  = 8192    // bytes of an opaque value that are shingled
	maxWord    = 40      // characters of a text that may be a word and encoded bytes
	maxWords   = 256     // words of one text
	maxPlain   = 1 << 16 // bytes out of one compressed value
)

// A miner takes messages apart into leaves: URL, headers, forms, JSON, JWS and
// JWE, SD-JWT disclosures, CBOR, base64, hexadecimal, multibase, gzip and
// zlib, nested in one another. Names of members are values too. What it cannot
// parse it cuts into words and overlapping windows, so that an identifier in
// the middle of something else is found as well.
type miner struct {
	paths    paths
	seed     maphash.Seed
	register *register

	out   []leaf
	named map[int]bool
}

func newMiner(r *register) *miner { return &miner{seed: maphash.MakeSeed(), register: r} }

// mine gives the leaves of one exchange and the people of the register whose
// document number stands in it.
func (m *miner) mine(e Exchange) (leaves []leaf, named map[int]bool) {
	m.out, m.named = nil, make(map[int]bool)
	m.message("request", e.Request)
	m.message("response", e.Response)
	m.text("record", string(e.Record), 0)
	return m.out, m.named
}

// add notes a value, without regard to case, and whom of the register it
// names.
func (m *miner) add(path string, value []byte) {
	folded, id := fold(value), m.paths.id(path)
	m.out = append(m.out, leaf{id, maphash.Bytes(m.seed, folded)})
	for _, p := range m.register.find(folded) {
		m.named[p] = true
		m.paths.list[id].names = true
	}
}

// contains notes that the values at a path are taken apart.
func (m *miner) contains(path string) { m.paths.list[m.paths.id(path)].container = true }

// windows cuts a value that nothing else could take apart.
func (m *miner) windows(path string, b []byte) {
	folded, id := fold(b[:min(len(b), maxOpaque)]), m.paths.id(path+windowPath)
	for i := 0; i+window <= len(folded); i++ {
		m.out = append(m.out, leaf{id, maphash.Bytes(m.seed, folded[i:i+window])})
	}
}
