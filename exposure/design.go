package exposure

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/spec"
)

// A Design is one way of letting people log in. It is built over the real
// roles, does what they do and says nothing about what is linkable: the lab
// looks at the bytes.
//
// Every call runs in a visit of its own, which its context carries; whatever
// the design sends over the Network must carry that context. Calls come one at
// a time.
type Design interface {
	// Enroll enrolls a person. A refusal by the rules is an error that wraps
	// ErrNotEnrolled.
	Enroll(context.Context, *Person) error
	// LogIn logs an enrolled person in. A login that an order prevents is an
	// error that wraps ErrCutOff; any other error ends the run.
	LogIn(context.Context, *Person, Login) error
	// Renew does what a person's software does by itself once a month. A
	// renewal that an order prevents wraps ErrCutOff.
	Renew(context.Context, *Person) error
	// Order has the authority act against one person, by whatever means the
	// design gives it.
	Order(context.Context, *Person) error
}

// What a Design's errors wrap.
var (
	ErrNotEnrolled = errors.New("exposure: the rules refuse the enrollment")
	ErrCutOff      = errors.New("exposure: an order prevents it")
)

// Env is the world that a design is built in: the wire, the time, the rules,
// the platforms and what the scenario changes about the design. It is the same
// for every design but for the wire and the changes.
type Env struct {
	Network   *Network
	Clock     *Clock
	Rules     *spec.Rules
	Trust     *document.Trust
	Platforms []spec.Platform
	Seed      uint64
	Chunk     int             // of people; each has a world of its own
	Variant   scenario.Design // batch and modifiers
}

// Asked gives the claims that a platform asks for at a login.
func (e *Env) Asked(p spec.Platform) []string {
	if e.Variant.Modifiers.Ask == scenario.TooMuch {
		return spec.Claims
	}
	return p.Claims
}

// Epoch gives the validity of a credential that is issued at a time.
func (e *Env) Epoch(now time.Time) (from, until time.Time) {
	from, until = spec.Epoch(now)
	switch m := e.Variant.Modifiers; {
	case m.Timestamps == scenario.Fine:
		from = now.Truncate(time.Second)
		return from, from.Add(until.Sub(spec.DateOf(now).Time()))
	case m.Epoch == scenario.Day:
		from = spec.DateOf(now).Time()
		return from, until
	}
	return from, until
}

// account is what a platform writes down of a login.
type account struct {
	At     time.Time      `json:"at"`
	Name   string         `json:"account,omitempty"`
	Claims map[string]any `json:"claims,omitempty"`
}

// Clock is the time in the lab. It stands still until it is set.
type Clock struct{ unix atomic.Int64 }

// Now gives the lab's time.
func (c *Clock) Now() time.Time { return time.Unix(c.unix.Load(), 0).UTC() }

// Set moves the clock.
func (c *Clock) Set(t time.Time) { c.unix.Store(t.Unix()) }

// Builder makes a design in a world.
type Builder struct {
	Name  string
	About string // one line
	Build func(*Env) (Design, error)
}

// Builders gives the designs that are built in, in the order of reports.
func Builders() []Builder {
	return []Builder{
		{"centralized-shared", "one service answers every login; every platform gets the same internet number", newCentralizedShared},
		{"centralized-pairwise", "one service answers every login; each platform gets an identifier of its own", newCentralizedPairwise},
		{"sdjwt-reused", "one SD-JWT VC with one holder key, shown everywhere", newSDJWTReused},
		{"sdjwt-batch", "SD-JWT VCs for single use, fetched in batches", newSDJWTBatch},
		{"bbs-2020", "one BbsBlsSignature2020 credential, the older scheme, a fresh proof for each login", newBBS2020},
		{"bbs", "one bbs-2023 credential, a fresh proof for each login", newBBS},
		{"bbs-pseudonym", "one BBS credential in JWP form, a fresh proof for each login and an account name for each platform", newBBSPseudonym},
	}
}

// Designs lists the names of the designs that are built in.
func Designs() []string {
	var names []string
	for _, b := range Builders() {
		names = append(names, b.Name)
	}
	return names
}

// Compared are the designs of "halfmask compare": today's and ours, each with
// the weaker and the stronger of its kind.
func Compared() []string {
	return []string{"centralized-shared", "centralized-pairwise", "sdjwt-reused", "bbs"}
}

// About says in a line what a built-in design is; empty for an unknown name.
func About(design string) string {
	for _, b := range Builders() {
		if b.Name == design {
			return b.About
		}
	}
	return ""
}
