package exposure

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"hash/maphash"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
	"github.com/multiformats/go-multibase"
)

// A leaf is one value found in recorded bytes, and where it was found. Paths
// have no array indexes, so that they name a role and not a place.
type leaf struct {
	path  int32  // index into paths
	value uint64 // hash of the value's bytes
}

// paths interns path names.
type paths struct {
	index map[string]int32
	names []string
}

func (p *paths) id(name string) int32 {
	if id, ok := p.index[name]; ok {
		return id
	}
	if p.index == nil {
		p.index = make(map[string]int32)
	}
	id := int32(len(p.names))
	p.index[name] = id
	p.names = append(p.names, name)
	return id
}

const (
	maxNesting = 12   // encodings within encodings
	window     = 16   // bytes of a shingle of an opaque value
	maxOpaque  = 8192 // bytes of an opaque value that are shingled
)

// windowPath ends the path of a shingle.
const windowPath = ".window"

// A miner takes messages apart into leaves: URL, headers, forms, JSON, JWT,
// SD-JWT disclosures, CBOR and multibase, nested in one another. What it
// cannot parse any further it cuts into overlapping windows, so that an
// identifier within an opaque value is found as well.
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

func (m *miner) add(path string, value []byte) {
	m.out = append(m.out, leaf{m.paths.id(path), maphash.Bytes(m.seed, value)})
}

func (m *miner) message(path string, msg Message) {
	if msg.Method != "" {
		m.add(path+".method", []byte(msg.Method))
	}
	if msg.Status != 0 {
		m.add(path+".status", []byte(strconv.Itoa(msg.Status)))
	}
	if msg.URL != "" {
		m.url(path+".url", msg.URL, 0)
	}
	for name, values := range msg.Header {
		for _, v := range values {
			m.text(path+".header."+http.CanonicalHeaderKey(name), v, 0)
		}
	}
	if len(msg.Body) == 0 {
		return
	}
	media, _, _ := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if media == "application/x-www-form-urlencoded" {
		if form, err := url.ParseQuery(string(msg.Body)); err == nil {
			m.values(path+".body", form, 0)
			return
		}
	}
	m.text(path+".body", string(msg.Body), 0)
}

func (m *miner) values(path string, values url.Values, depth int) {
	for k, vs := range values {
		for _, v := range vs {
			m.text(path+"."+k, v, depth+1)
		}
	}
}

func (m *miner) url(path, s string, depth int) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || (u.Host == "" && u.RawQuery == "") {
		return false
	}
	m.add(path+".host", []byte(u.Host))
	for i, segment := range strings.Split(strings.Trim(u.Path, "/"), "/") {
		m.text(path+".path"+strconv.Itoa(i), segment, depth+1)
	}
	m.values(path+".query", u.Query(), depth)
	return true
}

func (m *miner) text(path, s string, depth int) {
	if s == "" {
		return
	}
	m.add(path, []byte(s))
	m.match([]byte(s))
	if depth >= maxNesting || len(s) < 8 {
		return
	}
	switch s[0] {
	case '{', '[':
		var v any
		d := json.NewDecoder(strings.NewReader(s))
		d.UseNumber()
		if d.Decode(&v) == nil {
			m.json(path, v, depth+1)
			return
		}
	}
	if strings.Contains(s, "://") && m.url(path, s, depth) {
		return
	}
	if token, rest, ok := strings.Cut(s, "~"); ok && strings.Count(token, ".") == 2 {
		m.jwt(path+".jwt", token, depth+1)
		for _, part := range strings.Split(rest, "~") {
			m.disclosure(path, part, depth+1)
		}
		return
	}
	if strings.Count(s, ".") == 2 && m.jwt(path+".jwt", s, depth+1) {
		return
	}
	if strings.HasPrefix(s, "u") || strings.HasPrefix(s, "z") {
		if _, b, err := multibase.Decode(s); err == nil && len(b) >= window {
			m.opaque(path+".multibase", b, depth+1)
			return
		}
	}
	if b, ok := fromBase64(s); ok && len(b) >= window {
		m.opaque(path+".base64", b, depth+1)
	}
}

// match notes whom of the register the text names.
func (m *miner) match(b []byte) {
	for _, p := range m.register.find(b) {
		m.named[p] = true
	}
}

