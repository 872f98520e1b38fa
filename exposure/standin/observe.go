package standin

import (
	"slices"
	"time"

	"github.com/halfmask/halfmask/exposure/engine"
	"github.com/halfmask/halfmask/exposure/schedule"
	"github.com/halfmask/halfmask/spec"
)

// Moment is what a visit is for.
type Moment uint8

// The moments.
const (
	Enrollment Moment = iota
	Refusal           // an enrollment that the rules refuse
	Renewal
	Login
)

func (m Moment) String() string { return [...]string{"enrollment", "refusal", "renewal", "login"}[m] }

// A Visit is what the schedule says about a visit: who, where, when, and which
// of the person's credentials is used.
type Visit struct {
	Person   int
	Moment   Moment
	Platform uint8 // engine.NoPlatform but for logins
	Mode     schedule.Mode
	Asks     uint32 // what the platform asks; see [Asks]
	Second   int64  // since the epoch of Unix
	Issue    uint32 // how many batches the person had before, this one included
	Copy     uint32 // which credential is used, by the design's policy
	Fills    uint32 // how many credentials are issued in the visit
}

// Asks gives what a platform asks, a bit for each claim, and a bit for the
// form of a central service's answer. What it is sent goes by that, and so it
// is known of platforms that nobody visited in an executed run.
func Asks(p spec.Platform) (asks uint32) {
	for i, claim := range spec.Claims {
		if slices.Contains(p.Claims, claim) {
			asks |= 1 << i
		}
	}
	for i, d := range disclosures {
		if p.Disclosure == d {
			asks |= 1 << (len(spec.Claims) + i)
		}
	}
	return asks
}

var disclosures = []spec.Disclosure{spec.ResultOnly, spec.ResultPlusAppID, spec.ResultPlusAgeBand, spec.PlaintextOnConsent}

// A Leaf is a value that stood at a path in what a party saw of a visit.
type Leaf struct {
	Visit  int32
	Party  engine.Party
	Path   int32 // index into Observation.Paths
	Value  uint64
	Length int32 // bytes; 0 where it is not known
	Time   bool  // the value is the second of the visit, in some form
	Names  bool  // the value names the person: a document number of the register
	Common bool  // the value is a name or a date of the person, in some form: others have it too, if nobody in a small run
}

// An Observation is what an executed run showed, with the schedule that it
// carried out.
type Observation struct {
	Design string
	Policy Policy
	People []schedule.Profile
	Visits []Visit
	Paths  []string
	Leaves []Leaf
}

// A scope is what decides a value: visits with one key have one value.
type scope uint8

// The scopes, from those that tie many visits together to those that tie few.
const (
	perPerson scope = iota
	perHousehold
	perPersonMonth
	perIssue
	perPersonPlatform
	perCopy
	perPersonDay
	perSecond
	perVisit
	perDay
	scopes
)

func (s scope) String() string {
	return [...]string{"person", "household", "person and month", "issuance", "person and platform", "credential", "person and day", "second", "visit", "day"}[s]
}

// contains reports whether visits with one key of the other scope have one key
// of this one, too. A household and a day are left out: what their members
// share joins nobody.
func (s scope) contains(other scope) bool {
	switch {
	case s == other:
		return true
	case other == perHousehold || other == perSecond || other == perDay:
		return false
	case s == perPerson:
		return true
	case s == perIssue:
		return other == perCopy || other == perVisit
	case s == perPersonMonth:
		return other == perPersonDay || other == perVisit
	}
	return other == perVisit && s != perHousehold && s != perSecond && s != perDay
}

const daySeconds = 24 * 60 * 60

// key gives what a scope goes by, for one visit. It is cheap: the full size
// asks for it tens of millions of times.
func (s scope) key(v *Visit, visit int, household int) uint64 {
	person := uint64(v.Person)
	switch s {
	case perHousehold:
		return uint64(household)
	case perPerson:
		return person
	case perPersonMonth:
		return engine.Mix(person, uint64(month(v.Second)))
	case perIssue:
		return engine.Mix(person, uint64(v.Issue)|1<<40)
	case perPersonPlatform:
		return engine.Mix(person, uint64(v.Platform)|2<<40)
	case perCopy:
		return copyKey(v.Person, v.Copy)
	case perPersonDay:
		return engine.Mix(person, uint64(day(v.Second))|4<<40)
	case perSecond:
		return uint64(v.Second)
	case perDay:
		return uint64(day(v.Second))
	}
	return uint64(visit)
}

// copied gives the key of one of the credentials that are issued in a visit.
func (v *Visit) copied(place uint32) uint64 { return copyKey(v.Person, v.Issue<<copyBits|place) }

func copyKey(person int, copied uint32) uint64 {
	return engine.Mix(uint64(person), uint64(copied)|3<<40)
}

var zoneSeconds = func() int64 {
	day := spec.Date{Year: 2000, Month: 1, Day: 1}
	return 946684800 - day.Time().Unix()
}()

func day(second int64) int64 { return (second + zoneSeconds) / daySeconds }

func month(second int64) int {
	d := spec.DateOf(time.Unix(second, 0))
	return 12*d.Year + int(d.Month)
}

// A trait is what visits or people have in common with many others; it
// decides where values are present, and values that many share.
type trait uint8

const (
	anything trait = 0
	asked    trait = 1 // and those after it, one for each bit of Asks
)

const (
	atPlatform trait = iota + asked + 32
	inMode
	inRefill
	byTier
	byDocument
	bySex
	byAgeBand
	byAge
	byGroup
	byProvince
	onDay
	atMode
	askedTier // what the platform asks, with something of the person
	askedAgeBand
	askedSex
	askedDocument
	traits
)

func (t trait) String() string {
	switch {
	case t == anything:
		return "all"
	case t < asked+trait(len(spec.Claims)):
		return "asks " + spec.Claims[t-asked]
	case t < atPlatform:
		return "answer"
	}
	return [...]string{"platform", "mode", "refill", "tier", "document", "sex", "age band", "age", "group", "province", "day",
		"platform and mode", "what is asked and tier", "what is asked and age band", "what is asked and sex", "what is asked and document"}[t-atPlatform]
}

// ofPlatform reports whether platform and mode decide what the trait goes by.
func (t trait) ofPlatform() bool { return t <= inMode || t == atMode }

// of gives what a trait goes by, for one visit.
func (t trait) of(v *Visit, p *schedule.Profile) uint64 {
	if asked <= t && t < atPlatform {
		return uint64(v.Asks >> (t - asked) & 1)
	}
	platform := uint64(v.Platform) << 32
	switch t {
	case atPlatform:
		return platform
	case inMode:
		return uint64(v.Mode)
	case inRefill:
		return uint64(min(v.Fills, 1))
	case byTier:
		return word(string(p.Tier))
	case byDocument:
		return word(string(p.Document))
	case bySex:
		return word(p.Sex)
	case byAgeBand:
		return word(spec.AgeBandOf(p.Age))
	case byAge:
		return uint64(p.Age)
	case byGroup:
		return word(p.Group)
	case byProvince:
		return word(p.Province)
	case onDay:
		return uint64(day(v.Second))
	case atMode:
		return platform | uint64(v.Mode)
	case askedTier:
		return uint64(v.Asks) ^ word(string(p.Tier))
	case askedAgeBand:
		return uint64(v.Asks) ^ word(spec.AgeBandOf(p.Age))
	case askedSex:
		return uint64(v.Asks) ^ word(p.Sex)
	case askedDocument:
		return uint64(v.Asks) ^ word(string(p.Document))
	}
	return 0
}

// word hashes a short text (FNV-1a).
func word(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
