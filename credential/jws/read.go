package jws

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/spec/strictjson"
)

// Bounds on every token.
const (
	MaxHeader = 1 << 15 // characters of the protected header, certificates included
	MaxDepth  = 32      // of JSON objects and arrays in one another
)

// A Form is one kind of JWT.
type Form struct {
	Typ    string // the typ header that it must carry
	Prefix string // of the names of the checks on it, such as "key-binding-"
	Max    int    // characters of the whole JWT
	Clause string // where the form is defined
}

func (f Form) failed(check, clause, format string, args ...any) error {
	return credential.Failed(f.Prefix+check, clause, format, args...)
}

// A Token is a JWT whose form has been checked and whose signature has not.
type Token struct {
	Alg     jose.SignatureAlgorithm
	KeyID   string         // kid, "" when there is none; may be anything
	Header  map[string]any // the protected header
	Payload map[string]any // numbers are float64
	Raw     []byte         // the payload's octets

	form Form
	jws  *jose.JSONWebSignature
}

// Read reads a JWT of the form. The signature is not checked: see
// [Token.Verify]. Errors are [*credential.Error].
func Read(text string, f Form) (*Token, error) {
	if len(text) > f.Max {
		return nil, f.failed("size", "RFC 8725 section 3.10", "%d characters, more than %d", len(text), f.Max)
	}
	parts := strings.SplitN(text, ".", 4)
	if len(parts) != 3 {
		return nil, f.failed("compact-form", "RFC 7515 section 7.1", "not three parts separated by dots")
	}
	if len(parts[0]) > MaxHeader {
		return nil, f.failed("size", "RFC 8725 section 3.10", "a header of %d characters, more than %d", len(parts[0]), MaxHeader)
	}
	var raw [3][]byte
	for i, part := range parts {
		var err error
		if raw[i], err = ReadBase64(part); err != nil {
			return nil, f.failed("compact-form", "RFC 7515 section 7.1", "part %d: %w", i+1, err)
		}
	}
	t := &Token{form: f, Raw: raw[1]}
	if err := t.readHeader(raw[0]); err != nil {
		return nil, err
	}
	payload, err := ReadJSON(raw[1], f.Max)
	if errors.Is(err, strictjson.ErrDepth) {
		return nil, f.failed("depth", "RFC 8725 section 3.10", "payload: nested deeper than %d", MaxDepth)
	}
	if err != nil {
		return nil, f.failed("payload-json", "RFC 7519 section 7.2", "%w", err)
	}
	var ok bool
	if t.Payload, ok = payload.(map[string]any); !ok {
		return nil, f.failed("payload-json", "RFC 7519 section 7.2", "not an object")
	}
	if t.jws, err = jose.ParseSignedCompact(text, Algorithms); err != nil {
		return nil, f.failed("compact-form", "RFC 7515 section 5.2", "%w", err)
	}
	return t, nil
}

func (t *Token) readHeader(raw []byte) error {
	f := t.form
	v, err := ReadJSON(raw, MaxHeader)
	if err != nil {
		return f.failed("header-json", "RFC 7515 section 4", "%w", err)
	}
	var ok bool
	if t.Header, ok = v.(map[string]any); !ok {
		return f.failed("header-json", "RFC 7515 section 4", "not an object")
	}
	alg, _ := t.Header["alg"].(string)
	for _, a := range Algorithms {
		if string(a) == alg {
			t.Alg = a
		}
	}
	if t.Alg == "" {
		return f.failed("algorithm", "RFC 8725 section 3.1", "alg %s is not one of %v", brief(t.Header["alg"]), Algorithms)
	}
	if typ, _ := t.Header["typ"].(string); typ != f.Typ {
		return f.failed("header-type", f.Clause, "typ is %s, not %q", brief(t.Header["typ"]), f.Typ)
	}
	if crit, ok := t.Header["crit"]; ok {
		return f.failed("critical-header", "RFC 7515 section 4.1.11", "no extension is understood, crit is %s", brief(crit))
	}
	if _, ok := t.Header["b64"]; ok {
		return f.failed("unencoded-payload", "RFC 7797 section 6", "b64 is not used in JWTs")
	}
	if jwk, ok := t.Header["jwk"]; ok {
		if err := checkNoPrivateKey(jwk); err != nil {
			return f.failed("header-private-key", "RFC 7515 section 4.1.3", "%w", err)
		}
	}
	if kid, ok := t.Header["kid"]; ok {
		if t.KeyID, ok = kid.(string); !ok {
			return f.failed("header-json", "RFC 7515 section 4.1.4", "kid is not a string")
		}
	}
	return nil
}

// Verify checks the signature with a key that the caller trusts for what the
// token says, whatever key the token names.
func (t *Token) Verify(key *jose.JSONWebKey) error {
	if err := checkKey(key, t.Alg); err != nil {
		return t.form.failed("key", "RFC 8725 section 3.1", "%w", err)
	}
	// An ASN.1 signature in place of the raw one has another length.
	if n := len(t.jws.Signatures[0].Signature); n != signatureSize[t.Alg] {
		return t.form.failed("signature", "RFC 7518 section 3.4", "%d octets, %s has %d", n, t.Alg, signatureSize[t.Alg])
	}
	if _, err := t.jws.Verify(key.Key); err != nil {
		return t.form.failed("signature", "RFC 7515 section 5.2", "%w", err)
	}
	return nil
}

// Decode reads the payload into v, which names all members that there may be
// but for those that RFC 7519 section 4 asks to ignore: unknown ones. It fails
// with the check payload-json.
func (t *Token) Decode(v any) error {
	if err := strictjson.DecodeKnown(t.Raw, v, strictjson.Limits{Bytes: t.form.Max, Depth: MaxDepth}); err != nil {
		return t.form.failed("payload-json", t.form.Clause, "%w", err)
	}
	return nil
}

// ReadJSON decodes one JSON value of at most max octets and nothing else, no
// member twice, no deeper than MaxDepth, and no whole number that a float64
// cannot hold.
func ReadJSON(data []byte, max int) (any, error) {
	return strictjson.DecodeAny(data, strictjson.Limits{Bytes: max, Depth: MaxDepth}, readNumber)
}

func readNumber(s string) (any, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, fmt.Errorf("number %.40s is out of range", s)
	}
	if math.Abs(f) >= 1<<53 && !strings.ContainsAny(s, ".eE") {
		return nil, fmt.Errorf("whole number %.40s is not between -2^53 and 2^53", s)
	}
	return f, nil
}

var base64url = base64.RawURLEncoding.Strict()

// ReadBase64 decodes unpadded base64url. There is one text for each value:
// line breaks, which the standard library skips, and stray trailing bits are
// refused.
func ReadBase64(s string) ([]byte, error) {
	if s == "" {
		return nil, errors.New("empty")
	}
	if strings.ContainsAny(s, "\r\n") {
		return nil, errors.New("line break in base64url")
	}
	b, err := base64url.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("not base64url: %w", err)
	}
	return b, nil
}

// brief shows a value out of a token in a message, cut short.
func brief(v any) string {
	s := fmt.Sprintf("%v", v)
	if len(s) > 100 {
		s = strings.ToValidUTF8(s[:100], "") + "…"
	}
	return strconv.Quote(s)
}
