package openid4vp

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/halfmask/halfmask/credential"
)

// Invocation is what a wallet's URI holds: a request by value, or the place
// of one.
type Invocation struct {
	ClientID   string   // the request object must name the same
	RequestURI string   // where the request object is; empty when the request is there by value
	Request    *Request // nil when it is to be fetched
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
	if len(v.ClientID) > maxText || !strings.HasPrefix(v.ClientID, redirectPrefix) {
		return nil, refuse(InvalidRequest, "client-id", "5.9", "client_id %q has not the prefix redirect_uri", clip(v.ClientID))
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
		return v, nil
	case hasMethod:
		return nil, refuse(InvalidRequest, "request-uri-method", "5.1", "request_uri_method without request_uri")
	case params.Has("request"):
		v.Request, err = ParseObject([]byte(params.Get("request")), v.ClientID)
		return v, err
	}
	v.Request, err = requestFromParams(params)
	return v, err
}

// ParseObject reads an unsecured request object that was announced by a URI
// with this client identifier.
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
	if aud, there := o["aud"]; there && aud != selfIssued {
		return nil, refuse(InvalidRequestObject, "request-object-audience", "5.8", "aud is not %s", selfIssued)
	}
	for _, name := range []string{"request", "request_uri"} {
		if _, there := o[name]; there {
			return nil, bad("%s inside a request object (RFC 9101 section 4)", name)
		}
	}
	r, err := requestFromObject(o)
	if err != nil {
		return nil, err
	}
	if r.ClientID != clientID {
		return nil, refuse(InvalidRequest, "client-id", "5.10.1", "the request object names another client_id than the URI")
	}
	return r, nil
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
	for _, name := range []string{"dcql_query", "client_metadata"} {
		if !params.Has(name) {
			continue
		}
		v, err := parseObject([]byte(params.Get(name)))
		if err != nil {
			return nil, refuse(InvalidRequest, strings.ReplaceAll(name, "_", "-"), "5.1", "%s: %w", name, err)
		}
		o[name] = map[string]any(v)
	}
	return requestFromObject(o)
}

func requestFromObject(o object) (*Request, error) {
	if _, there := o["transaction_data"]; there {
		return nil, refuse(InvalidTransactionData, "transaction-data", "5", "transaction_data is not supported")
	}
	if _, there := o["redirect_uri"]; there {
		return nil, refuse(InvalidRequest, "redirect-uri", "8.2", "redirect_uri in a request of response mode direct_post")
	}
	if _, there := o["scope"]; there {
		return nil, refuse(InvalidRequest, "scope", "5.5", "presentations are asked for with dcql_query, not with scope")
	}
	if o["response_type"] != responseType {
		return nil, refuse(InvalidRequest, "response-type", "5.6", "response_type is not %s", responseType)
	}
	if o["response_mode"] != directPost {
		return nil, refuse(InvalidRequest, "response-mode", "8.2", "response_mode is not %s", directPost)
	}
	r := &Request{}
	for _, member := range []struct {
		name string
		into *string
	}{{"client_id", &r.ClientID}, {"response_uri", &r.ResponseURI}, {"nonce", &r.Nonce}, {"state", &r.State}} {
		s, err := o.text(member.name)
		if err != nil {
			return nil, refuse(InvalidRequest, strings.ReplaceAll(member.name, "_", "-"), "5.2", "%w", err)
		}
		*member.into = s
	}
	if _, there := o["response_uri"]; !there { // may be omitted, section 5.9.3
		r.ResponseURI = strings.TrimPrefix(r.ClientID, redirectPrefix)
	}
	if _, there := o["state"]; there && r.State == "" {
		return nil, refuse(InvalidRequest, "state", "5.2", "state is empty")
	}
	query, ok := asObject(o["dcql_query"])
	if !ok {
		return nil, refuse(InvalidRequest, "dcql-query", "5.1", "dcql_query is missing or no object")
	}
	q, err := queryOf(query)
	if err != nil {
		return nil, asInvalid(err)
	}
	r.Query = *q
	if r.Metadata, err = metadataOf(o["client_metadata"]); err != nil {
		return nil, refuse(InvalidRequest, "client-metadata", "11.1", "%w", err)
	}
	if err := r.Validate(); err != nil {
		return nil, err
	}
	return r, nil
}

func metadataOf(v any) (Metadata, error) {
	o, ok := asObject(v)
	if !ok {
		return Metadata{}, errors.New("client_metadata is missing or no object")
	}
	formats, ok := asObject(o["vp_formats_supported"])
	if !ok || len(formats) > maxEntries {
		return Metadata{}, errors.New("vp_formats_supported is missing or no object")
	}
	m := Metadata{Formats: make(map[credential.Format]FormatSupport, len(formats))}
	for name, v := range formats {
		support, ok := asObject(v)
		if !ok {
			return Metadata{}, fmt.Errorf("vp_formats_supported: %q is no object", clip(name))
		}
		var f FormatSupport
		for member, into := range map[string]*[]string{
			"sd-jwt_alg_values": &f.SDJWTAlgs, "kb-jwt_alg_values": &f.KBJWTAlgs,
			"proof_type_values": &f.ProofTypes, "cryptosuite_values": &f.Cryptosuites,
			"jwp_alg_values": &f.JWPAlgs,
		} {
			list, err := support.texts(member)
			if err != nil {
				if credential.Format(name) != credential.SDJWT && credential.Format(name) != credential.BBS2023 && credential.Format(name) != credential.JWPBBS {
					continue // another format may use the name otherwise
				}
				return Metadata{}, fmt.Errorf("%q: %w", clip(name), err)
			}
			*into = list
		}
		m.Formats[credential.Format(name)] = f
	}
	return m, nil
}
