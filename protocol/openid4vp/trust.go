package openid4vp

import (
	"context"
	"crypto/x509"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/protocol/did"
)

// Trust says whom a wallet believes about verifiers. The zero value believes
// nobody: requests of verifiers without a key can be read, and those signed
// with a key that is its own name (did:jwk, did:key).
type Trust struct {
	Anchors    []*x509.Certificate           // of verifiers' certificates: x509_san_dns and x509_hash
	Attesters  map[string]jose.JSONWebKeySet // of verifier attestations, by iss
	Registrars []*x509.Certificate           // anchors of registration certificates
	DIDs       did.Resolver
	Now        func() time.Time // time.Now when nil
}

// Verifier is who signed a request, as far as a wallet's trust reaches.
type Verifier struct {
	Prefix      string            // client identifier prefix
	Name        string            // client identifier without it
	Key         *jose.JSONWebKey  // that verified
	Certificate *x509.Certificate // the verifier's own, with x509_san_dns and x509_hash
	Attester    string            // iss of the attestation, with verifier_attestation

	responseURIs []string // that an attestation allows; none: any
}

func (t *Trust) now() time.Time {
	if t != nil && t.Now != nil {
		return t.Now()
	}
	return time.Now()
}

// ParseObject reads a request object, signed or not, that was announced by a
// URI with this client identifier. The key that it is verified with is the one
// bound to the client identifier, whatever keys the object names.
func (t *Trust) ParseObject(ctx context.Context, object []byte, clientID string) (*Request, error) {
	prefix, name, ok := cutPrefix(clientID)
	if !ok || prefix == RedirectURI {
		return ParseObject(object, clientID)
	}
	token, err := jws.Read(string(object), requestObject)
	if err != nil {
		return nil, &Error{Code: InvalidRequestObject, Err: err}
	}
	by, err := t.identify(ctx, prefix, name, token)
	if err != nil {
		return nil, err
	}
	if err := token.Verify(by.Key); err != nil {
		return nil, &Error{Code: InvalidRequestObject, Err: err}
	}
	o, err := parseObject(token.Raw)
	if err != nil {
		return nil, refuse(InvalidRequestObject, "request-object", "5", "payload: %w", err)
	}
	r, err := t.requestFromClaims(o, clientID)
	if err != nil {
		return nil, err
	}
	if by.responseURIs != nil && !slices.Contains(by.responseURIs, r.ResponseURI) {
		return nil, refuse(InvalidRequest, "response-uri", "5.9.3", "response_uri is none of those that the attestation allows")
	}
	r.By, r.Received = by, string(object)
	return r, nil
}

// identify finds the key that is bound to the client identifier.
func (t *Trust) identify(ctx context.Context, prefix, name string, token *jws.Token) (*Verifier, error) {
	by := &Verifier{Prefix: prefix, Name: name}
	var err error
	switch prefix {
	case X509SanDNS, X509Hash:
		err = t.identifyByCertificate(by, token)
	case DecentralizedIdentifier:
		if signer, _, _ := strings.Cut(token.KeyID, "#"); signer != name {
			return nil, refuse(InvalidRequest, "client-key", "5.9.3", "kid does not name a key of the DID in client_id")
		}
		var resolver *did.Resolver
		if t != nil {
			resolver = &t.DIDs
		}
		by.Key, err = resolver.Key(ctx, token.KeyID)
		if err != nil {
			err = refuse(InvalidRequest, "client-key", "5.9.3", "%w", err)
		}
	default:
		err = t.identifyByAttestation(by, token)
	}
	if err != nil {
		return nil, err
	}
	return by, nil
}

func (t *Trust) identifyByCertificate(by *Verifier, token *jws.Token) error {
	bad := func(check, format string, args ...any) error {
		return refuse(InvalidRequest, check, "5.9.3", format, args...)
	}
	chain, err := jws.ReadCertificates(token.Header["x5c"])
	if err != nil {
		return bad("client-certificate", "x5c: %w", err)
	}
	var anchors []*x509.Certificate
	if t != nil {
		anchors = t.Anchors
	}
	if err := jws.CheckChain(chain, anchors, t.now()); err != nil {
		return bad("client-certificate", "%w", err)
	}
	leaf := chain[0]
	switch {
	case by.Prefix == X509Hash && hashOf(leaf) != by.Name:
		return bad("client-certificate-name", "the certificate is not the one whose hash is in client_id")
	case by.Prefix == X509SanDNS && !slices.ContainsFunc(leaf.DNSNames, func(n string) bool { return strings.EqualFold(n, by.Name) }):
		return bad("client-certificate-name", "the certificate is not for the DNS name in client_id")
	}
	by.Certificate, by.Key = leaf, &jose.JSONWebKey{Key: leaf.PublicKey}
	return nil
}
