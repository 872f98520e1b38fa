package exposure

import (
	"strconv"
	"strings"
	"time"

	"github.com/halfmask/halfmask/exposure/link"
)

// A leaf is one value found in recorded bytes, and where it was found. Paths
// have no array indexes, so that they name a role and not a place.
type leaf struct {
	path  int32  // index into paths
	value uint64 // hash of the value's bytes
}

// A counted is a value that is a number or a time.
type counted struct {
	path  int32
	value int64
	time  bool // seconds since 1970
}

// paths interns path names.
type paths struct {
	index    map[string]int32
	list     []pathInfo
	children map[string]map[string]bool
}

type pathInfo struct {
	Name      string
	Window    bool // shingles of values that were not taken apart
	Container bool // values there were taken apart into other paths
	Times     int  // numbers there that are times
	Numbers   int  // and all of them
	Names     bool // a document number of the register stood there
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
	p.list = append(p.list, pathInfo{Name: name, Window: strings.HasSuffix(name, windowPath)})
	return id
}

// Ends of the paths of what is no value by itself.
const (
	windowPath  = ".window"  // bytes out of the middle of a value
	decodedPath = ".decoded" // what base64 or hexadecimal stands for
	partPath    = ".part"    // a word of a text
	namePath    = "#name"    // the name of a member, a header or a parameter, which is no claim called name
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
	register *register

	lengths map[uint64]int32 // of values, in bytes; nil where nobody asks

	out     []leaf
	numbers []counted
	at      time.Time // of the exchange
	named   map[int]bool
}

func newMiner(r *register) *miner { return &miner{register: r} }

// mine gives the leaves of one exchange and the people of the register whose
// document number stands in it.
func (m *miner) mine(e Exchange) (leaves []leaf, named map[int]bool) {
	m.out, m.numbers, m.named, m.at = nil, nil, make(map[int]bool), e.At
	m.message("request", e.Request)
	m.message("response", e.Response)
	m.size("request", e.Request)
	m.size("response", e.Response)
	m.text("record", string(e.Record), 0)
	return m.out, m.named
}

// add notes a value, without regard to case, and whom of the register it
// names.
func (m *miner) add(path string, value []byte) {
	folded, id := fold(value), m.paths.id(path)
	of := hash(folded)
	m.out = append(m.out, leaf{id, of})
	if m.lengths != nil {
		m.lengths[of] = int32(len(folded))
	}
	m.count(id, string(value))
	for _, p := range m.register.find(folded) {
		m.named[p] = true
		m.paths.list[id].Names = true
	}
}

// aboutNow is how far from the time of an exchange a number may be to be taken
// for a time.
const aboutNow = 10 * 365 * 24 * time.Hour

// count notes a value that is a whole number or a time.
func (m *miner) count(id int32, value string) {
	if len(value) == 0 || len(value) > 35 || value[0] < '0' || value[0] > '9' {
		return
	}
	c := counted{path: id}
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		c.value, c.time = n, time.Unix(n, 0).Sub(m.at).Abs() < aboutNow
	} else if at, err := time.Parse(time.RFC3339, value); err == nil {
		c.value, c.time = at.Unix(), true
	} else {
		return
	}
	m.numbers = append(m.numbers, c)
	m.paths.list[id].Numbers++
	if c.time {
		m.paths.list[id].Times++
	}
}

// sizePath ends the paths of lengths of messages.
const sizePath = ".size"

// size notes how long a message is.
func (m *miner) size(path string, msg Message) {
	if n := len(msg.Body); n > 0 {
		m.add(path+sizePath, []byte(strconv.Itoa(n)))
	}
}

// kind says what the values at a path look like.
func (p pathInfo) kind() link.Kind {
	switch {
	case strings.HasSuffix(p.Name, sizePath):
		return link.Size
	case p.Numbers > 0 && p.Times == p.Numbers:
		return link.Time
	case p.Numbers > 0:
		return link.Index
	}
	return link.Value
}

// contains notes that the values at a path are taken apart.
func (m *miner) contains(path string) { m.paths.list[m.paths.id(path)].Container = true }

// windows cuts a value that nothing else could take apart.
func (m *miner) windows(path string, b []byte) {
	folded, id := fold(b[:min(len(b), maxOpaque)]), m.paths.id(path+windowPath)
	for i := 0; i+window <= len(folded); i++ {
		m.out = append(m.out, leaf{id, hash(folded[i : i+window])})
	}
}

// hash is FNV-1a with a finish that mixes (that of MurmurHash3): the same in
// every run, so that a run which was cut off goes on with the same values.
func hash(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
