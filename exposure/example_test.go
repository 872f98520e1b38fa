package exposure_test

import (
	"context"
	"fmt"
	"log"

	"github.com/halfmask/halfmask/exposure"
	"github.com/halfmask/halfmask/spec"
)

// How much of a person's life at platforms do the platforms see together?
func ExampleCompare() {
	scenario, err := exposure.DefaultScenario()
	if err != nil {
		log.Fatal(err)
	}
	scenario.People, scenario.Days = 40, 20
	result, err := exposure.Compare(context.Background(), scenario, exposure.Options{
		Designs: []string{"centralized-shared", "centralized-pairwise"},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, design := range result.Manifest.Designs {
		row, _ := result.Find(design, exposure.AllPlatforms, spec.Minimal, exposure.CrossPlatformLinkage)
		fmt.Printf("%-21s %v\n", design, row.Estimate)
	}
	// Output:
	// centralized-shared    1
	// centralized-pairwise  0
}
