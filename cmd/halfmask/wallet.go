package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/wallet"
)

// passphraseVariable is the environment variable with a wallet's passphrase.
const passphraseVariable = "HALFMASK_PASSPHRASE"

func walletCommand() *cobra.Command {
	w := new(walletFile)
	c := &cobra.Command{
		Use:   "wallet",
		Short: "Keep credentials, and show only what is asked for",
		Long: `Keep credentials in an encrypted file, show a platform only what it asks for, and
keep a log of what was shown.

The passphrase comes from --passphrase-file, from the environment variable
` + passphraseVariable + `, or from a prompt, in this order.`,
		Example: `  halfmask wallet init
  halfmask wallet accept 'openid-credential-offer://…'
  halfmask wallet present 'openid4vp://…'
  halfmask wallet log`,
	}
	f := c.PersistentFlags()
	f.StringVar(&w.path, "wallet", "", "`FILE` of the wallet (default: halfmask/wallet below $XDG_DATA_HOME or ~/.local/share)")
	f.StringVar(&w.passphraseFile, "passphrase-file", "", "`FILE` with the passphrase on its only line")
	f.BoolVar(&w.json, "json", false, "print JSON")
	c.AddCommand(walletInitCommand(w), walletAcceptCommand(w), walletPresentCommand(w),
		walletListCommand(w), walletLogCommand(w), walletRenewCommand(w), walletBackupCommand(w), walletServeCommand(w))
	return c
}

// walletFile says which wallet, and how to open it.
type walletFile struct {
	path, passphraseFile string
	json                 bool
}

func (f *walletFile) place() (string, error) {
	if f.path != "" {
		return f.path, nil
	}
	path, err := dataFile("wallet")
	if err != nil {
		return "", fmt.Errorf("--wallet: no place for one: %w", err)
	}
	return path, nil
}

// create makes the wallet and its folder.
func (f *walletFile) create(cmd *cobra.Command) (string, error) {
	path, err := f.place()
	if err != nil {
		return "", err
	}
	if _, err := os.Lstat(path); err == nil {
		return "", fmt.Errorf("%s is there already: name another --wallet, or delete that one with all that is in it", path)
	}
	passphrase, err := f.passphrase(cmd, true)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	w, err := wallet.Create(path, passphrase)
	if err != nil {
		return "", err
	}
	return path, w.Close()
}

// open runs a step in the wallet and closes it.
func (f *walletFile) open(cmd *cobra.Command, step func(*wallet.Wallet) error) error {
	path, err := f.place()
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no wallet at %s: 'halfmask wallet init' makes one", path)
	}
	passphrase, err := f.passphrase(cmd, false)
	if err != nil {
		return err
	}
	w, err := wallet.Open(path, passphrase)
	if err != nil {
		return fmt.Errorf("%s: %w%s", path, err, walletAdvice(err))
	}
	return errors.Join(step(w), w.Close())
}

// walletAdvice says what to do about a wallet that does not open.
func walletAdvice(err error) string {
	switch {
	case errors.Is(err, wallet.ErrPassphrase):
		return ": nothing was changed; try again"
	case errors.Is(err, wallet.ErrDamaged):
		return ": the file is not as the wallet left it; restore a copy of it"
	case errors.Is(err, wallet.ErrInUse):
		return ": another command has it open; try again when that is done"
	}
	return ""
}

// passphrase finds the passphrase; twice asks for it again, to catch a slip.
func (f *walletFile) passphrase(cmd *cobra.Command, twice bool) (string, error) {
	if f.passphraseFile != "" {
		p, err := readLine(f.passphraseFile)
		if err != nil {
			return "", fmt.Errorf("--passphrase-file: %w", err)
		}
		return p, nil
	}
	if p := os.Getenv(passphraseVariable); p != "" {
		return p, nil
	}
	terminal, ok := terminalOf(cmd.InOrStdin())
	if !ok {
		return "", fmt.Errorf("no terminal to ask for the passphrase: use --passphrase-file, or set %s", passphraseVariable)
	}
	p, err := askSecret(cmd.Context(), terminal, cmd.ErrOrStderr(), "Passphrase of the wallet: ")
	if err != nil || !twice {
		return p, err
	}
	again, err := askSecret(cmd.Context(), terminal, cmd.ErrOrStderr(), "The same again: ")
	if err == nil && again != p {
		err = errors.New("the two passphrases differ: no wallet was made")
	}
	return p, err
}

func walletInitCommand(f *walletFile) *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Make an empty wallet",
		Long: `Make an empty wallet: a file that only its owner can read, encrypted under a
passphrase. Nothing replaces a passphrase that is lost.`,
		Example: `  halfmask wallet init
  halfmask wallet init --wallet second.wallet --passphrase-file secret.txt`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := f.create(cmd)
			if err != nil {
				return err
			}
			if f.json {
				return printJSON(cmd.OutOrStdout(), map[string]string{"wallet": path})
			}
			fmt.Fprintf(cmd.OutOrStdout(), "made an empty wallet: %s\n\nNext: halfmask wallet accept 'openid-credential-offer://…', with the link of 'halfmask issuer enroll'\n", path)
			return nil
		},
	}
}
