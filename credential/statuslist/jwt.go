package statuslist

import (
	"encoding/base64"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
)

var jwtForm = jws.Form{Typ: "statuslist+jwt", Prefix: "status-", Max: MaxToken, Clause: clauseJWT}

// SignJWT makes the JWT form of the token. The key's identifier, if it has
// one, becomes kid.
func (t *Token) SignJWT(key jose.SigningKey) (string, error) {
	compressed, err := t.List.compress()
	if err != nil {
		return "", fmt.Errorf("statuslist: %w", err)
	}
	payload := map[string]any{
		"sub": t.URI, "iat": t.IssuedAt.Unix(),
		"status_list": map[string]any{"bits": t.List.bits, "lst": base64.RawURLEncoding.EncodeToString(compressed)},
	}
	if !t.Expires.IsZero() {
		payload["exp"] = t.Expires.Unix()
	}
	if t.TTL > 0 {
		payload["ttl"] = int64(t.TTL / time.Second)
	}
	text, err := jws.Sign(key, jwtForm, nil, payload, nil)
	if err != nil {
		return "", fmt.Errorf("statuslist: sign: %w", err)
	}
	return text, nil
}

// VerifyJWT reads a token in JWT form that was fetched from uri. key answers
// with the key that the caller trusts for the status of credentials that name
// that list; kid is a name out of the token, "" when there is none: look it up
// and never fetch it. The token must be valid at now. Errors are
// [*credential.Error].
func VerifyJWT(text string, key func(jws.Signer) (*jose.JSONWebKey, error), uri string, now time.Time) (*Token, error) {
	token, err := jws.Read(text, jwtForm)
	if err != nil {
		return nil, err
	}
	trusted, err := key(token.Signer())
	if err != nil {
		return nil, credential.Failed("status-key", clauseRules, "%w", err)
	}
	if err := token.Verify(trusted); err != nil {
		return nil, err
	}
	var claims struct {
		Sub        *string  `json:"sub"`
		Iat        *float64 `json:"iat"`
		Exp        *float64 `json:"exp"`
		TTL        *float64 `json:"ttl"`
		StatusList struct {
			Bits *int    `json:"bits"`
			Lst  *string `json:"lst"`
		} `json:"status_list"`
	}
	if err := token.Decode(&claims); err != nil {
		return nil, err
	}
	f := fields{sub: claims.Sub, iat: claims.Iat, exp: claims.Exp, ttl: claims.TTL, bits: claims.StatusList.Bits}
	if lst := claims.StatusList.Lst; lst != nil {
		if f.compressed, err = jws.ReadBase64(*lst); err != nil {
			f.compressed = nil
		}
	}
	return f.token(clauseJWT, uri, now)
}
