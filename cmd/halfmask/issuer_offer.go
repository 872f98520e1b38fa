package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/issuer"
	"github.com/halfmask/halfmask/spec"
)

// operatorFlags say which issuer an operator speaks to, and as whom.
type operatorFlags struct{ url, tokenFile string }

func (o *operatorFlags) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.url, "issuer", defaultIssuer, "the issuer's `URL`")
	f.StringVar(&o.tokenFile, "operator-token-file", filepath.Join("issuer-keys", operatorTokenFile), "`FILE` with the operator's token, as 'issuer serve' names it")
}

func (o *operatorFlags) operator() (*issuer.Operator, error) {
	token, err := readLine(o.tokenFile)
	if err != nil {
		return nil, fmt.Errorf("--operator-token-file: %w", err)
	}
	return &issuer.Operator{Issuer: o.url, Token: token}, nil
}

// personFlags name somebody by a document.
type personFlags struct{ kind, number string }

func (p *personFlags) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&p.kind, "document-type", string(spec.ResidentIdentityCard), "`KIND` of the person's document")
	f.StringVar(&p.number, "document-number", "", "`NUMBER` of the person's document")
	c.MarkFlagRequired("document-number")
}

func (p *personFlags) check() error {
	if !spec.DocumentKind(p.kind).Known() {
		return usagef("--document-type: unknown kind %q; known: %s", p.kind, strings.Join(kindNames(), ", "))
	}
	return nil
}

func issuerOfferCommand() *cobra.Command {
	var at operatorFlags
	var person personFlags
	var request issuer.OfferRequest
	var qrFile string
	var jsonOutput bool
	c := &cobra.Command{
		Use:   "offer --document-number NUMBER",
		Short: "Make, as the operator, a credential offer for somebody who enrolled before",
		Long: `Make, as the operator, a credential offer for somebody who enrolled before.

The offer is a secret of the person: whoever has it can redeem it, once, within
ten minutes. With --tx-code it takes a code beside it, which you tell the person
by another way; with --login the person logs in at the issuer, in a browser,
with the one-time code of the phone that they enrolled with.

'halfmask issuer offer-status' tells what became of it.`,
		Example: `  halfmask issuer offer --document-number 000000199005016169
  halfmask issuer offer --document-number 000000199005016169 --tx-code --qr -
  halfmask issuer offer --document-number 000000199005016169 --json | jq -r .wallet_link`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := person.check(); err != nil {
				return err
			}
			if request.TxCode && request.Authorize {
				return usagef("--tx-code and --login exclude each other")
			}
			operator, err := at.operator()
			if err != nil {
				return err
			}
			request.DocumentType, request.DocumentNumber = person.kind, person.number
			answer, err := operator.Offer(cmd.Context(), request)
			if err != nil {
				return unreachable(err, at.url, "halfmask issuer serve")
			}
			out := cmd.OutOrStdout()
			if qrFile != "" && !(jsonOutput && qrFile == "-") {
				if err := showQR(out, qrFile, answer.Link); err != nil {
					return err
				}
			}
			if jsonOutput {
				return printJSON(out, answer)
			}
			fmt.Fprintf(out, "credential offer, good once and for ten minutes:\n  %s\n", answer.Link)
			if answer.TxCode != "" {
				fmt.Fprintf(out, "transaction code, for the person, by another way: %s\n", answer.TxCode)
			}
			fmt.Fprintf(out, "\nNext: halfmask issuer offer-status %s%s\n", answer.OfferURI, serverFlag("issuer", at.url, defaultIssuer))
			return nil
		},
	}
	at.flags(c)
	person.flags(c)
	f := c.Flags()
	f.StringArrayVar(&request.Configurations, "configuration", nil, "offer this `CONFIGURATION` only, such as person-sd-jwt (repeatable; default: all)")
	f.BoolVar(&request.TxCode, "tx-code", false, "ask for a transaction code")
	f.BoolVar(&request.Authorize, "login", false, "have the person log in at the issuer")
	f.StringVar(&qrFile, "qr", "", "write the link as a QR code, a PNG, into `FILE`; - draws it on the terminal")
	f.BoolVar(&jsonOutput, "json", false, "print JSON")
	return c
}

