package exposure

import (
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/issuer"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
)

// pocket is the memory of one person's wallet: small enough that a thousand
// fit beside one another, which package wallet's encrypted stores do not. What
// it sends is made by the same packages holder, openid4vci and openid4vp.
type pocket struct {
	batch  scenario.Batch
	grant  *openid4vci.Grant
	copies []*copied
	next   int            // of OnceOnly and Rotating: the copy to use
	known  map[string]int // of PerVerifier: the copy of each platform
	until  time.Time      // when the copies end

	secret   *jwpbbs.LinkSecret // of credentials in JWP form
	document issuer.Order       // what the authority knows the person by
}

// copied is one credential, and what it is used with.
type copied struct {
	holder.Held
	key   jose.SigningKey // of those bound to a key
	place int             // in the lab's status list
}

// fill takes a fresh batch in the place of the old one.
func (p *pocket) fill(copies []*copied, until time.Time) {
	p.copies, p.next, p.until = copies, 0, until
	p.known = make(map[string]int)
}

// spent reports whether another batch is due before a login at a platform.
func (p *pocket) spent(platform string) bool {
	switch p.batch.Policy {
	case scenario.OnceOnly:
		return p.next == len(p.copies)
	case scenario.PerVerifier:
		_, known := p.known[platform]
		return !known && len(p.known) == len(p.copies)
	}
	return false
}

// choose picks the copy for a login at a platform.
func (p *pocket) choose(platform string, now time.Time) *copied {
	switch p.batch.Policy {
	case scenario.OnceOnly, scenario.Rotating:
		c := p.copies[p.next%len(p.copies)]
		p.next++
		return c
	case scenario.PerVerifier:
		i, ok := p.known[platform]
		if !ok {
			i = len(p.known)
			p.known[platform] = i
		}
		return p.copies[i]
	case scenario.LimitedTime:
		// Each copy has its share of the month.
		slot := (spec.DateOf(now).Day - 1) * len(p.copies) / 31
		return p.copies[slot]
	}
	return p.copies[0]
}
