package exposure

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/multiformats/go-multibase"
)

func (m *miner) message(path string, msg Message) {
	if msg.Method != "" {
		m.add(path+".method", []byte(msg.Method))
	}
	if msg.Status != 0 {
		m.add(path+".status", []byte(strconv.Itoa(msg.Status)))
	}
	if msg.URL != "" {
		m.add(path+".url", []byte(msg.URL))
		m.url(path+".url", msg.URL, 0)
	}
	m.values(path+".header", msg.Header, 0)
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
	m.opaque(path+".body", msg.Body, 0)
}

// observe gives what a network observer has of an exchange: the end it went to
// and the sizes. The lab has no addresses of people, and so the observer has
// none.
func (m *miner) observe(e Exchange) []leaf {
	m.out, m.numbers, m.named, m.at = nil, nil, make(map[int]bool), e.At
	if u, err := url.Parse(e.Request.URL); err == nil {
		m.add("network.host", []byte(u.Host))
	}
	m.add("network.sent"+sizePath, strconv.AppendInt(nil, e.Request.size(), 10))
	m.add("network.received"+sizePath, strconv.AppendInt(nil, e.Response.size(), 10))
	return m.out
}

// values takes headers and forms, in the order of their names.
func (m *miner) values(path string, values map[string][]string, depth int) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		m.text(path+namePath, name, depth+1)
		child := m.paths.child(path, name)
		for _, v := range values[name] {
			m.text(child, v, depth+1)
		}
	}
}

func (m *miner) url(path, s string, depth int) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || (u.Host == "" && u.RawQuery == "") {
		return false
	}
	m.contains(path)
	m.add(path+".host", []byte(u.Host))
	if u.User != nil {
		m.text(path+".user", u.User.String(), depth+1)
	}
	for i, segment := range strings.Split(strings.Trim(u.Path, "/"), "/") {
		m.text(path+".path"+strconv.Itoa(min(i, maxNesting)), segment, depth+1)
	}
	if query, err := url.ParseQuery(u.RawQuery); err == nil {
		m.values(path+".query", query, depth)
	} else {
		m.text(path+".query", u.RawQuery, depth+1)
	}
	m.text(path+".fragment", u.Fragment, depth+1)
	return true
}

// text notes a text and takes it apart as far as it can.
func (m *miner) text(path, s string, depth int) {
	if s == "" {
		return
	}
	m.add(path, []byte(s))
	if depth >= maxNesting || len(s) < window {
		return
	}
	if m.structured(path, s, depth+1) {
		m.contains(path)
		return
	}
	// Short base64 and hexadecimal cannot be told from words, and are both.
	if b, ok := fromText(s); ok && len(b) >= window {
		m.opaque(path+decodedPath, b, depth+1)
		if len(s) > maxWord {
			m.contains(path)
			return
		}
	}
	words := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;=&\"'()[]{}<>|:/?#@\\", r) })
	if len(words) == 1 && words[0] == s {
		if len(s) >= 2*window {
			m.windows(path, []byte(s))
		}
		return
	}
	for _, w := range words[:min(len(words), maxWords)] {
		m.text(path+partPath, w, depth+1)
	}
}

// structured takes text apart whose form says what it is.
func (m *miner) structured(path, s string, depth int) bool {
	switch s[0] {
	case '{', '[', '"':
		if v, ok := decodeJSON(s); ok {
			m.json(path, v, depth)
			return true
		}
	}
	if strings.Contains(s, "://") && m.url(path, s, depth) {
		return true
	}
	if token, rest, ok := strings.Cut(s, "~"); ok && m.jose(path+".jwt", token, depth) {
		for _, part := range strings.Split(rest, "~") {
			m.disclosure(path, part, depth)
		}
		return true
	}
	if m.jose(path+".jwt", s, depth) {
		return true
	}
	if s[0] == 'u' || s[0] == 'z' {
		if _, b, err := multibase.Decode(s); err == nil && len(b) >= 2*window {
			m.opaque(path+".multibase", b, depth)
			return true
		}
	}
	return false
}

// decodeJSON reads one JSON value and nothing after it; numbers stay as
// written.
func decodeJSON(s string) (v any, ok bool) {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil, false
	}
	return v, strings.TrimSpace(s[d.InputOffset():]) == ""
}

func fromText(s string) ([]byte, bool) {
	if b, err := hex.DecodeString(s); err == nil {
		return b, true
	}
	s = strings.TrimRight(s, "=")
	for _, encoding := range []*base64.Encoding{base64.RawURLEncoding, base64.RawStdEncoding} {
		if b, err := encoding.DecodeString(s); err == nil {
			return b, true
		}
	}
	return nil, false
}

// jose takes the compact form of a JWS (three parts) or a JWE (five) apart.
func (m *miner) jose(path, s string, depth int) bool {
	parts := strings.Split(s, ".")
	if len(parts) != 3 && len(parts) != 5 {
		return false
	}
	names := []string{".header", ".payload", ".signature"}
	if len(parts) == 5 {
		names = []string{".header", ".key", ".iv", ".ciphertext", ".tag"}
	}
	decoded := make([][]byte, len(parts))
	for i, part := range parts {
		b, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil || (i == 0 && !json.Valid(b)) {
			return false
		}
		decoded[i] = b
	}
	for i, b := range decoded {
		m.opaque(path+names[i], b, depth)
	}
	return true
}

func (m *miner) disclosure(path, s string, depth int) {
	if s == "" || m.jose(path+".kb", s, depth) {
		return
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	var parts []any
	if err == nil {
		if v, ok := decodeJSON(string(b)); ok {
			parts, _ = v.([]any)
		}
	}
	if len(parts) < 2 || len(parts) > 3 {
		m.text(path+".disclosure", s, depth)
		return
	}
	name := "*"
	if n, ok := parts[1].(string); ok && len(parts) == 3 {
		name = n
		m.text(path+".disclosure"+namePath, n, depth)
	}
	child := m.paths.child(path+".disclosure", name)
	m.json(child+".salt", parts[0], depth)
	m.json(child, parts[len(parts)-1], depth)
}
