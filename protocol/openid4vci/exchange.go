package openid4vci

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/fetch"
)

const (
	maxMessage     = 256 << 10 // bytes of any answer but the next
	maxCredentials = 8 << 20   // bytes of a credential response
)

// exchange is a wallet's talk with one issuer: its DPoP key, and the last
// DPoP nonce of each of the issuer's servers (RFC 9449 section 8).
type exchange struct {
	client *Client
	key    *jose.JSONWebKey // nil: no DPoP
	nonces map[string]string
}

// body is an answer with its media type.
type body struct {
	text []byte
	kind string
}

func (c *Client) unbound() *exchange { return &exchange{client: c, nonces: map[string]string{}} }

func (c *Client) boundBy(g *Grant) *exchange {
	x := c.unbound()
	x.key = g.DPoPKey
	return x
}

// bind makes a DPoP key when the server takes one.
func (x *exchange) bind(server *AuthorizationServerMetadata) (err error) {
	if slices.Contains(server.DPoPAlgs, string(jose.ES256)) {
		x.key, err = newDPoPKey()
	}
	return err
}

func (x *exchange) get(ctx context.Context, address, kind string) (*body, error) {
	return x.send(ctx, http.MethodGet, address, "", nil, "", maxMessage, kind)
}

func (x *exchange) postForm(ctx context.Context, address string, form url.Values) (*body, error) {
	kind := mediaForm
	if form == nil {
		kind = ""
	}
	return x.send(ctx, http.MethodPost, address, kind, []byte(form.Encode()), "", maxMessage, mediaJSON)
}

// send makes a request, once more when the server asks for a DPoP nonce, and
// gives the body of an answer of the accepted kinds, or the refusal as
// *Error. A request with a body of no kind is a POST of nothing.
func (x *exchange) send(ctx context.Context, method, address, kind string, text []byte, accessToken string, limit int64, accept ...string) (*body, error) {
	for try := 0; ; try++ {
		got, err := x.sendOnce(ctx, method, address, kind, text, accessToken, limit, accept)
		var refusal *Error
		if try > 0 || x.key == nil || !errors.As(err, &refusal) || refusal.Code != UseDPoPNonce {
			return got, err
		}
	}
}

