package sdjwt

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/jws"
)

// Bind adds a Key Binding JWT (RFC 9901 section 4.3) to a presentation from
// [Credential.Select]: the holder's signature over the verifier's nonce, its
// full client identifier (in OpenID4VP the client_id with its prefix), the
// time, and the hash of exactly this issuer-signed JWT and these disclosures.
//
// The key must be the one that the credential is bound to, cnf.jwk. Its
// identifier is not sent.
func Bind(presentation string, holder jose.SigningKey, nonce, audience string, at time.Time) (string, error) {
	return BindWith(presentation, holder, nonce, audience, at, nil)
}

// BindWith is Bind with further claims in the Key Binding JWT, such as the
// transaction_data_hashes of OpenID4VP. They cannot take the place of its own.
func BindWith(presentation string, holder jose.SigningKey, nonce, audience string, at time.Time, further map[string]any) (string, error) {
	if nonce == "" || audience == "" || at.IsZero() {
		return "", errors.New("sdjwt: bind: a nonce, an audience and a time are needed")
	}
	if !strings.HasSuffix(presentation, "~") {
		return "", errors.New("sdjwt: bind: the presentation does not end with a tilde; it is bound already, or cut off")
	}
	c, err := Parse(presentation)
	if err != nil {
		return "", fmt.Errorf("sdjwt: bind: %w", err)
	}
	if c.holder == nil {
		return "", errors.New("sdjwt: bind: the credential is not bound to a key (cnf.jwk)")
	}
	holder.Key = jws.Nameless(holder.Key)
	claims := map[string]any{}
	maps.Copy(claims, further)
	maps.Copy(claims, map[string]any{
		"iat":     at.Unix(),
		"aud":     audience,
		"nonce":   nonce,
		"sd_hash": digest(c.hash, presentation),
	})
	jwt, err := jws.Sign(holder, bindingJWT, nil, claims, c.holder)
	if err != nil {
		return "", fmt.Errorf("sdjwt: bind with the key in cnf.jwk: %w", err)
	}
	if len(jwt) > MaxKeyBinding || len(presentation)+len(jwt) > MaxSize {
		return "", errors.New("sdjwt: bind: the nonce and audience make it too large to be accepted")
	}
	return presentation + jwt, nil
}
