package openid4vp

import (
	"slices"

	"github.com/halfmask/halfmask/spec"
)

// The types of the person credential in full (appendix B.1.1 compares types
// after JSON-LD expansion).
const (
	VerifiableCredentialIRI = "https://www.w3.org/2018/credentials#VerifiableCredential"
	PersonCredentialIRI     = "https://halfmask.example/vocab#PersonCredential"
)

// AcceptsType reports whether an SD-JWT VC of type vct is among those that
// are asked for.
func (m Meta) AcceptsType(vct string) bool { return slices.Contains(m.VCTValues, vct) }

// AcceptsDocument reports whether the types of a JSON-LD credential hold one
// of the sets that are asked for. The types are expanded without a JSON-LD
// processor, which is possible because one context and two types are known: a
// document of any other context or type has no known types and is accepted by
// nobody.
func (m Meta) AcceptsDocument(document map[string]any) bool {
	context, _ := document["@context"].([]any)
	if !slices.Equal(context, []any{spec.CredentialsV2, spec.CredentialContext}) {
		return false
	}
	list, _ := document["type"].([]any)
	var expanded []string
	for _, t := range list {
		switch t {
		case "VerifiableCredential":
			expanded = append(expanded, VerifiableCredentialIRI)
		case spec.CredentialClass:
			expanded = append(expanded, PersonCredentialIRI)
		default:
			return false
		}
	}
	for _, set := range m.TypeValues {
		if len(set) > 0 && !slices.ContainsFunc(set, func(iri string) bool { return !slices.Contains(expanded, iri) }) {
			return true
		}
	}
	return false
}
