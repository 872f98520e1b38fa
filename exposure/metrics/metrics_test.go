package metrics

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Every function agrees with the published and closed-form figures; the same
// table is what "halfmask exposure validate" prints.
func TestPublishedAndClosedForms(t *testing.T) {
	for _, c := range Checks() {
		if c.Large && testing.Short() {
			continue
		}
		if r := c.Run(); !r.OK {
			t.Errorf("%s: got %v, want %v ± %v (%s)", r.Name, r.Got, r.Expected, r.Tolerance, r.Source)
		}
	}
}

// random draws logins of persons over platforms with components that join
// some of a person's and some of others'.
func random(seed uint64, persons, logins int) Sessions {
	r := rand.New(rand.NewPCG(seed, 1))
	var s Sessions
	for p := range persons {
		for range r.IntN(2*logins + 1) {
			c := uint32(p*4) + r.Uint32N(4)
			if r.IntN(10) == 0 {
				c = r.Uint32N(uint32(4 * persons))
			}
			s.Person, s.Platform, s.Component = append(s.Person, uint32(p)), append(s.Platform, uint16(r.IntN(9))), append(s.Component, c)
		}
	}
	return s
}

// What is counted by contingency is what listing all pairs gives.
func TestCountsAgreeWithListingPairs(t *testing.T) {
	for seed := range uint64(20) {
		s := random(seed, 12, 6)
		if seed%2 == 1 { // far apart, as hashes are
			for i, c := range s.Component {
				s.Component[i] = c * 100_003
			}
		}
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		var right, claimed, own float64
		nodePairs := make(map[[4]int]bool) // component, and (person, platform) twice
		linkedPairs := make(map[[3]int]bool)
		n := len(s.Person)
		for i := range n {
			for j := range i {
				same, joined := s.Person[i] == s.Person[j], s.Component[i] == s.Component[j]
				if same {
					own++
				}
				if joined {
					claimed++
				}
				if same && joined {
					right++
				}
				a, b := int(s.Person[i])<<16|int(s.Platform[i]), int(s.Person[j])<<16|int(s.Platform[j])
				if joined && a != b {
					nodePairs[[4]int{int(s.Component[i]), max(a, b), min(a, b)}] = true
					if same {
						linkedPairs[[3]int{int(s.Person[i]), max(a, b), min(a, b)}] = true
					}
				}
			}
		}
		precision, recall := s.Pairwise()
		near(t, "pairwise precision", precision.Value(), right/claimed)
		near(t, "pairwise recall", recall.Value(), right/own)
		var ownNodes float64
		for p := range nodePairs {
			if p[1]>>16 == p[2]>>16 {
				ownNodes++
			}
		}
		linked, nodePrecision := s.Linkage()
		near(t, "precision of platform pairs", nodePrecision.Value(), ownNodes/float64(len(nodePairs)))
		byPerson, persons := make(map[uint32]float64), 0.0
		var total float64
		for p := range linkedPairs {
			byPerson[uint32(p[0])]++
		}
		eachPerson(s.Person, func(lo, hi int) {
			used := slices.Clone(s.Platform[lo:hi])
			slices.Sort(used)
			if f := len(slices.Compact(used)); f > 1 {
				total, persons = total+byPerson[s.Person[lo]]/pairs(f), persons+1
			}
		})
		near(t, "linkage", linked.Value(), total/persons)
		var elm, elms float64
		for i := range n {
			var others, like float64
			for j := range n {
				if i != j && s.Component[i] == s.Component[j] {
					others++
					if s.Person[i] == s.Person[j] {
						like++
					}
				}
			}
			if others > 0 {
				elm, elms = elm+like/others, elms+1
			}
		}
		bcubed, _ := s.BCubed()
		near(t, "B-cubed precision", bcubed.Value(), elm/elms)
		var within, visitors float64
		eachPerson(s.Person, func(lo, hi int) {
			var joined, possible float64
			for i := lo; i < hi; i++ {
				for j := lo; j < i; j++ {
					if s.Platform[i] == s.Platform[j] {
						possible++
						if s.Component[i] == s.Component[j] {
							joined++
						}
					}
				}
			}
			if possible > 0 {
				within, visitors = within+joined/possible, visitors+1
			}
		})
		near(t, "linkage within platforms", s.Within().Value(), within/visitors)
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9 && !(math.IsNaN(got) && math.IsNaN(want)) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestProfilesAreTheLargestOwnPartOfAComponent(t *testing.T) {
	s := Sessions{
		Person:    []uint32{1, 1, 1, 2, 2, 3},
		Platform:  []uint16{5, 6, 6, 5, 7, 5},
		Component: []uint32{0, 0, 1, 0, 2, 3},
	}
	p := s.Profiles(1)
	if want := []int{0, 2, 1}; !slices.Equal(p.Sizes, want) || p.Max != 2 || p.P50.Value != 1 || p.Impure.Value != 1 {
		t.Errorf("Profiles = %+v, want sizes %v and the one cluster impure", p, want)
	}
}

func TestPermutedIsWithoutInformation(t *testing.T) {
	s := random(3, 300, 8)
	copy(s.Component, s.Person) // everything right
	linked, precision := s.Linkage()
	control, controlPrecision := s.Permuted(1).Linkage()
	if linked.Value() != 1 || precision.Value() != 1 || control.Value() > 0.05 || controlPrecision.Value() > 0.05 {
		t.Errorf("linkage %v (control %v), precision %v (control %v)", linked.Value(), control.Value(), precision.Value(), controlPrecision.Value())
	}
}

func TestNothingFoundHasTheRuleOfThreeForABound(t *testing.T) {
	ones := slices.Repeat([]float64{1}, 300)
	if e := (Ratio{make([]float64, 300), ones}).Estimate(1); e.Value != 0 || e.Hi != 0.01 || e.N != 300 {
		t.Errorf("nothing = %+v, want an upper bound of 0.01", e)
	}
	if e := (Ratio{ones, ones}).Estimate(1); e.Value != 1 || e.Lo != 0.99 || e.Hi != 1 {
		t.Errorf("everything = %+v, want a lower bound of 0.99", e)
	}
	if e := (Ratio{}).Estimate(1); !math.IsNaN(e.Value) {
		t.Errorf("no persons = %+v, want no figure", e)
	}
}

func TestBootstrapIsAsWideAsTheNormalLawAndRepeats(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	var x Ratio
	for range 400 {
		x.add(math.Round(r.Float64()*0.8), 1)
	}
	a, b := x.Estimate(3), x.Estimate(3)
	if a != b {
		t.Errorf("the same seed gives %+v and %+v", a, b)
	}
	want := z95 * math.Sqrt(a.Value*(1-a.Value)/400)
	if half := (a.Hi - a.Lo) / 2; math.Abs(half-want) > want/5 || a.Lo > a.Value || a.Hi < a.Value {
		t.Errorf("%+v, want about ± %.4f", a, want)
	}
}

// The interval that holds the truth 95 times of 100 holds it about that often,
// for shares that differ from person to person.
func TestBootstrapCoverage(t *testing.T) {
	for _, c := range []struct {
		people int
		least  float64
	}{{20, 0.86}, {50, 0.9}, {300, 0.92}} {
		const worlds = 200
		covered := 0
		for w := range worlds {
			r := rand.New(rand.NewPCG(uint64(w), uint64(c.people)))
			var x Ratio
			for range c.people {
				// Pairs: heavy use by a few, linked with a chance of 0.5 each.
				n := 1 + int(math.Exp(r.NormFloat64())*r.ExpFloat64())
				k := 0
				for range n {
					if r.Float64() < 0.5 {
						k++
					}
				}
				x.add(float64(k), float64(n))
			}
			if e := x.Estimate(uint64(w)); e.Lo <= 0.5 && 0.5 <= e.Hi {
				covered++
			}
		}
		if got := float64(covered) / worlds; got < c.least {
			t.Errorf("%d people: the interval holds the truth %v of the time, want %v at least", c.people, got, c.least)
		}
	}
}

// What two designs have in common cancels out of their difference.
func TestPairedDifferenceIsNarrowerThanItsParts(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	var a, b Ratio
	for range 500 {
		x := r.Float64()
		a.add(x, 1)
		b.add(x-0.1*r.Float64(), 1)
	}
	d, e := a.Minus(b, 1), a.Estimate(1)
	if d.Lo > 0.05 || d.Hi < 0.05 || (d.Hi-d.Lo) > (e.Hi-e.Lo)/3 {
		t.Errorf("difference %+v beside %+v", d, e)
	}
	if same := a.Minus(a, 1); same.Value != 0 || same.Lo != 0 || same.Hi != 0 {
		t.Errorf("difference to itself %+v", same)
	}
}

func TestPoissonHasItsMeanAndVariance(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for _, mean := range []float64{0.5, 1, 9, 11, 300, 1e6} {
		const n = 40_000
		var sum, squares float64
		for range n {
			v := float64(poisson(r, mean)) - mean
			sum, squares = sum+v, squares+v*v
		}
		if math.Abs(sum/n) > 5*math.Sqrt(mean/n) || math.Abs(squares/n/mean-1) > 0.06 {
			t.Errorf("Poisson(%v): mean off by %v, variance %v", mean, sum/n, squares/n)
		}
	}
}

func TestCentralSightAndNamingCountPersons(t *testing.T) {
	person := []uint32{1, 1, 2, 3}
	all := SeesEvent | SeesPerson | SeesPlatform
	seen := []Sight{all, SeesEvent, all, SeesEvent | SeesPerson}
	if v := CentralSight(person, seen, all).Value(); v != 0.5 {
		t.Errorf("all: %v", v)
	}
	if v := CentralSight(person, seen, SeesPerson).Value(); v != 0.75 {
		t.Errorf("person: %v", v)
	}
	right, wrong := Naming(person, []uint32{1, Nobody, 3, Nobody})
	if right.Value != 1./3 || wrong.Value != 1./3 || right.N != 3 {
		t.Errorf("named rightly %+v, wrongly %+v", right, wrong)
	}
	if v := Share([]int{1, 0, 0}, []int{2, 1, 0}).Value(); v != 0.25 {
		t.Errorf("share: %v", v)
	}
}

func TestOverDisclosureAndBreachCount(t *testing.T) {
	person := []uint32{1, 1, 2}
	r := OverDisclosure(person, []Claims{0b111, 0b001, 0b010}, []Claims{0b001, 0b001, 0b011}, []float64{1, 1, 2})
	if r.Value() != 3./4 || r.N() != 2 { // excess 1+2, needed 1+1+2
		t.Errorf("over-disclosure %v", r)
	}
	b := BreachOf(Sessions{Person: person, Platform: []uint16{4, 4, 5}, Component: []uint32{0, 1, 2}}, []bool{true, true, false}, []float64{1, 2, 4}, 30)
	if b != (Breach{1, 1, 7, 30}) {
		t.Errorf("breach %+v", b)
	}
}

// Independent memberships: k random platforms of probability q are shared
// with none of n others with probability (1 − q^k)^n.
func TestUnicityOfIndependentMemberships(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	people := make([]Platforms, 2000)
	for i := range people {
		for p := range 81 {
			if r.Float64() < 0.2 {
				people[i].Add(p)
			}
		}
	}
	for _, k := range []int{3, 4, 5} {
		want := math.Pow(1-math.Pow(0.2, float64(k)), 1999)
		if e := Unicity(people, k, 1000, 1); math.Abs(e.Value-want) > 0.05 {
			t.Errorf("%d platforms: %v, want %v", k, e.Value, want)
		}
	}
}

func TestShapleySharesSumToTheWhole(t *testing.T) {
	value := func(open uint) float64 { return math.Sqrt(float64(open)) * float64(open%3) }
	if got, want := sum(Shapley(6, value)), value(63)-value(0); math.Abs(got-want) > 1e-9 {
		t.Errorf("shares sum to %v, want %v", got, want)
	}
}

func TestTPRAtNeedsEnoughPairs(t *testing.T) {
	s := Scores{Mated: []float64{3, 2, 1}, NonMated: make([]float64, 1000)}
	if e := s.TPRAt(1e-6); !math.IsNaN(e.Value) {
		t.Errorf("a rate of 1e-6 of 1000 pairs: %+v", e)
	}
	if e := s.TPRAt(1e-3); e.Value != 1 {
		t.Errorf("%+v", e)
	}
}

func TestColumnsThatDoNotFitAreRefused(t *testing.T) {
	for name, s := range map[string]Sessions{
		"lengths": {Person: []uint32{1}},
		"order":   {Person: []uint32{2, 1}, Platform: []uint16{0, 0}, Component: []uint32{0, 0}},
	} {
		if s.Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A run of the trial's size: every clustering metric with its interval.
func BenchmarkTrial(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	s := Sessions{Person: make([]uint32, trialLogins), Platform: make([]uint16, trialLogins), Component: make([]uint32, trialLogins)}
	for i := range s.Person {
		s.Person[i] = r.Uint32N(trialPersons)
		s.Platform[i] = uint16(r.IntN(81))
	}
	slices.Sort(s.Person)
	for i := range s.Component {
		s.Component[i] = s.Person[i]
		if r.IntN(3) > 0 {
			s.Component[i] = r.Uint32N(trialLogins)
		}
	}
	for b.Loop() {
		linked, precision := s.Linkage()
		linked.Estimate(1)
		precision.Estimate(1)
		p, q := s.Pairwise()
		p.Estimate(1)
		q.Estimate(1)
		s.BCubed()
		s.Profiles(1)
	}
}
