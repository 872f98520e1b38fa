package did

import (
	"context"
	"net/url"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/protocol/fetch"
)

const maxDocument = 64 << 10 // bytes of a DID document

// webKey fetches the document of a did:web and finds the key in it.
func (r *Resolver) webKey(ctx context.Context, did, id, fragment string) (*jose.JSONWebKey, error) {
	if r == nil || r.HTTP == nil {
		return nil, failed("did:web is not resolved here: no client was given")
	}
	address, err := webAddress(id)
	if err != nil {
		return nil, err
	}
	body, err := fetch.Get(ctx, r.HTTP, address, maxDocument, "application/did+json", "application/did+ld+json", "application/did", "application/json")
	if err != nil {
		return nil, failed("did:web: %w", err)
	}
	return keyIn(body, did, fragment)
}

// webAddress says where the document of a did:web is (did:web method
// specification section 3.2). It is https, and http for localhost alone.
func webAddress(id string) (string, error) {
	parts := strings.Split(id, ":")
	for i, part := range parts {
		decoded, err := url.PathUnescape(part)
		if err != nil || decoded == "" || strings.ContainsAny(decoded, "/\\@?#") || decoded == "." || decoded == ".." {
			return "", failed("%.100q is no did:web", id)
		}
		if i == 0 {
			parts[i] = decoded
		}
	}
	host, _, _ := strings.Cut(parts[0], ":")
	u := url.URL{Scheme: "https", Host: parts[0], Path: "/.well-known/did.json"}
	if fetch.OnThisMachine(host) {
		u.Scheme = "http"
	}
	if len(parts) > 1 {
		u.Path = "/" + strings.Join(parts[1:], "/") + "/did.json"
	}
	return u.String(), nil
}

// keyIn finds a verification method of a DID document.
func keyIn(document []byte, did, fragment string) (*jose.JSONWebKey, error) {
	v, err := jws.ReadJSON(document, maxDocument)
	if err != nil {
		return nil, failed("DID document: %w", err)
	}
	object, _ := v.(map[string]any)
	if object["id"] != did {
		return nil, failed("the DID document is about another DID")
	}
	methods, _ := object["verificationMethod"].([]any)
	for _, m := range methods {
		method, _ := m.(map[string]any)
		if id := method["id"]; id != did+"#"+fragment && id != "#"+fragment {
			continue
		}
		if method["controller"] != did {
			return nil, failed("another DID controls the key #%.40s", fragment)
		}
		if jwk, ok := method["publicKeyJwk"]; ok {
			key, err := jws.ReadKey(jwk)
			if err != nil {
				return nil, failed("key #%.40s: %w", fragment, err)
			}
			return key, nil
		}
		text, _ := method["publicKeyMultibase"].(string)
		return parseMultikey(text)
	}
	return nil, failed("the DID document has no key #%.40s", fragment)
}
