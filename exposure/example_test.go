package exposure_test

import (
	"context"
	"fmt"
	"log"

	"github.com/halfmask/halfmask/exposure"
	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/spec"
)

// How much of a person's life at platforms do the platforms see together?
func ExampleRun() {
	s := scenario.New("example", 40, 20)
	s.Designs = []scenario.Design{
		{Name: "shared", Base: "centralized-shared"},
		{Name: "pairwise", Base: "centralized-pairwise"},
	}
	result, err := exposure.Run(context.Background(), s, exposure.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, design := range result.Manifest.Designs {
		row, _ := result.Find(design, exposure.AllPlatforms, spec.Minimal, exposure.CrossPlatformLinkage)
		fmt.Printf("%-8s %v\n", design, row.Estimate)
	}
	// Output:
	// shared   1
	// pairwise 0
}
