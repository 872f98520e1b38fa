package did

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/multiformats/go-multibase"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
)

const maxURL = 2048 // bytes of a DID URL

func failed(format string, args ...any) error {
	return credential.Failed("did", "Decentralized Identifiers 1.0 section 7", format, args...)
}

// Resolver finds keys. The zero value works and refuses did:web.
type Resolver struct {
	// HTTP fetches documents of did:web; package fetch makes it. Nil refuses
	// that method.
	HTTP *http.Client
}

// Key gives the public key that a DID URL names, such as
// did:jwk:eyJ…#0. A failed check is a *credential.Error.
func (r *Resolver) Key(ctx context.Context, url string) (*jose.JSONWebKey, error) {
	if len(url) > maxURL {
		return nil, failed("a DID URL of more than %d bytes", maxURL)
	}
	did, fragment, ok := strings.Cut(url, "#")
	if !ok || fragment == "" || strings.ContainsAny(did, "?/") {
		return nil, failed("%.100q does not name a key of a DID", url)
	}
	method, id, _ := strings.Cut(strings.TrimPrefix(did, "did:"), ":")
	if !strings.HasPrefix(did, "did:") || id == "" {
		return nil, failed("%.100q is no DID", did)
	}
	switch method {
	case "jwk":
		if fragment != "0" {
			return nil, failed("a did:jwk has the one key #0, not #%.40s", fragment)
		}
		return parseJWK(id)
	case "key":
		if fragment != id {
			return nil, failed("a did:key has the one key that is its name, not #%.40s", fragment)
		}
		return parseMultikey(id)
	case "web":
		return r.webKey(ctx, did, id, fragment)
	}
	return nil, failed("the method did:%.20s is not supported", method)
}

// JWK makes the did:jwk of a public key and the DID URL of the key in it. The
// members of the JWK come in the order crv, kty, x, y.
func JWK(key *jose.JSONWebKey) (did, url string, err error) {
	members, err := jws.WriteKey(key)
	if err != nil {
		return "", "", fmt.Errorf("did: %w", err)
	}
	text, err := jws.WriteJSON(members) // a map, written in alphabetical order
	if err != nil {
		return "", "", fmt.Errorf("did: %w", err)
	}
	did = "did:jwk:" + base64.RawURLEncoding.EncodeToString(text)
	return did, did + "#0", nil
}

// Key makes the did:key of a public key and the DID URL of the key in it.
func Key(key *jose.JSONWebKey) (did, url string, err error) {
	if _, err := jws.AlgorithmOf(key); err != nil {
		return "", "", fmt.Errorf("did: %w", err)
	}
	var octets []byte
	switch k := key.Key.(type) {
	case ed25519.PublicKey:
		octets = append([]byte{0xed, 0x01}, k...)
	case *ecdsa.PublicKey:
		code := []byte{0x80, 0x24}
		if k.Curve == elliptic.P384() {
			code = []byte{0x81, 0x24}
		}
		point, err := k.Bytes()
		if err != nil {
			return "", "", fmt.Errorf("did: %w", err)
		}
		octets = append(append(code, 2+point[len(point)-1]&1), point[1:1+len(point)/2]...) // y says but its parity
	}
	id, err := multibase.Encode(multibase.Base58BTC, octets)
	if err != nil {
		return "", "", fmt.Errorf("did: %w", err)
	}
	return "did:key:" + id, "did:key:" + id + "#" + id, nil
}

func parseJWK(id string) (*jose.JSONWebKey, error) {
	text, err := jws.ReadBase64(id)
	if err != nil {
		return nil, failed("did:jwk: %w", err)
	}
	v, err := jws.ReadJSON(text, maxURL)
	if err != nil {
		return nil, failed("did:jwk: %w", err)
	}
	key, err := jws.ReadKey(v)
	if err != nil {
		return nil, failed("did:jwk: %w", err)
	}
	return key, nil
}

// parseMultikey reads a public key in multibase base58btc with its multicodec
// (Controlled Identifiers 1.0 section 2.2.2).
func parseMultikey(text string) (*jose.JSONWebKey, error) {
	encoding, octets, err := multibase.Decode(text)
	if err != nil || encoding != multibase.Base58BTC {
		return nil, failed("a key that is not base58btc")
	}
	key, err := multikey(octets)
	if err != nil {
		return nil, failed("%w", err)
	}
	return &jose.JSONWebKey{Key: key}, nil
}

func multikey(octets []byte) (any, error) {
	if len(octets) < 2 {
		return nil, errors.New("a key of no kind")
	}
	curve := map[[2]byte]elliptic.Curve{{0x80, 0x24}: elliptic.P256(), {0x81, 0x24}: elliptic.P384()}[[2]byte(octets[:2])]
	switch {
	case curve != nil:
		x, y := elliptic.UnmarshalCompressed(curve, octets[2:])
		if x == nil {
			return nil, errors.New("no point of " + curve.Params().Name)
		}
		point := make([]byte, 2*len(octets)-5) // 4, x, y
		point[0] = 4
		x.FillBytes(point[1 : 1+len(point)/2])
		y.FillBytes(point[1+len(point)/2:])
		return ecdsa.ParseUncompressedPublicKey(curve, point)
	case octets[0] == 0xed && octets[1] == 0x01:
		if len(octets) != 2+ed25519.PublicKeySize {
			return nil, errors.New("an Ed25519 key of the wrong size")
		}
		return ed25519.PublicKey(octets[2:]), nil
	}
	return nil, errors.New("a key of another kind than P-256, P-384 and Ed25519")
}
