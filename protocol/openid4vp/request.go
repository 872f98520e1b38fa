package openid4vp

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/halfmask/halfmask/credential"
)

const (
	// Scheme is the scheme of the URI that invokes a wallet (section 13.1.2).
	Scheme = "openid4vp"
	// ObjectType is the media type of a request object; its JWT header typ is
	// the same without "application/" (section 5).
	ObjectType = "application/oauth-authz-req+jwt"

	responseType   = "vp_token"
	directPost     = "direct_post"
	redirectPrefix = "redirect_uri:"
	objectHeader   = `{"alg":"none","typ":"oauth-authz-req+jwt"}`
	selfIssued     = "https://self-issued.me/v2" // audience under static discovery, section 5.8
)

// Request is an authorization request (section 5) of response type vp_token
// and response mode direct_post. One that NewRequest or ParseObject gave is
// valid; Validate checks any other.
type Request struct {
	ClientID    string // full client identifier, with its prefix
	ResponseURI string // where the answer goes
	Nonce       string // fresh for each request
	State       string // fresh for each request; may be empty when holder binding is required
	Query       Query
	Metadata    Metadata
}

// Metadata says what a verifier can check (section 11.1).
type Metadata struct {
	Formats map[credential.Format]FormatSupport `json:"vp_formats_supported"`
}

// FormatSupport holds the algorithms that a verifier can check in a format;
// an empty list names no restriction.
type FormatSupport struct {
	SDJWTAlgs    []string `json:"sd-jwt_alg_values,omitempty"`  // dc+sd-jwt, appendix B.3.4
	KBJWTAlgs    []string `json:"kb-jwt_alg_values,omitempty"`  // dc+sd-jwt, appendix B.3.4
	ProofTypes   []string `json:"proof_type_values,omitempty"`  // ldp_vc, appendix B.1.3.2
	Cryptosuites []string `json:"cryptosuite_values,omitempty"` // ldp_vc, appendix B.1.3.2
	JWPAlgs      []string `json:"jwp_alg_values,omitempty"`     // JWP form, spec/presentation.md
}

// ClientID gives the client identifier of a verifier with this response URI
// (section 5.9.3).
func ClientID(responseURI string) string { return redirectPrefix + responseURI }

// NewRequest makes a request with a fresh nonce and state of at least 128
// bits each.
func NewRequest(responseURI string, q Query, m Metadata) (*Request, error) {
	r := &Request{
		ClientID:    ClientID(responseURI),
		ResponseURI: responseURI,
		Nonce:       rand.Text(),
		State:       rand.Text(),
		Query:       q,
		Metadata:    m,
	}
	return r, r.Validate()
}

// Validate checks the request. The error is an *Error whose detail is a
// *credential.Error.
func (r *Request) Validate() error {
	prefix, original, ok := strings.Cut(r.ClientID, ":")
	if !ok || prefix+":" != redirectPrefix {
		return refuse(InvalidRequest, "client-id", "5.9", "client_id %q has not the prefix redirect_uri", clip(r.ClientID))
	}
	if _, err := CheckAddress(r.ResponseURI); err != nil {
		return refuse(InvalidRequest, "response-uri", "8.2", "response_uri: %w", err)
	}
	if original != r.ResponseURI {
		return refuse(InvalidRequest, "client-id", "5.9.3", "response_uri is not the one in client_id")
	}
	if !isURLSafe(r.Nonce) {
		return refuse(InvalidRequest, "nonce", "5.2", "nonce is not made of 1 to 512 URL safe characters")
	}
	if r.State != "" && !isURLSafe(r.State) {
		return refuse(InvalidRequest, "state", "5.2", "state is not made of at most 512 URL safe characters")
	}
	if r.State == "" && r.Query.NeedsState() {
		return refuse(InvalidRequest, "state", "5.3", "state is missing where a presentation without holder binding is asked for")
	}
	if err := r.Query.Validate(); err != nil {
		return asInvalid(err)
	}
	if len(r.Metadata.Formats) == 0 {
		return refuse(InvalidRequest, "client-metadata", "5.1", "client_metadata lacks vp_formats_supported")
	}
	return nil
}

// URI gives the request by value: the URI of a wallet with every parameter
// in it.
func (r *Request) URI() (string, error) {
	query, err := json.Marshal(r.Query)
	if err != nil {
		return "", err
	}
	metadata, err := json.Marshal(r.Metadata)
	if err != nil {
		return "", err
	}
	v := url.Values{
		"client_id":       {r.ClientID},
		"response_type":   {responseType},
		"response_mode":   {directPost},
		"response_uri":    {r.ResponseURI},
		"nonce":           {r.Nonce},
		"dcql_query":      {string(query)},
		"client_metadata": {string(metadata)},
	}
	if r.State != "" {
		v.Set("state", r.State)
	}
	uri := Scheme + "://?" + v.Encode()
	if len(uri) > MaxURI {
		return "", errors.New("openid4vp: request too long for a URI")
	}
	return uri, nil
}

// Object gives the request as an unsecured request object, to be served as
// ObjectType from the request_uri.
func (r *Request) Object() (string, error) {
	claims, err := json.Marshal(struct {
		Audience     string   `json:"aud"`
		ClientID     string   `json:"client_id"`
		ResponseType string   `json:"response_type"`
		ResponseMode string   `json:"response_mode"`
		ResponseURI  string   `json:"response_uri"`
		Nonce        string   `json:"nonce"`
		State        string   `json:"state,omitempty"`
		Query        Query    `json:"dcql_query"`
		Metadata     Metadata `json:"client_metadata"`
	}{selfIssued, r.ClientID, responseType, directPost, r.ResponseURI, r.Nonce, r.State, r.Query, r.Metadata})
	if err != nil {
		return "", err
	}
	b64 := base64.RawURLEncoding
	object := b64.EncodeToString([]byte(objectHeader)) + "." + b64.EncodeToString(claims) + "."
	if len(object) > MaxObject {
		return "", errors.New("openid4vp: request object too long")
	}
	return object, nil
}

// ByReference gives the URI that tells a wallet where the request object is.
func ByReference(clientID, requestURI string) string {
	return Scheme + "://?" + url.Values{"client_id": {clientID}, "request_uri": {requestURI}}.Encode()
}
