package exposure

import (
	"slices"
	"strings"

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

// Coalitions lists the coalitions in the order of reports.
var Coalitions = []Coalition{OnePlatform, AllPlatforms, IssuerAlone, IssuerAndPlatforms}

func (c Coalition) has(p Party) bool {
	platform := strings.HasPrefix(string(p), "platform:")
	switch c {
	case OnePlatform, AllPlatforms:
		return platform
	case IssuerAlone:
		return p == Issuer
	}
	return platform || p == Issuer
}

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

// score gives the rows that follow from what was recorded of one design.
func score(design string, exchanges []Exchange, visits []visit, numbers []string, seed uint64) (rows []Row, causes []Cause, fields []Field) {
	m := newMiner(newRegister(numbers))
	us := m.units(exchanges)
	s := &scorer{miner: m, units: us, values: occurrences(us, m.repeated(us)), visits: visits, people: len(numbers), seed: seed}
	// Halves of the people, by chance: what one half teaches about the other
	// rests on that.
	s.fold = make([]int, s.people)
	for i, p := range random(seed, "folds", 0).Perm(s.people) {
		s.fold[p] = i % folds
	}
	for _, stratum := range Strata {
		for _, c := range Coalitions {
			s.coalition(c, stratum)
		}
	}
	for i := range s.rows {
		s.rows[i].Design = design
	}
	return s.rows, s.causes, s.fields
}

type scorer struct {
	miner  *miner
	units  []unit
	values []occurrence
	visits []visit
	people int
	fold   []int // by person
	seed   uint64

	rows   []Row
	causes []Cause
	fields []Field
}

func (s *scorer) truth(i int) visit { return s.visits[s.units[i].visit] }

// folds is how many parts the people are cut into: the linker is trained on
// one and scored on the other, and then the other way round.
const folds = 2

func (s *scorer) coalition(c Coalition, stratum spec.Stratum) {
	seen := make([]bool, len(s.units))
	for i, u := range s.units {
		t := s.truth(i)
		seen[i] = c.has(u.party) && (t.platform == "" || stratum == spec.AllStrata || t.stratum == stratum)
	}
	few := s.tooFew(stratum)
	found := newFindings(s.people)
	used := make(map[int32]int)
	linkers := make([]*linker, folds)
	for fold := range folds {
		training := view{s.units, s.values, func(i int) bool { return seen[i] && s.fold[s.truth(i).person] != fold }, true}
		scored := view{s.units, s.values, func(i int) bool { return seen[i] && s.fold[s.truth(i).person] == fold }, c != OnePlatform}
		l := s.miner.learn(training,
			func(i int) int { return s.truth(i).person },
			func(i int) string { return s.truth(i).platform }, s.people)
		linkers[fold] = l
		component, joins := l.join(scored)
		for p, n := range joins {
			used[p] += n
		}
		s.collect(found, l, component)
	}
	s.note(c, stratum, seen, linkers)
	for _, v := range s.visits {
		if v.platform != "" && (stratum == spec.AllStrata || v.stratum == stratum) {
			found.login(v)
		}
	}
	found.rows(c, s.seed, func(metric, unit string, e Estimate) {
		if few {
			e = noEstimate(tooFewToLearn)
		}
		s.rows = append(s.rows, Row{Coalition: c, Stratum: stratum, Metric: metric,
			Estimate: e.Value, Lo: e.Lo, Hi: e.Hi, Method: e.Method, N: e.N, Unit: unit})
	})
	var causes []Cause
	whole := false // a value as such, and no bytes out of the middle of one
	for path, n := range used {
		if n > 0 {
			causes = append(causes, Cause{c, stratum, s.miner.paths.list[path].name, n})
			whole = whole || !s.miner.paths.list[path].window
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
	return slices.Min(twice) < support
}

// collect compares the components with the truth.
func (s *scorer) collect(f *findings, l *linker, component []int) {
	members := make(map[int][]int)
	for i, c := range component {
		if c >= 0 {
			members[c] = append(members[c], i)
		}
	}
	for _, units := range members {
		named := make(map[int]bool)
		platforms := make(map[int]map[string]int) // person, platform: visits
		seen := make(map[int]bool)
		for _, i := range units {
			for p := range s.units[i].named {
				named[p] = true
			}
			t, v := s.truth(i), s.units[i].visit
			if t.platform != "" && !seen[v] {
				seen[v] = true
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
			t, v := s.truth(i), s.units[i].visit
			if t.platform == "" || !named[t.person] || f.sighted[v] {
				continue
			}
			if s.units[i].party != Issuer || l.recognises(s.units[i]) {
				f.sighted[v] = true
				f.sightedBy[t.person]++
			}
		}
	}
}
