package interop

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/halfmask/halfmask/credential"
)

// The four ways to meet other people's issuers, wallets and verifiers. The
// sections of protocols have a row for each that is promised of them.
const (
	theirIssuer   = "their issuer → our wallet"
	ourIssuer     = "our issuer → their wallet"
	ourVerifier   = "our verifier ← their wallet"
	theirVerifier = "their verifier ← our wallet"
)

var directions = []string{theirIssuer, ourIssuer, ourVerifier, theirVerifier}

// matrix is what was tried. Sections are added before the first test goes
// parallel, and each is one test's own.
var matrix []*section

// section is one counterpart.
type section struct {
	pkg, version, remark string
	rows                 []*row
}

// row is a kind of exchange, in one direction.
type row struct {
	what              string
	accepted, refused tally
	gaps              []string // what the other side should have refused
	impossible        []string // what one side does not do, and why
}

type tally struct{ held, all int }

func (n tally) String() string {
	if n.all == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d", n.held, n.all)
}

// promised are the directions that each counterpart of the protocols must
// work in.
var promised = map[string][]string{
	"@openid4vc/openid4vci": {theirIssuer, ourIssuer},
	"@credo-ts/openid4vc":   directions,
	"irmago":                {ourIssuer, ourVerifier},
}

func TestMain(m *testing.M) {
	code := m.Run()
	running.stop()
	// go test shows this in the folder itself and with -v.
	printMatrix()
	if everything := flag.Lookup("test.run").Value.String() == ""; required && everything && !keptPromises() {
		code = 1
	}
	os.Exit(code)
}

// keptPromises looks for an exchange that the other side accepted in each
// promised cell.
func keptPromises() bool {
	kept := true
	for pkg, directions := range promised {
		i := slices.IndexFunc(matrix, func(s *section) bool { return s.pkg == pkg })
		for _, d := range directions {
			if i < 0 || matrix[i].find(d) == nil || matrix[i].find(d).accepted.held == 0 {
				fmt.Printf("promised and not shown: %s: %s\n", pkg, d)
				kept = false
			}
		}
	}
	return kept
}

func printMatrix() {
	var all, gaps int
	for i, s := range matrix {
		if i == 0 {
			fmt.Printf("%-62s %-11s %s\n", "as demanded:", "accepted", "refused")
		}
		fmt.Printf("\n%s %s: %s\n", s.pkg, s.version, s.remark)
		for _, r := range s.rows {
			fmt.Printf("  %-60s %-11s %s\n", r.what, r.accepted, r.refused)
			all += r.accepted.held + r.refused.held
			gaps += len(r.gaps)
			for _, gap := range r.gaps {
				fmt.Printf("    not refused: %s\n", gap)
			}
			for _, why := range r.impossible {
				fmt.Printf("    impossible: %s\n", why)
			}
		}
	}
	if all > 0 {
		printDirections()
		fmt.Printf("\n%d exchanges as demanded; %d that the other side should have refused and did not\n", all, gaps)
	}
}

// printDirections sums the sections up, a line each: how many exchanges in
// each direction went as demanded.
func printDirections() {
	fmt.Printf("\n%-42s", "")
	for _, d := range directions {
		fmt.Printf("  %s", d)
	}
	fmt.Println()
	for _, s := range matrix {
		fmt.Printf("%-42s", s.pkg+" "+s.version)
		both := 0
		for _, r := range s.rows {
			if !slices.Contains(directions, r.what) {
				both += r.accepted.held + r.refused.held
			}
		}
		if both > 0 {
			fmt.Printf("  %d, both ways", both)
		}
		for _, d := range directions {
			cell := ""
			if r := s.find(d); r != nil {
				cell = fmt.Sprint(r.accepted.held + r.refused.held)
			}
			if both == 0 {
				fmt.Printf("  %-*s", utf8.RuneCountInString(d), cell)
			}
		}
		fmt.Println()
	}
}

// against gives the section of an npm package; the first remark stays.
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
	return sectionOf(pkg, about.Version, remark)
}

// againstGo gives the section of a Go module that the module in a folder
// requires.
func againstGo(t *testing.T, folder, module, remark string) *section {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if version, ok := strings.CutPrefix(strings.TrimSpace(line), module+" "); ok {
			return sectionOf(path.Base(module), version, remark)
		}
	}
	t.Fatalf("%s/go.mod does not require %s", folder, module)
	return nil
}

func sectionOf(pkg, version, remark string) *section {
	for _, s := range matrix {
		if s.pkg == pkg {
			return s
		}
	}
	s := &section{pkg: pkg, version: version, remark: remark}
	matrix = append(matrix, s)
	return s
}

func (s *section) find(what string) *row {
	for _, r := range s.rows {
		if r.what == what {
			return r
		}
	}
	return nil
}

// row gives the row of that name, a new one below the others if need be.
func (s *section) row(format string, args ...any) *row {
	what := fmt.Sprintf(format, args...)
	if r := s.find(what); r != nil {
		return r
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

// cannot notes an exchange that one side does not do, shown by what it says,
// and fails once it does: then the exchange belongs to accepts.
func (r *row) cannot(t *testing.T, what, why string, err error, because string) {
	t.Helper()
	var said *refusal
	if !errors.As(err, &said) || !strings.Contains(said.words, because) {
		t.Errorf("%s: %s: %v, and not %q any more", r.what, what, err, because)
		return
	}
	r.impossible = append(r.impossible, what+": "+why)
}
