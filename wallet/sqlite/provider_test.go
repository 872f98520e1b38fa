package sqlite_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hyperledger/aries-framework-go/spi/storage"

	"github.com/halfmask/halfmask/wallet/sqlite"
)

func create(t *testing.T, path string) (*sqlite.Provider, storage.Store) {
	t.Helper()
	p, err := sqlite.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	s, err := p.OpenStore("things")
	if err != nil {
		t.Fatal(err)
	}
	return p, s
}

func reopen(t *testing.T, path string) (*sqlite.Provider, storage.Store) {
	t.Helper()
	p, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	s, err := p.OpenStore("things")
	if err != nil {
		t.Fatal(err)
	}
	return p, s
}

func TestValuesOutliveTheProvider(t *testing.T) {
	for _, name := range []string{"plain", "a?b#c%20d &e.db", "秘密"} {
		path := filepath.Join(t.TempDir(), name)
		p, s := create(t, path)
		if err := s.Put("k", []byte("v"), storage.Tag{Name: "kind", Value: "x"}); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 || entries[0].Name() != name {
			t.Errorf("%s: the folder holds %v, want the one file", name, entries)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v; want 0600", name, info.Mode(), err)
		}
		_, s = reopen(t, path)
		if v, err := s.Get("k"); err != nil || string(v) != "v" {
			t.Errorf("%s: got %q, %v", name, v, err)
		}
	}
}

func TestCreateRefusesToOverwrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Create(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v, want fs.ErrExist", err)
	}
	if b, _ := os.ReadFile(path); string(b) != "precious" {
		t.Errorf("the file now holds %q", b)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other.db")
	p, _ := create(t, other)
	p.Close()
	good, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	foreign := bytes.Clone(good)
	copy(foreign[68:], "\x00\x00\x00\x07") // SQLite's application_id
	newer := bytes.Clone(good)
	newer[63]++ // SQLite's user_version
	for _, c := range []struct {
		name    string
		content []byte
		want    error
	}{
		{"an empty file", nil, sqlite.ErrNotStore},
		{"text", []byte(strings.Repeat("This is a letter, not a wallet.\n", 100)), sqlite.ErrNotStore},
		{"another application's database", foreign, sqlite.ErrNotStore},
		{"a newer version", newer, sqlite.ErrVersion},
	} {
		path := filepath.Join(dir, "f")
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := sqlite.Open(path); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(after, c.content) {
			t.Errorf("%s: the file was changed", c.name)
		}
	}
	if _, err := sqlite.Open(dir); !errors.Is(err, sqlite.ErrNotStore) {
		t.Errorf("a directory: got %v", err)
	}
	if _, err := sqlite.Open(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: got %v", err)
	}
}

func TestOpenRefusesTruncatedFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	p, s := create(t, path)
	for i := range 40 {
		if err := s.Put(strconv.Itoa(i), bytes.Repeat([]byte{byte(i)}, 700)); err != nil {
			t.Fatal(err)
		}
	}
	p.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cuts := []int{0, 1, 15, 16, 50, 99, 100, 511, 512, 513, 4095}
	for n := 4096; n < len(whole); n += 4096 {
		cuts = append(cuts, n, n+1000)
	}
	for _, n := range append(cuts, len(whole)-1) {
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := sqlite.Open(path)
		if err == nil {
			p.Close()
			t.Errorf("cut to %d of %d bytes: opened", n, len(whole))
		} else if !errors.Is(err, sqlite.ErrDamaged) && !errors.Is(err, sqlite.ErrNotStore) {
			t.Errorf("cut to %d of %d bytes: %v is none of this package's errors", n, len(whole), err)
		}
	}
}

func TestSecondOpenIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	p, _ := create(t, path)
	if _, err := sqlite.Open(path); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("in this process: got %v, want ErrInUse", err)
	}
	if out := child(t, "open", path); !strings.Contains(out, "in use") {
		t.Errorf("in another process: got %q", out)
	}
	p.Close()
	if out := child(t, "open", path); out != "opened\n" {
		t.Errorf("after Close: got %q", out)
	}
}

