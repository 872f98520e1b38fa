package exposure

import (
	"cmp"
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
		err := r.writeLines(w, strataTitles[stratum], func(line func(string, func(design string) string)) {
			for _, h := range report.Headlines {
				line(h.Label, func(d string) string {
					if row, ok := r.Find(d, Coalition(h.Coalition), stratum, h.Metric); ok {
						return report.PerHundred(row.report())
					}
					return ""
				})
			}
		})
		if err != nil {
			return err
		}
	}
	err := r.writeLines(w, "Both, whatever the platform", func(line func(string, func(design string) string)) {
		line("days until an order has its full reach", func(d string) string {
			if row, ok := r.Find(d, IssuerAlone, spec.AllStrata, OrderReachDelay); ok && !math.IsNaN(row.Estimate) {
				return fmt.Sprintf("%.0f", row.Estimate)
			}
			return ""
		})
		line("of 100000 residents, the rules exclude", func(d string) string {
			if row, ok := r.Find(d, IssuerAlone, spec.AllStrata, Exclusion); ok {
				return fmt.Sprintf("%.0f (%.0f-%.0f)", 1e5*row.Estimate, 1e5*row.Lo, 1e5*row.Hi)
			}
			return ""
		})
	})
	if err != nil {
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
	_, err = fmt.Fprintf(w, `
"none found" is %s, with the upper bound of
its 95 %% interval; that bbs proofs cannot be linked rests on the assumptions of
its security proof. Ranges are 95 %% intervals over people; of the residents, how
uncertain the size of the groups is.
`, found)
	return err
}

// writeLines writes a title and lines with a cell for each design, "-" for an
// empty one. Lines without a cell are left out, and so is a title without a
// line.
func (r *Result) writeLines(w io.Writer, title string, each func(line func(label string, cell func(design string) string))) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	fmt.Fprintf(t, "  \t%s\n", strings.Join(r.Manifest.Designs, "\t"))
	lines := 0
	each(func(label string, cell func(design string) string) {
		cells, some := make([]string, len(r.Manifest.Designs)), false
		for i, d := range r.Manifest.Designs {
			cells[i] = cmp.Or(cell(d), "-")
			some = some || cells[i] != "-"
		}
		if some {
			fmt.Fprintf(t, "  %s\t%s\n", label, strings.Join(cells, "\t"))
			lines++
		}
	})
	if err := t.Flush(); err != nil || lines == 0 {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s\n%s", title, b.String())
	return err
}
