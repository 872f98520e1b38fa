package main

import "github.com/spf13/cobra"

func verifierCommand() *cobra.Command    { return &cobra.Command{Use: "verifier"} }
func centralizedCommand() *cobra.Command { return &cobra.Command{Use: "centralized"} }
