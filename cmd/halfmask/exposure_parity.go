package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/exposure/engine"
	"github.com/halfmask/halfmask/exposure/parquet"
	"github.com/halfmask/halfmask/exposure/queries"
)

func exposureParityCommand() *cobra.Command {
	plan := queries.Plan{}
	var work string
	var seed uint64
	c := &cobra.Command{
		Use:   "parity [DIR]",
		Short: "Compare the in-process engine with Spark or DuckDB, as integers",
		Long: `Run the joins and sums as SQL on Apache Spark or on DuckDB, and compare what
comes out with the in-process engine: what each half of the people teaches of a
path, components, and contingency counts, integer by integer.

Without DIR, on fixtures that joins get wrong: long paths, stars, hashes of
zero and of all ones, blocks that are too large, nothing at all. With DIR, on
the Parquet files there.

Python 3 with pyspark (and a Java runtime), or with duckdb, has to be
installed: python3 -m pip install pyspark duckdb.`,
		Example: `  halfmask exposure parity
  halfmask exposure parity --lose-executor
  halfmask exposure parity --engine duckdb halfmask-run/parquet/bbs`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if err := plan.Installed(ctx); err != nil {
				if errors.Is(err, queries.ErrNotInstalled) {
					return err
				}
				return usagef("--engine: %v", err)
			}
			if plan.LoseExecutor && plan.Engine != "spark" {
				return usagef("--lose-executor: %s has no executors", plan.Engine)
			}
			data, err := queries.Fixtures()
			if len(args) == 1 {
				var table *engine.Table
				if table, err = parquet.Read(args[0]); err == nil {
					data = []queries.Data{{Name: args[0], Seed: seed, Values: table, Views: data[0].Views}}
				}
			}
			if err != nil {
				return err
			}
			var want []queries.Found
			for _, d := range data {
				found, err := queries.Expected(ctx, d)
				if err != nil {
					return err
				}
				want = append(want, found...)
			}
			answer, err := plan.Run(ctx, work, data)
			if err != nil {
				return err
			}
			return printParity(cmd, plan.Engine, want, answer)
		},
	}
	f := c.Flags()
	f.StringVar(&plan.Engine, "engine", "spark", "`NAME`: spark or duckdb")
	f.StringVar(&plan.Python, "python", "python3", "`PROGRAM` that has pyspark or duckdb")
	f.StringVar(&plan.Master, "master", queries.Master, "`URL` of the Spark master")
	f.BoolVar(&plan.LoseExecutor, "lose-executor", false, "end one of Spark's executors in the middle of the run")
	f.DurationVar(&plan.Timeout, "timeout", 10*time.Minute, "`TIME` to give up after")
	f.StringVar(&work, "work", "", "`DIR` for files while it runs (default the system's)")
	f.Uint64Var(&seed, "seed", 1, "`SEED` of the halves of the people in DIR")
	return c
}

func printParity(cmd *cobra.Command, name string, want []queries.Found, answer *queries.Answer) error {
	if len(answer.Found) != len(want) {
		return fmt.Errorf("%s has %d findings, not %d", name, len(answer.Found), len(want))
	}
	out := cmd.OutOrStdout()
	var differ []error
	for i, w := range want {
		state := "equal"
		if err := w.Differ(answer.Found[i]); err != nil {
			state, differ = "DIFFERENT", append(differ, err)
		}
		fmt.Fprintf(out, "%-20s %-10s %6d components of %6d units, %4d contingency counts  %s\n",
			w.Data, w.Coalition, w.Components, w.Joined, len(w.Contingency), state)
	}
	if len(differ) > 0 {
		return errors.Join(differ...)
	}
	fmt.Fprintf(out, "%s and the in-process engine agree on %d findings, %d executors lost on the way, in %d s.\n",
		name, len(want), answer.ExecutorsLost, answer.Seconds)
	return nil
}
