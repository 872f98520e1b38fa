// Package spec holds the texts and the data that both designs obey.
//
// The texts are the *.md files beside this one, also in Texts: enrollment.md
// and age-tiers.md (rules of enrollment), claims.md, centralized.md (the
// baseline), issuance.md, presentation.md, status.md, exposure.md (what the
// lab measures), and, for cryptographers, rangeproof.md and jwpbbs.md. Rules have ids such as
// R-ENR-03, which decisions and tests name; a test fails when an id has no
// test.
//
// The data are embedded and checked when read: LoadRules (rules/*.yaml),
// Platforms (platforms.yaml), Population (population/*.csv, each figure with
// its source), Adoption (population/habits.csv), ScenarioFile (scenarios/*.yaml,
// with ScenarioSchema). The vocabulary is in
// claims.go, documents.go and date.go; ages are counted by Settings.Age.
//
// It imports nothing of the project. It leaves out every decision:
// enrollment.Decide takes the rules from here, the lab takes the platforms
// and the population.
package spec

import "embed"

// Texts holds the texts under their file names, such as "enrollment.md".
//
//go:embed *.md
var Texts embed.FS
