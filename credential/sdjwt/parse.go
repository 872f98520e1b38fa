package sdjwt

import (
	"crypto"
	"crypto/x509"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
)

// A Credential is an SD-JWT VC, or a presentation of one, whose structure
// has been checked. Its signature may not have been: see [Verify] and
// [VerifyIssued].
type Credential struct {
	parts
	root *node
	registered
}

// parts are the components of an SD-JWT or SD-JWT+KB.
type parts struct {
	sdjwt       string // all up to and with the last tilde
	jwt         string
	token       *jws.Token
	hash        crypto.Hash
	disclosures []*disclosure
	binding     *jws.Token // the Key Binding JWT; nil when there is none
}

// Parse reads an SD-JWT VC, with or without key binding, and checks
// everything that needs no key and no clock: the form of its parts, that
// each disclosure is referenced by exactly one digest, and the rules about
// names. Errors are [*credential.Error].
//
// Parse is for a credential that was verified when it was received. It does
// not verify signatures.
func Parse(s string) (*Credential, error) {
	p, err := split(s)
	if err != nil {
		return nil, err
	}
	return p.process()
}

// split separates the components (RFC 9901 section 7.1 step 1 and 7.3 step 3)
// and reads each.
func split(s string) (*parts, error) {
	if len(s) > MaxSize {
		return nil, credential.Failed("size", "RFC 8725 section 3.10", "%d bytes, more than %d", len(s), MaxSize)
	}
	tilde := strings.LastIndexByte(s, '~')
	if tilde < 0 {
		return nil, credential.Failed("trailing-tilde", "RFC 9901 section 4", "the tilde after the issuer-signed JWT is missing")
	}
	p := &parts{sdjwt: s[:tilde+1]}
	// The issuer-signed JWT, the disclosures, and nothing after the last tilde.
	components := strings.SplitN(p.sdjwt, "~", MaxDisclosures+3)
	if len(components) > MaxDisclosures+2 {
		return nil, credential.Failed("disclosure-count", "RFC 8725 section 3.10", "more than %d disclosures", MaxDisclosures)
	}
	p.jwt = components[0]
	var err error
	if p.token, err = jws.Read(p.jwt, issuerJWT); err != nil {
		return nil, err
	}
	if p.hash, err = readHash(p.token.Payload); err != nil {
		return nil, err
	}
	for _, text := range components[1 : len(components)-1] {
		d, err := readDisclosure(text)
		if err != nil {
			return nil, err
		}
		p.disclosures = append(p.disclosures, d)
	}
	if last := s[tilde+1:]; last != "" {
		// A disclosure without its tilde ends up here, too.
		if strings.Count(last, ".") != 2 {
			return nil, credential.Failed("trailing-tilde", "RFC 9901 section 4", "what follows the last tilde is not a Key Binding JWT")
		}
		if p.binding, err = jws.Read(last, bindingJWT); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func readHash(payload map[string]any) (crypto.Hash, error) {
	v, ok := payload[hashName]
	if !ok {
		return crypto.SHA256, nil
	}
	name, _ := v.(string)
	h, ok := hashes[name]
	if !ok {
		return 0, credential.Failed("hash-algorithm", "RFC 9901 section 4.1.1", "%s %s is not one of sha-256, sha-384, sha-512", hashName, brief(v))
	}
	return h, nil
}

// process puts the disclosures in their places and reads the claims that
// this package understands.
func (p *parts) process() (*Credential, error) {
	root, err := process(p.token.Payload, p.hash, p.disclosures)
	if err != nil {
		return nil, err
	}
	c := &Credential{parts: *p, root: root}
	if c.registered, err = readRegistered(c.Claims()); err != nil {
		return nil, err
	}
	return c, nil
}

// Claims gives the processed payload (RFC 9901 section 7.1): every claim
// whose disclosure is there, the registered ones (iss, vct, …) included. The
// map is the caller's to change.
func (c *Credential) Claims() map[string]any { return c.root.plain().(map[string]any) }

// Issuer gives iss.
func (c *Credential) Issuer() string { return c.registered.issuer }

// KeyID gives the kid of the issuer's signature, "" when there is none.
func (c *Credential) KeyID() string { return c.token.KeyID }

// Certificates gives the certificates in the header x5c, none when there are
// none or they cannot be read. They are not verified.
func (c *Credential) Certificates() []*x509.Certificate {
	chain, err := jws.ReadCertificates(c.token.Header["x5c"])
	if err != nil {
		return nil
	}
	return chain
}

// Type gives vct.
func (c *Credential) Type() string { return c.typ }

// IssuedAt gives iat, the zero time when there is none.
func (c *Credential) IssuedAt() time.Time { return c.issued }

// NotBefore gives nbf, the zero time when there is none.
func (c *Credential) NotBefore() time.Time { return c.notBefore }

// Expires gives exp, the first instant at which the credential is no longer
// valid; the zero time when there is none.
func (c *Credential) Expires() time.Time { return c.ends }

// HolderKey gives the key in cnf.jwk, nil when there is none.
func (c *Credential) HolderKey() *jose.JSONWebKey { return c.holder }

// HasKeyBinding reports whether a Key Binding JWT came with it.
func (c *Credential) HasKeyBinding() bool { return c.binding != nil }

// A Disclosure is a claim that the holder can show or withhold.
type Disclosure struct {
	Path  []any // names (string) and indices (int) from the top of Claims
	Value any   // with everything disclosed in it
}

// Disclosures lists the claims that can be shown or withheld, in the order
// in which they came.
func (c *Credential) Disclosures() []Disclosure {
	list := make([]Disclosure, len(c.disclosures))
	c.root.visit(nil, func(n *node, path []any) {
		if n.by != visible {
			list[n.by] = Disclosure{Path: path, Value: n.plain()}
		}
	})
	return list
}