func TestConcurrentOpensGiveOneProvider(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	p, _ := create(t, path)
	p.Close()
	var wg sync.WaitGroup
	results := make(chan error, 8)
	opened := make(chan *sqlite.Provider, 8)
	for range 8 {
		wg.Go(func() {
			p, err := sqlite.Open(path)
			if err == nil {
				opened <- p
			}
			results <- err
		})
	}
	wg.Wait()
	close(results)
	for err := range results {
		if err != nil && !errors.Is(err, sqlite.ErrInUse) {
			t.Error(err)
		}
	}
	if len(opened) != 1 {
		t.Errorf("%d providers, want 1", len(opened))
	}
	(<-opened).Close()
}

// TestKilledWriterLosesNothing kills a process that writes pairs of entries
// in one batch, and then looks for every pair that it had reported.
func TestKilledWriterLosesNothing(t *testing.T) {
	for round := range 4 {
		path := filepath.Join(t.TempDir(), "f")
		p, _ := create(t, path)
		p.Close()
		cmd := childCommand("write", path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(60+35*round)*time.Millisecond, func() { cmd.Process.Kill() })
		reported := -1
		for lines := bufio.NewScanner(out); lines.Scan(); {
			reported, _ = strconv.Atoi(lines.Text())
		}
		cmd.Wait()
		_, s := reopen(t, path)
		for i := 0; ; i++ {
			a, errA := s.Get(fmt.Sprint("a", i))
			b, errB := s.Get(fmt.Sprint("b", i))
			if (errA == nil) != (errB == nil) || !bytes.Equal(a, b) {
				t.Fatalf("round %d: half of pair %d: %v, %v", round, i, errA, errB)
			}
			if errA != nil {
				if i <= reported {
					t.Fatalf("round %d: pair %d is lost, %d was reported", round, i, reported)
				}
				break
			}
		}
	}
}

func TestFullDiskKeepsWhatWasThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	p, s := create(t, path)
	if err := s.Put("before", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	if err := sqlite.LimitSize(p, 2); err != nil {
		t.Fatal(err)
	}
	err := s.Batch([]storage.Operation{
		{Key: "small", Value: []byte("x")},
		{Key: "large", Value: bytes.Repeat([]byte("x"), 100_000)},
	})
	if !errors.Is(err, sqlite.ErrFull) {
		t.Fatalf("got %v, want ErrFull", err)
	}
	if _, err := s.Get("small"); !errors.Is(err, storage.ErrDataNotFound) {
		t.Errorf("half of the batch is there: %v", err)
	}
	p.Close()
	_, s = reopen(t, path)
	if v, err := s.Get("before"); err != nil || string(v) != "kept" {
		t.Errorf("got %q, %v", v, err)
	}
}

func TestClosedProviderSaysSo(t *testing.T) {
	p, s := create(t, filepath.Join(t.TempDir(), "f"))
	p.Close()
	if _, err := s.Get("k"); !errors.Is(err, sqlite.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
	if err := p.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

// child runs this test binary again as another process.
func child(t *testing.T, what, path string) string {
	t.Helper()
	out, err := childCommand(what, path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func childCommand(what, path string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "HALFMASK_TEST_CHILD="+what, "HALFMASK_TEST_PATH="+path)
	return cmd
}

func TestMain(m *testing.M) {
	what, path := os.Getenv("HALFMASK_TEST_CHILD"), os.Getenv("HALFMASK_TEST_PATH")
	switch what {
	case "":
		os.Exit(m.Run())
	case "open":
		if _, err := sqlite.Open(path); err != nil {
			fmt.Println(err)
		} else {
			fmt.Println("opened")
		}
	case "write":
		p, err := sqlite.Open(path)
		if err != nil {
			panic(err)
		}
		s, err := p.OpenStore("things")
		if err != nil {
			panic(err)
		}
		for i := 0; ; i++ {
			v := []byte(strings.Repeat(fmt.Sprint(i, " "), 300))
			if err := s.Batch([]storage.Operation{{Key: fmt.Sprint("a", i), Value: v}, {Key: fmt.Sprint("b", i), Value: v}}); err != nil {
				panic(err)
			}
			fmt.Println(i)
		}
	}
}
