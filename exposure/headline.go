package exposure

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/halfmask/halfmask/exposure/report"
	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/spec"
)

var strataTitles = map[spec.Stratum]string{
	spec.Minimal:   "Platforms that need no identity in plain text (stratum minimal)",
	spec.Plaintext: "Platforms that the law makes take it: no wallet helps there (stratum plaintext)",
	spec.AllStrata: "All platforms together: what the plaintext platforms add (stratum all)",
}

// made says what the figures come from.
func (m Manifest) made() string {
	switch m.Backend {
	case string(scenario.StandIn):
		return "No login was executed: the figures are of stand-ins, each held to executed sessions."
	case captured:
		return "The logins are those of the captured bytes."
	}
	return "Every login was executed over HTTP; the figures come from the recorded bytes."
}

// WriteTable writes the headlines for a terminal.
func (r *Result) WriteTable(w io.Writer) error {
	m := r.Manifest
	fmt.Fprintf(w, "%d synthetic people, drawn from the population; %d can enroll under %s, in every design.\n", m.People, m.Enrolled, m.Rules)
	fmt.Fprintf(w, "%d logins in %d days from %s: %d at platforms of stratum minimal, %d of stratum plaintext.\n",
		m.Logins, m.Days, m.Start, m.LoginsIn[spec.Minimal], m.LoginsIn[spec.Plaintext])
	fmt.Fprintf(w, "%s Seed %d.\n", m.made(), m.Seed)
	for _, left := range m.LeftOut {
		fmt.Fprintf(w, "Left out: %s.\n", left)
	}

	for _, stratum := range Strata {
		fmt.Fprintf(w, "\n%s\n", strataTitles[stratum])
		t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
		fmt.Fprintf(t, "  \t%s\n", strings.Join(m.Designs, "\t"))
		for _, h := range report.Headlines {
			fmt.Fprintf(t, "  %s", h.Label)
			for _, d := range m.Designs {
				cell := "-"
				if row, ok := r.Find(d, Coalition(h.Coalition), stratum, h.Metric); ok {
					cell = report.PerHundred(row.report())
				}
				fmt.Fprintf(t, "\t%s", cell)
			}
			fmt.Fprintln(t)
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}

	fmt.Fprintf(w, "\nBoth, whatever the platform\n")
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(t, "  \t%s\n", strings.Join(m.Designs, "\t"))
	fmt.Fprintf(t, "  days until an order has its full reach")
	for _, d := range m.Designs {
		cell := "-"
		if row, ok := r.Find(d, IssuerAlone, spec.AllStrata, OrderReachDelay); ok && !math.IsNaN(row.Estimate) {
			cell = fmt.Sprintf("%.0f", row.Estimate)
		}
		fmt.Fprintf(t, "\t%s", cell)
	}
	fmt.Fprintf(t, "\n  of 100000 residents, the rules exclude")
	for _, d := range m.Designs {
		cell := "-"
		if row, ok := r.Find(d, IssuerAlone, spec.AllStrata, Exclusion); ok {
			cell = fmt.Sprintf("%.0f (%.0f-%.0f)", 1e5*row.Estimate, 1e5*row.Lo, 1e5*row.Hi)
		}
		fmt.Fprintf(t, "\t%s", cell)
	}
	fmt.Fprintln(t)
	if err := t.Flush(); err != nil {
		return err
	}
	for _, set := range exclusionBySet(r.Exclusions) {
		if set.rules != m.Rules {
			fmt.Fprintf(w, "  Under %s it would be %.0f of 100000 in every design.\n", set.rules, 1e5*set.share)
		}
	}
	found := `what these linkers found on these bytes`
	if m.Backend == string(scenario.StandIn) {
		found = "what equal values join in the stand-ins"
	}
	_, err := fmt.Fprintf(w, `
"none found" is %s, with the upper bound of
its 95 %% interval; that bbs proofs cannot be linked rests on the assumptions of
its security proof. Ranges are 95 %% intervals over people; of the residents, how
uncertain the size of the groups is.
`, found)
	return err
}
