package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/wallet"
)

func walletAcceptCommand(f *walletFile) *cobra.Command {
	var txCode, authorities string
	var configurations []string
	c := &cobra.Command{
		Use:   "accept OFFER|-",
		Short: "Redeem a credential offer and keep the credentials",
		Long: `Redeem a credential offer (OpenID4VCI 1.0) and keep the credentials, each verified
first: all of them or none. An offer that asks you to log in at the issuer names
a page to open in a browser. "-" finds the link in standard input, where other
processes do not see it.`,
		Example: `  halfmask wallet accept 'openid-credential-offer://?credential_offer_uri=…'
  halfmask issuer enroll --document card --phone +999000000001 --sms-dir sms | halfmask wallet accept -
  halfmask wallet accept --configuration person-bbs 'openid-credential-offer://…'`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			link, err := linkOf(cmd, args[0], openid4vci.OfferScheme)
			if err != nil {
				return err
			}
			issuers, err := certificatesIn(authorities)
			if err != nil {
				return fmt.Errorf("--issuer-authorities: %w", err)
			}
			browser, err := newLoopbackBrowser(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer browser.listener.Close()
			return f.open(cmd, func(w *wallet.Wallet) error {
				w.Browser, w.Issuers = browser, issuers
				entries, err := w.Accept(cmd.Context(), link, txCode, configurations...)
				if err != nil {
					return unreachable(err, "the issuer", "halfmask issuer serve")
				}
				return f.print(cmd, entries, "received", "\nNext: halfmask wallet list, or halfmask wallet present 'openid4vp://…' with a platform's request\n")
			})
		},
	}
	c.Flags().StringVar(&txCode, "tx-code", "", "the transaction `CODE`, when the offer asks for one")
	c.Flags().StringVar(&authorities, "issuer-authorities", "", "PEM `FILE` with the authorities below which the issuer's metadata must be signed, and its SD-JWTs where they carry certificates (default: not asked for)")
	c.Flags().StringSliceVar(&configurations, "configuration", nil, "`NAMES` of the credentials to obtain (default: all that the wallet can keep)")
	return c
}

// maxLinkInput is the most bytes that are looked through for a link.
const maxLinkInput = 1 << 20

// linkOf gives a link from the command line, or for "-" the first one of the
// scheme on standard input, whatever is written around it.
func linkOf(cmd *cobra.Command, arg, scheme string) (string, error) {
	switch {
	case arg == "-":
	case !strings.Contains(arg, "://"): // the rest is for who parses it: an offer may come as a web address
		return "", usagef("%.100q is no %s:// link", arg, scheme)
	default:
		return arg, nil
	}
	link, err := await(cmd.Context(), func() (string, error) {
		words := bufio.NewScanner(io.LimitReader(cmd.InOrStdin(), maxLinkInput))
		words.Split(bufio.ScanWords)
		words.Buffer(nil, maxLinkInput)
		for words.Scan() {
			if strings.HasPrefix(words.Text(), scheme+"://") {
				return words.Text(), nil
			}
		}
		return "", words.Err()
	})
	if err == nil && link == "" {
		err = fmt.Errorf("no %s:// link on standard input", scheme)
	}
	return link, err
}

func walletListCommand(f *walletFile) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the credentials",
		Example: `  halfmask wallet list
  halfmask wallet list --json | jq '.[].claims'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.open(cmd, func(w *wallet.Wallet) error {
				entries, err := w.List()
				if err != nil {
					return err
				}
				if len(entries) == 0 && !f.json {
					fmt.Fprintln(cmd.OutOrStdout(), "no credentials yet: 'halfmask wallet accept' takes an offer")
					return nil
				}
				return f.print(cmd, entries, "", "")
			})
		},
	}
}

func walletRenewCommand(f *walletFile) *cobra.Command {
	return &cobra.Command{
		Use:   "renew",
		Short: "Renew the credentials that end soon",
		Long: fmt.Sprintf(`Renew the credentials that end within %.0f days, and fetch those whose issuance
was cut off. An issuer may decline; what the wallet has stays good until its end.`, wallet.RenewAhead.Hours()/24),
		Example: `  halfmask wallet renew`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.open(cmd, func(w *wallet.Wallet) error {
				entries, err := w.Renew(cmd.Context())
				if len(entries) == 0 && err == nil && !f.json {
					fmt.Fprintf(cmd.OutOrStdout(), "nothing to renew: no credential ends within %.0f days\n", wallet.RenewAhead.Hours()/24)
					return nil
				}
				if err != nil {
					err = unreachable(err, "the issuer", "halfmask issuer serve")
				}
				if len(entries) == 0 && err != nil {
					return err
				}
				if printed := f.print(cmd, entries, "renewed", ""); printed != nil {
					return printed
				}
				return err
			})
		},
	}
}

// print prints credentials, each after a word that says what happened to it.
func (f *walletFile) print(cmd *cobra.Command, entries []wallet.Entry, what, next string) error {
	out := cmd.OutOrStdout()
	if f.json {
		if entries == nil {
			entries = []wallet.Entry{}
		}
		return printJSON(out, entries)
	}
	for _, e := range entries {
		printEntry(out, e, what)
	}
	fmt.Fprint(out, next)
	return nil
}

func printEntry(w io.Writer, e wallet.Entry, what string) {
	if what != "" {
		what += " "
	}
	state := "valid until " + when(e.ValidUntil)
	if now := time.Now(); !e.ValidAt(now) {
		state = "NOT VALID NOW, only until " + when(e.ValidUntil)
		if !e.ValidFrom.IsZero() {
			state = fmt.Sprintf("NOT VALID NOW, only from %s until %s", when(e.ValidFrom), when(e.ValidUntil))
		}
	}
	fmt.Fprintf(w, "%s%s  %s (%s) from %s\n  %s, %s\n", what, e.ID, plain(e.Configuration), e.Format, plain(e.Issuer), state, times(e.Shown))
	if what != "" {
		return
	}
	for _, name := range claimOrder(e.Claims) {
		fmt.Fprintf(w, "    %-17s %s\n", plain(name), plain(e.Claims[name]))
	}
}

// claimOrder gives the names in the order of spec.Claims, and then others by
// the alphabet.
func claimOrder(claims map[string]any) []string {
	var names, others []string
	for _, name := range spec.Claims {
		if _, ok := claims[name]; ok {
			names = append(names, name)
		}
	}
	for name := range claims {
		if !slices.Contains(spec.Claims, name) {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	return append(names, others...)
}

func times(n int) string {
	switch n {
	case 0:
		return "never shown"
	case 1:
		return "shown once"
	}
	return fmt.Sprintf("shown %d times", n)
}

// when writes a time for people, in UTC as the wallet keeps it.
func when(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
