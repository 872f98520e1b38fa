package halfmask_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestRefusalsAreTested holds spec/refusals.md to the tests that it names.
func TestRefusalsAreTested(t *testing.T) {
	page, err := os.ReadFile("spec/refusals.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| [^|]+ \\| ([^|]+) \\| `([^`]+)`: `([^`]+)` \\|$")
	code := regexp.MustCompile("`([^`]+)`")
	rows := row.FindAllStringSubmatch(string(page), -1)
	if lines := strings.Count(string(page), "\n| "); len(rows) != lines-6 { // a line of heads for each of six tables
		t.Fatalf("%d rows of %d lines can be read", len(rows), lines)
	}
	for _, r := range rows {
		text, err := os.ReadFile(r[2])
		if err != nil {
			t.Error(err)
			continue
		}
		if !strings.Contains(string(text), r[3]) {
			t.Errorf("%s does not name %q", r[2], r[3])
		}
		for _, c := range code.FindAllStringSubmatch(r[1], -1) {
			if !strings.Contains(string(text), c[1]) {
				t.Errorf("%s, %q: no code %s", r[2], r[3], c[1])
			}
		}
	}
}