func (x *exchange) sendOnce(ctx context.Context, method, address, kind string, text []byte, accessToken string, limit int64, accept []string) (*body, error) {
	if err := fetch.CheckURL(address); err != nil {
		return nil, credential.Failed("endpoint-url", clauseMetadata, "%w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(text))
	if err != nil {
		return nil, errors.New("openid4vci: unusable URL")
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("Accept", strings.Join(accept, ", "))
	if err := x.authorize(req, accessToken); err != nil {
		return nil, err
	}
	http := x.client.HTTP
	if http == nil {
		http = direct
	}
	res, err := fetch.Do(http, req)
	if err != nil {
		return nil, fmt.Errorf("openid4vci: %w", err)
	}
	if nonce := res.Header.Get("DPoP-Nonce"); nonce != "" && len(nonce) <= maxSecret {
		x.nonces[fetch.Origin(address)] = nonce
	}
	got := &body{}
	if got.text, err = fetch.Body(res, limit); err != nil {
		return nil, fmt.Errorf("openid4vci: %s: %w", req.URL.Host, err)
	}
	got.kind, _, _ = mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch {
	case res.StatusCode == 204 && accept[0] == "":
	case res.StatusCode < 200 || res.StatusCode > 299:
		refusal := &Error{Status: res.StatusCode}
		if got.kind == mediaJSON && decodeStrict(got.text, refusal) == nil {
			refusal.Code, refusal.Description = printable(refusal.Code), printable(refusal.Description)
		}
		return nil, fmt.Errorf("openid4vci: %s: %w", req.URL.Host, refusal)
	case accept[0] != "" && !slices.Contains(accept, got.kind):
		return nil, fmt.Errorf("openid4vci: the answer of %s is %.60q, not %s", req.URL.Host, got.kind, strings.Join(accept, " or "))
	}
	return got, nil
}

// authorize adds the access token, and the DPoP proof where there is a key:
// to the requests that carry a token and to those that ask for one.
func (x *exchange) authorize(req *http.Request, accessToken string) error {
	scheme := bearerScheme
	if x.key != nil && req.Method == http.MethodPost {
		proof, err := proveDPoP(x.key, req.Method, req.URL.String(), accessToken, x.nonces[fetch.Origin(req.URL.String())], x.client.now())
		if err != nil {
			return err
		}
		scheme = dpopScheme
		req.Header.Set(dpopScheme, proof)
	}
	if accessToken != "" {
		req.Header.Set("Authorization", scheme+" "+accessToken)
	}
	return nil
}

// postMessage sends a message to an endpoint of the issuer, encrypted if it
// has to be, and opens an encrypted answer.
func (x *exchange) postMessage(ctx context.Context, meta *IssuerMetadata, address, accessToken string, message any, want *EncryptionToWallet, key *jose.JSONWebKey) ([]byte, error) {
	text, err := json.Marshal(message)
	if err != nil {
		return nil, err
	}
	kind := mediaJSON
	if want != nil || (meta.RequestEncryption != nil && meta.RequestEncryption.Required) {
		to, err := meta.RequestEncryption.recipient()
		if err != nil {
			return nil, err
		}
		sealed, err := to.seal(json.RawMessage(text))
		if err != nil {
			return nil, err
		}
		kind, text = mediaJWT, []byte(sealed)
	}
	accept := mediaJSON
	if want != nil {
		accept = mediaJWT
	}
	got, err := x.send(ctx, http.MethodPost, address, kind, text, accessToken, maxCredentials, accept)
	if err != nil || want == nil {
		return textOf(got), err
	}
	opened, err := openJWE(string(got.text), key)
	if err != nil {
		return nil, credential.Failed("credential-response-encryption", clauseEncryption, "%w", err)
	}
	return opened, nil
}

func textOf(b *body) []byte {
	if b == nil {
		return nil
	}
	return b.text
}

const clauseEncryption = "OpenID4VCI 1.0 section 10"

// recipient chooses the issuer's key for requests.
func (r *RequestEncryption) recipient() (*encryptTo, error) {
	fail := func(text string) (*encryptTo, error) {
		return nil, credential.Failed("metadata-request-encryption", clauseEncryption, "%s", text)
	}
	if r == nil {
		return fail("the issuer wants encrypted answers and publishes no key for requests")
	}
	enc := first(r.Encs, contentEncryptions)
	if enc == "" {
		return fail("the issuer supports none of " + strings.Join(contentEncryptions, ", "))
	}
	for _, raw := range r.JWKS.Keys {
		if key, err := parseAgreementKey(raw); err == nil {
			return &encryptTo{*key, jose.ContentEncryption(enc)}, nil
		}
	}
	return fail("the issuer publishes no P-256 key for " + keyAgreement)
}

// answerEncryption makes a key for the answer when the issuer requires that.
// A wallet that is not told to leaves the answer to TLS.
func (meta *IssuerMetadata) answerEncryption() (*EncryptionToWallet, *jose.JSONWebKey, error) {
	r := meta.ResponseEncryption
	if r == nil || !r.Required {
		return nil, nil, nil
	}
	enc := first(r.Encs, contentEncryptions)
	if !slices.Contains(r.Algs, keyAgreement) || enc == "" {
		return nil, nil, credential.Failed("metadata-response-encryption", clauseEncryption, "the issuer encrypts its answers in none of the ways known here")
	}
	key, err := newDPoPKey()
	if err != nil {
		return nil, nil, err
	}
	key.Algorithm, key.Use = keyAgreement, "enc"
	public := key.Public()
	return &EncryptionToWallet{JWK: public, Enc: enc}, key, nil
}

func first(offered, known []string) string {
	for _, k := range known {
		if slices.Contains(offered, k) {
			return k
		}
	}
	return ""
}
