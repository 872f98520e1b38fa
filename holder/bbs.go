package holder

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
)

const subject = "credentialSubject"

func openBBS(h Held) (*opened, error) {
	var document map[string]any
	if err := json.Unmarshal([]byte(h.Raw), &document); err != nil {
		return nil, credential.Failed("document", "VC Data Model 2.0 section 4", "not a JSON object: %w", err)
	}
	if _, ok := document["proof"].(map[string]any); !ok {
		return nil, credential.Failed("document", "vc-di-bbs section 3.4.2", "without a proof")
	}
	delete(document, "proof")
	o := &opened{
		document: document,
		kind:     spec.CredentialClass,
		is:       func(m openid4vp.Meta) bool { return m.AcceptsDocument(document) },
		withhold: func(p openid4vp.Path) (bool, error) { return oneSubjectMember(document, p) },
	}
	for name := range document {
		if name != subject {
			o.always = append(o.always, name)
		}
	}
	slices.Sort(o.always)
	o.present = func(claims []Claim, b binding) (openid4vp.Presentation, error) {
		return presentBBS(h.Raw, claims, b)
	}
	return o, nil
}

// oneSubjectMember admits paths that name one claim of the credential's
// subject.
func oneSubjectMember(document map[string]any, p openid4vp.Path) (bool, error) {
	if len(p) != 2 || p[0] != subject {
		return false, errors.New(`only paths ["credentialSubject", name] are answered`)
	}
	values, err := p.Select(document)
	if err != nil {
		return false, err
	}
	switch values[0].(type) {
	case string, bool, float64:
		return true, nil
	}
	return false, errors.New("it holds other claims")
}

// pointer gives the JSON pointer (RFC 6901) of a claim.
func pointer(p openid4vp.Path) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	var b strings.Builder
	for _, c := range p {
		name, _ := c.(string)
		b.WriteString("/" + escape.Replace(name))
	}
	return b.String()
}

func presentBBS(raw string, claims []Claim, b binding) (openid4vp.Presentation, error) {
	if !supported(b.support.ProofTypes, "DataIntegrityProof") || !supported(b.support.Cryptosuites, "bbs-2023") {
		return openid4vp.Presentation{}, unsupported("the verifier does not check the cryptosuite bbs-2023")
	}
	pointers := make([]string, len(claims))
	want := map[string]any{}
	for i, c := range claims {
		pointers[i] = pointer(c.Path)
		want[c.Name] = c.Value
	}
	derived, err := bbs2023.Derive([]byte(raw), pointers, openid4vp.PresentationHeader(b.audience, b.nonce, b.carried...))
	if err != nil {
		return openid4vp.Presentation{}, err
	}
	var shown struct {
		Subject map[string]any `json:"credentialSubject"`
	}
	if err := json.Unmarshal(derived, &shown); err != nil {
		return openid4vp.Presentation{}, err
	}
	if len(shown.Subject) != len(want) || len(want) > 0 && !reflect.DeepEqual(shown.Subject, want) {
		return openid4vp.Presentation{}, credential.Failed("over-disclosure", "OpenID4VP 1.0 section 6.4", "the derived credential would not show exactly what was selected")
	}
	return openid4vp.ObjectPresentation(derived)
}
