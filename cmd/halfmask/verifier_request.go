package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
)

// backend is the platform's back end, at its own verifier.
type backend struct {
	verifier, tokenFile string
	json, wait          bool
}

func (b *backend) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&b.verifier, "verifier", defaultVerifier, "the verifier's `URL`")
	f.StringVar(&b.tokenFile, "backend-token-file", "", "`FILE` with the back end's token, if the verifier was given one")
	f.BoolVar(&b.wait, "wait", false, "wait for the answer and print the verdict")
	f.BoolVar(&b.json, "json", false, "print JSON")
}

// formats are the credential formats by the names that --format takes.
var formats = map[string]credential.Format{
	"jwp": credential.JWPBBS, "bbs": credential.BBS2023, "sd-jwt": credential.SDJWT,
	string(credential.JWPBBS): credential.JWPBBS, string(credential.BBS2023): credential.BBS2023, string(credential.SDJWT): credential.SDJWT,
}

func verifierRequestCommand() *cobra.Command {
	var b backend
	var a asking
	var t terms
	c := &cobra.Command{
		Use:   "request --claims NAMES | --age AGES | --query FILE",
		Short: "Ask for claims, and get the request to hand to a wallet",
		Long: `Ask for claims, as the platform's back end, and get the request to hand to a wallet
(a link or a QR code) and the id of its result. With --wait, the verdict too, and
exit code 1 unless it was accepted.

--age, --document-valid and --pseudonym ask the wallet's native form for proofs
about dates that stay hidden, and for a name that this platform alone knows the
person by. They can be asked together with claims, which are then shown.

Claims:
  ` + strings.Join(spec.Claims, "\n  "),
		Example: `  halfmask verifier request --claims age_over_18
  halfmask verifier request --claims age_over_18,sex --format bbs --wait
  halfmask verifier request --age 21+ --pseudonym
  halfmask verifier request --age 14-17 --on 2027-01-01 --claims real_person
  halfmask verifier request --claims sex --client-id-prefix x509_hash --response-mode direct_post.jwt
  halfmask verifier request --query dcql.json --json | jq -r .request_uri`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			query, err := a.query()
			if err != nil {
				return err
			}
			t.Query = query
			pending, err := b.request(cmd.Context(), t)
			if err != nil {
				return err
			}
			out, errOut := cmd.OutOrStdout(), cmd.ErrOrStderr()
			if b.json && !b.wait {
				return printJSON(out, pending)
			}
			said := out
			if b.json { // the verdict alone is for standard output
				said = errOut
			}
			fmt.Fprintf(said, "request, good until %s:\n  %s\n", when(pending.Expires), pending.RequestURI)
			if !b.wait {
				fmt.Fprintf(said, "result id %s\n\nNext: halfmask wallet present '%s', then halfmask verifier result%s %s\n",
					pending.ID, pending.RequestURI, serverFlag("verifier", b.verifier, defaultVerifier), pending.ID)
				return nil
			}
			return b.result(cmd, pending.ID)
		},
	}
	b.flags(c)
	a.flags(c)
	c.Flags().StringVar(&t.Prefix, "client-id-prefix", "", "`PREFIX` of the verifier's name to sign with, or redirect_uri for none (default: its first)")
	c.Flags().StringVar(&t.Mode, "response-mode", "", "`MODE` of the answer: direct_post, or direct_post.jwt to have it encrypted (default direct_post)")
	c.Flags().StringVar(&t.Agree, "confirm", "", "`TEXT` that the person is to agree to with the answer (transaction data)")
	return c
}

// terms are what the verifier is told of a request to make.
type terms struct {
	Query  json.RawMessage `json:"dcql_query"`
	Prefix string          `json:"client_id_prefix,omitempty"`
	Mode   string          `json:"response_mode,omitempty"`
	Agree  string          `json:"confirm,omitempty"`
}

func verifierResultCommand() *cobra.Command {
	var b backend
	c := &cobra.Command{
		Use:   "result ID",
		Short: "Print the verdict on an answer, check by check",
		Long: `Print what became of a request and the verdict on its answer, check by check.
Exit code 0 only when the answer was accepted.`,
		Example: `  halfmask verifier result --wait ID
  halfmask verifier result --json ID | jq .verdict.claims`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return b.result(cmd, args[0])
		},
	}
	b.flags(c)
	return c
}

// maxAnswer is the most bytes of an answer of the verifier.
const maxAnswer = 4 << 20

func (b *backend) address(path string) (string, error) {
	if _, err := openid4vp.CheckAddress(b.verifier); err != nil {
		return "", usagef("--verifier: %w", err)
	}
	return strings.TrimSuffix(b.verifier, "/") + path, nil
}

