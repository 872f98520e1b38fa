package bbs2023

import (
	"strings"
	"testing"

	"github.com/multiformats/go-multibase"
)

func TestVerificationMethod(t *testing.T) {
	pk := testKey().PublicKey()
	method := VerificationMethod(pk)
	if !strings.HasPrefix(method, "did:key:zUC7") {
		t.Errorf("%s", method)
	}
	got, err := ParseVerificationMethod(method)
	if err != nil || !got.Equal(pk) {
		t.Errorf("%v, %v", got, err)
	}
	m := multikey(pk)
	with := func(prefix []byte, raw []byte) string {
		s := must(multibase.Encode(multibase.Base58BTC, append(prefix, raw...)))
		return didKey + s + "#" + s
	}
	for _, c := range []struct{ name, method, check string }{
		{"no fragment", didKey + m, "verification-method"},
		{"another fragment", didKey + m + "#key-1", "verification-method"},
		{"another method", "did:web:" + m + "#" + m, "verification-method"},
		{"base64url", strings.ReplaceAll(method, "z", "u"), "verification-method"},
		{"a key of Ed25519", with([]byte{0xed, 0x01}, make([]byte, 32)), "verification-method"},
		{"a point off the curve", with([]byte{0xeb, 0x01}, append([]byte{0x80, 1}, make([]byte, 94)...)), "bbs-public-key"},
		{"the identity", with([]byte{0xeb, 0x01}, append([]byte{0xc0}, make([]byte, 95)...)), "bbs-public-key"},
		{"a short key", with([]byte{0xeb, 0x01}, pk.Bytes()[:95]), "bbs-public-key"},
		{"giant", didKey + "z" + strings.Repeat("1", 1<<20) + "#z" + strings.Repeat("1", 1<<20), "verification-method"},
		{"nothing", "", "verification-method"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseVerificationMethod(c.method)
			refused(t, err, c.check)
		})
	}
}
