package exposure

import (
	"encoding/json"
	"fmt"

	"github.com/halfmask/halfmask/exposure/report"
	"github.com/halfmask/halfmask/exposure/scenario"
)

// report gives the result as the package of that name takes it; manifest is
// the file of that name.
func (r *Result) report(manifest []byte) (*report.Data, error) {
	d := &report.Data{Details: r.Details}
	if err := json.Unmarshal(manifest, &d.Manifest); err != nil {
		return nil, fmt.Errorf("exposure: %w", err)
	}
	for _, row := range r.Rows {
		if row.Sweep == "" {
			d.Rows = append(d.Rows, row.report())
		} else {
			d.Swept = append(d.Swept, row.report())
		}
	}
	for _, e := range r.Exclusions {
		d.Exclusions = append(d.Exclusions, report.Exclusion{Rules: e.Rules, Group: e.Group, Title: e.Title, Tier: string(e.Tier),
			Document: string(e.Document), Residents: e.Residents, Low: e.Low, High: e.High, Excluded: e.Excluded, Reason: e.Reason})
	}
	d.Details.Causes, d.Details.Fields = make(map[string][]report.Cause), make(map[string][]report.Field)
	for design, causes := range r.Causes {
		d.Details.Causes[design] = []report.Cause{}
		for _, c := range causes {
			d.Details.Causes[design] = append(d.Details.Causes[design], report.Cause{Coalition: string(c.Coalition), Stratum: string(c.Stratum), Path: c.Path, Joins: c.Joins})
		}
	}
	for design, fields := range r.Fields {
		for _, f := range fields {
			d.Details.Fields[design] = append(d.Details.Fields[design], report.Field{Sight: string(f.Sight), Path: f.Path, Role: string(f.Role)})
		}
	}
	return d, nil
}

// PerHundred writes a share as a number of 100, and a zero as what it is:
// nothing found, with its bound.
func (r Row) PerHundred() string { return report.PerHundred(r.report()) }

func (r Row) report() report.Row {
	return report.Row{Design: r.Design, Coalition: string(r.Coalition), Stratum: string(r.Stratum), Metric: r.Metric,
		Estimate: r.Estimate, Lo: r.Lo, Hi: r.Hi, Method: r.Method, N: r.N, Unit: r.Unit, Sweep: r.Sweep, X: r.X}
}

// details puts those of all designs together.
func details(designs []scenario.Design, outcomes []*outcome) (d report.Details) {
	var names []string
	var all []*found
	for i, o := range outcomes {
		names, all = append(names, designs[i].Name), append(all, &o.found)
		d.Linkers = append(d.Linkers, o.details.Linkers...)
		d.Controls = append(d.Controls, o.details.Controls...)
		d.Profiles = append(d.Profiles, o.details.Profiles...)
		d.Curves = append(d.Curves, o.details.Curves...)
		d.Anonymity = append(d.Anonymity, o.details.Anonymity...)
		d.Channels = append(d.Channels, o.details.Channels...)
		d.Kin = append(d.Kin, o.details.Kin...)
	}
	d.Pairs = differences(names, all)
	return d
}
