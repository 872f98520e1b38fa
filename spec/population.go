package spec

import (
	"embed"
	"fmt"
	"math"
	"slices"
	"sort"
	"sync"
)

//go:embed population/*.csv
var populationFiles embed.FS

// Group is a part of the residents that is alike in the document it holds.
// The head of population/groups.csv has the meaning of each member and the sources.
type Group struct {
	ID, Title    string
	OfCensus     bool         // a part of the census population, otherwise beside it
	Count        float64      // persons
	Low, High    float64      // the range in which Count is believed to lie
	Document     DocumentKind // the document it holds, NoDocument for none
	FirstAge     int          // completed years; the census's age distribution
	LastAge      int          // between these two
	Female       float64      // share of women, negative: as in the census
	Status       string       // S, K or U
	Source, Note string
}

// Cell is a set of residents who are alike in everything the lab draws.
type Cell struct {
	Group    string // a Group's ID
	AgeYears int    // completed years on 1 November 2020
	Sex      string // "female" or "male", as the Sex claim
	Province string // "" for the groups beside the census
	Document DocumentKind
	Weight   float64 // persons; not whole, for bands and groups were split
}

// PopulationTable is the population in cells, the same for every call.
type PopulationTable struct {
	groups     []Group
	cells      []Cell
	cumulative []float64 // cumulative[i] is the weight of cells[:i+1]
}

// Population gives the residents of 1 November 2020: the census by province,
// age and sex, the residents from elsewhere, and the people without an
// eligible document. The data are embedded, checked on the first call.
func Population() (*PopulationTable, error) { return population() }

var population = sync.OnceValues(func() (*PopulationTable, error) {
	t, err := buildPopulation()
	if err != nil {
		return nil, fmt.Errorf("spec: population: %w", err)
	}
	return t, nil
})

// Groups lists the groups in the order of groups.csv.
func (t *PopulationTable) Groups() []Group { return slices.Clone(t.groups) }

// Cells lists every cell; the order never changes.
func (t *PopulationTable) Cells() []Cell { return slices.Clone(t.cells) }

// Total gives the number of residents.
func (t *PopulationTable) Total() float64 { return t.cumulative[len(t.cumulative)-1] }

// Draw gives the resident at the fraction u of the population: drawing u
// uniformly from [0, 1) draws every resident with the same chance, and the
// same u gives the same resident. A u outside is taken for the nearest end.
func (t *PopulationTable) Draw(u float64) Cell {
	if math.IsNaN(u) {
		u = 0
	}
	at := u * t.Total()
	i := sort.Search(len(t.cumulative), func(i int) bool { return t.cumulative[i] > at })
	return t.cells[min(i, len(t.cells)-1)]
}

// GroupTier is the people of a group in an age tier.
type GroupTier struct {
	Group    string
	Tier     Tier
	Document DocumentKind
	Weight   float64 // persons
}

// ByGroupAndTier sums the cells by group and tier of a rule set, in the order
// of the groups and tiers. The Weights of the entries whose Document the
// rules do not accept, over Total, are the share of residents excluded: in
// the minor tiers too, for a guardian is taken to hold what the child does.
func (t *PopulationTable) ByGroupAndTier(r *Rules) []GroupTier {
	type key struct {
		group string
		tier  Tier
	}
	sums := map[key]float64{}
	for _, c := range t.cells {
		sums[key{c.Group, r.TierOf(c.AgeYears)}] += c.Weight
	}
	var list []GroupTier
	for _, g := range t.groups {
		for _, tier := range Tiers {
			if w := sums[key{g.ID, tier}]; w > 0 {
				list = append(list, GroupTier{g.ID, tier, g.Document, w})
			}
		}
	}
	return list
}

func buildPopulation() (*PopulationTable, error) {
	census, err := readCensus()
	if err != nil {
		return nil, err
	}
	groups, err := readGroups()
	if err != nil {
		return nil, err
	}
	t := &PopulationTable{groups: groups}
	rest := slices.Clone(census)
	for _, g := range t.groups {
		if g.Count < 0 {
			continue
		}
		cells := spread(g, census)
		t.cells = append(t.cells, cells...)
		if g.OfCensus {
			takeAway(rest, cells)
		}
	}
	if err := t.giveRest(rest); err != nil {
		return nil, err
	}
	sum := 0.0
	for _, c := range t.cells {
		sum += c.Weight
		t.cumulative = append(t.cumulative, sum)
	}
	return t, nil
}

// takeAway subtracts a part of the census from what is left of it.
func takeAway(rest, part []Cell) {
	at := map[cellKey]int{}
	for i, c := range rest {
		at[c.key()] = i
	}
	for _, c := range part {
		rest[at[c.key()]].Weight -= c.Weight
	}
}

// giveRest gives what is left of the census to the one group without a count.
func (t *PopulationTable) giveRest(rest []Cell) error {
	at := slices.IndexFunc(t.groups, func(g Group) bool { return g.Count < 0 })
	if at < 0 || !t.groups[at].OfCensus || slices.ContainsFunc(t.groups[at+1:], func(g Group) bool { return g.Count < 0 }) {
		return fmt.Errorf("groups.csv: exactly one part of the census has no count")
	}
	g := &t.groups[at]
	g.Count = 0
	for _, c := range rest {
		if c.Weight < 0 {
			return fmt.Errorf("groups.csv: more people of age %d in %s than the census has", c.AgeYears, c.Province)
		}
		if c.Weight > 0 {
			c.Group, c.Document = g.ID, g.Document
			t.cells = append(t.cells, c)
			g.Count += c.Weight
		}
	}
	g.Low, g.High = g.Count, g.Count
	return nil
}

// cellKey is what tells the cells of one group apart.
type cellKey struct {
	province, sex string
	age           int
}

func (c Cell) key() cellKey { return cellKey{c.Province, c.Sex, c.AgeYears} }

// spread gives a group's cells: its count over the ages and sexes that it
// has, in the proportions of the census; a part of the census also over
// the provinces.
func spread(g Group, census []Cell) []Cell {
	weights, sexes := map[cellKey]float64{}, map[string]float64{}
	var order []cellKey
	for _, c := range census {
		if c.AgeYears < g.FirstAge || c.AgeYears > g.LastAge {
			continue
		}
		k := c.key()
		if !g.OfCensus {
			k.province = ""
		}
		if _, ok := weights[k]; !ok {
			order = append(order, k)
		}
		weights[k] += c.Weight
		sexes[c.Sex] += c.Weight
	}
	share := map[string]float64{"female": g.Female, "male": 1 - g.Female}
	if g.Female < 0 {
		both := sexes["female"] + sexes["male"]
		share["female"], share["male"] = sexes["female"]/both, sexes["male"]/both
	}
	var cells []Cell
	for _, k := range order {
		if w := g.Count * share[k.sex] * weights[k] / sexes[k.sex]; w > 0 {
			cells = append(cells, Cell{g.ID, k.age, k.sex, k.province, g.Document, w})
		}
	}
	return cells
}
