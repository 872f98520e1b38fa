package exposure

import (
	"context"
	"slices"
	"strings"

	"github.com/halfmask/halfmask/exposure/link"
	"github.com/halfmask/halfmask/exposure/metrics"
	"github.com/halfmask/halfmask/exposure/report"
	"github.com/halfmask/halfmask/spec"
)

// A Coalition is the parties who put together what they saw.
type Coalition string

// The coalitions, in the words of spec/exposure.md.
const (
	OnePlatform        Coalition = "platform"         // each platform for itself
	AllPlatforms       Coalition = "platforms"        // all platforms together
	IssuerAlone        Coalition = "issuer"           // the authority that enrolls people
	IssuerAndPlatforms Coalition = "issuer+platforms" // everybody but the people
)

// Coalitions lists the coalitions of a scenario that names none, in the order
// of reports.
var Coalitions = []Coalition{OnePlatform, AllPlatforms, IssuerAlone, IssuerAndPlatforms}

// Strata lists the strata in the order of reports.
var Strata = []spec.Stratum{spec.Minimal, spec.Plaintext, spec.AllStrata}

// The metrics, by their names in results. spec/exposure.md defines them.
const (
	CentralSight         = "central_sight"
	CrossPlatformLinkage = "cross_platform_linkage"
	Reidentification     = "reidentification"
	OrderReach           = "order_reach"
	OrderReachEventual   = "order_reach_eventual"
	OrderReachDelay      = "order_reach_delay"
	Exclusion            = "exclusion"
	// Beside the headline metrics: how often the joins behind
	// cross_platform_linkage were right, and what one platform joins of its
	// own visits, which accounts are for.
	LinkagePrecision      = "linkage_precision"
	WithinPlatformLinkage = "within_platform_linkage"
)

// A Row is one figure of a comparison, in long format.
type Row struct {
	Design    string       `json:"design"`
	Coalition Coalition    `json:"coalition"`
	Stratum   spec.Stratum `json:"stratum"`
	Metric    string       `json:"metric"`
	Estimate  float64      `json:"estimate"`
	Lo        float64      `json:"lo"`
	Hi        float64      `json:"hi"`
	Method    string       `json:"method"`
	N         int          `json:"n"`
	Unit      string       `json:"unit"`
	// Of a sweep: what varies, and how much of it there was. The figures of
	// the scenario itself have neither.
	Sweep string  `json:"sweep,omitempty"`
	X     float64 `json:"x,omitempty"`
}

// A visit is the truth about one visit, which linkers never see.
type visit struct {
	person   int
	platform string // "" for enrollment and renewal
	stratum  spec.Stratum
}

// A Cause says how often values at a path came again in visits that they
// joined, for a coalition in a stratum. Several paths may make the same join.
type Cause struct {
	Coalition Coalition    `json:"coalition"`
	Stratum   spec.Stratum `json:"stratum"`
	Path      string       `json:"path"`
	Joins     int          `json:"joins"`
}

// found is what was found in the bytes of one design.
type found struct {
	rows   []Row
	causes []Cause
	fields []Field

	details report.Details
	ratios  map[[2]string]metrics.Ratio // linkage by coalition and stratum, to be paired
}

// question is what is asked of what was seen of a design.
type question struct {
	people     int
	coalitions []coalition
	seed       uint64
	days       int   // for which rows are kept
	colluding  []int // how many platforms compare, of those in platforms
	platforms  []spec.Platform
	households []uint32 // by person; nil where everybody has one of their own
}

// score gives what follows from what was seen of a design.
func score(ctx context.Context, design string, all seen, visits []visit, q question) (*found, error) {
	s := &scorer{seen: all, visits: visits, question: q}
	s.ratios = make(map[[2]string]metrics.Ratio)
	s.truth = link.Truth{People: s.people}
	platforms := make(map[string]int32)
	for _, u := range s.seen.Units {
		v := visits[u.Visit]
		platform, ok := platforms[v.platform]
		if !ok {
			platform = int32(len(platforms))
			platforms[v.platform] = platform
		}
		if v.platform == "" {
			platform = -1
		}
		s.truth.Person, s.truth.Platform = append(s.truth.Person, uint32(v.person)), append(s.truth.Platform, platform)
	}
	// Halves of the people, by chance: what one half teaches about the other
	// rests on that.
	s.fold = make([]int, s.people)
	for i, p := range random(s.seed, "folds", 0).Perm(s.people) {
		s.fold[p] = i % folds
	}
	for _, stratum := range Strata {
		for _, c := range q.coalitions {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			s.coalition(c, stratum, design)
		}
	}
	for _, c := range q.coalitions {
		s.siblings(c, design)
	}
	if err := s.sweepColluding(ctx); err != nil {
		return nil, err
	}
	for i := range s.rows {
		s.rows[i].Design = design
	}
	return &s.found, nil
}

type scorer struct {
	seen   seen
	truth  link.Truth
	visits []visit
	fold   []int // by person
	question

	found
}

func (s *scorer) visit(unit int) visit { return s.visits[s.seen.Units[unit].Visit] }

// folds is how many parts the people are cut into: the linker is trained on
// one and scored on the other, and then the other way round.
const folds = 2

