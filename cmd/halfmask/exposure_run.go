package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/exposure"
	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/spec"
)

func exposureRunCommand() *cobra.Command {
	var (
		designs, coalitions []string
		seeds               int
		out                 string
		jsonOutput          bool
	)
	c := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Run a scenario and measure what each coalition could track",
		Long: `Run a scenario: the name of one that is built in (` + strings.Join(spec.Scenarios(), ", ") + `) or a
YAML file (spec/scenarios/scenario.schema.json says what may stand in it).

What is finished is kept in the folder. A run that was cut off, by Ctrl-C, a
kill or a full disk, goes on where it was when it is started again, and gives
the same results.

Designs, which a scenario may vary:
` + designList(),
		Example: `  halfmask exposure run smoke --out smoke
  halfmask exposure run my-scenario.yaml --designs bbs,sdjwt-reused --coalitions platforms --out my-run
  halfmask exposure run smoke --seeds 10 --out ten-seeds`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return errNoFolder
			}
			s, err := scenario.Load(args[0])
			if err != nil {
				return err
			}
			if err := narrow(s, designs, coalitions); err != nil {
				return err
			}
			if cmd.Flags().Changed("seeds") {
				s.Seeds = seeds
			}
			if s.Seeds < 1 || s.Seeds > 100 {
				return usagef("--seeds: %d; it is from 1 to 100", s.Seeds)
			}
			r, err := runSeeds(cmd.Context(), s, out, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if jsonOutput {
				return printJSON(cmd.OutOrStdout(), r)
			}
			if err := r.WriteTable(cmd.OutOrStdout()); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "\nSimulated: %s.\nWritten to %s.\n", strings.Join(r.Manifest.Simulated, "; "), out)
			return nil
		},
	}
	f := c.Flags()
	f.StringSliceVar(&designs, "designs", nil, "`NAMES` of designs of the scenario, or that are built in (default: the scenario's)")
	f.StringSliceVar(&coalitions, "coalitions", nil, "`NAMES` of coalitions of the scenario (default: all of them)")
	f.IntVar(&seeds, "seeds", 0, "repeat with `N` seeds, from the scenario's upwards (default: the scenario's)")
	f.StringVar(&out, "out", "", "`DIR` for the report, the data and what is finished so far")
	f.BoolVar(&jsonOutput, "json", false, `print {"results": [rows]} instead of the table`)
	c.MarkFlagRequired("out")
	return c
}

// runSeeds runs a scenario with each of its seeds. The first one's results are
// in the folder itself, the others' below it, and what the headline figures
// are over all of them in seeds.csv.
func runSeeds(ctx context.Context, s *scenario.Scenario, out string, errOut io.Writer) (*exposure.Result, error) {
	var first *exposure.Result
	var all [][]exposure.Row
	for n := range s.Seeds {
		one, dir := *s, out
		one.Seed += uint64(n)
		if n > 0 {
			dir = filepath.Join(out, fmt.Sprintf("seed-%d", one.Seed))
		}
		progress, finish := progressBar(errOut)
		run := exposure.Run
		if one.Backend == scenario.StandIn {
			run = exposure.StandIn
		}
		r, err := run(ctx, &one, exposure.Options{Dir: dir, Progress: progress})
		finish()
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%w: start the same command again, and it goes on where it was", errInterrupted)
		}
		if err != nil {
			return nil, err
		}
		if err := r.Write(dir); err != nil {
			return nil, err
		}
		if all = append(all, r.Rows); first == nil {
			first = r
		}
	}
	if s.Seeds == 1 {
		return first, nil
	}
	return first, exposure.WriteSeeds(filepath.Join(out, "seeds.csv"), all)
}

var errNoFolder = usagef("--out is empty: name a folder")

// narrow keeps the named designs and coalitions of a scenario.
func narrow(s *scenario.Scenario, designs, coalitions []string) error {
	if designs != nil {
		if err := namedOnce("designs", designs); err != nil {
			return err
		}
		var kept []scenario.Design
		for _, name := range designs {
			i := slices.IndexFunc(s.Designs, func(d scenario.Design) bool { return d.Name == name })
			switch {
			case i >= 0:
				kept = append(kept, s.Designs[i])
			case exposure.About(name) != "":
				kept = append(kept, scenario.Design{Name: name, Base: name})
			default:
				return usagef("--designs: the scenario has no design %q, and none is built in%s", name, scenario.Meant(name, exposure.Designs()))
			}
		}
		s.Designs = kept
	}
	if coalitions != nil {
		if err := namedOnce("coalitions", coalitions); err != nil {
			return err
		}
		var kept []scenario.Coalition
		for _, name := range coalitions {
			i := slices.IndexFunc(s.Coalitions, func(c scenario.Coalition) bool { return c.Name == name })
			if i < 0 {
				var names []string
				for _, c := range s.Coalitions {
					names = append(names, c.Name)
				}
				return usagef("--coalitions: the scenario has no coalition %q%s", name, scenario.Meant(name, names))
			}
			kept = append(kept, s.Coalitions[i])
		}
		s.Coalitions = kept
	}
	return nil
}

// namedOnce refuses a list of a flag that is empty or has a name twice.
func namedOnce(flag string, names []string) error {
	if len(names) == 0 {
		return usagef("--%s is empty: leave it out for all of the scenario's", flag)
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return usagef("--%s: %s stands there twice", flag, name)
		}
	}
	return nil
}
