package exposure

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/halfmask/halfmask/exposure/scenario"
)

// identity is what a folder is taken up again for, and by which program. The
// designs, the coalitions, the sweeps and the number of seeds are left out: a
// later run may have more of them.
type identity struct {
	Version  string
	Scenario scenario.Scenario
	Rules    string
	Data     map[string]string
}

func (r *run) identity() ([]byte, error) {
	s := *r.scenario
	s.Name, s.Designs, s.Coalitions, s.Sweeps, s.Seeds = "", nil, nil, scenario.Sweeps{}, 0
	data := dataDigests()
	if s.Trace != "" {
		sum, err := digestFile(s.Trace)
		if err != nil {
			return nil, fmt.Errorf("exposure: %w", err)
		}
		s.Trace, data["trace"] = "", sum
	}
	return json.MarshalIndent(identity{version(), s, r.rules.Name, data}, "", " ")
}

// version is that of the program; where it is of no release, its bytes say
// which it is.
var version = sync.OnceValue(func() string {
	name := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		name = info.Main.Version
	}
	if name != "(devel)" && !strings.Contains(name, "+dirty") {
		return name
	}
	if program, err := os.Executable(); err == nil {
		if sum, err := digestFile(program); err == nil {
			name += " " + sum
		}
	}
	return name
})

func digestFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// results are the files by which a folder is known that somebody else filled.
var results = []string{"results.csv", "manifest.json", "report.html"}

// claim takes the folder of a run until release is called. It refuses one in
// which another run is at work, that holds another run's chunks, or that has
// results and no chunks.
func (r *run) claim() (release func(), err error) {
	dir := r.options.Dir
	if dir == "" {
		return func() {}, nil
	}
	chunks := filepath.Join(dir, "chunks")
	file := filepath.Join(chunks, "run.json")
	before, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		for _, name := range results {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				return nil, fmt.Errorf("exposure: %s has a %s and no chunks of a run to go on with: name another folder, or empty it", dir, name)
			}
		}
	} else if err != nil {
		return nil, fmt.Errorf("exposure: %w", err)
	}
	if err := os.MkdirAll(chunks, 0o755); err != nil {
		return nil, fmt.Errorf("exposure: %w", err)
	}
	unlock, err := lock(filepath.Join(chunks, "lock"))
	if err != nil {
		return nil, fmt.Errorf("exposure: %s: %w", dir, err)
	}
	defer func() {
		if err != nil {
			unlock()
		}
	}()
	now, err := r.identity()
	if err != nil {
		return nil, err
	}
	switch changed := changes(before, now); {
	case before == nil:
		if err := WriteFiles(chunks, map[string][]byte{"run.json": now}); err != nil {
			return nil, err
		}
	case changed != nil:
		return nil, fmt.Errorf("exposure: %s holds the chunks of another run: %s; name another folder, or remove this one", dir, strings.Join(changed, "; "))
	}
	sweep(dir)
	return unlock, nil
}

// errBusy says that a lock is held.
var errBusy = errors.New("another run is at work in this folder")

// changes names what two runs were asked that is not the same; nil where
// all is.
func changes(before, now []byte) (changed []string) {
	if bytes.Equal(before, now) {
		return nil
	}
	was, is := make(map[string]string), make(map[string]string)
	if err := flatten(before, was); err != nil {
		return []string{"run.json is damaged"}
	}
	if err := flatten(now, is); err != nil {
		return []string{err.Error()}
	}
	keys := maps.Clone(was)
	maps.Copy(keys, is)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if was[k] != is[k] {
			changed = append(changed, fmt.Sprintf("%s was %.60s and is %.60s", k, was[k], is[k]))
		}
	}
	return changed
}

func flatten(text []byte, into map[string]string) error {
	var v map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return err
	}
	var walk func(string, any)
	walk = func(name string, v any) {
		inner, ok := v.(map[string]any)
		if !ok {
			into[strings.ToLower(name)] = fmt.Sprintf("%q", fmt.Sprint(v))
			return
		}
		for k, v := range inner {
			walk(strings.TrimPrefix(name+"."+k, "."), v)
		}
	}
	walk("", v)
	return nil
}

// unfinished begins the names of files that are not whole yet.
const unfinished = ".unfinished-"

// sweep removes what a kill left half written.
func sweep(dir string) {
	for _, below := range []string{"", "transcripts", "chunks", filepath.Join("chunks", "*")} {
		left, _ := filepath.Glob(filepath.Join(dir, below, unfinished+"*"))
		for _, name := range left {
			os.Remove(name)
		}
	}
}

// WriteFiles puts files into a folder, which it makes: all of them or, where
// one cannot be written, as on a full disk, none, and then those that were
// there before stay as they are.
func WriteFiles(dir string, files map[string][]byte) (err error) {
	written := make(map[string]string) // by their names to be
	defer func() {
		for _, temporary := range written {
			os.Remove(temporary)
		}
	}()
	names := slices.Sorted(maps.Keys(files))
	for _, name := range names {
		path := filepath.Join(dir, name)
		if written[path], err = writeBeside(path, files[name]); err != nil {
			if inner := new(fs.PathError); errors.As(err, &inner) {
				err = inner.Err
			}
			return fmt.Errorf("exposure: %s could not be written, and nothing was changed: %w", path, err)
		}
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.Rename(written[path], path); err != nil {
			return fmt.Errorf("exposure: %w", err)
		}
		delete(written, path)
	}
	return nil
}

// writeBeside writes a file under another name in the folder of path, and
// gives that name, also when it failed in the middle.
func writeBeside(path string, content []byte) (temporary string, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(filepath.Dir(path), unfinished+"*")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.Chmod(0o644); err != nil {
		return f.Name(), err
	}
	if _, err := f.Write(content); err != nil {
		return f.Name(), err
	}
	return f.Name(), f.Sync()
}
