package main

import (
	"crypto/rand"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/wallet"
)

const walletTokenFile = "wallet-token"

func walletServeCommand(f *walletFile) *cobra.Command {
	var at place
	var tokenFile string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Let a program use the wallet, over HTTP on this machine",
		Long: `Let a program use the wallet: a small JSON API on a loopback address, described in
spec/openapi/wallet.yaml, for scripts and conformance runs. Each start makes a new
bearer token and writes it to --token-file. Nobody is asked for consent: each
request to present names what may be shown, and anything more is declined.`,
		Example: `  halfmask wallet serve --passphrase-file secret.txt
  curl -H "Authorization: Bearer $(cat wallet-token)" http://127.0.0.1:7003/credentials
  curl -H "Authorization: Bearer $(cat wallet-token)" --json '{"request":"openid4vp://…","allow":["age_over_18"]}' \
      http://127.0.0.1:7003/presentations`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.open(cmd, func(w *wallet.Wallet) error {
				token := rand.Text()
				api, err := wallet.NewAPI(w, token)
				if err != nil {
					return err
				}
				l, err := at.open()
				if err != nil {
					return err
				}
				defer l.Close()
				if err := replaceFile(tokenFile, []byte(token+"\n")); err != nil {
					return fmt.Errorf("--token-file: %w", err)
				}
				if err := at.announce(); err != nil {
					return err
				}
				out := cmd.OutOrStdout()
				fmt.Fprintf(out, "wallet at %s, token in the file %s, until it stops (Ctrl-C)\n", at.url, tokenFile)
				err = serve(cmd.Context(), cmd.ErrOrStderr(), l, api)
				if err == nil {
					fmt.Fprintln(out, "stopped")
				}
				return err
			})
		},
	}
	flags := c.Flags()
	flags.StringVar(&at.listen, "listen", "127.0.0.1:7003", "loopback `ADDRESS` to listen on; port 0 takes any free one")
	flags.StringVar(&at.addressFile, "address-file", "", "write the URL into `FILE` once it listens")
	flags.StringVar(&tokenFile, "token-file", walletTokenFile, "write the token into `FILE`, which only its owner can read")
	return c
}

func walletBackupCommand(f *walletFile) *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the wallet, encrypted as it is, to a new file",
		Long: `Copy the wallet to a new file, encrypted under the passphrase that it has now, with
the link secret by which platforms know you. To use the copy, name it with --wallet.
Grants are good once: what is renewed after the backup cannot be renewed from it.`,
		Example: `  halfmask wallet backup /media/stick/wallet`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.open(cmd, func(w *wallet.Wallet) error {
				if err := w.Backup(args[0]); err != nil {
					return err
				}
				if f.json {
					return printJSON(cmd.OutOrStdout(), map[string]string{"backup": args[0]})
				}
				fmt.Fprintf(cmd.OutOrStdout(), "wrote %s: it opens with the same passphrase\n", args[0])
				return nil
			})
		},
	}
}
