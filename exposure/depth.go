package exposure

import (
	"math"
	mathbits "math/bits"
	"slices"
	"strings"

	"github.com/halfmask/halfmask/exposure/link"
	"github.com/halfmask/halfmask/exposure/metrics"
	"github.com/halfmask/halfmask/exposure/report"
	"github.com/halfmask/halfmask/spec"
)

// The metrics for experts, by their names in results. spec/exposure.md,
// section 4, defines them.
const (
	PairwisePrecision = "pairwise_precision"
	PairwiseRecall    = "pairwise_recall"
	BCubedPrecision   = "bcubed_precision"
	BCubedRecall      = "bcubed_recall"
	AdjustedRand      = "adjusted_rand"
	VariationOfInfo   = "variation_of_information"
	ProfileMedian     = "profile_p50"
	ProfileHigh       = "profile_p99"
	ProfileLargest    = "profile_largest"
	ImpureComponents  = "impure_components"
	Advantage         = "advantage"
	TruePositives     = "tpr_at_fpr_1e-6"
	SystemLinkability = "system_linkability"
	AnonymityOne      = "anonymity_alone"
	AnonymityTen      = "anonymity_below_10"
	Vulnerability     = "identification_vulnerability"
	Leakage           = "min_entropy_leakage"
	OverDisclosure    = "over_disclosure"
	BreachPersons     = "breach_persons"
	BreachEdges       = "breach_person_platform_pairs"
	BreachExcess      = "breach_excess_bits"
	BreachDays        = "breach_person_days"
	OverDisclosedBits = "over_disclosure_bits"
	Detectability     = "contact_detected"
)

// aspect is what one coalition knows in one stratum: the linkers of both
// halves, and what they joined.
type aspect struct {
	coalition coalition
	stratum   spec.Stratum
	in        []bool         // units that the coalition has
	linkers   []*link.Linker // by half, as are the two that follow
	joined    []*link.Components
	scored    []link.View
	used      []int          // by path: how often a value there came again
	joins     map[string]int // by linker
}

// wants reports whether a visit is one that the aspect is about.
func (a *aspect) wants(v visit) bool {
	return a.coalition.counts(v.platform) && (a.stratum == spec.AllStrata || v.stratum == a.stratum)
}

// sessions puts the logins into columns, with the component of what the
// coalition saw of each. A login that several members saw counts once, by what
// its platform saw where that is one of them; one that nobody saw is joined
// with nothing.
func (s *scorer) sessions(a *aspect, joined []*link.Components) metrics.Sessions {
	component := make([]uint32, len(s.visits)) // by visit
	platform := make(map[string]uint16)
	for i := range component {
		component[i] = uint32(len(s.seen.Units) + i)
	}
	seen := make([]bool, len(s.visits))
	for i, u := range s.seen.Units {
		platform[s.visits[u.Visit].platform] = uint16(s.truth.Platform[i])
		for fold, view := range a.scored {
			if view.In[i] && (!seen[u.Visit] || strings.HasPrefix(string(s.seen.party(i)), "platform:")) {
				seen[u.Visit] = true
				component[u.Visit] = joined[fold].Of(uint32(i))
			}
		}
	}
	var rows []sessionRow
	for i, v := range s.visits {
		if a.wants(v) {
			rows = append(rows, sessionRow{uint32(v.person), platform[v.platform], component[i]})
		}
	}
	slices.SortStableFunc(rows, func(x, y sessionRow) int { return int(x.person) - int(y.person) })
	var c metrics.Sessions
	for _, r := range rows {
		c.Person, c.Platform, c.Component = append(c.Person, r.person), append(c.Platform, r.platform), append(c.Component, r.component)
	}
	return c
}

type sessionRow struct {
	person    uint32
	platform  uint16
	component uint32
}

