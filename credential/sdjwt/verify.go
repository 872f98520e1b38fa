package sdjwt

import (
	"crypto/x509"
	"reflect"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
)

// DefaultMaxAge is how old a Key Binding JWT may be when [KeyBinding].MaxAge
// is zero, and ClockSkew how far ahead of the verifier's clock the holder's
// may run.
const (
	DefaultMaxAge = 5 * time.Minute
	ClockSkew     = time.Minute
)

// A Policy is what a verifier decides before it sees a presentation.
type Policy struct {
	// Type is the vct that was asked for; a credential of that type or that
	// names it in aka_vcts is accepted. Empty: any type, which the caller
	// then reads from Verified.Type.
	Type string

	// Now is the time to check against; the current time when zero. It must
	// be before exp and not before nbf, without leeway.
	Now time.Time

	// KeyBinding is what a Key Binding JWT must say. Nil: key binding is not
	// required, and one that is sent counts for nothing.
	KeyBinding *KeyBinding
}

// KeyBinding is what ties a presentation to one transaction.
type KeyBinding struct {
	Nonce    string        // the verifier's fresh nonce, required
	Audience string        // the verifier's full client identifier, required
	MaxAge   time.Duration // of the Key Binding JWT; DefaultMaxAge when zero

	// Further claims that it must have, with exactly these JSON values, such
	// as the transaction_data_hashes of OpenID4VP.
	Further map[string]any
}

// Verified is what a verifier may rely on.
type Verified struct {
	Claims       map[string]any   // the processed payload, registered claims included
	Issuer, Type string           // iss and vct
	HolderKey    *jose.JSONWebKey // cnf.jwk, nil when there is none
	KeyBound     bool             // whether the presenter proved to hold HolderKey

	// Certificates are those in the header x5c. They are signed by the issuer
	// with the rest, and not verified.
	Certificates []*x509.Certificate
}

// Verify checks a presentation: the issuer's signature, the disclosures, the
// times, and the key binding that the policy asks for (RFC 9901 section 7.3).
// Every refusal is a [*credential.Error].
//
// issuerKey answers with the key that the caller trusts for that issuer, or
// with an error. What it is told is out of the credential and may be anything:
// look names up among known keys and never fetch them, and take the
// certificates for no more than [jws.Signer.Certified] does. Only the key that
// issuerKey returns is used.
func Verify(presentation string, issuerKey func(jws.Signer) (*jose.JSONWebKey, error), p Policy) (*Verified, error) {
	now := p.Now
	if now.IsZero() {
		now = time.Now()
	}
	if b := p.KeyBinding; b != nil && (b.Nonce == "" || b.Audience == "" || b.MaxAge < 0) {
		return nil, credential.Failed("key-binding-policy", "RFC 9901 section 7.3", "the policy asks for key binding without a nonce, an audience or a sensible age")
	}
	parts, err := split(presentation)
	if err != nil {
		return nil, err
	}
	if p.KeyBinding != nil && parts.binding == nil {
		return nil, credential.Failed("key-binding-required", "RFC 9901 section 7.3", "the presentation has no Key Binding JWT")
	}
	c, err := verifySigned(parts, issuerKey, p.Type, now)
	if err != nil {
		return nil, err
	}
	if err := c.checkAudience(p.KeyBinding); err != nil {
		return nil, err
	}
	if p.KeyBinding != nil {
		if err := c.checkBinding(*p.KeyBinding, now); err != nil {
			return nil, err
		}
	}
	return c.verified(p.KeyBinding != nil), nil
}

// VerifyIssued is the holder's check of a credential that its issuer just
// sent (RFC 9901 section 7.2): as [Verify], but one that arrives with key
// binding is refused, and so is one that uses a salt twice, by which a
// verifier could guess what is withheld. p.KeyBinding must be nil.
// The caller compares Verified.HolderKey with its own key.
func VerifyIssued(s string, issuerKey func(jws.Signer) (*jose.JSONWebKey, error), p Policy) (*Verified, error) {
	if p.KeyBinding != nil {
		return nil, credential.Failed("key-binding-policy", "RFC 9901 section 7.2", "a credential from its issuer has no key binding to ask for")
	}
	now := p.Now
	if now.IsZero() {
		now = time.Now()
	}
	parts, err := split(s)
	if err != nil {
		return nil, err
	}
	if parts.binding != nil {
		return nil, credential.Failed("key-binding-unexpected", "RFC 9901 section 7.2", "the issuer sent a Key Binding JWT")
	}
	salts := map[string]bool{}
	for i, d := range parts.disclosures {
		if salts[d.salt] {
			return nil, credential.Failed("salt-reuse", "RFC 9901 section 9.3", "disclosure %d has the salt of another", i+1)
		}
		salts[d.salt] = true
	}
	c, err := verifySigned(parts, issuerKey, p.Type, now)
	if err != nil {
		return nil, err
	}
	return c.verified(false), nil
}

