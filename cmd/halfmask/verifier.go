package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/verifier"
)

const defaultVerifier = "http://127.0.0.1:7002"

func verifierCommand() *cobra.Command {
	c := &cobra.Command{Use: "verifier", Short: "Ask people for claims, and check what they show"}
	c.AddCommand(verifierServeCommand(), verifierCertifyCommand(), verifierRequestCommand(), verifierResultCommand())
	return c
}

func verifierServeCommand() *cobra.Command {
	var at place
	var issuers []string
	var tokenFile, authorities string
	var files identityFiles
	var registration string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run a platform's verifier",
		Long: `Run a platform's verifier (OpenID4VP 1.0). At the start it fetches the keys that
each trusted issuer publishes at /.well-known/jwt-vc-issuer, and trusts exactly
those until it stops.

With --signing-key, requests are signed: as the DNS name or the hash of a certificate,
or as a did:jwk, which says no more than that requests come from one key.

Requests are made, and results read, by the platform's back end: from this machine
under the verifier's own address, or with the token of --backend-token-file.
Requests live for five minutes and are kept in memory.`,
		Example: `  halfmask verifier serve
  halfmask verifier serve --listen 127.0.0.1:8002 --trust-issuer http://127.0.0.1:8001`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for i, url := range issuers {
				issuers[i] = strings.TrimSuffix(url, "/")
			}
			issuers = slices.Compact(slices.Sorted(slices.Values(issuers)))
			token, err := backendToken(tokenFile)
			if err != nil {
				return err
			}
			l, err := at.open()
			if err != nil {
				return err
			}
			defer l.Close()
			trusted, err := trustIssuers(cmd.Context(), issuers)
			if err != nil {
				return err
			}
			if trusted.Authorities, err = certificatesIn(authorities); err != nil {
				return fmt.Errorf("--issuer-authorities: %w", err)
			}
			identities, err := files.identities(at.url)
			if err != nil {
				return err
			}
			info, err := registrationIn(registration)
			if err != nil {
				return fmt.Errorf("--registration: %w", err)
			}
			server, err := verifier.New(verifier.Config{URL: at.url, Issuers: trusted, Identities: identities, VerifierInfo: info, BackendToken: token})
			if err != nil {
				return err
			}
			if err := at.announce(); err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "verifier at %s\n", at.url)
			for _, i := range identities {
				fmt.Fprintf(out, "  signs as %s\n", plain(i.ClientID))
			}
			for _, url := range issuers {
				fmt.Fprintf(out, "  trusts %s and the keys that it publishes\n", url)
				for _, k := range trusted.SDJWT[url].Keys {
					fmt.Fprintf(out, "    SD-JWT VC  %s\n", plain(k.KeyID))
				}
			}
			for _, k := range trusted.BBS {
				fmt.Fprintf(out, "    BBS        %s\n", bbs2023.Issuer(k))
			}
			for _, c := range trusted.Authorities {
				fmt.Fprintf(out, "  trusts issuers of SD-JWTs that %s certifies\n", plain(c.Subject.String()))
			}
			fmt.Fprintf(out, "requests and results are forgotten when it stops (Ctrl-C)\n\n")
			fmt.Fprintf(out, "Next, in another terminal: halfmask verifier request --claims age_over_18%s\n", serverFlag("verifier", at.url, defaultVerifier))
			err = serve(cmd.Context(), cmd.ErrOrStderr(), l, server)
			if err == nil {
				fmt.Fprintln(out, "stopped")
			}
			return err
		},
	}
	at.flags(c, "", "127.0.0.1:7002")
	files.flags(c)
	f := c.Flags()
	f.StringSliceVar(&issuers, "trust-issuer", []string{defaultIssuer}, "`URLS` of the issuers whose credentials count")
	f.StringVar(&authorities, "issuer-authorities", "", "PEM `FILE` with authorities: SD-JWTs of issuers that they certify count, too")
	f.StringVar(&registration, "registration", "", "`FILE` with a registration certificate, a JWT, to show in every request: what a registrar says this platform may ask for")
	f.StringVar(&tokenFile, "backend-token-file", "", "`FILE` with the token that the platform's back end sends (default: this machine alone, no token)")
	return c
}

// backendToken reads the token, when there is a file.
func backendToken(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	token, err := readLine(file)
	if err != nil {
		return "", fmt.Errorf("--backend-token-file: %w", err)
	}
	return token, nil
}
