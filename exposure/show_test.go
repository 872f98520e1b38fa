package exposure

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/exposure/trace"
	"github.com/halfmask/halfmask/spec"
)

// What the lab has to find, design by design.

func minimalPlatforms(t *testing.T) []uint8 {
	t.Helper()
	indices, err := askingTheSame()
	if err != nil {
		t.Fatal(err)
	}
	return indices
}

// lookAt runs a design on logins that are given.
func lookAt(t *testing.T, d scenario.Design, logins *trace.Trace) *Result {
	t.Helper()
	s := scenario.New("test", len(logins.Users), 15)
	s.Designs = []scenario.Design{d}
	for _, kind := range []scenario.Kind{scenario.StatusHost, scenario.Network} {
		s.Coalitions = append(s.Coalitions, scenario.Coalition{Name: string(kind), Members: []scenario.Member{{Kind: kind}}})
	}
	s.Coalitions = append(s.Coalitions,
		scenario.Coalition{Name: "thief", Members: []scenario.Member{{Kind: scenario.Platforms, Thief: true}}},
		scenario.Coalition{Name: "three", Members: []scenario.Member{{Kind: scenario.Platforms, Count: 3}}})
	r, err := newRun(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.trace = logins
	r.progress()
	found := []*outcome{{chunks: make([]*chunk, r.chunks())}}
	for n := range r.chunks() {
		if found[0].chunks[n], err = r.chunk(context.Background(), r.designs[0], n); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.score(context.Background(), r.designs[0], found[0]); err != nil {
		t.Fatal(err)
	}
	return &Result{Rows: found[0].rows, Causes: map[string][]Cause{d.Name: found[0].causes}}
}

// A rotating batch of 20 joins the pairs of uses that fall on one copy: 20
// copies, n uses. The figures are those of the closed form.
func TestRotatingBatchComesToItsClosedForm(t *testing.T) {
	if testing.Short() {
		t.Skip("real cryptography for many logins")
	}
	for _, c := range []struct {
		n    int
		want float64
	}{{20, 0}, {21, 0.0048}, {40, 0.0256}, {100, 0.0404}, {1000, 0.0490}} {
		if c.n > 100 && os.Getenv("HALFMASK_LONG") == "" {
			t.Log("1000 uses take a minute or two: HALFMASK_LONG=1 runs them")
			continue
		}
		d := scenario.Design{Name: "rotating", Base: "sdjwt-batch", Batch: scenario.Batch{Size: 20, Policy: scenario.Rotating}}
		r := lookAt(t, d, inTurn(12, c.n, minimalPlatforms(t)[:1]))
		row, _ := r.Find("rotating", OnePlatform, spec.Minimal, WithinPlatformLinkage)
		if math.Abs(row.Estimate-c.want) > 0.00005 {
			t.Errorf("%d uses: %v of the pairs are joined, want %v", c.n, row.Estimate, c.want)
		}
	}
}

func TestBatchPolicies(t *testing.T) {
	if testing.Short() {
		t.Skip("real cryptography for many logins")
	}
	for _, c := range []struct {
		policy         scenario.Policy
		across, within float64
	}{
		{scenario.OnceOnly, 0, 0},
		{scenario.PerVerifier, 0, 1},
		{scenario.LimitedTime, 1, 1}, // one copy for each half of the month
	} {
		d := scenario.Design{Name: string(c.policy), Base: "sdjwt-batch", Batch: scenario.Batch{Size: 2, Policy: c.policy}}
		if c.policy == scenario.PerVerifier {
			d.Batch.Size = 3
		}
		r := lookAt(t, d, inTurn(14, 6, minimalPlatforms(t)[:3]))
		across, _ := r.Find(d.Name, AllPlatforms, spec.Minimal, CrossPlatformLinkage)
		within, _ := r.Find(d.Name, OnePlatform, spec.Minimal, WithinPlatformLinkage)
		if across.Estimate != c.across || within.Estimate != c.within {
			t.Errorf("%s: %v across platforms and %v within, want %v and %v", c.policy, across.Estimate, within.Estimate, c.across, c.within)
		}
		if row, _ := r.Find(d.Name, IssuerAndPlatforms, spec.Minimal, CrossPlatformLinkage); row.Estimate != 1 {
			t.Errorf("%s: with the issuer, %v", c.policy, row.Estimate)
		}
	}
}

// What a modifier costs is found, and its cause named.
func TestModifiersCostWhatTheyCost(t *testing.T) {
	if testing.Short() {
		t.Skip("real cryptography for many logins")
	}
	for _, c := range []struct {
		name      string
		base      string
		modifiers scenario.Modifiers
		linked    float64 // by the platforms, in stratum minimal
		cause     string  // in a path
		sight     float64 // of the issuer
	}{
		{"plain", "bbs", scenario.Modifiers{}, 0, "", 0},
		{"fine timestamps", "bbs", scenario.Modifiers{Timestamps: scenario.Fine}, 1, "validFrom", 0},
		{"epochs of a day", "bbs", scenario.Modifiers{Epoch: scenario.Day}, 0, "", 0},
		{"list index", "bbs", scenario.Modifiers{Status: scenario.ListIndex}, 1, "status_list.idx", 0},
		{"asking the issuer", "bbs", scenario.Modifiers{Status: scenario.AskIssuer}, 1, "status_list.idx", 1},
		{"asking too much", "bbs", scenario.Modifiers{Ask: scenario.TooMuch}, 1, "document_number", 0},
		{"fine timestamps behind a proof", "bbs-pseudonym", scenario.Modifiers{Timestamps: scenario.Fine}, 0, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := lookAt(t, scenario.Design{Name: "d", Base: c.base, Modifiers: c.modifiers}, inTurn(40, 4, minimalPlatforms(t)[:3]))
			row, _ := r.Find("d", AllPlatforms, spec.Minimal, CrossPlatformLinkage)
			if row.Estimate != c.linked {
				t.Errorf("the platforms join %v, want %v", row.Estimate, c.linked)
			}
			if sight, _ := r.Find("d", IssuerAlone, spec.Minimal, CentralSight); sight.Estimate != c.sight {
				t.Errorf("the issuer sees %v of the logins, want %v", sight.Estimate, c.sight)
			}
			named := slices.ContainsFunc(r.Causes["d"], func(cause Cause) bool {
				return cause.Coalition == AllPlatforms && cause.Stratum == spec.Minimal && strings.Contains(cause.Path, c.cause)
			})
			if c.cause != "" && !named {
				t.Errorf("no cause with %s: %v", c.cause, r.Causes["d"])
			}
			if host, _ := r.Find("d", "status-host", spec.Minimal, CrossPlatformLinkage); host.Estimate != 0 {
				t.Errorf("the host of the status list joins %v", host.Estimate)
			}
			if network, _ := r.Find("d", "network", spec.Minimal, Reidentification); network.Estimate != 0 {
				t.Errorf("who watches the network names %v", network.Estimate)
			}
			if c.modifiers.Ask == scenario.TooMuch {
				if thief, _ := r.Find("d", "thief", spec.Minimal, Reidentification); thief.Estimate != 1 {
					t.Errorf("a thief of the platforms' databases names %v", thief.Estimate)
				}
			}
		})
	}
}

// Siblings share a guardian, whose document is one.
func TestSiblingsShareAGuardian(t *testing.T) {
	s := scenario.New("test", 200, 10)
	s.Households = true
	s.Designs = []scenario.Design{{Name: "bbs", Base: "bbs"}}
	r, err := newRun(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	people, err := r.world.draw(r.plan, 0, s.People)
	if err != nil {
		t.Fatal(err)
	}
	guardians, siblings := make(map[string]int), 0
	for _, p := range people {
		g := p.Submission.Guardian
		if g == nil {
			continue
		}
		document := fmt.Sprintf("%x", hash(fmt.Appendf(nil, "%+v", g.Document)))
		if other, ok := guardians[document]; ok {
			siblings++
			if r.plan.Person(p.Index).Household != r.plan.Person(other).Household {
				t.Errorf("people %d and %d share a guardian and no household", p.Index, other)
			}
		}
		guardians[document] = p.Index
	}
	if siblings < 3 {
		t.Fatalf("%d siblings among %d people", siblings, s.People)
	}
}

// What follows from the designs themselves comes out of executed logins.
func TestDesignConsequences(t *testing.T) {
	if testing.Short() {
		t.Skip("real cryptography for many logins")
	}
	checks, err := Checks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	followed := 0
	for _, c := range checks {
		if !strings.HasPrefix(c.Source, "follows from the design") {
			continue
		}
		followed++
		if r := c.Run(); !r.OK {
			t.Errorf("%s: got %v, want %v", r.Name, r.Got, r.Expected)
		}
	}
	if followed != 6 {
		t.Errorf("%d figures follow from designs, want 6", followed)
	}
}
