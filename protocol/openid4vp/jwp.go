package openid4vp

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/spec"
)

const clauseJWP = "spec/presentation.md section \"Queries for the JWP form\""

// DocumentValid is a claim that no credential carries: with the value true it
// asks a person credential in JWP form for a proof that the document behind it
// has not expired.
const DocumentValid = "document_valid"

// PseudonymQuery asks for the name under which this verifier knows the
// holder. Names of different scopes have nothing to do with each other.
type PseudonymQuery struct {
	Scope string `json:"scope,omitempty"`
}

// Proved is what a combination of claims asks to have proved, and not shown,
// of a person credential in JWP form.
type Proved struct {
	Ages       bool // something is asked about the age
	From       int  // completed years at least
	Under      int  // and completed years fewer than; 0: no such bound
	Document   bool // the document has not expired
	On         spec.Date
	disclosing []jwpbbs.Path
}

// Proves reports whether the query asks for a predicate instead of a value,
// when it is put to a person credential in JWP form: age_over_N for any N, or
// document_valid, with one value.
func (q ClaimQuery) Proves() bool {
	if len(q.Path) != 1 || len(q.Values) != 1 {
		return false
	}
	name, _ := q.Path[0].(string)
	_, isFlag := q.Values[0].(bool)
	_, isAge := ageOver(name)
	return isFlag && (isAge || name == DocumentValid)
}

// ageOver reads a name age_over_N.
func ageOver(name string) (years int, ok bool) {
	digits, ok := strings.CutPrefix(name, "age_over_")
	if !ok {
		return 0, false
	}
	years, err := strconv.Atoi(digits)
	return years, err == nil && years > 0 && years <= 150 && strconv.Itoa(years) == digits
}

// Proved puts the predicates of a combination of claims together.
func (c CredentialQuery) Proved(set []ClaimQuery) (*Proved, error) {
	p := &Proved{On: c.Meta.AgesOn}
	if p.On.IsZero() {
		p.On = c.Meta.ValidOn
	}
	for _, q := range set {
		if !q.Proves() {
			path, err := q.Path.member()
			if err != nil {
				return nil, badJWP("%s: %w", q, err)
			}
			p.disclosing = append(p.disclosing, path)
			continue
		}
		if p.On.IsZero() {
			return nil, badJWP("%s: meta has neither ages_on nor valid_on, so there is no day to prove it for", q)
		}
		if err := p.add(q.Path.Name(), q.Values[0] == true); err != nil {
			return nil, err
		}
	}
	if p.Under > 0 && p.From >= p.Under {
		return nil, badJWP("nobody is %d or over and under %d", p.From, p.Under)
	}
	return p, nil
}

func (p *Proved) add(name string, wanted bool) error {
	years, isAge := ageOver(name)
	switch {
	case isAge && wanted:
		p.Ages, p.From = true, max(p.From, years)
	case isAge && (p.Under == 0 || years < p.Under):
		p.Ages, p.Under = true, years
	case !isAge && !wanted:
		return badJWP("%s can be asked for with the value true only", name)
	case !isAge:
		p.Document = true
	}
	return nil
}

// Texts say what is proved, for the person who is asked and in a verdict.
func (p *Proved) Texts() []string {
	var texts []string
	if p.Ages {
		texts = append(texts, p.age()+" on "+p.On.String())
	}
	if p.Document {
		texts = append(texts, "the document has not expired on "+p.On.String())
	}
	return texts
}

func (p *Proved) age() string {
	switch {
	case p.Under == 0:
		return fmt.Sprintf("%d or over", p.From)
	case p.From == 0:
		return fmt.Sprintf("under %d", p.Under)
	case p.From == p.Under-1:
		return fmt.Sprintf("%d years old", p.From)
	}
	return fmt.Sprintf("%d to %d", p.From, p.Under-1)
}

// ranges turns the predicates into ranges over day counts. Ages are counted
// by the national rules (R-AGE-04).
func (p *Proved) ranges() ([]jwpbbs.Range, error) {
	var all []jwpbbs.Range
	if p.Ages {
		r, err := jwpbbs.AgeAtLeast(p.From, p.On, spec.Settings{})
		if p.Under > 0 {
			r, err = jwpbbs.AgeBetween(p.From, p.Under, p.On, spec.Settings{})
		}
		if err != nil {
			return nil, badJWP("%w", err)
		}
		all = append(all, r)
	}
	if p.Document {
		r, err := jwpbbs.DocumentValid(p.On)
		if err != nil {
			return nil, badJWP("%w", err)
		}
		all = append(all, r)
	}
	return all, nil
}

