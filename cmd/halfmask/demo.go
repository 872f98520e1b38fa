package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/demo"
)

func demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Tell one person's story in both designs, step by step",
		Long: `Start an issuer, two platforms and the centralized service on loopback ports,
take one synthetic person through both designs, print every step, and stop.`,
		Example: `  halfmask demo`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			world, err := demo.Start()
			if err != nil {
				return err
			}
			return errors.Join(world.Tell(cmd.Context(), cmd.OutOrStdout()), world.Close())
		},
	}
}
