package exposure

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"fmt"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/bbs"
)

// The authority of the lab signs with keys that anybody can derive from the
// seed: a run that is taken up again goes on with the same ones.

func (e *Env) material(purpose string) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "halfmask lab key 1\x00%d\x00%s", e.Seed, purpose))
	return sum[:]
}

func (e *Env) signingKey(purpose string) (jose.SigningKey, error) {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), e.material(purpose))
	if err != nil {
		return jose.SigningKey{}, fmt.Errorf("exposure: a key of the lab: %w", err)
	}
	return jose.SigningKey{Algorithm: jose.ES256, Key: key}, nil
}

func (e *Env) bbsKey() (*bbs.SecretKey, error) { return bbs.SHA256.KeyGen(e.material("bbs"), nil, nil) }
