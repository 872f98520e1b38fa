package scenario

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/halfmask/halfmask/spec"
)

// maxFile bounds a scenario file.
const maxFile = 1 << 20

// Error is what is wrong with a scenario, and where.
type Error struct {
	File         string // "" when it was not a file
	Line, Column int    // from 1; 0 when the file as a whole is wrong
	Reason       string
}

func (e *Error) Error() string {
	where := cmp.Or(e.File, "scenario")
	if e.Line > 0 {
		where += fmt.Sprintf(":%d:%d", e.Line, e.Column)
	}
	return where + ": " + e.Reason
}

// Load reads a scenario: the name of a built-in one, or a file. The path of a
// trace is taken relative to the file's folder.
func Load(name string) (*Scenario, error) {
	if slices.Contains(spec.Scenarios(), name) {
		b, err := spec.ScenarioFile(name)
		if err != nil {
			return nil, err
		}
		return parse(name+".yaml", b)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("scenario: %w (built in: %s)", err, strings.Join(spec.Scenarios(), ", "))
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("scenario: %w", err)
	}
	s, err := parse(name, b)
	if err == nil && s.Trace != "" && !filepath.IsAbs(s.Trace) {
		s.Trace = filepath.Join(filepath.Dir(name), s.Trace)
	}
	return s, err
}

// Parse reads a scenario. What is wrong with it is an *Error.
func Parse(b []byte) (*Scenario, error) { return parse("", b) }

func parse(file string, b []byte) (*Scenario, error) {
	p := &parser{file: file}
	if len(b) > maxFile {
		return nil, p.fail(nil, "more than %d bytes", maxFile)
	}
	if i := strange(b); i >= 0 {
		return nil, p.fail(place(b[:i]), "a byte %#02x: it is no text in UTF-8", b[i])
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	var document, more yaml.Node
	if err := d.Decode(&document); errors.Is(err, io.EOF) {
		return nil, p.fail(&yaml.Node{Line: 1, Column: 1}, "it is empty")
	} else if err != nil {
		return nil, p.notYAML(err)
	}
	if err := d.Decode(&more); err == nil {
		return nil, p.fail(&more, "something follows the first document")
	} else if !errors.Is(err, io.EOF) {
		return nil, p.notYAML(err)
	}
	p.root = document.Content[0]
	value, err := p.value(p.root)
	if err != nil {
		return nil, err
	}
	if err := p.validate(value); err != nil {
		return nil, err
	}
	return p.scenario()
}

// strange finds a byte that is in no YAML text, or gives -1.
func strange(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 || r < ' ' && r != '\t' && r != '\n' && r != '\r' {
			return i
		}
		i += n
	}
	return -1
}

// place is where the text behind before begins.
func place(before []byte) *yaml.Node {
	return &yaml.Node{Line: 1 + bytes.Count(before, []byte("\n")), Column: 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])}
}

var atLine = regexp.MustCompile(`^line ([0-9]+): `)

// notYAML says what the reader of YAML says, which knows the line at most.
func (p *parser) notYAML(err error) error {
	reason, at := strings.TrimPrefix(err.Error(), "yaml: "), &yaml.Node{Line: 1, Column: 1}
	if m := atLine.FindStringSubmatch(reason); m != nil {
		at.Line, _ = strconv.Atoi(m[1])
		reason = reason[len(m[0]):]
	}
	return p.fail(at, "not YAML: %s", reason)
}

// parser holds the positions of what it reads.
type parser struct {
	file string
	root *yaml.Node
}

func (p *parser) fail(at *yaml.Node, format string, args ...any) error {
	e := &Error{File: p.file, Reason: fmt.Sprintf(format, args...)}
	if at != nil {
		e.Line, e.Column = at.Line, at.Column
	}
	return e
}

// value gives what the schema looks at. Aliases and anchors are refused, as
// they let a small file stand for a huge one, and so is a key that comes twice.
func (p *parser) value(n *yaml.Node) (any, error) {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return nil, p.fail(n, "anchors and aliases are not read")
	case n.Kind == yaml.MappingNode:
		members := make(map[string]any, len(n.Content)/2)
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind != yaml.ScalarNode || key.Tag != "!!str" {
				return nil, p.fail(key, "a key is not a word")
			}
			if _, twice := members[key.Value]; twice {
				return nil, p.fail(key, "%s stands there twice", key.Value)
			}
			v, err := p.value(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			members[key.Value] = v
		}
		return members, nil
	case n.Kind == yaml.SequenceNode:
		elements := make([]any, len(n.Content))
		for i, c := range n.Content {
			v, err := p.value(c)
			if err != nil {
				return nil, err
			}
			elements[i] = v
		}
		return elements, nil
	}
	switch n.Tag {
	case "!!str", "!!timestamp":
		return n.Value, nil
	case "!!int", "!!float":
		if decimal.MatchString(n.Value) {
			return json.Number(strings.TrimPrefix(n.Value, "+")), nil
		}
	case "!!bool":
		return n.Value == "true", nil
	}
	return nil, p.fail(n, "%q is not read: write a decimal number, true, false or a word", n.Value)
}

