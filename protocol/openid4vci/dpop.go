package openid4vci

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
)

const (
	bearerScheme = "Bearer"
	dpopScheme   = "DPoP"

	clauseDPoP = "RFC 9449 section 4.3"
)

var dpopForm = jws.Form{Typ: "dpop+jwt", Prefix: "dpop-", Max: 4096, Clause: clauseDPoP}

// dpopProof is a verified DPoP proof.
type dpopProof struct {
	jkt string   // thumbprint of its key, base64url
	id  [32]byte // of this proof among all of that key
}

type dpopClaims struct {
	ID       string `json:"jti"`
	Method   string `json:"htm"`
	URL      string `json:"htu"`
	IssuedAt int64  `json:"iat"`
	Token    string `json:"ath,omitempty"`
	Nonce    string `json:"nonce,omitempty"`
}

// dpop checks the DPoP proof of a request to the endpoint at a path of ours,
// with the access token that came with it or "". It gives nil when the
// request has none.
func (e *Endpoint) dpop(r *http.Request, path, token string) (*dpopProof, error) {
	headers := r.Header.Values(dpopScheme)
	if len(headers) == 0 {
		return nil, nil
	}
	p, nonce, err := verifyDPoP(headers, r.Method, e.base+path, token, e.now())
	if err != nil {
		return nil, refuse(400, InvalidDPoPProof, "%v", err)
	}
	if !e.minter.knows(nonce, e.now()) {
		return nil, refuse(400, UseDPoPNonce, "the DPoP proof needs the nonce of the DPoP-Nonce header")
	}
	return p, nil
}

func verifyDPoP(headers []string, method, address, accessToken string, now time.Time) (p *dpopProof, nonce string, err error) {
	fail := func(check, format string, args ...any) error {
		return credential.Failed(dpopForm.Prefix+check, clauseDPoP, format, args...)
	}
	if len(headers) != 1 {
		return nil, "", fail("header", "%d DPoP headers instead of one", len(headers))
	}
	token, key, err := readSelfSigned(headers[0], dpopForm, ProofAlgs)
	if err != nil {
		return nil, "", err
	}
	var claims struct {
		ID       string   `json:"jti"`
		Method   string   `json:"htm"`
		URL      string   `json:"htu"`
		IssuedAt *float64 `json:"iat"`
		Token    *string  `json:"ath"`
		Nonce    string   `json:"nonce"`
	}
	if err := token.Decode(&claims); err != nil {
		return nil, "", err
	}
	switch {
	case claims.ID == "" || len(claims.ID) > 256:
		return nil, "", fail("jti", "jti is missing or longer than 256 bytes")
	case claims.Method != method:
		return nil, "", fail("htm", "htm is %.20q, not %s", claims.Method, method)
	case bareURL(claims.URL) != bareURL(address):
		return nil, "", fail("htu", "htu is not %s", bareURL(address))
	}
	if err := checkIssuedAt(claims.IssuedAt, now); err != nil {
		return nil, "", fail("iat", "iat %w", err)
	}
	if accessToken != "" && (claims.Token == nil || *claims.Token != hashOf(accessToken)) {
		return nil, "", fail("ath", "ath is not the hash of the access token")
	}
	sum, err := thumbprint(*key)
	if err != nil {
		return nil, "", fail("key", "jwk has no thumbprint")
	}
	jkt := base64.RawURLEncoding.EncodeToString(sum[:])
	return &dpopProof{jkt: jkt, id: digest(jkt + "." + claims.ID)}, claims.Nonce, nil
}

// bareURL leaves out query and fragment (RFC 9449 section 4.2).
func bareURL(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return u.Scheme + "://" + u.Host + path
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// newDPoPKey makes the key of one grant: issuers must not know a wallet by
// it again.
func newDPoPKey() (*jose.JSONWebKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return &jose.JSONWebKey{Key: key}, nil
}

// proveDPoP makes the proof for one request.
func proveDPoP(key *jose.JSONWebKey, method, address, accessToken, nonce string, at time.Time) (string, error) {
	if !key.Valid() {
		return "", errors.New("openid4vci: the grant has no usable DPoP key")
	}
	claims := dpopClaims{ID: newSecret(), Method: method, URL: bareURL(address), IssuedAt: at.Unix(), Nonce: nonce}
	if accessToken != "" {
		claims.Token = hashOf(accessToken)
	}
	proof, err := signWithJWK(jose.SigningKey{Algorithm: jose.ES256, Key: key.Key}, dpopForm, claims)
	if err != nil {
		return "", fmt.Errorf("openid4vci: DPoP: %w", err)
	}
	return proof, nil
}
