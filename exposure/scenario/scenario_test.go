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
	if err != nil || s.People != 6_000_000 || s.Habits.MeanLogins != 2.08 || s.Backend != scenario.StandIn || s.Sample != 360 {
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
		"nothing":                       {"", "scenario:1:1: it is empty"},
		"no YAML":                       {"name: [", "scenario:1:1: not YAML: did not find expected node content"},
		"nothing but remarks":           {"# x\n", "scenario:1:1: it is empty"},
		"a tab":                         {"name: x\npeople: 4\n\tdays: 2\n", "scenario:2:1: not YAML: found a tab"},
		"a byte that is no text":        {head + "# caf\xe9\n", "scenario:4:6: a byte 0xe9: it is no text in UTF-8"},
		"a zero byte":                   {head + "rules: \x00\n", "scenario:4:8: a byte 0x00"},
		"UTF-16":                        {"\xff\xfen\x00a\x00", "scenario:1:1: a byte 0xff"},
		"an alias to nothing":           {head + "habits: *x\n", "scenario:1:1: not YAML: unknown anchor"},
		"nesting without an end":        {strings.Repeat("[", 20_000), "scenario:1:1: not YAML: exceeded max depth"},
		"an octal number in old form":   {"name: x\npeople: 010\ndays: 5\n", `scenario:2:9: "010" is not read`},
		"a number with underscores":     {"name: x\npeople: 1_000\ndays: 5\n", `scenario:2:9: "1_000" is not read`},
		"an exponent of many digits":    {head + "habits: {mean_logins: 1e-99999999}\n", `scenario:4:23: "1e-99999999" is not read`},
		"a key nearly right":            {"name: x\npeople: 10\nday: 5\n", "scenario:3:1: unknown key day; did you mean days?"},
		"a word nearly right":           {head + "backend: standin\n", `scenario:4:10: backend: "standin" is not known; did you mean stand-in?`},
		"a name that leaves a folder":   {"name: ../x\npeople: 10\ndays: 5\n", `scenario:1:7: name: "../x" is no name: it is of a to z`},
		"no designs":                    {head + "designs: []\n", "scenario:4:10: designs: the list is empty: leave the key out"},
		"a member twice":                {head + "coalitions: [{name: a, members: [issuer, issuer]}]\n", "scenario:4:42: members: it stands there twice"},
		"a platform that is nowhere":    {head + "coalitions: [{name: a, members: [\"platform:syn-99\"]}]\n", `scenario:4:34: coalitions: there is no platform "syn-99"; they are syn-01 to syn-81`},
		"more platforms than there are": {head + "coalitions: [{name: a, members: [\"platforms:82\"]}]\n", "scenario:4:34: coalitions: 82 platforms; there are 81"},
		"logins without a pause":        {head + "habits: {mean_logins: 251}\n", "scenario:4:23: mean_logins: more than 250, which is 50 a day"},
		"a trace in a stand-in":         {head + "trace: a.csv\nbackend: stand-in\n", "scenario:4:8: trace: a trace is executed"},
		"two documents":                 {head + "---\nname: y\n", "scenario:4:1: something follows the first document"},
		"a list":                        {"- 1\n", "scenario:1:1: got array, want object"},
		"a missing key":                 {"name: x\npeople: 10\n", "scenario:1:1: missing: days"},
		"an unknown key":                {head + "poeple: 10\n", "scenario:4:1: unknown key poeple"},
		"a key misspelt":                {"name: x\npeople: 10\ndais: 5\n", "scenario:3:1: unknown key dais"},
		"an unknown key inside":         {head + "habits:\n  mean: 2\n", "scenario:5:3: unknown key mean"},
		"a key twice":                   {head + "days: 6\n", "scenario:4:1: days stands there twice"},
		"a word for a number":           {"name: x\npeople: ten\ndays: 5\n", "scenario:2:9: people: got string, want integer"},
		"half a person":                 {"name: x\npeople: 10.5\ndays: 5\n", "scenario:2:9: people: got number, want integer"},
		"too many people":               {"name: x\npeople: 90000000000\ndays: 5\n", "scenario:2:9: people: more than 10000000000"},
		"an octal number":               {"name: x\npeople: 0x10\ndays: 5\n", `scenario:2:9: "0x10" is not read: write a decimal number, true, false or a word`},
		"not a number":                  {head + "habits: {mean_logins: .nan}\n", `scenario:4:23: ".nan" is not read: write a decimal number, true, false or a word`},
		"an alias":                      {"name: &a x\npeople: 10\ndays: 5\n", "scenario:1:7: anchors and aliases are not read"},
		"unknown rules":                 {head + "rules: mine\n", "scenario:4:8: rules: \"mine\" is not known; there are national-2025, inclusive"},
		"a point twice":                 {head + "sweeps: {uses: [2, 2]}\n", "scenario:4:20: uses: it stands there twice"},
		"no platform colluding":         {head + "sweeps: {colluding: [0]}\n", "scenario:4:22: "},
		"how often beside a trace":      {head + "trace: x\nsweeps: {uses: [2]}\n", "scenario:5:16: sweeps: a trace says how often"},
		"another sweep":                 {head + "sweeps: {weather: [2]}\n", "scenario:4:10: unknown key weather"},
		"a sample of more than all":     {head + "sample: 11\n", "scenario:4:9: sample: more than people"},
		"a trace beside habits":         {head + "trace: a.csv\nhabits: {spread: 1}\n", "scenario:4:8: trace: a scenario has a trace or habits, not both"},
		"an unknown modifier":           {head + "designs:\n  - {name: a, base: bbs, modifiers: {status: lost}}\n", "scenario:5:46: status: \"lost\" is not known; there are none, list-index, ask-issuer"},
		"a batch where there is none":   {head + "designs:\n  - {name: a, base: bbs, batch: {size: 3}}\n", "scenario:5:33: designs: batch belongs to sdjwt-batch"},
		"two designs of one name":       {head + "designs: [bbs, bbs]\n", "scenario:4:16: designs: two designs are named bbs"},
		"two coalitions of one name":    {head + "coalitions:\n  - {name: a, members: [issuer]}\n  - {name: a, members: [network]}\n", "scenario:6:5: coalitions: two coalitions are named a"},
		"a member that is nobody":       {head + "coalitions:\n  - {name: a, members: [butler]}\n", "scenario:5:25: \"butler\" is no member; there are platform, platforms"},
		"each platform beside another":  {head + "coalitions:\n  - {name: a, members: [issuer, platform]}\n", "scenario:5:33: coalitions: each platform by itself is in no coalition with others"},
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

// Which designs there are the lab knows; where one was asked for the file
// does.
func TestNoDesignNamesThePlace(t *testing.T) {
	s, err := scenario.Parse([]byte("name: x\npeople: 10\ndays: 5\ndesigns:\n  - bss\n  - {name: mine, base: sdjwt-bach}\n"))
	if err != nil {
		t.Fatal(err)
	}
	known := []string{"bbs", "sdjwt-batch"}
	for i, want := range []string{`scenario:5:5: unknown design "bss"; did you mean bbs?`, `scenario:6:24: unknown design "sdjwt-bach"; did you mean sdjwt-batch?`} {
		if got := s.NoDesign(s.Designs[i], known).Error(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := scenario.New("x", 2, 1).NoDesign(scenario.Design{Base: "pigeon"}, known).Error(); got != `scenario: unknown design "pigeon"; there are bbs, sdjwt-batch` {
		t.Error(got)
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
