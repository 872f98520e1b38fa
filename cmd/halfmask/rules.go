package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/spec"
)

func rulesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "rules",
		Short: "Ask the enrollment rules",
	}
	c.AddCommand(rulesDecideCommand())
	return c
}

func rulesDecideCommand() *cobra.Command {
	var (
		document, birth, on, expires, ruleSet  string
		guardian, relation                     string
		guardianConsent, noConsent, jsonOutput bool
	)
	c := &cobra.Command{
		Use:   "decide --document KIND --birth-date DAY",
		Short: "Decide an application by the rules, with every rule that spoke",
		Long: `Decide an application by the rules: the age tier, the outcome and the reasons.
Exit code 1 when the rules refuse.

Document kinds:
  ` + strings.Join(kindNames(), "\n  "),
		Example: `  # a day before the fourteenth birthday: a guardian must apply
  halfmask rules decide --document resident-identity-card --birth-date 2012-11-23 --on 2026-11-22
  halfmask rules decide --document resident-identity-card --birth-date 2012-11-23 --on 2026-11-22 \
      --guardian resident-identity-card:1985-02-01
  # the same under other rules
  halfmask rules decide --document unhcr-certificate --birth-date 1990-05-01 --rules inclusive --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rules, err := spec.LoadRules(ruleSet)
			if err != nil {
				return err
			}
			day := spec.DateOf(time.Now())
			if on != "" {
				if day, err = spec.ParseDate(on); err != nil {
					return usagef("--on: %w", err)
				}
			}
			born, err := spec.ParseDate(birth)
			if err != nil {
				return usagef("--birth-date: %w", err)
			}
			a := enrollment.Application{BirthDate: born, Consent: !noConsent}
			if a.Document, err = documentOf(document, expires, day); err != nil {
				return usagef("--document: %w", err)
			}
			tier := rules.TierOf(rules.Settings.Age(born, day))
			if guardian != "" {
				g := &enrollment.Guardian{Relation: spec.Relation(relation), Part: spec.Supervises, Consent: guardianConsent}
				if tier == spec.Under14 {
					g.Part = spec.Applies
				}
				if err := parseGuardian(guardian, g, day); err != nil {
					return usagef("--guardian: %w", err)
				}
				a.Guardian = g
			}
			decision := enrollment.Decide(a, rules, day)
			if jsonOutput {
				if err := printJSON(cmd.OutOrStdout(), decision); err != nil {
					return err
				}
			} else {
				printDecision(cmd.OutOrStdout(), decision)
			}
			if refusing, refused := decision.Refusing(); refused {
				return fmt.Errorf("refused by %s", because(refusing))
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&document, "document", "", "kind of the document `KIND`")
	f.StringVar(&birth, "birth-date", "", "the applicant's birth date `DAY`, as YYYY-MM-DD")
	f.StringVar(&on, "on", "", "decide as on this `DAY` (default today in UTC+8)")
	f.StringVar(&expires, "expires", "", "last day of the document's validity `DAY`, or \"permanent\" (default: valid for another year)")
	f.StringVar(&ruleSet, "rules", spec.National, "rule `SET`: "+strings.Join(spec.RuleSets(), ", ")+", or a YAML file")
	f.StringVar(&guardian, "guardian", "", "a guardian's `DOCUMENT`: KIND, birth DAY or KIND:DAY (default: the person applies alone)")
	f.StringVar(&relation, "guardian-relation", string(spec.Parent), "the guardian's `RELATION`: parent or guardian")
	f.BoolVar(&guardianConsent, "guardian-consent", true, "the guardian consents")
	f.BoolVar(&noConsent, "involuntary", false, "the applicant did not declare free will")
	f.BoolVar(&jsonOutput, "json", false, "print JSON")
	c.MarkFlagRequired("document")
	c.MarkFlagRequired("birth-date")
	return c
}

func kindNames() []string {
	var names []string
	for _, k := range spec.KnownKinds {
		names = append(names, string(k))
	}
	return names
}

// documentOf makes a document of a kind. An unknown kind is a slip of the
// keyboard here, not a refused application.
func documentOf(kind, expires string, on spec.Date) (enrollment.Document, error) {
	d := enrollment.Document{Kind: spec.DocumentKind(kind)}
	if !slices.Contains(spec.KnownKinds, d.Kind) {
		return d, fmt.Errorf("unknown kind %q; known: %s", kind, strings.Join(kindNames(), ", "))
	}
	switch expires {
	case "":
		d.Expires = on.AddDays(365)
	case "permanent":
		d.Permanent = true
	default:
		day, err := spec.ParseDate(expires)
		if err != nil {
			return d, err
		}
		d.Expires = day
	}
	return d, nil
}

// parseGuardian reads KIND, DAY or KIND:DAY; what is not given is an adult's
// resident identity card.
func parseGuardian(s string, g *enrollment.Guardian, on spec.Date) error {
	kind, day, both := strings.Cut(s, ":")
	if !both && kind != "" && kind[0] >= '0' && kind[0] <= '9' {
		kind, day = string(spec.ResidentIdentityCard), kind
	}
	if day == "" {
		day = "1980-01-01"
	}
	var err error
	if g.Document, err = documentOf(kind, "", on); err != nil {
		return err
	}
	g.BirthDate, err = spec.ParseDate(day)
	return err
}

// printDecision prints the decision in a sentence's worth of lines, and then
// what each rule found.
func printDecision(w io.Writer, d enrollment.Decision) {
	age := "age unknown"
	if d.Age >= 0 {
		age = fmt.Sprintf("%d completed years on %s", d.Age, d.On)
	}
	tier := string(d.Tier)
	if tier == "" {
		tier = "none"
	}
	fmt.Fprintf(w, "tier     %s (%s)\noutcome  %s\nrules    %s\n", tier, age, d.Outcome, d.Rules)
	fmt.Fprintln(w, "\nEach rule, the part of the application that it looked at, and what it found there:")
	for _, r := range d.Reasons {
		mark := "met    "
		if !r.Passed {
			mark = "NOT MET"
		}
		found := r.Detail
		if found == "" {
			found = "yes"
		}
		fmt.Fprintf(w, "  %s  %-8s  %s\n%*s%s: %s\n", mark, r.Rule, r.Text, 21, "", r.Field, found)
	}
}

// because says which rule was not met, where, and what it found.
func because(r enrollment.Reason) string {
	return fmt.Sprintf("rule %s on %s: %s", r.Rule, r.Field, notMet(r))
}

// notMet gives the text of a rule that was not met, which says what would
// have been right, and what the rule found instead.
func notMet(r enrollment.Reason) string {
	s := "not met: " + r.Text
	if r.Detail != "" {
		s += " (" + r.Detail + ")"
	}
	return s
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
