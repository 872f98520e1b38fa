package openid4vp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/protocol/fetch"
)

const formType = "application/x-www-form-urlencoded"

// publicOnly is the client of the zero Client.
var publicOnly = *fetch.New(fetch.Options{})

// Client is the wallet's end. The zero value works: it reaches public
// addresses and trusts nobody's certificates.
type Client struct {
	// HTTP carries the messages; nil is fetch.New's, which reaches public
	// addresses only. Its CheckRedirect and its cookie jar are not used: no
	// redirect is followed, and a jar would tie presentations together.
	HTTP  *http.Client
	Trust Trust // in verifiers that sign
}

// Fetch reads the URI that invoked the wallet and, when it holds only the
// place of the request, fetches the request object: with GET, or with POST and
// a fresh wallet nonce when the verifier asks for that (section 5.10). An
// error about the content of the request is an *Error.
func (c *Client) Fetch(ctx context.Context, uri string) (*Request, error) {
	v, err := ParseURI(uri)
	if err != nil {
		return nil, err
	}
	switch {
	case v.Request != nil:
		return v.Request, nil
	case v.Object != "":
		return c.Trust.ParseObject(ctx, []byte(v.Object), v.ClientID)
	}
	walletNonce := ""
	if v.Post {
		walletNonce = rand.Text()
	}
	req, err := fetchRequest(ctx, v, walletNonce)
	if err != nil {
		return nil, fmt.Errorf("openid4vp: fetch request: %w", err)
	}
	req.Header.Set("Accept", ObjectType)
	status, kind, body, err := c.do(req)
	switch {
	case err != nil:
		return nil, fmt.Errorf("openid4vp: fetch request: %w", err)
	case status == http.StatusNotFound || status == http.StatusGone:
		return nil, fmt.Errorf("openid4vp: fetch request: the verifier answered %d: the request is unknown there, was answered already or has expired: ask for a new one", status)
	case status != http.StatusOK:
		return nil, fmt.Errorf("openid4vp: fetch request: the verifier answered %d", status)
	case kind != ObjectType:
		return nil, refuse(InvalidRequestObject, "request-object", "5.10.1", "content type is not %s", ObjectType)
	}
	r, err := c.Trust.ParseObject(ctx, body, v.ClientID)
	if err == nil && v.Post && r.WalletNonce != walletNonce {
		return nil, refuse(InvalidRequest, "wallet-nonce", "5.10.1", "the request object does not repeat the wallet's nonce")
	}
	return r, err
}

func fetchRequest(ctx context.Context, v *Invocation, walletNonce string) (*http.Request, error) {
	if !v.Post {
		return http.NewRequestWithContext(ctx, http.MethodGet, v.RequestURI, nil)
	}
	form := url.Values{"wallet_nonce": {walletNonce}, "wallet_metadata": {walletMetadata(v.ClientID)}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.RequestURI, strings.NewReader(form.Encode()))
	if err == nil {
		req.Header.Set("Content-Type", formType)
	}
	return req, err
}

// walletMetadata is what a verifier may know of the wallet before it knows
// anything of the person: the same for every wallet of this kind (section
// 15.6).
func walletMetadata(clientID string) string {
	const common = `{"vp_formats_supported":{"dc+sd-jwt":{"sd-jwt_alg_values":["ES256","ES384","EdDSA","Ed25519"],"kb-jwt_alg_values":["ES256"]},` +
		`"ldp_vc":{"proof_type_values":["DataIntegrityProof"],"cryptosuite_values":["bbs-2023"]},` +
		`"` + string(credential.JWPBBS) + `":{"jwp_alg_values":["` + jwpbbs.Algorithm + `"]}},` +
		`"client_id_prefixes_supported":["redirect_uri","x509_san_dns","x509_hash","decentralized_identifier","verifier_attestation"],` +
		`"response_types_supported":["vp_token"],"response_modes_supported":["direct_post","direct_post.jwt"],` +
		`"authorization_encryption_alg_values_supported":["ECDH-ES"],"authorization_encryption_enc_values_supported":["A256GCM","A128GCM"]`
	if prefix, _, _ := cutPrefix(clientID); prefix == RedirectURI { // which precludes signatures
		return common + "}"
	}
	return common + `,"request_object_signing_alg_values_supported":["ES256","ES384","EdDSA","Ed25519"]}`
}