// deepen adds the figures for experts and the details of the report.
func (s *scorer) deepen(a *aspect, design string) {
	coalition, stratum := string(a.coalition.name), string(a.stratum)
	add := func(metric, unit string, e metrics.Estimate) {
		s.rows = append(s.rows, Row{Coalition: a.coalition.name, Stratum: a.stratum, Metric: metric,
			Estimate: e.Value, Lo: e.Lo, Hi: e.Hi, Method: e.Method, N: e.N, Unit: unit})
	}
	exact := func(metric, unit string, value float64, n int) {
		e := metrics.Estimate{Value: value, Lo: value, Hi: value, Method: "census", N: n}
		if math.IsNaN(value) || math.IsInf(value, 0) {
			e = metrics.None(metrics.MethodNone)
		}
		add(metric, unit, e)
	}
	for _, name := range link.Names {
		if n := a.joins[name]; n > 0 {
			s.details.Linkers = append(s.details.Linkers, report.Joins{Design: design, Coalition: coalition, Stratum: stratum, Linker: name, Joins: n})
		}
	}
	c := s.sessions(a, a.joined)
	if len(c.Person) == 0 {
		return
	}
	linked, precision := c.Linkage()
	permuted := c.Permuted(s.seed)
	s.ratios[[2]string{coalition, stratum}] = linked
	persons := c.Persons()
	control := func(metric string, rate, chance float64) {
		if !math.IsNaN(rate) && !math.IsNaN(chance) {
			s.details.Controls = append(s.details.Controls, report.Control{Design: design, Coalition: coalition, Stratum: stratum, Metric: metric, Rate: rate, Control: chance})
		}
	}
	pairPrecision, pairRecall := c.Pairwise()
	chancePrecision, chanceRecall := permuted.Pairwise()
	if !a.coalition.each {
		chance, _ := permuted.Linkage()
		control(CrossPlatformLinkage, linked.Value(), chance.Value())
		control(LinkagePrecision, precision.Value(), chancePrecision.Value())
	}
	control(PairwiseRecall, pairRecall.Value(), chanceRecall.Value())
	add(PairwisePrecision, "share of joined pairs of visits", pairPrecision.Estimate(s.seed))
	add(PairwiseRecall, "share of pairs of a person's visits", pairRecall.Estimate(s.seed))
	bPrecision, bRecall := c.BCubed()
	add(BCubedPrecision, "share of the others in a component (mean over visits)", bPrecision.Estimate(s.seed))
	add(BCubedRecall, "share of a person's other visits (mean over visits)", bRecall.Estimate(s.seed))
	exact(AdjustedRand, "index", c.ARI(), persons)
	exact(VariationOfInfo, "bits", c.VI(), persons)
	p := c.Profiles(s.seed)
	add(ProfileMedian, "platforms", p.P50)
	add(ProfileHigh, "platforms", p.P99)
	exact(ProfileLargest, "platforms", float64(p.Max), persons)
	add(ImpureComponents, "share of components of two visits and more", p.Impure)
	mainView := a.stratum == spec.Minimal && (a.coalition.name == AllPlatforms || a.coalition.name == IssuerAndPlatforms)
	if mainView {
		s.details.Profiles = append(s.details.Profiles, report.Profile{Design: design, Coalition: coalition, Stratum: stratum, Sizes: p.Sizes})
	}

	alike := make([]int, s.people)
	var scores metrics.Scores
	for fold, l := range a.linkers {
		if a.coalition.each {
			break
		}
		for person, k := range l.Alike(a.scored[fold], s.truth) {
			alike[person] = max(alike[person], k)
		}
		mated, other := l.Scored(a.scored[fold], s.truth)
		scores.Mated, scores.NonMated = append(scores.Mated, mated...), append(scores.NonMated, other...)
	}
	if !a.coalition.each && len(scores.Mated) > 0 && len(scores.NonMated) > 0 {
		exact(Advantage, "true less false positives", scores.Advantage(), persons)
		add(TruePositives, "share of pairs of a person's visits", scores.TPRAt(1e-6))
		exact(SystemLinkability, "D_sys, omega 1", scores.SystemLinkability(1), persons)
		s.anonymity(a, design, alike, mainView, add, exact)
	}
	if mainView {
		curve := report.Curve{Design: design, Coalition: coalition, Stratum: stratum}
		for _, p := range a.linkers[0].Curve(a.scored[0], s.truth, 30) {
			curve.Points = append(curve.Points, report.CurvePoint(p))
		}
		s.details.Curves = append(s.details.Curves, curve)
		if linked.Value() > 0 {
			s.channels(a, design, linked)
		}
	}
}

// anonymity adds how many people each person cannot be told from.
func (s *scorer) anonymity(a *aspect, design string, alike []int, picture bool, add func(string, string, metrics.Estimate), exact func(string, string, float64, int)) {
	var guess metrics.Ratio
	counts := make(map[int]int)
	people, alone, few := 0, 0, 0
	for _, k := range alike {
		if k == 0 {
			continue
		}
		people++
		counts[k]++
		if k == 1 {
			alone++
		}
		if k < 10 {
			few++
		}
		guess.Num, guess.Den = append(guess.Num, 1/float64(k)), append(guess.Den, 1)
	}
	add(AnonymityOne, "share of persons", metrics.Wilson(alone, people))
	add(AnonymityTen, "share of persons", metrics.Wilson(few, people))
	add(Vulnerability, "probability of a right guess (mean over persons)", guess.Estimate(s.seed))
	exact(Leakage, "bits", math.Log2(float64(people)*guess.Value()), people)
	if !picture {
		return
	}
	r := report.Anonymity{Design: design, Coalition: string(a.coalition.name), Stratum: string(a.stratum)}
	for k, n := range counts {
		r.Persons = append(r.Persons, report.SetCount{Size: k, Persons: n})
	}
	slices.SortFunc(r.Persons, func(x, y report.SetCount) int { return x.Size - y.Size })
	s.details.Anonymity = append(s.details.Anonymity, r)
}

