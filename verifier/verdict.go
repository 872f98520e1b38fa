package verifier

import (
	"errors"
	"slices"

	"github.com/halfmask/halfmask/credential"
)

// Verdict says what a response was found to be.
type Verdict struct {
	Accepted      bool           `json:"accepted"`
	Checks        []Check        `json:"checks"`                  // in the order in which they are made
	Claims        map[string]any `json:"claims,omitempty"`        // what was asked for and shown, by name; none unless accepted
	Presentations []Presented    `json:"presentations,omitempty"` // the same, by presentation; none unless accepted
	Agreed        []string       `json:"agreed,omitempty"`        // texts that the person agreed to; none unless accepted
	Beyond        []string       `json:"beyond,omitempty"`        // names of claims that were shown and not asked for
	Account       string         `json:"account,omitempty"`       // what the platform sees again; see Accounts
}

// Check is one check with its result: passed (OK), failed, or skipped because
// an earlier one failed or because it does not apply.
type Check struct {
	Name       string `json:"name"`
	Clause     string `json:"clause"`
	Credential string `json:"credential,omitempty"` // identifier of the credential query; empty for the whole response
	OK         bool   `json:"ok"`
	Skipped    bool   `json:"skipped,omitempty"`
	Code       string `json:"code,omitempty"` // of what failed: finer than Name, such as "expired" for "validity"
	Detail     string `json:"detail,omitempty"`
}

// Presented is one presentation that was accepted.
type Presented struct {
	Query     string            `json:"query"` // identifier of the credential query
	Format    credential.Format `json:"format"`
	Issuer    string            `json:"issuer"`
	Type      string            `json:"type"`
	Claims    map[string]any    `json:"claims"`
	HolderKey string            `json:"holder_key,omitempty"` // RFC 7638 thumbprint, when possession was proved
	Pseudonym string            `json:"pseudonym,omitempty"`  // of the JWP form, when one was asked for
	Proved    []string          `json:"proved,omitempty"`     // what was proved about values that stay hidden, in words
}

// Failed gives the check that failed, nil when the response was accepted.
func (v *Verdict) Failed() *Check {
	for i, c := range v.Checks {
		if !c.OK && !c.Skipped {
			return &v.Checks[i]
		}
	}
	return nil
}

// Check finds a check by its name, the first one of that name.
func (v *Verdict) Check(name string) (Check, bool) {
	i := slices.IndexFunc(v.Checks, func(c Check) bool { return c.Name == name })
	if i < 0 {
		return Check{}, false
	}
	return v.Checks[i], true
}

// checklist works through the checks of one part in their order. Each starts
// as skipped.
type checklist struct {
	checks []Check
	next   int
}

func newChecklist(query string, names ...[2]string) *checklist {
	l := &checklist{checks: make([]Check, len(names))}
	for i, n := range names {
		l.checks[i] = Check{Name: n[0], Clause: n[1], Credential: query, Skipped: true}
	}
	return l
}

// pass marks every check before the named one as passed, and it too.
func (l *checklist) pass(name string) {
	for ; l.next < len(l.checks); l.next++ {
		c := &l.checks[l.next]
		if c.Detail == "" {
			c.OK, c.Skipped = true, false
		}
		if c.Name == name {
			l.next++
			return
		}
	}
}

// skip says why a check does not apply.
func (l *checklist) skip(name, why string) {
	for i := range l.checks {
		if l.checks[i].Name == name {
			l.checks[i].Detail = why
		}
	}
}

// fail marks the named check as failed and those before it as passed.
func (l *checklist) fail(name string, err error) {
	i := slices.IndexFunc(l.checks, func(c Check) bool { return c.Name == name })
	if i > l.next {
		l.pass(l.checks[i-1].Name)
	}
	c := &l.checks[i]
	c.OK, c.Skipped, c.Code, c.Detail = false, false, name, detail(err)
	var failed *credential.Error
	if errors.As(err, &failed) && failed.Clause != "" {
		c.Code, c.Clause = failed.Check, failed.Clause
	}
	l.next = len(l.checks)
}

// note adds a detail to a check that passed.
func (l *checklist) note(name, text string) {
	for i := range l.checks {
		if l.checks[i].Name == name {
			l.checks[i].Detail = text
		}
	}
}

func detail(err error) string {
	s := err.Error()
	if len(s) > 300 {
		s = s[:300] + "…"
	}
	return s
}
