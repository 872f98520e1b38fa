package exposure

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/halfmask/halfmask/exposure/metrics"
	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/exposure/schedule"
	"github.com/halfmask/halfmask/exposure/trace"
	"github.com/halfmask/halfmask/spec"
)

// Checks lists what "halfmask exposure validate" compares: the checks of the
// metrics, and what follows from the designs themselves. For the latter it
// executes two designs first, with people who log in at platforms that ask
// everybody the same; a figure that is off there is a fault of the lab.
func Checks(ctx context.Context) ([]metrics.Check, error) {
	checks := metrics.Checks()
	platforms, err := askingTheSame()
	if err != nil {
		return nil, err
	}
	const people, logins = 40, 6
	for _, c := range []struct {
		design    scenario.Design
		coalition Coalition
		name      string
		expected  float64
	}{
		{scenario.Design{Name: "sdjwt-reused", Base: "sdjwt-reused"}, AllPlatforms, "one SD-JWT for each person, re-used, all platforms", 1},
		{onceOnly, AllPlatforms, "batch used once, nothing else shared, all platforms", 0},
		{onceOnly, IssuerAndPlatforms, "batch used once, issuer and platforms", 1},
	} {
		s := scenario.New("validate", people, 15)
		s.Designs = []scenario.Design{c.design}
		r, err := newRun(s, Options{})
		if err != nil {
			return nil, err
		}
		r.trace = inTurn(people, logins, platforms[:3])
		f, err := r.lookAt(ctx, r.designs[0])
		if err != nil {
			return nil, fmt.Errorf("design %s: %w", c.design.Name, err)
		}
		for _, metric := range []string{CrossPlatformLinkage, PairwiseRecall} {
			row, ok := (&Result{Rows: f.rows}).Find(c.design.Name, c.coalition, spec.Minimal, metric)
			if !ok {
				return nil, fmt.Errorf("design %s: no figure for %s", c.design.Name, metric)
			}
			title := c.name + ": pair recall"
			if metric == CrossPlatformLinkage {
				title = c.name + ": linkage across platforms"
			}
			checks = append(checks, metrics.Check{Name: title, Expected: c.expected,
				Source: fmt.Sprintf("follows from the design; %d logins executed", people*logins), Compute: func() float64 { return row.Estimate }})
		}
	}
	return checks, nil
}

var onceOnly = scenario.Design{Name: "sdjwt-batch", Base: "sdjwt-batch", Batch: scenario.Batch{Size: 20, Policy: scenario.OnceOnly}}

// askingTheSame lists the platforms of stratum minimal that ask everybody the
// same, whether they are a person.
func askingTheSame() (indices []uint8, err error) {
	platforms, err := spec.Platforms()
	if err != nil {
		return nil, err
	}
	for i, p := range platforms {
		if slices.Equal(p.Claims, []string{spec.RealPerson}) && p.Stratum() == spec.Minimal {
			indices = append(indices, uint8(i))
		}
	}
	if len(indices) < 3 {
		return nil, fmt.Errorf("exposure: %d platforms ask for %s alone", len(indices), spec.RealPerson)
	}
	return indices, nil
}

// inTurn has people log in n times each, at the platforms in turn: within the
// first two weeks, nothing being renewed in between, and at any time, for
// whoever came by the clock would be known by the clock.
func inTurn(people, n int, platforms []uint8) *trace.Trace {
	t := &trace.Trace{Users: make([][]schedule.Login, people)}
	for p := range people {
		r := random(uint64(n), "uses", p)
		for i := range n {
			t.Users[p] = append(t.Users[p], schedule.Login{Second: uint32(7*3600 + r.IntN(14*86400)), Platform: platforms[i%len(platforms)]})
		}
		slices.SortFunc(t.Users[p], func(a, b schedule.Login) int { return cmp.Compare(a.Second, b.Second) })
	}
	return t
}