// ParseWalletNonce reads the body that a wallet posts to a request_uri, and
// gives its nonce, which may be empty. The error is a *credential.Error.
func ParseWalletNonce(body []byte) (string, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil || len(form["wallet_nonce"]) > 1 {
		return "", credential.Failed("wallet-nonce", "OpenID4VP 1.0 section 5.10", "the form cannot be read")
	}
	nonce := form.Get("wallet_nonce")
	if nonce != "" && !isURLSafe(nonce) {
		return "", credential.Failed("wallet-nonce", "OpenID4VP 1.0 section 5.10", "not made of 1 to 512 URL safe characters")
	}
	return nonce, nil
}

// Respond posts the presentations to the response URI and gives the URI that
// the user agent must be sent to, empty when there is none. When the verifier
// refused the presentations, the error is an *Error with its words.
func (c *Client) Respond(ctx context.Context, r *Request, token VPToken) (redirectURI string, err error) {
	return c.post(ctx, r, &Response{State: r.State, Token: token})
}

// Refuse posts an error response with a code of section 8.5, usually
// AccessDenied, which does not tell missing consent from a missing credential
// (section 15.4.1).
func (c *Client) Refuse(ctx context.Context, r *Request, code string) (redirectURI string, err error) {
	return c.post(ctx, r, &Response{State: r.State, Err: &Error{Code: code}})
}

// Report tells the verifier, by its code, of an error that Fetch found in the
// content of a request, when it is clear whose request it was: section 8.5. It
// says nothing of the person, who need not have been asked. It reports whether
// the verifier was told.
func (c *Client) Report(ctx context.Context, err error) bool {
	var known *Error
	if !errors.As(err, &known) || known.answerTo == nil {
		return false
	}
	_, err = c.send(ctx, known.answerTo, &Response{State: known.answerTo.State, Err: &Error{Code: known.Code}})
	return err == nil
}

func (c *Client) post(ctx context.Context, r *Request, response *Response) (string, error) {
	if err := r.Validate(); err != nil {
		return "", err
	}
	if !r.Mode.posts() {
		return "", errors.New("openid4vp: respond: the request came from a browser, which takes the answer")
	}
	return c.send(ctx, r, response)
}

func (c *Client) send(ctx context.Context, r *Request, response *Response) (string, error) {
	form, err := response.Encode(r)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.ResponseURI, strings.NewReader(form))
	if err != nil {
		return "", fmt.Errorf("openid4vp: respond: %w", err)
	}
	req.Header.Set("Content-Type", formType)
	req.Header.Set("Accept", "application/json")
	status, kind, body, err := c.do(req)
	if err != nil {
		return "", fmt.Errorf("openid4vp: respond: %w", err)
	}
	var answer object
	if kind == "application/json" {
		answer, err = parseObject(body)
	} else {
		err = errors.New("content type is not application/json")
	}
	if status != http.StatusOK {
		code, _ := answer.text("error")
		description, _ := answer.text("error_description")
		if code == "" || !isErrorText(code) || !isErrorText(description) {
			return "", fmt.Errorf("openid4vp: respond: the verifier answered %d", status)
		}
		return "", &Error{Code: code, Description: description, Err: fmt.Errorf("the verifier answered %d", status)}
	}
	if err != nil {
		return "", fmt.Errorf("openid4vp: answer to the response: %w", err)
	}
	redirect, err := answer.text("redirect_uri")
	if err == nil && redirect != "" {
		_, err = CheckAddress(cutFragment(redirect))
	}
	if err != nil {
		return "", fmt.Errorf("openid4vp: the response was delivered, but redirect_uri is unusable: %w", err)
	}
	return redirect, nil
}

// cutFragment drops the fragment, which a redirect_uri may carry its response
// code in (section 8.2).
func cutFragment(uri string) string {
	u, _, _ := strings.Cut(uri, "#")
	return u
}

// do sends the request and reads a bounded body. Redirects are not followed:
// they would carry a presentation to a place that was not checked.
func (c *Client) do(req *http.Request) (status int, kind string, body []byte, err error) {
	client := publicOnly
	if c.HTTP != nil {
		client = *c.HTTP
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Jar = nil
	resp, err := client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // the URL may hold a state
		}
		return 0, "", nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, MaxObject+1))
	if err != nil {
		return 0, "", nil, err
	}
	if len(body) > MaxObject {
		return 0, "", nil, fmt.Errorf("the verifier's answer is longer than %d bytes", MaxObject)
	}
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return 0, "", nil, errors.New("the verifier answered with a redirect, which is not followed")
	}
	kind, _, err = mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		kind = ""
	}
	return resp.StatusCode, kind, body, nil
}
