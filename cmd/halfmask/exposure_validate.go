package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/exposure"
	"github.com/halfmask/halfmask/exposure/metrics"
)

func exposureValidateCommand() *cobra.Command {
	var jsonOutput bool
	c := &cobra.Command{
		Use:   "validate",
		Short: "Compare the lab's metrics with published and closed-form figures",
		Long: `Compute the figures that others have published, or that follow from a closed
form, with the lab's own metrics, some of them at the trial's full size, and
those that follow from a design, with executed logins; print what was expected
and what came out. It takes about half a minute. The exit
code is 1 when a figure is off by more than its tolerance.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var checked []metrics.Checked
			deviations := 0
			checks, err := exposure.Checks(cmd.Context())
			if err != nil {
				return err
			}
			for _, check := range checks {
				if err := cmd.Context().Err(); err != nil {
					return errInterrupted
				}
				r := check.Run()
				checked = append(checked, r)
				if !r.OK {
					deviations++
				}
			}
			if jsonOutput {
				if err := printJSON(cmd.OutOrStdout(), map[string]any{"checks": checked, "deviations": deviations}); err != nil {
					return err
				}
			} else {
				t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(t, "CHECK\tEXPECTED\tGOT\tOK\tSOURCE")
				for _, r := range checked {
					fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.Name, figure(r.Expected), figure(r.Got), map[bool]string{true: "ok", false: "OFF"}[r.OK], r.Source)
				}
				if err := t.Flush(); err != nil {
					return err
				}
			}
			if deviations > 0 {
				return fmt.Errorf("%w: %d of %d figures are off", errDeviation, deviations, len(checked))
			}
			return nil
		},
	}
	c.Flags().BoolVar(&jsonOutput, "json", false, `print {"checks": [...], "deviations": N} instead of the table`)
	return c
}

var errDeviation = errors.New("the lab does not compute what it should")

// figure writes a number with as many digits as its size calls for.
func figure(f float64) string {
	switch a := math.Abs(f); {
	case a >= 1000:
		return strconv.FormatFloat(f, 'f', 0, 64)
	case a == 0 || a >= 1e-3:
		return strconv.FormatFloat(math.Round(f*1e6)/1e6, 'f', -1, 64)
	}
	return strconv.FormatFloat(f, 'g', 4, 64)
}
