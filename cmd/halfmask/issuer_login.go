package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/issuer"
	"github.com/halfmask/halfmask/protocol/fetch"
)

func issuerLogInCommand() *cobra.Command {
	var at, phone, code, smsDir string
	c := &cobra.Command{
		Use:   "log-in PAGE --phone NUMBER",
		Short: "Log in at an issuer as a browser would, for scripts",
		Long: `Log in at an issuer as a browser would, for scripts: open the page that a wallet
gave, enter the phone and its one-time code, and go back to the wallet.`,
		Example: `  halfmask issuer log-in 'http://127.0.0.1:7001/authorize?…' --phone +999000000001 --sms-dir sms`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			device := &issuer.Applicant{Issuer: at}
			callback, err := device.LogIn(cmd.Context(), args[0], phone, func(ctx context.Context) (string, error) {
				switch {
				case code != "":
					return code, nil
				case smsDir != "":
					return readSMS(smsDir, phone)
				}
				return askLine(ctx, cmd.InOrStdin(), cmd.ErrOrStderr(), "The code that was sent to "+phone+": ")
			})
			if err != nil {
				return unreachable(err, at, "halfmask issuer serve")
			}
			return goBack(cmd.Context(), callback)
		},
	}
	f := c.Flags()
	f.StringVar(&at, "issuer", defaultIssuer, "the issuer's `URL`")
	f.StringVar(&phone, "phone", "", "phone `NUMBER` that the person enrolled with")
	f.StringVar(&code, "phone-code", "", "the one-time `CODE` that was sent to the phone (default: ask)")
	f.StringVar(&smsDir, "sms-dir", "", "read the code from `DIR`, where the server writes its simulated SMS")
	c.MarkFlagRequired("phone")
	return c
}

// goBack visits the wallet that waits on this machine.
func goBack(ctx context.Context, callback string) error {
	u, err := url.Parse(callback)
	if err != nil || u.Scheme != "http" || !fetch.OnThisMachine(u.Hostname()) {
		return errors.New("the wallet does not wait on this machine: a script cannot take the browser's place there")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, callback, nil)
	if err != nil {
		return errors.New("the wallet gave no usable address")
	}
	response, err := fetch.Do(fetch.New(fetch.Options{AllowLoopback: true}), request)
	if err != nil {
		return fmt.Errorf("the wallet does not answer: %w", err)
	}
	return response.Body.Close()
}
