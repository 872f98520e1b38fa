package holder

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
)

// openJWP takes a credential in JWP form, which the wallet has received with
// its link secret.
func openJWP(h Held) (*opened, error) {
	c := h.JWP
	if c == nil {
		return nil, credential.Failed("link-secret", "spec/jwpbbs.md section 2", "a credential in JWP form is of no use without its link secret")
	}
	typ := c.Layout().Type()
	document, err := claimsOf(c)
	if err != nil {
		return nil, err
	}
	return &opened{
		document: document,
		kind:     typ,
		always:   []string{"iss", "vct"},
		bindable: true,
		is:       func(m openid4vp.Meta) bool { return m.AcceptsType(typ) },
		withhold: func(p openid4vp.Path) (bool, error) {
			values, err := p.Select(document)
			if err != nil {
				return false, err
			}
			if !isLeaf(values[0]) {
				return false, errors.New("it holds other claims")
			}
			return true, nil
		},
		proves: func(q openid4vp.ClaimQuery, m openid4vp.Meta) (*Claim, error) {
			if typ != jwpbbs.PersonType || !q.Proves() {
				return nil, nil
			}
			return proveClaim(q, m, document)
		},
		usable: func(m openid4vp.Meta) error { return validOn(c, m.ValidOn) },
		present: func(claims []Claim, b binding) (openid4vp.Presentation, error) {
			return presentJWP(c, claims, b)
		},
	}, nil
}

func validOn(c *jwpbbs.Credential, day spec.Date) error {
	if day.IsZero() {
		return missing("validity-day", "the verifier names no day (meta.valid_on)")
	}
	if end, err := c.Expires(); err == nil && !day.Time().Before(end) { // a type without exp is the verifier's to judge
		return missing("credential-validity", "it is not valid on %s", day)
	}
	return nil
}

// claimsOf gives the claims that can be asked for, dates as dates.
func claimsOf(c *jwpbbs.Credential) (map[string]any, error) {
	claims := c.Claims()
	if c.Layout().Type() == jwpbbs.PersonType {
		var err error
		if claims, err = jwpbbs.ReadPerson(claims); err != nil {
			return nil, err
		}
	}
	for name, v := range claims {
		if n, ok := v.(json.Number); ok && name == jwpbbs.Expires {
			seconds, err := n.Int64()
			if err != nil {
				return nil, credential.Failed("credential-validity", "spec/jwpbbs.md section 3", "exp: %w", err)
			}
			claims[name] = seconds
		}
	}
	return claims, nil
}

// proveClaim finds out whether a predicate holds. It is answered by a proof
// about a date that stays hidden, never by the value of a claim.
func proveClaim(q openid4vp.ClaimQuery, m openid4vp.Meta, document map[string]any) (*Claim, error) {
	single := openid4vp.CredentialQuery{Meta: m}
	p, err := single.Proved([]openid4vp.ClaimQuery{q})
	if err != nil {
		return nil, err
	}
	if !holds(p, document) {
		return nil, missing("claim-value", "%s is not as the verifier asks", q)
	}
	return &Claim{Name: q.Path.Name(), Path: q.Path, Value: q.Values[0], Proved: p.Texts()[0]}, nil
}

func holds(p *openid4vp.Proved, document map[string]any) bool {
	if p.Ages {
		text, _ := document[spec.BirthDate].(string)
		birth, err := spec.ParseDate(text)
		years := spec.Settings{}.Age(birth, p.On)
		if err != nil || years < p.From || p.Under > 0 && (years < 0 || years >= p.Under) {
			return false
		}
	}
	if p.Document {
		text, _ := document[spec.DocumentExpiry].(string)
		last, err := spec.ParseDate(text)
		if text != "permanent" && (err != nil || last.Before(p.On)) {
			return false
		}
	}
	return true
}

func presentJWP(c *jwpbbs.Credential, claims []Claim, b binding) (openid4vp.Presentation, error) {
	if !supported(b.support.JWPAlgs, jwpbbs.Algorithm) {
		return openid4vp.Presentation{}, unsupported("the verifier does not check the algorithm %s", jwpbbs.Algorithm)
	}
	set, err := b.answered(claims)
	if err != nil {
		return openid4vp.Presentation{}, err
	}
	r, err := b.request.JWP(b.asked, set, c.Layout().Type(), b.carried)
	if err != nil {
		return openid4vp.Presentation{}, err
	}
	presented, err := c.Present(*r)
	if err != nil {
		return openid4vp.Presentation{}, err
	}
	return openid4vp.TextPresentation(presented)
}

// answered finds the combination of claims that was selected.
func (b *binding) answered(claims []Claim) ([]openid4vp.ClaimQuery, error) {
	for _, set := range b.asked.Sets() {
		if len(set) == len(claims) && !slices.ContainsFunc(set, func(q openid4vp.ClaimQuery) bool {
			return !slices.ContainsFunc(claims, func(c Claim) bool { return c.Path.Equal(q.Path) })
		}) {
			return set, nil
		}
	}
	return nil, credential.Failed("over-disclosure", "OpenID4VP 1.0 section 6.4", "the selection is no combination of claims that was asked for")
}

// provedBy lists what a pick proves beside the claims that it shows.
func (o *opened) provedBy(c openid4vp.CredentialQuery, claims []Claim) []string {
	if o.held.Format != credential.JWPBBS {
		return nil
	}
	var asked []openid4vp.ClaimQuery
	for _, claim := range claims {
		if claim.Proved != "" {
			asked = append(asked, openid4vp.ClaimQuery{Path: claim.Path, Values: []any{claim.Value}})
		}
	}
	var texts []string
	if p, err := c.Proved(asked); err == nil { // each was proved by itself
		texts = p.Texts()
	}
	return append(texts, "the credential is valid on "+c.Meta.ValidOn.String())
}
