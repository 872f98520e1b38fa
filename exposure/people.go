package exposure

import (
	"fmt"
	"strings"
	"time"

	"github.com/halfmask/halfmask/exposure/centralized"
	"github.com/halfmask/halfmask/exposure/schedule"
	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

// Person is a synthetic person with what an enrollment asks for. Designs get
// the same people, and keep what they learn of them to themselves.
type Person struct {
	Index          int
	Group          string    // of the population
	Age            int       // completed years on Start
	Birthday       spec.Date // the last one up to Start
	Province       string
	DocumentNumber string // "" without a document
	// Submission is what the person's device sends to enroll, but for the
	// one-time codes, which the phones receive.
	Submission enrollment.Submission
}

// world makes people and their documents.
type world struct {
	seed       uint64
	households bool // siblings share a guardian
	authority  *mint.Authority
	trust      *document.Trust
	table      *spec.PopulationTable
}

func newWorld(seed uint64, households bool) (*world, error) {
	authority, err := mint.NewAuthority(seed)
	if err != nil {
		return nil, err
	}
	table, err := spec.Population()
	if err != nil {
		return nil, err
	}
	return &world{seed: seed, households: households, authority: authority, trust: authority.Trust(), table: table}, nil
}

// draw makes the people of a plan from one up to another.
func (w *world) draw(plan *schedule.Plan, from, upTo int) ([]*Person, error) {
	drawn := make([]*Person, upTo-from)
	for n := range drawn {
		i := from + n
		p, err := w.person(fmt.Sprintf("person %d", i), plan.Person(i))
		if err != nil {
			return nil, err
		}
		drawn[n] = p
	}
	return drawn, nil
}

// person makes the documents of one person.
func (w *world) person(id string, who schedule.Profile) (*Person, error) {
	c, birth, index := who.Cell, who.Birth, who.Index
	p := &Person{Index: index, Group: c.Group, Age: who.Age, Birthday: birthday(birth), Province: c.Province}
	p.Submission = enrollment.Submission{Phone: phone(index), Password: centralized.NewPassword(), Consent: true}
	if c.Document != spec.NoDocument {
		d, err := w.issue(id, c, birth)
		if err != nil {
			return nil, err
		}
		p.DocumentNumber = d.Number
		p.Submission.Document, p.Submission.Face = d.Presented, d.LiveFace(uint64(index))
	}
	part := who.Guardian()
	if part == spec.NoGuardian {
		return p, nil
	}
	// The guardian is an adult of the same group, outside of the sample, and
	// the same one for all children of a household.
	if c.Document == spec.NoDocument {
		return p, nil
	}
	adult, guardian := spec.Date{Year: birth.Year - 30, Month: birth.Month, Day: min(birth.Day, 28)}, id+"/guardian"
	if w.households {
		adult = spec.Date{Year: Start.Year - 45, Month: time.Month(1 + who.Household%12), Day: 1 + who.Household%28}
		guardian = fmt.Sprintf("household %d/guardian", who.Household)
	}
	g, err := w.issue(guardian, c, adult)
	if err != nil {
		return nil, err
	}
	p.Submission.Guardian = &enrollment.GuardianSubmission{
		Document: g.Presented, Face: g.LiveFace(uint64(index)),
		Relation: spec.Parent, Part: part, Consent: true,
	}
	return p, nil
}

// birthday is the last one up to Start of who was born on a day.
func birthday(birth spec.Date) spec.Date {
	d := spec.Date{Year: Start.Year, Month: birth.Month, Day: birth.Day}
	if Start.Before(d) {
		d.Year--
	}
	return d
}

func (w *world) issue(id string, c spec.Cell, birth spec.Date) (*mint.Document, error) {
	// Two draws of given names: as rarely alike as real names are.
	name, latin := mint.SyntheticName(w.seed, id)
	second, secondLatin := mint.SyntheticName(w.seed, id+"/second")
	name += strings.TrimPrefix(second, string([]rune(second)[:2]))
	_, given, _ := strings.Cut(secondLatin, " ")
	holder := mint.Person{ID: id, Name: name, Latin: latin + given, Sex: c.Sex, BirthDate: birth}
	if c.Document == spec.ForeignPermanentResidentCard {
		holder.Nationality = "CAN" // the format holds a real country's code; that of the specimen
	}
	d, err := w.authority.Issue(holder, c.Document, mint.Options{Macau: strings.HasPrefix(c.Group, "macau")})
	if err != nil {
		return nil, fmt.Errorf("exposure: a %s for %s: %w", c.Document, id, err)
	}
	return d, nil
}

// phone gives a number that no network uses: country code 999 is unassigned.
func phone(index int) string { return fmt.Sprintf("+999%09d", index) }

// A cell stands for all residents of a group and a tier in the executed
// exclusion test.
type cell struct {
	group     spec.Group
	tier      spec.Tier
	residents float64
	person    *Person
}

// cells makes one person for each group and tier of the population, of the
// age that most of them have.
func (w *world) cells(plan *schedule.Plan, people int) ([]cell, error) {
	type key struct {
		group string
		tier  spec.Tier
	}
	typical := make(map[key]spec.Cell)
	for _, c := range w.table.Cells() {
		if k := (key{c.Group, plan.Rules().TierOf(c.AgeYears)}); c.Weight > typical[k].Weight {
			typical[k] = c
		}
	}
	groups := make(map[string]spec.Group)
	for _, g := range w.table.Groups() {
		groups[g.ID] = g
	}
	var cells []cell
	for _, gt := range w.table.ByGroupAndTier(plan.Rules()) {
		name := "one of " + gt.Group + ", " + string(gt.Tier)
		p, err := w.person(name, plan.Of(people+len(cells), typical[key{gt.Group, gt.Tier}], 100))
		if err != nil {
			return nil, err
		}
		cells = append(cells, cell{groups[gt.Group], gt.Tier, gt.Weight, p})
	}
	return cells, nil
}
