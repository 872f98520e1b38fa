package scenario_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/spec"
)

func TestBuiltInScenariosLoad(t *testing.T) {
	for _, name := range spec.Scenarios() {
		s, err := scenario.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if s.Name != name || s.Rules != spec.National || len(s.Coalitions) < 4 {
			t.Errorf("%s: %+v", name, s)
		}
	}
	s, err := scenario.Load("trial")
	if err != nil || s.People != 6_000_000 || s.Habits.MeanLogins != 2.08 || s.Backend != scenario.StandIn || s.Sample != 48_000 {
		t.Errorf("trial: %+v, %v", s, err)
	}
}

const whole = `name: everything
seed: 0
people: 50
days: 9
habits: {mean_logins: 4, spread: 0, favourites: 0}
designs:
  - bbs
  - {name: few, base: sdjwt-batch, batch: {size: 3, policy: rotating}, modifiers: {status: list-index, timestamps: fine, epoch: day, ask: too-much}}
  - {name: plain, base: sdjwt-batch, modifiers: {status: none, timestamps: coarse, epoch: month, ask: least}}
coalitions:
  - {name: some, members: ["platforms:3", "platform:syn-07", issuer, "thief-of:status-host"]}
sweeps: {batch_size: [20, 5], uses: [8, 2.5], colluding: [81, 1, 20]}
`

