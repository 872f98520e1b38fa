package queries

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

func expected(t *testing.T) ([]Data, []Found) {
	t.Helper()
	data, err := Fixtures()
	if err != nil {
		t.Fatal(err)
	}
	var all []Found
	for _, d := range data {
		f, err := Expected(context.Background(), d)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f...)
	}
	return data, all
}

// The SQL files give what the in-process engine gives, on DuckDB where it is
// installed. "halfmask exposure parity" holds Spark to the same.
func TestParity(t *testing.T) {
	plan := Plan{Engine: "duckdb", Python: os.Getenv("HALFMASK_PYTHON"), Timeout: 2 * time.Minute}
	if err := plan.Installed(context.Background()); errors.Is(err, ErrNotInstalled) {
		t.Skip(err)
	}
	data, want := expected(t)
	got, err := plan.Run(context.Background(), t.TempDir(), data)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Found) != len(want) {
		t.Fatalf("%d findings, not %d", len(got.Found), len(want))
	}
	for i := range want {
		if err := want[i].Differ(got.Found[i]); err != nil {
			t.Error(err)
		}
	}
}

// The fixtures are as bad as they are meant to be.
func TestFixtures(t *testing.T) {
	_, found := expected(t)
	at := make(map[string]Found)
	for _, f := range found {
		at[f.Data+", "+f.Coalition] = f
	}
	for name, components := range map[string]int64{"all shapes, together": 190, "no values, together": 0, "nobody, together": 0} {
		if got := at[name].Components; got != components {
			t.Errorf("%s: %d components, not %d", name, got, components)
		}
	}
	a, b := at["all shapes, together"], at["all shapes, alone"]
	if a.Differ(a) != nil || a.Differ(b) == nil {
		t.Error("findings that differ are not told apart")
	}
}
