package exposure

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func claimed(t *testing.T, dir string, seed uint64) (release func(), err error) {
	t.Helper()
	s := asked(4, 2, "centralized-shared")
	s.Seed = seed
	r, err := newRun(s, Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return r.claim()
}

func TestFolderIsForOneRunAtATime(t *testing.T) {
	dir := t.TempDir()
	release, err := claimed(t, dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := claimed(t, dir, 1); !errors.Is(err, errBusy) {
		t.Errorf("a second run at the same time: %v", err)
	}
	release()
	if release, err = claimed(t, dir, 1); err != nil {
		t.Fatalf("after the first one: %v", err)
	}
	release()
}

func TestFolderIsRefused(t *testing.T) {
	write := func(t *testing.T, dir, name, text string) {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	kept := func(t *testing.T, dir string) string {
		release, err := claimed(t, dir, 1)
		if err != nil {
			t.Fatal(err)
		}
		release()
		b, err := os.ReadFile(filepath.Join(dir, "chunks", "run.json"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for name, c := range map[string]struct {
		seed  uint64
		want  string
		setUp func(t *testing.T, dir string)
	}{
		"another seed": {2, `scenario.seed was "1" and is "2"`, func(t *testing.T, dir string) { kept(t, dir) }},
		"another version": {1, `version was "v0.0.1" and is`, func(t *testing.T, dir string) {
			write(t, dir, "chunks/run.json", strings.Replace(kept(t, dir), version(), "v0.0.1", 1))
		}},
		"other data": {1, `data.platforms.yaml was "00`, func(t *testing.T, dir string) {
			write(t, dir, "chunks/run.json", strings.Replace(kept(t, dir), `"platforms.yaml": "`, `"platforms.yaml": "00`, 1))
		}},
		"a damaged run.json":      {1, "run.json is damaged", func(t *testing.T, dir string) { write(t, dir, "chunks/run.json", "{") }},
		"somebody else's results": {1, "has a results.csv and no chunks", func(t *testing.T, dir string) { write(t, dir, "results.csv", "a,b\n") }},
		"a file in its place":     {1, "not a directory", func(t *testing.T, dir string) { write(t, dir, "chunks", "") }},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			c.setUp(t, dir)
			if release, err := claimed(t, dir, c.seed); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
				if err == nil {
					release()
				}
			}
		})
	}
}

func TestUnfinishedFilesOfAKilledRunAreRemoved(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, "chunks", "bbs", unfinished+"1")
	if err := errors.Join(os.MkdirAll(filepath.Dir(left), 0o755), os.WriteFile(left, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	release, err := claimed(t, dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

// Where one file cannot be written, those of before stay, whole.
func TestWriteFilesWritesAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	if err := WriteFiles(dir, map[string][]byte{"a": []byte("before"), "b/c": []byte("before")}); err != nil {
		t.Fatal(err)
	}
	err := WriteFiles(dir, map[string][]byte{"a": []byte("after"), "b/c": []byte("after"), "b/c/d": []byte("in a file")})
	if err == nil || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("a file within a file: %v", err)
	}
	for _, name := range []string{"a", "b/c"} {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(b) != "before" {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	var names []string
	filepath.WalkDir(dir, func(path string, d os.DirEntry, _ error) error {
		if !d.IsDir() {
			names = append(names, path)
		}
		return nil
	})
	if len(names) != 2 {
		t.Errorf("left behind: %v", names)
	}
}

// A chunk that was cut off or damaged is made again, and the figures are the
// same.
func TestDamagedChunkIsMadeAgain(t *testing.T) {
	s, dir := asked(20, 3, "centralized-shared"), t.TempDir()
	first, err := Run(context.Background(), s, Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	name := chunkFile(dir, "centralized-shared", 0)
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, info.Size()/2); err != nil {
		t.Fatal(err)
	}
	again, err := Run(context.Background(), s, Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if string(again.CSV()) != string(first.CSV()) {
		t.Error("other figures after the chunk was made again")
	}
}
