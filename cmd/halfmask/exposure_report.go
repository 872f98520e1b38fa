package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/exposure"
	"github.com/halfmask/halfmask/exposure/report"
)

func exposureReportCommand() *cobra.Command {
	var validate bool
	c := &cobra.Command{
		Use:   "report DIR",
		Short: "Make report.html of the results in a folder",
		Long: `Read results.csv, exclusion.csv, manifest.json and details.json in a folder that
"halfmask exposure run" or "halfmask compare" wrote, and write report.html
there: one file for reading offline and for printing.`,
		Example: `  halfmask exposure report my-run
  halfmask exposure report my-run --validate`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := report.Read(args[0])
			if errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%w: %s is not the folder of a run that ended", err, args[0])
			}
			if err != nil {
				return err
			}
			if validate {
				checks, err := exposure.Checks(cmd.Context())
				if err != nil {
					return err
				}
				data.Details.Checks = nil
				for _, check := range checks {
					data.Details.Checks = append(data.Details.Checks, check.Run())
				}
			}
			page, err := data.HTML()
			if err != nil {
				return err
			}
			if err := exposure.WriteFiles(args[0], map[string][]byte{"report.html": page}); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Written: %s (open it in a browser).\n", filepath.Join(args[0], "report.html"))
			return nil
		},
	}
	c.Flags().BoolVar(&validate, "validate", false, "put the table of \"halfmask exposure validate\" in (about half a minute)")
	return c
}
