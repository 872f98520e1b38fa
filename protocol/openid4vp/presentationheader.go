package openid4vp

import (
	"crypto/sha256"
	"encoding/binary"
)

const headerDomain = "halfmask/openid4vp/bbs-2023/presentation-header/v1"

// PresentationHeader gives the presentation header (32 bytes) of a BBS proof
// that answers the request with this nonce for this audience, the verifier's
// full client identifier or its origin, and that carries these transactions:
//
//	SHA-256( I2OSP(len(d), 8) || d || I2OSP(len(c), 8) || c || I2OSP(len(n), 8) || n || … )
//
// with d the ASCII text "halfmask/openid4vp/bbs-2023/presentation-header/v1",
// c the audience, n the nonce, and for each transaction its text in the
// request in the same way. The lengths make the encoding injective, and d
// keeps the value apart from every other use of the hash. The proof is thereby
// bound to them, as sections 8.4 and 14.1.2 ask; the verifier computes the
// header from its own request and never takes the one in the proof.
func PresentationHeader(audience, nonce string, carried ...Transaction) []byte {
	parts := []string{headerDomain, audience, nonce}
	for _, t := range carried {
		parts = append(parts, t.Encoded)
	}
	h := sha256.New()
	var length [8]byte
	for _, s := range parts {
		binary.BigEndian.PutUint64(length[:], uint64(len(s)))
		h.Write(length[:])
		h.Write([]byte(s))
	}
	return h.Sum(nil)
}
