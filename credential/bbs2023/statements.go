package bbs2023

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/halfmask/halfmask/credential"
	"github.com/piprate/json-gold/ld"
)

const (
	clauseStatements = "JSON-LD 1.1 API section 8.1"
	rdfType          = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
	langString       = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
	xsd              = "http://www.w3.org/2001/XMLSchema#"
)

// term is a subject or an object: a blank node when blank is not empty, an
// IRI when iri is not empty, a literal otherwise.
type term struct {
	blank    string // label without "_:"
	iri      string
	text     string // lexical form of a literal
	datatype string // IRI of a literal's datatype
	language string // tag of a literal of datatype rdf:langString
}

// statement is an RDF triple. Named graphs do not occur.
type statement struct {
	subject   term
	predicate string
	object    term
}

// labelNodes copies a document, gives every object that has no id a blank
// node label in the order in which a walk meets them (members by name), and
// gives the labels in that order. It stands for the skolemization of
// vc-di-ecdsa: the labels keep a selection's nodes apart.
//
// It refuses what would let a member of the JSON go without a statement of
// its own: JSON-LD keywords below the top, null, empty arrays and objects,
// arrays in arrays, labels of blank nodes that the author chose.
func labelNodes(document map[string]any) (labelled map[string]any, labels []string, err error) {
	l := labeller{}
	v, err := l.object(document, true)
	if err != nil {
		return nil, nil, err
	}
	return v, l.labels, nil
}

type labeller struct{ labels []string }

func (l *labeller) object(object map[string]any, top bool) (map[string]any, error) {
	if len(object) == 0 {
		return nil, credential.Failed("unsigned-member", clauseStatements, "an empty object says nothing")
	}
	out := make(map[string]any, len(object)+1)
	if id, has := object["id"]; !has {
		if len(l.labels) == maxBlankNodes {
			return nil, credential.Failed("document-size", clauseStatements, "more than %d objects without an id", maxBlankNodes)
		}
		label := "n" + strconv.Itoa(len(l.labels))
		l.labels = append(l.labels, label)
		out["@id"] = "_:" + label
	} else if s, _ := id.(string); !isIRI(s) {
		return nil, credential.Failed("node-id", clauseStatements, "id %s is not an absolute IRI", quote(s))
	}
	for _, name := range sortedNames(object) {
		value := object[name]
		if strings.HasPrefix(name, "@") || name == "" {
			if top && name == "@context" {
				continue
			}
			return nil, credential.Failed("unsigned-member", clauseStatements, "member %s: keywords occur only as their aliases id and type", quote(name))
		}
		v, err := l.value(name, value, true)
		if err != nil {
			return nil, err
		}
		out[name] = v
	}
	return out, nil
}

