package exposure

import (
	"context"
	"math"
	"testing"

	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/spec"
)

// A stand-in and an executed run of the same people and logins give the same
// figures, as far as equal values go: all of it where platforms need no plain
// text, and where they do, what names and birth dates join besides is missing.
func TestStandInAgreesWithExecution(t *testing.T) {
	if testing.Short() {
		t.Skip("executes several hundred logins")
	}
	type place struct {
		coalition Coalition
		stratum   spec.Stratum
		metric    string
	}
	for _, d := range []scenario.Design{
		{Name: "centralized-pairwise", Base: "centralized-pairwise"},
		{Name: "sdjwt-batch", Base: "sdjwt-batch", Batch: scenario.Batch{Size: 3, Policy: scenario.Rotating}},
		{Name: "bbs", Base: "bbs"},
	} {
		s := scenario.New("agreement", 150, 40)
		s.Habits.MeanLogins, s.Designs = 5, []scenario.Design{d}
		executed, err := Run(context.Background(), s, Options{})
		if err != nil {
			t.Fatal(err)
		}
		other := *s
		other.Backend = scenario.StandIn
		stoodIn, err := StandIn(context.Background(), &other, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if executed.Manifest.Logins != stoodIn.Manifest.Logins || executed.Manifest.Enrolled != stoodIn.Manifest.Enrolled {
			t.Errorf("%s: %d people and %d logins executed, %d and %d stood in for", d.Name,
				executed.Manifest.Enrolled, executed.Manifest.Logins, stoodIn.Manifest.Enrolled, stoodIn.Manifest.Logins)
		}
		want := make(map[place]Row)
		for _, row := range executed.Rows {
			want[place{row.Coalition, row.Stratum, row.Metric}] = row
		}
		if planted := stoodIn.Details.Canaries; len(planted) != 2 || planted[0].Recall < 1 || planted[1].Recall < 1 {
			t.Errorf("%s: canaries: %+v", d.Name, planted)
		}
		compared := 0
		for _, got := range stoodIn.Rows {
			row := want[place{got.Coalition, got.Stratum, got.Metric}]
			if math.IsNaN(row.Estimate) || math.IsNaN(got.Estimate) || row.N == 0 {
				continue
			}
			compared++
			missing := 0.001
			if got.Stratum != spec.Minimal {
				missing = 0.06 // names with birth dates
			}
			if got.Estimate < row.Estimate-missing || got.Estimate > row.Estimate+0.001 || got.N != row.N && got.Metric != LinkagePrecision {
				t.Errorf("%s, %s, %s: %s is %.3f of %d executed and %.3f of %d stood in for", d.Name, got.Coalition, got.Stratum, got.Metric, row.Estimate, row.N, got.Estimate, got.N)
			}
		}
		if compared < 20 {
			t.Errorf("%s: only %d figures could be compared", d.Name, compared)
		}
	}
}
