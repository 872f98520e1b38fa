package exposure

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/spec"
)

// asked makes a scenario that a test has the time for.
func asked(people, days int, designs ...string) *scenario.Scenario {
	s := scenario.New("test", people, days)
	for _, name := range designs {
		s.Designs = append(s.Designs, scenario.Design{Name: name, Base: name})
	}
	return s
}

// Runs end, and nobody without an order loses a platform (which Compare
// checks), wherever in the month they end, with a person or two who seldom
// log in.
func TestEveryLengthOfRunEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("real cryptography for many logins")
	}
	for _, days := range []int{1, 20, 21, 60} {
		r, err := Run(context.Background(), asked(3, days, "sdjwt-reused"), Options{})
		if err != nil {
			t.Errorf("%d days: %v", days, err)
			continue
		}
		if row, ok := r.Find("sdjwt-reused", IssuerAlone, spec.AllStrata, OrderReachDelay); ok {
			// The credential was renewed on the 20th at the latest.
			epoch := func(d spec.Date) spec.Date { _, until := spec.Epoch(d.Time()); return spec.DateOf(until) }
			end := Start.AddDays(days)
			if least := float64(end.DaysUntil(epoch(end))) - 31; row.Estimate < least || row.Estimate > 62 {
				t.Errorf("%d days: the order bites after %v days", days, row.Estimate)
			}
		}
	}
}

// A run over three months renews, and people still log in afterwards.
func TestLongRunRenews(t *testing.T) {
	if testing.Short() {
		t.Skip("real cryptography for many logins")
	}
	var counted *countingDesign
	counting := Builder{Name: "counting", Build: func(e *Env) (Design, error) {
		d, err := newBBS(e)
		if counted == nil { // the first world is the run, later ones the exclusion
			counted = &countingDesign{Design: d, clock: e.Clock}
			return counted, err
		}
		return d, err
	}}
	if _, err := Run(context.Background(), asked(3, 91, "counting"), Options{Also: []Builder{counting}}); err != nil {
		t.Fatal(err)
	}
	if _, until := spec.Epoch(Start.Time()); counted.renewed < 3 || !counted.last.After(until) {
		t.Errorf("%d renewals, last login at %v, want some after the first credential's end, %v", counted.renewed, counted.last, until)
	}
}

type countingDesign struct {
	Design
	clock   *Clock
	renewed int
	last    time.Time
}

func (d *countingDesign) Renew(ctx context.Context, p *Person) error {
	d.renewed++
	return d.Design.Renew(ctx, p)
}

func (d *countingDesign) LogIn(ctx context.Context, p *Person, l Login) error {
	err := d.Design.LogIn(ctx, p, l)
	if err == nil {
		d.last = d.clock.Now()
	}
	return err
}

type failingDesign struct {
	Design
	enroll, logIn, order error
}

func (d failingDesign) Enroll(ctx context.Context, p *Person) error {
	if d.enroll != nil {
		return d.enroll
	}
	return d.Design.Enroll(ctx, p)
}

func (d failingDesign) LogIn(ctx context.Context, p *Person, l Login) error {
	if d.logIn != nil {
		return d.logIn
	}
	return d.Design.LogIn(ctx, p, l)
}

func (d failingDesign) Order(ctx context.Context, p *Person) error {
	if d.order != nil {
		return d.order
	}
	return d.Design.Order(ctx, p)
}

// A role that fails ends the run with its error, and leaves nothing behind.
func TestFailingRoleEndsTheRun(t *testing.T) {
	broken := errors.New("the role is broken")
	for name, f := range map[string]failingDesign{
		"enrollment": {enroll: broken}, "login": {logIn: broken}, "order": {order: broken},
		"a login cut off without an order": {logIn: errors.Join(ErrCutOff, broken)},
	} {
		t.Run(name, func(t *testing.T) {
			also := Builder{Name: "broken", Build: func(e *Env) (Design, error) {
				d, err := newCentralizedShared(e)
				f.Design = d
				return f, err
			}}
			before := runtime.NumGoroutine()
			_, err := Run(context.Background(), asked(6, 10, "broken"), Options{Also: []Builder{also}})
			if !errors.Is(err, broken) || !strings.Contains(err.Error(), "design broken") {
				t.Errorf("error %v, want the role's, with the design's name", err)
			}
			settled(t, before)
		})
	}
	t.Run("building", func(t *testing.T) {
		also := Builder{Name: "broken", Build: func(*Env) (Design, error) { return nil, broken }}
		before := runtime.NumGoroutine()
		if _, err := Run(context.Background(), asked(6, 10, "broken"), Options{Also: []Builder{also}}); !errors.Is(err, broken) {
			t.Errorf("error %v, want the role's", err)
		}
		settled(t, before)
	})
}

// settled waits until no more goroutines run than before: listeners and their
// connections are closed.
func settled(t *testing.T, before int) {
	t.Helper()
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	stacks := make([]byte, 1<<16)
	t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
}

func TestCancelledRunEndsAndLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	began := time.Now()
	_, err := Run(ctx, asked(30, 30, Compared()...), Options{Progress: func(done, total int) {
		if done == total/3 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that it was cancelled", err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("ended after %v", took)
	}
	settled(t, before)
}

func TestFinishedRunLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	if _, err := Run(context.Background(), asked(3, 5, Designs()...), Options{Dir: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	settled(t, before)
}

// Rule R-EXP-08: what the doors do is what Decide says, group by group.
func TestExclusionIsWhatDecideSays(t *testing.T) {
	s := asked(2, 1, "bbs")
	r, err := Run(context.Background(), s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	run, err := newRun(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range r.Exclusions {
		rules, err := spec.LoadRules(e.Rules)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range run.cells {
			if c.group.ID != e.Group || c.tier != e.Tier {
				continue
			}
			if refused := refusedOnPaper(rules, c); refused != e.Excluded {
				t.Errorf("%s, %s, %s: excluded %v at the door, %v on paper", e.Rules, e.Group, e.Tier, e.Excluded, refused)
			}
		}
	}
}

// refusedOnPaper asks the pure rules about somebody like those of the cell,
// with an adult of the same documents beside them where that is due.
func refusedOnPaper(rules *spec.Rules, c cell) bool {
	paper := enrollment.Document{Kind: c.group.Document, Expires: Start.AddDays(400)}
	birth := func(age int) spec.Date { return spec.Date{Year: Start.Year - age, Month: 1, Day: 1} }
	a := enrollment.Application{Document: paper, BirthDate: birth(c.person.Age), Consent: true}
	if g := c.person.Submission.Guardian; g != nil {
		a.Guardian = &enrollment.Guardian{Document: paper, BirthDate: birth(c.person.Age + 30), Relation: g.Relation, Part: g.Part, Consent: true}
	}
	return enrollment.Decide(a, rules, Start).Outcome == spec.Refused
}

func TestNobodyActiveHasNoFigures(t *testing.T) {
	for seed := range uint64(40) { // one day of two people is often without a login
		s := asked(2, 1, "centralized-shared")
		s.Seed = seed
		r, err := Run(context.Background(), s, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Manifest.Logins > 0 {
			continue
		}
		for _, row := range r.Rows {
			if row.Metric != Exclusion && !math.IsNaN(row.Estimate) {
				t.Errorf("a figure of nothing: %+v", row)
			}
		}
		if err := r.Write(t.TempDir()); err != nil {
			t.Error(err)
		}
		return
	}
	t.Error("no schedule without a login among 40")
}
