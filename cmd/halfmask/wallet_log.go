package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/wallet"
)

func walletLogCommand(f *walletFile) *cobra.Command {
	return &cobra.Command{
		Use:   "log",
		Short: "Print what was received and shown, to whom and when",
		Long: `Print the wallet's own log: what was received and shown, to whom and when. It is
kept here and nowhere else. With --json each line has the platform's request, too.`,
		Example: `  halfmask wallet log
  halfmask wallet log --json | jq '.[] | select(.kind == "presentation") | {party, disclosed}'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.open(cmd, func(w *wallet.Wallet) error {
				if f.json {
					return w.ExportLog(cmd.OutOrStdout())
				}
				log, err := w.Log()
				if err != nil {
					return err
				}
				if len(log) == 0 {
					fmt.Fprintln(cmd.OutOrStdout(), "nothing happened yet")
				}
				for _, a := range log {
					printActivity(cmd.OutOrStdout(), a)
				}
				return nil
			})
		},
	}
}

func printActivity(w io.Writer, a wallet.Activity) {
	fmt.Fprintf(w, "%d  %s  %s %s  %s\n", a.Number, when(a.Time), a.Kind, a.Outcome, plain(a.Party))
	for _, line := range []struct{ what, text string }{
		{"asked for", strings.Join(a.Asked, ", ")},
		{"shown", strings.Join(a.Disclosed, ", ")},
		{"proved", strings.Join(a.Proved, "; ")},
		{"credentials", strings.Join(a.Credentials, ", ")},
		{"reason", a.Reason},
	} {
		if line.text != "" {
			fmt.Fprintf(w, "     %-11s  %s\n", line.what, plain(line.text))
		}
	}
}
