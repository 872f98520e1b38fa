package verifier

import (
	"fmt"
	"slices"
	"strings"

	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
)

// answered is what a presentation shows, measured against its query.
type answered struct {
	claims map[string]any
	beyond []string // shown and not asked for
}

// measure checks every constraint of the query on the claims again (OpenID4VP
// 1.0 section 6.4.1): one combination must be there in full, with accepted
// values of the claims' own types. leaves are the paths of everything shown
// that could have been withheld. check names what failed.
func measure(asked openid4vp.CredentialQuery, document map[string]any, leaves []openid4vp.Path) (a *answered, check string, err error) {
	for _, set := range asked.Sets() {
		got, failed, why := measureSet(set, document, leaves)
		switch {
		case why != nil:
			if err == nil || failed == "claim-values" {
				check, err = failed, why
			}
		case a == nil || len(got.beyond) < len(a.beyond):
			a = got
		}
	}
	if a != nil {
		return a, "", nil
	}
	return nil, check, err
}

func measureSet(set []openid4vp.ClaimQuery, document map[string]any, leaves []openid4vp.Path) (*answered, string, error) {
	a := &answered{claims: map[string]any{}}
	for _, q := range set {
		values, err := q.Path.Select(document)
		if err != nil {
			return nil, "claims-present", err
		}
		for _, v := range values {
			if err := checkType(q.Path.Name(), v); err != nil {
				return nil, "claim-values", err
			}
			if !q.Accepts(v) {
				return nil, "claim-values", fmt.Errorf("the value of %s is none of those asked for", q.Path)
			}
		}
		name := q.Path.Name()
		if _, twice := a.claims[name]; twice {
			name = q.Path.String()
		}
		a.claims[name] = values[0]
		if slices.Contains(q.Path, nil) {
			a.claims[name] = values
		}
	}
	for _, leaf := range leaves {
		if !slices.ContainsFunc(set, func(q openid4vp.ClaimQuery) bool { return covers(q.Path, leaf) }) {
			a.beyond = append(a.beyond, dotted(leaf))
		}
	}
	slices.Sort(a.beyond)
	a.beyond = slices.Compact(a.beyond)
	return a, "", nil
}

// checkType holds the claims of spec.Claims to their JSON types.
func checkType(name string, v any) error {
	if !slices.Contains(spec.Claims, name) {
		return nil
	}
	var ok bool
	if isFlag(name) {
		_, ok = v.(bool)
	} else {
		_, ok = v.(string)
	}
	if !ok {
		return fmt.Errorf("%s is a %T", name, v)
	}
	return nil
}

func isFlag(claim string) bool {
	return claim == spec.RealPerson || claim == spec.GuardianConsent || strings.HasPrefix(claim, "age_over_")
}

// covers reports whether the leaf is what the path selects or lies inside it.
func covers(p, leaf openid4vp.Path) bool {
	if len(p) > len(leaf) {
		return false
	}
	for i, c := range p {
		if name, ok := c.(string); ok && name != leaf[i] {
			return false
		}
	}
	return true
}

func dotted(p openid4vp.Path) string {
	parts := make([]string, len(p))
	for i, c := range p {
		parts[i] = fmt.Sprint(c)
	}
	return strings.Join(parts, ".")
}

// leavesOf lists the paths of the scalars in v.
func leavesOf(at openid4vp.Path, v any) []openid4vp.Path {
	var all []openid4vp.Path
	switch v := v.(type) {
	case map[string]any:
		for name, child := range v {
			all = append(all, leavesOf(append(slices.Clip(at), name), child)...)
		}
	case []any:
		for i, child := range v {
			all = append(all, leavesOf(append(slices.Clip(at), i), child)...)
		}
	default:
		all = append(all, at)
	}
	return all
}
