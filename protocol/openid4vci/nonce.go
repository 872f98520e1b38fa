package openid4vci

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"
)

// minter makes nonces that carry their own expiry and seal, so that asking
// for nonces, which anybody may do, takes no memory. Only used ones are
// remembered.
//
//	nonce = base64url(seconds until which it is good, 8 bytes || random, 16 bytes || HMAC-SHA-256, 32 bytes)
type minter struct{ key [32]byte }

const (
	nonceBody = 8 + 16
	nonceSize = nonceBody + sha256.Size
)

func newMinter() *minter {
	m := new(minter)
	rand.Read(m.key[:])
	return m
}

func (m *minter) mint(expires time.Time) string {
	var b [nonceSize]byte
	binary.BigEndian.PutUint64(b[:8], uint64(expires.Unix()))
	rand.Read(b[8:nonceBody])
	m.seal(b[:nonceBody], b[nonceBody:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// knows reports whether the nonce is one of ours and still good.
func (m *minter) knows(nonce string, now time.Time) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(nonce)
	if err != nil || len(b) != nonceSize {
		return false
	}
	var want [sha256.Size]byte
	m.seal(b[:nonceBody], want[:])
	return hmac.Equal(want[:], b[nonceBody:]) && now.Unix() < int64(binary.BigEndian.Uint64(b[:8]))
}

func (m *minter) seal(body, out []byte) {
	h := hmac.New(sha256.New, m.key[:])
	h.Write(body)
	h.Sum(out[:0])
}

// serveNonce answers section 7.
func (e *Endpoint) serveNonce(w http.ResponseWriter, r *http.Request) error {
	e.giveDPoPNonce(w)
	return answer(w, http.StatusOK, NonceResponse{e.minter.mint(e.now().Add(e.lives.nonce))})
}

// giveDPoPNonce gives the wallet a nonce for its next DPoP proofs (RFC 9449
// section 8). It is of the same mint as a c_nonce; used ones need not be
// remembered, because each proof is good once.
func (e *Endpoint) giveDPoPNonce(w http.ResponseWriter) {
	w.Header().Set("DPoP-Nonce", e.minter.mint(e.now().Add(e.lives.nonce)))
}
