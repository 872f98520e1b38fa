// Command halfmask compares what a centralized online-ID service and a
// selective-disclosure wallet let others see, and is the issuer, the wallet
// and the verifier of the latter for developers.
//
// There is a file for each verb. Start with "halfmask compare".
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends what does not end by itself
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Exit codes.
const (
	exitFailure = 1
	exitUsage   = 2
)

// usageError says that the command line itself was wrong.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run is the whole command; it returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	root := &cobra.Command{
		Use:   "halfmask",
		Short: "Show only the part of you that is asked for, and measure what everyone can still see",
		Long: `Halfmask enrolls the same synthetic people in two designs of online identity,
a centralized service and a selective-disclosure wallet, and measures what each
party can track. Everybody in it is synthetic.`,
		Example: `  # both designs, the same people, what each party could track
  halfmask compare

  # one person's story in both designs
  halfmask demo

  # the wallet design, step by step; the two servers run in terminals of their own
  halfmask documents mint --out card
  halfmask issuer serve
  halfmask verifier serve
  halfmask issuer enroll --document card --phone +999000000001
  halfmask wallet init
  halfmask wallet accept 'openid-credential-offer://…'
  halfmask verifier request --claims age_over_18
  halfmask wallet present 'openid4vp://…'`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version(),
	}
	root.SetArgs(args)
	root.SetIn(in)
	printed := &output{to: out}
	root.SetOut(printed)
	root.SetErr(errOut)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagError(err) })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(compareCommand(), exposureCommand(), demoCommand(), rulesCommand(), documentsCommand(), vectorsCommand(),
		issuerCommand(), verifierCommand(), walletCommand(), centralizedCommand())
	ran := markRun(root)

	command, err := root.ExecuteContextC(ctx)
	err = printed.check(err)
	var usage usageError
	var lost *lostOutput
	switch {
	case err == nil:
		return 0
	case (errors.As(err, &usage) || !*ran) && !errors.As(err, &lost):
		fmt.Fprintf(errOut, "halfmask: %s\nTry '%s --help'.\n", plainLines(err), command.CommandPath())
		return exitUsage
	default:
		fmt.Fprintf(errOut, "halfmask: %s\n", plainLines(err))
		return exitFailure
	}
}

// flagError says what a flag takes, in words instead of those of strconv.
func flagError(err error) error {
	var number *strconv.NumError
	if !errors.As(err, &number) {
		return err
	}
	wanted := "a whole number is asked for"
	switch {
	case number.Func == "ParseBool":
		wanted = "true or false is asked for"
	case errors.Is(err, strconv.ErrRange):
		wanted = "the number is too large or too small"
	case number.Func == "ParseUint":
		wanted = "a whole number from 0 up is asked for"
	}
	return errors.New(strings.TrimSuffix(err.Error(), number.Error()) + wanted)
}

// markRun notes whether a command got as far as running: an error before that
// is one of usage. A command that has only subcommands takes no arguments of
// its own.
func markRun(root *cobra.Command) *bool {
	ran := new(bool)
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		if inner := c.RunE; inner != nil {
			c.RunE = func(c *cobra.Command, args []string) error {
				*ran = true
				return inner(c, args)
			}
		} else {
			c.RunE = func(c *cobra.Command, args []string) error {
				if len(args) > 0 {
					return usagef("unknown command %q for %q", args[0], c.CommandPath())
				}
				return c.Help()
			}
		}
		for _, child := range c.Commands() {
			visit(child)
		}
	}
	visit(root)
	return ran
}
