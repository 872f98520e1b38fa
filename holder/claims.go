package holder

import (
	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

// chooseClaims picks the combination of claims to disclose from o: the
// verifier's first that can be answered, unless a later one is a proper
// subset of it.
func chooseClaims(c openid4vp.CredentialQuery, o *opened) ([]Claim, error) {
	var chosen []Claim
	var found bool
	var reason error
	for _, set := range c.Sets() {
		claims, err := o.claims(set, c.Meta)
		switch {
		case err != nil:
			if reason == nil {
				reason = err
			}
		case !found || properSubset(claims, chosen):
			chosen, found = claims, true
		}
	}
	if !found {
		return nil, reason
	}
	return chosen, nil
}

// claims looks up every claim of the set. A claim that every presentation
// shows anyway is answered without being disclosed.
func (o *opened) claims(set []openid4vp.ClaimQuery, m openid4vp.Meta) ([]Claim, error) {
	var claims []Claim
	for _, q := range set {
		if o.proves != nil {
			c, err := o.proves(q, m)
			if err != nil {
				return nil, err
			}
			if c != nil {
				claims = append(claims, *c)
				continue
			}
		}
		values, err := q.Path.Select(o.document)
		if err != nil {
			return nil, missing("claim-missing", "%w", err)
		}
		withhold, err := o.withhold(q.Path)
		if err != nil {
			return nil, missing("claim-too-broad", "%s cannot be disclosed as one claim: %w", q.Path, err)
		}
		for _, v := range values {
			if !q.Accepts(v) {
				return nil, missing("claim-value", "the value of %s is none that the verifier accepts", q.Path)
			}
		}
		if withhold {
			claims = append(claims, Claim{Name: q.Path.Name(), Path: q.Path, Value: values[0]})
		}
	}
	return claims, nil
}

func missing(check, format string, args ...any) error {
	return credential.Failed(check, "OpenID4VP 1.0 section 6.4.1", format, args...)
}

func properSubset(a, b []Claim) bool {
	if len(a) >= len(b) {
		return false
	}
	for _, x := range a {
		within := false
		for _, y := range b {
			within = within || x.Path.Equal(y.Path)
		}
		if !within {
			return false
		}
	}
	return true
}
