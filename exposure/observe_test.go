package exposure

import (
	"context"
	"testing"

	"github.com/halfmask/halfmask/exposure/scenario"
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

// TestSample: a larger sample holds the stand-in to more towns.
func TestSample(t *testing.T) {
	if testing.Short() {
		t.Skip("executes 480 people")
	}
	for sample, want := range map[int][2]int{0: {120, 1}, 180: {120, 1}, 300: {120, 3}, 1200: {120, 18}, 6000: {600, 90}, 48000: {600, 790}} {
		if learned, towns := sampled(sample); learned != want[0] || towns != want[1] {
			t.Errorf("a sample of %d: learned from %d, held to %d towns", sample, learned, towns)
		}
	}
	s := scenario.New("sampled", 1000, 30)
	d := scenario.Design{Name: "centralized-pairwise", Base: "centralized-pairwise"}
	var sessions [2]int
	for i, sample := range []int{180, 300} {
		s.Sample = sample
		m, err := Model(t.Context(), s, d)
		if err != nil {
			t.Fatal(err)
		}
		sessions[i] = m.Sessions
	}
	if sessions[1] < 2*sessions[0] {
		t.Errorf("%d sessions of one town, %d of three", sessions[0], sessions[1])
	}
}
