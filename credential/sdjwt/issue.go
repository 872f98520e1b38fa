package sdjwt

import (
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/jws"

	"github.com/halfmask/halfmask/credential/sdjwt/internal/seeded"
)

// A Template says what a credential says.
type Template struct {
	Issuer string // iss, required
	Type   string // vct, required

	// IssuedAt, NotBefore and Expires are iat, nbf and exp, in whole seconds;
	// each is left out when zero. They stand in plain sight: give everybody
	// the same coarse times, for a precise time is an identifier.
	IssuedAt, NotBefore, Expires time.Time

	// HolderKey is the public key (P-256, P-384 or Ed25519) that presentations
	// are bound to, cnf.jwk. Only the key goes in, no identifier.
	HolderKey *jose.JSONWebKey

	// Claims are in plain sight of every verifier. Members and elements
	// inside them can be marked [Selective].
	Claims map[string]any

	// Disclosable are the claims that the holder can show one by one. With
	// [Selective] inside them, disclosures nest (RFC 9901 section 4.2.6).
	Disclosable map[string]any

	// Decoys is how many digests that stand for nothing are added at the top
	// level, at most MaxDisclosures (RFC 9901 section 4.2.5). None are added
	// inside nested objects and arrays.
	Decoys int

	// Hash of the disclosures: SHA256 when zero, SHA384 or SHA512.
	Hash crypto.Hash
}

// Selective marks a member of an object or an element of an array, anywhere
// inside a Template's claims, as a disclosure of its own.
type Selective struct{ Value any }

// MarshalJSON fails: a mark counts only inside map[string]any and []any,
// and must not turn up as a claim when it is somewhere else.
func (Selective) MarshalJSON() ([]byte, error) {
	return nil, errors.New("sdjwt: Selective inside something other than map[string]any or []any")
}

// Issue makes an SD-JWT VC: the issuer-signed JWT and every disclosure, with
// the trailing tilde. Each disclosure gets a fresh salt of 128 bits. The
// order of the digests and of the disclosures says nothing about the claims.
//
// The key is an ES256, ES384 or EdDSA key; its KeyID, if it has one, becomes
// the kid that verifiers look it up by. A jose.JSONWebKey with Certificates
// puts those in the x5c header instead, for verifiers that trust their
// authority. Errors are about the template or the key; what Issue returns
// always passes [Parse].
func Issue(key jose.SigningKey, t Template) (string, error) { return issue(rand.Reader, key, t) }

func init() {
	seeded.Issue = func(random io.Reader, key jose.SigningKey, template any) (string, error) {
		return issue(random, key, template.(Template))
	}
}

func issue(random io.Reader, key jose.SigningKey, t Template) (string, error) {
	claims, err := t.claims()
	if err != nil {
		return "", fmt.Errorf("sdjwt: issue: %w", err)
	}
	c := &concealer{random: random, hash: t.Hash, disclosures: map[string]string{}}
	if t.Hash == 0 {
		c.hash = crypto.SHA256
	}
	hashID, err := hashIdentifier(c.hash)
	if err != nil {
		return "", fmt.Errorf("sdjwt: issue: %w", err)
	}
	payload, err := c.object(claims, t.Decoys, 1)
	if err != nil {
		return "", fmt.Errorf("sdjwt: issue: %w", err)
	}
	if c.used {
		payload[hashName] = hashID
	}
	jwt, err := jws.Sign(key, issuerJWT, nil, payload, nil)
	if err != nil {
		return "", fmt.Errorf("sdjwt: issue: sign: %w", err)
	}
	// In the order of their digests, which is as good as random.
	var issued strings.Builder
	issued.WriteString(jwt + "~")
	for _, sum := range slices.Sorted(maps.Keys(c.disclosures)) {
		issued.WriteString(c.disclosures[sum] + "~")
	}
	if _, err := Parse(issued.String()); err != nil {
		return "", fmt.Errorf("sdjwt: issue: %w", err)
	}
	return issued.String(), nil
}

func hashIdentifier(h crypto.Hash) (string, error) {
	for name, known := range hashes {
		if known == h {
			return name, nil
		}
	}
	return "", fmt.Errorf("hash %v is not SHA-256, SHA-384 or SHA-512", h)
}

