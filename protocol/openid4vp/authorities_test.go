package openid4vp_test

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"testing"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

func TestTrustedAuthorities(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	leaf := ca.leaf(newKey(t), host, nil)
	aki := base64.RawURLEncoding.EncodeToString(leaf.AuthorityKeyId)
	if aki == "" {
		t.Fatal("the certificate has no authority key identifier")
	}
	lists := openid4vp.TrustedLists{
		"https://lotl.example": {ca.cert}, "https://other.example": {other.cert}, "https://leaf.example": {leaf},
	}
	entry := func(kind string, values ...string) openid4vp.TrustedAuthorities {
		return openid4vp.TrustedAuthorities{Type: kind, Values: values}
	}
	chain := []*x509.Certificate{leaf}
	for name, c := range map[string]struct {
		asked []openid4vp.TrustedAuthorities
		chain []*x509.Certificate
		check string // "" when it fits
	}{
		"nobody asked for":                        {nil, nil, ""},
		"the authority's key":                     {[]openid4vp.TrustedAuthorities{entry("aki", aki)}, chain, ""},
		"the second of two keys":                  {[]openid4vp.TrustedAuthorities{entry("aki", "AAAA", aki)}, chain, ""},
		"another key":                             {[]openid4vp.TrustedAuthorities{entry("aki", "AAAA")}, chain, "trusted-authorities"},
		"no certificates":                         {[]openid4vp.TrustedAuthorities{entry("aki", aki)}, nil, "trusted-authorities"},
		"on a trusted list":                       {[]openid4vp.TrustedAuthorities{entry("etsi_tl", "https://lotl.example")}, chain, ""},
		"itself on a trusted list":                {[]openid4vp.TrustedAuthorities{entry("etsi_tl", "https://leaf.example")}, chain, ""},
		"on another trusted list":                 {[]openid4vp.TrustedAuthorities{entry("etsi_tl", "https://other.example")}, chain, "trusted-authorities"},
		"a trusted list that is not at hand":      {[]openid4vp.TrustedAuthorities{entry("etsi_tl", "https://unknown.example")}, chain, "trusted-authorities-unsupported"},
		"a federation":                            {[]openid4vp.TrustedAuthorities{entry("openid_federation", "https://anchor.example")}, chain, "trusted-authorities-unsupported"},
		"a type of its own":                       {[]openid4vp.TrustedAuthorities{entry("x", "y")}, chain, "trusted-authorities-unsupported"},
		"a federation or a key":                   {[]openid4vp.TrustedAuthorities{entry("openid_federation", "https://anchor.example"), entry("aki", aki)}, chain, ""},
		"a federation or another key":             {[]openid4vp.TrustedAuthorities{entry("openid_federation", "https://anchor.example"), entry("aki", "AAAA")}, chain, "trusted-authorities"},
		"the key with padding, which is not it":   {[]openid4vp.TrustedAuthorities{entry("aki", aki+"=")}, chain, "trusted-authorities"},
		"the empty key of a certificate with one": {[]openid4vp.TrustedAuthorities{entry("aki", "")}, []*x509.Certificate{{}}, "trusted-authorities"},
	} {
		t.Run(name, func(t *testing.T) {
			q := openid4vp.CredentialQuery{ID: "a", TrustedAuthorities: c.asked}
			err := q.CheckAuthority(c.chain, lists)
			var failed *credential.Error
			if errors.As(err, &failed) != (c.check != "") || failed != nil && failed.Check != c.check {
				t.Errorf("error %v, want %q", err, c.check)
			}
			unsupported := openid4vp.Query{Credentials: []openid4vp.CredentialQuery{q}}.CheckAuthorities(lists) != nil
			if unsupported != (c.check == "trusted-authorities-unsupported") {
				t.Errorf("asking for it is refused: %v", unsupported)
			}
		})
	}
}
