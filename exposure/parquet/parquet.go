// Package parquet writes what the parties of a design saw as Apache Parquet,
// for Spark, DuckDB and whatever else reads it: a row for each unit and a row
// for each token, in parts of some people each. DATA.md, which it writes
// beside them, is the data dictionary.
//
//	DIR/sessions/part-00000.parquet ...
//	DIR/tokens/part-00000.parquet ...
//	DIR/columns.csv, DIR/DATA.md
//
// A part is written under another name and renamed when it is whole, so that
// a kill or a full disk loses at most the part in work; a second run keeps
// what is there and writes the rest, the same byte for byte.
//
// Start at [Write] and [Read]. It leaves out the messages themselves, which
// the transcripts of executed runs hold.
package parquet

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"github.com/halfmask/halfmask/exposure/engine"
)

//go:embed DATA.md
var dictionary []byte

// Session is a unit: what one party saw of one visit. DATA.md explains the
// fields.
type Session struct {
	Unit     int64 `parquet:"unit,delta"`
	Person   int64 `parquet:"person,delta"`
	Half     int32 `parquet:"half,dict"`
	Party    int32 `parquet:"party,dict"`
	Platform int32 `parquet:"platform,dict"`
	Login    int64 `parquet:"login,delta"`
	Second   int64 `parquet:"second,delta"`
}

// Token is a value in a unit.
type Token struct {
	Path  int32 `parquet:"path,dict"`
	Value int64 `parquet:"value"` // 64 bits, as a signed number
	Unit  int64 `parquet:"unit,delta"`
}

// None stands for no platform and no login.
const None = -1

// timed is data that knows when its units were.
type timed interface {
	// Seconds appends the time of each unit of some people, in seconds since
	// the epoch of Unix.
	Seconds(first, last int, to []int64) []int64
}

// partPeople is how many people go into one part.
const partPeople = 250_000

// Write writes data to a folder, which it makes. seed decides the halves of
// the people, as for engine.Run.
func Write(ctx context.Context, dir string, d engine.Data, seed uint64) error {
	var names bytes.Buffer
	w := csv.NewWriter(&names)
	w.Write([]string{"path", "name", "names_people"})
	for i, c := range d.Columns() {
		w.Write([]string{strconv.Itoa(i), c.Name, strconv.FormatBool(c.Names)})
	}
	w.Flush()
	if before, err := os.ReadFile(filepath.Join(dir, "columns.csv")); err == nil && !bytes.Equal(before, names.Bytes()) {
		for _, of := range []string{"sessions", "tokens", "columns.csv"} { // data with other columns
			if err := os.RemoveAll(filepath.Join(dir, of)); err != nil {
				return fmt.Errorf("parquet: %w", err)
			}
		}
	}
	for _, sub := range []string{"sessions", "tokens"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return fmt.Errorf("parquet: %w", err)
		}
	}
	if err := keep(filepath.Join(dir, "columns.csv"), func(path string) error { return os.WriteFile(path, names.Bytes(), 0o644) }); err != nil {
		return err
	}
	if err := keep(filepath.Join(dir, "DATA.md"), func(path string) error { return os.WriteFile(path, dictionary, 0o644) }); err != nil {
		return err
	}
	people := d.Units().People()
	for part, first := 0, 0; part == 0 || first < people; part, first = part+1, first+partPeople {
		if err := ctx.Err(); err != nil {
			return err
		}
		last := min(first+partPeople, people)
		name := fmt.Sprintf("part-%05d.parquet", part)
		if err := keep(filepath.Join(dir, "sessions", name), func(path string) error {
			return writeFile(path, func(w *parquet.GenericWriter[Session]) error { return sessions(w, d, seed, first, last) })
		}); err != nil {
			return err
		}
		if err := keep(filepath.Join(dir, "tokens", name), func(path string) error {
			return writeFile(path, func(w *parquet.GenericWriter[Token]) error { return tokens(w, d, first, last) })
		}); err != nil {
			return err
		}
	}
	return nil
}

// keep has a file written under another name and renames it, unless it is
// there already.
func keep(path string, write func(string) error) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("parquet: %w", err)
	}
	work := path + ".part"
	if err := write(work); err != nil {
		os.Remove(work)
		return fmt.Errorf("parquet: %w", err)
	}
	if err := os.Rename(work, path); err != nil {
		return fmt.Errorf("parquet: %w", err)
	}
	return nil
}

func writeFile[T any](path string, rows func(*parquet.GenericWriter[T]) error) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := parquet.NewGenericWriter[T](f, parquet.Compression(&parquet.Snappy), parquet.CreatedBy("halfmask", "", ""))
	if err := rows(w); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return f.Sync()
}

const batch = 8192 // rows

func sessions(w *parquet.GenericWriter[Session], d engine.Data, seed uint64, first, last int) error {
	u := d.Units()
	var seconds []int64
	if t, ok := d.(timed); ok {
		seconds = t.Seconds(first, last, nil)
	}
	rows := make([]Session, 0, batch)
	at := 0
	for p := first; p < last; p++ {
		login := int64(None)
		for i := u.First[p]; i < u.First[p+1]; i++ {
			row := Session{Unit: int64(i), Person: int64(p), Half: int32(engine.Half(seed, p)), Party: int32(u.Party[i]), Platform: int32(u.Platform[i])}
			switch {
			case u.Platform[i] == engine.NoPlatform:
				row.Platform, login = None, None
			case u.Party[i] == engine.Party(u.Platform[i]):
				login = int64(i)
			}
			row.Login = login
			if seconds != nil {
				row.Second = seconds[at]
			}
			at++
			if rows = append(rows, row); len(rows) == batch {
				if _, err := w.Write(rows); err != nil {
					return err
				}
				rows = rows[:0]
			}
		}
	}
	_, err := w.Write(rows)
	return err
}

