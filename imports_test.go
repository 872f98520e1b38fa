// Package halfmask holds the one test that reads the whole tree: imports run
// one way.
package halfmask

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/halfmask/halfmask/"

// layers orders the top-level folders: a folder imports its own layer's same
// folder and lower layers, nothing else.
var layers = map[string]int{
	"spec": 0, "credential": 1, "protocol": 2,
	"issuer": 3, "holder": 3, "verifier": 3,
	"wallet": 4, "exposure": 5, "demo": 6, "cmd": 7,
}

// only narrows what single folders may import of the project, tests included.
var only = map[string][]string{
	"issuer/enrollment":     {"spec", "spec/strictjson", "issuer/enrollment"},
	"credential/internal":   {"credential/internal"},
	"credential/bbs":        {"credential", "credential/bbs", "credential/internal/g1", "credential/internal/timing"},
	"credential/rangeproof": {"credential", "credential/rangeproof", "credential/internal/g1", "credential/internal/timing"},
}

// allowed reports whether a file in folder from may import folder to, both
// relative to the module.
func allowed(from, to string) bool {
	for folder, targets := range only {
		if within(from, folder) {
			ok := false
			for _, t := range targets {
				ok = ok || t == to || (t == folder && within(to, t))
			}
			if !ok {
				return false
			}
		}
	}
	a, b := top(from), top(to)
	return a == b || layers[b] < layers[a]
}

func within(folder, parent string) bool {
	return folder == parent || strings.HasPrefix(folder, parent+"/")
}

func top(folder string) string { return strings.SplitN(folder, "/", 2)[0] }

func TestImportsRunOneWay(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") {
			return err
		}
		from := path.Dir(filepath.ToSlash(p))
		if from == "." {
			return nil
		}
		if _, ok := layers[top(from)]; !ok {
			t.Errorf("%s: no layer for the top-level folder %s", p, top(from))
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		files++
		for _, spec := range f.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if to, ok := strings.CutPrefix(name, module); ok && !allowed(from, to) && !(strings.HasSuffix(p, "_test.go") && onlyTest(from, to)) {
				t.Errorf("%s imports %s: imports run spec < credential < protocol < roles < wallet < exposure < demo < cmd", p, to)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Fatal("no Go file found")
	}
}

// onlyTest reports whether a test may import what its package may not: one of a
// role may play the other ends of its protocol, and the benchmarks of all the
// arithmetic are in one place.
func onlyTest(from, to string) bool {
	if from == "credential/bbs" && to == "credential/rangeproof" {
		return true
	}
	return layers[top(from)] == 3 && layers[top(to)] == 3 && from == top(from)
}

// TestImportsThatRunBackAreSeen shows that the test above can fail.
func TestImportsThatRunBackAreSeen(t *testing.T) {
	for _, c := range []struct {
		from, to string
		ok       bool
	}{
		{"spec", "credential", false},
		{"credential/sdjwt", "protocol/openid4vp", false},
		{"issuer", "holder", false},
		{"issuer/enrollment", "credential", false},
		{"issuer/enrollment/document", "spec/strictjson", true},
		{"issuer/enrollment/mint", "issuer", false},
		{"credential/bbs", "spec", false},
		{"credential/internal/g1", "credential", false},
		{"credential/rangeproof", "credential/bbs", false},
		{"credential/rangeproof", "credential/internal/g1", true},
		{"credential/bbs/fixture", "credential/bbs", true},
		{"credential/bbs2023", "credential/bbs", true},
		{"issuer", "issuer/enrollment", true},
		{"issuer/enrollment/mint", "issuer/enrollment/document", true},
		{"wallet", "holder", true},
		{"wallet", "exposure", false},
		{"cmd/halfmask", "exposure", true},
	} {
		if allowed(c.from, c.to) != c.ok {
			t.Errorf("allowed(%q, %q) = %v", c.from, c.to, !c.ok)
		}
	}
}
