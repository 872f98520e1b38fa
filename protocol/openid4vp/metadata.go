package openid4vp

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
)

// Metadata says what a verifier can check, and how responses to it are
// encrypted (sections 5.1 and 11.1).
type Metadata struct {
	Formats     map[credential.Format]FormatSupport
	Keys        []jose.JSONWebKey // public keys for encrypting the response, of this request alone
	Encryptions []string          // content encryption algorithms that the verifier reads; none is A128GCM
}

// FormatSupport holds the algorithms that a verifier can check in a format;
// an empty list names no restriction.
type FormatSupport struct {
	SDJWTAlgs    []string `json:"sd-jwt_alg_values,omitempty"`  // dc+sd-jwt, appendix B.3.4
	KBJWTAlgs    []string `json:"kb-jwt_alg_values,omitempty"`  // dc+sd-jwt, appendix B.3.4
	ProofTypes   []string `json:"proof_type_values,omitempty"`  // ldp_vc, appendix B.1.3.2
	Cryptosuites []string `json:"cryptosuite_values,omitempty"` // ldp_vc, appendix B.1.3.2
	JWPAlgs      []string `json:"jwp_alg_values,omitempty"`     // JWP form, spec/presentation.md
}

type metadataJSON struct {
	Formats     map[credential.Format]FormatSupport `json:"vp_formats_supported"`
	Keys        *jose.JSONWebKeySet                 `json:"jwks,omitempty"`
	Encryptions []string                            `json:"encrypted_response_enc_values_supported,omitempty"`
}

// MarshalJSON writes client_metadata.
func (m Metadata) MarshalJSON() ([]byte, error) {
	out := metadataJSON{Formats: m.Formats, Encryptions: m.Encryptions}
	if len(m.Keys) > 0 {
		out.Keys = &jose.JSONWebKeySet{Keys: m.Keys}
	}
	return json.Marshal(out)
}

func (m Metadata) validate(mode Mode) error {
	if len(m.Formats) == 0 {
		return errors.New("client_metadata lacks vp_formats_supported")
	}
	for _, k := range m.Keys {
		if !k.Valid() || !k.IsPublic() {
			return errors.New("client_metadata holds a key that is not a valid public key")
		}
	}
	if mode.Encrypted() {
		if _, _, err := m.encryption(); err != nil {
			return err
		}
	}
	return nil
}

func metadataOf(v any) (Metadata, error) {
	o, ok := asObject(v)
	if !ok {
		return Metadata{}, errors.New("client_metadata is missing or no object")
	}
	formats, ok := asObject(o["vp_formats_supported"])
	if !ok || len(formats) > maxEntries {
		return Metadata{}, errors.New("vp_formats_supported is missing or no object")
	}
	m := Metadata{Formats: make(map[credential.Format]FormatSupport, len(formats))}
	for name, v := range formats {
		support, ok := asObject(v)
		if !ok {
			return Metadata{}, fmt.Errorf("vp_formats_supported: %q is no object", clip(name))
		}
		var f FormatSupport
		for member, into := range map[string]*[]string{
			"sd-jwt_alg_values": &f.SDJWTAlgs, "kb-jwt_alg_values": &f.KBJWTAlgs,
			"proof_type_values": &f.ProofTypes, "cryptosuite_values": &f.Cryptosuites,
			"jwp_alg_values": &f.JWPAlgs,
		} {
			list, err := support.texts(member)
			if err != nil {
				if credential.Format(name) != credential.SDJWT && credential.Format(name) != credential.BBS2023 && credential.Format(name) != credential.JWPBBS {
					continue // another format may use the name otherwise
				}
				return Metadata{}, fmt.Errorf("%q: %w", clip(name), err)
			}
			*into = list
		}
		m.Formats[credential.Format(name)] = f
	}
	var err error
	if m.Encryptions, err = o.texts("encrypted_response_enc_values_supported"); err != nil {
		return Metadata{}, err
	}
	m.Keys, err = responseKeysOf(o["jwks"])
	return m, err
}

// responseKeysOf reads the keys that a response may be encrypted to. Those of
// another use, or of a kind that is not understood, are passed over (section
// 8.3); a private key is not.
func responseKeysOf(jwks any) ([]jose.JSONWebKey, error) {
	if jwks == nil {
		return nil, nil
	}
	o, _ := asObject(jwks)
	list, err := o.objects("keys")
	if err != nil || list == nil {
		return nil, errors.New("jwks is not a set of keys")
	}
	var keys []jose.JSONWebKey
	seen := map[string]bool{}
	for _, k := range list {
		if k["d"] != nil || k["kty"] == "oct" {
			return nil, errors.New("jwks holds a key that is not public")
		}
		kid, err := k.text("kid")
		if err != nil || kid == "" || seen[kid] {
			return nil, errors.New("jwks holds a key without a kid of its own")
		}
		seen[kid] = true
		if k["use"] != nil && k["use"] != "enc" || k["alg"] != string(jose.ECDH_ES) || k["kty"] != "EC" {
			continue
		}
		bare := map[string]any{}
		for _, name := range []string{"kty", "crv", "x", "y", "kid", "alg", "use"} {
			if v, ok := k[name]; ok {
				bare[name] = v
			}
		}
		text, err := json.Marshal(bare)
		if err != nil {
			return nil, err
		}
		var key jose.JSONWebKey
		if err := key.UnmarshalJSON(text); err != nil {
			return nil, fmt.Errorf("jwks: %w", err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// encryption chooses key and content encryption for a response.
func (m Metadata) encryption() (*jose.JSONWebKey, jose.ContentEncryption, error) {
	if len(m.Keys) == 0 {
		return nil, "", errors.New("client_metadata.jwks has no key for encrypting the response with ECDH-ES")
	}
	if len(m.Encryptions) == 0 {
		return &m.Keys[0], jose.A128GCM, nil
	}
	for _, enc := range responseEncryptions {
		if slices.Contains(m.Encryptions, string(enc)) {
			return &m.Keys[0], enc, nil
		}
	}
	return nil, "", fmt.Errorf("encrypted_response_enc_values_supported has neither of %v", responseEncryptions)
}
