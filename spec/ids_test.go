package spec

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	ruleID      = regexp.MustCompile(`\bR-[A-Z]{3}-[0-9]{2}\b`)
	ruleDefined = regexp.MustCompile(`(?m)^\*\*(R-[A-Z]{3}-[0-9]{2})\*\*`)
)

// definedIDs gives the text that defines each rule.
func definedIDs(t *testing.T) map[string]string {
	t.Helper()
	defined := map[string]string{}
	names, err := fs.Glob(Texts, "*.md")
	if err != nil || len(names) < 6 {
		t.Fatalf("texts %v: %v", names, err)
	}
	for _, name := range names {
		b, err := Texts.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range ruleDefined.FindAllStringSubmatch(string(b), -1) {
			if before, ok := defined[m[1]]; ok {
				t.Errorf("%s is defined in %s and in %s", m[1], before, name)
			}
			defined[m[1]] = name
		}
	}
	return defined
}

// namedIn gives the ids that stand in the files of the tree that want takes.
func namedIn(t *testing.T, want func(path string) bool) map[string]string {
	t.Helper()
	root := ".."
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatalf("the module's root: %v", err)
	}
	named := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && strings.HasPrefix(entry.Name(), "."):
			return filepath.SkipDir
		case entry.IsDir() || !want(path):
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, id := range ruleID.FindAllString(string(b), -1) {
			if named[id] == "" {
				named[id] = path
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return named
}

// A rule that no test names is a rule that nobody would miss.
func TestEveryRuleIDIsNamedByATest(t *testing.T) {
	tested := namedIn(t, func(path string) bool { return strings.HasSuffix(path, "_test.go") })
	for id, text := range definedIDs(t) {
		if tested[id] == "" {
			t.Errorf("%s (%s) is named by no test", id, text)
		}
	}
}

// Whatever is named anywhere, in code, data or texts, is defined.
func TestEveryRuleIDIsDefined(t *testing.T) {
	defined := definedIDs(t)
	named := namedIn(t, func(path string) bool {
		return slices.Contains([]string{".go", ".md", ".yaml", ".csv"}, filepath.Ext(path)) && !strings.HasSuffix(path, "_test.go")
	})
	for id, path := range named {
		if defined[id] == "" {
			t.Errorf("%s, named in %s, is defined in no text", id, path)
		}
	}
	for _, id := range RuleIDs {
		if defined[id] != "enrollment.md" && defined[id] != "age-tiers.md" {
			t.Errorf("%s is a rule of decisions and defined in %q", id, defined[id])
		}
	}
}