// mostMasked bounds the units for which linkers are learned anew with every
// set of channels; above it one channel is masked at a time.
const mostMasked = 20_000

// channels finds which channels the joins come from, by learning anew without
// them.
func (s *scorer) channels(a *aspect, design string, open metrics.Ratio) {
	var used []link.Kind
	for _, k := range link.Kinds {
		for _, name := range link.ByKind(k) {
			if a.joins[name] > 0 && !slices.Contains(used, k) {
				used = append(used, k)
			}
		}
	}
	with := func(open link.Channels) metrics.Ratio {
		joined := make([]*link.Components, len(a.linkers))
		for fold := range joined {
			training := link.View{In: make([]bool, len(a.scored[fold].In)), Shared: true}
			for i := range training.In {
				for other, v := range a.scored {
					training.In[i] = training.In[i] || (other != fold && v.In[i])
				}
			}
			l := link.Learn(s.seen.Table, training, s.truth, s.people, open)
			joined[fold], _, _ = l.Join(a.scored[fold])
		}
		linked, _ := s.sessions(a, joined).Linkage()
		return linked
	}
	// Subsets of the channels in use; the others stay open, and what does
	// their work when they are closed is then seen.
	masks := make(map[uint]metrics.Ratio)
	figure := func(open uint) metrics.Ratio {
		if r, ok := masks[open]; ok {
			return r
		}
		set := link.All
		for i, k := range used {
			if open&(1<<i) == 0 {
				set = set.Without(k)
			}
		}
		masks[open] = with(set)
		return masks[open]
	}
	all := uint(1)<<len(used) - 1
	masks[all] = open
	shares := make([]float64, len(used))
	if len(s.seen.Units) <= mostMasked {
		shares = metrics.Shapley(len(used), func(open uint) float64 { return figure(open).Value() })
	} else {
		for i := range shares {
			shares[i] = open.Value() - figure(all&^(1<<i)).Value()
		}
	}
	for i, k := range used {
		drop := metrics.Ablate(open, figure(all&^(1<<i)), s.seed)
		s.details.Channels = append(s.details.Channels, report.Channel{Design: design, Coalition: string(a.coalition.name), Stratum: string(a.stratum),
			Channel: k.String(), Drop: drop.Value, Lo: drop.Lo, Hi: drop.Hi, Shapley: shares[i]})
	}
}

// disclosure adds figures 12, 13 and 15: what a coalition was shown beyond what
// platforms need, what a thief of all that it has would have, and at how many
// logins it can tell from the outside which platform it was.
func (s *scorer) disclosure(a *aspect, f *findings, add func(string, string, metrics.Estimate)) {
	c := a.coalition
	switch {
	case c.name == AllPlatforms:
		person, shown, needed, bits := s.claims(a)
		each := slices.Repeat([]float64{1}, len(bits))
		add(OverDisclosure, "claims not needed over those needed", metrics.OverDisclosure(person, shown, needed, each).Estimate(s.seed))
		add(OverDisclosedBits, "bits not needed over those needed", metrics.OverDisclosure(person, shown, needed, bits).Estimate(s.seed))
	case len(c.parties) == 1 && c.parties[NetworkObserver] && !c.all:
		told, all := 0, 0
		for fold, l := range a.linkers {
			knows := make(map[uint32]bool)
			for _, o := range s.seen.Leaves {
				if a.scored[fold].In[o.Unit] && l.Recognises(o.Path) {
					knows[o.Unit] = true
				}
			}
			for i, in := range a.scored[fold].In {
				if in && a.wants(s.visit(i)) {
					all++
					if knows[uint32(i)] {
						told++
					}
				}
			}
		}
		add(Detectability, "share of logins", metrics.Wilson(told, all))
	}
	if !c.each {
		persons, edges := 0, 0
		for _, at := range f.namedAt {
			if len(at) > 0 {
				persons++
				edges += len(at)
			}
		}
		exact := func(n float64) metrics.Estimate {
			return metrics.Estimate{Value: n, Lo: n, Hi: n, Method: "census", N: s.people}
		}
		add(BreachPersons, "persons", exact(float64(persons)))
		add(BreachEdges, "pairs of a person and a platform", exact(float64(edges)))
		add(BreachDays, "persons named times days kept", exact(float64(persons*s.days)))
		add(BreachExcess, "bits of claims not needed", exact(s.excess(a)))
	}
}

