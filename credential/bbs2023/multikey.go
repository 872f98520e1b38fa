package bbs2023

import (
	"bytes"
	"strings"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/multiformats/go-multibase"
)

const (
	clauseMultikey = "vc-di-bbs section 2.1.1"
	maxMultikey    = 160 // characters; a key takes 137
	didKey         = "did:key:"
)

// bls12381G2 is the multicodec of a public key in G2, 0xeb, as a varint.
var bls12381G2 = []byte{0xeb, 0x01}

// VerificationMethod is the did:key URL of a public key: the DID, and the
// same multikey again as the fragment.
func VerificationMethod(pk *bbs.PublicKey) string {
	m := multikey(pk)
	return didKey + m + "#" + m
}

// Issuer is the did:key of a public key, for the issuer member of documents.
func Issuer(pk *bbs.PublicKey) string { return didKey + multikey(pk) }

func multikey(pk *bbs.PublicKey) string {
	// The encoding is one that go-multibase has, so it cannot fail.
	return must(multibase.Encode(multibase.Base58BTC, append(bytes.Clone(bls12381G2), pk.Bytes()...)))
}

// ParseVerificationMethod reads the key that a did:key URL of
// VerificationMethod contains. That it is a key says nothing of trust: check
// the URL against the issuers that you trust.
func ParseVerificationMethod(method string) (*bbs.PublicKey, error) {
	fail := func(what string) (*bbs.PublicKey, error) {
		return nil, credential.Failed("verification-method", clauseMultikey, "%s: %s", quote(method), what)
	}
	did, fragment, _ := strings.Cut(method, "#")
	key, ok := strings.CutPrefix(did, didKey)
	switch {
	case !ok || key != fragment:
		return fail("not a did:key with its own key as fragment")
	case len(key) > maxMultikey || !strings.HasPrefix(key, "z"):
		return fail("not a multikey in base58btc")
	}
	_, octets, err := multibase.Decode(key)
	if err != nil {
		return fail(err.Error())
	}
	raw, ok := bytes.CutPrefix(octets, bls12381G2)
	if !ok {
		return fail("not a BLS12-381 key in G2")
	}
	pk, err := bbs.ParsePublicKey(raw)
	if err != nil {
		return nil, err
	}
	if multikey(pk) != key {
		return fail("not the only form of its key")
	}
	return pk, nil
}