func (s *scorer) coalition(c coalition, stratum spec.Stratum, design string) {
	few, unplaced := s.tooFew(stratum), !c.all && !c.thieves && len(c.platforms) == 0 && s.tooFewPlatforms(stratum)
	found := newFindings(s.people)
	a := s.learn(c, stratum)
	for fold, l := range a.linkers {
		s.collect(found, l, a.joined[fold], a.scored[fold])
	}
	s.note(c, stratum, a.in, a.linkers)
	for _, v := range s.visits {
		if c.counts(v.platform) && (stratum == spec.AllStrata || v.stratum == stratum) {
			found.login(v)
		}
	}
	add := func(metric, unit string, e metrics.Estimate) {
		if few || unplaced && metric == CentralSight {
			e = metrics.None(tooFewToLearn)
		}
		s.rows = append(s.rows, Row{Coalition: c.name, Stratum: stratum, Metric: metric,
			Estimate: e.Value, Lo: e.Lo, Hi: e.Hi, Method: e.Method, N: e.N, Unit: unit})
	}
	found.rows(c, s.seed, add)
	if !few {
		s.disclosure(a, found, add)
		s.deepen(a, design)
	}
	var causes []Cause
	whole := false // a value as such, and no bytes out of the middle of one
	for path, n := range a.used {
		if n > 0 {
			causes = append(causes, Cause{c.name, stratum, s.seen.Paths[path].Name, n})
			whole = whole || !s.seen.Paths[path].Window
		}
	}
	if whole {
		causes = slices.DeleteFunc(causes, func(c Cause) bool { return strings.HasSuffix(c.Path, windowPath) })
	}
	slices.SortFunc(causes, func(a, b Cause) int {
		if a.Joins != b.Joins {
			return b.Joins - a.Joins
		}
		return strings.Compare(a.Path, b.Path)
	})
	s.causes = append(s.causes, causes[:min(len(causes), 10)]...)
}

// learn trains the linkers of a coalition on each half of the people, and lets
// them at the other one.
func (s *scorer) learn(c coalition, stratum spec.Stratum) *aspect {
	a := &aspect{coalition: c, stratum: stratum, in: make([]bool, len(s.seen.Units)), used: make([]int, len(s.seen.Paths)), joins: make(map[string]int)}
	for i := range a.in {
		v := s.visit(i)
		a.in[i] = c.has(s.seen.party(i)) && (v.platform == "" || stratum == spec.AllStrata || v.stratum == stratum)
	}
	for fold := range folds {
		training := link.View{In: make([]bool, len(a.in)), Shared: true}
		scored := link.View{In: make([]bool, len(a.in)), Shared: !c.each}
		for i, in := range a.in {
			own := s.fold[s.visit(i).person] == fold
			training.In[i], scored.In[i] = in && !own, in && own
		}
		l := link.Learn(s.seen.Table, training, s.truth, s.people, link.All)
		joined, joins, by := l.Join(scored)
		a.linkers, a.joined, a.scored = append(a.linkers, l), append(a.joined, joined), append(a.scored, scored)
		for p, n := range joins {
			a.used[p] += n
		}
		for name, n := range by {
			a.joins[name] += n
		}
	}
	return a
}

// tooFewToLearn is the method of figures that do not exist because there was
// nothing to learn from: a linker that never had a chance finds nothing.
const tooFewToLearn = "too-few-to-learn"

// tooFew reports whether one half has too few people who came twice.
func (s *scorer) tooFew(stratum spec.Stratum) bool {
	logins := make([]int, s.people)
	twice := make([]int, folds)
	for _, v := range s.visits {
		if v.platform != "" && (stratum == spec.AllStrata || v.stratum == stratum) {
			if logins[v.person]++; logins[v.person] == 2 {
				twice[s.fold[v.person]]++
			}
		}
	}
	return slices.Min(twice) < link.Support
}

// tooFewPlatforms reports whether one half has too few platforms at which two
// of its people were: who is no platform learns from these which of the values
// that people share say where somebody logged in.
func (s *scorer) tooFewPlatforms(stratum spec.Stratum) bool {
	type place struct {
		fold     int
		platform string
	}
	first := make(map[place]int)
	shared := make([]map[string]bool, folds)
	for i := range shared {
		shared[i] = make(map[string]bool)
	}
	for _, v := range s.visits {
		if v.platform == "" || stratum != spec.AllStrata && v.stratum != stratum {
			continue
		}
		at := place{s.fold[v.person], v.platform}
		if p, ok := first[at]; !ok {
			first[at] = v.person
		} else if p != v.person {
			shared[at.fold][v.platform] = true
		}
	}
	return slices.ContainsFunc(shared, func(at map[string]bool) bool { return len(at) < link.Support })
}

// collect compares the components with the truth.
func (s *scorer) collect(f *findings, l *link.Linker, joined *link.Components, v link.View) {
	recognised := make([]bool, len(v.In))
	for _, leaf := range s.seen.Leaves {
		if l.Recognises(leaf.Path) {
			recognised[leaf.Unit] = true
		}
	}
	members := make(map[uint32][]int)
	for i, in := range v.In {
		if in {
			c := joined.Of(uint32(i))
			members[c] = append(members[c], i)
		}
	}
	for _, units := range members {
		named := make(map[int]bool)
		platforms := make(map[int]map[string]int) // person, platform: visits
		counted := make(map[uint32]bool)
		for _, i := range units {
			for p := range s.seen.named[i] {
				named[p] = true
			}
			t, visit := s.visit(i), s.seen.Units[i].Visit
			if t.platform != "" && !counted[visit] {
				counted[visit] = true
				if platforms[t.person] == nil {
					platforms[t.person] = make(map[string]int)
				}
				platforms[t.person][t.platform]++
			}
		}
		f.component(platforms, named)
		if len(named) != 1 {
			continue
		}
		for _, i := range units {
			t, visit := s.visit(i), int(s.seen.Units[i].Visit)
			if t.platform == "" || !named[t.person] || f.sighted[visit] {
				continue
			}
			if s.seen.party(i) != Issuer || recognised[i] {
				f.sighted[visit] = true
				f.sightedBy[t.person]++
			}
		}
	}
}