// verifySigned carries out RFC 9901 section 7.1 but for the audience.
func verifySigned(p *parts, issuerKey func(jws.Signer) (*jose.JSONWebKey, error), typ string, now time.Time) (*Credential, error) {
	signer := p.token.Signer()
	if signer.Issuer == "" {
		return nil, credential.Failed("issuer", "RFC 9901 section 7.1", "iss is missing or not a string: nobody to trust a key for")
	}
	key, err := issuerKey(signer)
	if err != nil {
		return nil, credential.Failed("issuer-key", "draft-ietf-oauth-sd-jwt-vc-24 section 2.5", "issuer %s, kid %s: %w", brief(signer.Issuer), brief(signer.KeyID), err)
	}
	if key == nil {
		return nil, credential.Failed("issuer-key", "draft-ietf-oauth-sd-jwt-vc-24 section 2.5", "no trusted key for issuer %s, kid %s", brief(signer.Issuer), brief(signer.KeyID))
	}
	if err := p.token.Verify(key); err != nil {
		return nil, err
	}
	c, err := p.process()
	if err != nil {
		return nil, err
	}
	if typ != "" && c.typ != typ && !slices.Contains(c.alsoTypes, typ) {
		return nil, credential.Failed("type", "draft-ietf-oauth-sd-jwt-vc-24 section 2.2.2.1", "vct is %s, not %q", brief(c.typ), typ)
	}
	if !c.notBefore.IsZero() && now.Before(c.notBefore) {
		return nil, credential.Failed("not-yet-valid", "RFC 7519 section 4.1.5", "valid from %s", c.notBefore.Format(time.RFC3339))
	}
	if !c.ends.IsZero() && !now.Before(c.ends) {
		return nil, credential.Failed("expired", "RFC 7519 section 4.1.4", "expired at %s", c.ends.Format(time.RFC3339))
	}
	return c, nil
}

// checkAudience refuses a credential that is meant for somebody else.
func (c *Credential) checkAudience(b *KeyBinding) error {
	aud, ok := c.token.Payload["aud"]
	if !ok {
		return nil
	}
	if b != nil {
		if aud == b.Audience {
			return nil
		}
		if list, ok := aud.([]any); ok && slices.Contains(list, any(b.Audience)) {
			return nil
		}
	}
	return credential.Failed("credential-audience", "RFC 7519 section 4.1.3", "the credential is for %s only", brief(aud))
}

// checkBinding carries out step 5 of RFC 9901 section 7.3.
func (c *Credential) checkBinding(want KeyBinding, now time.Time) error {
	const clause = "RFC 9901 section 7.3"
	if c.holder == nil {
		return credential.Failed("key-binding-key", "RFC 9901 section 4.1.2", "the credential is not bound to a key (cnf.jwk)")
	}
	if err := c.binding.Verify(c.holder); err != nil {
		return err
	}
	claims := c.binding.Payload
	iat, err := readTime(claims["iat"])
	if err != nil {
		return credential.Failed("key-binding-time", clause, "iat: %w", err)
	}
	maxAge := want.MaxAge
	if maxAge == 0 {
		maxAge = DefaultMaxAge
	}
	if iat.Before(now.Add(-maxAge)) || iat.After(now.Add(ClockSkew)) {
		return credential.Failed("key-binding-time", clause, "made at %s, more than %v before or %v after %s",
			iat.Format(time.RFC3339), maxAge, ClockSkew, now.UTC().Format(time.RFC3339))
	}
	for name, outside := range map[string]func(time.Time) bool{
		"exp": func(t time.Time) bool { return !now.Before(t) },
		"nbf": func(t time.Time) bool { return now.Add(ClockSkew).Before(t) },
	} {
		if v, ok := claims[name]; ok {
			if t, err := readTime(v); err != nil || outside(t) {
				return credential.Failed("key-binding-time", clause, "outside its own %s %s", name, brief(v))
			}
		}
	}
	if claims["nonce"] != want.Nonce {
		return credential.Failed("key-binding-nonce", clause, "nonce is %s, not the one of this transaction", brief(claims["nonce"]))
	}
	if claims["aud"] != want.Audience {
		return credential.Failed("key-binding-audience", clause, "aud is %s, not %q", brief(claims["aud"]), want.Audience)
	}
	if claims["sd_hash"] != digest(c.hash, c.sdjwt) {
		return credential.Failed("key-binding-hash", "RFC 9901 section 4.3.1", "sd_hash is not that of this issuer-signed JWT with these disclosures")
	}
	for name, value := range want.Further {
		if !reflect.DeepEqual(claims[name], value) {
			return credential.Failed("key-binding-claim", clause, "%s is %s, not what was asked for", name, brief(claims[name]))
		}
	}
	return nil
}

func (c *Credential) verified(bound bool) *Verified {
	return &Verified{Claims: c.Claims(), Issuer: c.issuer, Type: c.typ, HolderKey: c.holder, KeyBound: bound, Certificates: c.Certificates()}
}
