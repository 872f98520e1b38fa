package openid4vp

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/halfmask/halfmask/credential/jws"
)

// Protocols of requests over the Digital Credentials API (appendix A.1).
const (
	DCUnsigned    = "openid4vp-v1-unsigned"
	DCSigned      = "openid4vp-v1-signed"
	DCMultisigned = "openid4vp-v1-multisigned"
)

// NewDCRequest makes a request for the Digital Credentials API, for an answer
// in the clear, with a fresh nonce. To have it encrypted, set Mode to DCAPIJWT
// and add a ResponseKey to the metadata. origin is that of the page that asks,
// such as https://platform.example: answers are bound to it.
func NewDCRequest(origin string, q Query, m Metadata) (*Request, error) {
	if err := checkOrigin(origin); err != nil {
		return nil, refuse(InvalidRequest, "expected-origins", "A.2", "%w", err)
	}
	r := &Request{Mode: DCAPI, Nonce: rand.Text(), Query: q, Metadata: m, Origin: origin}
	return r, r.Validate()
}

// checkOrigin accepts the origins of pages: https, and http on loopback hosts.
func checkOrigin(origin string) error {
	u, err := CheckAddress(origin)
	if err != nil {
		return err
	}
	if u.Path != "" || u.RawQuery != "" {
		return fmt.Errorf("%q is more than an origin", clip(origin))
	}
	return nil
}

// DCData gives the request as the member data of an unsigned request
// (appendix A.3.1). It names no client.
func (r *Request) DCData() (json.RawMessage, error) {
	if r.Mode.posts() {
		return nil, errors.New("openid4vp: not a request for the Digital Credentials API")
	}
	m := r.members()
	delete(m, "client_id")
	delete(m, "expected_origins")
	return json.Marshal(m)
}

// DCSignedData gives the request, signed by the identity, as the member data
// of a signed request (appendix A.3.2.1). It says at which origins it may be
// used.
func (r *Request) DCSignedData(i *Identity) (json.RawMessage, error) {
	signed, err := r.forSigning()
	if err != nil {
		return nil, err
	}
	signed.ClientID = i.ClientID
	object, err := signed.Sign(i)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]string{"request": object})
}

func (r *Request) forSigning() (*Request, error) {
	if r.Mode.posts() {
		return nil, errors.New("openid4vp: not a request for the Digital Credentials API")
	}
	signed := *r
	signed.ExpectedOrigins = []string{r.Origin}
	return &signed, nil
}

// multisigned is a JWS in general JSON serialization (RFC 7515 section 7.2.1).
type multisigned struct {
	Payload    string          `json:"payload"`
	Signatures []jsonSignature `json:"signatures"`
}

type jsonSignature struct {
	Protected string `json:"protected"`
	Signature string `json:"signature"`
}

// DCMultisignedData gives the request, signed by several identities of one
// verifier, as the member data of a multi-signed request (appendix A.3.2.2).
// Client identifier and verifier_info are in each protected header.
func (r *Request) DCMultisignedData(identities ...*Identity) (json.RawMessage, error) {
	signed, err := r.forSigning()
	if err != nil {
		return nil, err
	}
	payload := signed.members()
	delete(payload, "client_id")
	delete(payload, "verifier_info")
	var out multisigned
	for _, i := range identities {
		header := map[string]any{"client_id": i.ClientID}
		for name, value := range i.header {
			header[name] = value
		}
		if len(r.VerifierInfo) > 0 {
			header["verifier_info"] = r.VerifierInfo
		}
		text, err := jws.Sign(i.key, requestObject, header, payload, i.public)
		if err != nil {
			return nil, fmt.Errorf("openid4vp: sign request: %w", err)
		}
		parts := strings.Split(text, ".") // a map is written the same each time
		out.Payload = parts[1]
		out.Signatures = append(out.Signatures, jsonSignature{parts[0], parts[2]})
	}
	if len(out.Signatures) == 0 {
		return nil, errors.New("openid4vp: a multi-signed request without an identity")
	}
	return json.Marshal(map[string]multisigned{"request": out})
}

// ParseDCRequest reads a request that a browser handed over: its protocol, its
// member data, and the origin of the page as the browser tells it. The
// client_id of an unsigned request counts for nothing; a signed one must
// expect the origin.
func (t *Trust) ParseDCRequest(ctx context.Context, protocol string, data []byte, origin string) (*Request, error) {
	if len(data) > MaxBody {
		return nil, refuse(InvalidRequest, "dc-api-request", "A.2", "longer than %d bytes", MaxBody)
	}
	o, err := parseObject(data)
	if err != nil {
		return nil, refuse(InvalidRequest, "dc-api-request", "A.2", "%w", err)
	}
	if origin == "" {
		return nil, refuse(InvalidRequest, "expected-origins", "A.2", "the browser told no origin")
	}
	var r *Request
	switch protocol {
	case DCUnsigned:
		delete(o, "client_id")
		delete(o, "expected_origins")
		r, err = requestFromObject(o, DCAPI, DCAPIJWT)
	case DCSigned:
		object, _ := o["request"].(string)
		r, err = t.parseDCSigned(ctx, object, "", origin)
	case DCMultisigned:
		r, err = t.parseDCMultisigned(ctx, o, origin)
	default:
		return nil, refuse(InvalidRequest, "dc-api-protocol", "A.1", "protocol %q is not known", clip(protocol))
	}
	if err != nil {
		return nil, err
	}
	r.Origin, r.Received = origin, string(data)
	return r, nil
}

