package issuer

import (
	"time"

	"github.com/halfmask/halfmask/protocol/openid4vci"
)

// GuardianState says what the issuer knows of a guardian's consent, beyond
// what the application said.
type GuardianState int

const (
	NotAwaited GuardianState = iota
	Awaited                  // credentials wait for the guardian's confirmation
	Confirmed
	Denied // the guardian did not consent: nothing is issued
)

// guardianInterval is how long a wallet waits before it asks again whether a
// guardian has answered.
const guardianInterval = 5 * time.Second

// err is what keeps credentials from being made; nil when nothing does.
func (g GuardianState) err() error {
	switch g {
	case Awaited:
		return &openid4vci.Pending{Interval: guardianInterval}
	case Denied:
		return &openid4vci.Error{Status: 400, Code: openid4vci.CredentialRequestDenied, Description: "the guardian did not consent"}
	}
	return nil
}

// await begins to wait, unless the guardian confirmed before.
func (p *Person) await(guardian bool) {
	switch {
	case !guardian:
		p.Guardian = NotAwaited
	case p.Guardian != Confirmed:
		p.Guardian = Awaited
	}
}

// confirm notes a guardian's answer; false when none is awaited.
func (g *register) confirm(id string, consent bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	p, ok := g.people[id]
	if !ok || p.Guardian != Awaited {
		return false
	}
	if p.Guardian = Denied; consent {
		p.Guardian = Confirmed
	}
	return true
}

// guardian gives the state of a person's guardian.
func (g *register) guardian(id string) GuardianState {
	g.mu.Lock()
	defer g.mu.Unlock()
	if p, ok := g.people[id]; ok {
		return p.Guardian
	}
	return NotAwaited
}
