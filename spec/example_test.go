package spec_test

import (
	"fmt"
	"log"

	"github.com/halfmask/halfmask/spec"
)

// Share of the residents whom each rule set leaves out.
func ExamplePopulationTable_ByGroupAndTier() {
	people, err := spec.Population()
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range spec.RuleSets() {
		rules, err := spec.LoadRules(name)
		if err != nil {
			log.Fatal(err)
		}
		excluded := 0.0
		for _, part := range people.ByGroupAndTier(rules) {
			if !rules.Accepts(part.Document) {
				excluded += part.Weight
			}
		}
		fmt.Printf("%s: %.0f of a million\n", name, excluded/people.Total()*1e6)
	}
	// Output:
	// national-2025: 1123 of a million
	// inclusive: 159 of a million
}
