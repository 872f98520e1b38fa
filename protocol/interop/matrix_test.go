package interop

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/credential"
)

// matrix is what was tried. Sections are added before the first test goes
// parallel, and each is one test's own.
var matrix []*section

// section is one counterpart.
type section struct {
	name string
	rows []*row
}

// row is a kind of exchange, in one direction.
type row struct {
	what              string
	accepted, refused tally
	gaps              []string // what the other side should have refused
}

type tally struct{ held, all int }

func (n tally) String() string {
	if n.all == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d", n.held, n.all)
}

func TestMain(m *testing.M) {
	code := m.Run()
	// go test shows this in the folder itself and with -v.
	printMatrix()
	os.Exit(code)
}

func printMatrix() {
	var all, gaps int
	for i, s := range matrix {
		if i == 0 {
			fmt.Printf("%-62s %-11s %s\n", "as demanded:", "accepted", "refused")
		}
		fmt.Printf("\n%s\n", s.name)
		for _, r := range s.rows {
			fmt.Printf("  %-60s %-11s %s\n", r.what, r.accepted, r.refused)
			all += r.accepted.held + r.refused.held
			gaps += len(r.gaps)
			for _, gap := range r.gaps {
				fmt.Printf("    not refused: %s\n", gap)
			}
		}
	}
	if all > 0 {
		fmt.Printf("\n%d exchanges as demanded; %d that the other side should have refused and did not\n", all, gaps)
	}
}

// against begins a section for an npm package, with a remark.
func against(t *testing.T, pkg, remark string) *section {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("node_modules", filepath.FromSlash(pkg), "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	var about struct{ Version string }
	if err := json.Unmarshal(text, &about); err != nil {
		t.Fatal(err)
	}
	s := &section{name: pkg + " " + about.Version + ": " + remark}
	matrix = append(matrix, s)
	return s
}

// row gives the row of that name, a new one below the others if need be.
func (s *section) row(format string, args ...any) *row {
	what := fmt.Sprintf(format, args...)
	for _, r := range s.rows {
		if r.what == what {
			return r
		}
	}
	r := &row{what: what}
	s.rows = append(s.rows, r)
	return r
}

// accepts demands that a side said yes.
func (r *row) accepts(t *testing.T, what string, err error) {
	t.Helper()
	r.accepted.all++
	if err != nil {
		t.Errorf("%s: %s: %v", r.what, what, err)
		return
	}
	r.accepted.held++
}

// refuses demands that a side said no: ours with a *credential.Error whose
// Check is because, theirs with because in its words. Where either of two
// checks may come first, because is "one or other".
func (r *row) refuses(t *testing.T, what string, err error, because string) {
	t.Helper()
	r.refused.all++
	t.Logf("%s: %s: %v", r.what, what, err)
	reasons := strings.Split(because, " or ")
	var ours *credential.Error
	var theirs *refusal
	switch {
	case err == nil:
		t.Errorf("%s: %s was accepted", r.what, what)
	case errors.As(err, &ours):
		if !slices.Contains(reasons, ours.Check) {
			t.Errorf("%s: %s: failed check %s, want %s: %v", r.what, what, ours.Check, because, err)
			return
		}
		r.refused.held++
	case errors.As(err, &theirs):
		if !slices.ContainsFunc(reasons, func(s string) bool { return strings.Contains(theirs.words, s) }) {
			t.Errorf("%s: %s: %v, want %q", r.what, what, err, because)
			return
		}
		r.refused.held++
	default:
		t.Errorf("%s: %s: %v is nobody's refusal", r.what, what, err)
	}
}

// gap notes what a counterpart accepts and should not, and fails once it
// does refuse: then the exchange belongs to refuses.
func (r *row) gap(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %s is refused by now: %v", r.what, what, err)
		return
	}
	r.gaps = append(r.gaps, what)
}
