package main

import "github.com/spf13/cobra"

func documentsCommand() *cobra.Command   { return &cobra.Command{Use: "documents"} }
func vectorsCommand() *cobra.Command     { return &cobra.Command{Use: "vectors"} }
func issuerCommand() *cobra.Command      { return &cobra.Command{Use: "issuer"} }
func verifierCommand() *cobra.Command    { return &cobra.Command{Use: "verifier"} }
func walletCommand() *cobra.Command      { return &cobra.Command{Use: "wallet"} }
func centralizedCommand() *cobra.Command { return &cobra.Command{Use: "centralized"} }
