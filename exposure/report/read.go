package report

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// maxFile bounds each file that is read.
const maxFile = 256 << 20

// Read takes the folder of a run. results.csv and manifest.json have to be
// there; a run may have no exclusion.csv and no details.json.
func Read(dir string) (*Data, error) { return read(folder{os.DirFS(dir), dir}) }

// folder is a folder of files and its name, for what is wrong in one.
type folder struct {
	fs.FS
	name string
}

func read(dir folder) (*Data, error) {
	d := new(Data)
	if err := dir.readJSON("manifest.json", &d.Manifest); err != nil {
		return nil, err
	}
	if err := dir.readJSON("details.json", &d.Details); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	err := dir.readCSV("results.csv", []string{"design", "coalition", "stratum", "metric", "estimate", "lo", "hi", "method", "n", "unit"}, []string{"sweep", "x"}, func(f fields) error {
		r := Row{Design: f.text(0), Coalition: f.text(1), Stratum: f.text(2), Metric: f.text(3), Method: f.text(7), Unit: f.text(9)}
		r.Estimate, r.Lo, r.Hi, r.N = f.float(4), f.float(5), f.float(6), int(f.float(8))
		if r.Sweep = f.text(10); r.Sweep == "" {
			d.Rows = append(d.Rows, r)
		} else {
			r.X = f.float(11)
			d.Swept = append(d.Swept, r)
		}
		return f.err()
	})
	if err != nil {
		return nil, err
	}
	err = dir.readCSV("exclusion.csv", []string{"rules", "group", "title", "tier", "document", "residents", "low", "high", "excluded", "reason"}, nil, func(f fields) error {
		e := Exclusion{Rules: f.text(0), Group: f.text(1), Title: f.text(2), Tier: f.text(3), Document: f.text(4), Excluded: f.text(8) == "true", Reason: f.text(9)}
		e.Residents, e.Low, e.High = f.float(5), f.float(6), f.float(7)
		d.Exclusions = append(d.Exclusions, e)
		return f.err()
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if len(d.Manifest.Designs) == 0 {
		for _, r := range d.Rows {
			if n := len(d.Manifest.Designs); n == 0 || d.Manifest.Designs[n-1] != r.Design {
				d.Manifest.Designs = append(d.Manifest.Designs, r.Design)
			}
		}
	}
	return d, nil
}

func (dir folder) open(name string) (io.ReadCloser, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, fmt.Errorf("report: %s: %w", dir.name, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(f, maxFile), f}, nil
}

func (dir folder) readJSON(name string, v any) error {
	f, err := dir.open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := json.NewDecoder(f).Decode(v); err != nil {
		return fmt.Errorf("report: %s: %w", filepath.Join(dir.name, name), err)
	}
	return nil
}

// fields is one line of a file, with what was wrong in it.
type fields struct {
	values []string
	wrong  *error
}

func (f fields) text(i int) string { return f.values[i] }

// float reads a number; an empty field is no figure.
func (f fields) float(i int) float64 {
	if f.values[i] == "" {
		return math.NaN()
	}
	n, err := strconv.ParseFloat(f.values[i], 64)
	if (err != nil || math.IsInf(n, 0) || math.IsNaN(n)) && *f.wrong == nil {
		*f.wrong = fmt.Errorf("%q is no number", f.values[i])
	}
	return n
}

func (f fields) err() error { return *f.wrong }

// readCSV reads a file whose first line holds the names, further columns
// allowed, and calls add with the named columns of each line, and after them
// with those that there may be more, empty where the file has none.
func (dir folder) readCSV(name string, columns, more []string, add func(fields) error) error {
	f, err := dir.open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	name = filepath.Join(dir.name, name)
	r := csv.NewReader(f)
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("report: %s: %w", name, err)
	}
	at := make([]int, len(columns)+len(more))
	for i, c := range slices.Concat(columns, more) {
		at[i] = -1
		for j, h := range header {
			if h == c {
				at[i] = j
			}
		}
		if at[i] < 0 && i < len(columns) {
			return fmt.Errorf("report: %s: no column %s among %s", name, c, strings.Join(header, ", "))
		}
	}
	for {
		line, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("report: %s: %w", name, err)
		}
		f := fields{make([]string, len(at)), new(error)}
		for i, j := range at {
			if j >= 0 {
				f.values[i] = line[j]
			}
		}
		if err := add(f); err != nil {
			number, _ := r.FieldPos(0)
			return fmt.Errorf("report: %s:%d: %w", name, number, err)
		}
	}
}
