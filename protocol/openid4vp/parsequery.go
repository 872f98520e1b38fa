package openid4vp

import (
	"errors"
	"fmt"

	"github.com/halfmask/halfmask/credential"
)

const sectionQuery = "OpenID4VP 1.0 section 6"

func badQuery(section, format string, args ...any) *credential.Error {
	return credential.Failed("dcql-query", "OpenID4VP 1.0 section "+section, format, args...)
}

// ParseQuery reads and checks a query. Unknown members are ignored, as
// section 6 demands; a member that occurs twice is refused. The error is a
// *credential.Error.
func ParseQuery(data []byte) (*Query, error) {
	if len(data) > MaxObject {
		return nil, badQuery("6", "longer than %d bytes", MaxObject)
	}
	o, err := parseObject(data)
	if err != nil {
		return nil, &credential.Error{Check: "dcql-query", Clause: sectionQuery, Err: err}
	}
	return queryOf(o)
}

func queryOf(o object) (*Query, error) {
	credentials, err := o.objects("credentials")
	if err != nil {
		return nil, badQuery("6", "%w", err)
	}
	var q Query
	for i, c := range credentials {
		cq, err := credentialQueryOf(c)
		if err != nil {
			return nil, badQuery("6.1", "credentials[%d]: %w", i, err)
		}
		q.Credentials = append(q.Credentials, cq)
	}
	sets, err := o.objects("credential_sets")
	if err != nil {
		return nil, badQuery("6", "%w", err)
	}
	for i, s := range sets {
		var set CredentialSetQuery
		required := true
		if set.Options, err = s.textLists("options"); err == nil {
			required, err = s.flag("required", true)
		}
		if err != nil {
			return nil, badQuery("6.2", "credential_sets[%d]: %w", i, err)
		}
		set.Optional = !required
		q.CredentialSets = append(q.CredentialSets, set)
	}
	if err := q.Validate(); err != nil {
		return nil, err
	}
	return &q, nil
}

func credentialQueryOf(o object) (CredentialQuery, error) {
	var c CredentialQuery
	id, err1 := o.text("id")
	format, err2 := o.text("format")
	multiple, err3 := o.flag("multiple", false)
	binding, err4 := o.flag("require_cryptographic_holder_binding", true)
	sets, err5 := o.textLists("claim_sets")
	authorities, err6 := o.objects("trusted_authorities")
	claims, err7 := o.objects("claims")
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7); err != nil {
		return c, err
	}
	c = CredentialQuery{ID: id, Format: credential.Format(format), Multiple: multiple, WithoutHolderBinding: !binding, ClaimSets: sets}
	meta, ok := asObject(o["meta"])
	if !ok {
		return c, errors.New("meta is not an object")
	}
	var err error
	switch c.Format {
	case credential.SDJWT:
		c.Meta.VCTValues, err = meta.texts("vct_values")
	case credential.BBS2023:
		c.Meta.TypeValues, err = meta.textLists("type_values")
	case credential.JWPBBS:
		c.Meta, err = jwpMetaOf(meta)
	}
	if err != nil {
		return c, fmt.Errorf("meta: %w", err)
	}
	for i, a := range authorities {
		kind, err := a.text("type")
		if err != nil {
			return c, fmt.Errorf("trusted_authorities[%d]: %w", i, err)
		}
		values, err := a.texts("values")
		if err != nil {
			return c, fmt.Errorf("trusted_authorities[%d]: %w", i, err)
		}
		c.TrustedAuthorities = append(c.TrustedAuthorities, TrustedAuthorities{kind, values})
	}
	for i, o := range claims {
		claim, err := claimQueryOf(o)
		if err != nil {
			return c, fmt.Errorf("claims[%d]: %w", i, err)
		}
		c.Claims = append(c.Claims, claim)
	}
	return c, nil
}

func claimQueryOf(o object) (ClaimQuery, error) {
	id, err := o.text("id")
	if err != nil {
		return ClaimQuery{}, err
	}
	if _, present := o["id"]; present && id == "" {
		return ClaimQuery{}, errors.New("id is empty")
	}
	path, err := parsePath(o["path"])
	if err != nil {
		return ClaimQuery{}, err
	}
	values, err := o.list("values")
	if err != nil {
		return ClaimQuery{}, err
	}
	for i, v := range values {
		if values[i] = plainValue(v); values[i] == nil {
			return ClaimQuery{}, fmt.Errorf("values[%d] is neither a string, an integer nor a boolean", i)
		}
	}
	return ClaimQuery{ID: id, Path: path, Values: values}, nil
}

