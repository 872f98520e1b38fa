package main

import "github.com/spf13/cobra"

func exposureCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "exposure",
		Short: "The lab: run scenarios through designs and measure who can track whom",
	}
	c.AddCommand(exposureRunCommand(), exposureImportCommand(), exposureReportCommand(), exposureValidateCommand(), exposureParityCommand(), exposureScaleCommand())
	return c
}
