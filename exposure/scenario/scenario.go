// Package scenario reads what the lab is asked to run: people and habits,
// designs with their modifiers, coalitions, seed and size. The format is YAML,
// held to the JSON Schema in spec/scenarios/scenario.schema.json (draft
// 2020-12); what is wrong is reported with line and column, and a key that the
// schema does not know is an error.
//
// Start at [Load]. It leaves out which designs there are: the lab knows.
package scenario

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/halfmask/halfmask/spec"
)

// Scenario is what to run. Load and Parse give only valid ones, with every
// default in place.
type Scenario struct {
	Name       string
	Seed       uint64
	Seeds      int // how many seeds, from Seed upwards
	Rules      string
	People     int
	Days       int
	Habits     Habits
	Households bool        // children of one household share a guardian
	Trace      string      // file of logins instead of habits; "" for habits
	Designs    []Design    // nil: all that are built in
	Coalitions []Coalition // never empty
	Sweeps     Sweeps
	Backend    Backend
	Sample     int // people executed behind a stand-in, for each design

	source *parser // nil when it was not read
}

// Sweeps are what varies while all else stays, each with its points in
// ascending order. The zero value varies nothing.
type Sweeps struct {
	BatchSize []int     // credentials of a batch, of the designs that hold batches
	Uses      []float64 // logins of a person over all days, mean over the people
	Colluding []int     // platforms that compare what they saw, drawn from all
}

// Habits say how often and where people log in.
type Habits struct {
	MeanLogins float64 // of a person over all days, mean over the people
	Spread     float64 // sigma of the log-normal between people
	Favourites float64 // exponent of the Zipf weights of a person's platforms
}

// Backend is what carries a schedule out.
type Backend string

// The backends.
const (
	Executed Backend = "executed" // real roles, real HTTP, real cryptography
	StandIn  Backend = "stand-in" // values drawn from the scopes of an executed sample
)

// Design is a built-in design with its modifiers.
type Design struct {
	Name      string // in the output
	Base      string // of the designs that are built in
	Batch     Batch  // of sdjwt-batch
	Modifiers Modifiers
}

// Batch is how a wallet holds credentials of single use.
type Batch struct {
	Size   int
	Policy Policy
}

// Policy is what a wallet does when a batch runs out (EUDI ARF topic A,
// methods A to D).
type Policy string

// The policies.
const (
	OnceOnly    Policy = "once-only"    // fetch another batch before one is used twice
	LimitedTime Policy = "limited-time" // use each for its share of the month
	Rotating    Policy = "rotating"     // use each, then start over
	PerVerifier Policy = "per-verifier" // one credential for each platform
)

// Modifiers change what any design's messages carry. The zero value is the
// plain design.
type Modifiers struct {
	Status     Status
	Timestamps Timestamps
	Epoch      Epoch
	Ask        Ask
}

// Status is how a platform learns that a credential still holds.
type Status string

// The ways to learn the status.
const (
	NoStatus  Status = "" // it does not: validity is short
	ListIndex Status = "list-index"
	AskIssuer Status = "ask-issuer"
)

// Timestamps are the times in a credential.
type Timestamps string

// The kinds of times.
const (
	Coarse Timestamps = "" // the beginning of the epoch
	Fine   Timestamps = "fine"
)

// Epoch is what coarse times are cut to.
type Epoch string

// The epochs.
const (
	Month Epoch = ""
	Day   Epoch = "day"
)

// Ask is what platforms ask for.
type Ask string

// What platforms ask for.
const (
	Least   Ask = "" // what each needs
	TooMuch Ask = "too-much"
)

// Coalition is parties who put together what they saw.
type Coalition struct {
	Name    string
	Members []Member
}

// Member is one party of a coalition, or several of one kind.
type Member struct {
	Kind  Kind
	Count int    // of Platforms: how many, drawn from the seed; 0 for all
	ID    string // of Platform: which; "" for each by itself
	Thief bool   // not the party but the thief of its database
}

// Kind is a kind of party.
type Kind string

// The kinds.
const (
	Platform   Kind = "platform"    // one, or each by itself
	Platforms  Kind = "platforms"   // several that compare
	Issuer     Kind = "issuer"      // the authority that enrolls people
	StatusHost Kind = "status-host" // whoever serves status lists
	Network    Kind = "network"     // sees who connects to whom, when, and how much
)

const thiefOf = "thief-of:"

// ParseMember reads a member as scenario files write it: "platforms:5",
// "platform:syn-07", "thief-of:issuer".
func ParseMember(s string) (Member, error) {
	rest, thief := strings.CutPrefix(s, thiefOf)
	kind, arg, given := strings.Cut(rest, ":")
	m := Member{Kind: Kind(kind), Thief: thief}
	switch m.Kind {
	case Platform:
		if m.ID = arg; (arg == "") == given || (thief && !given) {
			return Member{}, fmt.Errorf("%q is no member: name the platform, as in platform:syn-07", s)
		}
	case Platforms:
		if given {
			n, err := strconv.Atoi(arg)
			if err != nil || n < 1 || n > 9999 {
				return Member{}, fmt.Errorf("%q is no member: write platforms:N with N from 1 to 9999", s)
			}
			m.Count = n
		}
	case Issuer, StatusHost, Network:
		if given || (thief && m.Kind == Network) {
			return Member{}, fmt.Errorf("%q is no member", s)
		}
	default:
		return Member{}, fmt.Errorf("%q is no member; there are platform, platforms, issuer, status-host, network and thief-of:PARTY", s)
	}
	return m, nil
}

// String writes a member as scenario files do.
func (m Member) String() string {
	s := string(m.Kind)
	if m.Thief {
		s = thiefOf + s
	}
	switch {
	case m.ID != "":
		s += ":" + m.ID
	case m.Count > 0:
		s += ":" + strconv.Itoa(m.Count)
	}
	return s
}

// DefaultCoalitions are those of a scenario that names none.
func DefaultCoalitions() []Coalition {
	return []Coalition{
		{"platform", []Member{{Kind: Platform}}},
		{"platforms", []Member{{Kind: Platforms}}},
		{"issuer", []Member{{Kind: Issuer}}},
		{"issuer+platforms", []Member{{Kind: Issuer}, {Kind: Platforms}}},
	}
}

// Defaults of a scenario.
const (
	loginsPerDay  = 0.25
	defaultSize   = 20
	defaultSample = 180
)

// New makes a scenario of its size, with every default in place.
func New(name string, people, days int) *Scenario {
	s := &Scenario{Name: name, Seed: 1, People: people, Days: days, Habits: Habits{Spread: 1, Favourites: 1}}
	s.setDefaults()
	return s
}

func (s *Scenario) setDefaults() {
	s.Seeds = cmp.Or(s.Seeds, 1)
	s.Rules = cmp.Or(s.Rules, spec.National)
	s.Backend = cmp.Or(s.Backend, Executed)
	s.Habits.MeanLogins = cmp.Or(s.Habits.MeanLogins, loginsPerDay*float64(s.Days))
	s.Sample = min(cmp.Or(s.Sample, defaultSample), s.People)
	if s.Coalitions == nil {
		s.Coalitions = DefaultCoalitions()
	}
}