const pollInterval = 200 * time.Millisecond

func issuerOfferStatusCommand() *cobra.Command {
	var at operatorFlags
	var jsonOutput, wait bool
	var timeout time.Duration
	c := &cobra.Command{
		Use:   "offer-status OFFER-URI",
		Short: "Ask, as the operator, what became of a credential offer",
		Long: `Ask, as the operator, what became of a credential offer, by its
credential_offer_uri, for a day: it is offered, redeemed (its code was taken),
deferred (the credentials wait, say for a guardian) or issued.`,
		Example: `  halfmask issuer offer-status --wait http://127.0.0.1:7001/offers/…`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			operator, err := at.operator()
			if err != nil {
				return err
			}
			status, err := pollOffer(cmd.Context(), operator, args[0], wait, timeout)
			if err != nil {
				return unreachable(err, at.url, "halfmask issuer serve")
			}
			out := cmd.OutOrStdout()
			if jsonOutput {
				return printJSON(out, status)
			}
			printOfferStatus(out, status)
			return nil
		},
	}
	at.flags(c)
	f := c.Flags()
	f.BoolVar(&wait, "wait", false, "wait until credentials were issued")
	f.DurationVar(&timeout, "timeout", 10*time.Minute, "with --wait, give up after this `TIME`")
	f.BoolVar(&jsonOutput, "json", false, "print JSON")
	return c
}

var errNotIssued = errors.New("nothing was issued in time")

func pollOffer(ctx context.Context, operator *issuer.Operator, offerURI string, wait bool, timeout time.Duration) (*issuer.OfferStatus, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errNotIssued)
	defer cancel()
	for {
		status, err := operator.OfferStatus(ctx, offerURI)
		if err != nil || !wait || status.State == "issued" {
			return status, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(pollInterval):
		}
	}
}

func printOfferStatus(w io.Writer, s *issuer.OfferStatus) {
	fmt.Fprintln(w, plain(s.State))
	if s.Issued > 0 {
		fmt.Fprintf(w, "credentials issued: %d\n", s.Issued)
	}
	if s.Event != "" {
		fmt.Fprintf(w, "the wallet says: %s\n", plain(string(s.Event)))
	}
}

func issuerConfirmCommand() *cobra.Command {
	var at operatorFlags
	var person personFlags
	var denied bool
	c := &cobra.Command{
		Use:   "confirm --document-number NUMBER",
		Short: "Pass on, as the operator, that a guardian confirmed their consent",
		Long: `Pass on, as the operator, that the guardian of the person with a document
confirmed the consent in the application. An issuer that runs with
--await-guardian holds the credentials until then: the wallet is told to come
back, and 'halfmask wallet renew' fetches them.`,
		Example: `  halfmask issuer confirm --document-number 000000201305016169
  halfmask issuer confirm --document-number 000000201305016169 --denied`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := person.check(); err != nil {
				return err
			}
			operator, err := at.operator()
			if err != nil {
				return err
			}
			err = operator.Confirm(cmd.Context(), issuer.Confirmation{DocumentType: person.kind, DocumentNumber: person.number, Consent: !denied})
			if err != nil {
				return unreachable(err, at.url, "halfmask issuer serve")
			}
			if denied {
				fmt.Fprintln(cmd.OutOrStdout(), "denied: nothing is issued to the person until they enroll again")
			} else {
				fmt.Fprintln(cmd.OutOrStdout(), "confirmed: the person's wallet can fetch the credentials")
			}
			return nil
		},
	}
	at.flags(c)
	person.flags(c)
	c.Flags().BoolVar(&denied, "denied", false, "the guardian did not consent")
	return c
}
