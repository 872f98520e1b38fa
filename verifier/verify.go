package verifier

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

// Verify checks the presentations that answer a request of this verifier. It
// keeps no record; the caller sees to it that a request is answered once,
// which Server does for the requests that it made.
func (s *Server) Verify(req *openid4vp.Request, token openid4vp.VPToken) *Verdict {
	return s.verify(req, token, s.config.Now())
}

func (s *Server) verify(req *openid4vp.Request, token openid4vp.VPToken, now time.Time) *Verdict {
	v := &Verdict{}
	whole := newChecklist("", checksWhole(req)...)
	if err := fits(req.Query, token); err != nil {
		whole.fail("vp-token", err)
		v.Checks = whole.checks
		return v
	}
	whole.pass("vp-token")
	if err := satisfies(req, token); err != nil {
		whole.fail("query-satisfied", err)
	} else {
		whole.pass("query-satisfied")
	}
	v.Checks = whole.checks
	ok := v.Failed() == nil
	var presented []Presented
	answered := func(id string) bool { return len(token[id]) > 0 }
	for _, asked := range req.Query.Credentials {
		carried, _ := req.TransactionsFor(asked.ID, answered) // satisfies has seen to it that there is one for each
		for _, p := range token[asked.ID] {
			shown, beyond, checks := s.checkOne(asked, p, req, carried, now, ok)
			v.Checks = append(v.Checks, checks...)
			v.Beyond = append(v.Beyond, beyond...)
			if shown == nil {
				ok = false
				continue
			}
			presented = append(presented, *shown)
		}
	}
	account, check := s.checkAccount(presented, ok)
	v.Checks = append(v.Checks, check)
	if !ok || !check.OK && !check.Skipped {
		v.Beyond = nil
		return v
	}
	v.Accepted, v.Presentations, v.Account = true, presented, account
	v.Claims = merge(presented)
	for _, t := range req.Transactions {
		v.Agreed = append(v.Agreed, t.Text)
	}
	slices.Sort(v.Beyond)
	v.Beyond = slices.Compact(v.Beyond)
	return v
}

// checksWhole are the checks on a response as a whole.
func checksWhole(req *openid4vp.Request) [][2]string {
	checks := [][2]string{{"vp-token", "OpenID4VP 1.0 section 8.1"}, {"query-satisfied", "OpenID4VP 1.0 section 6.4.2"}}
	if req.Mode.Encrypted() {
		checks = slices.Insert(checks, 0, [2]string{"response-encryption", "OpenID4VP 1.0 section 8.3"}, [2]string{"state", "OpenID4VP 1.0 section 5.3"})
	}
	return checks
}

// unreadable is the verdict on a response that gave nothing to check.
func unreadable(req *openid4vp.Request, check string, err error) *Verdict {
	l := newChecklist("", checksWhole(req)...)
	l.fail(check, err)
	return &Verdict{Checks: l.checks}
}

// checkOne checks one presentation, or lists its checks as skipped when the
// response has failed already.
func (s *Server) checkOne(asked openid4vp.CredentialQuery, p openid4vp.Presentation, req *openid4vp.Request, carried []openid4vp.Transaction, now time.Time, reached bool) (*Presented, []string, []Check) {
	switch {
	case asked.Format == credential.SDJWT && reached:
		return s.checkSDJWT(asked, p, req, carried, now)
	case asked.Format == credential.SDJWT:
		return nil, nil, newChecklist(asked.ID, checksSDJWT...).checks
	case asked.Format == credential.BBS2023 && reached:
		return s.checkBBS(asked, p, req, carried, now)
	case asked.Format == credential.BBS2023:
		return nil, nil, newChecklist(asked.ID, checksBBS...).checks
	case asked.Format == credential.JWPBBS && reached:
		return s.checkJWP(asked, p, req, carried, now)
	case asked.Format == credential.JWPBBS:
		return nil, nil, newChecklist(asked.ID, checksJWP...).checks
	}
	l := newChecklist(asked.ID, [2]string{"format", "OpenID4VP 1.0 appendix B"})
	if reached {
		l.fail("format", fmt.Errorf("format %.40q cannot be checked", asked.Format))
	}
	return nil, nil, l.checks
}

func badToken(code, format string, args ...any) error {
	return credential.Failed(code, "OpenID4VP 1.0 section 8.1", format, args...)
}

// fits checks the token against the identifiers of the query.
func fits(q openid4vp.Query, token openid4vp.VPToken) error {
	if len(token) == 0 {
		return badToken("presentation-missing", "no presentation")
	}
	for _, id := range slices.Sorted(maps.Keys(token)) {
		asked, ok := q.Credential(id)
		switch {
		case !ok:
			return badToken("unknown-query-id", "%.80q is the id of no credential query", id)
		case len(token[id]) == 0:
			return badToken("presentation-missing", "%q has an empty array", id)
		case len(token[id]) > 1 && !asked.Multiple:
			return badToken("presentation-count", "%q has %d presentations where one was asked for", id, len(token[id]))
		}
	}
	return nil
}

// satisfies checks that the set of presentations is one that was asked for.
func satisfies(req *openid4vp.Request, token openid4vp.VPToken) error {
	q := req.Query
	answered := func(id string) bool { return len(token[id]) > 0 }
	if _, err := req.TransactionsFor("", answered); err != nil {
		return err
	}
	if len(q.CredentialSets) == 0 {
		for _, c := range q.Credentials {
			if !answered(c.ID) {
				return fmt.Errorf("no presentation for credential query %q", c.ID)
			}
		}
		return nil
	}
	for i, set := range q.CredentialSets {
		if set.Optional {
			continue
		}
		if !slices.ContainsFunc(set.Options, func(option []string) bool {
			return !slices.ContainsFunc(option, func(id string) bool { return !answered(id) })
		}) {
			return fmt.Errorf("no option of credential set %d is answered in full", i)
		}
	}
	return nil
}

// merge puts the claims of all presentations together by name. A name with
// different values is left out: two credentials may speak of two people.
func merge(presented []Presented) map[string]any {
	all := map[string]any{}
	differ := map[string]bool{}
	for _, p := range presented {
		for name, v := range p.Claims {
			if other, there := all[name]; there && !reflect.DeepEqual(other, v) {
				differ[name] = true
			}
			all[name] = v
		}
	}
	for name := range differ {
		delete(all, name)
	}
	return all
}
