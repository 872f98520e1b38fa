package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/halfmask/halfmask/exposure/schedule"
	"github.com/halfmask/halfmask/spec"
)

// file is a scenario as written; the schema has seen it.
type file struct {
	Name   string `yaml:"name"`
	Seed   *uint64
	Seeds  int
	Rules  string
	People int
	Days   int
	Habits struct {
		MeanLogins float64 `yaml:"mean_logins"`
		Spread     *float64
		Favourites *float64
	}
	Households bool
	Trace      string
	Designs    []yaml.Node
	Coalitions []struct {
		Name    string
		Members []string
	}
	Sweeps struct {
		BatchSize []int `yaml:"batch_size"`
		Uses      []float64
		Colluding []int
	}
	Backend Backend
	Sample  int
}

// scenario builds the type, and checks what the schema cannot say.
func (p *parser) scenario() (*Scenario, error) {
	var f file
	if err := p.root.Decode(&f); err != nil {
		return nil, p.fail(p.root, "%v", err)
	}
	s := &Scenario{Name: f.Name, Seed: 1, Seeds: f.Seeds, Rules: f.Rules, People: f.People, Days: f.Days,
		Habits:     Habits{MeanLogins: f.Habits.MeanLogins, Spread: 1, Favourites: 1},
		Households: f.Households, Trace: f.Trace, Sweeps: Sweeps(f.Sweeps), Backend: f.Backend, Sample: f.Sample}
	if f.Seed != nil {
		s.Seed = *f.Seed
	}
	if f.Habits.Spread != nil {
		s.Habits.Spread = *f.Habits.Spread
	}
	if f.Habits.Favourites != nil {
		s.Habits.Favourites = *f.Habits.Favourites
	}
	slices.Sort(s.Sweeps.BatchSize)
	slices.Sort(s.Sweeps.Uses)
	slices.Sort(s.Sweeps.Colluding)
	if f.Sweeps.Uses != nil && f.Trace != "" {
		return nil, p.failAt("a trace says how often people log in", "sweeps", "uses")
	}
	if f.Sample > f.People {
		return nil, p.failAt("more than people", "sample")
	}
	if _, habits := p.at([]string{"habits"}); f.Trace != "" && habits != p.root {
		return nil, p.failAt("a scenario has a trace or habits, not both", "trace")
	}
	if f.Trace != "" && f.Backend == StandIn {
		return nil, p.failAt("a trace is executed: leave out backend: stand-in", "trace")
	}
	if most := schedule.MaxMeanLogins * float64(f.Days); f.Habits.MeanLogins > most {
		_, at := p.at([]string{"habits", "mean_logins"})
		return nil, p.fail(at, "mean_logins: more than %v, which is %d a day", most, schedule.MaxMeanLogins)
	}
	if err := p.designs(s, f); err != nil {
		return nil, err
	}
	if err := p.coalitions(s, f); err != nil {
		return nil, err
	}
	s.setDefaults()
	s.source = p
	return s, nil
}

func (p *parser) failAt(reason string, location ...string) error {
	_, value := p.at(location)
	return p.fail(value, "%s: %s", location[0], reason)
}

// batched is the only design that holds several credentials.
const batched = "sdjwt-batch"

func (p *parser) designs(s *Scenario, f file) error {
	names := make(map[string]bool)
	for i, n := range f.Designs {
		d := Design{Name: n.Value, Base: n.Value}
		if n.Kind == yaml.MappingNode {
			if err := n.Decode(&d); err != nil {
				return p.fail(&n, "%v", err)
			}
			if d.Base != batched && d.Batch != (Batch{}) {
				return p.failAt("batch belongs to sdjwt-batch", "designs", strconv.Itoa(i), "batch")
			}
			plain(&d.Modifiers.Status, "none")
			plain(&d.Modifiers.Timestamps, "coarse")
			plain(&d.Modifiers.Epoch, "month")
			plain(&d.Modifiers.Ask, "least")
		}
		if d.Base == batched {
			d.Batch = Batch{cmp.Or(d.Batch.Size, defaultSize), cmp.Or(d.Batch.Policy, OnceOnly)}
		}
		if names[d.Name] {
			return p.failAt("two designs are named "+d.Name, "designs", strconv.Itoa(i))
		}
		names[d.Name] = true
		s.Designs = append(s.Designs, d)
	}
	return nil
}

// plain makes the word for a modifier that changes nothing the zero value.
func plain[T ~string](t *T, word T) {
	if *t == word {
		*t = ""
	}
}

func (p *parser) coalitions(s *Scenario, f file) error {
	names := make(map[string]bool)
	for i, c := range f.Coalitions {
		if names[c.Name] {
			return p.failAt("two coalitions are named "+c.Name, "coalitions", strconv.Itoa(i))
		}
		names[c.Name] = true
		built := Coalition{Name: c.Name}
		for j, word := range c.Members {
			at := []string{"coalitions", strconv.Itoa(i), "members", strconv.Itoa(j)}
			m, err := ParseMember(word)
			if err != nil {
				return p.failAt(err.Error(), at...)
			}
			if err := there(m); err != nil {
				return p.failAt(err.Error(), at...)
			}
			if m == (Member{Kind: Platform}) && len(c.Members) > 1 {
				return p.failAt("each platform by itself is in no coalition with others; platforms are all of them together", at...)
			}
			built.Members = append(built.Members, m)
		}
		s.Coalitions = append(s.Coalitions, built)
	}
	return nil
}

// there refuses platforms that there are not.
func there(m Member) error {
	platforms, err := spec.Platforms()
	if err != nil {
		return err
	}
	var ids []string
	for _, p := range platforms {
		ids = append(ids, p.ID)
	}
	switch {
	case m.Count > len(ids):
		return fmt.Errorf("%d platforms; there are %d", m.Count, len(ids))
	case m.ID != "" && !slices.Contains(ids, m.ID):
		return fmt.Errorf("there is no platform %q; they are %s to %s", m.ID, ids[0], ids[len(ids)-1])
	}
	return nil
}

// NoDesign is the error of a design whose base is not known, at its place in
// the file where there is one.
func (s *Scenario) NoDesign(d Design, known []string) error {
	p := s.source
	if p == nil {
		p = new(parser)
	}
	var at *yaml.Node
	if p.root != nil {
		_, designs := p.at([]string{"designs"})
		for i, n := range designs.Content {
			if n.Value == d.Name {
				at = n
			}
			step := strconv.Itoa(i)
			if _, name := p.at([]string{"designs", step, "name"}); name.Value == d.Name && name != n {
				_, at = p.at([]string{"designs", step, "base"})
			}
		}
	}
	return p.fail(at, "unknown design %q%s", d.Base, Meant(d.Base, known))
}