func (l *labeller) value(name string, value any, array bool) (any, error) {
	switch v := value.(type) {
	case nil:
		return nil, credential.Failed("unsigned-member", clauseStatements, "member %s is null", quote(name))
	case map[string]any:
		return l.object(v, false)
	case []any:
		if !array || len(v) == 0 {
			return nil, credential.Failed("unsigned-member", clauseStatements, "member %s is an empty array or an array in an array", quote(name))
		}
		out := make([]any, len(v))
		for i := range v {
			var err error
			if out[i], err = l.value(name, v[i], false); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return value, nil
}

// countStatements says how many statements the JSON itself promises: one for
// each value of each member except id, and those of the objects below.
func countStatements(object map[string]any) (n int) {
	for name, value := range object {
		if name == "id" || strings.HasPrefix(name, "@") {
			continue
		}
		values, ok := value.([]any)
		if !ok {
			values = []any{value}
		}
		n += len(values)
		for _, v := range values {
			if o, ok := v.(map[string]any); ok {
				n += countStatements(o)
			}
		}
	}
	return n
}

// toStatements expands a labelled document under a processed context and
// gives its statements. The number must be the one that the JSON promises:
// a member that the context drops, maps to a keyword or merges with another
// is an error and never a member that merely looks signed.
func toStatements(c *activeContext, labelled map[string]any) ([]statement, error) {
	promised := countStatements(labelled)
	if promised > maxStatements {
		return nil, credential.Failed("document-size", clauseStatements, "%d statements, at most %d are read", promised, maxStatements)
	}
	var expanded any
	err := contained(func() (err error) {
		body := make(map[string]any, len(labelled))
		for name, value := range labelled {
			if name != "@context" {
				body[name] = value
			}
		}
		expanded, err = ld.NewJsonLdApi().Expand(c, "", body, processing(), false, nil)
		return err
	})
	if err != nil {
		return nil, credential.Failed("unsigned-member", clauseStatements, "%w", err)
	}
	r := reader{statements: make([]statement, 0, promised)}
	if _, err := r.node(expanded); err != nil {
		return nil, err
	}
	seen := make(map[statement]bool, len(r.statements))
	for _, s := range r.statements {
		if seen[s] {
			return nil, credential.Failed("repeated-statement", clauseStatements, "predicate %s says the same twice", quote(s.predicate))
		}
		seen[s] = true
	}
	if len(r.statements) != promised {
		return nil, credential.Failed("unsigned-member", clauseStatements, "the document has %d members, its context gives %d statements", promised, len(r.statements))
	}
	return r.statements, nil
}

// reader walks the expanded form.
type reader struct{ statements []statement }

func (r *reader) node(v any) (subject term, err error) {
	object, ok := v.(map[string]any)
	if !ok {
		return term{}, credential.Failed("statement", clauseStatements, "not a node object")
	}
	id, _ := object["@id"].(string)
	if subject, err = toNode(id); err != nil {
		return term{}, err
	}
	if subject.blank != "" && len(object) == 1 {
		return term{}, credential.Failed("node-id", clauseStatements, "%s refers to a blank node by a label", quote(id))
	}
	for _, name := range sortedNames(object) {
		switch {
		case name == "@id":
		case name == "@type":
			types, ok := object[name].([]any)
			if !ok {
				types = []any{object[name]}
			}
			for _, t := range types {
				s, _ := t.(string)
				if !isIRI(s) {
					return term{}, credential.Failed("unsigned-member", clauseStatements, "type %s is not defined by the context", quote(s))
				}
				r.statements = append(r.statements, statement{subject, rdfType, term{iri: s}})
			}
		case isIRI(name):
			values, ok := object[name].([]any)
			if !ok {
				return term{}, credential.Failed("statement", clauseStatements, "%s has no list of values", quote(name))
			}
			for _, value := range values {
				o, err := r.object(value)
				if err != nil {
					return term{}, err
				}
				r.statements = append(r.statements, statement{subject, name, o})
			}
		default:
			return term{}, credential.Failed("unsigned-member", clauseStatements, "%s gives no statement of its own", quote(name))
		}
	}
	return subject, nil
}

func (r *reader) object(v any) (term, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return term{}, credential.Failed("statement", clauseStatements, "not a value or a node")
	}
	value, ok := object["@value"]
	if !ok {
		if _, named := object["@id"]; !named {
			return term{}, credential.Failed("unsigned-member", clauseStatements, "a list or a graph is not one statement")
		}
		return r.node(object)
	}
	for name := range object {
		if name != "@value" && name != "@type" && name != "@language" {
			return term{}, credential.Failed("unsigned-member", clauseStatements, "%s beside a value gives no statement", quote(name))
		}
	}
	datatype, _ := object["@type"].(string)
	language, _ := object["@language"].(string)
	return toLiteral(value, datatype, language)
}

// toLiteral keeps JSON types and datatypes together, so that two different
// JSON values never give the same statement: true is not the string "true".
func toLiteral(value any, datatype, language string) (term, error) {
	if datatype != "" && !isIRI(datatype) {
		return term{}, credential.Failed("datatype", clauseStatements, "datatype %s is not an absolute IRI", quote(datatype))
	}
	var text, natural string
	switch v := value.(type) {
	case string:
		if slices.Contains([]string{xsd + "boolean", xsd + "integer", xsd + "double"}, datatype) {
			return term{}, credential.Failed("datatype", clauseStatements, "a string is not a value of %s", datatype)
		}
		if language != "" {
			if !languageTag.MatchString(language) {
				return term{}, credential.Failed("datatype", clauseStatements, "language tag %s", quote(language))
			}
			return term{text: v, datatype: langString, language: language}, nil
		}
		if datatype == "" {
			datatype = xsd + "string"
		}
		return term{text: v, datatype: datatype}, nil
	case bool:
		text, natural = strconv.FormatBool(v), xsd+"boolean"
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e21 && datatype != xsd+"double" {
			text, natural = strconv.FormatFloat(v, 'f', 0, 64), xsd+"integer"
		} else {
			text, natural = canonicalDouble(v), xsd+"double"
		}
	default:
		return term{}, credential.Failed("datatype", clauseStatements, "a value of JSON type %T", value)
	}
	if datatype != "" && datatype != natural {
		return term{}, credential.Failed("datatype", clauseStatements, "%s is not a value of %s", text, datatype)
	}
	return term{text: text, datatype: natural}, nil
}

// canonicalDouble writes the canonical form of an xsd:double, such as 5.5E0.
func canonicalDouble(v float64) string {
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'E', 15, 64), "E")
	mantissa = strings.TrimRight(mantissa, "0")
	if strings.HasSuffix(mantissa, ".") {
		mantissa += "0"
	}
	sign := ""
	if exponent[0] == '-' {
		sign = "-"
	}
	exponent = strings.TrimLeft(exponent[1:], "0")
	if exponent == "" {
		sign, exponent = "", "0"
	}
	return mantissa + "E" + sign + exponent
}

func toNode(id string) (term, error) {
	if label, blank := strings.CutPrefix(id, "_:"); blank {
		return term{blank: label}, nil
	}
	if !isIRI(id) {
		return term{}, credential.Failed("node-id", clauseStatements, "%s is not an absolute IRI", quote(id))
	}
	return term{iri: id}, nil
}

var (
	languageTag = regexp.MustCompile(`^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$`)
	scheme      = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]*:`)
)

// isIRI admits absolute IRIs without the characters that N-Quads forbids
// between < and >.
func isIRI(s string) bool {
	if !scheme.MatchString(s) {
		return false
	}
	for _, c := range s {
		if c <= ' ' || strings.ContainsRune("<>\"{}|^`\\", c) {
			return false
		}
	}
	return true
}

func sortedNames(object map[string]any) []string {
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
