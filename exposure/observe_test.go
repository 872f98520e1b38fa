package exposure

import (
	"context"
	"testing"

	"github.com/halfmask/halfmask/exposure/standin"
)

// The stand-in of each design is learned from one town and held to another.
func TestStandInReplays(t *testing.T) {
	if testing.Short() {
		t.Skip("real cryptography for every design")
	}
	for _, design := range Compared() {
		t.Run(design, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			s := asked(120, 21, design)
			learned, err := Observe(ctx, s)
			if err != nil {
				t.Fatal(err)
			}
			m, err := standin.Learn(learned)
			if err != nil {
				t.Fatal(err)
			}
			s.Seed, s.People = 2, 60
			paired, err := Observe(ctx, s)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Validate(paired); err != nil {
				t.Error(err, m)
			}
		})
	}
}
