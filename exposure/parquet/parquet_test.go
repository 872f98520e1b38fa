package parquet

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/halfmask/halfmask/exposure/engine"
)

var errTooMany = errors.New("too many rows")

func town(t testing.TB, people int) *engine.Table {
	t.Helper()
	u := engine.Units{First: []uint32{0}}
	var keys []engine.Entry
	for p := range people {
		u.Party, u.Platform = append(u.Party, engine.Issuer), append(u.Platform, engine.NoPlatform)
		for l := range p % 4 {
			keys = append(keys, engine.Entry{Value: engine.Mix(1, uint64(p)), Unit: uint32(len(u.Party))})
			u.Party, u.Platform = append(u.Party, engine.Party(l), engine.Issuer), append(u.Platform, uint8(l), uint8(l))
		}
		u.First = append(u.First, uint32(len(u.Party)))
	}
	d, err := engine.NewTable(u)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Add(engine.Column{Name: "holder, key"}, keys); err != nil {
		t.Fatal(err)
	}
	if err := d.Add(engine.Column{Name: "number", Names: true}, keys[:len(keys)/2]); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWriteAndRead(t *testing.T) {
	for _, people := range []int{0, 1, 1000} {
		d, dir := town(t, people), t.TempDir()
		if err := Write(context.Background(), dir, d, 1); err != nil {
			t.Fatal(err)
		}
		got, err := Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got.Units().Len() != d.Units().Len() || !reflect.DeepEqual(got.Columns(), d.Columns()) {
			t.Errorf("%d people: %d units and %v", people, got.Units().Len(), got.Columns())
		}
		for c := range d.Columns() {
			a, b := d.Fill(c, 0, d.Units().People(), nil), got.Fill(c, 0, got.Units().People(), nil)
			if len(a) != len(b) || (len(a) > 0 && !reflect.DeepEqual(a, b)) {
				t.Errorf("%d people: column %d is not what was written", people, c)
			}
		}
	}
}

func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			all[path[len(dir):]], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What a kill or a full disk leaves behind is taken up, and the bytes are the
// same.
func TestResumes(t *testing.T) {
	d, whole, broken := town(t, 500), t.TempDir(), t.TempDir()
	for _, dir := range []string{whole, broken} {
		if err := Write(context.Background(), dir, d, 1); err != nil {
			t.Fatal(err)
		}
	}
	tokens := filepath.Join(broken, "tokens", "part-00000.parquet")
	if err := os.Rename(tokens, tokens+".part"); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(tokens+".part", 100); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(broken); err == nil {
		t.Error("half a table was read")
	}
	if err := Write(context.Background(), broken, d, 1); err != nil {
		t.Fatal(err)
	}
	a, b := contents(t, whole), contents(t, broken)
	if len(a) != len(b) {
		t.Errorf("%d files, not %d", len(b), len(a))
	}
	for name := range a {
		if !bytes.Equal(a[name], b[name]) {
			t.Errorf("%s is not the same", name)
		}
	}
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	if Write(canceled, t.TempDir(), d, 1) == nil {
		t.Error("written although it was canceled")
	}
}

// Rule R-EXP-02's parsers are bounded; so is this one: no damage makes it
// panic, and none goes unnoticed where the format has a check.
func TestRefusesDamage(t *testing.T) {
	d, dir := town(t, 200), t.TempDir()
	if err := Write(context.Background(), dir, d, 1); err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(path string) error{
		"tokens of another table": func(path string) error {
			b, err := os.ReadFile(filepath.Join(dir, "sessions", "part-00000.parquet"))
			if err == nil {
				err = os.WriteFile(filepath.Join(path, "tokens", "part-00000.parquet"), b, 0o600)
			}
			return err
		},
		"a part cut short": func(path string) error {
			return os.Truncate(filepath.Join(path, "sessions", "part-00000.parquet"), 300)
		},
		"no tokens":  func(path string) error { return os.RemoveAll(filepath.Join(path, "tokens")) },
		"no columns": func(path string) error { return os.Remove(filepath.Join(path, "columns.csv")) },
		"fewer columns than tokens": func(path string) error {
			return os.WriteFile(filepath.Join(path, "columns.csv"), []byte("path,name,names_people\n"), 0o600)
		},
		"columns out of order": func(path string) error {
			return os.WriteFile(filepath.Join(path, "columns.csv"), []byte("path,name,names_people\n1,a,false\n0,b,false\n"), 0o600)
		},
	} {
		copied := t.TempDir()
		if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		if err := damage(copied); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(copied); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

func FuzzRead(f *testing.F) {
	dir := f.TempDir()
	if err := Write(context.Background(), dir, town(f, 20), 1); err != nil {
		f.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "tokens", "part-00000.parquet"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:len(b)/2])
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "x.parquet")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		rows := 0
		readPart(path, func(Token) error {
			if rows++; rows > 1<<16 {
				return errTooMany
			}
			return nil
		})
	})
}
