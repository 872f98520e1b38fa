package standin_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/halfmask/halfmask/exposure"
	"github.com/halfmask/halfmask/exposure/engine"
	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/exposure/schedule"
	"github.com/halfmask/halfmask/exposure/standin"
	"github.com/halfmask/halfmask/spec"
)

// observe runs a design with real roles, real HTTP and real cryptography.
func observe(design scenario.Design, people int, seed uint64) (*standin.Observation, error) {
	s := scenario.New("test", people, 21)
	s.Seed, s.Designs = seed, []scenario.Design{design}
	return exposure.Observe(context.Background(), s)
}

type paired struct {
	model  *standin.Model
	replay *standin.Observation
}

func pair(t *testing.T, design scenario.Design) paired {
	t.Helper()
	learned, err := observe(design, 120, 1)
	if err != nil {
		t.Fatal(err)
	}
	model, err := standin.Learn(learned)
	if err != nil {
		t.Fatal(err)
	}
	replay, err := observe(design, 50, 2)
	if err != nil {
		t.Fatal(err)
	}
	return paired{model, replay}
}

var reused = sync.OnceValue(func() func(*testing.T) paired {
	var p paired
	var once sync.Once
	return func(t *testing.T) paired {
		if testing.Short() {
			t.Skip("executes a design")
		}
		once.Do(func() { p = pair(t, scenario.Design{Name: "sdjwt-reused", Base: "sdjwt-reused"}) })
		return p
	}
})()

// A credential of a batch that is shown once too often, or two people who are
// given the same one, fail the replay.
func TestReplayRefusesBatch(t *testing.T) {
	if testing.Short() {
		t.Skip("executes a design")
	}
	d := scenario.Design{Name: "rotating", Base: "sdjwt-batch", Batch: scenario.Batch{Size: 10, Policy: scenario.Rotating}}
	p := pair(t, d)
	model, run := p.model, p.replay
	if err := model.Validate(run); err != nil {
		t.Fatal(err)
	}
	for _, same := range []bool{true, false} {
		o := clone(run)
		a, b := again(o, at(o, "vp_token.person-sd-jwt.jwt.payload.cnf.jwk.x"), same)
		o.Leaves[b].Value = o.Leaves[a].Value
		var mismatch *standin.MismatchError
		if err := model.Validate(o); !errors.As(err, &mismatch) || mismatch.Check != standin.Scope {
			t.Errorf("a copy shown again, by the same person %v: %v", same, err)
		}
	}
}

func clone(o *standin.Observation) *standin.Observation {
	c := *o
	c.Leaves, c.Paths = slices.Clone(o.Leaves), slices.Clone(o.Paths)
	return &c
}

// at gives the indexes of the leaves whose path ends so, at logins.
func at(o *standin.Observation, end string) (found []int) {
	for i, l := range o.Leaves {
		if strings.HasSuffix(o.Paths[l.Path], end) && o.Visits[l.Visit].Moment == standin.Login {
			found = append(found, i)
		}
	}
	return found
}

// again gives, among leaves, two of one person (or of two people).
func again(o *standin.Observation, leaves []int, same bool) (first, second int) {
	for i, a := range leaves {
		for _, b := range leaves[i+1:] {
			p, q := o.Visits[o.Leaves[a].Visit], o.Visits[o.Leaves[b].Visit]
			if (p.Person == q.Person) == same && o.Leaves[a].Visit != o.Leaves[b].Visit {
				return a, b
			}
		}
	}
	return 0, 0
}

// Each way of getting a model or a design wrong fails a check of its name.
func TestReplayRefuses(t *testing.T) {
	p := reused(t)
	if err := p.model.Validate(p.replay); err != nil {
		t.Fatal(err)
	}
	if p.model.Sessions < 50 {
		t.Errorf("validated on %d sessions", p.model.Sessions)
	}
	const key, signature, nonce = "vp_token.person-sd-jwt.jwt.payload.cnf.jwk.x", "vp_token.person-sd-jwt.kb.signature", "vp_token.person-sd-jwt.kb.payload.nonce"
	for _, c := range []struct {
		name   string
		mutate func(*standin.Observation)
		check  standin.Check
	}{
		{"the nonce is dropped", func(o *standin.Observation) {
			drop := at(o, nonce)
			i := -1
			o.Leaves = slices.DeleteFunc(o.Leaves, func(standin.Leaf) bool { i++; return slices.Contains(drop, i) })
		}, standin.Presence},
		{"the nonce is dropped once", func(o *standin.Observation) {
			i := at(o, nonce)[0]
			o.Leaves = slices.Delete(o.Leaves, i, i+1)
		}, standin.Presence},
		{"randomness of a signature is used twice", func(o *standin.Observation) {
			a, b := again(o, at(o, signature), true)
			o.Leaves[b].Value = o.Leaves[a].Value
		}, standin.Scope},
		{"a scope is widened: two people have one key", func(o *standin.Observation) {
			a, b := again(o, at(o, key), false)
			old := o.Leaves[b].Value
			for i := range o.Leaves {
				if o.Leaves[i].Value == old {
					o.Leaves[i].Value = o.Leaves[a].Value
				}
			}
		}, standin.Scope},
		{"a scope is narrowed: a key for each login", func(o *standin.Observation) {
			_, b := again(o, at(o, key), true)
			o.Leaves[b].Value++
		}, standin.Scope},
		{"a status index leaks", func(o *standin.Observation) {
			o.Paths = append(o.Paths, "request.body.vp_token.person-sd-jwt.jwt.payload.status.status_list.idx")
			leaf := o.Leaves[at(o, key)[0]]
			leaf.Path, leaf.Value = int32(len(o.Paths)-1), 42
			o.Leaves = append(o.Leaves, leaf)
		}, standin.KnownPaths},
		{"a length changes", func(o *standin.Observation) {
			o.Leaves[at(o, signature)[0]].Length++
		}, standin.Length},
		{"an identifier hides in bytes that are not replayed", func(o *standin.Observation) {
			o.Paths = append(o.Paths, "request.body.state.decoded.cbor")
			for _, i := range at(o, "request.body.state") {
				leaf := o.Leaves[i]
				leaf.Path, leaf.Value = int32(len(o.Paths)-1), engine.Mix(9, uint64(o.Visits[leaf.Visit].Person))
				o.Leaves = append(o.Leaves, leaf)
			}
			// and the values that join anyway do not
			fresh := at(o, "")
			for n, i := range fresh {
				if l := &o.Leaves[i]; !strings.HasSuffix(o.Paths[l.Path], ".cbor") {
					l.Value = engine.Mix(uint64(n), l.Value)
				}
			}
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := clone(p.replay)
			c.mutate(o)
			before := p.model.Sessions
			err := p.model.Validate(o)
			var mismatch *standin.MismatchError
			if !errors.As(err, &mismatch) {
				t.Fatalf("replayed: %v", err)
			}
			if c.check != "" && mismatch.Check != c.check {
				t.Errorf("failed %v, not %s", err, c.check)
			}
			if p.model.Sessions != before {
				t.Error("counted as validated")
			}
		})
	}
}

