package bbs2023

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/halfmask/halfmask/credential"
)

const clauseCanon = "RDF-CANON section 4"

// maxCanonWork bounds the Hash N-Degree Quads algorithm, counted in related
// nodes looked at. Documents in which every object differs need none of it;
// poisoned ones would need exponential time.
const maxCanonWork = 20000

// canonicalLabels runs the RDF Dataset Canonicalization Algorithm with
// SHA-256 and gives the issued identifiers map: blank node label to the
// number N of its canonical label c14nN.
func canonicalLabels(statements []statement) (map[string]int, error) {
	c := canonicalizer{mentions: map[string][]statement{}, first: map[string]string{}, issued: newIssuer("c14n")}
	for _, s := range statements {
		if s.subject.blank != "" {
			c.mentions[s.subject.blank] = append(c.mentions[s.subject.blank], s)
		}
		if s.object.blank != "" && s.object.blank != s.subject.blank {
			c.mentions[s.object.blank] = append(c.mentions[s.object.blank], s)
		}
	}
	byHash := map[string][]string{}
	for label := range c.mentions {
		hash := c.hashFirstDegree(label)
		byHash[hash] = append(byHash[hash], label)
	}
	hashes := make([]string, 0, len(byHash))
	for hash := range byHash {
		hashes = append(hashes, hash)
	}
	slices.Sort(hashes)
	for _, hash := range hashes {
		if same := byHash[hash]; len(same) == 1 {
			c.issued.issue(same[0])
		}
	}
	for _, hash := range hashes {
		if same := byHash[hash]; len(same) > 1 {
			if err := c.issueSame(same); err != nil {
				return nil, err
			}
		}
	}
	return c.issued.numbers, nil
}

type canonicalizer struct {
	mentions map[string][]statement
	first    map[string]string
	issued   *issuer
	work     int
}

// issuer gives labels their numbers in the order of asking.
type issuer struct {
	prefix  string
	numbers map[string]int
	order   []string
}

func newIssuer(prefix string) *issuer { return &issuer{prefix: prefix, numbers: map[string]int{}} }

func (i *issuer) issue(label string) string {
	n, ok := i.numbers[label]
	if !ok {
		n = len(i.order)
		i.numbers[label] = n
		i.order = append(i.order, label)
	}
	return "_:" + i.prefix + strconv.Itoa(n)
}

func (i *issuer) has(label string) bool { _, ok := i.numbers[label]; return ok }

func (i *issuer) clone() *issuer {
	c := &issuer{prefix: i.prefix, numbers: make(map[string]int, len(i.numbers)), order: slices.Clone(i.order)}
	for k, v := range i.numbers {
		c.numbers[k] = v
	}
	return c
}

// issueSame numbers the nodes that share a first degree hash (step 5 of the
// algorithm).
func (c *canonicalizer) issueSame(same []string) error {
	type result struct {
		hash   string
		issuer *issuer
	}
	var results []result
	for _, label := range same {
		if c.issued.has(label) {
			continue
		}
		temporary := newIssuer("b")
		temporary.issue(label)
		hash, issuer, err := c.hashNDegree(label, temporary)
		if err != nil {
			return err
		}
		results = append(results, result{hash, issuer})
	}
	slices.SortStableFunc(results, func(a, b result) int { return strings.Compare(a.hash, b.hash) })
	for _, r := range results {
		for _, label := range r.issuer.order {
			c.issued.issue(label)
		}
	}
	return nil
}

// hashFirstDegree is the Hash First Degree Quads algorithm.
func (c *canonicalizer) hashFirstDegree(label string) string {
	if hash, ok := c.first[label]; ok {
		return hash
	}
	name := func(other string) string {
		if other == label {
			return "a"
		}
		return "z"
	}
	lines := make([]string, 0, len(c.mentions[label]))
	for _, s := range c.mentions[label] {
		lines = append(lines, s.line(name))
	}
	slices.Sort(lines)
	c.first[label] = hexHash(strings.Join(lines, ""))
	return c.first[label]
}

// hashRelated is the Hash Related Blank Node algorithm.
func (c *canonicalizer) hashRelated(related, predicate string, temporary *issuer, position string) string {
	in := position + "<" + predicate + ">"
	switch {
	case c.issued.has(related):
		in += c.issued.issue(related)
	case temporary.has(related):
		in += temporary.issue(related)
	default:
		in += c.hashFirstDegree(related)
	}
	return hexHash(in)
}