func tokens(w *parquet.GenericWriter[Token], d engine.Data, first, last int) error {
	var entries []engine.Entry
	rows := make([]Token, 0, batch)
	for c := range d.Columns() {
		entries = d.Fill(c, first, last, entries[:0])
		for _, e := range entries {
			if rows = append(rows, Token{Path: int32(c), Value: int64(e.Value), Unit: int64(e.Unit)}); len(rows) == batch {
				if _, err := w.Write(rows); err != nil {
					return err
				}
				rows = rows[:0]
			}
		}
	}
	_, err := w.Write(rows)
	return err
}

// maxUnits bounds what Read takes into memory.
const maxUnits = 1 << 31

// Read reads back what Write wrote, or others in the same form. Units have to
// be in order, and those of one person together.
func Read(dir string) (*engine.Table, error) {
	u := engine.Units{First: []uint32{0}}
	err := readParts(filepath.Join(dir, "sessions"), func(s Session) error {
		switch {
		case s.Unit != int64(len(u.Party)) || s.Unit >= maxUnits:
			return fmt.Errorf("unit %d where %d belongs", s.Unit, len(u.Party))
		case s.Person < int64(len(u.First)-1) && s.Person != int64(len(u.First)-2) || s.Person > int64(len(u.First))+maxGap:
			return fmt.Errorf("unit %d: person %d is out of order", s.Unit, s.Person)
		case s.Party < 0 || s.Party > 255 || s.Platform < None || s.Platform > 254:
			return fmt.Errorf("unit %d: no such party or platform", s.Unit)
		}
		for int64(len(u.First)-1) <= s.Person {
			u.First = append(u.First, uint32(len(u.Party)))
		}
		platform := uint8(engine.NoPlatform)
		if s.Platform != None {
			platform = uint8(s.Platform)
		}
		u.Party, u.Platform = append(u.Party, engine.Party(s.Party)), append(u.Platform, platform)
		u.First[len(u.First)-1] = uint32(len(u.Party))
		return nil
	})
	if err != nil {
		return nil, err
	}
	names, err := readColumns(filepath.Join(dir, "columns.csv"))
	if err != nil {
		return nil, err
	}
	entries := make([][]engine.Entry, len(names))
	err = readParts(filepath.Join(dir, "tokens"), func(t Token) error {
		if t.Path < 0 || int(t.Path) >= len(names) || t.Unit < 0 || t.Unit >= int64(len(u.Party)) {
			return fmt.Errorf("a token of path %d in unit %d, which are not there", t.Path, t.Unit)
		}
		entries[t.Path] = append(entries[t.Path], engine.Entry{Value: uint64(t.Value), Unit: uint32(t.Unit)})
		return nil
	})
	if err != nil {
		return nil, err
	}
	table, err := engine.NewTable(u)
	if err != nil {
		return nil, err
	}
	for i, c := range names {
		if err := table.Add(c, entries[i]); err != nil {
			return nil, err
		}
	}
	return table, nil
}

// maxGap is how many people without a unit may follow each other.
const maxGap = 1 << 20

func readColumns(path string) ([]engine.Column, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("parquet: %w", err)
	}
	lines, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil || len(lines) == 0 || !slices.Equal(lines[0], []string{"path", "name", "names_people"}) {
		return nil, fmt.Errorf("parquet: %s: not a list of columns: %v", path, err)
	}
	var columns []engine.Column
	for i, line := range lines[1:] {
		names, err := strconv.ParseBool(line[2])
		if err != nil || line[0] != strconv.Itoa(i) {
			return nil, fmt.Errorf("parquet: %s:%d: not a column", path, i+2)
		}
		columns = append(columns, engine.Column{Name: line[1], Names: names})
	}
	return columns, nil
}

// readParts gives the rows of the parts, in the order of their names.
func readParts[T any](dir string, row func(T) error) error {
	parts, err := filepath.Glob(filepath.Join(dir, "*.parquet"))
	if err != nil || len(parts) == 0 {
		return fmt.Errorf("parquet: %s has no parts", dir)
	}
	slices.Sort(parts)
	for _, path := range parts {
		if err := readPart(path, row); err != nil {
			return fmt.Errorf("parquet: %s: %w", path, err)
		}
	}
	return nil
}

func readPart[T any](path string, row func(T) error) (err error) {
	defer func() { // the library's reader of damaged files may
		if r := recover(); r != nil {
			err = fmt.Errorf("damaged: %v", r)
		}
	}()
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	file, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		return err
	}
	if want := parquet.SchemaOf(new(T)); !parquet.EqualNodes(want, file.Schema()) {
		return fmt.Errorf("other columns than %s", want)
	}
	r := parquet.NewGenericReader[T](file)
	defer r.Close()
	rows := make([]T, batch)
	for {
		n, err := r.Read(rows)
		for _, each := range rows[:n] {
			if err := row(each); err != nil {
				return err
			}
		}
		if n == 0 || err != nil {
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			return nil
		}
	}
}