// Validate checks everything that section 6 demands of a query. The error is
// a *credential.Error that names the section.
func (q Query) Validate() error {
	if len(q.Credentials) == 0 {
		return badQuery("6", "credentials is missing")
	}
	if len(q.Credentials) > maxEntries || len(q.CredentialSets) > maxEntries {
		return badQuery("6", "more than %d entries", maxEntries)
	}
	ids := map[string]bool{}
	for i, c := range q.Credentials {
		if !isID(c.ID) {
			return badQuery("6.1", "credentials[%d]: id %q is not made of letters, digits, _ and -", i, clip(c.ID))
		}
		if ids[c.ID] {
			return badQuery("6.1", "credential id %q occurs twice", c.ID)
		}
		ids[c.ID] = true
		if err := c.validate(); err != nil {
			return err
		}
	}
	for i, s := range q.CredentialSets {
		if len(s.Options) == 0 {
			return badQuery("6.2", "credential_sets[%d]: options is missing", i)
		}
		for _, option := range s.Options {
			if len(option) == 0 {
				return badQuery("6.2", "credential_sets[%d]: an option is empty", i)
			}
			for _, id := range option {
				if !ids[id] {
					return badQuery("6.2", "credential_sets[%d] names %q, which is no credential of the query", i, clip(id))
				}
			}
		}
	}
	return nil
}

func (c CredentialQuery) validate() error {
	bad := func(section, format string, args ...any) error {
		return badQuery(section, "credential %q: %w", c.ID, fmt.Errorf(format, args...))
	}
	switch c.Format {
	case "":
		return bad("6.1", "format is missing")
	case credential.SDJWT:
		if len(c.Meta.VCTValues) == 0 {
			return badQuery("B.3.5", "credential %q: meta.vct_values is missing", c.ID)
		}
	case credential.BBS2023:
		if len(c.Meta.TypeValues) == 0 {
			return badQuery("B.1.1", "credential %q: meta.type_values is missing", c.ID)
		}
	}
	for i, a := range c.TrustedAuthorities {
		if a.Type == "" || len(a.Values) == 0 {
			return bad("6.1.1", "trusted_authorities[%d] lacks type or values", i)
		}
	}
	if len(c.Claims) == 0 && len(c.ClaimSets) > 0 {
		return bad("6.4.1", "claim_sets without claims")
	}
	if len(c.Claims) > maxEntries || len(c.ClaimSets) > maxEntries {
		return bad("6.1", "more than %d entries", maxEntries)
	}
	ids := map[string]bool{}
	for i, claim := range c.Claims {
		if err := claim.Path.Validate(); err != nil {
			return bad("7", "claims[%d]: %w", i, err)
		}
		for _, other := range c.Claims[:i] {
			if claim.Path.Equal(other.Path) {
				return bad("6.1", "claim %s is asked for twice", claim.Path)
			}
		}
		for _, v := range claim.Values {
			if plainValue(v) == nil {
				return bad("6.3", "claims[%d]: a value is neither a string, an integer nor a boolean", i)
			}
		}
		switch {
		case claim.ID == "" && len(c.ClaimSets) == 0:
			continue
		case !isID(claim.ID):
			return bad("6.3", "claims[%d]: id %q is not made of letters, digits, _ and -", i, clip(claim.ID))
		case ids[claim.ID]:
			return bad("6.3", "claim id %q occurs twice", claim.ID)
		}
		ids[claim.ID] = true
	}
	for i, set := range c.ClaimSets {
		if len(set) == 0 {
			return bad("6.1", "claim_sets[%d] is empty", i)
		}
		for j, id := range set {
			if !ids[id] {
				return bad("6.1", "claim_sets[%d] names %q, which is no claim of the query", i, clip(id))
			}
			for _, other := range set[:j] {
				if id == other {
					return bad("6.1", "claim_sets[%d] names %q twice", i, id)
				}
			}
		}
	}
	if c.Format == credential.JWPBBS {
		return c.validateJWP()
	}
	return nil
}

// isID tells the identifiers of sections 6.1 and 6.3.
func isID(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 256
}

// clip shortens what the other side wrote, for an error.
func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
