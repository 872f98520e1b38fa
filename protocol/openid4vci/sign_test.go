package openid4vci

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// rawSign signs bytes as JWS does (RFC 7518 section 3.4, RFC 8037 section
// 3.1), whatever the header around them says.
func rawSign(t testing.TB, key jose.SigningKey, message []byte) []byte {
	t.Helper()
	switch k := key.Key.(type) {
	case ed25519.PrivateKey:
		return ed25519.Sign(k, message)
	case *ecdsa.PrivateKey:
		sum := sha256.Sum256(message)
		r, s, err := ecdsa.Sign(rand.Reader, k, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		signature := make([]byte, 64)
		r.FillBytes(signature[:32])
		s.FillBytes(signature[32:])
		return signature
	}
	t.Fatalf("no way to sign with %T", key.Key)
	return nil
}
