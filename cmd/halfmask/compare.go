package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/halfmask/halfmask/exposure"
	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/spec"
)

// What a comparison takes at most.
const (
	maxPeople = 100_000
	maxDays   = 366
)

// fewPeople is how many the linkers should have at least to learn from.
const fewPeople = 100

func compareCommand() *cobra.Command {
	var (
		people, days int
		seed         uint64
		designs      []string
		rules, out   string
		jsonOutput   bool
	)
	c := &cobra.Command{
		Use:   "compare",
		Short: "Run the same people through both designs and print what each party could track",
		Long: `Run the same synthetic people, rules, platforms and logins through the
centralized design and through the wallet, record the bytes at every party's
door, and print what each party could track.

Designs:
` + designList(),
		Example: `  halfmask compare
  halfmask compare --people 1000 --days 60 --seed 7 --out a-longer-look
  halfmask compare --designs sdjwt-reused,bbs --json | jq '.results[] | select(.metric == "cross_platform_linkage")'
  halfmask compare --rules inclusive`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				return errNoFolder
			}
			switch {
			case people < 2 || people > maxPeople:
				return usagef("--people: %d; it is from 2 to %d", people, maxPeople)
			case days < 1 || days > maxDays:
				return usagef("--days: %d; it is from 1 to %d", days, maxDays)
			}
			for _, d := range designs {
				if strings.TrimSpace(d) == "" {
					return usagef("--designs: a name is empty: is there a comma too many? Known: %s", strings.Join(exposure.Designs(), ", "))
				}
				if exposure.About(d) == "" {
					return usagef("--designs: unknown design %q; known: %s", d, strings.Join(exposure.Designs(), ", "))
				}
			}
			set, err := spec.LoadRules(rules)
			if err != nil {
				return err
			}
			if err := writable(out); err != nil {
				return err
			}
			errOut := cmd.ErrOrStderr()
			if people < fewPeople {
				fmt.Fprintf(errOut, "With fewer than %d people the linkers have little to learn from: \"none found\" then means little.\n", fewPeople)
			}
			progress, finish := progressBar(errOut)
			s := scenario.New("compare", people, days)
			s.Seed = seed
			for _, name := range exposure.Designs() {
				if slices.Contains(designs, name) {
					s.Designs = append(s.Designs, scenario.Design{Name: name, Base: name})
				}
			}
			r, err := exposure.Run(cmd.Context(), s, exposure.Options{Rules: set, Progress: progress})
			finish()
			if cmd.Context().Err() != nil {
				return fmt.Errorf("%w: nothing was written", errInterrupted)
			}
			if err != nil {
				return err
			}
			if err := r.Write(out); err != nil {
				return err
			}
			if jsonOutput {
				return printJSON(cmd.OutOrStdout(), r)
			}
			if err := r.WriteTable(cmd.OutOrStdout()); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "\nSimulated: %s.\nWritten to %s: report.html (open it in a browser), results.csv, exclusion.csv, manifest.json, transcripts/.\n",
				strings.Join(r.Manifest.Simulated, "; "), out)
			return nil
		},
	}
	f := c.Flags()
	f.IntVar(&people, "people", 300, fmt.Sprintf("`N` synthetic people, drawn from the population, at most %d", maxPeople))
	f.IntVar(&days, "days", 30, fmt.Sprintf("`N` days of logins, at most %d", maxDays))
	f.Uint64Var(&seed, "seed", 1, "same `SEED`, same results.csv")
	f.StringSliceVar(&designs, "designs", exposure.Compared(), "`NAMES` of designs, separated by commas")
	f.StringVar(&rules, "rules", spec.National, "rule `SET`: "+strings.Join(spec.RuleSets(), ", ")+", or a YAML file")
	f.StringVar(&out, "out", "halfmask-compare", "`DIR` for the report and the data")
	f.BoolVar(&jsonOutput, "json", false, `print {"results": [rows]} instead of the table`)
	return c
}

func designList() string {
	var b strings.Builder
	for _, d := range exposure.Designs() {
		fmt.Fprintf(&b, "  %-21s %s\n", d, exposure.About(d))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// progressBar draws on a terminal and is silent elsewhere.
func progressBar(w io.Writer) (progress func(done, total int), finish func()) {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil, func() {}
	}
	var mu sync.Mutex
	var bar *progressbar.ProgressBar
	return func(done, total int) {
			mu.Lock()
			defer mu.Unlock()
			if bar == nil {
				bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("people in all designs"),
					progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(),
					progressbar.OptionThrottle(100_000_000))
			}
			bar.Set(done)
		}, func() {
			if bar != nil {
				bar.Finish()
			}
		}
}
