package openid4vci

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
)

const (
	clauseSigned     = "OpenID4VCI 1.0 section 12.2.3"
	metadataLifetime = 24 * time.Hour
)

var metadataForm = jws.Form{Typ: "openidvci-issuer-metadata+jwt", Prefix: "signed-metadata-", Max: maxMessage, Clause: clauseSigned}

// MetadataTrust is whose signature on metadata a wallet believes: one of the
// keys, by its identifier, or a certificate below one of the anchors.
type MetadataTrust struct {
	Keys    jose.JSONWebKeySet
	Anchors []*x509.Certificate
}

// prefers reports whether a request asks for one media type rather than for
// JSON.
func prefers(r *http.Request, media string) bool {
	for _, part := range strings.Split(r.Header.Get("Accept"), ",") {
		switch kind, _, _ := mime.ParseMediaType(part); kind {
		case media:
			return true
		case mediaJSON, "*/*", "application/*":
			return false
		}
	}
	return false
}

func (e *Endpoint) signMetadata() (string, error) {
	text, err := json.Marshal(e.meta)
	if err != nil {
		return "", err
	}
	claims := map[string]any{}
	if err := json.Unmarshal(text, &claims); err != nil {
		return "", err
	}
	now := e.now()
	claims["iss"], claims["sub"], claims["iat"], claims["exp"] = e.meta.Issuer, e.meta.Issuer, now.Unix(), now.Add(metadataLifetime).Unix()
	signed, err := jws.Sign(*e.options.MetadataSigner, metadataForm, nil, claims, nil)
	if err != nil {
		return "", fmt.Errorf("openid4vci: sign metadata: %w", err)
	}
	return signed, nil
}

// readSignedMetadata checks the signature with a key that is trusted, and
// gives the metadata.
func readSignedMetadata(text, issuer string, trust *MetadataTrust, now time.Time) (*IssuerMetadata, error) {
	token, err := jws.Read(text, metadataForm)
	if err != nil {
		return nil, err
	}
	key, err := trust.key(token, now)
	if err != nil {
		return nil, credential.Failed("signed-metadata-key", clauseSigned, "%w", err)
	}
	if err := token.Verify(key); err != nil {
		return nil, err
	}
	var claims struct {
		IssuerMetadata
		Subject  string   `json:"sub"`
		IssuedAt *float64 `json:"iat"`
		Expires  *float64 `json:"exp"`
	}
	if err := token.Decode(&claims); err != nil {
		return nil, err
	}
	if claims.Subject != issuer {
		return nil, credential.Failed("signed-metadata-sub", clauseSigned, "sub is not the credential issuer")
	}
	if issued, err := numericDate(claims.IssuedAt); err != nil || issued.After(now.Add(proofMaxSkew)) {
		return nil, credential.Failed("signed-metadata-iat", clauseSigned, "iat is missing or in the future")
	}
	if claims.Expires != nil {
		if expires, err := numericDate(claims.Expires); err != nil || !now.Before(expires) {
			return nil, credential.Failed("signed-metadata-exp", clauseSigned, "the metadata has expired")
		}
	}
	return &claims.IssuerMetadata, nil
}

// key finds the key that the token names among those that are trusted.
func (t *MetadataTrust) key(token *jws.Token, now time.Time) (*jose.JSONWebKey, error) {
	if _, ok := token.Header["x5c"]; ok && len(t.Anchors) > 0 {
		chain, err := jws.ReadCertificates(token.Header["x5c"])
		if err != nil {
			return nil, fmt.Errorf("x5c: %w", err)
		}
		if err := jws.CheckChain(chain, t.Anchors, now); err != nil {
			return nil, err
		}
		return &jose.JSONWebKey{Key: chain[0].PublicKey}, nil
	}
	found := slices.DeleteFunc(slices.Clone(t.Keys.Keys), func(k jose.JSONWebKey) bool { return k.KeyID != token.KeyID || !k.IsPublic() })
	if len(found) != 1 {
		return nil, fmt.Errorf("%d trusted keys are named %.80q", len(found), token.KeyID)
	}
	return &found[0], nil
}
