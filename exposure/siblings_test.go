package exposure

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/exposure/report"
	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/spec"
)

// twos has people live in pairs, who share a guardian.
func twos(q *question) {
	for p := range q.people {
		q.households = append(q.households, uint32(p-p%2))
	}
}

// Rule R-EXP-14: what names the guardian whom siblings share joins them, and
// the channel is named; what is each child's own, everybody's, or fresh joins
// no siblings.
func TestAPlantedGuardianJoinsSiblings(t *testing.T) {
	guardian := func(p int) string { return short8(1000 + p/2) }
	for _, c := range []struct {
		name   string
		plant  func(p int, e *Exchange, body map[string]any)
		linked float64
		path   string
	}{
		{"a guardian's number", func(p int, _ *Exchange, b map[string]any) { b["guardian"] = guardian(p) }, 1, "request.body.guardian"},
		{"the same within a token", func(p int, _ *Exchange, b map[string]any) {
			b["token"] = b64([]byte(`{"alg":"none"}`)) + "." + b64([]byte(`{"by":"`+guardian(p)+`"}`)) + "."
		}, 1, "payload.by"},
		{"an identifier of each child", func(p int, _ *Exchange, b map[string]any) { b["id"] = short8(p) }, 0, ""},
		{"nothing but nonces", nil, 0, ""},
		{"that there is a guardian", func(p int, _ *Exchange, b map[string]any) { b["has_guardian"] = true }, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			exchanges, visits, numbers := plantedDesign(60, 6, c.plant)
			f := scoredFor(exchanges, visits, numbers, twos)
			r := &Result{Rows: f.rows}
			row, ok := r.Find("test", AllPlatforms, spec.AllStrata, SiblingLinkage)
			if !ok || row.Estimate != c.linked || row.N != 30 {
				t.Fatalf("%+v, want %v of 30 households", row, c.linked)
			}
			if c.linked == 0 {
				if row.Method != "rule-of-three" || row.Hi != 0.1 || len(f.details.Kin) > 0 {
					t.Errorf("%+v by %+v, want none found, 3 of 30 at most", row, f.details.Kin)
				}
				return
			}
			if precision, _ := r.Find("test", AllPlatforms, spec.AllStrata, SiblingPrecision); precision.Estimate != 1 {
				t.Errorf("precision %+v", precision)
			}
			if len(f.details.Kin) == 0 || !strings.HasSuffix(f.details.Kin[0].Path, c.path) || f.details.Kin[0].Pairs != 30 {
				t.Errorf("channels %+v, want %s", f.details.Kin, c.path)
			}
			for _, control := range f.details.Controls {
				if control.Metric == SiblingLinkage && control.Coalition == string(AllPlatforms) && (control.Rate != 1 || control.Control > 0.1) {
					t.Errorf("control %+v", control)
				}
			}
		})
	}
}

// Where everybody has a guardian of their own there is nothing to find, and no
// figure.
func TestWithoutSiblingsThereIsNoFigure(t *testing.T) {
	exchanges, visits, numbers := plantedDesign(20, 4, nil)
	for _, row := range scored(exchanges, visits, numbers, 1).rows {
		if row.Metric == SiblingLinkage {
			t.Errorf("%+v", row)
		}
	}
}

// The authority, which saw the guardian's document when it enrolled children,
// knows siblings in every design.
func TestSiblingsAreKnownToTheIssuer(t *testing.T) {
	if testing.Short() {
		t.Skip("real cryptography")
	}
	s := scenario.New("test", 1500, 3)
	s.Households = true
	s.Designs = []scenario.Design{{Name: "bbs", Base: "bbs"}, {Name: "centralized-shared", Base: "centralized-shared"}}
	run, err := newRun(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	run.step = func(int) {}
	q := run.question()
	size := make(map[uint32]int)
	for _, h := range q.households {
		size[h]++
	}
	for _, d := range run.designs {
		x := &execution{run: run, kept: make(map[spec.Stratum]int), refused: make(map[int]bool)}
		for i, h := range q.households {
			if size[h] < 2 || len(x.people) == 40 {
				continue
			}
			p, err := run.world.person(fmt.Sprintf("person %d", i), run.plan.Person(i))
			if err != nil {
				t.Fatal(err)
			}
			x.people = append(x.people, p)
		}
		if err := x.build(d, run.rules, 0); err != nil {
			t.Fatal(err)
		}
		x.tabler = newTabler(newMiner(registerOf(x.people)))
		for _, p := range x.people {
			if err := x.enroll(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		x.network.Close()
		m := newMerger()
		m.add(newChunk(x.tabler.done(x.visits), x.visits))
		all, visits := m.done()
		f, err := score(t.Context(), d.Name, all, visits, q)
		if err != nil {
			t.Fatal(err)
		}
		row, ok := (&Result{Rows: f.rows}).Find(d.Name, IssuerAlone, spec.AllStrata, SiblingLinkage)
		if !ok || row.Estimate != 1 || row.N < 10 {
			t.Errorf("%s: %+v, want all pairs of ten households at least; by %+v", d.Name, row, f.details.Kin)
		}
		if !slices.ContainsFunc(f.details.Kin, func(k report.Kin) bool { return strings.Contains(k.Path, "guardian") }) {
			t.Errorf("%s: no channel names the guardian: %+v", d.Name, f.details.Kin)
		}
	}
}
