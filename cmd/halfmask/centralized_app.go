package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/exposure/centralized"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec/strictjson"
)

// appState is a person's app between two commands. It is not encrypted: the
// file's mode guards it.
type appState struct {
	Service        string `json:"service"`
	InternetNumber string `json:"internet_number"`
	Certificate    string `json:"certificate"`
	Password       string `json:"password"`
	Face           []byte `json:"face"`
}

const maxAppState = 1 << 20 // bytes

func statePath(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	return dataFile("centralized-app.json")
}

func centralizedEnrollCommand() *cobra.Command {
	var e evidence
	var service, state, password string
	var jsonOutput bool
	c := &cobra.Command{
		Use:   "enroll --document FILE|DIR --phone NUMBER",
		Short: "Enroll at the central service, as the person's app",
		Long: `Enroll at the central service, as the person's app: the same evidence as 'issuer
enroll' and a password of eight digits that the service keeps. The internet number
and the certificate are kept in --state, which only you can read.`,
		Example: `  halfmask centralized enroll --document card --phone +999000000001
  halfmask centralized enroll --document card --phone +999000000001 --sms-dir sms --state app.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := statePath(state)
			if err != nil {
				return err
			}
			if _, err := os.Lstat(path); err == nil {
				return fmt.Errorf("%s is there already: name another --state, or delete it", path)
			}
			service = strings.TrimSuffix(service, "/")
			if err := checkServer("service", service); err != nil {
				return err
			}
			s, err := e.submission()
			if err != nil {
				return err
			}
			if s.Password = password; password == "" {
				s.Password = centralized.NewPassword()
			}
			app := &centralized.App{Service: service, HTTP: httpClient()}
			if s.PhoneCode, err = e.phoneCode(cmd, app.SendPhoneCode); err != nil {
				return centralRefusal(cmd, err, service, jsonOutput)
			}
			enrolled, err := app.Enroll(cmd.Context(), *s)
			if err != nil {
				return centralRefusal(cmd, err, service, jsonOutput)
			}
			text, err := json.Marshal(appState{service, app.InternetNumber, app.Certificate, app.Password, app.Face})
			if err != nil {
				return err
			}
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				return err
			}
			if err := createFile("state", path, append(text, '\n')); err != nil {
				return err
			}
			if jsonOutput {
				return printJSON(cmd.OutOrStdout(), enrolled)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "enrolled in tier %s by the rules %s\n  internet number  %s\n  kept in          %s, with the certificate and the password\n\nNext: halfmask centralized login syn-01\n",
				enrolled.Decision.Tier, enrolled.Decision.Rules, plain(enrolled.InternetNumber), path)
			return nil
		},
	}
	e.flags(c)
	f := c.Flags()
	f.StringVar(&service, "service", defaultService, "the service's `URL`")
	f.StringVar(&state, "state", "", "`FILE` that the app keeps (default: halfmask/centralized-app.json below $XDG_DATA_HOME or ~/.local/share)")
	f.StringVar(&password, "password", "", "eight `DIGITS` (default: drawn, and kept in --state)")
	f.BoolVar(&jsonOutput, "json", false, "print JSON")
	return c
}

// centralRefusal prints a refusal in full where JSON was asked for.
func centralRefusal(cmd *cobra.Command, err error, url string, jsonOutput bool) error {
	var refused *centralized.RefusalError
	if jsonOutput && errors.As(err, &refused) {
		return errors.Join(err, printJSON(cmd.OutOrStdout(), refused.Failure))
	}
	return unreachable(err, url, "halfmask centralized serve")
}

// checkServer accepts https, and http on this machine.
func checkServer(flag, url string) error {
	if _, err := openid4vci.WellKnown(url, "x"); err != nil {
		return usagef("--%s: %w", flag, err)
	}
	return nil
}

func centralizedLoginCommand() *cobra.Command {
	var state, platforms, mode string
	var yes, jsonOutput bool
	c := &cobra.Command{
		Use:   "login PLATFORM",
		Short: "Log in at a platform, as the person's app",
		Long: `Log in at a platform, as the person's app. The platform's back end asks the
service, which answers and writes a row of its log.

Modes: R01 certificate, R02 with password, R03 with face, R04 with both.`,
		Example: `  halfmask centralized login syn-01
  halfmask centralized login --mode R04 --yes syn-17`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(centralized.Modes, centralized.Mode(mode)) {
				return usagef("--mode: %q is none of %v", mode, centralized.Modes)
			}
			url := strings.TrimSuffix(platforms, "/") + "/" + args[0]
			if strings.Contains(args[0], "/") {
				url = strings.TrimSuffix(args[0], "/")
			}
			if err := checkServer("platforms", url); err != nil {
				return err
			}
			app, err := loadApp(state)
			if err != nil {
				return err
			}
			said := cmd.OutOrStdout()
			if jsonOutput {
				said = cmd.ErrOrStderr()
			}
			consent := func(asked []string) []string {
				if len(asked) == 0 {
					return nil
				}
				fmt.Fprintf(said, "%s asks the service for: %s\n", url, plain(strings.Join(asked, ", ")))
				if yes {
					return asked
				}
				answer, err := askLine(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr(), "Agree? [y/N] ")
				if err == nil && slices.Contains([]string{"y", "yes"}, strings.ToLower(strings.TrimSpace(answer))) {
					return asked
				}
				return []string{}
			}
			login, err := app.LogIn(cmd.Context(), url, centralized.Mode(mode), consent)
			if jsonOutput && login != nil {
				return errors.Join(err, printJSON(cmd.OutOrStdout(), login))
			}
			if err != nil {
				return centralRefusal(cmd, err, url, false)
			}
			fmt.Fprintf(said, "logged in at %s\n  the platform knows you as  %s\n", url, plain(login.Account))
			for _, name := range claimOrder(login.Attributes) {
				fmt.Fprintf(said, "  and learned                %s: %s\n", plain(name), plain(login.Attributes[name]))
			}
			fmt.Fprintln(said, "  and the service knows that you were there, and when")
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&state, "state", "", "`FILE` of 'centralized enroll'")
	f.StringVar(&platforms, "platforms", defaultPlatforms, "`URL` of the platforms; PLATFORM is an id below it, or a URL itself")
	f.StringVar(&mode, "mode", string(centralized.Certificate), "`MODE`: what you show")
	f.BoolVar(&yes, "yes", false, "agree to what is asked without being asked")
	f.BoolVar(&jsonOutput, "json", false, "print JSON")
	return c
}

func loadApp(flag string) (*centralized.App, error) {
	path, err := statePath(flag)
	if err != nil {
		return nil, err
	}
	text, err := readFile(path, maxAppState)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s: enroll first, with 'halfmask centralized enroll'", path)
	}
	if err != nil {
		return nil, err
	}
	var s appState
	if err := strictjson.Decode(text, &s, strictjson.Limits{Bytes: maxAppState, Depth: 2}); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", path, err)
	}
	if err := checkServer("state", s.Service); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", path, err)
	}
	return &centralized.App{Service: s.Service, HTTP: httpClient(), InternetNumber: s.InternetNumber, Certificate: s.Certificate, Password: s.Password, Face: s.Face}, nil
}