// parseDCSigned reads a signed request whose client identifier is in the
// payload, or in the protected header when that is named.
func (t *Trust) parseDCSigned(ctx context.Context, object, clientID, origin string) (*Request, error) {
	token, err := jws.Read(object, requestObject)
	if err != nil {
		return nil, &Error{Code: InvalidRequestObject, Err: err}
	}
	o, err := parseObject(token.Raw)
	if err != nil {
		return nil, refuse(InvalidRequestObject, "request-object", "5", "payload: %w", err)
	}
	if _, there := o["request"]; there {
		return nil, refuse(InvalidRequestObject, "request-object", "A.3.2", "request inside a request object")
	}
	if clientID != "" { // the payload is everybody's
		if o["client_id"] != nil || o["verifier_info"] != nil {
			return nil, refuse(InvalidRequestObject, "request-object", "A.3.2.2", "client_id or verifier_info outside the protected header")
		}
		o["client_id"], o["verifier_info"] = clientID, token.Header["verifier_info"]
		if o["verifier_info"] == nil {
			delete(o, "verifier_info")
		}
	}
	named, _ := o["client_id"].(string)
	prefix, name, ok := cutPrefix(named)
	if !ok || prefix == RedirectURI {
		return nil, refuse(InvalidRequest, "client-id", "A.2", "client_id %q is none for a signed request", clip(named))
	}
	by, err := t.identify(ctx, prefix, name, token)
	if err != nil {
		return nil, err
	}
	if err := token.Verify(by.Key); err != nil {
		return nil, &Error{Code: InvalidRequestObject, Err: err}
	}
	if err := t.checkTimes(o); err != nil {
		return nil, err
	}
	r, err := requestFromObject(o, DCAPI, DCAPIJWT)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(r.ExpectedOrigins, origin) { // strings, compared as they are
		return nil, refuse(InvalidRequest, "expected-origins", "A.2", "the request is for another origin than %q", clip(origin))
	}
	r.By = by
	return r, nil
}

const maxSignatures = 8

// parseDCMultisigned takes the first signature that the wallet can trust.
func (t *Trust) parseDCMultisigned(ctx context.Context, o object, origin string) (*Request, error) {
	request, ok := asObject(o["request"])
	if !ok {
		request = o // appendix A.3.2.2 shows it without the member
	}
	payload, err1 := request.text64("payload", MaxObject)
	signatures, err2 := request.objects("signatures")
	if err := errors.Join(err1, err2); err != nil || payload == "" || len(signatures) == 0 || len(signatures) > maxSignatures {
		return nil, refuse(InvalidRequestObject, "request-object", "A.3.2.2", "not a JWS with a payload and 1 to %d signatures", maxSignatures)
	}
	var first error
	for _, s := range signatures {
		protected, err1 := s.text64("protected", MaxObject)
		signature, err2 := s.text("signature")
		r, err := (*Request)(nil), errors.Join(err1, err2)
		if err == nil {
			r, err = t.parseDCSigned(ctx, protected+"."+payload+"."+signature, headerClient(protected), origin)
		}
		if err == nil {
			return r, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, asInvalid(first)
}

// headerClient reads client_id from a protected header that is still to be
// verified; one without is given a name that nobody has.
func headerClient(protected string) string {
	b, err := base64.RawURLEncoding.DecodeString(protected)
	if err != nil {
		return "none"
	}
	o, err := parseObject(b)
	if err != nil {
		return "none"
	}
	if id, _ := o["client_id"].(string); id != "" {
		return id
	}
	return "none"
}

// DCAnswer gives a response as the member data that a wallet hands to the
// browser (appendix A.4): encrypted when the request says so, an error by its
// code alone.
func (r *Response) DCAnswer(request *Request) (json.RawMessage, error) {
	switch {
	case request.Mode.posts():
		return nil, errors.New("openid4vp: not a request for the Digital Credentials API")
	case r.Err != nil:
		return json.Marshal(map[string]string{"error": r.Err.Code})
	case request.Mode.Encrypted():
		plain := *r
		plain.State = ""
		sealed, err := plain.encrypt(request.Metadata)
		if err != nil {
			return nil, err
		}
		return json.Marshal(map[string]string{"response": sealed})
	}
	return json.Marshal(map[string]VPToken{"vp_token": r.Token})
}

// ParseDCAnswer reads what a wallet answered over the API. An answer in the
// clear to a request for an encrypted one is refused; key is nil when it was
// not asked for. The error is a *credential.Error.
func ParseDCAnswer(data []byte, key *ResponseKey) (*Response, error) {
	if len(data) > MaxBody {
		return nil, badResponse("longer than %d bytes", MaxBody)
	}
	o, err := parseObject(data)
	if err != nil {
		return nil, badResponse("%w", err)
	}
	sealed, isText := o["response"].(string)
	switch {
	case o["error"] != nil:
	case key != nil && !isText:
		return nil, badEncryption("the answer came unencrypted")
	case key != nil:
		return key.Open(&Response{Encrypted: sealed})
	case isText:
		return nil, badEncryption("an encrypted answer where none was asked for")
	}
	return parseParameters(data)
}
