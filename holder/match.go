package holder

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

// Match picks the least answer to the query from the credentials at hand.
// When there is none, the error is a *credential.Error that says why; the
// verifier must not be told (OpenID4VP 1.0 section 15.4.1), it gets
// openid4vp.AccessDenied.
func Match(q openid4vp.Query, held []Held) (*Selection, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	asked := map[credential.Format]bool{}
	for _, c := range q.Credentials {
		asked[c.Format] = true
	}
	var hand []*opened
	var unreadable error
	for i, h := range held {
		if !asked[h.Format] {
			continue
		}
		o, err := open(h, i)
		if err != nil {
			unreadable = fmt.Errorf("credential %q: %w", h.ID, err)
			continue
		}
		hand = append(hand, o)
	}
	answers := map[string]answer{}
	for _, c := range q.Credentials {
		a := answerOne(c, hand)
		if a.pick == nil && len(hand) == 0 && unreadable != nil {
			a.reason = credential.Failed("no-credential", "OpenID4VP 1.0 section 6.4.2", "%w", unreadable)
		}
		answers[c.ID] = a
	}
	chosen, err := chooseCredentials(q, answers)
	if err != nil {
		return nil, err
	}
	s := &Selection{}
	for _, c := range q.Credentials {
		if chosen[c.ID] {
			s.Picks = append(s.Picks, *answers[c.ID].pick)
		}
	}
	return s, nil
}

// answer is the least pick for one credential query, or the reason why there
// is none.
type answer struct {
	pick   *Pick
	reason *credential.Error
}

// cost orders picks, least first.
func (p *Pick) cost(q *Pick) int {
	return cmp.Or(
		cmp.Compare(len(p.Claims), len(q.Claims)),
		cmp.Compare(p.shown(), q.shown()),
		cmp.Compare(p.Linkable.rank(), q.Linkable.rank()),
		cmp.Compare(p.from.held.Shown, q.from.held.Shown),
		cmp.Compare(p.from.index, q.from.index),
	)
}

func answerOne(c openid4vp.CredentialQuery, hand []*opened) answer {
	var best answer
	depth := 0 // how far the best refused candidate came
	refused := func(at int, check, section, format string, args ...any) {
		if at > depth {
			depth = at
			best.reason = credential.Failed(check, "OpenID4VP 1.0 "+section, "credential query %q: %w", c.ID, fmt.Errorf(format, args...))
		}
	}
	refused(1, "no-credential", "section 6.4.2", "no credential of format %q is at hand", c.Format)
	for _, o := range hand {
		if o.held.Format != c.Format {
			continue
		}
		if !o.is(c.Meta) {
			refused(2, "credential-type", "section 6.1", "no credential of an accepted type is at hand")
			continue
		}
		if err := c.CheckAuthority(o.certificates, nil); err != nil {
			var why *credential.Error
			if errors.As(err, &why) {
				refused(3, why.Check, "section 6.1.1", "%w", why.Err)
			}
			continue
		}
		if !c.WithoutHolderBinding && !o.bindable {
			refused(4, "holder-binding", "section 6.1", "holder binding is required, and a credential of format %q at hand has none", c.Format)
			continue
		}
		claims, err := chooseClaims(c, o)
		if err == nil && o.usable != nil {
			err = o.usable(c.Meta)
		}
		if err != nil {
			var why *credential.Error
			if errors.As(err, &why) {
				refused(5, why.Check, "section 6.4.1", "%w", why.Err)
			}
			continue
		}
		p := o.pick(c, claims)
		if best.pick == nil || p.cost(best.pick) < 0 {
			best.pick = p
		}
	}
	return best
}

// pick describes showing the claims from the credential.
func (o *opened) pick(c openid4vp.CredentialQuery, claims []Claim) *Pick {
	p := &Pick{
		Query: c.ID, HeldID: o.held.ID, Format: o.held.Format, Type: o.kind,
		Claims: claims, Always: o.always, Bound: o.bindable, from: o,
	}
	p.Proves = o.provedBy(c, claims)
	switch {
	case o.held.Format == credential.JWPBBS && c.Meta.Pseudonym != nil:
		p.Pseudonym, p.Linkable = c.Meta.Pseudonym, RepeatsHere
	case o.held.Format == credential.BBS2023, o.held.Format == credential.JWPBBS:
		p.Linkable = RepeatsNothing
	case o.held.Shown == 0 && slices.Contains(o.always, "status"):
		p.Linkable = RepeatsInList
	case o.held.Shown == 0:
		p.Linkable = RepeatsForIssuer
	default:
		p.Linkable = RepeatsForAll
	}
	return p
}
