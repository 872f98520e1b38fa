package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/wallet"
)

func walletPresentCommand(f *walletFile) *cobra.Command {
	var yes bool
	var authorities, registrars string
	c := &cobra.Command{
		Use:   "present REQUEST|-",
		Short: "Answer a platform's request with the least that it asks for",
		Long: `Answer a platform's request (OpenID4VP 1.0) with the least that it asks for. What
would be shown, and what would let others recognize you, is printed first;
nothing leaves the wallet before you say yes. "-" finds the link in standard
input, and needs --yes. Without consent the platform is told access_denied and nothing else.`,
		Example: `  halfmask wallet present 'openid4vp://?client_id=…&request_uri=…'
  halfmask wallet present --yes --json 'openid4vp://…'
  halfmask verifier request --claims age_over_18 | tee /dev/stderr | halfmask wallet present --yes -`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == "-" && !yes {
				return usagef("with - for the link there is no standard input left to ask you on: name the link, or consent beforehand with --yes")
			}
			link, err := linkOf(cmd, args[0], openid4vp.Scheme)
			if err != nil {
				return err
			}
			// With --json the question goes to standard error.
			shown := cmd.OutOrStdout()
			if f.json {
				shown = cmd.ErrOrStderr()
			}
			anchors, err := certificatesIn(authorities)
			if err != nil {
				return fmt.Errorf("--verifier-authorities: %w", err)
			}
			offices, err := certificatesIn(registrars)
			if err != nil {
				return fmt.Errorf("--registrar-authorities: %w", err)
			}
			return f.open(cmd, func(w *wallet.Wallet) error {
				w.Verifiers.Anchors, w.Verifiers.Registrars = anchors, offices
				var linkable holder.Linkability
				receipt, err := w.Present(cmd.Context(), link, func(a wallet.Ask) bool {
					linkable = a.Linkable
					printAsk(shown, a)
					return consent(cmd, a, yes)
				})
				switch {
				case errors.Is(err, wallet.ErrDeclined) && cmd.Context().Err() != nil:
					return errInterrupted
				case errors.Is(err, wallet.ErrDeclined):
					return errors.New("declined: nothing was shown, and the platform was told access_denied")
				case err != nil:
					return unreachable(err, "the platform", "halfmask verifier serve")
				}
				if f.json {
					return printJSON(cmd.OutOrStdout(), receiptOf(receipt, linkable))
				}
				fmt.Fprintf(shown, "shown to %s: %s (log line %d)\n", receipt.Verifier, cmp.Or(strings.Join(receipt.Disclosed, ", "), "no claim"), receipt.Activity)
				if receipt.RedirectURI != "" {
					fmt.Fprintf(shown, "it asks you to go on at %s\n", plain(receipt.RedirectURI))
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "consent without being asked")
	c.Flags().StringVar(&authorities, "verifier-authorities", "", "PEM `FILE` with the authorities whose certificates name platforms (default: none)")
	c.Flags().StringVar(&registrars, "registrar-authorities", "", "PEM `FILE` with the authorities of registrars, who say what platforms registered to ask for (default: none)")
	return c
}

// receiptJSON is what wallet present prints as JSON.
type receiptJSON struct {
	Verifier    string             `json:"verifier"`
	Disclosed   []string           `json:"disclosed"`
	Proved      []string           `json:"proved,omitempty"`
	Credentials []string           `json:"credentials"`
	Linkable    holder.Linkability `json:"linkable"`
	RedirectURI string             `json:"redirect_uri,omitempty"`
	Activity    uint64             `json:"activity"`
}

func receiptOf(r *wallet.Receipt, linkable holder.Linkability) receiptJSON {
	disclosed := r.Disclosed
	if disclosed == nil {
		disclosed = []string{}
	}
	return receiptJSON{r.Verifier, disclosed, r.Proved, r.Credentials, linkable, r.RedirectURI, r.Activity}
}

func printAsk(w io.Writer, a wallet.Ask) {
	fmt.Fprintf(w, "%s asks for %s\n", plain(a.Verifier), cmp.Or(plain(strings.Join(a.Asked, ", ")), "no claim"))
	if a.Signed != nil {
		fmt.Fprintf(w, "%s\n", signedBy(a.Signed))
	}
	printRegistration(w, a)
	if a.Problem != nil {
		return
	}
	for _, d := range a.Shows {
		fmt.Fprintf(w, "\nIt would see, from credential %s (%s):\n", d.Credential.ID, plain(d.Credential.Configuration))
		for _, c := range d.Claims {
			note := ""
			if c.Proved != "" {
				note = "  (proved, the date stays hidden)"
			}
			fmt.Fprintf(w, "  %-17s %s%s\n", plain(c.Name), plain(c.Value), note)
		}
		for _, text := range d.Proves {
			fmt.Fprintf(w, "  a proof that: %s\n", plain(text))
		}
		if d.Pseudonym != nil {
			fmt.Fprintf(w, "  the name by which it knows you, and no other does%s\n", scopeNote(d.Pseudonym.Scope))
		}
		fmt.Fprintf(w, "  beside it, as in every presentation: %s\n", strings.Join(d.Always, ", "))
		switch {
		case d.Bound && d.Credential.Format == credential.JWPBBS:
			fmt.Fprintln(w, "  and a proof that you have the link secret in it")
		case d.Bound:
			fmt.Fprintln(w, "  and a proof that you hold the credential's key")
		}
		fmt.Fprintf(w, "It would not see the other %d claims.\n", len(d.Credential.Claims)-shownOf(d))
		fmt.Fprintf(w, "Linkable: %s.\n", d.Linkable)
		if names := identifying(d); len(names) > 0 {
			fmt.Fprintf(w, "WARNING: %s identifies you by itself, whatever the proof hides.\n", strings.Join(names, ", "))
		}
	}
	fmt.Fprintln(w)
}

func scopeNote(scope string) string {
	if scope == "" {
		return ""
	}
	return fmt.Sprintf(" (for %q)", plain(scope))
}

// printRegistration says why the platform asks, what goes beyond what it
// registered, and what the person would agree to.
func printRegistration(w io.Writer, a wallet.Ask) {
	if r := a.Registered; r != nil {
		fmt.Fprintf(w, "It is registered as %s", plain(r.Name))
		for _, p := range r.Purposes {
			fmt.Fprintf(w, "; purpose: %s", plain(p.Text))
		}
		fmt.Fprintln(w, ".")
	}
	for _, text := range a.Warnings {
		fmt.Fprintf(w, "WARNING: %s.\n", plain(text))
	}
	for _, text := range a.Agrees {
		fmt.Fprintf(w, "You would agree to this: %s\n", plain(text))
	}
}

// signedBy says how far the name of who signed a request can be believed.
func signedBy(by *openid4vp.Verifier) string {
	if by.Certificate != nil {
		return fmt.Sprintf("The request is signed by %s; the certificate is of %s.", plain(by.Certificate.Subject.CommonName), plain(by.Certificate.Issuer.CommonName))
	}
	if strings.HasPrefix(by.Name, "did:jwk:") || strings.HasPrefix(by.Name, "did:key:") {
		return "The request is signed with a key that nobody vouches for."
	}
	return fmt.Sprintf("The request is signed by %s.", plain(by.Name))
}

// identifying names the claims that would tell who the person is.
func identifying(d wallet.Disclosure) []string {
	var names []string
	for _, c := range d.Claims {
		if c.Proved == "" && slices.Contains(spec.Identifying, c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}

// shownOf counts the claims of the credential that would be shown.
func shownOf(d wallet.Disclosure) int {
	var names []string
	for _, c := range d.Claims {
		if _, ok := d.Credential.Claims[c.Name]; ok && c.Proved == "" && !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	return len(names)
}

// consent asks the person. When there is no answer to the request, the
// platform is told that only after the person has seen it: how long it takes
// must not tell why (OpenID4VP 1.0 section 15.4.1).
func consent(cmd *cobra.Command, a wallet.Ask, yes bool) bool {
	if yes {
		return true
	}
	question := "Show this? [y/N] "
	if a.Problem != nil {
		question = "Your wallet cannot answer this. Press Enter to tell the platform access_denied, as if you declined: "
	}
	answer, err := askLine(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr(), question)
	return err == nil && slices.Contains([]string{"y", "yes"}, strings.ToLower(strings.TrimSpace(answer)))
}
