package openid4vp

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/halfmask/halfmask/spec/strictjson"
)

// Invocation is what a wallet's URI holds: a request by value, or the place
// of one.
type Invocation struct {
	ClientID   string   // the request object must name the same
	RequestURI string   // where the request object is; empty when the request is there by value
	Post       bool     // request_uri_method is post
	Object     string   // a signed request object by value, which Trust.ParseObject reads
	Request    *Request // nil when it is to be fetched, or signed
}

// ParseURI reads a URI of the scheme openid4vp. With a request_uri, every
// parameter beside client_id and request_uri_method is ignored, because only
// those in the request object count (section 5.10.1).
func ParseURI(uri string) (*Invocation, error) {
	if len(uri) > MaxURI {
		return nil, refuse(InvalidRequest, "request-uri", "13.1.2", "longer than %d bytes", MaxURI)
	}
	u, err := url.Parse(strings.TrimSpace(uri))
	if err != nil || u.Scheme != Scheme {
		return nil, refuse(InvalidRequest, "request-uri", "13.1.2", "not a URI of the scheme %s", Scheme)
	}
	params, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, refuse(InvalidRequest, "request-uri", "5", "malformed query: %w", err)
	}
	for name, values := range params {
		if len(values) > 1 {
			return nil, refuse(InvalidRequest, "request-uri", "5", "parameter %q occurs twice (RFC 6749 section 3.1)", clip(name))
		}
	}
	v := &Invocation{ClientID: params.Get("client_id")}
	prefix, _, ok := cutPrefix(v.ClientID)
	if !ok {
		return nil, (&Request{ClientID: v.ClientID}).checkClientID()
	}
	method, hasMethod := params["request_uri_method"]
	if hasMethod && method[0] != "get" && method[0] != "post" {
		return nil, refuse(InvalidRequestURIMethod, "request-uri-method", "8.5", "request_uri_method is neither get nor post")
	}
	switch {
	case params.Has("request") && params.Has("request_uri"):
		return nil, refuse(InvalidRequest, "request-uri", "5", "both request and request_uri (RFC 9101 section 5)")
	case params.Has("request_uri"):
		v.RequestURI = params.Get("request_uri")
		if _, err := CheckAddress(v.RequestURI); err != nil {
			return nil, refuse(InvalidRequest, "request-uri", "5", "request_uri: %w", err)
		}
		v.Post = hasMethod && method[0] == "post"
		return v, nil
	case hasMethod:
		return nil, refuse(InvalidRequest, "request-uri-method", "5.1", "request_uri_method without request_uri")
	case params.Has("request") && prefix != RedirectURI:
		v.Object = params.Get("request")
		return v, nil
	case prefix != RedirectURI:
		return nil, refuse(InvalidRequest, "request-unsigned", "5.9.3", "a request with the prefix %s must be signed", prefix)
	case params.Has("request"):
		v.Request, err = ParseObject([]byte(params.Get("request")), v.ClientID)
		return v, err
	}
	v.Request, err = requestFromParams(params)
	return v, err
}

// ParseObject reads an unsecured request object that was announced by a URI
// with this client identifier. Trust.ParseObject reads signed ones too.
func ParseObject(jwt []byte, clientID string) (*Request, error) {
	bad := func(format string, args ...any) error {
		return refuse(InvalidRequestObject, "request-object", "5", format, args...)
	}
	if len(jwt) > MaxObject {
		return nil, bad("longer than %d bytes", MaxObject)
	}
	header, rest, _ := strings.Cut(string(jwt), ".")
	payload, signature, ok := strings.Cut(rest, ".")
	if !ok {
		return nil, bad("not a JWT in compact form")
	}
	h, err := segment(header)
	if err != nil {
		return nil, bad("header: %w", err)
	}
	if h["typ"] != strings.TrimPrefix(ObjectType, "application/") {
		return nil, bad("typ is not oauth-authz-req+jwt")
	}
	if _, critical := h["crit"]; critical {
		return nil, bad("header has crit (RFC 7515 section 4.1.11)")
	}
	if h["alg"] != "none" || signature != "" {
		return nil, refuse(InvalidRequestObject, "request-object", "5.9.3", "a request with the prefix redirect_uri cannot be signed: alg must be none and the signature empty")
	}
	o, err := segment(payload)
	if err != nil {
		return nil, bad("payload: %w", err)
	}
	r, err := new(Trust).requestFromClaims(o, clientID)
	if err != nil {
		return nil, err
	}
	r.Received = string(jwt)
	return r, nil
}

// requestFromClaims reads the claims of a request object.
func (t *Trust) requestFromClaims(o object, clientID string) (*Request, error) {
	if aud, there := o["aud"]; there && aud != selfIssued {
		return nil, refuse(InvalidRequestObject, "request-object-audience", "5.8", "aud is not %s", selfIssued)
	}
	for _, name := range []string{"request", "request_uri"} {
		if _, there := o[name]; there {
			return nil, refuse(InvalidRequestObject, "request-object", "5", "%s inside a request object (RFC 9101 section 4)", name)
		}
	}
	if err := t.checkTimes(o); err != nil {
		return nil, err
	}
	if o["client_id"] != clientID {
		return nil, refuse(InvalidRequest, "client-id", "5.10.1", "the request object names another client_id than the URI")
	}
	return requestFromObject(o, DirectPost, DirectPostJWT)
}