// JWP gives what a credential query of the request asks, with one combination
// of its claims, of a credential of a type in JWP form. Wallet and verifier
// make the same: the presentation has to answer it exactly, and carries the
// transactions. vct is one of
// meta.vct_values. The error is a *credential.Error.
func (r *Request) JWP(c CredentialQuery, set []ClaimQuery, vct string, carried []Transaction) (*jwpbbs.Request, error) {
	switch {
	case !c.Meta.AcceptsType(vct):
		return nil, badJWP("type %.80q is not asked for", vct)
	case c.Meta.ValidOn.IsZero():
		return nil, badJWP("credential %q: meta.valid_on is missing", c.ID)
	}
	out := &jwpbbs.Request{Type: vct, Nonce: r.Nonce, Audience: r.Audience(), ValidAt: c.Meta.ValidOn.Time()}
	for _, t := range carried {
		out.Transactions = append(out.Transactions, sha256.Sum256([]byte(t.Encoded)))
	}
	if p := c.Meta.Pseudonym; p != nil {
		scope := jwpbbs.Scope(p.Scope)
		out.Pseudonym = &scope
	}
	if vct != jwpbbs.PersonType {
		for _, q := range set {
			path, err := q.Path.member()
			if err != nil {
				return nil, badJWP("%s: %w", q, err)
			}
			out.Disclose = append(out.Disclose, path)
		}
		return out, nil
	}
	p, err := c.Proved(set)
	if err != nil {
		return nil, err
	}
	out.Disclose = p.disclosing
	out.Ranges, err = p.ranges()
	return out, err
}

// member gives the pointer as a path of package jwpbbs, which has no wild
// card.
func (p Path) member() (jwpbbs.Path, error) {
	path := make(jwpbbs.Path, len(p))
	for i, c := range p {
		switch c := c.(type) {
		case string:
			path[i] = c
		case int:
			path[i] = strconv.Itoa(c)
		default:
			return nil, errors.New("a path with null selects no single claim")
		}
	}
	return path, nil
}

func badJWP(format string, args ...any) error {
	return credential.Failed("dcql-query", clauseJWP, format, args...)
}

// jwpMetaOf reads meta of a query for the JWP form.
func jwpMetaOf(meta object) (m Meta, err error) {
	if m.VCTValues, err = meta.texts("vct_values"); err != nil {
		return m, err
	}
	for name, into := range map[string]*spec.Date{"valid_on": &m.ValidOn, "ages_on": &m.AgesOn} {
		text, err := meta.text(name)
		if err != nil {
			return m, err
		}
		if _, there := meta[name]; !there {
			continue
		}
		if *into, err = spec.ParseDate(text); err != nil {
			return m, fmt.Errorf("%s: %w", name, err)
		}
	}
	v, there := meta["pseudonym"]
	if !there {
		return m, nil
	}
	o, ok := asObject(v)
	if !ok {
		return m, errors.New("pseudonym is not an object")
	}
	scope, err := o.text("scope")
	m.Pseudonym = &PseudonymQuery{scope}
	return m, err
}

// validateJWP checks a query for the JWP form beyond what section 6 demands:
// that every combination of its claims can be asked.
func (c CredentialQuery) validateJWP() error {
	if len(c.Meta.VCTValues) == 0 {
		return badJWP("credential %q: meta.vct_values is missing", c.ID)
	}
	if !c.Meta.AcceptsType(jwpbbs.PersonType) {
		return nil
	}
	if c.Meta.ValidOn.IsZero() && c.Meta.AgesOn.IsZero() {
		c.Meta.ValidOn = spec.Date{Year: 2000, Month: 1, Day: 1} // whoever sends the request fills it in
	}
	for _, set := range c.Sets() {
		p, err := c.Proved(set)
		if err != nil {
			return err
		}
		if _, err := p.ranges(); err != nil {
			return err
		}
	}
	return nil
}
