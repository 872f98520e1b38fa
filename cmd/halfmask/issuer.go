package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/issuer"
	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/protocol/fetch"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/wallet"
)

const (
	defaultIssuer     = "http://127.0.0.1:7001"
	operatorTokenFile = "operator-token"
)

func issuerCommand() *cobra.Command {
	c := &cobra.Command{Use: "issuer", Short: "Enroll people and issue credentials"}
	c.AddCommand(issuerServeCommand(), issuerEnrollCommand(), issuerLogInCommand(), issuerOfferCommand(), issuerOfferStatusCommand(), issuerConfirmCommand(), issuerRestrictCommand())
	return c
}

func issuerServeCommand() *cobra.Command {
	var at place
	var keyDir, trustDir, smsDir, ruleSet, certificateFile string
	var statusPlaces int
	var wallets []string
	var awaitGuardian, requireDPoP, vcAPI bool
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run an issuer",
		Long: `Run an issuer: it enrolls by the rules and issues credentials in three forms,
person-jwp (BBS in JSON Web Proof form, the wallet's native one), person-bbs (W3C
bbs-2023) and person-sd-jwt (SD-JWT VC), over OpenID4VCI 1.0.

Its keys are made on the first run and kept in --keys. Whom it enrolled is kept
in memory and forgotten when it stops. No phone rings: the one-time codes are
printed as simulated SMS. The face match is simulated, too.`,
		Example: `  halfmask issuer serve
  halfmask issuer serve --rules inclusive --listen 127.0.0.1:8001
  halfmask issuer serve --sms-dir sms      # for scripts: 'issuer enroll --sms-dir sms' reads the codes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rules, err := spec.LoadRules(ruleSet)
			if err != nil {
				return err
			}
			trust, err := loadTrust(trustDir)
			if err != nil {
				return err
			}
			l, err := at.open()
			if err != nil {
				return err
			}
			defer l.Close()
			keys, made, err := openKeys(keyDir)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			certificates, err := certificatesIn(certificateFile)
			if err != nil {
				return fmt.Errorf("--certificate: %w", err)
			}
			clients, err := walletClients(wallets)
			if err != nil {
				return err
			}
			conformance, err := conformanceKey(vcAPI)
			if err != nil {
				return err
			}
			server, err := issuer.New(issuer.Config{
				AwaitGuardian: awaitGuardian, RequireDPoP: requireDPoP, ConformanceKey: conformance,
				Clients: clients, HTTP: fetch.New(fetch.Options{AllowLoopback: onThisMachine(at.url)}),
				StatusPlaces: statusPlaces,
				URL:          at.url, SigningKey: keys.SigningKey, Certificates: certificates, BBSKey: keys.BBSKey, OperatorToken: keys.OperatorToken,
				Desk: &enrollment.Desk{Rules: rules, Trust: trust, Phones: &enrollment.PhoneCodes{Sender: &simulatedSMS{out, smsDir}}},
			})
			if err != nil {
				return err
			}
			if err := at.announce(); err != nil {
				return err
			}
			fmt.Fprintf(out, "issuer at %s, rules %s, trusting %s%s\n", at.url, rules.Name, trustDir, syntheticNote(isSynthetic(trust)))
			fmt.Fprintf(out, "  keys            %s%s\n", filepath.Join(keyDir, issuer.KeyFile), madeNote(made))
			fmt.Fprintf(out, "  operator token  in the file %s\n", filepath.Join(keyDir, operatorTokenFile))
			if conformance != nil {
				fmt.Fprintf(out, "  VC API          signs whatever the operator sends, as %s, a key of this run\n", bbs2023.Issuer(conformance.PublicKey()))
			}
			fmt.Fprintf(out, "simulated: phones, faces, and the register records of cards; people are forgotten when it stops (Ctrl-C)\n\n")
			fmt.Fprintf(out, "Next, in another terminal: halfmask issuer enroll --document DIR --phone +999000000001%s\n", serverFlag("issuer", at.url, defaultIssuer))
			err = serve(cmd.Context(), cmd.ErrOrStderr(), l, server)
			if err == nil {
				fmt.Fprintln(out, "stopped")
			}
			return err
		},
	}
	at.flags(c, "", "127.0.0.1:7001")
	f := c.Flags()
	f.StringVar(&keyDir, "keys", "issuer-keys", "`DIR` of its keys; made on the first run")
	f.StringVar(&certificateFile, "certificate", "", "PEM `FILE` with the certificate of the SD-JWT key and those between it and its authority (default: none; verifiers fetch the key)")
	f.IntVar(&statusPlaces, "status-places", 0, "keep a status list of `N` places for each epoch: restrictions reach SD-JWTs within minutes, and each SD-JWT can be recognized by its place (default: no lists)")
	f.StringVar(&trustDir, "trust", defaultAuthority, "`DIR` with the authorities whose documents count")
	f.StringVar(&ruleSet, "rules", spec.National, "rule `SET`: "+strings.Join(spec.RuleSets(), ", ")+", or a YAML file")
	f.StringArrayVar(&wallets, "client", nil, "let the wallet `CLIENT_ID=REDIRECT_URI` use the authorization code (repeatable; 'halfmask-wallet' may on this machine)")
	f.BoolVar(&requireDPoP, "require-dpop", false, "refuse wallets that do not bind their tokens to a key (HAIP)")
	f.BoolVar(&awaitGuardian, "await-guardian", false, "hold the credentials of those who need a guardian until 'issuer confirm'")
	f.BoolVar(&vcAPI, "vc-api", false, "serve the VC API for conformance runs, with a key made for this run")
	f.StringVar(&smsDir, "sms-dir", "", "write each simulated SMS into `DIR` as well")
	return c
}

// ownWallet is the client that every issuer knows: this program's wallet.
var ownWallet = openid4vci.Wallet{ClientID: wallet.ClientID, RedirectURI: "http://127.0.0.1/callback"}

func walletClients(flags []string) (map[string]openid4vci.ClientMetadata, error) {
	clients := map[string]openid4vci.ClientMetadata{
		ownWallet.ClientID: {Name: "Halfmask wallet", RedirectURIs: []string{ownWallet.RedirectURI}},
	}
	for _, f := range flags {
		id, redirect, ok := strings.Cut(f, "=")
		if !ok || id == "" || redirect == "" {
			return nil, usagef("--client: %q is not CLIENT_ID=REDIRECT_URI", f)
		}
		m := clients[id]
		m.RedirectURIs = append(m.RedirectURIs, redirect)
		clients[id] = m
	}
	return clients, nil
}

func conformanceKey(wanted bool) (*bbs.SecretKey, error) {
	if !wanted {
		return nil, nil
	}
	return bbs.GenerateKey()
}

func onThisMachine(address string) bool {
	u, err := url.Parse(address)
	return err == nil && fetch.OnThisMachine(u.Hostname())
}

// openKeys loads the issuer's keys or makes them, and keeps the operator's
// token in a file of its own: its bearer needs none of the other secrets.
func openKeys(dir string) (keys *issuer.Keys, made bool, err error) {
	keys, err = issuer.LoadKeys(dir)
	if errors.Is(err, fs.ErrNotExist) {
		keys, err = issuer.CreateKeys(dir)
		made = true
	}
	if err != nil {
		return nil, false, fmt.Errorf("--keys: %w", err)
	}
	return keys, made, replaceFile(filepath.Join(dir, operatorTokenFile), []byte(keys.OperatorToken+"\n"))
}

func madeNote(made bool) string {
	if made {
		return " (made now)"
	}
	return ""
}

func syntheticNote(synthetic bool) string {
	if synthetic {
		return " (a synthetic authority: for synthetic people only)"
	}
	return ""
}

// serverFlag gives the flag for an address that is not the default one.
func serverFlag(flag, url, usual string) string {
	if url == usual {
		return ""
	}
	return " --" + flag + " " + url
}

func issuerRestrictCommand() *cobra.Command {
	var at operatorFlags
	var person personFlags
	var order issuer.Order
	var jsonOutput bool
	c := &cobra.Command{
		Use:   "restrict",
		Short: "Order, as the operator, that a person is issued nothing more",
		Long: `Order, as the operator, that the person with a document is issued nothing more.

The order revokes SD-JWTs that have a place in a status list ('issuer serve
--status-places'). It reaches nothing else that was issued: credentials stay good
until their epoch ends, at most two months. No platform can be singled out,
because the issuer knows none.`,
		Example: `  halfmask issuer restrict --operator-token-file issuer-keys/operator-token \
      --document-type resident-identity-card --document-number 000000199005016169`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := person.check(); err != nil {
				return err
			}
			operator, err := at.operator()
			if err != nil {
				return err
			}
			order.DocumentType, order.DocumentNumber = person.kind, person.number
			answer, err := operator.Order(cmd.Context(), order)
			if err != nil {
				return unreachable(err, at.url, "halfmask issuer serve")
			}
			if jsonOutput {
				return printJSON(cmd.OutOrStdout(), answer)
			}
			printOrder(cmd.OutOrStdout(), answer)
			return nil
		},
	}
	at.flags(c)
	person.flags(c)
	f := c.Flags()
	f.BoolVar(&order.Lift, "lift", false, "end the order instead")
	f.BoolVar(&jsonOutput, "json", false, "print JSON")
	return c
}

func printOrder(w io.Writer, a *issuer.OrderAnswer) {
	if !a.Restricted {
		fmt.Fprintln(w, "lifted: the person can renew and enroll again")
		return
	}
	fmt.Fprintf(w, "restricted since %s: nothing more is issued to the person\n", a.Since)
	if a.UntilThen.IsZero() {
		fmt.Fprintln(w, "no credential had been issued")
		return
	}
	if a.Revoked > 0 {
		fmt.Fprintf(w, "revoked in the status list: %d SD-JWTs, as verifiers that look learn within minutes\n", a.Revoked)
		fmt.Fprintf(w, "a BBS credential has no place in a list: it stays good, at every platform, until %s\n", a.UntilThen.UTC().Format(time.RFC3339))
		return
	}
	fmt.Fprintf(w, "what was issued stays good, at every platform, until %s\n", a.UntilThen.UTC().Format(time.RFC3339))
}

// unreachable says what to start when nothing listens at an address.
func unreachable(err error, url, start string) error {
	if isRefusedConnection(err) {
		return fmt.Errorf("nothing answers at %s: start it with '%s': %w", url, start, err)
	}
	if errors.Is(err, context.Canceled) {
		return errInterrupted
	}
	return err
}
