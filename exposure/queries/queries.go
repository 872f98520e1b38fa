// Package queries holds the joins and sums of package engine as SQL, in the
// subset that Spark SQL and DuckDB share, for data beyond one machine, and
// compares the two engines as integers.
//
//	blocks.sql -> verdicts.sql, sharing.sql   what each half teaches of a path
//	edges.sql -> step.sql, jump.sql (repeated) components, by the smallest unit
//	contingency.sql                           what the figures need
//
// The queries read what package parquet writes. run.py beside them drives
// them: it needs Python with pyspark or with duckdb.
//
// Start at [Plan.Run] and [Expected]. Left out: naming and intervals, which
// follow from the components and the contingency counts.
package queries

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/halfmask/halfmask/exposure/engine"
	"github.com/halfmask/halfmask/exposure/parquet"
)

//go:embed *.sql run.py
var files embed.FS

// Found is what an engine found for a coalition, in integers.
type Found struct {
	Data        string     `json:"data"`
	Coalition   string     `json:"coalition"`
	Taught      [][5]int64 `json:"taught"`      // path, half, collisions, sharing, block; all zero left out
	Admitted    [][2]int64 `json:"admitted"`    // path, half that it may join
	Components  int64      `json:"components"`  // of two units or more
	Joined      int64      `json:"joined"`      // units in them
	Labels      uint64     `json:"labels"`      // sum over these of the component's first unit
	Contingency [][4]int64 `json:"contingency"` // size of the component, of the person, of both, how often
}

// Data is one design's data in memory.
type Data struct {
	Name   string
	Seed   uint64 // of the halves of the people
	Values engine.Data
	Views  []engine.View
}

// Expected gives what the in-process engine finds.
func Expected(ctx context.Context, d Data) ([]Found, error) {
	found := make([]Found, len(d.Views))
	path := int64(0)
	counts, err := engine.Run(ctx, d.Values, d.Views, engine.Options{Seed: d.Seed, Column: func(_ string, by []engine.Verdict) {
		for i, v := range by {
			for scored := range 2 {
				taught := [5]int64{path, int64(1 - scored), int64(v.Collisions[scored]), int64(v.Sharing[scored]), int64(v.Block[scored])}
				if taught[2]+taught[3]+taught[4] > 0 {
					found[i].Taught = append(found[i].Taught, taught)
				}
				if v.Admitted[scored] {
					found[i].Admitted = append(found[i].Admitted, [2]int64{path, int64(scored)})
				}
			}
		}
		path++
	}})
	if err != nil {
		return nil, err
	}
	for i, c := range counts {
		f := &found[i]
		f.Data, f.Coalition = d.Name, c.View
		f.Components, f.Joined, f.Labels = c.Components, c.Joined, c.Labels
		for cell, n := range c.Contingency {
			f.Contingency = append(f.Contingency, [4]int64{int64(cell.Component), int64(cell.Person), int64(cell.Both), n})
		}
		f.sort()
	}
	return found, nil
}

func (f *Found) sort() {
	slices.SortFunc(f.Taught, func(a, b [5]int64) int { return slices.Compare(a[:], b[:]) })
	slices.SortFunc(f.Admitted, func(a, b [2]int64) int { return slices.Compare(a[:], b[:]) })
	slices.SortFunc(f.Contingency, func(a, b [4]int64) int { return slices.Compare(a[:], b[:]) })
}

// Differ says where two findings differ; nil where they do not.
func (f Found) Differ(g Found) error {
	f.sort()
	g.sort()
	var wrong []string
	check := func(what string, equal bool, a, b any) {
		if !equal {
			wrong = append(wrong, fmt.Sprintf("%s: %v, not %v", what, b, a))
		}
	}
	check("what halves taught", slices.Equal(f.Taught, g.Taught), f.Taught, g.Taught)
	check("paths admitted", slices.Equal(f.Admitted, g.Admitted), f.Admitted, g.Admitted)
	check("components", f.Components == g.Components, f.Components, g.Components)
	check("units joined", f.Joined == g.Joined, f.Joined, g.Joined)
	check("sum of labels", f.Labels == g.Labels, f.Labels, g.Labels)
	check("contingency", slices.Equal(f.Contingency, g.Contingency), f.Contingency, g.Contingency)
	if wrong == nil {
		return nil
	}
	return fmt.Errorf("queries: %s, %s: %s", f.Data, f.Coalition, strings.Join(wrong, "; "))
}

// Plan is what to run the queries on, and with what.
type Plan struct {
	Engine       string        // "spark" or "duckdb"
	Python       string        // with pyspark or duckdb; "" for python3
	Master       string        // of Spark; "" for local-cluster[2,1,2048]
	LoseExecutor bool          // end one executor in the middle of the run
	Timeout      time.Duration // 0 for ten minutes
}

// Master is the Spark that Plan takes where none is named: two executors of
// one core and two gigabytes each, on this machine.
const Master = "local-cluster[2,1,2048]"

