package engine_test

import (
	"context"
	"fmt"
	"log"

	"github.com/halfmask/halfmask/exposure/engine"
)

// Eight people log in at two platforms each, and both platforms see one
// value per person.
func Example() {
	units := engine.Units{First: []uint32{0}}
	var keys []engine.Entry
	for person := range 8 {
		for platform := range 2 {
			keys = append(keys, engine.Entry{Value: engine.Mix(1, uint64(person)), Unit: uint32(len(units.Party))})
			units.Party, units.Platform = append(units.Party, engine.Party(platform)), append(units.Platform, uint8(platform))
		}
		units.First = append(units.First, uint32(len(units.Party)))
	}
	data, err := engine.NewTable(units)
	if err != nil {
		log.Fatal(err)
	}
	if err := data.Add(engine.Column{Name: "holder key"}, keys); err != nil {
		log.Fatal(err)
	}
	together := engine.View{Name: "platforms", Members: [256]bool{true, true}}
	alone := together
	alone.Name, alone.Alone = "platform", true
	counts, err := engine.Run(context.Background(), data, []engine.View{alone, together}, engine.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range counts {
		joined, possible := c.CrossPlatform.Sums()
		fmt.Printf("%s: %d of %d pairs of platforms\n", c.View, joined, possible)
	}
	// Output:
	// platform: 0 of 8 pairs of platforms
	// platforms: 8 of 8 pairs of platforms
}
