package bbs2023

import (
	"bytes"

	"github.com/fxamacker/cbor/v2"
	"github.com/halfmask/halfmask/credential"
	"github.com/multiformats/go-multibase"
)

const (
	clauseBaseValue    = "vc-di-bbs section 3.3.2"
	clauseDerivedValue = "vc-di-bbs section 3.3.7"
)

// The first bytes of proof values, baseline option.
var (
	baseHeader    = []byte{0xd9, 0x5d, 0x02}
	derivedHeader = []byte{0xd9, 0x5d, 0x03}
)

const (
	signatureSize  = 80
	bbsHeaderSize  = 64 // two SHA-256 hashes
	publicKeySize  = 96
	maxProofBytes  = 272 + 32*maxStatements
	maxProofValue  = maxDocument
	maxLabelNumber = 1 << 16
)

// baseValue is what a base proof carries, in CBOR's order.
type baseValue struct {
	_                 struct{} `cbor:",toarray"`
	Signature         []byte
	Header            []byte
	PublicKey         []byte
	HMACKey           []byte
	MandatoryPointers []string
}

// serialize is serializeBaseProofValue.
func (v *baseValue) serialize() (string, error) { return encodeValue(baseHeader, v) }

// parseBaseValue is parseBaseProofValue.
func parseBaseValue(text string) (*baseValue, error) {
	fail := func(format string, args ...any) (*baseValue, error) {
		return nil, credential.Failed("base-proof-value", clauseBaseValue, format, args...)
	}
	octets, err := decodeMultibase(text)
	if err != nil {
		return fail("%w", err)
	}
	body, ok := bytes.CutPrefix(octets, baseHeader)
	if !ok {
		return fail("not a base proof of the baseline option: it starts with % x", octets[:min(3, len(octets))])
	}
	v := &baseValue{}
	if err := decodeCBOR(body, v); err != nil {
		return fail("%w", err)
	}
	switch {
	case len(v.Signature) != signatureSize:
		return fail("a signature of %d bytes", len(v.Signature))
	case len(v.Header) != bbsHeaderSize:
		return fail("a header of %d bytes", len(v.Header))
	case len(v.PublicKey) != publicKeySize:
		return fail("a public key of %d bytes", len(v.PublicKey))
	case len(v.HMACKey) != hmacKeySize:
		return fail("an HMAC key of %d bytes", len(v.HMACKey))
	case v.MandatoryPointers == nil:
		return fail("no list of mandatory pointers")
	case len(v.MandatoryPointers) > maxPointers:
		return fail("%d mandatory pointers", len(v.MandatoryPointers))
	}
	return v, nil
}

var (
	toCBOR   = must(cbor.CoreDetEncOptions().EncMode())
	fromCBOR = must(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		MaxNestedLevels:   4,
		MaxArrayElements:  maxStatements,
		MaxMapPairs:       maxBlankNodes,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func encodeValue(prefix []byte, v any) (string, error) {
	body, err := toCBOR.Marshal(v)
	if err != nil {
		return "", err
	}
	return multibase.Encode(multibase.Base64url, append(bytes.Clone(prefix), body...))
}

// decodeCBOR reads one value in core deterministic encoding (RFC 8949
// section 4.2.1) and nothing after it.
func decodeCBOR(body []byte, v any) error {
	if err := fromCBOR.Unmarshal(body, v); err != nil {
		return err
	}
	again, err := toCBOR.Marshal(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, body) {
		return errorText("CBOR is not in deterministic encoding")
	}
	return nil
}

// decodeMultibase reads base64url without padding, prefix u; no other text
// gives the same bytes.
func decodeMultibase(text string) ([]byte, error) {
	if len(text) > maxProofValue {
		return nil, errorText("proof value is too long")
	}
	if len(text) == 0 || text[0] != byte(multibase.Base64url) {
		return nil, errorText("proof value is not multibase base64url without padding")
	}
	_, octets, err := multibase.Decode(text)
	if err != nil {
		return nil, err
	}
	if again, err := multibase.Encode(multibase.Base64url, octets); err != nil || again != text {
		return nil, errorText("proof value is not in its only base64url form")
	}
	return octets, nil
}
