package exposure

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/halfmask/halfmask/exposure/report"
	"github.com/halfmask/halfmask/exposure/scenario"
)

// A design whose rows an earlier run finished is not run again: there is no
// town here to run it on.
func TestFinishedStandInIsTakenUp(t *testing.T) {
	dir, d := t.TempDir(), scenario.Design{Name: "bbs", Base: "bbs"}
	r := &run{scenario: scenario.New("test", 1000, 5), options: Options{Dir: dir}, key: "k"}
	rows := []Row{{Design: "bbs", Metric: CrossPlatformLinkage, Estimate: math.NaN(), N: 7}}
	if err := r.keep(d, &kept{Run: r.rowsKey(d), Rows: rows, Canaries: []report.Canary{{Kind: LongCanary}}}); err != nil {
		t.Fatal(err)
	}
	got, err := r.standInDesign(context.Background(), d, nil, nil)
	if err != nil || len(got.Rows) != 1 || !math.IsNaN(got.Rows[0].Estimate) || got.Rows[0].N != 7 || len(got.Canaries) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	other := *r.scenario
	other.Coalitions = other.Coalitions[:1]
	for name, r := range map[string]*run{
		"another run":      {scenario: r.scenario, options: r.options, key: "l"},
		"other coalitions": {scenario: &other, options: r.options, key: "k"},
	} {
		if got, err := r.loadKept(d); got != nil || err != nil {
			t.Errorf("%s takes up %+v, %v", name, got, err)
		}
	}
	if err := os.WriteFile(r.rowsFile(d), []byte("cut short"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := r.loadKept(d); got != nil || err != nil {
		t.Errorf("damaged rows: %+v, %v", got, err)
	}
}

// Parquet files of a design that was changed do not stay under its name.
func TestParquetOfAnotherDesignIsRemoved(t *testing.T) {
	dir, d := t.TempDir(), scenario.Design{Name: "few", Base: "sdjwt-batch", Batch: scenario.Batch{Size: 20}}
	r := &run{scenario: scenario.New("test", 1000, 5), options: Options{Dir: dir}, key: "k"}
	part := filepath.Join(dir, "parquet", "few", "columns.csv")
	for step, size := range []int{20, 20, 3} {
		d.Batch.Size = size
		if err := r.freshParquet(d); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(part); (err == nil) != (step == 1) {
			t.Errorf("step %d: %v", step, err)
		}
		if err := os.WriteFile(part, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
