package spec

import _ "embed"

// personContext is the text of CredentialContext. It has a term for every
// member of Claims, each giving one statement with one datatype; "name" keeps
// the IRI that the W3C credentials context gave it, since that context
// protects the term.
//
//go:embed contexts/person-v1.jsonld
var personContext []byte

// CredentialsV2 names the W3C context that every credential in the bbs-2023
// form lists first.
const CredentialsV2 = "https://www.w3.org/ns/credentials/v2"

// Contexts gives the JSON-LD contexts of this project, URL to JSON text. The
// map and the texts are fresh copies.
func Contexts() map[string][]byte {
	return map[string][]byte{CredentialContext: append([]byte(nil), personContext...)}
}
