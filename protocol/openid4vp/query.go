package openid4vp

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/spec"
)

// Query is a query in the Digital Credentials Query Language (section 6).
type Query struct {
	Credentials    []CredentialQuery    `json:"credentials"`
	CredentialSets []CredentialSetQuery `json:"credential_sets,omitempty"` // none: every credential is asked for
}

// CredentialQuery asks for a presentation of one credential (section 6.1).
type CredentialQuery struct {
	ID                 string               `json:"id"`
	Format             credential.Format    `json:"format"`
	Multiple           bool                 `json:"multiple,omitempty"`
	Meta               Meta                 `json:"meta"`
	TrustedAuthorities []TrustedAuthorities `json:"trusted_authorities,omitempty"`
	// WithoutHolderBinding is the negation of the member
	// require_cryptographic_holder_binding, whose default is true.
	WithoutHolderBinding bool         `json:"-"`
	Claims               []ClaimQuery `json:"claims,omitempty"`     // none: no claim that can be withheld
	ClaimSets            [][]string   `json:"claim_sets,omitempty"` // none: all of Claims; the verifier's favourite first
}

// Meta constrains the kind of credential. Which member applies depends on
// the format.
type Meta struct {
	VCTValues  []string   `json:"vct_values,omitempty"`  // dc+sd-jwt, appendix B.3.5, and JWP form: one of these types
	TypeValues [][]string `json:"type_values,omitempty"` // ldp_vc, appendix B.1.1: all types of one of these sets, as IRIs

	// Of the JWP form, spec/presentation.md, which has vct_values, too.
	ValidOn   spec.Date       `json:"valid_on,omitzero"` // the day on which the credential must be valid; the verifier's today when it asks without
	AgesOn    spec.Date       `json:"ages_on,omitzero"`  // the day on which ages are counted; ValidOn when absent
	Pseudonym *PseudonymQuery `json:"pseudonym,omitempty"`
}

// TrustedAuthorities names authorities of which one must have certified the
// issuer (section 6.1.1).
type TrustedAuthorities struct {
	Type   string   `json:"type"`
	Values []string `json:"values"`
}

// ClaimQuery asks for one claim (section 6.3).
type ClaimQuery struct {
	ID     string `json:"id,omitempty"`
	Path   Path   `json:"path"`
	Values []any  `json:"values,omitempty"` // strings, int64s and bools; none: any value
}

// CredentialSetQuery asks for one of several sets of credentials (section
// 6.2).
type CredentialSetQuery struct {
	Options [][]string `json:"options"` // identifiers of credential queries
	// Optional is the negation of the member required, whose default is true.
	Optional bool `json:"-"`
}

// MarshalJSON writes the query, with require_cryptographic_holder_binding
// only when it is false.
func (c CredentialQuery) MarshalJSON() ([]byte, error) {
	type plain CredentialQuery
	out := struct {
		plain
		Require *bool `json:"require_cryptographic_holder_binding,omitempty"`
	}{plain: plain(c)}
	if c.WithoutHolderBinding {
		out.Require = new(bool)
	}
	return json.Marshal(out)
}

// MarshalJSON writes the set, with required only when it is false.
func (s CredentialSetQuery) MarshalJSON() ([]byte, error) {
	out := struct {
		Options  [][]string `json:"options"`
		Required *bool      `json:"required,omitempty"`
	}{Options: s.Options}
	if s.Optional {
		out.Required = new(bool)
	}
	return json.Marshal(out)
}

// UnmarshalJSON is ParseQuery.
func (q *Query) UnmarshalJSON(data []byte) error {
	parsed, err := ParseQuery(data)
	if err != nil {
		return err
	}
	*q = *parsed
	return nil
}

// Credential finds the credential query with the identifier.
func (q Query) Credential(id string) (CredentialQuery, bool) {
	for _, c := range q.Credentials {
		if c.ID == id {
			return c, true
		}
	}
	return CredentialQuery{}, false
}

// NeedsState reports whether some credential is asked for without holder
// binding, so that only the state ties the response to the request (section
// 5.3).
func (q Query) NeedsState() bool {
	for _, c := range q.Credentials {
		if c.WithoutHolderBinding {
			return true
		}
	}
	return false
}

// Sets gives the combinations of claims that answer the query, the
// verifier's favourite first (section 6.4.1): the claim_sets, or else all
// claims, or else one empty combination.
func (c CredentialQuery) Sets() [][]ClaimQuery {
	if len(c.ClaimSets) == 0 {
		return [][]ClaimQuery{c.Claims}
	}
	byID := make(map[string]ClaimQuery, len(c.Claims))
	for _, claim := range c.Claims {
		byID[claim.ID] = claim
	}
	sets := make([][]ClaimQuery, len(c.ClaimSets))
	for i, ids := range c.ClaimSets {
		for _, id := range ids {
			sets[i] = append(sets[i], byID[id])
		}
	}
	return sets
}

// Accepts reports whether the claim may have the value: type and value match
// one of Values exactly (section 6.3), or there are none.
func (c ClaimQuery) Accepts(value any) bool {
	if len(c.Values) == 0 {
		return true
	}
	value = plainValue(value)
	for _, v := range c.Values {
		if v = plainValue(v); v != nil && v == value {
			return true
		}
	}
	return false
}

// plainValue brings every way to hold a string, a boolean or an integer to
// one; anything else is nil.
func plainValue(v any) any {
	switch v := v.(type) {
	case string, bool, int64:
		return v
	case int:
		return int64(v)
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v)
		}
	case json.Number:
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return n
		}
	}
	return nil
}

// String names the claim in errors.
func (c ClaimQuery) String() string { return fmt.Sprintf("claim %s", c.Path) }
