package main

import (
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/exposure"
	captured "github.com/halfmask/halfmask/exposure/capture"
)

// designName is what a scenario may call a design, too.
var designName = regexp.MustCompile(`^[a-z0-9][a-z0-9+._-]{0,63}$`)

func exposureImportCommand() *cobra.Command {
	var (
		issuers   []string
		name, out string
		seed      uint64
		skip      bool
	)
	c := &cobra.Command{
		Use:   "import FILE...",
		Short: "Measure captured traffic of other software",
		Long: `Measure what platforms could track in traffic that was captured elsewhere: HAR
files, one for each person and named by the person, in which each page is a
visit; or JSON Lines, of which "go doc ./exposure/capture" says the form. Both
may be compressed with gzip.

Hosts are platforms, but for those named with --issuer; a visit is a login at
the first of them that it spoke to. There is no register of people beside a
capture, so nobody is named: what is measured is what can be joined.`,
		Example: `  halfmask exposure import people/*.har --issuer id.example --out captured
  halfmask exposure import exchanges.jsonl --skip-damaged --out captured`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return errNoFolder
			}
			if !designName.MatchString(name) {
				return usagef("--name: %q; it is of a to z, 0 to 9, +, ., _ and -, at most 64, and begins with a letter or a digit", name)
			}
			var onBad func(*captured.Error)
			skipped := 0
			if skip {
				onBad = func(e *captured.Error) {
					skipped++
					fmt.Fprintf(cmd.ErrOrStderr(), "skipped: %v\n", e)
				}
			}
			all, err := captured.Read(args, onBad)
			if err != nil {
				return err
			}
			r, err := exposure.Import(cmd.Context(), name, all, issuers, seed)
			if err != nil {
				return err
			}
			if r.Manifest.Skipped = skipped; skipped > 0 {
				r.Details.Notes = append(r.Details.Notes, fmt.Sprintf("%d exchanges of the capture could not be read and were skipped", skipped))
			}
			if err := r.Write(out); err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			fmt.Fprintf(w, "%d people, %d logins, %d exchanges", r.Manifest.People, r.Manifest.Logins, len(all))
			if skipped > 0 {
				fmt.Fprintf(w, "; %d skipped", skipped)
			}
			fmt.Fprintln(w, ".")
			for _, row := range r.Rows {
				switch row.Metric {
				case exposure.WithinPlatformLinkage, exposure.CrossPlatformLinkage, exposure.LinkagePrecision:
					fmt.Fprintf(w, "  %-18s %-26s of 100: %s\n", row.Coalition, row.Metric, row.PerHundred())
				}
			}
			fmt.Fprintf(w, "Written to %s; the other figures are in its results.csv.\n", out)
			return nil
		},
	}
	f := c.Flags()
	f.StringSliceVar(&issuers, "issuer", nil, "`HOSTS` of the authority")
	f.StringVar(&name, "name", "captured", "`NAME` of the design in the output")
	f.StringVar(&out, "out", "", "`DIR` for the report and the data")
	f.Uint64Var(&seed, "seed", 1, "`SEED` of the halves that linkers learn on and are used on")
	f.BoolVar(&skip, "skip-damaged", false, "skip what cannot be read, and say so, in the place of ending")
	c.MarkFlagRequired("out")
	return c
}