func (b *backend) request(ctx context.Context, t terms) (*verifier.Pending, error) {
	address, err := b.address("/requests")
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	token, err := backendToken(b.tokenFile)
	if err != nil {
		return nil, err
	}
	answer, err := send(request, token, maxAnswer)
	if err != nil {
		return nil, unreachable(err, b.verifier, "halfmask verifier serve")
	}
	var p verifier.Pending
	if err := json.Unmarshal(answer, &p); err != nil {
		return nil, fmt.Errorf("%s: the answer cannot be read: %w", address, err)
	}
	return &p, nil
}

// pollEvery is how often a result is asked for.
const pollEvery = 200 * time.Millisecond

// result gets a result, when told so once it is final, and prints it. The
// error is nil only when the answer was accepted.
func (b *backend) result(cmd *cobra.Command, id string) error {
	address, err := b.address("/results/" + url.PathEscape(id))
	if err != nil {
		return err
	}
	token, err := backendToken(b.tokenFile)
	if err != nil {
		return err
	}
	var r verifier.Result
	for {
		answer, err := get(cmd.Context(), address, token, maxAnswer)
		if err != nil {
			return unreachable(err, b.verifier, "halfmask verifier serve")
		}
		r = verifier.Result{}
		if err := json.Unmarshal(answer, &r); err != nil {
			return fmt.Errorf("%s: the answer cannot be read: %w", address, err)
		}
		if !b.wait || r.Status != verifier.Waiting && r.Status != verifier.Checking {
			break
		}
		select {
		case <-cmd.Context().Done():
			return errInterrupted
		case <-time.After(pollEvery):
		}
	}
	if b.json {
		if err := printJSON(cmd.OutOrStdout(), r); err != nil {
			return err
		}
	} else {
		printResult(cmd.OutOrStdout(), r)
	}
	return resultError(r)
}

func resultError(r verifier.Result) error {
	switch {
	case r.Status == verifier.Waiting, r.Status == verifier.Checking:
		return errors.New("no answer yet: ask again, or with --wait")
	case r.Status == verifier.Expired:
		return errors.New("nobody answered in time: make another request")
	case r.Status == verifier.Refused:
		return fmt.Errorf("the wallet showed nothing: %s", plain(cmp.Or(r.Error, "no reason given")))
	case r.Verdict == nil:
		return fmt.Errorf("no verdict: status %q", plain(string(r.Status)))
	case r.Verdict.Accepted:
		return nil
	}
	if c := r.Verdict.Failed(); c != nil {
		return fmt.Errorf("not accepted: check %s failed (%s): %s", c.Name, c.Clause, plain(c.Detail))
	}
	return errors.New("not accepted")
}

func printResult(w io.Writer, r verifier.Result) {
	if r.Verdict == nil {
		fmt.Fprintf(w, "%s\n", r.Status)
		return
	}
	for _, c := range r.Verdict.Checks {
		mark := "FAILED "
		switch {
		case c.Skipped:
			mark = "skipped"
		case c.OK:
			mark = "ok     "
		}
		fmt.Fprintf(w, "%s  %-22s %s", mark, c.Name, c.Clause)
		if c.Credential != "" {
			fmt.Fprintf(w, "  [%s]", plain(c.Credential))
		}
		if c.Detail != "" {
			fmt.Fprintf(w, ": %s", plain(c.Detail))
		}
		fmt.Fprintln(w)
	}
	if !r.Verdict.Accepted {
		fmt.Fprintln(w, "\nNOT ACCEPTED")
		return
	}
	fmt.Fprintln(w, "\nACCEPTED")
	for _, name := range claimOrder(r.Verdict.Claims) {
		fmt.Fprintf(w, "  %-17s %s\n", plain(name), plain(r.Verdict.Claims[name]))
	}
	for _, text := range r.Verdict.Agreed {
		fmt.Fprintf(w, "agreed to: %s\n", plain(text))
	}
	for _, p := range r.Verdict.Presentations {
		fmt.Fprintf(w, "from %s, as %s\n", plain(p.Issuer), p.Format)
		for _, text := range p.Proved {
			fmt.Fprintf(w, "proved: %s\n", plain(text))
		}
	}
	switch {
	case r.Verdict.Account != "" && slices.ContainsFunc(r.Verdict.Presentations, func(p verifier.Presented) bool { return p.Pseudonym == r.Verdict.Account }):
		fmt.Fprintf(w, "account %s: the person's name at this platform, and nowhere else\n", r.Verdict.Account)
	case r.Verdict.Account != "":
		fmt.Fprintf(w, "account %s: the holder's key, which would be seen again\n", r.Verdict.Account)
	default:
		fmt.Fprintln(w, "no account: nothing repeats in another presentation but the claims themselves")
	}
}
