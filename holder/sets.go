package holder

import (
	"cmp"
	"errors"
	"slices"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

// chooseCredentials gives the identifiers of the credential queries to
// answer: all of them, or for every required set the least of its options
// (OpenID4VP 1.0 section 6.4.2). What an earlier set already shows costs a
// later one nothing.
func chooseCredentials(q openid4vp.Query, answers map[string]answer) (map[string]bool, error) {
	chosen := map[string]bool{}
	if len(q.CredentialSets) == 0 {
		for _, c := range q.Credentials {
			if answers[c.ID].pick == nil {
				return nil, answers[c.ID].reason
			}
			chosen[c.ID] = true
		}
		return chosen, nil
	}
	for _, set := range q.CredentialSets {
		if set.Optional {
			continue
		}
		var best *optionCost
		var reasons []error
		for _, option := range set.Options {
			cost, err := costOf(option, answers, chosen)
			if err != nil {
				reasons = append(reasons, err)
				continue
			}
			if best == nil || cost.compare(best) < 0 {
				best = cost
			}
		}
		if best == nil {
			if len(reasons) == 1 {
				return nil, reasons[0]
			}
			return nil, credential.Failed("no-credential", "OpenID4VP 1.0 section 6.4.2", "no option can be answered: %w", errors.Join(reasons...))
		}
		for _, id := range best.option {
			chosen[id] = true
		}
	}
	return chosen, nil
}

// optionCost is what an option discloses beyond what is chosen already.
type optionCost struct {
	option                          []string
	claims, shown, linkable, amount int
}

func (a *optionCost) compare(b *optionCost) int {
	return cmp.Or(cmp.Compare(a.claims, b.claims), cmp.Compare(a.shown, b.shown), cmp.Compare(a.linkable, b.linkable), cmp.Compare(a.amount, b.amount))
}

func costOf(option []string, answers map[string]answer, chosen map[string]bool) (*optionCost, error) {
	c := &optionCost{option: option}
	for i, id := range option {
		a := answers[id]
		if a.pick == nil {
			return nil, a.reason
		}
		if chosen[id] || slices.Contains(option[:i], id) {
			continue
		}
		c.claims += len(a.pick.Claims)
		c.shown += a.pick.shown()
		c.linkable = max(c.linkable, a.pick.Linkable.rank())
		c.amount++
	}
	return c, nil
}
