package verifier_test

import (
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/verifier"
)

// TestBadInputHasACodeOfItsOwn: what comes of bad input is told by a code, not
// by the text of a message. What credentials and key binding JWTs get is in the
// tests of package sdjwt; here, that the code arrives in the verdict.
func TestBadInputHasACodeOfItsOwn(t *testing.T) {
	w := newWorld(t)
	key := jose.SigningKey{Algorithm: jose.ES256, Key: w.holderKey}
	held := func(change func(*sdjwt.Template)) holder.Held {
		return holder.Held{ID: "x", Format: credential.SDJWT, Raw: w.issueSDJWT(w.signing, change)}
	}
	shown := func(r *openid4vp.Request, claims ...string) string {
		var paths [][]any
		for _, name := range claims {
			paths = append(paths, []any{name})
		}
		return must[string](t)(must[*sdjwt.Credential](t)(sdjwt.Parse(w.sdjwt.Raw)).Select(paths...))
	}
	bind := func(s, nonce, audience string, at time.Time) string {
		return must[string](t)(sdjwt.Bind(s, key, nonce, audience, at))
	}
	type made struct {
		id   string
		text []string
	}
	one := func(s string) made { return made{verifier.QuerySDJWT, []string{s}} }
	for name, c := range map[string]struct {
		code string
		make func(r *openid4vp.Request) made
	}{
		"missing trailing tilde": {"trailing-tilde", func(r *openid4vp.Request) made { return one(strings.TrimSuffix(shown(r, adult...), "~")) }},
		"10,000 disclosures": {"disclosure-count", func(r *openid4vp.Request) made {
			return one(shown(r, adult...) + strings.Repeat("WyJzIiwxXQ~", 10000))
		}},
		"duplicate disclosure": {"disclosure-duplicate", func(r *openid4vp.Request) made {
			s := shown(r, adult...)
			return one(withBinding(t, w, r, s+strings.Split(s, "~")[1]+"~"))
		}},
		"unreferenced disclosure": {"disclosure-unreferenced", func(r *openid4vp.Request) made {
			return one(withBinding(t, w, r, shown(r, adult...)+"WyJzIiwibmFtZSIsIngiXQ~"))
		}},
		"expired": {"expired", func(r *openid4vp.Request) made {
			return one(w.presentText(r, held(func(t *sdjwt.Template) { t.Expires = w.now })))
		}},
		"not yet valid": {"not-yet-valid", func(r *openid4vp.Request) made {
			return one(w.presentText(r, held(func(t *sdjwt.Template) { t.NotBefore = w.now.Add(time.Second) })))
		}},
		"key binding stripped": {"key-binding-required", func(r *openid4vp.Request) made { return one(shown(r, adult...)) }},
		"key binding audience": {"key-binding-audience", func(r *openid4vp.Request) made { return one(bind(shown(r, adult...), r.Nonce, "x", w.now)) }},
		"key binding nonce":    {"key-binding-nonce", func(r *openid4vp.Request) made { return one(bind(shown(r, adult...), "x", r.ClientID, w.now)) }},
		"key binding time": {"key-binding-time", func(r *openid4vp.Request) made {
			return one(bind(shown(r, adult...), r.Nonce, r.ClientID, w.now.Add(-time.Hour)))
		}},
		"key binding key":         {"key-binding-signature", func(r *openid4vp.Request) made { return one(forgeBinding(t, w, r, shown(r, adult...), "kb+jwt", true)) }},
		"key binding typ":         {"key-binding-header-type", func(r *openid4vp.Request) made { return one(forgeBinding(t, w, r, shown(r, adult...), "JWT", false)) }},
		"key binding hash":        {"key-binding-hash", func(r *openid4vp.Request) made { return one(withBinding(t, w, r, shown(r, adult...))) }},
		"required claim withheld": {"claims-present", func(r *openid4vp.Request) made { return one(bind(shown(r), r.Nonce, r.ClientID, w.now)) }},
		"unknown query id": {"unknown-query-id", func(r *openid4vp.Request) made {
			return made{"somebody-else", []string{bind(shown(r, adult...), r.Nonce, r.ClientID, w.now)}}
		}},
		"two presentations where one was asked for": {"presentation-count", func(r *openid4vp.Request) made {
			s := bind(shown(r, adult...), r.Nonce, r.ClientID, w.now)
			return made{verifier.QuerySDJWT, []string{s, s}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.request(verifier.QueryFor(adult, credential.SDJWT)).Request
			m := c.make(r)
			token := openid4vp.VPToken{}
			for _, s := range m.text {
				token[m.id] = append(token[m.id], text(t, s)...)
			}
			v := w.server.Verify(r, token)
			if f := v.Failed(); v.Accepted || f == nil || f.Code != c.code {
				t.Errorf("accepted %v, failed %+v, want the code %s", v.Accepted, f, c.code)
			}
		})
	}
}

// forgeBinding makes a Key Binding JWT by hand, right but for its typ or its
// key.
func forgeBinding(t *testing.T, w *world, r *openid4vp.Request, presentation, typ string, stranger bool) string {
	t.Helper()
	key := w.holderKey
	if stranger {
		key = ecKey(t)
	}
	jwt := must[string](t)(jws.Sign(jose.SigningKey{Algorithm: jose.ES256, Key: key}, jws.Form{Typ: typ}, nil, map[string]any{
		"iat": w.now.Unix(), "aud": r.ClientID, "nonce": r.Nonce, "sd_hash": "AAAA",
	}, nil))
	return presentation + jwt
}

// withBinding adds a Key Binding JWT with a hash of something else.
func withBinding(t *testing.T, w *world, r *openid4vp.Request, presentation string) string {
	t.Helper()
	return forgeBinding(t, w, r, presentation, "kb+jwt", false)
}
