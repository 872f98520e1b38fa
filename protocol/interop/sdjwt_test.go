package interop

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/spec"
)

const (
	sdjwtIssuer   = "https://issuer.example"
	sdjwtKeyID    = "key 1"
	sdjwtNonce    = "n-0S6_WzA2Mj"
	sdjwtAudience = "redirect_uri:https://platform.example/back"
)

var (
	sdjwtIssued  = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	sdjwtExpires = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	sdjwtNow     = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
)

// sdjwtCase is one credential, as our template and as their payload with its
// frame, and what is shown of it, as our paths and as their frame.
type sdjwtCase struct {
	name          string
	curve         elliptic.Curve // of the issuer's and the holder's keys
	hash          crypto.Hash
	hashName      string
	plain, hidden map[string]any // our template; hidden holds the disclosable ones
	decoys        int
	frame         map[string]any // theirs, of the same disclosures
	paths         [][]any
	show          map[string]any // their presentation frame
	shown         map[string]any // the claims that a verifier then sees
}

func sdjwtCases() []sdjwtCase {
	some := map[string]any{"name": "Ⅻ 李四 𠮷 e\u0301 \"\\/ <&> \u2028", "age_over_18": true, "sex": "female", "height": 170.5}
	flat := map[string]any{"_sd": []string{"name", "age_over_18", "sex", "height"}}
	return []sdjwtCase{
		{
			name: "one of four", curve: elliptic.P256(), hashName: "sha-256",
			hidden: some, frame: flat,
			paths: [][]any{{"age_over_18"}}, show: map[string]any{"age_over_18": true},
			shown: map[string]any{"age_over_18": true},
		},
		{
			name: "none, with a claim in plain sight and decoys", curve: elliptic.P256(), hashName: "sha-256",
			plain: map[string]any{"real_person": true}, hidden: some, decoys: 5,
			frame: map[string]any{"_sd": []string{"name", "age_over_18", "sex", "height"}, "_sd_decoy": 5},
			paths: nil, show: map[string]any{},
			shown: map[string]any{"real_person": true},
		},
		{
			name: "all, ES384 and SHA-384", curve: elliptic.P384(), hash: crypto.SHA384, hashName: "sha-384",
			hidden: some, frame: flat,
			paths: [][]any{{"name"}, {"age_over_18"}, {"sex"}, {"height"}},
			show:  map[string]any{"name": true, "age_over_18": true, "sex": true, "height": true},
			shown: some,
		},
		{
			name: "inside an object, SHA-512", curve: elliptic.P256(), hash: crypto.SHA512, hashName: "sha-512",
			plain: map[string]any{"place": map[string]any{
				"country": "XX", "city": sdjwt.Selective{Value: "Ville"}, "street": sdjwt.Selective{Value: "Rue"},
			}},
			frame: map[string]any{"place": map[string]any{"_sd": []string{"city", "street"}}},
			paths: [][]any{{"place", "city"}}, show: map[string]any{"place": map[string]any{"city": true}},
			shown: map[string]any{"place": map[string]any{"country": "XX", "city": "Ville"}},
		},
		{
			name: "elements of an array", curve: elliptic.P256(), hashName: "sha-256",
			plain: map[string]any{"tongues": []any{sdjwt.Selective{Value: "fr"}, "de", sdjwt.Selective{Value: "中文"}}},
			frame: map[string]any{"tongues": map[string]any{"_sd": []int{0, 2}}},
			paths: [][]any{{"tongues", 2}}, show: map[string]any{"tongues": map[string]any{"2": true}},
			shown: map[string]any{"tongues": []any{"de", "中文"}},
		},
		{
			name: "a disclosure inside a disclosure", curve: elliptic.P256(), hashName: "sha-256",
			hidden: map[string]any{"place": map[string]any{
				"country": "XX", "city": sdjwt.Selective{Value: "Ville"}, "street": sdjwt.Selective{Value: "Rue"},
			}, "name": "A"},
			frame: map[string]any{"_sd": []string{"place", "name"}, "place": map[string]any{"_sd": []string{"city", "street"}}},
			paths: [][]any{{"place", "street"}}, show: map[string]any{"place": map[string]any{"street": true}},
			shown: map[string]any{"place": map[string]any{"country": "XX", "street": "Rue"}},
		},
	}
}

