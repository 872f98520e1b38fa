package spec

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func residents(t testing.TB) *PopulationTable {
	t.Helper()
	p, err := Population()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func near(got, want, within float64) bool { return math.Abs(got-want) <= within }

// The parts of the census sum to the census, by sex too.
func TestPopulationKeepsTheCensus(t *testing.T) {
	ofCensus := map[string]bool{}
	for _, g := range residents(t).Groups() {
		ofCensus[g.ID] = g.OfCensus
	}
	sum, infants, beijing := 0.0, 0.0, 0.0
	for _, c := range residents(t).Cells() {
		if !ofCensus[c.Group] {
			if c.Province != "" {
				t.Fatalf("%s has a province", c.Group)
			}
			continue
		}
		sum += c.Weight
		if c.AgeYears == 0 {
			infants += c.Weight
		}
		if c.Province == "Beijing" {
			beijing += c.Weight
		}
	}
	if !near(sum, 1409778724, 1) {
		t.Errorf("%.0f people in the census, want 1409778724", sum)
	}
	if !near(infants, 11988057, 1) {
		t.Errorf("%.0f infants, want 11988057", infants)
	}
	if !near(beijing, 21893095, 1) {
		t.Errorf("%.0f people in Beijing, want 21893095", beijing)
	}
}

// The residents from elsewhere sum to the figures of communique no. 8.
func TestPopulationKeepsTheCommunique(t *testing.T) {
	sums := map[DocumentKind]float64{}
	for _, g := range residents(t).Groups() {
		sums[g.Document] += g.Count
	}
	for name, c := range map[string]struct{ got, want float64 }{
		"Hong Kong and Macau": {sums[HongKongMacauResidencePermit] + sums[HongKongMacauTravelPermit], 371380 + 55732},
		"Taiwan":              {sums[TaiwanResidencePermit] + sums[TaiwanTravelPermit], 157886},
		"foreign nationals":   {sums[ForeignPermanentResidentCard] + sums[ForeignPassport], 845697},
	} {
		if !near(c.got, c.want, 1) {
			t.Errorf("%s: %.0f, want %.0f", name, c.got, c.want)
		}
	}
}

// Bands are split by births: the years of many births keep more children.
func TestPopulationSplitsBandsByBirths(t *testing.T) {
	byAge := map[int]float64{}
	for _, c := range residents(t).Cells() {
		byAge[c.AgeYears] += c.Weight
	}
	if !(byAge[4] > byAge[1]) {
		t.Errorf("age 4 (born 2016): %.0f, age 1 (born 2019): %.0f", byAge[4], byAge[1])
	}
	if !near(byAge[41]/byAge[42], 1, 0.01) {
		t.Errorf("ages 41 and 42 of one band differ: %.0f, %.0f", byAge[41], byAge[42])
	}
}

func TestDraw(t *testing.T) {
	p := residents(t)
	rapid.Check(t, func(t *rapid.T) {
		u := rapid.Float64Range(0, 1).Draw(t, "u")
		c := p.Draw(u)
		if c != p.Draw(u) {
			t.Fatal("the same number drew two residents")
		}
		if c.Weight <= 0 || c.AgeYears < 0 || c.AgeYears > 100 || (c.Sex != "female" && c.Sex != "male") {
			t.Fatalf("%+v", c)
		}
	})
	for _, u := range []float64{-1, 2, math.NaN(), math.Inf(1)} {
		p.Draw(u)
	}
	const n = 200_000 // evenly spread numbers give the proportions
	female, total := 0.0, 0.0
	for _, c := range p.Cells() {
		total += c.Weight
		if c.Sex == "female" {
			female += c.Weight
		}
	}
	drawn := 0.0
	for i := range n {
		if p.Draw((float64(i)+0.5)/n).Sex == "female" {
			drawn++
		}
	}
	if !near(drawn/n, female/total, 0.005) {
		t.Errorf("%.4f of those drawn are women, %.4f of the population", drawn/n, female/total)
	}
}

// The groups and tiers sum to everybody, and the rule sets differ.
func TestExclusionByGroupAndTier(t *testing.T) {
	p := residents(t)
	inclusive, err := LoadRules("inclusive")
	if err != nil {
		t.Fatal(err)
	}
	excluded := func(r *Rules) float64 {
		out, all := 0.0, 0.0
		for _, g := range p.ByGroupAndTier(r) {
			all += g.Weight
			if !r.Accepts(g.Document) {
				out += g.Weight
			}
		}
		if !near(all, p.Total(), 1) {
			t.Errorf("the entries sum to %.0f of %.0f", all, p.Total())
		}
		return out
	}
	nat, inc := excluded(national(t)), excluded(inclusive)
	if !(inc > 0 && nat > inc) {
		t.Errorf("excluded: %.0f nationally, %.0f inclusively", nat, inc)
	}
}

func TestAdoption(t *testing.T) {
	got, err := Adoption(25, "Instant messaging")
	if err != nil || !near(got, 0.99*0.976, 1e-9) { // the source's 105.5 % is capped
		t.Errorf("%v, %v", got, err)
	}
	if got, err := Adoption(70, "E-government"); err != nil || !near(got, 0.42*0.906, 1e-9) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := Adoption(25, "Skating"); err == nil {
		t.Error("an unknown habit has an adoption")
	}
	rapid.Check(t, func(t *rapid.T) {
		p, err := Adoption(rapid.IntRange(-5, 200).Draw(t, "age"), "Online payment")
		if err != nil || p < 0 || p > mostAdoption {
			t.Fatalf("%v, %v", p, err)
		}
	})
}

func TestGroupsRefused(t *testing.T) {
	good := Group{ID: "x", Count: 10, Low: 5, High: 20, Female: -1, LastAge: 90, Status: "S", Source: "somebody", Document: ForeignPassport}
	if err := good.check("added"); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Group){
		"an unknown document":           func(g *Group) { g.Document = "library-card" },
		"ages upside down":              func(g *Group) { g.FirstAge = 91 },
		"more women than people":        func(g *Group) { g.Female = 1.1 },
		"a count outside its range":     func(g *Group) { g.Count = 21 },
		"an unknown status":             func(g *Group) { g.Status = "?" },
		"a figure without a source":     func(g *Group) { g.Source = "" },
		"a guess without its reasoning": func(g *Group) { g.Status = "U" },
	} {
		bad := good
		change(&bad)
		if bad.check("added") == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if good.check("elsewhere") == nil {
		t.Error("a group of nowhere is accepted")
	}
}
