package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
)

// asking is what a platform asks for, by its flags.
type asking struct {
	claims, formats []string
	file            string

	age, on   string
	document  bool
	pseudonym bool
	scope     string
}

func (a *asking) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringSliceVar(&a.claims, "claims", nil, "`NAMES` of claims, separated by commas")
	f.StringSliceVar(&a.formats, "format", nil, "jwp, bbs, sd-jwt, or several (default: any, as the wallet can)")
	f.StringVar(&a.file, "query", "", "`FILE` with a DCQL query (OpenID4VP 1.0 section 6) instead")
	f.StringVar(&a.age, "age", "", "a proof of `AGES` without the birth date: 18+, 14-17 or -13")
	f.StringVar(&a.on, "on", "", "`DAY` on which ages are counted and documents valid, YYYY-MM-DD (default: today)")
	f.BoolVar(&a.document, "document-valid", false, "a proof that the person's document has not expired")
	f.BoolVar(&a.pseudonym, "pseudonym", false, "the name by which this platform knows the person, and no other does")
	f.StringVar(&a.scope, "scope", "", "with --pseudonym: `NAME` of what the platform keeps apart")
	proofs := []string{"age", "document-valid", "pseudonym"}
	for _, name := range append(proofs, "claims", "format", "on", "scope") {
		c.MarkFlagsMutuallyExclusive(name, "query")
	}
	for _, name := range proofs {
		c.MarkFlagsMutuallyExclusive(name, "format")
	}
	c.MarkFlagsOneRequired(append(proofs, "claims", "query")...)
}

// query gives the DCQL query.
func (a *asking) query() (json.RawMessage, error) {
	if a.file != "" {
		text, err := readFile(a.file, openid4vp.MaxObject)
		if err != nil {
			return nil, fmt.Errorf("--query: %w", err)
		}
		if _, err := openid4vp.ParseQuery(text); err != nil {
			return nil, fmt.Errorf("--query %s: %w", a.file, err)
		}
		return text, nil
	}
	proofs := a.age != "" || a.document || a.pseudonym
	switch {
	case len(a.claims) == 0 && !proofs:
		return nil, usagef("--claims is empty")
	case a.on != "" && a.age == "" && !a.document:
		return nil, usagef("--on is about --age and --document-valid, and neither is there")
	case a.scope != "" && !a.pseudonym:
		return nil, usagef("--scope is about --pseudonym, which is not there")
	}
	for i, name := range a.claims {
		name = strings.TrimSpace(name)
		a.claims[i] = name
		if !slices.Contains(spec.Claims, name) {
			return nil, usagef("--claims: unknown claim %q; known: %s", name, strings.Join(spec.Claims, ", "))
		}
	}
	if proofs {
		q, err := a.proofs()
		if err != nil {
			return nil, err
		}
		return json.Marshal(q)
	}
	var chosen []credential.Format
	for _, name := range a.formats {
		f, known := formats[name]
		if !known {
			return nil, usagef("--format: unknown format %q; known: jwp, bbs, sd-jwt", name)
		}
		chosen = append(chosen, f)
	}
	return json.Marshal(verifier.QueryFor(a.claims, chosen...))
}

// proofs asks the JWP form.
func (a *asking) proofs() (*openid4vp.Query, error) {
	q := verifier.QueryFor(a.claims, credential.JWPBBS)
	c := &q.Credentials[0]
	if a.pseudonym {
		c.Meta.Pseudonym = &openid4vp.PseudonymQuery{Scope: a.scope}
	}
	if a.on != "" {
		day, err := spec.ParseDate(a.on)
		if err != nil {
			return nil, usagef("--on: %w", err)
		}
		c.Meta.AgesOn = day
	}
	prove := func(name string, value bool) {
		c.Claims = slices.DeleteFunc(c.Claims, func(q openid4vp.ClaimQuery) bool { return q.Path.Name() == name })
		c.Claims = append(c.Claims, openid4vp.ClaimQuery{Path: openid4vp.Path{name}, Values: []any{value}})
	}
	if a.document {
		prove(openid4vp.DocumentValid, true)
	}
	if a.age != "" {
		from, under, err := parseAges(a.age)
		if err != nil {
			return nil, err
		}
		if from > 0 {
			prove(fmt.Sprintf("age_over_%d", from), true)
		}
		if under > 0 {
			prove(fmt.Sprintf("age_over_%d", under), false)
		}
	}
	if err := q.Validate(); err != nil {
		return nil, usageError{err}
	}
	return &q, nil
}

var agesForm = regexp.MustCompile(`^([0-9]{0,3})(\+|-([0-9]{0,3}))$`)

// parseAges reads 18+, 14-17 or -13. under is the first age that is too old.
func parseAges(text string) (from, under int, err error) {
	m := agesForm.FindStringSubmatch(text)
	if m == nil || m[1]+m[3] == "" {
		return 0, 0, usagef("--age %q is not like 18+, 14-17 or -13", text)
	}
	if m[2] == "-" {
		return 0, 0, usagef("--age %q is open to one side: write %s+ for that age and over, or -%s for up to it", text, m[1], m[1])
	}
	if m[1] != "" {
		if from, err = strconv.Atoi(m[1]); err != nil {
			return 0, 0, usagef("--age: %w", err)
		}
	}
	if m[3] != "" {
		if under, err = strconv.Atoi(m[3]); err != nil {
			return 0, 0, usagef("--age: %w", err)
		}
		under++
	}
	if from == 0 && under == 0 || max(from, under) > 150 {
		return 0, 0, usagef("--age %q asks nothing of anybody", text)
	}
	return from, under, nil
}
