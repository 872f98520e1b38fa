package exposure

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/spec"
)

// A Design is one way of letting people log in. It is built over the real
// roles, does what they do and says nothing about what is linkable: the lab
// looks at the bytes.
//
// Every call runs in a visit of its own, which its context carries; whatever
// the design sends over the Network must carry that context.
type Design interface {
	// Enroll enrolls a person. A refusal by the rules is an error that wraps
	// ErrNotEnrolled.
	Enroll(context.Context, *Person) error
	// LogIn logs an enrolled person in. A login that an order prevents is an
	// error that wraps ErrCutOff; any other error ends the run.
	LogIn(context.Context, *Person, Login) error
	// Renew does what a person's software does by itself once a month. A renewal that an order prevents wraps ErrCutOff.
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

// Env is the world that a design is built in: the wire, the time, the rules
// and the platforms. It is the same for every design but for the wire.
type Env struct {
	Network   *Network
	Clock     *Clock
	Rules     *spec.Rules
	Trust     *document.Trust
	Platforms []spec.Platform
}

// Clock is the time in the lab. It stands still until it is set.
type Clock struct{ unix atomic.Int64 }

// Now gives the lab's time.
func (c *Clock) Now() time.Time { return time.Unix(c.unix.Load(), 0).UTC() }

// Set moves the clock.
func (c *Clock) Set(t time.Time) { c.unix.Store(t.Unix()) }

// builders holds the designs by name, in the order of reports.
var builders = []struct {
	name  string
	about string
	build func(*Env) (Design, error)
}{
	{"centralized-shared", "one service answers every login; every platform gets the same internet number", newCentralizedShared},
	{"centralized-pairwise", "one service answers every login; each platform gets an identifier of its own", newCentralizedPairwise},
	{"sdjwt-reused", "one SD-JWT VC with one holder key, shown everywhere", newSDJWTReused},
	{"bbs", "one bbs-2023 credential, a fresh proof for each login", newBBS},
}

// Designs lists the names of the designs in the order of reports.
func Designs() []string {
	var names []string
	for _, b := range builders {
		names = append(names, b.name)
	}
	return names
}

// About says in a line what a design is; empty for an unknown name.
func About(design string) string {
	for _, b := range builders {
		if b.name == design {
			return b.about
		}
	}
	return ""
}
