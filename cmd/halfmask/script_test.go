package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"halfmask": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}})
}

// TestScripts types the stories of testdata/script as a user would. Beside
// the usual commands of testscript they have
//
//	capture NAME FILE PATTERN  put the pattern's first group into a variable; wait for a file that is not stdout or stderr
//	[!] json PATH TEXT         compare a member of the last output, which is JSON; members of lists have numbers
//	flip FILE TEXT NEW         change a text in a file, once
func TestScripts(t *testing.T) {
	vectors, err := filepath.Abs("../../../shared/vectors")
	if err != nil {
		t.Fatal(err)
	}
	own, err := filepath.Abs("../../credential/bbs/fixture/testdata")
	if err != nil {
		t.Fatal(err)
	}
	_, missing := os.Stat(vectors)
	if missing != nil && os.Getenv("HALFMASK_REQUIRE_VECTORS") == "1" {
		t.Fatalf("the published vectors are required and not there: %v", missing)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_DATA_HOME", filepath.Join(e.WorkDir, "data"))
			e.Setenv("HALFMASK_PASSPHRASE", "")
			e.Setenv("VECTORS", vectors)
			e.Setenv("OWN_VECTORS", own)
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "vectors" {
				return false, fmt.Errorf("unknown condition %s", name)
			}
			return missing == nil, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"capture": capture, "json": member, "flip": flip,
		},
	})
}

func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: capture NAME FILE PATTERN")
	}
	pattern, err := regexp.Compile("(?m)" + args[2])
	ts.Check(err)
	output := args[1] == "stdout" || args[1] == "stderr"
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var text string
		if output {
			text = ts.ReadFile(args[1])
		} else if b, err := os.ReadFile(ts.MkAbs(args[1])); err == nil {
			text = string(b)
		}
		if found := pattern.FindStringSubmatch(text); found != nil {
			ts.Setenv(args[0], found[1])
			return
		}
		if output || time.Now().After(deadline) {
			ts.Fatalf("no match for %s in %s: %s", args[2], args[1], text)
		}
	}
}

func member(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: json PATH TEXT")
	}
	var v any
	if err := json.Unmarshal([]byte(ts.ReadFile("stdout")), &v); err != nil {
		ts.Fatalf("the output is not JSON: %v", err)
	}
	for _, name := range strings.Split(args[0], ".") {
		switch inner := v.(type) {
		case map[string]any:
			v = inner[name]
		case []any:
			var i int
			if name == "length" {
				v = len(inner)
			} else if _, err := fmt.Sscan(name, &i); err != nil || i >= len(inner) {
				ts.Fatalf("no member %s of a list of %d", name, len(inner))
			} else {
				v = inner[i]
			}
		default:
			v = nil
		}
	}
	if got := fmt.Sprint(v); (got == args[1]) == neg {
		ts.Fatalf("%s is %s", args[0], got)
	}
}

func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: flip FILE TEXT NEW")
	}
	before := ts.ReadFile(args[0])
	after := strings.Replace(before, args[1], args[2], 1)
	if before == after {
		ts.Fatalf("%s does not contain %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(after), 0o600))
}
