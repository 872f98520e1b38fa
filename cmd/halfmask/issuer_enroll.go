package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/issuer"
)

func issuerEnrollCommand() *cobra.Command {
	var url string
	var e evidence
	var jsonOutput bool
	c := &cobra.Command{
		Use:   "enroll --document FILE|DIR --phone NUMBER",
		Short: "Enroll at an issuer, as the applicant's device, and get a credential offer",
		Long: `Enroll at an issuer, as the applicant's device: send the document, a live face and
the phone's one-time code, and get a credential offer for the wallet. Whoever
runs this declares to apply of their own will.

The offer is a secret: whoever has it can redeem it, once, within ten minutes.`,
		Example: `  halfmask issuer enroll --document card --phone +999000000001
  halfmask issuer enroll --document child-card --guardian-document card --phone +999000000002
  halfmask issuer enroll --document card --phone +999000000001 --sms-dir sms --json | jq -r .wallet_link`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := e.submission()
			if err != nil {
				return err
			}
			device := &issuer.Applicant{Issuer: url}
			if s.PhoneCode, err = e.phoneCode(cmd, device.SendPhoneCode); err != nil {
				return refusedEnrollment(cmd, err, url, jsonOutput)
			}
			answer, err := device.Enroll(cmd.Context(), *s)
			if err != nil {
				return refusedEnrollment(cmd, err, url, jsonOutput)
			}
			out := cmd.OutOrStdout()
			if jsonOutput {
				return printJSON(out, answer)
			}
			d := answer.Decision
			fmt.Fprintf(out, "enrolled in tier %s by the rules %s\n", d.Tier, d.Rules)
			for _, r := range d.Reasons {
				found := ""
				if r.Detail != "" {
					found = " (" + plain(r.Detail) + ")"
				}
				fmt.Fprintf(out, "  %-8s  %s%s\n", plain(r.Rule), plain(r.Text), found)
			}
			fmt.Fprintf(out, "\ncredential offer, good once and for ten minutes:\n  %s\n\nNext: halfmask wallet init, then halfmask wallet accept '%s'\n", answer.Link, answer.Link)
			return nil
		},
	}
	e.flags(c)
	f := c.Flags()
	f.StringVar(&url, "issuer", defaultIssuer, "the issuer's `URL`")
	f.BoolVar(&jsonOutput, "json", false, "print JSON")
	return c
}

// refusedEnrollment prints a refusal in full where JSON was asked for. The
// error says it in any case.
func refusedEnrollment(cmd *cobra.Command, err error, url string, jsonOutput bool) error {
	var refused *issuer.RefusedError
	if !errors.As(err, &refused) {
		return unreachable(err, url, "halfmask issuer serve")
	}
	err = errors.New(refusalText(refused.Refusal))
	if jsonOutput {
		return errors.Join(err, printJSON(cmd.OutOrStdout(), refused.Refusal))
	}
	return err
}

// documentCheck is how an error of a document's check begins.
var documentCheck = regexp.MustCompile(`^document: check \S+ failed on \S+ (\([^()]*\)): `)

// refusalText says which check refused, once, and which rules were not met:
// a rule's own text says what would have been right.
func refusalText(r issuer.Refusal) string {
	s := "the issuer refused: check " + r.Check
	if r.Rule != "" {
		s += ", rule " + r.Rule
	}
	if r.Field != "" {
		s += ", field " + r.Field
	}
	if r.Decision != nil {
		for i, reason := range r.Decision.Against() {
			if i > 0 {
				s += "; rule " + reason.Rule + ", field " + reason.Field
			}
			s += ": " + notMet(reason)
		}
		return s
	}
	why := strings.TrimPrefix(r.Description, fmt.Sprintf("enrollment: check %s failed on %s (%s): ", r.Check, r.Field, r.Rule))
	if found := documentCheck.FindStringSubmatch(why); found != nil {
		s, why = s+" "+found[1], strings.TrimPrefix(why, found[0])
	}
	return s + ": " + why
}