// excess sums the bits of the claims that the coalition holds of logins and
// whose platforms do not need them.
func (s *scorer) excess(a *aspect) (total float64) {
	_, shown, needed, bits := s.claims(a)
	for i := range shown {
		for claim, b := range bits {
			if (shown[i]&^needed[i])&(1<<claim) != 0 {
				total += b
			}
		}
	}
	return math.Round(total*1e6) / 1e6
}

// claims gives the claims that the coalition was shown at each login of the
// aspect, by the names of the fields that stood in it, and those that its
// platform needs; what it needs on occasion is taken to be needed where it was
// shown. bits is, by claim, the entropy of its values over the people who
// showed one: how much one value says.
func (s *scorer) claims(a *aspect) (person []uint32, shown, needed []metrics.Claims, bits []float64) {
	names := make(map[string]int)
	needs, sometimes := make(map[string]metrics.Claims), make(map[string]metrics.Claims)
	platforms, err := spec.Platforms()
	if err != nil {
		return nil, nil, nil, nil
	}
	for _, p := range platforms {
		asked := slices.Clone(p.Claims)
		for _, o := range p.Sometimes {
			asked = append(asked, o.Claims...)
		}
		for i, claim := range asked {
			if len(names) == 64 {
				continue
			}
			if _, ok := names[claim]; !ok {
				names[claim] = len(names)
			}
			if i < len(p.Claims) {
				needs[p.ID] |= 1 << names[claim]
			} else {
				sometimes[p.ID] |= 1 << names[claim]
			}
		}
	}
	of := make([]metrics.Claims, len(s.seen.Paths)) // by path
	for i, p := range s.seen.Paths {
		if claim, ok := names[p.Name[strings.LastIndexByte(p.Name, '.')+1:]]; ok {
			of[i] = 1 << claim
		}
	}
	byVisit := make([]metrics.Claims, len(s.visits))
	values := make([]holders, len(names))
	for i := range values {
		values[i] = make(holders)
	}
	for _, o := range s.seen.Leaves {
		if of[o.Path] != 0 && a.in[o.Unit] && s.visit(int(o.Unit)).platform != "" {
			byVisit[s.seen.Units[o.Unit].Visit] |= of[o.Path]
			values[mathbits.TrailingZeros64(uint64(of[o.Path]))].add(o.Value, s.truth.Person[o.Unit])
		}
	}
	for _, v := range values {
		bits = append(bits, v.entropy())
	}
	order := make([]int, 0, len(s.visits))
	for i, v := range s.visits {
		if a.wants(v) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return s.visits[i].person - s.visits[j].person })
	for _, i := range order {
		v := s.visits[i]
		person = append(person, uint32(v.person))
		shown, needed = append(shown, byVisit[i]), append(needed, needs[v.platform]|byVisit[i]&sometimes[v.platform])
	}
	return person, shown, needed, bits
}

// holders are the people who have a value.
type holders map[uint64]map[uint32]bool

func (h holders) add(value uint64, person uint32) {
	if h[value] == nil {
		h[value] = make(map[uint32]bool)
	}
	h[value][person] = true
}

// entropy is that of the values over the people, in bits.
func (h holders) entropy() float64 {
	var weights []float64
	for _, people := range h {
		weights = append(weights, float64(len(people)))
	}
	slices.Sort(weights) // sums of the same numbers in the same order
	return metrics.Entropy(weights)
}

// differences pairs each design's linkage with the first one's.
func differences(designs []string, found []*found) (pairs []report.Difference) {
	for i, f := range found[1:] {
		for key, first := range found[0].ratios {
			own, ok := f.ratios[key]
			if !ok || len(own.Num) != len(first.Num) {
				continue
			}
			if d := own.Minus(first, 1); !math.IsNaN(d.Value) {
				pairs = append(pairs, report.Difference{Design: designs[i+1], Other: designs[0], Coalition: key[0], Stratum: key[1],
					Metric: CrossPlatformLinkage, Value: d.Value, Lo: d.Lo, Hi: d.Hi})
			}
		}
	}
	slices.SortFunc(pairs, func(a, b report.Difference) int {
		return strings.Compare(a.Design+a.Stratum+a.Coalition, b.Design+b.Stratum+b.Coalition)
	})
	return pairs
}