// claims puts the fields of the template into one set, with the marks still
// in it.
func (t *Template) claims() (map[string]any, error) {
	if t.Issuer == "" || t.Type == "" {
		return nil, errors.New("the template needs an issuer and a type")
	}
	if t.Decoys < 0 || t.Decoys > MaxDisclosures {
		return nil, fmt.Errorf("%d decoys, not between 0 and %d", t.Decoys, MaxDisclosures)
	}
	if !t.Expires.IsZero() && !t.Expires.After(t.NotBefore) {
		return nil, errors.New("the credential would expire before it is valid")
	}
	claims := map[string]any{"iss": t.Issuer, "vct": t.Type}
	for name, at := range map[string]time.Time{"iat": t.IssuedAt, "nbf": t.NotBefore, "exp": t.Expires} {
		if !at.IsZero() {
			claims[name] = at.Unix()
		}
	}
	if t.HolderKey != nil {
		jwk, err := jws.WriteKey(t.HolderKey)
		if err != nil {
			return nil, fmt.Errorf("holder key: %w", err)
		}
		claims["cnf"] = map[string]any{"jwk": jwk}
	}
	for name, v := range t.Claims {
		if slices.Contains([]string{"iss", "vct", "iat", "nbf", "exp", "cnf"}, name) {
			return nil, fmt.Errorf("claim %q comes from its field of the template", name)
		}
		if _, marked := v.(Selective); marked && undisclosable[name] {
			return nil, fmt.Errorf("claim %q is never disclosable (%s)", name, clauseRegistered)
		}
		claims[name] = v
	}
	for name, v := range t.Disclosable {
		if undisclosable[name] {
			return nil, fmt.Errorf("claim %q is never disclosable (%s)", name, clauseRegistered)
		}
		if _, twice := claims[name]; twice {
			return nil, fmt.Errorf("claim %q is both plain and disclosable", name)
		}
		claims[name] = Selective{v}
	}
	return claims, nil
}

// A concealer replaces marked values with digests.
type concealer struct {
	random      io.Reader
	hash        crypto.Hash
	disclosures map[string]string // by digest
	used        bool              // whether there is any digest
}

func (c *concealer) object(object map[string]any, decoys, depth int) (map[string]any, error) {
	out := make(map[string]any, len(object)+1)
	var digests []string
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if name == digestsName || name == elementName || name == hashName {
			return nil, fmt.Errorf("a claim is named %q (RFC 9901 section 4.1)", name)
		}
		if !utf8.ValidString(name) {
			return nil, fmt.Errorf("claim name %q is not UTF-8", name)
		}
		mark, marked := object[name].(Selective)
		if !marked {
			v, err := c.value(object[name], depth)
			if err != nil {
				return nil, fmt.Errorf("claim %q: %w", name, err)
			}
			out[name] = v
			continue
		}
		v, err := c.value(mark.Value, depth)
		if err != nil {
			return nil, fmt.Errorf("claim %q: %w", name, err)
		}
		sum, err := c.conceal(name, v)
		if err != nil {
			return nil, fmt.Errorf("claim %q: %w", name, err)
		}
		digests = append(digests, sum)
	}
	for range decoys {
		random, err := c.salt(c.hash.Size())
		if err != nil {
			return nil, err
		}
		digests = append(digests, digest(c.hash, random))
		c.used = true
	}
	if len(digests) > 0 {
		slices.Sort(digests)
		out[digestsName] = digests
	}
	return out, nil
}

// value conceals what is marked inside v. depth counts the objects and
// arrays around v.
func (c *concealer) value(v any, depth int) (any, error) {
	if depth > MaxDepth {
		return nil, errDepth
	}
	switch v := v.(type) {
	case Selective:
		return nil, errors.New("marked Selective twice")
	case map[string]any:
		return c.object(v, 0, depth+1)
	case []any:
		out := make([]any, len(v))
		for i, element := range v {
			mark, marked := element.(Selective)
			if marked {
				element = mark.Value
			}
			inner, err := c.value(element, depth+1)
			if err != nil {
				return nil, err
			}
			if marked {
				sum, err := c.conceal(inner)
				if err != nil {
					return nil, err
				}
				inner = map[string]any{elementName: sum}
			}
			out[i] = inner
		}
		return out, nil
	case string:
		if !utf8.ValidString(v) {
			return nil, errors.New("not UTF-8")
		}
		return v, nil
	default:
		// Whatever else encoding/json can write. What comes out is looked
		// through again: a digest smuggled in would let the holder add claims.
		data, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		plain, err := readJSON(data)
		if err != nil {
			return nil, err
		}
		switch plain.(type) {
		case map[string]any, []any:
			return c.value(plain, depth)
		}
		return plain, nil
	}
}

// conceal makes a disclosure of [salt, content…] and gives its digest.
func (c *concealer) conceal(content ...any) (string, error) {
	if len(c.disclosures) == MaxDisclosures {
		return "", fmt.Errorf("more than %d disclosures", MaxDisclosures)
	}
	salt, err := c.salt(16)
	if err != nil {
		return "", err
	}
	text, err := writeDisclosure(append([]any{salt}, content...)...)
	if err != nil {
		return "", err
	}
	sum := digest(c.hash, text)
	c.disclosures[sum] = text
	c.used = true
	return sum, nil
}

// salt gives size random bytes in base64.RawURLEncoding.
func (c *concealer) salt(size int) (string, error) {
	b := make([]byte, size)
	if _, err := io.ReadFull(c.random, b); err != nil {
		return "", fmt.Errorf("randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}
