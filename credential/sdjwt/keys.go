package sdjwt

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// sign makes a JWT and verifies it with the key that its readers will use:
// expected, or the signer's own public key when that is nil. Only an issuer's
// header carries the key identifier.
func sign(key jose.SigningKey, k kind, payload any, expected *jose.JSONWebKey) (string, error) {
	public, err := publicKey(key.Key)
	if err != nil {
		return "", err
	}
	if signatureSize[key.Algorithm] == 0 {
		return "", fmt.Errorf("algorithm %q is not one of %v", key.Algorithm, algorithms)
	}
	if public != nil {
		if of, err := algorithmOf(public); err != nil {
			return "", err
		} else if of != key.Algorithm {
			return "", fmt.Errorf("the key is for %s, not %s", of, key.Algorithm)
		}
	}
	if k == bindingJWT {
		key.Key = withoutKeyID(key.Key)
	}
	if expected == nil {
		expected = public
	}
	data, err := writeJSON(payload)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType(jose.ContentType(k.typ)))
	if err != nil {
		return "", err
	}
	jws, err := signer.Sign(data)
	if err != nil {
		return "", err
	}
	// A key store that answers in DER, or with another key, is found here and
	// not by the verifier.
	if got, want := len(jws.Signatures[0].Signature), signatureSize[key.Algorithm]; got != want {
		return "", fmt.Errorf("the signer gave %d octets, %s has %d", got, key.Algorithm, want)
	}
	if expected != nil {
		if _, err := jws.Verify(expected.Key); err != nil {
			return "", errors.New("the signature does not verify with the public key that it is for")
		}
	}
	return jws.CompactSerialize()
}

// publicKey gives the public half of a signing key, nil when an opaque
// signer does not tell it.
func publicKey(key any) (*jose.JSONWebKey, error) {
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		if k == nil || k.Curve == nil {
			return nil, errors.New("no signing key")
		}
		return &jose.JSONWebKey{Key: &k.PublicKey}, nil
	case ed25519.PrivateKey:
		if len(k) != ed25519.PrivateKeySize {
			return nil, errors.New("an Ed25519 key of the wrong size")
		}
		return &jose.JSONWebKey{Key: k.Public()}, nil
	case jose.JSONWebKey:
		return publicKey(k.Key)
	case *jose.JSONWebKey:
		if k == nil {
			return nil, errors.New("no signing key")
		}
		return publicKey(k.Key)
	case jose.OpaqueSigner:
		return k.Public(), nil
	default:
		return nil, fmt.Errorf("%T is not a signing key for %v", key, algorithms)
	}
}

// withoutKeyID gives the same key without its identifier. A Key Binding JWT
// is verified with the key in the credential; the name that a wallet's key
// store has for it is nobody else's business.
func withoutKeyID(key any) any {
	switch k := key.(type) {
	case jose.JSONWebKey:
		return withoutKeyID(k.Key)
	case *jose.JSONWebKey:
		return withoutKeyID(k.Key)
	case jose.OpaqueSigner:
		return unnamed{k}
	default:
		return key
	}
}

// unnamed is an opaque signer that keeps its key's identifier to itself.
type unnamed struct{ jose.OpaqueSigner }

func (u unnamed) Public() *jose.JSONWebKey {
	public := u.OpaqueSigner.Public()
	if public == nil {
		return nil
	}
	return &jose.JSONWebKey{Key: public.Key}
}

// writeKey gives the members of a public key that make it that key and no
// others: identifiers and certificates would travel with every presentation.
func writeKey(key *jose.JSONWebKey) (map[string]any, error) {
	if _, err := algorithmOf(key); err != nil {
		return nil, err
	}
	data, err := json.Marshal(jose.JSONWebKey{Key: key.Key})
	if err != nil {
		return nil, err
	}
	v, err := readJSON(data)
	if err != nil {
		return nil, err
	}
	members, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("the key is not an object")
	}
	return members, nil
}

// readKey reads the key of a cnf claim (RFC 7800 section 3.2). Only what
// makes the key is read; a certificate beside it is not.
func readKey(jwk any) (*jose.JSONWebKey, error) {
	if err := checkNoPrivateKey(jwk); err != nil {
		return nil, err
	}
	bare := map[string]any{}
	for _, name := range []string{"kty", "crv", "x", "y"} {
		if member, ok := jwk.(map[string]any)[name]; ok {
			bare[name] = member
		}
	}
	data, err := writeJSON(bare)
	if err != nil {
		return nil, err
	}
	key := new(jose.JSONWebKey)
	if err := key.UnmarshalJSON(data); err != nil {
		return nil, err
	}
	alg, err := algorithmOf(key)
	if err != nil {
		return nil, err
	}
	for name, want := range map[string]string{"use": "sig", "alg": string(alg)} {
		if got, ok := jwk.(map[string]any)[name]; ok && got != want {
			return nil, fmt.Errorf("the key has %s %s, not %s", name, brief(got), want)
		}
	}
	return key, nil
}
