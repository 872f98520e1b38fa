package verifier

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
)

// checksJWP are the checks of a presentation in JWP form, in the order in
// which they are made.
var checksJWP = [][2]string{
	{"structure", "draft-ietf-jose-json-web-proof-13 section 7.1"},
	{"issuer-header", "draft-bormann-jwp-modular-bbs-03 section 2.2"},
	{"nonce", "draft-bormann-jwp-modular-bbs-03 section 4.5 step 2"},
	{"audience", "draft-bormann-jwp-modular-bbs-03 section 4.5 step 2"},
	{"transaction-data", "spec/jwpbbs.md section 4"},
	{"type", "spec/presentation.md"},
	{"disclosures", "spec/jwpbbs.md section 4"},
	{"predicates-asked", "spec/jwpbbs.md section 4"},
	{"claims-present", "OpenID4VP 1.0 section 14.9"},
	{"issuer-trusted", "spec/jwpbbs.md section 2"},
	{"proof", "draft-bormann-jwp-modular-bbs-03 section 4.5"},
	{"holder-binding", "spec/jwpbbs.md section 2"},
	{"validity", "draft-bormann-jwp-modular-bbs-03 section 2.7"},
	{"predicates", "spec/rangeproof.md"},
	{"pseudonym", "spec/jwpbbs.md section 5"},
	{"claim-values", "OpenID4VP 1.0 section 14.9"},
	{"trusted-authorities", "OpenID4VP 1.0 section 6.1.1"},
}

// stepOfJWP says to which check an error of package jwpbbs belongs; any other
// belongs to the proof.
var stepOfJWP = map[string]string{
	"size":                "structure",
	"form":                "structure",
	"device-binding":      "issuer-header",
	"nonce":               "nonce",
	"audience":            "audience",
	"transaction-data":    "transaction-data",
	"type":                "type",
	"request":             "type",
	"dcql-query":          "type",
	"payload-count":       "disclosures",
	"disclosure-missing":  "disclosures",
	"disclosure-unasked":  "disclosures",
	"payload":             "disclosures",
	"request-claim":       "disclosures",
	"request-range":       "predicates-asked",
	"sub-proof-form":      "predicates-asked",
	"sub-proof-algorithm": "predicates-asked",
	"sub-proof-unasked":   "predicates-asked",
	"sub-proof-missing":   "predicates-asked",
	"claim-absent":        "claims-present",
	"issuer-key":          "issuer-trusted",
	"time":                "validity",
	"expired":             "validity",
	"validity":            "validity",
	"pseudonym":           "pseudonym",
}

func stepOfJWPError(err error) string {
	var failed *credential.Error
	if !errors.As(err, &failed) {
		return "structure"
	}
	if step := stepOfJWP[failed.Check]; step != "" {
		return step
	}
	for prefix, step := range map[string]string{
		"issuer-header": "issuer-header", "mapping": "issuer-header",
		"presentation-header": "nonce", "sub-proof": "predicates-asked", "range": "predicates",
	} {
		if strings.HasPrefix(failed.Check, prefix) {
			return step
		}
	}
	return "proof"
}

func (s *Server) checkJWP(asked openid4vp.CredentialQuery, p openid4vp.Presentation, req *openid4vp.Request, carried []openid4vp.Transaction, _ time.Time) (*Presented, []string, []Check) {
	l := newChecklist(asked.ID, checksJWP...)
	text, ok := p.Text()
	if !ok {
		l.fail("structure", credential.Failed("structure", "spec/jwpbbs.md section 7", "a presentation in this format is a string"))
		return nil, nil, l.checks
	}
	v, set, err := s.verifyJWP(asked, text, req, carried)
	if err != nil {
		l.fail(stepOfJWPError(err), err)
		return nil, nil, l.checks
	}
	if !v.Ends {
		l.fail("validity", credential.Failed("validity", "spec/jwpbbs.md section 3", "the credential has no end (exp)"))
		return nil, nil, l.checks
	}
	l.pass("pseudonym")
	l.note("validity", "on "+asked.Meta.ValidOn.String())
	out := &Presented{Query: asked.ID, Format: asked.Format, Issuer: v.Issuer, Type: v.Type, Pseudonym: v.Pseudonym}
	if v.Pseudonym == "" {
		l.note("pseudonym", "none was asked for")
	}
	if out.Claims, out.Proved, err = claimsJWP(asked, set, v); err != nil {
		l.fail("claim-values", err)
		return nil, nil, l.checks
	}
	if len(out.Proved) > 0 {
		l.note("predicates", strings.Join(out.Proved, "; "))
	} else {
		l.note("predicates", "none was asked for")
	}
	l.pass("claim-values")
	if err := asked.CheckAuthority(nil, nil); err != nil { // the form carries no certificates
		l.fail("trusted-authorities", err)
		return nil, nil, l.checks
	}
	l.pass("trusted-authorities")
	return out, nil, l.checks
}

