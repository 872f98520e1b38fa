package verifier

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
)

// checksBBS are the checks of an ldp_vc presentation with bbs-2023, in the
// order in which they are made.
var checksBBS = [][2]string{
	{"structure", "vc-di-bbs section 3.4.7"},
	{"context", "VC Data Integrity section 4.6"},
	{"presentation-header", "vc-di-bbs section 3.4.7"},
	{"issuer-trusted", "VC Data Integrity section 4.5"},
	{"proof", "vc-di-bbs section 3.4.7"},
	{"holder-binding", "OpenID4VP 1.0 section 6.1"},
	{"mandatory-members", "VC Data Model 2.0 section 4"},
	{"validity", "VC Data Model 2.0 section 4.9"},
	{"type", "OpenID4VP 1.0 appendix B.1.1"},
	{"trusted-authorities", "OpenID4VP 1.0 section 6.1.1"},
	{"claims-present", "OpenID4VP 1.0 section 14.9"},
	{"claim-values", "OpenID4VP 1.0 section 14.9"},
	{"over-disclosure", "OpenID4VP 1.0 section 6.4"},
}

// stepOfBBS says to which check an error of package bbs2023 belongs; any
// other belongs to the proof.
var stepOfBBS = map[string]string{
	"document-size":       "structure",
	"document-json":       "structure",
	"document-depth":      "structure",
	"document-duplicate":  "structure",
	"document-number":     "structure",
	"derived-proof-value": "structure",
	"context":             "context",
	"presentation-header": "presentation-header",
	"issuer":              "issuer-trusted",
	"verification-method": "issuer-trusted",
}

func (s *Server) checkBBS(asked openid4vp.CredentialQuery, p openid4vp.Presentation, req *openid4vp.Request, carried []openid4vp.Transaction, now time.Time) (*Presented, []string, []Check) {
	l := newChecklist(asked.ID, checksBBS...)
	data, ok := p.Object()
	if !ok {
		l.fail("structure", credential.Failed("structure", "OpenID4VP 1.0 appendix B.1.3.2", "a presentation in this format is an object"))
		return nil, nil, l.checks
	}
	v, err := bbs2023.Verify(data, s.bbsKey, openid4vp.PresentationHeader(req.Audience(), req.Nonce, carried...))
	if err != nil {
		step := "proof"
		var failed *credential.Error
		if errors.As(err, &failed) && stepOfBBS[failed.Check] != "" {
			step = stepOfBBS[failed.Check]
		}
		l.fail(step, err)
		return nil, nil, l.checks
	}
	l.pass("proof")
	if !asked.WithoutHolderBinding {
		l.fail("holder-binding", errors.New("holder binding was asked for, and the bbs-2023 baseline has none"))
		return nil, nil, l.checks
	}
	l.skip("holder-binding", "the query does not ask for holder binding")
	controller, _, _ := strings.Cut(v.VerificationMethod, "#")
	m, err := readMembers(v.Document, controller)
	if err != nil {
		l.fail("mandatory-members", err)
		return nil, nil, l.checks
	}
	l.pass("mandatory-members")
	if err := m.validAt(now); err != nil {
		l.fail("validity", err)
		return nil, nil, l.checks
	}
	if !asked.Meta.AcceptsDocument(v.Document) {
		l.fail("type", errors.New("the credential's type was not asked for"))
		return nil, nil, l.checks
	}
	l.pass("type")
	if err := asked.CheckAuthority(nil, nil); err != nil { // the form carries no certificates
		l.fail("trusted-authorities", err)
		return nil, nil, l.checks
	}
	var leaves []openid4vp.Path
	for name := range m.subject {
		leaves = append(leaves, openid4vp.Path{subject, name})
	}
	a, check, err := measure(asked, v.Document, leaves)
	if err != nil {
		l.fail(check, err)
		return nil, nil, l.checks
	}
	for i, name := range a.beyond {
		a.beyond[i] = name[len(subject)+1:]
	}
	l.passMeasured(a)
	return &Presented{Query: asked.ID, Format: asked.Format, Issuer: m.issuer, Type: spec.CredentialClass, Claims: a.claims}, a.beyond, l.checks
}

const subject = "credentialSubject"

// members are what a person credential in this form must have. RDF leaves the
// shape of the JSON to the presenter, so the shape is held to one.
type members struct {
	issuer      string
	from, until time.Time
	subject     map[string]any
}

func readMembers(document map[string]any, controller string) (*members, error) {
	for name := range document {
		if !slices.Contains([]string{"@context", "type", "issuer", "validFrom", "validUntil", subject}, name) {
			return nil, fmt.Errorf("member %.100q does not belong in a person credential", name)
		}
	}
	if types, _ := document["type"].([]any); !slices.Equal(types, []any{"VerifiableCredential", spec.CredentialClass}) {
		return nil, fmt.Errorf(`type is not ["VerifiableCredential", %q]`, spec.CredentialClass)
	}
	var m members
	var ok bool
	if m.issuer, ok = document["issuer"].(string); !ok {
		return nil, errors.New("issuer is missing or no string")
	}
	if m.issuer != controller {
		return nil, errors.New("issuer is not the one whose key made the proof")
	}
	for name, into := range map[string]*time.Time{"validFrom": &m.from, "validUntil": &m.until} {
		text, ok := document[name].(string)
		if !ok {
			return nil, fmt.Errorf("%s is missing or no string", name)
		}
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, fmt.Errorf("%s is no date and time", name)
		}
		*into = t
	}
	if value, there := document[subject]; there {
		if m.subject, ok = value.(map[string]any); !ok {
			return nil, fmt.Errorf("%s is no object", subject)
		}
	}
	for name := range m.subject {
		if !slices.Contains(spec.Claims, name) {
			return nil, fmt.Errorf("%s has %.100q, which is no claim", subject, name)
		}
	}
	return &m, nil
}

func (m *members) validAt(now time.Time) error {
	if now.Before(m.from) {
		return fmt.Errorf("valid from %s", m.from.UTC().Format(time.RFC3339))
	}
	if !now.Before(m.until) {
		return fmt.Errorf("expired at %s", m.until.UTC().Format(time.RFC3339))
	}
	return nil
}