// What all platforms fetch, made anew each day, is replayed: a status list.
func TestReplaysValuesOfTheDay(t *testing.T) {
	if testing.Short() {
		t.Skip("executes a design")
	}
	p := pair(t, scenario.Design{Name: "listed", Base: "sdjwt-reused", Modifiers: scenario.Modifiers{Status: scenario.ListIndex}})
	if err := p.model.Validate(p.replay); err != nil {
		t.Fatal(err)
	}
	const list = "response.body.jwt.signature"
	for name, mutate := range map[string]func(o *standin.Observation, i int){
		"another list for one platform": func(o *standin.Observation, i int) { o.Leaves[i].Value++ },
		"yesterday's list": func(o *standin.Observation, i int) {
			for _, j := range at(o, list) {
				if o.Visits[o.Leaves[j].Visit].Second < o.Visits[o.Leaves[i].Visit].Second-48*3600 {
					o.Leaves[i].Value = o.Leaves[j].Value
				}
			}
		},
	} {
		o := clone(p.replay)
		of := at(o, list)
		mutate(o, of[len(of)-1])
		if err := p.model.Validate(o); err == nil {
			t.Errorf("%s is replayed", name)
		}
	}
}

// What is generated is what was executed: one SD-JWT shown everywhere joins
// everything at platforms, and nothing for the issuer alone.
func TestGenerates(t *testing.T) {
	p := reused(t)
	rules, err := spec.LoadRules(spec.National)
	if err != nil {
		t.Fatal(err)
	}
	platforms, err := spec.Platforms()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := schedule.New(3, schedule.Ordinary(30), rules, platforms)
	if err != nil {
		t.Fatal(err)
	}
	d := p.model.Data(standin.NewTown(plan, 2000), func(int) (int64, []int64) { return schedule.Start.Time().Unix(), nil }, 1)
	if u := d.Unseen(); u != 0 {
		t.Errorf("at %v of the logins something is not known", u)
	}
	var all, with [256]bool
	for i := range platforms {
		all[i], with[i] = true, true
	}
	with[engine.Issuer] = true
	counts, err := engine.Run(context.Background(), d, []engine.View{
		{Name: "platform", Members: all, Alone: true}, {Name: "platforms", Members: all},
		{Name: "issuer", Members: [256]bool{engine.Issuer: true}}, {Name: "both", Members: with},
	}, engine.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0, 1, 0, 1} {
		if got := counts[i].CrossPlatform.Mean(1).Value; got != want {
			t.Errorf("%s: cross-platform linkage %v, not %v", counts[i].View, got, want)
		}
	}
	if c := counts[3]; c.Named != c.People {
		t.Errorf("issuer and platforms name %d of %d people", c.Named, c.People)
	}
	if c := counts[2]; c.Named != 0 {
		t.Errorf("the issuer names %d people at logins that it has not seen", c.Named)
	}
}

func TestLearnRefusesNothing(t *testing.T) {
	if _, err := standin.Learn(&standin.Observation{Design: "empty"}); err == nil {
		t.Error("learned from nothing")
	}
}

// Which copy of a batch a login uses, and when another batch is due.
func TestPolicies(t *testing.T) {
	for _, c := range []struct {
		policy standin.Policy
		logins int // at the platforms 0, 1, 2, 0, 1, 2 ...
		issue  uint32
		place  uint32
	}{
		{standin.Policy{}, 8, 1, 0},
		{standin.Policy{Kind: standin.OnceOnly, Size: 20}, 20, 1, 19},
		{standin.Policy{Kind: standin.OnceOnly, Size: 20}, 21, 2, 0},
		{standin.Policy{Kind: standin.Rotating, Size: 20}, 26, 1, 5},
		{standin.Policy{Kind: standin.PerVerifier, Size: 3}, 6, 1, 2},
		{standin.Policy{Kind: standin.PerVerifier, Size: 2}, 3, 2, 0},
	} {
		w := c.policy.NewWallet()
		var v standin.Visit
		w.Issue(&v)
		for n := range c.logins {
			v = standin.Visit{Platform: uint8(n % 3), Moment: standin.Login}
			w.Use(&v)
		}
		if v.Issue != c.issue || v.Copy != c.issue<<12|c.place {
			t.Errorf("%+v: login %d uses batch %d and copy %#x", c.policy, c.logins, v.Issue, v.Copy)
		}
	}
}
