package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/exposure"
	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/exposure/standin"
	"github.com/halfmask/halfmask/spec"
)

func exposureScaleCommand() *cobra.Command {
	var (
		sessions []int
		designs  []string
		seed     uint64
	)
	c := &cobra.Command{
		Use:   "scale",
		Short: "Measure how the time of a stand-in run grows with its size",
		Long: `Learn stand-ins for some designs from executed sessions, hold each to others,
and carry the trial's habits (2.08 logins a person at 81 platforms) out for
growing numbers of sessions and six coalitions. Print what was found, the time
and, at the end, its slope: the power of the number of sessions with which the
time grows.`,
		Example: `  halfmask exposure scale
  halfmask exposure scale --designs bbs --sessions 12500000`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, n := range sessions {
				if n < 1000 || n > 100_000_000 {
					return usagef("--sessions: %d; it is from 1000 to 100000000", n)
				}
			}
			for _, d := range designs {
				if !slices.Contains(exposure.Designs(), d) {
					return usagef("--designs: unknown design %q; known: %s", d, strings.Join(exposure.Designs(), ", "))
				}
			}
			out := cmd.OutOrStdout()
			for _, name := range designs {
				d := scenario.Design{Name: name, Base: name}
				if name == "sdjwt-batch" {
					d.Batch = scenario.Batch{Size: 20, Policy: scenario.OnceOnly}
				}
				s := trial(seed, 1000, d)
				model, err := exposure.Model(cmd.Context(), s, d)
				if err != nil {
					return err
				}
				fmt.Fprintf(out, "%s: stand-in, validated on %d executed sessions\n", name, model.Sessions)
				var sizes, times []float64
				for _, n := range sessions {
					took, err := scaleOnce(cmd, trial(seed, int(float64(n)/meanLogins), d), model)
					if err != nil {
						return err
					}
					sizes, times = append(sizes, math.Log(float64(n))), append(times, math.Log(took.Seconds()))
				}
				if len(sizes) > 1 {
					fmt.Fprintf(out, "  time grows with the power %.2f of the sessions\n", slope(sizes, times))
				}
			}
			return nil
		},
	}
	f := c.Flags()
	f.IntSliceVar(&sessions, "sessions", []int{100_000, 1_000_000, 10_000_000}, "`NUMBERS` of sessions")
	f.StringSliceVar(&designs, "designs", []string{"sdjwt-reused"}, "`NAMES` of designs")
	f.Uint64Var(&seed, "seed", 1, "`SEED`")
	return c
}

const meanLogins = 2.08

// trial is the trial's habits and six coalitions, at some size.
func trial(seed uint64, people int, d scenario.Design) *scenario.Scenario {
	s := scenario.New("scale", people, 30)
	s.Seed, s.Habits.MeanLogins, s.Designs, s.Backend = seed, meanLogins, []scenario.Design{d}, scenario.StandIn
	s.Coalitions = []scenario.Coalition{
		{Name: "platform", Members: []scenario.Member{{Kind: scenario.Platform}}},
		{Name: "platforms-5", Members: []scenario.Member{{Kind: scenario.Platforms, Count: 5}}},
		{Name: "platforms-20", Members: []scenario.Member{{Kind: scenario.Platforms, Count: 20}}},
		{Name: "platforms", Members: []scenario.Member{{Kind: scenario.Platforms}}},
		{Name: "issuer", Members: []scenario.Member{{Kind: scenario.Issuer}}},
		{Name: "issuer+platforms", Members: []scenario.Member{{Kind: scenario.Issuer}, {Kind: scenario.Platforms}}},
	}
	return s
}

func scaleOnce(cmd *cobra.Command, s *scenario.Scenario, model *standin.Model) (time.Duration, error) {
	began := time.Now()
	rows, logins, err := exposure.StandInOf(cmd.Context(), s, model, exposure.Options{})
	if err != nil {
		return 0, err
	}
	took := time.Since(began)
	fmt.Fprintf(cmd.OutOrStdout(), "  %9d people, %9d sessions: %6.1f s\n", s.People, logins, took.Seconds())
	for _, r := range rows {
		if r.Stratum == spec.Minimal && (r.Metric == exposure.CrossPlatformLinkage || r.Metric == exposure.CentralSight) {
			fmt.Fprintf(cmd.OutOrStdout(), "    %-18s %-24s %.6f [%.6f, %.6f]\n", r.Coalition, r.Metric, r.Estimate, r.Lo, r.Hi)
		}
	}
	return took, nil
}

// slope is that of the line of least squares.
func slope(x, y []float64) float64 {
	var mx, my, a, b float64
	for i := range x {
		mx, my = mx+x[i]/float64(len(x)), my+y[i]/float64(len(y))
	}
	for i := range x {
		a, b = a+(x[i]-mx)*(y[i]-my), b+(x[i]-mx)*(x[i]-mx)
	}
	return a / b
}
