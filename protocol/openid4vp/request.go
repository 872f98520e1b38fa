package openid4vp

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
)

const (
	// Scheme is the scheme of the URI that invokes a wallet (section 13.1.2).
	Scheme = "openid4vp"
	// ObjectType is the media type of a request object; its JWT header typ is
	// the same without "application/" (section 5).
	ObjectType = "application/oauth-authz-req+jwt"

	responseType = "vp_token"
	objectHeader = `{"alg":"none","typ":"oauth-authz-req+jwt"}`
	selfIssued   = "https://self-issued.me/v2" // audience under static discovery, section 5.8
)

// Mode says how a response travels.
type Mode string

const (
	DirectPost    Mode = "direct_post"     // posted to response_uri (section 8.2); also the empty Mode
	DirectPostJWT Mode = "direct_post.jwt" // the same, encrypted (section 8.3.1)
	DCAPI         Mode = "dc_api"          // handed to the browser (appendix A)
	DCAPIJWT      Mode = "dc_api.jwt"      // the same, encrypted
)

func (m Mode) posts() bool { return m == "" || m == DirectPost || m == DirectPostJWT }

// Encrypted reports whether the response must be encrypted.
func (m Mode) Encrypted() bool { return m == DirectPostJWT || m == DCAPIJWT }

// Request is an authorization request (section 5) of response type vp_token.
// One that NewRequest or a Parse function gave is valid; Validate checks any
// other.
type Request struct {
	ClientID    string // full client identifier, with its prefix
	Mode        Mode   // empty is DirectPost
	ResponseURI string // where the answer goes
	Nonce       string // fresh for each request
	State       string // fresh for each request; may be empty when holder binding is required
	WalletNonce string // that the wallet sent when it fetched the request; usually empty
	Query       Query
	Metadata    Metadata

	Transactions []Transaction  // what the person is to agree to with the presentation
	VerifierInfo []VerifierInfo // what others say about the verifier

	ExpectedOrigins []string // of a signed request over the Digital Credentials API
	Origin          string   // over that API, as the browser told it; never sent

	By       *Verifier // who signed it, in the wallet; nil when nobody did
	Received string    // the request object as it came; empty when there was none
}

// NewRequest makes a request with a fresh nonce and state of at least 128
// bits each, by a verifier without a key. One that signs sets ClientID.
func NewRequest(responseURI string, q Query, m Metadata) (*Request, error) {
	r := &Request{
		ClientID:    ClientID(responseURI),
		Mode:        DirectPost,
		ResponseURI: responseURI,
		Nonce:       rand.Text(),
		State:       rand.Text(),
		Query:       q,
		Metadata:    m,
	}
	return r, r.Validate()
}

// Audience is whom presentations that answer the request are for: the full
// client identifier (section 14.8), and over the Digital Credentials API the
// origin (appendix A.4).
func (r *Request) Audience() string {
	if r.Mode.posts() {
		return r.ClientID
	}
	return origin + ":" + r.Origin
}

// Validate checks the request. The error is an *Error whose detail is a
// *credential.Error.
func (r *Request) Validate() error {
	if _, _, ok := cutPrefix(r.ClientID); !ok && (r.Mode.posts() || r.ClientID != "") {
		return r.checkClientID()
	}
	switch r.Mode {
	case "", DirectPost, DirectPostJWT:
		if _, err := CheckAddress(r.ResponseURI); err != nil {
			return refuse(InvalidRequest, "response-uri", "8.2", "response_uri: %w", err)
		}
	case DCAPI, DCAPIJWT:
		if r.ResponseURI != "" {
			return refuse(InvalidRequest, "response-uri", "A.2", "response_uri in a request over the Digital Credentials API")
		}
	default:
		return refuse(InvalidRequest, "response-mode", "5.2", "response_mode %q is none that is supported", clip(string(r.Mode)))
	}
	if r.ClientID != "" || r.Mode.posts() {
		if err := r.checkClientID(); err != nil {
			return err
		}
	}
	if !isURLSafe(r.Nonce) {
		return refuse(InvalidRequest, "nonce", "5.2", "nonce is not made of 1 to 512 URL safe characters")
	}
	if r.State != "" && !isURLSafe(r.State) {
		return refuse(InvalidRequest, "state", "5.2", "state is not made of at most 512 URL safe characters")
	}
	if r.State == "" && r.Mode.posts() && r.Query.NeedsState() {
		return refuse(InvalidRequest, "state", "5.3", "state is missing where a presentation without holder binding is asked for")
	}
	if err := r.Query.Validate(); err != nil {
		return asInvalid(err)
	}
	if err := r.Metadata.validate(r.Mode); err != nil {
		return refuse(InvalidRequest, "client-metadata", "5.1", "%w", err)
	}
	if err := checkTransactions(r.Transactions, r.Query); err != nil {
		return err
	}
	if err := checkVerifierInfo(r.VerifierInfo, r.Query); err != nil {
		return refuse(InvalidRequest, "verifier-info", "5.1", "%w", err)
	}
	return nil
}

