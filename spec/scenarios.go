package spec

import (
	"embed"
	"fmt"
	"path"
	"strings"
)

//go:embed scenarios
var scenarioFiles embed.FS

// ScenarioSchema is the JSON Schema (draft 2020-12) of scenario files.
//
//go:embed scenarios/scenario.schema.json
var ScenarioSchema []byte

// Scenarios lists the names of the scenarios that are built in.
func Scenarios() []string { return []string{"smoke", "executed", "trial", "daily"} }

// ScenarioFile gives the text of a built-in scenario, as exposure/scenario
// reads it.
func ScenarioFile(name string) ([]byte, error) {
	b, err := scenarioFiles.ReadFile(path.Join("scenarios", name+".yaml"))
	if err != nil {
		return nil, fmt.Errorf("spec: no scenario %q; built in: %s", name, strings.Join(Scenarios(), ", "))
	}
	return b, nil
}