// sdjwtPair is the keys of an issuer and a holder on each side.
type sdjwtPair struct {
	*counterpart
	curve                     elliptic.Curve
	ourIssuer, ourHolder      *ecdsa.PrivateKey
	theirIssuer, theirHolder  keyPair
	theirIssuerKey, holderKey jose.JSONWebKey // their public keys, parsed by us
}

// keyPair is theirs, as JWKs.
type keyPair struct{ PublicKey, PrivateKey json.RawMessage }

func newSDJWTPair(c *counterpart, curve elliptic.Curve) *sdjwtPair {
	c.t.Helper()
	p := &sdjwtPair{counterpart: c, curve: curve}
	for _, key := range []**ecdsa.PrivateKey{&p.ourIssuer, &p.ourHolder} {
		var err error
		if *key, err = ecdsa.GenerateKey(curve, rand.Reader); err != nil {
			c.t.Fatal(err)
		}
	}
	for pair, public := range map[*keyPair]*jose.JSONWebKey{&p.theirIssuer: &p.theirIssuerKey, &p.theirHolder: &p.holderKey} {
		c.must("generate", map[string]any{"crv": curve.Params().Name}, pair)
		if err := public.UnmarshalJSON(pair.PublicKey); err != nil {
			c.t.Fatal(err)
		}
	}
	return p
}

func (p *sdjwtPair) algorithm() jose.SignatureAlgorithm {
	if p.curve == elliptic.P384() {
		return jose.ES384
	}
	return jose.ES256
}

// sdjwtShown is a presentation and what its verifier, on either side, expects.
type sdjwtShown struct {
	text            string
	issuerKey       *jose.JSONWebKey
	nonce, audience string
	now             time.Time
}

func (s sdjwtShown) weVerify() (map[string]any, error) {
	key := func(by jws.Signer) (*jose.JSONWebKey, error) {
		if by.Issuer != sdjwtIssuer || by.KeyID != sdjwtKeyID {
			return nil, fmt.Errorf("%s with %q is not trusted", by.Issuer, by.KeyID)
		}
		return s.issuerKey, nil
	}
	policy := sdjwt.Policy{Type: spec.CredentialType, Now: s.now}
	if s.nonce != "" {
		policy.KeyBinding = &sdjwt.KeyBinding{Nonce: s.nonce, Audience: s.audience}
	}
	v, err := sdjwt.Verify(s.text, key, policy)
	if err != nil {
		return nil, err
	}
	return v.Claims, nil
}

func (p *sdjwtPair) theyVerify(s sdjwtShown) (claims map[string]any, err error) {
	p.t.Helper()
	err = p.call("verify", map[string]any{"credential": s.text, "issuerKey": s.issuerKey, "nonce": s.nonce, "now": s.now.Unix()}, &claims)
	return claims, err
}

// weIssue and theyIssue issue to a holder's key.
func (p *sdjwtPair) weIssue(test sdjwtCase, holder *jose.JSONWebKey) string {
	p.t.Helper()
	issued, err := sdjwt.Issue(
		jose.SigningKey{Algorithm: p.algorithm(), Key: jose.JSONWebKey{Key: p.ourIssuer, KeyID: sdjwtKeyID}},
		sdjwt.Template{
			Issuer: sdjwtIssuer, Type: spec.CredentialType, IssuedAt: sdjwtIssued, Expires: sdjwtExpires,
			HolderKey: holder, Claims: test.plain, Disclosable: test.hidden, Decoys: test.decoys, Hash: test.hash,
		})
	if err != nil {
		p.t.Fatal(err)
	}
	return issued
}

func (p *sdjwtPair) theyIssue(test sdjwtCase, holder *jose.JSONWebKey) (issued string) {
	p.t.Helper()
	payload := map[string]any{
		"iss": sdjwtIssuer, "vct": spec.CredentialType, "iat": sdjwtIssued.Unix(), "exp": sdjwtExpires.Unix(),
		"cnf": map[string]any{"jwk": holder},
	}
	for name, v := range test.plain {
		payload[name] = unmarked(v)
	}
	for name, v := range test.hidden {
		payload[name] = unmarked(v)
	}
	p.must("issue", map[string]any{
		"payload": payload, "frame": test.frame, "key": p.theirIssuer.PrivateKey, "kid": sdjwtKeyID, "hashAlg": test.hashName,
	}, &issued)
	return issued
}