func TestParseKeepsWhatIsWritten(t *testing.T) {
	s, err := scenario.Parse([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	if s.Seed != 0 || s.Habits != (scenario.Habits{MeanLogins: 4}) || s.Backend != scenario.Executed || s.Sample != 50 {
		t.Errorf("%+v", s)
	}
	if got := fmt.Sprintf("%+v", s.Sweeps); got != "{BatchSize:[5 20] Uses:[2.5 8] Colluding:[1 20 81]}" {
		t.Errorf("sweeps %s", got)
	}
	want := []scenario.Design{
		{Name: "bbs", Base: "bbs"},
		{Name: "few", Base: "sdjwt-batch", Batch: scenario.Batch{Size: 3, Policy: scenario.Rotating},
			Modifiers: scenario.Modifiers{Status: scenario.ListIndex, Timestamps: scenario.Fine, Epoch: scenario.Day, Ask: scenario.TooMuch}},
		{Name: "plain", Base: "sdjwt-batch", Batch: scenario.Batch{Size: 20, Policy: scenario.OnceOnly}},
	}
	if fmt.Sprint(s.Designs) != fmt.Sprint(want) {
		t.Errorf("designs %+v, want %+v", s.Designs, want)
	}
	if got := fmt.Sprint(s.Coalitions[0].Members); got != "[platforms:3 platform:syn-07 issuer thief-of:status-host]" {
		t.Errorf("members %s", got)
	}
}

func TestParseRefuses(t *testing.T) {
	const head = "name: x\npeople: 10\ndays: 5\n"
	for name, c := range map[string]struct{ text, want string }{
		"nothing":                      {"", "scenario: it is empty"},
		"no YAML":                      {"name: [", "scenario: line 1: did not find expected node content"},
		"two documents":                {head + "---\nname: y\n", "scenario: something follows the first document"},
		"a list":                       {"- 1\n", "scenario:1:1: got array, want object"},
		"a missing key":                {"name: x\npeople: 10\n", "scenario:1:1: missing: days"},
		"an unknown key":               {head + "poeple: 10\n", "scenario:4:1: unknown key poeple"},
		"a key misspelt":               {"name: x\npeople: 10\ndais: 5\n", "scenario:3:1: unknown key dais"},
		"an unknown key inside":        {head + "habits:\n  mean: 2\n", "scenario:5:3: unknown key mean"},
		"a key twice":                  {head + "days: 6\n", "scenario:4:1: days stands there twice"},
		"a word for a number":          {"name: x\npeople: ten\ndays: 5\n", "scenario:2:9: people: got string, want integer"},
		"half a person":                {"name: x\npeople: 10.5\ndays: 5\n", "scenario:2:9: people: got number, want integer"},
		"too many people":              {"name: x\npeople: 90000000000\ndays: 5\n", "scenario:2:9: people: more than 10000000000"},
		"an octal number":              {"name: x\npeople: 0x10\ndays: 5\n", `scenario:2:9: "0x10" is not read: write a decimal number, true, false or a word`},
		"not a number":                 {head + "habits: {mean_logins: .nan}\n", `scenario:4:23: ".nan" is not read: write a decimal number, true, false or a word`},
		"an alias":                     {"name: &a x\npeople: 10\ndays: 5\n", "scenario:1:7: anchors and aliases are not read"},
		"unknown rules":                {head + "rules: mine\n", "scenario:4:8: rules: value must be one of 'national-2025', 'inclusive'"},
		"a point twice":                {head + "sweeps: {uses: [2, 2]}\n", "scenario:4:16: uses: "},
		"no platform colluding":        {head + "sweeps: {colluding: [0]}\n", "scenario:4:22: "},
		"how often beside a trace":     {head + "trace: x\nsweeps: {uses: [2]}\n", "scenario:5:16: sweeps: a trace says how often"},
		"another sweep":                {head + "sweeps: {weather: [2]}\n", "scenario:4:10: unknown key weather"},
		"a sample of more than all":    {head + "sample: 11\n", "scenario:4:9: sample: more than people"},
		"a trace beside habits":        {head + "trace: a.csv\nhabits: {spread: 1}\n", "scenario:4:8: trace: a scenario has a trace or habits, not both"},
		"an unknown modifier":          {head + "designs:\n  - {name: a, base: bbs, modifiers: {status: lost}}\n", "scenario:5:46: status: value must be one of 'none', 'list-index', 'ask-issuer'"},
		"a batch where there is none":  {head + "designs:\n  - {name: a, base: bbs, batch: {size: 3}}\n", "scenario:5:33: designs: batch belongs to sdjwt-batch"},
		"two designs of one name":      {head + "designs: [bbs, bbs]\n", "scenario:4:16: designs: two designs are named bbs"},
		"two coalitions of one name":   {head + "coalitions:\n  - {name: a, members: [issuer]}\n  - {name: a, members: [network]}\n", "scenario:6:5: coalitions: two coalitions are named a"},
		"a member that is nobody":      {head + "coalitions:\n  - {name: a, members: [butler]}\n", "scenario:5:25: 'butler' does not match pattern"},
		"each platform beside another": {head + "coalitions:\n  - {name: a, members: [issuer, platform]}\n", "scenario:5:33: coalitions: each platform by itself is in no coalition with others"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := scenario.Parse([]byte(c.text))
			var e *scenario.Error
			if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestParseMemberRefuses(t *testing.T) {
	for _, s := range []string{"", "platform:", "platforms:0", "platforms:x", "issuer:1", "thief-of:network", "thief-of:platform", "thief-of:thief-of:issuer", "everybody"} {
		if m, err := scenario.ParseMember(s); err == nil {
			t.Errorf("%q is read as %v", s, m)
		}
	}
}

func TestLoadNamesTheFileAndFindsTheTrace(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) string {
		name := filepath.Join(dir, "s.yaml")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	s, err := scenario.Load(write("name: x\npeople: 10\ndays: 5\ntrace: logins.csv\n"))
	if err != nil || s.Trace != filepath.Join(dir, "logins.csv") {
		t.Errorf("%+v, %v", s, err)
	}
	name := write("name: x\npeople: 10\n")
	if _, err := scenario.Load(name); err == nil || !strings.HasPrefix(err.Error(), name+":1:1: ") {
		t.Errorf("got %v", err)
	}
	if _, err := scenario.Load("smoak"); err == nil || !strings.Contains(err.Error(), "built in: smoke") {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	for _, name := range spec.Scenarios() {
		b, err := spec.ScenarioFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := scenario.Parse(b)
		var e *scenario.Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("an error without a place: %v", err)
		}
		if err == nil && (s.People < 2 || s.Days < 1 || s.Habits.MeanLogins <= 0 || len(s.Coalitions) == 0) {
			t.Errorf("read %+v", s)
		}
	})
}

func Example() {
	s, err := scenario.Parse([]byte(`
name: a-week
people: 500
days: 7
designs:
  - bbs
  - {name: bbs-fine, base: bbs, modifiers: {timestamps: fine}}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.People, "people,", s.Habits.MeanLogins, "logins each,", len(s.Designs), "designs")
	// Output: 500 people, 1.75 logins each, 2 designs
}
