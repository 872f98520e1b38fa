package main

import "github.com/spf13/cobra"

func centralizedCommand() *cobra.Command { return &cobra.Command{Use: "centralized"} }
