package holder

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

func openSDJWT(h Held) (*opened, error) {
	c, err := sdjwt.Parse(h.Raw)
	if err != nil {
		return nil, err
	}
	if c.HasKeyBinding() {
		return nil, credential.Failed("key-binding-unexpected", "RFC 9901 section 7.2", "a presentation is no credential to present from")
	}
	document := c.Claims()
	disclosures := c.Disclosures()
	o := &opened{
		document: document,
		kind:     c.Type(),
		bindable: c.HolderKey() != nil,

		certificates: c.Certificates(),
		is:           func(m openid4vp.Meta) bool { return m.AcceptsType(c.Type()) },
	}
	for name := range document {
		if !slices.ContainsFunc(disclosures, func(d sdjwt.Disclosure) bool { return len(d.Path) == 1 && d.Path[0] == name }) {
			o.always = append(o.always, name)
		}
	}
	slices.Sort(o.always)
	o.withhold = func(p openid4vp.Path) (bool, error) { return withholdable(c, document, disclosures, p) }
	o.present = func(claims []Claim, b binding) (openid4vp.Presentation, error) {
		return presentSDJWT(c, h.Raw, claims, b)
	}
	return o, nil
}

// withholdable tells whether the claim is behind a disclosure. It is an error
// when showing it would show another claim with it.
func withholdable(c *sdjwt.Credential, document map[string]any, disclosures []sdjwt.Disclosure, p openid4vp.Path) (bool, error) {
	values, err := p.Select(document)
	if err != nil {
		return false, err
	}
	for _, v := range values {
		if !isLeaf(v) {
			return false, errors.New("it holds other claims")
		}
	}
	hidden := slices.ContainsFunc(disclosures, func(d sdjwt.Disclosure) bool { return related(p, d.Path) })
	if !hidden || len(p) == 1 {
		return hidden, nil
	}
	shown, err := c.Select(p)
	if err != nil {
		return false, err
	}
	partial, err := sdjwt.Parse(shown)
	if err != nil {
		return false, err
	}
	for _, d := range partial.Disclosures() {
		if !onlyLeadsTo(d.Value, p[min(len(d.Path), len(p)):]) {
			return false, fmt.Errorf("it cannot be shown without the rest of %s", openid4vp.Path(d.Path))
		}
	}
	return true, nil
}

// isLeaf tells a value that is one claim: a scalar, or a list of scalars.
func isLeaf(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return false
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool {
			switch e.(type) {
			case map[string]any, []any:
				return true
			}
			return false
		})
	}
	return true
}

// related reports whether a disclosure lies on the way to the claim or inside
// it. Positions in arrays are not compared: they change with what is shown.
func related(p openid4vp.Path, disclosure []any) bool {
	for i := range min(len(p), len(disclosure)) {
		if name, ok := p[i].(string); ok && name != disclosure[i] {
			return false
		}
	}
	return true
}

// onlyLeadsTo reports whether a disclosed value holds nothing beside what the
// rest of the path selects.
func onlyLeadsTo(v any, rest openid4vp.Path) bool {
	if len(rest) == 0 {
		return true
	}
	switch v := v.(type) {
	case map[string]any:
		name, ok := rest[0].(string)
		return ok && len(v) == 1 && v[name] != nil && onlyLeadsTo(v[name], rest[1:])
	case []any:
		// undisclosed elements are not there, so positions say nothing
		return !slices.ContainsFunc(v, func(e any) bool { return !onlyLeadsTo(e, rest[1:]) })
	}
	return false
}

func presentSDJWT(c *sdjwt.Credential, raw string, claims []Claim, b binding) (openid4vp.Presentation, error) {
	if alg := issuerAlgorithm(raw); !supported(b.support.SDJWTAlgs, alg) {
		return openid4vp.Presentation{}, unsupported("the verifier does not check the issuer's algorithm %q", alg)
	}
	paths := make([][]any, len(claims))
	for i, claim := range claims {
		paths[i] = claim.Path
	}
	shown, err := c.Select(paths...)
	if err != nil {
		return openid4vp.Presentation{}, err
	}
	partial, err := sdjwt.Parse(shown)
	if err != nil {
		return openid4vp.Presentation{}, err
	}
	for _, d := range partial.Disclosures() {
		if !slices.ContainsFunc(claims, func(c Claim) bool { return related(c.Path, d.Path) }) {
			return openid4vp.Presentation{}, credential.Failed("over-disclosure", "OpenID4VP 1.0 section 6.4", "%s would be shown and was not asked for", openid4vp.Path(d.Path))
		}
	}
	if c.HolderKey() == nil {
		return openid4vp.TextPresentation(shown)
	}
	key, err := b.key()
	if err != nil {
		return openid4vp.Presentation{}, fmt.Errorf("holder's key: %w", err)
	}
	if !supported(b.support.KBJWTAlgs, string(key.Algorithm)) {
		return openid4vp.Presentation{}, unsupported("the verifier does not check the key's algorithm %q", key.Algorithm)
	}
	bound, err := sdjwt.BindWith(shown, key, b.nonce, b.audience, b.now, openid4vp.KeyBindingClaims(b.carried))
	if err != nil {
		return openid4vp.Presentation{}, err
	}
	return openid4vp.TextPresentation(bound)
}

// supported reports whether the list, when there is one, names the algorithm.
// Ed25519 is the fully-specified name of EdDSA on that curve.
func supported(list []string, alg string) bool {
	return len(list) == 0 || slices.Contains(list, alg) ||
		alg == string(jose.EdDSA) && slices.Contains(list, "Ed25519")
}

// issuerAlgorithm reads alg from the header of the issuer-signed JWT.
func issuerAlgorithm(raw string) string {
	first, _, _ := strings.Cut(raw, ".")
	b, err := base64.RawURLEncoding.DecodeString(first)
	var header struct {
		Alg string `json:"alg"`
	}
	if err != nil || json.Unmarshal(b, &header) != nil {
		return ""
	}
	return header.Alg
}
