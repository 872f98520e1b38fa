package schedule

import (
	"hash/fnv"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/halfmask/halfmask/spec"
)

func plan(t testing.TB, h Habits) *Plan {
	t.Helper()
	rules, err := spec.LoadRules(spec.National)
	if err != nil {
		t.Fatal(err)
	}
	platforms, err := spec.Platforms()
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(1, h, rules, platforms)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var trial = Habits{Days: 30, MeanLogins: 2.08, Spread: 1, Favourites: 1, Siblings: 0.4}

// Rule R-EXP-04: whoever is asked for, in whatever order and by however many,
// the answers are the same.
func TestPure(t *testing.T) {
	p := plan(t, trial)
	const people = 2000
	want := make([]Profile, people)
	logins := make([][]Login, people)
	for i := range want {
		want[i], logins[i] = p.Person(i), p.Logins(i, nil)
	}
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for k := range people {
				i := (k*7 + g*500) % people
				if got := p.Person(i); got != want[i] {
					t.Errorf("person %d: %+v, then %+v", i, want[i], got)
				}
				if got := p.Logins(i, nil); !slices.Equal(got, logins[i]) {
					t.Errorf("person %d logs in otherwise the second time", i)
				}
			}
		})
	}
	wait.Wait()
	if !slices.IsSortedFunc(logins[0], func(a, b Login) int { return int(a.Second) - int(b.Second) }) {
		t.Error("logins are not by time")
	}
}

// The schedule is part of what makes figures comparable from version to
// version: a change shows here.
func TestUnchanged(t *testing.T) {
	p := plan(t, Ordinary(30))
	sum := fnv.New64a()
	for i := range 300 {
		person := p.Person(i)
		sum.Write([]byte(person.Group + person.Sex + person.Province + person.Birth.String()))
		for _, l := range p.Logins(i, nil) {
			sum.Write([]byte{l.Platform, byte(l.Mode), byte(l.Second), byte(l.Second >> 8), byte(l.Second >> 16)})
		}
	}
	const want = 0xe0551eafe7d9115a
	if got := sum.Sum64(); got != want {
		t.Errorf("the people and logins of seed 1 changed: %#x, not %#x", got, uint64(want))
	}
}

func TestHabits(t *testing.T) {
	p := plan(t, trial)
	const people = 40000
	total, heaviest := 0, 0
	var buf []Login
	for i := range people {
		buf = p.Logins(i, buf[:0])
		total += len(buf)
		heaviest = max(heaviest, len(buf))
		for _, l := range buf {
			if age := p.Person(i).Age; age < p.platforms[l.Platform].MinimumAge {
				t.Fatalf("person %d of %d years at %s", i, age, p.platforms[l.Platform].ID)
			}
		}
	}
	if mean := float64(total) / people; math.Abs(mean-trial.MeanLogins) > 0.1 {
		t.Errorf("%.3f logins a person, not %v", mean, trial.MeanLogins)
	}
	if heaviest < 20 {
		t.Errorf("nobody logs in more than %d times: no heavy tail", heaviest)
	}
}

// Siblings have one guardian, and are of one group and province. That some
// people have them changes nothing in how old people are.
func TestSiblings(t *testing.T) {
	with, without := plan(t, trial), plan(t, Ordinary(30))
	shared := make(map[int][]int)
	minors := 0
	for i := range 20000 {
		a, b := with.Person(i), without.Person(i)
		if a.Birth != b.Birth || a.Sex != b.Sex {
			t.Fatalf("person %d is somebody else with siblings", i)
		}
		if a.Tier == spec.From18 {
			if a.Household != i || a.Guardian() != spec.NoGuardian {
				t.Fatalf("an adult with a guardian: %+v", a)
			}
			continue
		}
		minors++
		first := with.Person(a.Household)
		if first.Household != a.Household || first.Province != a.Province || first.Group != a.Group || first.Tier == spec.From18 {
			t.Fatalf("no siblings: %+v and %+v", first, a)
		}
		shared[a.Household] = append(shared[a.Household], i)
	}
	with2, most := 0, 0
	for _, s := range shared {
		most = max(most, len(s))
		if len(s) > 1 {
			with2 += len(s)
		}
	}
	if share := float64(with2) / float64(minors); share < 0.3 || share > 0.7 || most > neighbours {
		t.Errorf("%.2f of those under age have siblings, at most %d together", share, most)
	}
}

func TestRefusesHabits(t *testing.T) {
	rules, err := spec.LoadRules(spec.National)
	if err != nil {
		t.Fatal(err)
	}
	platforms, err := spec.Platforms()
	if err != nil {
		t.Fatal(err)
	}
	for name, h := range map[string]Habits{
		"no days":              {MeanLogins: 1},
		"too many days":        {Days: 367, MeanLogins: 1},
		"no logins":            {Days: 1},
		"too many logins":      {Days: 1, MeanLogins: 51},
		"logins not a number":  {Days: 1, MeanLogins: math.NaN()},
		"negative spread":      {Days: 1, MeanLogins: 1, Spread: -1},
		"spread not a number":  {Days: 1, MeanLogins: 1, Spread: math.NaN()},
		"favourites too many":  {Days: 1, MeanLogins: 1, Favourites: 6},
		"more than all have a": {Days: 1, MeanLogins: 1, Siblings: 1.1},
	} {
		if _, err := New(1, h, rules, platforms); err == nil {
			t.Errorf("%s: planned", name)
		}
	}
	if _, err := New(1, Ordinary(1), nil, platforms); err == nil {
		t.Error("without rules: planned")
	}
	if _, err := New(1, Ordinary(1), rules, nil); err == nil {
		t.Error("without platforms: planned")
	}
}

// Asking for six million people must not be a matter of the allocator.
func TestNoAllocation(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector, for which the short tests are, allocates")
	}
	p := plan(t, trial)
	buf := make([]Login, 0, 1000)
	i := 0
	if n := testing.AllocsPerRun(1000, func() { buf = p.Logins(i, buf[:0]); i++ }); n > 0.5 {
		t.Errorf("%.1f allocations a person", n)
	}
}

func BenchmarkLogins(b *testing.B) {
	p := plan(b, trial)
	var buf []Login
	n := 0
	for i := range b.N {
		buf = p.Logins(i, buf[:0])
		n += len(buf)
	}
	b.ReportMetric(float64(n)/float64(b.N), "logins/person")
}