// checkTimes refuses a request object outside its own exp and nbf.
func (t *Trust) checkTimes(o object) error {
	now := t.now()
	for name, outside := range map[string]func(time.Time) bool{
		"exp": func(at time.Time) bool { return !now.Before(at) },
		"nbf": func(at time.Time) bool { return now.Add(time.Minute).Before(at) },
	} {
		v, there := o[name]
		if !there {
			continue
		}
		number, _ := v.(json.Number)
		seconds, err := strconv.ParseInt(string(number), 10, 64)
		if err != nil || outside(time.Unix(seconds, 0)) {
			return refuse(InvalidRequestObject, "request-object-time", "5", "outside its own %s (RFC 7519 section 4.1)", name)
		}
	}
	return nil
}

func segment(s string) (object, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, errors.New("not base64url")
	}
	return parseObject(b)
}

// requestFromParams turns form parameters, in which objects are JSON texts,
// into members.
func requestFromParams(params url.Values) (*Request, error) {
	o := object{}
	for name := range params {
		o[name] = params.Get(name)
	}
	for _, name := range []string{"dcql_query", "client_metadata", "transaction_data", "verifier_info"} {
		if !params.Has(name) {
			continue
		}
		v, err := strictjson.DecodeAny([]byte(params.Get(name)), strictjson.Limits{Bytes: MaxURI, Depth: maxDepth}, nil)
		if err != nil {
			return nil, refuse(InvalidRequest, strings.ReplaceAll(name, "_", "-"), "5.1", "%s: %w", name, err)
		}
		o[name] = v
	}
	return requestFromObject(o, DirectPost, DirectPostJWT)
}

// requestFromObject reads the parameters of a request in one of the modes.
func requestFromObject(o object, modes ...Mode) (*Request, error) {
	if _, there := o["redirect_uri"]; there {
		return nil, refuse(InvalidRequest, "redirect-uri", "8.2", "redirect_uri in a request of response mode direct_post")
	}
	if _, there := o["scope"]; there {
		return nil, refuse(InvalidRequest, "scope", "5.5", "presentations are asked for with dcql_query, not with scope")
	}
	if o["response_type"] != responseType {
		return nil, refuse(InvalidRequest, "response-type", "5.6", "response_type is not %s", responseType)
	}
	mode, _ := o["response_mode"].(string)
	if !slices.Contains(modes, Mode(mode)) {
		return nil, refuse(InvalidRequest, "response-mode", "8.2", "response_mode is none of %v", modes)
	}
	r := &Request{Mode: Mode(mode)}
	for _, member := range []struct {
		name string
		into *string
	}{{"client_id", &r.ClientID}, {"response_uri", &r.ResponseURI}, {"nonce", &r.Nonce}, {"state", &r.State}, {"wallet_nonce", &r.WalletNonce}} {
		s, err := o.text(member.name)
		if err != nil {
			return nil, refuse(InvalidRequest, strings.ReplaceAll(member.name, "_", "-"), "5.2", "%w", err)
		}
		*member.into = s
	}
	if name, is := strings.CutPrefix(r.ClientID, RedirectURI+":"); is && o["response_uri"] == nil && r.Mode.posts() {
		r.ResponseURI = name // may be omitted, section 5.9.3
	}
	if _, there := o["state"]; there && r.State == "" {
		return nil, refuse(InvalidRequest, "state", "5.2", "state is empty")
	}
	if err := r.readContent(o); err != nil {
		return nil, r.answerable(err)
	}
	if err := r.Validate(); err != nil {
		return nil, r.answerable(err)
	}
	return r, nil
}

// answerable notes where the verifier can be told of an error, when the
// request says it in a way that its client identifier allows.
func (r *Request) answerable(err error) error {
	var known *Error
	if _, addressErr := CheckAddress(r.ResponseURI); addressErr != nil || !r.Mode.posts() || r.checkClientID() != nil ||
		r.State != "" && !isURLSafe(r.State) || !errors.As(err, &known) {
		return err
	}
	known.answerTo = &Request{ClientID: r.ClientID, Mode: r.Mode, ResponseURI: r.ResponseURI, State: r.State}
	return err
}

// readContent reads what is asked, and of whom.
func (r *Request) readContent(o object) error {
	query, ok := asObject(o["dcql_query"])
	if !ok {
		return refuse(InvalidRequest, "dcql-query", "5.1", "dcql_query is missing or no object")
	}
	q, err := queryOf(query)
	if err != nil {
		return asInvalid(err)
	}
	r.Query = *q
	if r.Metadata, err = metadataOf(o["client_metadata"]); err != nil {
		return refuse(InvalidRequest, "client-metadata", "11.1", "%w", err)
	}
	if v, there := o["transaction_data"]; there {
		if r.Transactions, err = transactionsOf(v); err != nil {
			return err
		}
	}
	if r.VerifierInfo, err = verifierInfoOf(o); err != nil {
		return refuse(InvalidRequest, "verifier-info", "5.1", "%w", err)
	}
	if !r.Mode.posts() {
		if r.ExpectedOrigins, err = o.texts("expected_origins"); err != nil {
			return refuse(InvalidRequest, "expected-origins", "A.2", "%w", err)
		}
	}
	return nil
}