// decimal is a number that YAML 1.1, YAML 1.2 and JSON read alike, and that
// no exponent makes a long one.
var decimal = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,2})?$`)

var schema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(spec.ScenarioSchema))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("scenario.schema.json", document); err != nil {
		return nil, err
	}
	return c.Compile("scenario.schema.json")
})

// validate holds the file to the schema and reports the first thing wrong.
func (p *parser) validate(value any) error {
	s, err := schema()
	if err != nil {
		return fmt.Errorf("scenario: the schema: %w", err)
	}
	var invalid *jsonschema.ValidationError
	if err := s.Validate(value); !errors.As(err, &invalid) {
		return err
	}
	return p.report(invalid)
}

// report finds the deepest cause: the schema's alternatives fail together, and
// the one that got furthest is the one that was meant.
func (p *parser) report(e *jsonschema.ValidationError) error {
	deepest := e
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		further := len(e.InstanceLocation) - len(deepest.InstanceLocation)
		_, unknown := e.ErrorKind.(*kind.AdditionalProperties) // before what is missing: it may be that, misspelt
		if len(e.Causes) == 0 && (len(deepest.Causes) > 0 || further > 0 || further == 0 && unknown) {
			deepest = e
		}
		for _, c := range e.Causes {
			walk(c)
		}
	}
	walk(e)
	key, value := p.at(deepest.InstanceLocation)
	reason := deepest.ErrorKind.LocalizedString(message.NewPrinter(language.English))
	switch k := deepest.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		slices.Sort(k.Properties)
		unknown, _ := p.at(append(slices.Clone(deepest.InstanceLocation), k.Properties[0]))
		return p.fail(unknown, "unknown key %s%s", k.Properties[0], Meant(k.Properties[0], keysAt(deepest.SchemaURL)))
	case *kind.Enum:
		var known []string
		for _, w := range k.Want {
			known = append(known, fmt.Sprint(w))
		}
		reason = fmt.Sprintf("%.40q is not known%s", fmt.Sprint(k.Got), Meant(fmt.Sprint(k.Got), known))
	case *kind.Pattern:
		reason = fmt.Sprintf("%.40q is no name: it is of a to z, 0 to 9, +, ., _ and -, at most 64, and begins with a letter or a digit", k.Got)
		if slices.Contains(deepest.InstanceLocation, "members") {
			reason = "it is no member"
			if _, err := ParseMember(k.Got); err != nil {
				reason = err.Error()
			}
		}
	case *kind.MinItems:
		reason = "the list is empty: leave the key out for the default"
	case *kind.MaxItems:
		reason = fmt.Sprintf("%d elements; %d at most", k.Got, k.Want)
	case *kind.UniqueItems:
		_, value = p.at(append(slices.Clone(deepest.InstanceLocation), strconv.Itoa(k.Duplicates[1])))
		reason = "it stands there twice"
	case *kind.Required:
		reason = "missing: " + strings.Join(k.Missing, ", ")
	case *kind.Minimum:
		reason = "less than " + k.Want.RatString()
	case *kind.Maximum:
		reason = "more than " + k.Want.RatString()
	}
	if key != nil && key != value {
		reason = key.Value + ": " + reason
	}
	return p.fail(value, "%s", reason)
}

// keysAt lists the keys that the schema knows at a place in it.
func keysAt(url string) (keys []string) {
	var at any
	if err := json.Unmarshal(spec.ScenarioSchema, &at); err != nil {
		return nil
	}
	_, pointer, _ := strings.Cut(url, "#")
	for _, step := range strings.Split(strings.Trim(pointer, "/"), "/") {
		if object, ok := at.(map[string]any); ok && step != "" {
			at = object[step]
		}
	}
	if object, ok := at.(map[string]any); ok {
		known, _ := object["properties"].(map[string]any)
		keys = slices.Sorted(maps.Keys(known))
	}
	return keys
}

// Meant ends a sentence about an unknown word with the known one that is
// nearest to it, or with all that there are.
func Meant(word string, known []string) string {
	best, least := "", 3
	for _, k := range known {
		if d := distance(word, k); d < least && d < len(k) {
			best, least = k, d
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("; did you mean %s?", best)
	case len(known) > 0:
		return "; there are " + strings.Join(known, ", ")
	}
	return ""
}

// distance counts the letters to be put in, left out or changed (Levenshtein).
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(row[j]+1, row[j+1]+1, change)
		}
	}
	return row[len(b)]
}

// at gives the node of a location, and its key where it has one.
func (p *parser) at(location []string) (key, value *yaml.Node) {
	key, value = nil, p.root
	for _, step := range location {
		if value.Kind == yaml.SequenceNode {
			if i, err := strconv.Atoi(step); err == nil && i < len(value.Content) {
				key, value = value.Content[i], value.Content[i]
			}
			continue
		}
		for i := 0; i+1 < len(value.Content); i += 2 {
			if value.Content[i].Value == step {
				key, value = value.Content[i], value.Content[i+1]
				break
			}
		}
	}
	return key, value
}
