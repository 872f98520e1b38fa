package main

import "github.com/spf13/cobra"

func verifierCommand() *cobra.Command    { return &cobra.Command{Use: "verifier"} }
func walletCommand() *cobra.Command      { return &cobra.Command{Use: "wallet"} }
func centralizedCommand() *cobra.Command { return &cobra.Command{Use: "centralized"} }
