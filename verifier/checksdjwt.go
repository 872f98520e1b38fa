package verifier

import (
	"crypto"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

// checksSDJWT are the checks of a dc+sd-jwt presentation, in the order in
// which they are made.
var checksSDJWT = [][2]string{
	{"structure", "RFC 9901 section 7.1"},
	{"key-binding", "RFC 9901 section 7.3"},
	{"issuer-trusted", "draft-ietf-oauth-sd-jwt-vc-24 section 2.5"},
	{"signature", "RFC 9901 section 7.1"},
	{"disclosures", "RFC 9901 section 7.1"},
	{"validity", "RFC 7519 section 4.1.4"},
	{"key-binding-signature", "RFC 9901 section 7.3"},
	{"key-binding-time", "RFC 9901 section 7.3"},
	{"key-binding-nonce", "RFC 9901 section 7.3"},
	{"key-binding-audience", "RFC 9901 section 7.3"},
	{"key-binding-hash", "RFC 9901 section 4.3.1"},
	{"transaction-data", "OpenID4VP 1.0 appendix B.3.3"},
	{"type", "OpenID4VP 1.0 appendix B.3.5"},
	{"trusted-authorities", "OpenID4VP 1.0 section 6.1.1"},
	{"claims-present", "OpenID4VP 1.0 section 14.9"},
	{"claim-values", "OpenID4VP 1.0 section 14.9"},
	{"over-disclosure", "OpenID4VP 1.0 section 6.4"},
	{"status", clauseStatus},
}

// stepOf says to which check an error of package sdjwt belongs.
var stepOf = map[string]string{
	"key-binding-required":    "key-binding",
	"issuer":                  "issuer-trusted",
	"issuer-key":              "issuer-trusted",
	"issuer-signature":        "signature",
	"type":                    "disclosures", // without a usable vct the claims cannot be read
	"numeric-date":            "disclosures",
	"confirmation":            "disclosures",
	"depth":                   "disclosures",
	"disclosure-unreferenced": "disclosures",
	"disclosure-duplicate":    "disclosures",
	"disclosure-length":       "disclosures",
	"digest-duplicate":        "disclosures",
	"digest-form":             "disclosures",
	"reserved-name":           "disclosures",
	"registered-claim":        "disclosures",
	"claim-override":          "disclosures",
	"not-yet-valid":           "validity",
	"expired":                 "validity",
	"credential-audience":     "validity",
	"key-binding-key":         "key-binding-signature",
	"key-binding-signature":   "key-binding-signature",
	"key-binding-time":        "key-binding-time",
	"key-binding-nonce":       "key-binding-nonce",
	"key-binding-audience":    "key-binding-audience",
	"key-binding-hash":        "key-binding-hash",
	"key-binding-claim":       "transaction-data",
}

// registeredSDJWT are members that every presentation of an SD-JWT VC shows
// and that name nobody.
var registeredSDJWT = []string{"iss", "iat", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"}

func (s *Server) checkSDJWT(asked openid4vp.CredentialQuery, p openid4vp.Presentation, req *openid4vp.Request, carried []openid4vp.Transaction, now time.Time) (*Presented, []string, []Check) {
	l := newChecklist(asked.ID, checksSDJWT...)
	text, ok := p.Text()
	if !ok {
		l.fail("structure", credential.Failed("structure", "OpenID4VP 1.0 appendix B.3", "a presentation in this format is a string"))
		return nil, nil, l.checks
	}
	policy := sdjwt.Policy{Now: now}
	if asked.WithoutHolderBinding {
		for _, c := range checksSDJWT {
			if strings.HasPrefix(c[0], "key-binding") {
				l.skip(c[0], "the query does not ask for holder binding")
			}
		}
	} else {
		policy.KeyBinding = &sdjwt.KeyBinding{Nonce: req.Nonce, Audience: req.Audience(), MaxAge: s.config.Lifetime, Further: openid4vp.KeyBindingClaims(carried)}
	}
	v, err := sdjwt.Verify(text, s.sdjwtKey, policy)
	if err != nil {
		step := "structure"
		var failed *credential.Error
		if errors.As(err, &failed) && stepOf[failed.Check] != "" {
			step = stepOf[failed.Check]
		}
		l.fail(step, err)
		return nil, nil, l.checks
	}
	if _, ends := v.Claims["exp"]; !ends {
		l.fail("validity", credential.Failed("validity", "draft-ietf-oauth-sd-jwt-vc-24 section 2.2.2.1", "the credential has no end (exp)"))
		return nil, nil, l.checks
	}
	l.pass("transaction-data")
	if len(carried) == 0 {
		l.note("transaction-data", "nothing was to be agreed to")
	}
	if !asked.Meta.AcceptsType(v.Type) {
		l.fail("type", fmt.Errorf("vct %.100q was not asked for", v.Type))
		return nil, nil, l.checks
	}
	l.pass("type")
	if err := asked.CheckAuthority(v.Certificates, s.config.TrustedLists); err != nil {
		l.fail("trusted-authorities", err)
		return nil, nil, l.checks
	}
	var leaves []openid4vp.Path
	for name, value := range v.Claims {
		if !slices.Contains(registeredSDJWT, name) {
			leaves = append(leaves, leavesOf(openid4vp.Path{name}, value)...)
		}
	}
	a, check, err := measure(asked, v.Claims, leaves)
	if err != nil {
		l.fail(check, err)
		return nil, nil, l.checks
	}
	l.passMeasured(a)
	if !s.checkStatus(l, v.Issuer, v.Claims) {
		return nil, nil, l.checks
	}
	out := &Presented{Query: asked.ID, Format: asked.Format, Issuer: v.Issuer, Type: v.Type, Claims: a.claims}
	if v.KeyBound {
		print, err := v.HolderKey.Thumbprint(crypto.SHA256)
		if err != nil {
			l.fail("key-binding-signature", err)
			return nil, nil, l.checks
		}
		out.HolderKey = base64.RawURLEncoding.EncodeToString(print)
	}
	return out, a.beyond, l.checks
}

// passMeasured passes the checks on claims and notes what was shown beyond
// them, which is the wallet's fault and no reason to refuse.
func (l *checklist) passMeasured(a *answered) {
	l.pass("over-disclosure")
	if len(a.beyond) > 0 {
		l.note("over-disclosure", "shown and not asked for, not kept: "+strings.Join(a.beyond, ", "))
	}
}
