package standin

import (
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
	Second   int64  // since the epoch of Unix
	Issue    uint32 // how many batches the person had before, this one included
	Copy     uint32 // which credential is used, by the design's policy
	Fills    uint32 // how many credentials are issued in the visit
}

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
	scopes
)

func (s scope) String() string {
	return [...]string{"person", "household", "person and month", "issuance", "person and platform", "credential", "person and day", "second", "visit"}[s]
}

// contains reports whether visits with one key of the other scope have one key
// of this one, too. A household is left out: what its members share joins
// nobody.
func (s scope) contains(other scope) bool {
	switch {
	case s == other:
		return true
	case other == perHousehold || other == perSecond:
		return false
	case s == perPerson:
		return true
	case s == perIssue:
		return other == perCopy || other == perVisit
	case s == perPersonMonth:
		return other == perPersonDay || other == perVisit
	}
	return other == perVisit && s != perHousehold && s != perSecond
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
	anything trait = iota
	atPlatform
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
	atTier
	atAgeBand
	atSex
	traits
)

func (t trait) String() string {
	return [...]string{"all", "platform", "mode", "refill", "tier", "document", "sex", "age band", "age", "group", "province", "day",
		"platform and mode", "platform and tier", "platform and age band", "platform and sex"}[t]
}

// of gives what a trait goes by, for one visit.
func (t trait) of(v *Visit, p *schedule.Profile) uint64 {
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
	case atTier:
		return platform ^ word(string(p.Tier))
	case atAgeBand:
		return platform ^ word(spec.AgeBandOf(p.Age))
	case atSex:
		return platform ^ word(p.Sex)
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