// members are the parameters of a request, objects as objects.
func (r *Request) members() map[string]any {
	mode := r.Mode
	if mode == "" {
		mode = DirectPost
	}
	m := map[string]any{
		"response_type":   responseType,
		"response_mode":   mode,
		"nonce":           r.Nonce,
		"dcql_query":      r.Query,
		"client_metadata": r.Metadata,
	}
	for name, value := range map[string]string{"client_id": r.ClientID, "response_uri": r.ResponseURI, "state": r.State, "wallet_nonce": r.WalletNonce} {
		if value != "" {
			m[name] = value
		}
	}
	if r.Mode.posts() {
		m["aud"] = selfIssued
	}
	if len(r.Transactions) > 0 {
		list := make([]string, len(r.Transactions))
		for i, t := range r.Transactions {
			list[i] = t.Encoded
		}
		m["transaction_data"] = list
	}
	if len(r.VerifierInfo) > 0 {
		m["verifier_info"] = r.VerifierInfo
	}
	if len(r.ExpectedOrigins) > 0 {
		m["expected_origins"] = r.ExpectedOrigins
	}
	return m
}

// Claims gives the parameters as one JSON object, for the wallet's log.
func (r *Request) Claims() (json.RawMessage, error) { return json.Marshal(r.members()) }

// URI gives the request by value: the URI of a wallet with every parameter
// in it. A request that must be signed is in SignedURI.
func (r *Request) URI() (string, error) {
	if prefix, _, _ := cutPrefix(r.ClientID); prefix != RedirectURI {
		return "", errors.New("openid4vp: a request by this verifier has to be signed")
	}
	v := url.Values{}
	for name, value := range r.members() {
		switch value := value.(type) {
		case string:
			v.Set(name, value)
		case Mode:
			v.Set(name, string(value))
		default:
			text, err := json.Marshal(value)
			if err != nil {
				return "", err
			}
			v.Set(name, string(text))
		}
	}
	v.Del("aud") // of JWTs
	return invocation(v)
}

// SignedURI gives the URI of a wallet with a signed request object in it.
func (r *Request) SignedURI(i *Identity) (string, error) {
	object, err := r.Sign(i)
	if err != nil {
		return "", err
	}
	return invocation(url.Values{"client_id": {r.ClientID}, "request": {object}})
}

func invocation(v url.Values) (string, error) {
	uri := Scheme + "://?" + v.Encode()
	if len(uri) > MaxURI {
		return "", errors.New("openid4vp: request too long for a URI")
	}
	return uri, nil
}

// Object gives the request as an unsecured request object, to be served as
// ObjectType from the request_uri, by a verifier without a key.
func (r *Request) Object() (string, error) {
	if prefix, _, _ := cutPrefix(r.ClientID); prefix != RedirectURI {
		return "", errors.New("openid4vp: a request by this verifier has to be signed")
	}
	claims, err := json.Marshal(r.members())
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

// ByPost is ByReference with request_uri_method post: a wallet that knows it
// sends a nonce of its own, which the request object then repeats (section
// 5.10).
func ByPost(clientID, requestURI string) string {
	return ByReference(clientID, requestURI) + "&request_uri_method=post"
}