// hashNDegree is the Hash N-Degree Quads algorithm.
func (c *canonicalizer) hashNDegree(label string, temporary *issuer) (string, *issuer, error) {
	byHash := map[string][]string{}
	for _, s := range c.mentions[label] {
		if o := s.object.blank; o != "" && o != label {
			hash := c.hashRelated(o, s.predicate, temporary, "o")
			byHash[hash] = append(byHash[hash], o)
		}
		if o := s.subject.blank; o != "" && o != label {
			hash := c.hashRelated(o, s.predicate, temporary, "s")
			byHash[hash] = append(byHash[hash], o)
		}
	}
	hashes := make([]string, 0, len(byHash))
	for hash := range byHash {
		hashes = append(hashes, hash)
	}
	slices.Sort(hashes)
	var data strings.Builder
	for _, hash := range hashes {
		data.WriteString(hash)
		var path string
		var chosen *issuer
		err := permute(byHash[hash], func(related []string) error {
			p, i, err := c.path(related, temporary, path)
			if err == nil && i != nil && (path == "" || p < path) {
				path, chosen = p, i
			}
			return err
		})
		if err != nil {
			return "", nil, err
		}
		data.WriteString(path)
		temporary = chosen
	}
	return hexHash(data.String()), temporary, nil
}

// path follows one order of related nodes; a nil issuer says that the order
// cannot beat the best path so far.
func (c *canonicalizer) path(related []string, temporary *issuer, best string) (string, *issuer, error) {
	i := temporary.clone()
	path := ""
	worse := func() bool { return best != "" && len(path) >= len(best) && path > best }
	var deeper []string
	for _, label := range related {
		if c.work++; c.work > maxCanonWork {
			return "", nil, credential.Failed("canonicalization", clauseCanon, "too many alike objects: the document looks poisoned")
		}
		if c.issued.has(label) {
			path += c.issued.issue(label)
		} else {
			if !i.has(label) {
				deeper = append(deeper, label)
			}
			path += i.issue(label)
		}
		if worse() {
			return "", nil, nil
		}
	}
	for _, label := range deeper {
		hash, next, err := c.hashNDegree(label, i)
		if err != nil {
			return "", nil, err
		}
		path += i.issue(label) + "<" + hash + ">"
		i = next
		if worse() {
			return "", nil, nil
		}
	}
	return path, i, nil
}

// permute calls visit with every order of labels until it fails.
func permute(labels []string, visit func([]string) error) error {
	order := slices.Clone(labels)
	var step func(int) error
	step = func(k int) error {
		if k == len(order) {
			return visit(order)
		}
		for j := k; j < len(order); j++ {
			order[k], order[j] = order[j], order[k]
			if err := step(k + 1); err != nil {
				return err
			}
			order[k], order[j] = order[j], order[k]
		}
		return nil
	}
	return step(0)
}

// line writes a statement as a canonical N-Quad with its newline; name gives
// the label of a blank node.
func (s statement) line(name func(label string) string) string {
	var b strings.Builder
	s.subject.write(&b, name)
	b.WriteString(" <")
	b.WriteString(s.predicate)
	b.WriteString("> ")
	s.object.write(&b, name)
	b.WriteString(" .\n")
	return b.String()
}

func (t term) write(b *strings.Builder, name func(label string) string) {
	switch {
	case t.blank != "":
		b.WriteString("_:")
		b.WriteString(name(t.blank))
	case t.iri != "":
		b.WriteByte('<')
		b.WriteString(t.iri)
		b.WriteByte('>')
	default:
		b.WriteByte('"')
		escape(b, t.text)
		b.WriteByte('"')
		if t.language != "" {
			b.WriteByte('@')
			b.WriteString(t.language)
		} else if t.datatype != xsd+"string" {
			b.WriteString("^^<")
			b.WriteString(t.datatype)
			b.WriteByte('>')
		}
	}
}

// escape writes a literal's text as canonical N-Quads do (RDF-CANON section
// 5): short escapes where there is one, \uXXXX for the other control
// characters.
func escape(b *strings.Builder, text string) {
	for _, r := range text {
		switch r {
		case '\b':
			b.WriteString(`\b`)
		case '\t':
			b.WriteString(`\t`)
		case '\n':
			b.WriteString(`\n`)
		case '\f':
			b.WriteString(`\f`)
		case '\r':
			b.WriteString(`\r`)
		case '"':
			b.WriteString(`\"`)
		case '\\':
			b.WriteString(`\\`)
		default:
			if r < 0x20 || r == 0x7f {
				fmt.Fprintf(b, `\u%04X`, r)
			} else {
				b.WriteRune(r)
			}
		}
	}
}

func hexHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
