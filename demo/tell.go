package demo

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/halfmask/halfmask/exposure/centralized"
	"github.com/halfmask/halfmask/issuer"
	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
	"github.com/halfmask/halfmask/wallet"
)

// Tell takes one person through both designs and writes down what happens.
func (w *World) Tell(ctx context.Context, out io.Writer) error {
	say := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }

	document, submission, err := w.person()
	if err != nil {
		return err
	}
	say("A SYNTHETIC PERSON")
	say("  %s, born %s, with a %s, number %s.", document.Person.Name, document.Person.BirthDate, document.Presented.Kind, document.Number)

	say("\nTHE WALLET\n")
	say("1. Enrollment at the issuer, %s", w.IssuerURL)
	answer, err := w.enroll(ctx, submission)
	if err != nil {
		return err
	}
	for _, r := range answer.Decision.Reasons {
		text := r.Text
		if r.Detail != "" {
			text += " (" + r.Detail + ")"
		}
		say("     ok  %s  %s", r.Rule, text)
	}
	say("   %s, tier %s. The issuer offers a credential.", answer.Decision.Outcome, answer.Decision.Tier)

	held, err := wallet.Ephemeral()
	if err != nil {
		return err
	}
	defer held.Close()
	entries, err := held.Accept(ctx, answer.Link, "", issuer.PersonJWP)
	if err != nil {
		return err
	}
	say("\n2. The wallet accepts it, bound to a secret that the issuer never saw, checks it, and keeps it:")
	say("   %s, %d claims, valid until %s.", entries[0].Format, len(entries[0].Claims), entries[0].ValidUntil.UTC().Format("2006-01-02 15:04 UTC"))

	visits := []struct{ how, of string }{{"A login at", w.Platforms[0].Name}, {"A login at", w.Platforms[1].Name}, {"Back at", w.Platforms[0].Name}}
	known := map[string]string{}
	for i, v := range visits {
		p := w.platform(v.of)
		say("\n%d. %s %s, %s", i+3, v.how, p.Name, p.VerifierURL)
		account, err := p.present(ctx, held, say, i == 0)
		if err != nil {
			return err
		}
		if account == known[p.Name] {
			say("   It knows the person from before, by that name.")
		}
		known[p.Name] = account
	}
	say("\n   The issuer was asked nothing. The two platforms know the person by two names that have nothing to do with each")
	say("   other, and hold proofs that repeat nothing else but what is the same for everybody (as far as the assumptions")
	say("   of BBS go). No date was shown: neither the day of birth nor the day on which the credential ends.")

	say("\nTHE CENTRALIZED DESIGN, the same person\n")
	if err := w.centralized(ctx, submission, say); err != nil {
		return err
	}
	say("\nWhat that adds up to over many people: halfmask compare")
	return nil
}

// platform finds a platform by its name.
func (w *World) platform(name string) Platform {
	return w.Platforms[slices.IndexFunc(w.Platforms, func(p Platform) bool { return p.Name == name })]
}

// present logs in by wallet, spells the checks out the first time, and gives
// the name by which the platform knows the person.
func (p Platform) present(ctx context.Context, held *wallet.Wallet, say func(string, ...any), spell bool) (account string, err error) {
	request, err := p.verifier.Request(verifier.Proving(&openid4vp.PseudonymQuery{}, p.Claims...))
	if err != nil {
		return "", err
	}
	_, err = held.Present(ctx, request.RequestURI, func(a wallet.Ask) bool {
		say("     it asks for    %s", strings.Join(a.Asked, ", "))
		var hidden []string
		for _, name := range spec.Claims {
			if !slices.Contains(a.Disclosed(), name) {
				hidden = append(hidden, name)
			}
		}
		say("     stays hidden   %s", strings.Join(hidden, ", "))
		for _, d := range a.Shows {
			say("     is proved      %s", strings.Join(d.Proves, "; "))
		}
		say("     linkable?      %s", a.Linkable)
		return true
	})
	if err != nil {
		return "", err
	}
	result, err := p.verifier.Result(request.ID)
	if err != nil {
		return "", err
	}
	if spell {
		for _, c := range result.Verdict.Checks {
			say("     ok  %-24s %s", c.Name, c.Clause)
		}
	} else {
		say("     ok  the same %d checks", len(result.Verdict.Checks))
	}
	say("   It learned: %s", claims(result.Verdict.Claims))
	say("   and a name for its account: %.12s…", result.Verdict.Account)
	return result.Verdict.Account, nil
}

func (w *World) centralized(ctx context.Context, s enrollment.Submission, say func(string, ...any)) error {
	app := &centralized.App{Service: w.ServiceURL}
	if err := app.SendPhoneCode(ctx, s.Phone); err != nil {
		return err
	}
	s.PhoneCode, _ = w.phones[1].Read(s.Phone)
	s.Password = centralized.NewPassword()
	if _, err := app.Enroll(ctx, s); err != nil {
		return err
	}
	say("1. Enrollment at the service, %s: internet number %s.", w.ServiceURL, app.InternetNumber)
	for i, p := range w.Platforms {
		login, err := app.LogIn(ctx, p.CentralURL, centralized.WithPassword, centralized.AgreeToAll)
		if err != nil {
			return err
		}
		say("%d. A login at %s: it learned identifier %s, %s.", i+2, p.Name, login.Account, claims(login.Attributes))
	}
	say("\n   The service wrote down:")
	for _, row := range w.service.Log() {
		say("     %s  %s  application %s/%s  mode %s  %s", row.At.In(spec.Zone).Format("2006-01-02 15:04:05"), row.InternetNumber, row.OrgID, row.AppID, row.Type, row.ResultCode)
	}
	return nil
}

// claims writes claims in their fixed order.
func claims(values map[string]any) string {
	var parts []string
	for _, name := range spec.Claims {
		if v, ok := values[name]; ok {
			parts = append(parts, fmt.Sprintf("%s: %v", name, v))
		}
	}
	return strings.Join(parts, ", ")
}