func fromBase64(s string) ([]byte, bool) {
	s = strings.TrimRight(s, "=")
	for _, encoding := range []*base64.Encoding{base64.RawURLEncoding, base64.RawStdEncoding} {
		if b, err := encoding.DecodeString(s); err == nil {
			return b, true
		}
	}
	return nil, false
}

func (m *miner) jwt(path, s string, depth int) bool {
	parts := strings.Split(s, ".")
	decoded := make([][]byte, 3)
	for i, part := range parts {
		b, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil || (i == 0 && !json.Valid(b)) {
			return false
		}
		decoded[i] = b
	}
	m.text(path+".header", string(decoded[0]), depth)
	m.opaque(path+".payload", decoded[1], depth)
	m.opaque(path+".signature", decoded[2], depth)
	return true
}

func (m *miner) disclosure(path, s string, depth int) {
	if strings.Count(s, ".") == 2 {
		m.jwt(path+".kb", s, depth)
		return
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	var parts []any
	if err != nil || json.Unmarshal(b, &parts) != nil || len(parts) < 2 {
		return
	}
	name := "*"
	if n, ok := parts[1].(string); ok && len(parts) == 3 {
		name = n
	}
	m.json(path+".disclosure."+name+".salt", parts[0], depth)
	m.json(path+".disclosure."+name, parts[len(parts)-1], depth)
}

func (m *miner) json(path string, v any, depth int) {
	if depth >= maxNesting {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for k, member := range v {
			m.json(path+"."+k, member, depth+1)
		}
	case []any:
		for _, element := range v {
			m.json(path, element, depth+1)
		}
	case string:
		m.text(path, v, depth+1)
	case nil:
	default: // numbers and truth values
		b, err := json.Marshal(v)
		if err == nil {
			m.add(path, b)
		}
	}
}

func (m *miner) cbor(path string, v any, depth int) {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			m.cbor(path, element, depth+1)
		}
	case map[any]any:
		for k, member := range v {
			m.cbor(path+".key", k, depth+1)
			m.cbor(path+".value", member, depth+1)
		}
	case []byte:
		m.opaque(path, v, depth+1)
	case string:
		m.text(path, v, depth+1)
	case nil:
	default:
		b, err := json.Marshal(v)
		if err == nil {
			m.add(path, b)
		}
	}
}

// opaque takes bytes that came out of a text encoding.
func (m *miner) opaque(path string, b []byte, depth int) {
	if len(b) == 0 {
		return
	}
	if depth < maxNesting {
		if (b[0] == '{' || b[0] == '[') && json.Valid(b) {
			m.text(path, string(b), depth+1)
			return
		}
		// bbs-2023: two bytes of a tag and one of a version, then CBOR.
		if len(b) > 3 && b[0] == 0xd9 && b[1] == 0x5d {
			var v any
			if cbor.Unmarshal(b[3:], &v) == nil {
				m.cbor(path+".cbor", v, depth+1)
				return
			}
		}
		if utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 {
			m.add(path, b)
		}
	}
	m.match(b)
	if len(b) < window {
		m.add(path, b)
		return
	}
	for i := 0; i+window <= min(len(b), maxOpaque); i++ {
		m.add(path+windowPath, b[i:i+window])
	}
}

// A register is the list of people that an attacker may hold beside the
// view: document numbers with whom they belong to.
type register struct {
	byPrefix map[[registerPrefix]byte][]registered
}

type registered struct {
	number string
	person int
}

const registerPrefix = 8

// newRegister indexes document numbers by person. Numbers shorter than eight
// characters are left out.
func newRegister(numbers []string) *register {
	r := &register{byPrefix: make(map[[registerPrefix]byte][]registered)}
	for p, n := range numbers {
		if len(n) >= registerPrefix {
			key := [registerPrefix]byte([]byte(n))
			r.byPrefix[key] = append(r.byPrefix[key], registered{n, p})
		}
	}
	return r
}

// find gives the people whose number stands in b.
func (r *register) find(b []byte) (people []int) {
	for i := 0; i+registerPrefix <= len(b); i++ {
		for _, c := range r.byPrefix[[registerPrefix]byte(b[i:])] {
			if len(b)-i >= len(c.number) && string(b[i:i+len(c.number)]) == c.number {
				people = append(people, c.person)
			}
		}
	}
	return people
}
