package exposure

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/halfmask/halfmask/exposure/report"
	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/exposure/standin"
)

// kept is what a stand-in run keeps of a design that is finished.
type kept struct {
	Run      string // digest of what was asked for
	Rows     []Row
	Causes   []Cause
	Canaries []report.Canary
	Unseen   float64 // share of logins of which something is not known
}

// standInDesign gives what was found of a design: from the folder, where an
// earlier run finished it, or by a stand-in.
func (r *run) standInDesign(ctx context.Context, d scenario.Design, town *standin.Town, models map[string]*standin.Model) (*kept, error) {
	if r.options.Dir != "" {
		if k, err := r.loadKept(d); k != nil || err != nil {
			return k, err
		}
		if err := r.freshParquet(d); err != nil {
			return nil, err
		}
	}
	m, err := r.model(ctx, d, models)
	if err != nil {
		return nil, err
	}
	data := r.data(d, m, town)
	k := &kept{Run: r.rowsKey(d), Unseen: data.Unseen()}
	if k.Rows, k.Causes, err = r.standInRows(ctx, d.Name, m, data); err != nil {
		return nil, err
	}
	if k.Canaries, err = r.standInCanaries(ctx, d, m); err != nil || r.options.Dir == "" {
		return k, err
	}
	return k, r.keep(d, k)
}

// model gives the stand-in of a design, which it learns unless models has it.
func (r *run) model(ctx context.Context, d scenario.Design, models map[string]*standin.Model) (m *standin.Model, err error) {
	if m = models[d.Name]; m == nil {
		if m, err = Model(ctx, r.scenario, d); err == nil {
			models[d.Name] = m
		}
	}
	return m, err
}

func (r *run) rowsFile(d scenario.Design) string {
	return filepath.Join(r.options.Dir, "chunks", d.Name, "rows.gob")
}

// rowsKey says of which run, design and coalitions rows are.
func (r *run) rowsKey(d scenario.Design) string {
	return digest(fmt.Appendf(nil, "%s %+v", r.chunkKey(d), r.scenario.Coalitions))
}

func (r *run) keep(d scenario.Design, k *kept) error {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(k); err != nil {
		return err
	}
	name := r.rowsFile(d)
	return WriteFiles(filepath.Dir(name), map[string][]byte{filepath.Base(name): b.Bytes()})
}

// loadKept reads what the same run kept; nil when it is not there, is of
// another run or is damaged.
func (r *run) loadKept(d scenario.Design) (*kept, error) {
	b, err := os.ReadFile(r.rowsFile(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("exposure: %w", err)
	}
	k := new(kept)
	if err := gob.NewDecoder(bytes.NewReader(b)).Decode(k); err != nil || k.Run != r.rowsKey(d) {
		return nil, nil
	}
	return k, nil
}

// freshParquet removes the Parquet files of a design of the same name that
// is not the same.
func (r *run) freshParquet(d scenario.Design) error {
	folder, name, key := filepath.Join(r.options.Dir, "parquet", d.Name), "run.sha256", r.chunkKey(d)+"\n"
	if b, err := os.ReadFile(filepath.Join(folder, name)); err == nil && string(b) == key {
		return nil
	}
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("exposure: %w", err)
	}
	return WriteFiles(folder, map[string][]byte{name: []byte(key)})
}
