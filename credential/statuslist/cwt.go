package statuslist

import (
	"crypto"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/go-jose/go-jose/v4"
	"github.com/veraison/go-cose"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
)

// typeHeader is the COSE header parameter typ (RFC 9596).
const typeHeader = int64(16)

var coseAlgorithm = map[jose.SignatureAlgorithm]cose.Algorithm{
	jose.ES256: cose.AlgorithmES256, jose.ES384: cose.AlgorithmES384, jose.EdDSA: cose.AlgorithmEdDSA,
}

// strict refuses all that the form does not need: repeated keys, indefinite
// lengths, tags, deep nesting.
var strict = func() cbor.DecMode {
	m, err := cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden,
		TagsMd: cbor.TagsForbidden, MaxNestedLevels: 8,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return m
}()

type cwtClaims struct {
	Sub        *string  `cbor:"2,keyasint,omitempty"`
	Exp        *float64 `cbor:"4,keyasint,omitempty"`
	Iat        *float64 `cbor:"6,keyasint,omitempty"`
	TTL        *uint32  `cbor:"65534,keyasint,omitempty"`
	StatusList struct {
		Bits *int   `cbor:"bits"`
		Lst  []byte `cbor:"lst"`
	} `cbor:"65533,keyasint"`
}

// SignCWT makes the CWT form of the token, a tagged COSE_Sign1, with a key of
// the standard library for ES256, ES384 or EdDSA.
func (t *Token) SignCWT(key crypto.Signer) ([]byte, error) {
	public := &jose.JSONWebKey{Key: key.Public()}
	alg, err := jws.AlgorithmOf(public)
	if err != nil {
		return nil, fmt.Errorf("statuslist: %w", err)
	}
	signer, err := cose.NewSigner(coseAlgorithm[alg], key)
	if err != nil {
		return nil, fmt.Errorf("statuslist: %w", err)
	}
	compressed, err := t.List.compress()
	if err != nil {
		return nil, fmt.Errorf("statuslist: %w", err)
	}
	claims := map[int]any{
		2: t.URI, 6: t.IssuedAt.Unix(),
		65533: map[string]any{"bits": t.List.bits, "lst": compressed},
	}
	if !t.Expires.IsZero() {
		claims[4] = t.Expires.Unix()
	}
	if t.TTL > 0 {
		claims[65534] = int64(t.TTL / time.Second)
	}
	payload, err := cbor.Marshal(claims)
	if err != nil {
		return nil, fmt.Errorf("statuslist: %w", err)
	}
	message := cose.Sign1Message{Payload: payload, Headers: cose.Headers{Protected: cose.ProtectedHeader{
		cose.HeaderLabelAlgorithm: coseAlgorithm[alg], typeHeader: CWTMediaType,
	}}}
	if err := message.Sign(rand.Reader, nil, signer); err != nil {
		return nil, fmt.Errorf("statuslist: sign: %w", err)
	}
	return message.MarshalCBOR()
}

// VerifyCWT is [VerifyJWT] for the CWT form.
func VerifyCWT(octets []byte, key func(jws.Signer) (*jose.JSONWebKey, error), uri string, now time.Time) (*Token, error) {
	failed := func(check, format string, args ...any) error {
		return credential.Failed(check, clauseCWT, format, args...)
	}
	if len(octets) > MaxToken {
		return nil, failed("status-size", "%d octets, more than %d", len(octets), MaxToken)
	}
	var message cose.Sign1Message
	if err := message.UnmarshalCBOR(octets); err != nil {
		return nil, failed("status-cbor", "no tagged COSE_Sign1: %w", err)
	}
	kid, _ := message.Headers.Protected[cose.HeaderLabelKeyID].([]byte)
	trusted, err := key(jws.Signer{KeyID: string(kid)})
	if err != nil {
		return nil, failed("status-key", "%w", err)
	}
	alg, err := jws.AlgorithmOf(trusted)
	if err != nil {
		return nil, failed("status-key", "%w", err)
	}
	if _, ok := message.Headers.Protected[cose.HeaderLabelCritical]; ok {
		return nil, failed("status-critical-header", "no extension is understood")
	}
	if typ, _ := message.Headers.Protected[typeHeader].(string); typ != CWTMediaType {
		return nil, failed("status-header-type", "typ is %.40q, not %q", typ, CWTMediaType)
	}
	verifier, err := cose.NewVerifier(coseAlgorithm[alg], trusted.Key)
	if err != nil {
		return nil, failed("status-key", "%w", err)
	}
	if got, err := message.Headers.Protected.Algorithm(); err != nil || got != coseAlgorithm[alg] {
		return nil, failed("status-algorithm", "the trusted key is for %s", alg)
	}
	if err := message.Verify(nil, verifier); err != nil {
		return nil, failed("status-signature", "%w", err)
	}
	var claims cwtClaims
	if err := strict.Unmarshal(message.Payload, &claims); err != nil {
		return nil, failed("status-cbor", "claims: %w", err)
	}
	f := fields{sub: claims.Sub, iat: claims.Iat, exp: claims.Exp, bits: claims.StatusList.Bits, compressed: claims.StatusList.Lst}
	if claims.TTL != nil {
		ttl := float64(*claims.TTL)
		f.ttl = &ttl
	}
	return f.token(clauseCWT, uri, now)
}
