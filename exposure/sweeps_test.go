package exposure

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/spec"
)

// sweptRows scores a test design for some numbers of colluding platforms, of
// the seven at which its people log in.
func sweptRows(t *testing.T, plant func(p int, e *Exchange, body map[string]any), colluding ...int) (swept []Row, all Row) {
	t.Helper()
	exchanges, visits, numbers := plantedDesign(60, 6, plant)
	platforms, err := spec.Platforms()
	if err != nil {
		t.Fatal(err)
	}
	f := scoredFor(exchanges, visits, numbers, func(q *question) { q.colluding, q.platforms = colluding, platforms[:7] })
	for _, row := range f.rows {
		if row.Sweep != "" {
			swept = append(swept, row)
		}
	}
	all, _ = (&Result{Rows: f.rows}).Find("test", AllPlatforms, spec.Minimal, CrossPlatformLinkage)
	return swept, all
}

// Of an identifier that stands everywhere, k of seven platforms join the pairs
// that lie among them: k(k-1)/(7·6) on average. All of them join what the
// headline figure says.
func TestColludingPlatformsJoinWhatLiesAmongThem(t *testing.T) {
	rows, all := sweptRows(t, func(p int, _ *Exchange, b map[string]any) { b["id"] = short8(p) }, 1, 3, 5, 7)
	if len(rows) != 4 {
		t.Fatalf("%d rows: %+v", len(rows), rows)
	}
	for _, row := range rows {
		want := row.X * (row.X - 1) / 42
		if math.Abs(row.Estimate-want) > 0.02 || row.Lo > row.Estimate || row.Hi < row.Estimate || row.Sweep != ByColluding {
			t.Errorf("%v platforms: %+v, want about %.3f", row.X, row, want)
		}
	}
	if last := rows[3]; last.Estimate != all.Estimate || all.Estimate != 1 {
		t.Errorf("all seven join %v, the headline says %v", last.Estimate, all.Estimate)
	}
}

func TestColludingPlatformsFindNothingInNonces(t *testing.T) {
	rows, _ := sweptRows(t, nil, 2, 7)
	for _, row := range rows {
		if row.Estimate != 0 || row.Hi != 0.05 || !strings.HasPrefix(row.Method, "rule-of-three") {
			t.Errorf("%+v, want nothing, with a bound of 3 in 60", row)
		}
	}
}

// at gives the rows of a run's sweeps, by what varied and how much, for what
// all platforms join.
func at(rows []Row) map[string]map[float64]Row {
	found := make(map[string]map[float64]Row)
	for _, row := range rows {
		if row.Sweep != "" && row.Coalition == AllPlatforms {
			if found[row.Sweep] == nil {
				found[row.Sweep] = make(map[float64]Row)
			}
			found[row.Sweep][row.X] = row
		}
	}
	return found
}

// The smaller a batch that is used again and again, and the more it is used,
// the more is joined.
func TestSweepsOverUseAndBatchSize(t *testing.T) {
	if testing.Short() {
		t.Skip("real cryptography for many logins")
	}
	s := scenario.New("test", 24, 14)
	s.Habits.MeanLogins = 8
	s.Designs = []scenario.Design{{Name: "rotating", Base: "sdjwt-batch", Batch: scenario.Batch{Size: 5, Policy: scenario.Rotating}}}
	s.Sweeps = scenario.Sweeps{BatchSize: []int{1, 20}, Uses: []float64{3, 12}, Colluding: []int{81}}
	run, err := newRun(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := run.lookAt(context.Background(), run.designs[0])
	if err != nil {
		t.Fatal(err)
	}
	r := &Result{Rows: whole.rows}
	for _, sweep := range []string{ByBatchSize, ByUses} {
		points, err := run.executed(context.Background(), sweep)
		if err != nil {
			t.Fatal(err)
		}
		r.Rows = append(r.Rows, points...)
	}
	headline, _ := r.Find("rotating", AllPlatforms, spec.Minimal, CrossPlatformLinkage)
	rows := at(r.Rows)
	if one, many := rows[ByBatchSize][1], rows[ByBatchSize][20]; one.Estimate < 0.99 || many.Estimate > 0.1 {
		t.Errorf("batches of one: %+v; of twenty: %+v", one, many)
	}
	if few, often := rows[ByUses][3], rows[ByUses][12]; few.Estimate >= often.Estimate {
		t.Errorf("with 3 logins %v is joined, with 12 %v", few.Estimate, often.Estimate)
	}
	if all := rows[ByColluding][81]; all.Estimate != headline.Estimate || headline.Estimate == 0 {
		t.Errorf("81 of 81 platforms join %v, the headline says %v", all.Estimate, headline.Estimate)
	}
}

func TestSweepsOfAStandIn(t *testing.T) {
	if testing.Short() {
		t.Skip("a stand-in is learned from executed runs")
	}
	s := scenario.New("test", 2000, 20)
	s.Backend = scenario.StandIn
	s.Designs = []scenario.Design{{Name: "reused", Base: "sdjwt-reused"}}
	s.Sweeps = scenario.Sweeps{Uses: []float64{2, 6}, Colluding: []int{2, 40, 81}}
	r, err := StandIn(context.Background(), s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows := at(r.Rows)
	for _, uses := range s.Sweeps.Uses {
		if row := rows[ByUses][uses]; row.Estimate != 1 || !strings.Contains(row.Method, "stand-in, validated on") {
			t.Errorf("%v logins: %+v", uses, row)
		}
	}
	two, forty, all := rows[ByColluding][2], rows[ByColluding][40], rows[ByColluding][81]
	if two.Estimate > 0.02 || forty.Estimate < 0.1 || forty.Estimate > 0.5 || forty.Lo >= forty.Hi || all.Estimate != 1 {
		t.Errorf("two platforms join %+v, forty %+v, all %+v", two, forty, all)
	}
}