// ErrNotInstalled is wrapped where the engine is not there.
var ErrNotInstalled = errors.New("not installed")

// Installed reports what is missing to run the plan.
func (p Plan) Installed(ctx context.Context) error {
	module := map[string]string{"spark": "pyspark", "duckdb": "duckdb"}[p.Engine]
	if module == "" {
		return fmt.Errorf("queries: unknown engine %q; there are spark and duckdb", p.Engine)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := exec.CommandContext(ctx, cmp.Or(p.Python, "python3"), "-c", "import "+module).Run(); err != nil {
		python := cmp.Or(p.Python, "python3")
		return fmt.Errorf("queries: %s with %s: %w; where there is Python 3: %s -m pip install %s", python, module, ErrNotInstalled, python, module)
	}
	if p.Engine == "spark" {
		if _, err := exec.LookPath("java"); err != nil && os.Getenv("JAVA_HOME") == "" {
			return fmt.Errorf("queries: a Java runtime, which Spark needs: %w", ErrNotInstalled)
		}
	}
	return nil
}

// Answer is what the queries found.
type Answer struct {
	Found         []Found `json:"found"`
	ExecutorsLost int     `json:"executors_lost"`
	Seconds       int     `json:"seconds"`
}

type planned struct {
	Work string        `json:"work"`
	Data []plannedData `json:"data"`
}

type plannedData struct {
	Name       string             `json:"name"`
	Dir        string             `json:"dir"`
	Halves     [][2]int64         `json:"halves"`
	Coalitions []plannedCoalition `json:"coalitions"`
}

type plannedCoalition struct {
	Name    string     `json:"name"`
	Members [][2]int64 `json:"members"`
}

// Run writes the data as Parquet into a folder of its own below work, has the
// queries run on it, and removes the folder.
func (p Plan) Run(ctx context.Context, work string, data []Data) (*Answer, error) {
	if err := p.Installed(ctx); err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp(work, "halfmask-queries-")
	if err != nil {
		return nil, fmt.Errorf("queries: %w", err)
	}
	defer os.RemoveAll(work)
	if err := os.CopyFS(filepath.Join(work, "queries"), files); err != nil {
		return nil, fmt.Errorf("queries: %w", err)
	}
	plan := planned{Work: work}
	for i, d := range data {
		dir := filepath.Join(work, "data-"+strconv.Itoa(i))
		if err := parquet.Write(ctx, dir, d.Values, d.Seed); err != nil {
			return nil, err
		}
		plan.Data = append(plan.Data, plan1(d, dir))
	}
	b, err := json.Marshal(plan)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(work, "plan.json")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		return nil, fmt.Errorf("queries: %w", err)
	}
	return p.python(ctx, work, file)
}

func plan1(d Data, dir string) plannedData {
	out := plannedData{Name: d.Name, Dir: dir, Halves: [][2]int64{{0, 0}, {1, 0}}}
	for i := range d.Values.Units().People() {
		out.Halves[engine.Half(d.Seed, i)][1]++
	}
	for _, v := range d.Views {
		c := plannedCoalition{Name: v.Name}
		for party, in := range v.Members {
			if in && v.Alone {
				c.Members = append(c.Members, [2]int64{int64(party), int64(party)})
			} else if in {
				c.Members = append(c.Members, [2]int64{int64(party), 0})
			}
		}
		out.Coalitions = append(out.Coalitions, c)
	}
	return out
}

func (p Plan) python(ctx context.Context, work, plan string) (*Answer, error) {
	// The script runs in a folder of its own.
	python, err := exec.LookPath(cmp.Or(p.Python, "python3"))
	if err == nil {
		python, err = filepath.Abs(python)
	}
	if err != nil {
		return nil, fmt.Errorf("queries: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(p.Timeout, 10*time.Minute))
	defer cancel()
	args := []string{filepath.Join(work, "queries", "run.py"), "--engine", p.Engine, "--plan", plan}
	if p.Engine == "spark" {
		args = append(args, "--master", cmp.Or(p.Master, Master))
	}
	if p.LoseExecutor {
		args = append(args, "--lose-executor")
	}
	cmd := exec.CommandContext(ctx, python, args...)
	cmd.Dir = work
	cmd.Env = append(os.Environ(), "SPARK_LOCAL_IP=127.0.0.1", "SPARK_LOCAL_DIRS="+work, "SPARK_WORKER_DIR="+filepath.Join(work, "workers"), "PYSPARK_PYTHON="+python)
	cmd.WaitDelay = 10 * time.Second
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("queries: %s: %w\n%s", p.Engine, err, tail(errs.String(), 20))
	}
	var a Answer
	if err := json.Unmarshal(out.Bytes(), &a); err != nil {
		return nil, fmt.Errorf("queries: %s answered what is no JSON: %w", p.Engine, err)
	}
	return &a, nil
}

func tail(s string, lines int) string {
	all := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
