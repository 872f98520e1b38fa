package exposure

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/spec"
)

// small is a comparison that a test has the time for.
func small(t *testing.T, designs ...string) *Result {
	t.Helper()
	s, err := DefaultScenario()
	if err != nil {
		t.Fatal(err)
	}
	s.People, s.Days = 24, 20
	r, err := Compare(context.Background(), s, Options{Designs: designs})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

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
			t.Errorf("%s, %s, %s, %s = %v (found %v), want %v; causes %v",
				c.design, c.coalition, c.stratum, c.metric, row.Estimate, ok, c.want, r.Causes[c.design])
		}
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	a, b := small(t, "centralized-pairwise", "sdjwt-reused"), small(t, "centralized-pairwise", "sdjwt-reused")
	if !bytes.Equal(a.CSV(), b.CSV()) {
		t.Errorf("two runs of one seed differ:\n%s\n%s", a.CSV(), b.CSV())
	}
}

func TestWrite(t *testing.T) {
	r := small(t, "centralized-shared", "bbs")
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