// verifyJWP finds the combination of claims that the presentation answers:
// which is told by what it shows and proves, before any cryptography.
func (s *Server) verifyJWP(asked openid4vp.CredentialQuery, text string, req *openid4vp.Request, carried []openid4vp.Transaction) (*jwpbbs.Verified, []openid4vp.ClaimQuery, error) {
	var first error
	for _, vct := range asked.Meta.VCTValues {
		for _, set := range asked.Sets() {
			r, err := req.JWP(asked, set, vct, carried)
			if err != nil {
				return nil, nil, err
			}
			v, err := jwpbbs.Verify(text, s.jwpKey, *r)
			if err == nil {
				return v, set, nil
			}
			if first == nil {
				first = err
			}
			switch stepOfJWPError(err) {
			case "type", "disclosures", "predicates-asked", "claims-present":
			default:
				return nil, nil, err // no other combination helps
			}
		}
	}
	return nil, nil, first
}

// claimsJWP gives the claims that were asked for, shown or proved, and what
// was proved in words.
func claimsJWP(asked openid4vp.CredentialQuery, set []openid4vp.ClaimQuery, v *jwpbbs.Verified) (claims map[string]any, proved []string, err error) {
	shown := v.Claims
	if v.Type == jwpbbs.PersonType {
		if shown, err = jwpbbs.ReadPerson(shown); err != nil {
			return nil, nil, err
		}
	}
	if n, ok := shown[jwpbbs.Expires].(json.Number); ok {
		if shown[jwpbbs.Expires], err = n.Int64(); err != nil {
			return nil, nil, fmt.Errorf("exp: %w", err)
		}
	}
	var plain []openid4vp.ClaimQuery
	values := map[string]any{}
	for _, q := range set {
		if v.Type == jwpbbs.PersonType && q.Proves() {
			values[q.Path.Name()] = q.Values[0]
			continue
		}
		plain = append(plain, q)
	}
	a, _, err := measureSet(plain, shown, nil)
	if err != nil {
		return nil, nil, err
	}
	for name, value := range values {
		a.claims[name] = value
	}
	if v.Type == jwpbbs.PersonType {
		p, err := asked.Proved(set)
		if err != nil {
			return nil, nil, err
		}
		proved = p.Texts()
	}
	return a.claims, proved, nil
}

// jwpKey gives the key of a trusted issuer.
func (s *Server) jwpKey(issuer string) (*bbs.PublicKey, error) {
	k, ok := s.config.Issuers.JWP[issuer]
	if !ok {
		return nil, errors.New("the issuer is not trusted")
	}
	return k, nil
}

// dated fills in the day on which credentials must be valid, where a query
// for the JWP form names none, and refuses to ask about a day that is over: a
// credential that has ended is not accepted for having been valid once.
func dated(q openid4vp.Query, today spec.Date) (openid4vp.Query, error) {
	credentials := make([]openid4vp.CredentialQuery, len(q.Credentials))
	for i, c := range q.Credentials {
		switch day := &c.Meta.ValidOn; {
		case c.Format != credential.JWPBBS:
		case day.IsZero():
			*day = today
		case day.Before(today):
			return q, credential.Failed("dcql-query", "spec/presentation.md", "credential %q: valid_on %s is over", c.ID, day)
		}
		credentials[i] = c
	}
	q.Credentials = credentials
	return q, nil
}
