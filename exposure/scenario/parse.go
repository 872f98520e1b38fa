package scenario

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

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
	d := yaml.NewDecoder(bytes.NewReader(b))
	var document yaml.Node
	if err := d.Decode(&document); errors.Is(err, io.EOF) {
		return nil, p.fail(nil, "it is empty")
	} else if err != nil {
		return nil, p.fail(nil, "%s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, p.fail(nil, "something follows the first document")
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
		if _, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return json.Number(strings.TrimPrefix(n.Value, "+")), nil
		}
	case "!!bool":
		return n.Value == "true", nil
	}
	return nil, p.fail(n, "%q is not read: write a decimal number, true, false or a word", n.Value)
}

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
		unknown, _ := p.at(append(slices.Clone(deepest.InstanceLocation), k.Properties[0]))
		return p.fail(unknown, "unknown key %s", k.Properties[0])
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
