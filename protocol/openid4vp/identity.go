package openid4vp

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/protocol/did"
)

// requestObject is the form of a signed request (section 5).
var requestObject = jws.Form{Typ: strings.TrimPrefix(ObjectType, "application/"), Prefix: "request-object-", Max: MaxObject, Clause: "OpenID4VP 1.0 section 5"}

// An Identity is what a verifier signs its requests with: a key, and what
// lets wallets trust it for a client identifier.
type Identity struct {
	ClientID string // full client identifier, with its prefix

	key    jose.SigningKey
	header map[string]any
	public *jose.JSONWebKey
}

// SanDNSIdentity is the identity x509_san_dns:name. The first certificate is
// the verifier's own, for this name and this key; those that certify it
// follow, without the trust anchor.
func SanDNSIdentity(name string, key jose.SigningKey, chain ...*x509.Certificate) (*Identity, error) {
	i, err := x509Identity(X509SanDNS+":"+name, key, chain)
	if err == nil && !slices.Contains(chain[0].DNSNames, name) {
		err = fmt.Errorf("openid4vp: the certificate is not for the DNS name %q", name)
	}
	if err != nil {
		return nil, err
	}
	return i, nil
}

// HashIdentity is the identity x509_hash: the hash of the verifier's own
// certificate, which is the first; those that certify it follow, without the
// trust anchor.
func HashIdentity(key jose.SigningKey, chain ...*x509.Certificate) (*Identity, error) {
	if len(chain) == 0 {
		return nil, errors.New("openid4vp: an identity without a certificate")
	}
	return x509Identity(X509Hash+":"+hashOf(chain[0]), key, chain)
}

func hashOf(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func x509Identity(clientID string, key jose.SigningKey, chain []*x509.Certificate) (*Identity, error) {
	if len(chain) == 0 {
		return nil, errors.New("openid4vp: an identity without a certificate")
	}
	x5c := make([]any, len(chain))
	for n, c := range chain {
		if jws.OwnIssuer(c) {
			return nil, errors.New("openid4vp: a chain holds neither the trust anchor nor another self-signed certificate")
		}
		x5c[n] = base64.StdEncoding.EncodeToString(c.Raw)
	}
	return identity(clientID, key, map[string]any{"x5c": x5c}, &jose.JSONWebKey{Key: chain[0].PublicKey})
}

// DIDIdentity is the identity of a DID. method is the DID URL of the key,
// such as did:web:platform.example#a.
func DIDIdentity(method string, key jose.SigningKey) (*Identity, error) {
	name, _, _ := strings.Cut(method, "#")
	public, err := jws.PublicKey(key.Key)
	if err != nil {
		return nil, fmt.Errorf("openid4vp: identity: %w", err)
	}
	return identity(DecentralizedIdentifier+":"+name, key, map[string]any{"kid": method}, public)
}

// JWKIdentity is the identity of a did:jwk, for which nobody vouches: wallets
// learn that requests come from one key.
func JWKIdentity(key jose.SigningKey) (*Identity, error) {
	public, err := jws.PublicKey(key.Key)
	if err != nil {
		return nil, fmt.Errorf("openid4vp: identity: %w", err)
	}
	_, method, err := did.JWK(public)
	if err != nil {
		return nil, fmt.Errorf("openid4vp: identity: %w", err)
	}
	return DIDIdentity(method, key)
}

// AttestedIdentity is the identity of a verifier attestation (section 12),
// a JWT that binds its sub to the key.
func AttestedIdentity(attestation string, key jose.SigningKey) (*Identity, error) {
	a, err := readAttestation(attestation)
	if err != nil {
		return nil, fmt.Errorf("openid4vp: identity: %w", err)
	}
	return identity(VerifierAttestation+":"+a.subject, key, map[string]any{"jwt": attestation}, a.key)
}

func identity(clientID string, key jose.SigningKey, header map[string]any, public *jose.JSONWebKey) (*Identity, error) {
	if _, _, ok := cutPrefix(clientID); !ok {
		return nil, fmt.Errorf("openid4vp: no client identifier: %q", clip(clientID))
	}
	key.Key = jws.Nameless(key.Key)
	i := &Identity{clientID, key, header, public}
	if _, err := i.sign(struct{}{}); err != nil {
		return nil, fmt.Errorf("openid4vp: the key of %s: %w", clip(clientID), err)
	}
	return i, nil
}

func (i *Identity) sign(payload any) (string, error) {
	return jws.Sign(i.key, requestObject, i.header, payload, i.public)
}

// Sign gives the request as a signed request object (RFC 9101), to be served
// as ObjectType from the request_uri. The request's client identifier must be
// that of the identity.
func (r *Request) Sign(i *Identity) (string, error) {
	if i == nil || r.ClientID != i.ClientID {
		return "", errors.New("openid4vp: the request is to be signed by another identity than it names")
	}
	object, err := i.sign(r.members())
	if err != nil {
		return "", fmt.Errorf("openid4vp: sign request: %w", err)
	}
	if len(object) > MaxObject {
		return "", errors.New("openid4vp: request object too long")
	}
	return object, nil
}
