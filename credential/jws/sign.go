package jws

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/go-jose/go-jose/v4"
)

// Sign makes a JWT of the form and verifies it with the key that its readers
// will use: expected, or the signer's own public key when that is nil. Header
// holds further header parameters. The key's identifier, if it has one,
// becomes kid: see [Nameless]. A
// jose.JSONWebKey with Certificates puts those into x5c instead.
func Sign(key jose.SigningKey, f Form, header map[string]any, payload any, expected *jose.JSONWebKey) (string, error) {
	public, err := PublicKey(key.Key)
	if err != nil {
		return "", err
	}
	if signatureSize[key.Algorithm] == 0 {
		return "", fmt.Errorf("algorithm %q is not one of %v", key.Algorithm, Algorithms)
	}
	if public != nil {
		if of, err := AlgorithmOf(public); err != nil {
			return "", err
		} else if of != key.Algorithm {
			return "", fmt.Errorf("the key is for %s, not %s", of, key.Algorithm)
		}
	}
	if expected == nil {
		expected = public
	}
	if k, ok := key.Key.(jose.JSONWebKey); ok && len(k.Certificates) > 0 {
		header = maps.Clone(header)
		if header == nil {
			header = map[string]any{}
		}
		header["x5c"], key.Key = chain(k.Certificates), Nameless(k)
	}
	data, err := WriteJSON(payload)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(key, options(f, header))
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

func options(f Form, header map[string]any) *jose.SignerOptions {
	o := (&jose.SignerOptions{}).WithType(jose.ContentType(f.Typ))
	for name, value := range header {
		o = o.WithHeader(jose.HeaderKey(name), value)
	}
	return o
}

// WriteJSON encodes v without escaping <, > and &.
func WriteJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// chain writes certificates as RFC 7515 section 4.1.6 does.
func chain(certificates []*x509.Certificate) []string {
	out := make([]string, len(certificates))
	for i, c := range certificates {
		out[i] = base64.StdEncoding.EncodeToString(c.Raw)
	}
	return out
}
