package jws

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// Algorithms are the signature algorithms that are accepted.
var Algorithms = []jose.SignatureAlgorithm{jose.ES256, jose.ES384, jose.EdDSA}

// signatureSize gives the octets of a raw signature (RFC 7518 section 3.4,
// RFC 8037 section 3.1).
var signatureSize = map[jose.SignatureAlgorithm]int{jose.ES256: 64, jose.ES384: 96, jose.EdDSA: 64}

// checkKey makes sure that key is a public key for exactly this algorithm.
func checkKey(key *jose.JSONWebKey, alg jose.SignatureAlgorithm) error {
	if key == nil {
		return errors.New("no key")
	}
	if key.Use != "" && key.Use != "sig" {
		return fmt.Errorf("the key is for use %q", key.Use)
	}
	if key.Algorithm != "" && key.Algorithm != string(alg) {
		return fmt.Errorf("the key is for algorithm %q, not %s", key.Algorithm, alg)
	}
	of, err := AlgorithmOf(key)
	if err != nil {
		return err
	}
	if of != alg {
		return fmt.Errorf("the key is for %s, the signature says %s", of, alg)
	}
	return nil
}

// AlgorithmOf gives the one algorithm that a public key is used with.
func AlgorithmOf(key *jose.JSONWebKey) (jose.SignatureAlgorithm, error) {
	if key == nil || !key.Valid() {
		return "", errors.New("no valid key")
	}
	switch k := key.Key.(type) {
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			return jose.ES256, nil
		case elliptic.P384():
			return jose.ES384, nil
		}
		return "", errors.New("the curve is neither P-256 nor P-384")
	case ed25519.PublicKey:
		return jose.EdDSA, nil
	default:
		return "", fmt.Errorf("%T is not a public key for %v", key.Key, Algorithms)
	}
}

// privateMembers are the members of a JWK that only its owner may know
// (RFC 7518 section 6, RFC 8037 section 2).
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}

func checkNoPrivateKey(jwk any) error {
	object, ok := jwk.(map[string]any)
	if !ok {
		return errors.New("the key is not an object")
	}
	for _, name := range privateMembers {
		if _, ok := object[name]; ok {
			return fmt.Errorf("the key has the private member %q", name)
		}
	}
	return nil
}

// PublicKey gives the public half of a signing key, nil when an opaque
// signer does not tell it.
func PublicKey(key any) (*jose.JSONWebKey, error) {
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
		return PublicKey(k.Key)
	case *jose.JSONWebKey:
		if k == nil {
			return nil, errors.New("no signing key")
		}
		return PublicKey(k.Key)
	case jose.OpaqueSigner:
		return k.Public(), nil
	default:
		return nil, fmt.Errorf("%T is not a signing key for %v", key, Algorithms)
	}
}

// Nameless gives the same key without its identifier. A Key Binding JWT
// is verified with the key in the credential; the name that a wallet's key
// store has for it is nobody else's business.
func Nameless(key any) any {
	switch k := key.(type) {
	case jose.JSONWebKey:
		return Nameless(k.Key)
	case *jose.JSONWebKey:
		if k == nil {
			return nil
		}
		return Nameless(k.Key)
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

// WriteKey gives the members of a public key that make it that key and no
// others: identifiers and certificates would travel with every presentation.
func WriteKey(key *jose.JSONWebKey) (map[string]any, error) {
	if _, err := AlgorithmOf(key); err != nil {
		return nil, err
	}
	data, err := json.Marshal(jose.JSONWebKey{Key: key.Key})
	if err != nil {
		return nil, err
	}
	v, err := ReadJSON(data, MaxHeader)
	if err != nil {
		return nil, err
	}
	members, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("the key is not an object")
	}
	return members, nil
}

// ReadKey reads the key of a cnf claim (RFC 7800 section 3.2). Only what
// makes the key is read; a certificate beside it is not.
func ReadKey(jwk any) (*jose.JSONWebKey, error) {
	if err := checkNoPrivateKey(jwk); err != nil {
		return nil, err
	}
	bare := map[string]any{}
	for _, name := range []string{"kty", "crv", "x", "y"} {
		if member, ok := jwk.(map[string]any)[name]; ok {
			bare[name] = member
		}
	}
	data, err := WriteJSON(bare)
	if err != nil {
		return nil, err
	}
	key := new(jose.JSONWebKey)
	if err := key.UnmarshalJSON(data); err != nil {
		return nil, err
	}
	alg, err := AlgorithmOf(key)
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
