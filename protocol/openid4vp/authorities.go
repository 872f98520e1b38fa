package openid4vp

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/halfmask/halfmask/credential"
)

// Types of trusted authorities (section 6.1.1).
const (
	AuthorityKeyID      = "aki"
	ETSITrustedList     = "etsi_tl"
	federationAuthority = "openid_federation" // not supported
)

// TrustedLists are the certificates in ETSI trusted lists (TS 119 612) and in
// those that they refer to, by the identifier of the list. Whoever has them
// has fetched and checked them; nothing here does.
type TrustedLists map[string][]*x509.Certificate

// CheckAuthority checks that a credential with these certificates fits the
// trusted authorities of the query, of which one is enough. The error has the
// check trusted-authorities, or trusted-authorities-unsupported when nothing
// that is named could be looked up.
func (c CredentialQuery) CheckAuthority(chain []*x509.Certificate, lists TrustedLists) error {
	if len(c.TrustedAuthorities) == 0 {
		return nil
	}
	if err := c.checkAuthorityTypes(lists); err != nil {
		return err
	}
	for _, a := range c.TrustedAuthorities {
		for _, value := range a.Values {
			if slices.ContainsFunc(chain, func(cert *x509.Certificate) bool { return lists.certified(cert, a.Type, value) }) {
				return nil
			}
		}
	}
	if len(chain) == 0 {
		return credential.Failed("trusted-authorities", "OpenID4VP 1.0 section 6.1.1", "credential query %q: the credential carries no certificates, so nobody is known to have certified its issuer", c.ID)
	}
	return credential.Failed("trusted-authorities", "OpenID4VP 1.0 section 6.1.1", "credential query %q: none of the authorities certified the credential's issuer", c.ID)
}

func (l TrustedLists) certified(cert *x509.Certificate, kind, value string) bool {
	switch kind {
	case AuthorityKeyID:
		return len(cert.AuthorityKeyId) > 0 && base64.RawURLEncoding.EncodeToString(cert.AuthorityKeyId) == value
	case ETSITrustedList:
		return slices.ContainsFunc(l[value], func(listed *x509.Certificate) bool {
			return cert.Equal(listed) || cert.CheckSignatureFrom(listed) == nil
		})
	}
	return false
}

// checkAuthorityTypes is an error when no entry is of a type that can be
// looked up.
func (c CredentialQuery) checkAuthorityTypes(lists TrustedLists) error {
	var why error
	for _, a := range c.TrustedAuthorities {
		switch {
		case a.Type == AuthorityKeyID:
			return nil
		case a.Type == ETSITrustedList && slices.ContainsFunc(a.Values, func(v string) bool { return lists[v] != nil }):
			return nil
		case a.Type == ETSITrustedList:
			why = fmt.Errorf("no copy of the trusted list is at hand")
		case a.Type == federationAuthority:
			why = fmt.Errorf("OpenID Federation is not supported")
		default:
			why = fmt.Errorf("the type %q is not known", clip(a.Type))
		}
	}
	return credential.Failed("trusted-authorities-unsupported", "OpenID4VP 1.0 section 6.1.1", "credential query %q: %w", c.ID, why)
}

// CheckAuthorities is an error when a credential query names trusted
// authorities that could not be checked on the answer.
func (q Query) CheckAuthorities(lists TrustedLists) error {
	for _, c := range q.Credentials {
		if len(c.TrustedAuthorities) == 0 {
			continue
		}
		if err := c.checkAuthorityTypes(lists); err != nil {
			return err
		}
	}
	return nil
}
