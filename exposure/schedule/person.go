package schedule

import (
	"time"

	"github.com/halfmask/halfmask/spec"
)

// Profile is who a person is.
type Profile struct {
	Index     int
	spec.Cell           // group, sex, province and document; AgeYears is that of the census
	Birth     spec.Date // the census's ages are taken over to Start
	Age       int       // completed years on Start
	Tier      spec.Tier
	// Household is the index of the first of the siblings who share a
	// guardian; a person's own without.
	Household int
}

// Guardian says what a guardian does when the person enrolls. The guardian
// of a household is one adult, who is none of the people of the plan.
func (p Profile) Guardian() spec.GuardianPart {
	switch p.Tier {
	case spec.Under14:
		return spec.Applies
	case spec.From14To17:
		return spec.Supervises
	}
	return spec.NoGuardian
}

// Person says who a person is, drawn from the whole population.
func (p *Plan) Person(i int) Profile {
	person := p.draw(i)
	if p.habits.Siblings == 0 || person.Tier == spec.From18 {
		return person
	}
	// The first of the siblings lends the others its group and province. It
	// is a neighbour, so that nobody has to be looked up.
	for at := i; ; {
		elder, ok := p.elder(at)
		if !ok {
			first := person
			if at != i {
				first = p.draw(at)
			}
			person.Group, person.Province, person.Document = first.Group, first.Province, first.Document
			person.Household = at
			return person
		}
		at = elder
	}
}

// neighbours is how many people share a street. Siblings live in one.
const neighbours = 16

// elder gives the sibling next before a person under age, if there is one.
func (p *Plan) elder(i int) (int, bool) {
	r := random(p.seed, "household", i)
	has := r.Float64() < p.habits.Siblings
	r.put()
	for j := i - 1; has && j >= i-i%neighbours; j-- {
		if p.draw(j).Tier != spec.From18 {
			return j, true
		}
	}
	return 0, false
}

func (p *Plan) draw(i int) Profile {
	r := random(p.seed, "person", i)
	cell := p.table.Draw(r.Float64())
	daysAgo := r.IntN(365)
	r.put()
	return p.Of(i, cell, daysAgo)
}

// Of makes a person of a cell of the population, whose last birthday was
// daysAgo days before Start. Ages are taken over from the day of the census
// to Start: the lab needs the shape of the population and not its ageing.
func (p *Plan) Of(i int, cell spec.Cell, daysAgo int) Profile {
	birthday := Start.AddDays(-daysAgo)
	birth, err := spec.NewDate(birthday.Year-cell.AgeYears, birthday.Month, birthday.Day)
	if err != nil { // 29 February in a year without
		birth = spec.Date{Year: birthday.Year - cell.AgeYears, Month: time.February, Day: 28}
	}
	age := p.rules.Settings.Age(birth, Start)
	return Profile{Index: i, Cell: cell, Birth: birth, Age: age, Tier: p.rules.TierOf(age), Household: i}
}
