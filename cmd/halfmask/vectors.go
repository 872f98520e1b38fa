package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs/fixture"
)

func vectorsCommand() *cobra.Command {
	c := &cobra.Command{Use: "vectors", Short: "Check published test vectors of BBS signatures"}
	c.AddCommand(vectorsCheckCommand())
	return c
}

// suites are the names that --suite takes.
var suites = map[string]*bbs.Suite{"sha256": bbs.SHA256, "shake256": bbs.SHAKE256}

func vectorsCheckCommand() *cobra.Command {
	var suiteName string
	var jsonOutput bool
	c := &cobra.Command{
		Use:   "check FILE|DIR…",
		Short: "Compute what fixture files contain again and compare byte for byte",
		Long: `Compute what fixture files of draft-irtf-cfrg-bbs-signatures-11 contain again
and compare byte for byte: key pairs, generators, hashes to scalars, mocked
random scalars, signatures and proofs. What a file calls invalid must be
refused. Of a folder, every .json file in it and below it is checked.

The layout does not name the ciphersuite. Without --suite it is told from the
names of the folders, then from the file's separation tags, and failing both,
the two are tried.

Exit code 1 on a mismatch, and when nothing was found to check.`,
		Example: `  halfmask vectors check ../shared/vectors/bbs
  halfmask vectors check --suite shake256 signature001.json proof001.json
  halfmask vectors check --json vectors | jq '.files[] | select(.ok | not)'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, paths []string) error {
			suite, known := suites[suiteName]
			if suiteName != "" && !known {
				return usagef("--suite: unknown suite %q; known: sha256, shake256", suiteName)
			}
			files, err := fixtureFiles(paths)
			if err != nil {
				return err
			}
			r := checkFixtures(files, suite)
			if jsonOutput {
				if err := printJSON(cmd.OutOrStdout(), r); err != nil {
					return err
				}
			} else {
				r.print(cmd.OutOrStdout())
			}
			return r.err()
		},
	}
	f := c.Flags()
	f.StringVar(&suiteName, "suite", "", "check under this `SUITE`: sha256 or shake256 (default: told from the files)")
	f.BoolVar(&jsonOutput, "json", false, "print JSON")
	return c
}

// fixtureFiles lists the files, and the .json files below the folders in the
// order of their names.
func fixtureFiles(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		err = filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && filepath.Ext(path) == ".json" {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// fixtureReport is what vectors check prints.
type fixtureReport struct {
	Files      []fixtureLine `json:"files"`
	OK         int           `json:"ok"`
	Mismatches int           `json:"mismatches"`
	Skipped    int           `json:"skipped"`
}

type fixtureLine struct {
	File    string       `json:"file"`
	Name    string       `json:"name,omitempty"`
	Kind    fixture.Kind `json:"kind,omitempty"`
	Suite   string       `json:"suite,omitempty"`
	OK      bool         `json:"ok"`
	Skipped bool         `json:"skipped,omitempty"`
	Detail  string       `json:"detail,omitempty"`
}

func checkFixtures(files []string, suite *bbs.Suite) *fixtureReport {
	r := &fixtureReport{Files: []fixtureLine{}}
	for _, file := range files {
		line := checkFixture(file, suite)
		switch {
		case line.Skipped:
			r.Skipped++
		case line.OK:
			r.OK++
		default:
			r.Mismatches++
		}
		r.Files = append(r.Files, line)
	}
	return r
}

func checkFixture(path string, suite *bbs.Suite) fixtureLine {
	line := fixtureLine{File: path}
	text, err := readFile(path, fixture.MaxSize)
	if err != nil {
		line.Detail = err.Error()
		return line
	}
	if suite == nil {
		suite = fixture.SuiteOf(path)
	}
	var under []*bbs.Suite
	if suite != nil {
		under = []*bbs.Suite{suite}
	}
	result, err := fixture.Check(text, under...)
	switch {
	case errors.Is(err, fixture.ErrNotFixture) && !claimsToBeFixture(text):
		line.Skipped, line.Detail = true, "in no layout that is known here"
	case err != nil:
		line.Detail = err.Error()
	default:
		line.Name, line.Kind, line.Suite = result.Name, result.Kind, result.Suite
		line.OK, line.Skipped = result.OK && !result.Skipped, result.Skipped
		line.Detail = strings.TrimPrefix(result.Detail, "skipped: ")
	}
	return line
}

// claimsToBeFixture tells a file of another kind, which is skipped, from a
// fixture that is damaged: that is not JSON at all, or has a case's name.
func claimsToBeFixture(text []byte) bool {
	var value any
	if json.Unmarshal(text, &value) != nil {
		return true
	}
	members, _ := value.(map[string]any)
	return members["caseName"] != nil
}

func (r *fixtureReport) print(w io.Writer) {
	for _, line := range r.Files {
		mark := "MISMATCH"
		switch {
		case line.Skipped:
			mark = "skipped"
		case line.OK:
			mark = "ok"
		}
		about := make([]string, 0, 3)
		for _, s := range []string{string(line.Kind), line.Suite, line.Detail} {
			if s != "" {
				about = append(about, s)
			}
		}
		fmt.Fprintf(w, "%-8s  %s  (%s)\n", mark, line.File, strings.Join(about, "; "))
	}
	fmt.Fprintf(w, "%d ok, %d mismatched, %d skipped\n", r.OK, r.Mismatches, r.Skipped)
}

func (r *fixtureReport) err() error {
	switch {
	case r.Mismatches > 0:
		return fmt.Errorf("%d of %d fixtures do not match", r.Mismatches, r.OK+r.Mismatches)
	case r.OK == 0:
		return errors.New("no fixture found: name .json files in the layout of the BBS draft's repository, or a folder with some")
	}
	return nil
}
