package verifier_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
)

// TestRefusesSDJWT changes one thing in a presentation that would be accepted:
// R-PRE-03 (nonce, audience), R-PRE-04 (stripped key binding), R-PRE-06
// (issuer's key, every constraint again).
func TestRefusesSDJWT(t *testing.T) {
	w := newWorld(t)
	stranger := ecKey(t)
	held := func(raw string) holder.Held { return holder.Held{ID: "x", Format: credential.SDJWT, Raw: raw} }
	// bind makes a presentation by hand.
	bind := func(raw string, key any, nonce, audience string, at time.Time, claims ...string) string {
		c := must[*sdjwt.Credential](t)(sdjwt.Parse(raw))
		var paths [][]any
		for _, name := range claims {
			paths = append(paths, []any{name})
		}
		shown := must[string](t)(c.Select(paths...))
		return must[string](t)(sdjwt.Bind(shown, jose.SigningKey{Algorithm: jose.ES256, Key: key}, nonce, audience, at))
	}
	good := func(r *openid4vp.Request, raw string) string { return w.presentText(r, held(raw)) }
	for name, c := range map[string]struct {
		check string
		make  func(r *openid4vp.Request) string
	}{
		"changed claim": {"disclosures", func(r *openid4vp.Request) string {
			parts := strings.Split(good(r, w.sdjwt.Raw), "~")
			plain := must[[]byte](t)(base64.RawURLEncoding.DecodeString(parts[1]))
			parts[1] = base64.RawURLEncoding.EncodeToString(bytes.Replace(plain, []byte("true"), []byte("false"), 1))
			return strings.Join(parts, "~")
		}},
		"changed signature": {"signature", func(r *openid4vp.Request) string {
			jwt, rest, _ := strings.Cut(good(r, w.sdjwt.Raw), "~")
			return flip(jwt, len(jwt)-10) + "~" + rest
		}},
		"changed nonce": {"key-binding-nonce", func(r *openid4vp.Request) string {
			return bind(w.sdjwt.Raw, w.holderKey, "another", r.ClientID, w.now, adult...)
		}},
		"changed audience": {"key-binding-audience", func(r *openid4vp.Request) string {
			return bind(w.sdjwt.Raw, w.holderKey, r.Nonce, "redirect_uri:https://other.example/responses", w.now, adult...)
		}},
		"audience without the prefix": {"key-binding-audience", func(r *openid4vp.Request) string {
			return bind(w.sdjwt.Raw, w.holderKey, r.Nonce, r.ResponseURI, w.now, adult...)
		}},
		"old key binding": {"key-binding-time", func(r *openid4vp.Request) string {
			return bind(w.sdjwt.Raw, w.holderKey, r.Nonce, r.ClientID, w.now.Add(-time.Hour), adult...)
		}},
		"key binding from the future": {"key-binding-time", func(r *openid4vp.Request) string {
			return bind(w.sdjwt.Raw, w.holderKey, r.Nonce, r.ClientID, w.now.Add(time.Hour), adult...)
		}},
		"key binding stripped": {"key-binding", func(r *openid4vp.Request) string {
			s := good(r, w.sdjwt.Raw)
			return s[:strings.LastIndex(s, "~")+1]
		}},
		"presentation replayed": {"key-binding-nonce", func(*openid4vp.Request) string {
			return good(w.request(verifier.QueryFor(adult, credential.SDJWT)).Request, w.sdjwt.Raw)
		}},
		"key binding of another presentation": {"key-binding-hash", func(r *openid4vp.Request) string {
			a := good(r, w.sdjwt.Raw)
			b := bind(w.sdjwt.Raw, w.holderKey, r.Nonce, r.ClientID, w.now, spec.Name)
			return a[:strings.LastIndex(a, "~")+1] + b[strings.LastIndex(b, "~")+1:]
		}},
		"disclosure added behind the holder's back": {"key-binding-hash", func(r *openid4vp.Request) string {
			a := good(r, w.sdjwt.Raw)
			b := bind(w.sdjwt.Raw, w.holderKey, r.Nonce, r.ClientID, w.now, spec.Name)
			i := strings.LastIndex(a, "~") + 1
			return a[:i] + strings.Split(b, "~")[1] + "~" + a[i:]
		}},
		"disclosure of another credential added": {"disclosures", func(r *openid4vp.Request) string {
			a := good(r, w.sdjwt.Raw)
			other := strings.Split(w.issueSDJWT(w.signing, nil), "~")[1]
			i := strings.LastIndex(a, "~") + 1
			return a[:i] + other + "~" + a[i:]
		}},
		"key of somebody else": {"key-binding-signature", func(r *openid4vp.Request) string {
			raw := w.issueSDJWT(w.signing, func(t *sdjwt.Template) { t.HolderKey = &jose.JSONWebKey{Key: &stranger.PublicKey} })
			mine := good(r, w.sdjwt.Raw)
			theirs := bind(raw, stranger, r.Nonce, r.ClientID, w.now, adult...)
			return mine[:strings.LastIndex(mine, "~")+1] + theirs[strings.LastIndex(theirs, "~")+1:]
		}},
		"credential without a holder's key": {"key-binding-signature", func(r *openid4vp.Request) string {
			raw := w.issueSDJWT(w.signing, func(t *sdjwt.Template) { t.HolderKey = nil })
			mine := good(r, w.sdjwt.Raw)
			return must[string](t)(must[*sdjwt.Credential](t)(sdjwt.Parse(raw)).Select()) + mine[strings.LastIndex(mine, "~")+1:]
		}},
		"proof from another issuer's key": {"signature", func(r *openid4vp.Request) string {
			return good(r, w.issueSDJWT(stranger, nil))
		}},
		"issuer that is not trusted": {"issuer-trusted", func(r *openid4vp.Request) string {
			return good(r, w.issueSDJWT(stranger, func(t *sdjwt.Template) { t.Issuer = "https://forger.example" }))
		}},
		"wrong vct": {"type", func(r *openid4vp.Request) string {
			raw := w.issueSDJWT(w.signing, func(t *sdjwt.Template) { t.Type = "https://halfmask.example/vct/person/2" })
			return bind(raw, w.holderKey, r.Nonce, r.ClientID, w.now, adult...)
		}},
		"expired credential": {"validity", func(r *openid4vp.Request) string {
			return good(r, w.issueSDJWT(w.signing, func(t *sdjwt.Template) { t.Expires = w.now }))
		}},
		"credential that is not yet valid": {"validity", func(r *openid4vp.Request) string {
			return good(r, w.issueSDJWT(w.signing, func(t *sdjwt.Template) { t.NotBefore = w.now.Add(time.Second) }))
		}},
		"credential without an end": {"validity", func(r *openid4vp.Request) string {
			return good(r, w.issueSDJWT(w.signing, func(t *sdjwt.Template) { t.Expires = time.Time{} }))
		}},
		"claim withheld": {"claims-present", func(r *openid4vp.Request) string {
			return bind(w.sdjwt.Raw, w.holderKey, r.Nonce, r.ClientID, w.now, spec.RealPerson)
		}},
		"claim of another type": {"claim-values", func(r *openid4vp.Request) string {
			return good(r, w.issueSDJWT(w.signing, func(t *sdjwt.Template) { t.Disclosable[spec.AgeOver18] = "true" }))
		}},
		"no credential at all": {"structure", func(*openid4vp.Request) string { return "x" }},
		"empty string":         {"structure", func(*openid4vp.Request) string { return "" }},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.request(verifier.QueryFor(adult, credential.SDJWT)).Request
			token := openid4vp.VPToken{verifier.QuerySDJWT: text(t, c.make(r))}
			wantFailed(t, w.server.Verify(r, token), c.check)
		})
	}
}

func (w *world) presentText(r *openid4vp.Request, h holder.Held) string {
	w.Helper()
	s, ok := w.present(r, h)[verifier.QuerySDJWT][0].Text()
	if !ok {
		w.Fatal("not a string")
	}
	return s
}

// flip changes one base64url character.
func flip(s string, at int) string {
	b := []byte(s)
	if b[at] == 'A' {
		b[at] = 'B'
	} else {
		b[at] = 'A'
	}
	return string(b)
}