// unmarked is v without our marks of what is selective.
func unmarked(v any) any {
	switch v := v.(type) {
	case sdjwt.Selective:
		return unmarked(v.Value)
	case map[string]any:
		out := map[string]any{}
		for name, child := range v {
			out[name] = unmarked(child)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, child := range v {
			out[i] = unmarked(child)
		}
		return out
	}
	return v
}

func (p *sdjwtPair) wePresent(test sdjwtCase, issued string) string {
	p.t.Helper()
	c, err := sdjwt.Parse(issued)
	if err != nil {
		p.t.Fatal(err)
	}
	presentation, err := c.Select(test.paths...)
	if err != nil {
		p.t.Fatal(err)
	}
	presentation, err = sdjwt.Bind(presentation, jose.SigningKey{Algorithm: p.algorithm(), Key: p.ourHolder}, sdjwtNonce, sdjwtAudience, sdjwtNow)
	if err != nil {
		p.t.Fatal(err)
	}
	return presentation
}

func (p *sdjwtPair) theyPresent(test sdjwtCase, issued string) (presentation string) {
	p.t.Helper()
	p.must("present", map[string]any{
		"credential": issued, "frame": test.show, "key": p.theirHolder.PrivateKey,
		"binding": map[string]any{"iat": sdjwtNow.Unix(), "nonce": sdjwtNonce, "aud": sdjwtAudience},
	}, &presentation)
	return presentation
}

// saw demands that a verifier saw the claims that were shown and no others.
func saw(claims, shown map[string]any, err error) error {
	if err != nil {
		return err
	}
	claims = maps.Clone(claims)
	for _, registered := range []string{"iss", "vct", "iat", "exp", "cnf"} {
		delete(claims, registered)
	}
	return alike(claims, shown)
}

func TestSDJWT(t *testing.T) {
	c := start(t, "sd-jwt.mjs")
	s := against(t, "@sd-jwt/sd-jwt-vc", "with @sd-jwt/core; one family with Credo, which contains it")
	t.Parallel()
	for i, test := range sdjwtCases() {
		t.Run(test.name, func(t *testing.T) {
			c.t = t
			p := newSDJWTPair(c, test.curve)
			ourKey := &jose.JSONWebKey{Key: &p.ourIssuer.PublicKey}
			ourHolder := &jose.JSONWebKey{Key: &p.ourHolder.PublicKey}
			good := func(text string, key *jose.JSONWebKey) sdjwtShown {
				return sdjwtShown{text, key, sdjwtNonce, sdjwtAudience, sdjwtNow}
			}

			// we issue
			shown := good(p.wePresent(test, p.weIssue(test, ourHolder)), ourKey)
			row := s.row("we issue and present, they verify")
			claims, err := p.theyVerify(shown)
			row.accepts(t, test.name, saw(claims, test.shown, err))
			if i == 0 {
				p.refuse(t, nil, row, shown)
			}
			shown = good(p.theyPresent(test, p.weIssue(test, &p.holderKey)), ourKey)
			claims, err = shown.weVerify()
			s.row("we issue, they present, we verify").accepts(t, test.name, saw(claims, test.shown, err))

			// they issue
			issued := p.theyIssue(test, ourHolder)
			_, err = sdjwt.VerifyIssued(issued, func(jws.Signer) (*jose.JSONWebKey, error) { return &p.theirIssuerKey, nil },
				sdjwt.Policy{Type: spec.CredentialType, Now: sdjwtNow})
			s.row("they issue, we check on receipt").accepts(t, test.name, err)
			shown = good(p.wePresent(test, issued), &p.theirIssuerKey)
			claims, err = p.theyVerify(shown)
			s.row("they issue, we present, they verify").accepts(t, test.name, saw(claims, test.shown, err))
			shown = good(p.theyPresent(test, p.theyIssue(test, &p.holderKey)), &p.theirIssuerKey)
			row = s.row("they issue and present, we verify")
			claims, err = shown.weVerify()
			row.accepts(t, test.name, saw(claims, test.shown, err))
			if i == 0 {
				p.refuse(t, row, nil, shown)
			}
		})
	}
}
