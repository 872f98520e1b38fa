package exposure

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/halfmask/halfmask/exposure/metrics"
	"github.com/halfmask/halfmask/exposure/report"
	"github.com/halfmask/halfmask/spec"
)

// runSmall runs a comparison that a test has the time for.
func runSmall(designs ...string) (*Result, error) {
	return Run(context.Background(), asked(24, 14, designs...), Options{})
}

var smallOnce = sync.OnceValues(func() (*Result, error) { return runSmall(append(Compared(), "sdjwt-batch", "bbs-pseudonym")...) })

// small is the comparison of all designs, run once for all tests.
func small(t *testing.T) *Result {
	t.Helper()
	if testing.Short() {
		t.Skip("a comparison of six designs")
	}
	r, err := smallOnce()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Rules R-EXP-06 and R-EXP-07: each stratum has its own rows, and an order is
// carried out.
func TestCompareSmall(t *testing.T) {
	r := small(t)
	for _, c := range []struct {
		design    string
		coalition Coalition
		stratum   spec.Stratum
		metric    string
		want      float64
	}{
		{"centralized-shared", IssuerAlone, spec.AllStrata, CentralSight, 1},
		{"centralized-pairwise", IssuerAlone, spec.AllStrata, CentralSight, 1},
		{"sdjwt-reused", IssuerAlone, spec.AllStrata, CentralSight, 0},
		{"bbs", IssuerAlone, spec.AllStrata, CentralSight, 0},
		{"centralized-shared", AllPlatforms, spec.Minimal, CrossPlatformLinkage, 1},
		{"centralized-pairwise", AllPlatforms, spec.Minimal, CrossPlatformLinkage, 0},
		{"sdjwt-reused", AllPlatforms, spec.Minimal, CrossPlatformLinkage, 1},
		{"bbs", AllPlatforms, spec.Minimal, CrossPlatformLinkage, 0},
		{"sdjwt-reused", IssuerAndPlatforms, spec.Minimal, CrossPlatformLinkage, 1},
		{"bbs-pseudonym", AllPlatforms, spec.Minimal, CrossPlatformLinkage, 0},
		{"bbs-pseudonym", IssuerAndPlatforms, spec.Minimal, CrossPlatformLinkage, 0},
		{"sdjwt-batch", AllPlatforms, spec.Minimal, CrossPlatformLinkage, 0},
		{"sdjwt-batch", IssuerAndPlatforms, spec.Minimal, CrossPlatformLinkage, 1},
		{"sdjwt-batch", IssuerAndPlatforms, spec.Minimal, Reidentification, 1},
		{"sdjwt-batch", IssuerAlone, spec.AllStrata, CentralSight, 0},
		{"bbs", IssuerAndPlatforms, spec.Minimal, CrossPlatformLinkage, 0},
		{"bbs", IssuerAndPlatforms, spec.Minimal, Reidentification, 0},
		{"centralized-shared", IssuerAlone, spec.AllStrata, OrderReach, 1},
		{"centralized-pairwise", IssuerAlone, spec.AllStrata, OrderReach, 1},
		{"sdjwt-reused", IssuerAlone, spec.AllStrata, OrderReach, 0},
		{"bbs", IssuerAlone, spec.AllStrata, OrderReach, 0},
		{"sdjwt-reused", IssuerAlone, spec.AllStrata, OrderReachEventual, 1},
		{"bbs", IssuerAlone, spec.AllStrata, OrderReachEventual, 1},
	} {
		row, ok := r.Find(c.design, c.coalition, c.stratum, c.metric)
		if !ok || row.Estimate != c.want {
			t.Errorf("%s, %s, %s, %s = %v (found %v), want %v; row %+v",
				c.design, c.coalition, c.stratum, c.metric, row.Estimate, ok, c.want, row)
		}
	}
}

// Rule R-EXP-08: the same rules exclude the same residents in every design,
// and the inclusive rules exclude fewer, group by group.
func TestExclusionIsExecutedAndEqual(t *testing.T) {
	r := small(t)
	first, ok := r.Find(r.Manifest.Designs[0], IssuerAlone, spec.AllStrata, Exclusion)
	if !ok || first.Estimate <= 0 || first.Lo >= first.Estimate || first.Hi <= first.Estimate {
		t.Fatalf("exclusion = %+v, want a share within its range", first)
	}
	for _, d := range r.Manifest.Designs {
		if row, _ := r.Find(d, IssuerAlone, spec.AllStrata, Exclusion); row.Estimate != first.Estimate {
			t.Errorf("%s excludes %v, %s %v", d, row.Estimate, first.Design, first.Estimate)
		}
	}
	national := make(map[string]bool)
	fewer := 0
	for _, c := range r.Exclusions {
		id := c.Group + " " + string(c.Tier)
		switch {
		case c.Rules == spec.National:
			national[id] = c.Excluded
			if c.Excluded && c.Reason == "" {
				t.Errorf("%s is excluded without a reason", id)
			}
		case c.Excluded && !national[id]:
			t.Errorf("%s excludes %s, %s does not", c.Rules, id, spec.National)
		case !c.Excluded && national[id]:
			fewer++
		}
	}
	if fewer == 0 {
		t.Error("the inclusive rules admit no group that the national rules exclude")
	}
}

// Rule R-EXP-01: what the authority holds changes nothing for the platforms,
// and what platforms hold nothing for the authority.
func TestCoalitionHasItsViewAndNoMore(t *testing.T) {
	if testing.Short() {
		t.Skip("the linkers alone, on many visits")
	}
	exchanges, visits, numbers := testDesign(60, 6, func(p int, body map[string]any) {
		body["handle"] = fmt.Sprintf("%016x", 0x9e3779b97f4a7c15*uint64(p+1))
	})
	// The authority alone sees the same handles, with names.
	var withAuthority []Exchange
	for _, e := range exchanges {
		copied := e
		copied.Party = Issuer
		copied.Request.Body = append([]byte(`{"document_number":"`+numbers[visits[e.Visit].person]+`","seen":`), append(e.Request.Body, '}')...)
		withAuthority = append(withAuthority, e, copied)
	}
	figure := func(exchanges []Exchange, c Coalition, metric string) float64 {
		rows := scored(exchanges, visits, numbers, 1).rows
		r := Result{Rows: rows}
		row, _ := r.Find("test", c, spec.Minimal, metric)
		return row.Estimate
	}
	if got := figure(withAuthority, AllPlatforms, Reidentification); got != 0 {
		t.Errorf("platforms name %v of the people by what the authority alone has", got)
	}
	if got := figure(withAuthority, IssuerAndPlatforms, Reidentification); got != 1 {
		t.Errorf("together they name %v of the people, want all", got)
	}
	if got := figure(exchanges, IssuerAlone, CrossPlatformLinkage); got != 0 {
		t.Errorf("the authority joins %v by what the platforms alone have", got)
	}
}

// Rule R-EXP-05: nothing found is printed as a bound.
func TestNothingFoundIsPrintedAsABound(t *testing.T) {
	e := metrics.Wilson(0, 300)
	if s := report.PerHundred(Row{Estimate: e.Value, Hi: e.Hi, Method: e.Method}.report()); s != "none found (< 1.0)" {
		t.Errorf("a zero of 300 is printed as %q", s)
	}
	r := small(t)
	var b bytes.Buffer
	if err := r.WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	if s := b.String(); !strings.Contains(s, "none found (<") || strings.Contains(s, "unlinkable") {
		t.Errorf("the table does not say what a zero means:\n%s", s)
	}
}

// Rule R-EXP-04: the same seed gives the same bytes, and a further design
// shifts nothing in the others.
func TestSameSeedSameBytes(t *testing.T) {
	designs := []string{"centralized-pairwise", "sdjwt-reused"}
	again, err := runSmall(designs...)
	if err != nil {
		t.Fatal(err)
	}
	var first Result
	for _, row := range small(t).Rows {
		if slices.Contains(designs, row.Design) {
			first.Rows = append(first.Rows, row)
		}
	}
	if !bytes.Equal(first.CSV(), again.CSV()) {
		t.Errorf("two runs of one seed differ:\n%s\n%s", first.CSV(), again.CSV())
	}
}

func TestWrite(t *testing.T) {
	r := small(t)
	dir := t.TempDir()
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"report.html", "results.csv", "exclusion.csv", "manifest.json", "transcripts/bbs.jsonl"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || len(b) == 0 {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
		if name == "report.html" && (strings.Contains(string(b), "src=") || strings.Contains(string(b), "ZgotmplZ") || strings.Contains(string(b), "@import")) {
			t.Errorf("report.html loads something or has an unsafe value")
		}
	}
	var b bytes.Buffer
	if err := r.WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	t.Log(b.String())
}
