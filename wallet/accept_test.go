package wallet_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/credential/statuslist"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/wallet"
)

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestAcceptRefuses has an issuer misbehave in one way at a time. Nothing of
// the offer may be kept then, not even the good credential before the bad.
func TestAcceptRefuses(t *testing.T) {
	template := func(change func(*sdjwt.Template)) func(*town) {
		return func(w *town) { w.template = change }
	}
	replace := func(old, new string) func(*town) {
		return func(w *town) {
			w.after = func(_, c string) string { return strings.Replace(c, old, new, 1) }
		}
	}
	published := func(change func(map[string]any)) func(*town) {
		return func(w *town) { w.keys = change }
	}
	for name, c := range map[string]struct {
		spoil func(*town)
		check string
	}{
		"an SD-JWT signed with another key": {func(w *town) {
			other := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: newKey(w.t).Public(), KeyID: "one"}}}
			w.keys = func(d map[string]any) { d["jwks"] = other }
		}, "issuer-signature"},
		"an SD-JWT of another issuer":        {template(func(t *sdjwt.Template) { t.Issuer = "https://issuer.example" }), "issuer-key"},
		"an SD-JWT of another type":          {template(func(t *sdjwt.Template) { t.Type = "https://halfmask.example/vct/library-card" }), "type"},
		"an SD-JWT that has ended":           {template(func(t *sdjwt.Template) { t.Expires = t.NotBefore.Add(time.Hour) }), "expired"},
		"an SD-JWT that has not begun":       {template(func(t *sdjwt.Template) { t.NotBefore = t.Expires.Add(-time.Hour) }), "not-yet-valid"},
		"an SD-JWT without an end":           {template(func(t *sdjwt.Template) { t.Expires = time.Time{} }), "credential-validity"},
		"an SD-JWT with an end of its own":   {template(func(t *sdjwt.Template) { t.Expires = t.Expires.Add(-time.Second) }), "credential-times"},
		"an SD-JWT with a time of issuance":  {template(func(t *sdjwt.Template) { t.IssuedAt = t.IssuedAt.Add(time.Second) }), "credential-times"},
		"an SD-JWT with a claim in the open": {template(func(t *sdjwt.Template) { t.Claims = map[string]any{"serial": "4711"} }), "credential-marks"},
		"an SD-JWT with a status beside its place": {template(func(t *sdjwt.Template) {
			claim := statuslist.Reference{Index: 1, URI: "https://issuer.example/statuslists/1"}.Claim()
			claim["status_list"].(map[string]any)["for"] = "4711"
			t.Claims = map[string]any{"status": claim}
		}), "credential-marks"},
		"an SD-JWT with another kind of status": {template(func(t *sdjwt.Template) {
			t.Claims = map[string]any{"status": map[string]any{"ask": "https://issuer.example/4711"}}
		}), "status-claim"},
		"a bbs-2023 with a time of issuance": {func(w *town) { w.options = func(o *bbs2023.Options) { o.Created = o.Created.Add(time.Second) } }, "credential-times"},
		"a bbs-2023 with a mandatory claim": {func(w *town) {
			w.options = func(o *bbs2023.Options) {
				o.MandatoryPointers = append(o.MandatoryPointers, "/credentialSubject/document_number")
			}
		}, "credential-marks"},
		"an SD-JWT bound to somebody's key":    {template(func(s *sdjwt.Template) { s.HolderKey = &jose.JSONWebKey{Key: newKey(t).Public()} }), "credential-holder-key"},
		"an SD-JWT bound to no key":            {template(func(t *sdjwt.Template) { t.HolderKey = nil }), "credential-holder-key"},
		"an SD-JWT without its last tilde":     {func(w *town) { w.after = func(_, c string) string { return strings.TrimSuffix(c, "~") } }, ""},
		"a bbs-2023 claim changed on the way":  {replace("Synthia Beispielmann", "Synthia Musterfrau"), ""},
		"a bbs-2023 validity changed":          {replace("2026-12-31T16:00:00Z", "2036-12-31T16:00:00Z"), "header"},
		"a bbs-2023 issuer changed":            {replace(`"issuer":"did:key:z`, `"issuer":"did:key:y`), ""},
		"a bbs-2023 key that is not published": {published(func(d map[string]any) { delete(d, "bbs_verification_method") }), "verification-method"},
		"another bbs-2023 key published": {published(func(d map[string]any) {
			k, _ := bbs.GenerateKey()
			d["bbs_verification_method"] = bbs2023.VerificationMethod(k.PublicKey())
		}), "verification-method"},
		"keys of another issuer":  {published(func(d map[string]any) { d["issuer"] = "https://issuer.example" }), "issuer-keys"},
		"no published keys":       {published(func(d map[string]any) { delete(d, "jwks") }), "issuer-keys"},
		"keys here and elsewhere": {published(func(d map[string]any) { d["jwks_uri"] = "https://issuer.example/keys" }), "issuer-keys"},
		"keys over plain http":    {published(func(d map[string]any) { delete(d, "jwks"); d["jwks_uri"] = "http://issuer.example/keys" }), "issuer-keys"},
		"an empty key set":        {published(func(d map[string]any) { d["jwks"] = map[string]any{"keys": []any{}} }), "issuer-keys"},
		"two keys of one name": {func(w *town) {
			w.keys = func(d map[string]any) { s := w.jwks(); s.Keys = append(s.Keys, s.Keys[0]); d["jwks"] = s }
		}, "issuer-key"},
		"a published private key": {func(w *town) {
			w.keys = func(d map[string]any) {
				d["jwks"] = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{w.signing.Key.(jose.JSONWebKey)}}
			}
		}, "issuer-key"},
		"garbage instead of a credential": {func(w *town) { w.after = func(_, c string) string { return `{"a":1}` } }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			c.spoil(w)
			h, err := wallet.Ephemeral()
			if err != nil {
				t.Fatal(err)
			}
			h.Now = w.now
			_, err = h.Accept(t.Context(), w.offer(openid4vci.OfferOptions{}), "")
			var failed *credential.Error
			if err == nil || c.check != "" && (!errors.As(err, &failed) || failed.Check != c.check) {
				t.Errorf("got %v, want check %q", err, c.check)
			}
			if n := len(list(t, h)); n != 0 {
				t.Errorf("%d credentials kept", n)
			}
			if a := lastActivity(t, h); a.Kind != wallet.Issuance || a.Outcome == wallet.Done || a.Reason == "" || a.Party != w.issuer.URL {
				t.Errorf("log line %+v", a)
			}
			if e, err := h.Renew(t.Context()); err != nil || len(e) != 0 {
				t.Errorf("something was left to renew: %v, %v", e, err)
			}
		})
	}
}

func TestAcceptRefusesOffers(t *testing.T) {
	w := newTown(t)
	h, _ := w.create()
	good := w.offer(openid4vci.OfferOptions{})
	for name, c := range map[string]struct {
		link           string
		configurations []string
	}{
		"nothing":                      {"", nil},
		"another scheme":               {"openid4vp://?request_uri=x", nil},
		"an offer that is not there":   {openid4vci.ReferenceURI(w.issuer.URL + "/offers/none"), nil},
		"a configuration not offered":  {good, []string{"driving-licence"}},
		"a configuration named twice":  {good, []string{"person-bbs", "person-bbs"}},
		"an issuer that is not there":  {`openid-credential-offer://?credential_offer={"credential_issuer":"http://127.0.0.1:1","credential_configuration_ids":["a"],"grants":{"urn:ietf:params:oauth:grant-type:pre-authorized_code":{"pre-authorized_code":"x"}}}`, nil},
		"an issuer without encryption": {`openid-credential-offer://?credential_offer={"credential_issuer":"http://issuer.example","credential_configuration_ids":["a"],"grants":{"urn:ietf:params:oauth:grant-type:pre-authorized_code":{"pre-authorized_code":"x"}}}`, nil},
	} {
		if _, err := h.Accept(t.Context(), c.link, "", c.configurations...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := h.Accept(t.Context(), good, "", "person-bbs"); err != nil {
		t.Errorf("the good offer after all that: %v", err)
	}
	if _, err := h.Accept(t.Context(), good, ""); err == nil {
		t.Error("an offer was redeemed twice")
	}
	if got := list(t, h); len(got) != 1 || got[0].Configuration != "person-bbs" {
		t.Errorf("kept %+v", got)
	}
}

func TestInterruptedIssuanceIsFinishedByRenew(t *testing.T) {
	w := newTown(t)
	w.failing = true
	h, path := w.create()
	_, err := h.Accept(t.Context(), w.offer(openid4vci.OfferOptions{}), "")
	if err == nil || len(list(t, h)) != 0 || !strings.Contains(err.Error(), "renew fetches the rest") {
		t.Fatalf("got %v and %d credentials", err, len(list(t, h)))
	}
	h.Close()
	h = w.reopen(path)
	w.failing = false
	entries, err := h.Renew(t.Context())
	if err != nil || len(entries) != 2 {
		t.Fatalf("got %d credentials, %v", len(entries), err)
	}
	if e, err := h.Renew(t.Context()); err != nil || len(e) != 0 {
		t.Errorf("a second time: %v, %v", e, err)
	}
	if _, err := h.Present(t.Context(), w.ask([]string{spec.Sex}, credential.SDJWT).RequestURI, agree); err != nil {
		t.Error(err)
	}
}

func TestRenewReplacesWhatIsNearItsEnd(t *testing.T) {
	w := newTown(t)
	h, path := w.equipped()
	before := list(t, h)
	if e, err := h.Renew(t.Context()); err != nil || len(e) != 0 {
		t.Fatalf("renewed too early: %v, %v", e, err)
	}
	if _, err := h.Present(t.Context(), w.ask([]string{spec.Sex}, credential.SDJWT).RequestURI, agree); err != nil {
		t.Fatal(err)
	}
	bound := before[slices.IndexFunc(before, func(e wallet.Entry) bool { return e.Format == credential.SDJWT })].ID
	oldKey := h.KeyOf(bound)
	w.pass(28 * 24 * time.Hour) // 20 December; the end is on 31 December
	renewed, err := h.Renew(t.Context())
	if err != nil || len(renewed) != 2 {
		t.Fatalf("renewed %v, %v", renewed, err)
	}
	h.Close()
	h = w.reopen(path)
	if newKey := h.KeyOf(bound); oldKey == "" || newKey == oldKey || !h.HasKey(newKey) || h.HasKey(oldKey) {
		t.Errorf("key %q was replaced by %q", oldKey, newKey)
	}
	after := list(t, h)
	if len(after) != 2 {
		t.Fatalf("%d credentials after renewal", len(after))
	}
	for i := range after {
		if after[i].ID != before[i].ID || !after[i].ValidUntil.After(before[i].ValidUntil) || after[i].Shown != 0 {
			t.Errorf("before %+v after %+v", before[i], after[i])
		}
	}
	w.pass(14 * 24 * time.Hour) // beyond the first end
	p := w.ask([]string{spec.Sex}, credential.SDJWT)
	if _, err := h.Present(t.Context(), p.RequestURI, agree); err != nil || !w.result(p).Verdict.Accepted {
		t.Errorf("presentation of the renewed credential: %v", err)
	}
	kinds := []wallet.Kind{}
	log, _ := h.Log()
	for _, a := range log {
		kinds = append(kinds, a.Kind)
	}
	if !slices.Equal(kinds, []wallet.Kind{wallet.Issuance, wallet.Presentation, wallet.Renewal, wallet.Presentation}) {
		t.Errorf("log of %v", kinds)
	}
}

func TestRefusedRenewalLosesNothing(t *testing.T) {
	w := newTown(t)
	h, _ := w.equipped()
	before := list(t, h)
	w.pass(28 * 24 * time.Hour)
	w.renewal = &openid4vci.Error{Status: 400, Code: openid4vci.AccessDenied, Description: "ordered not to renew"}
	_, err := h.Renew(t.Context())
	var refused *wallet.RenewalRefused
	if !errors.As(err, &refused) || refused.Err.Code != openid4vci.AccessDenied || !refused.ValidUntil.Equal(before[0].ValidUntil) || len(refused.Credentials) != 2 {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(err.Error(), "ordered not to renew") || !strings.Contains(err.Error(), "good until 2026-12-31T16:00:00Z") {
		t.Errorf("unclear: %v", err)
	}
	if a := lastActivity(t, h); a.Kind != wallet.Renewal || a.Outcome != wallet.Refused {
		t.Errorf("log line %+v", a)
	}
	for _, f := range []credential.Format{credential.SDJWT, credential.BBS2023} {
		if _, err := h.Present(t.Context(), w.ask([]string{spec.Sex}, f).RequestURI, agree); err != nil {
			t.Errorf("%s after the refusal: %v", f, err)
		}
	}
	w.renewal = nil
	if e, err := h.Renew(t.Context()); err != nil || len(e) != 2 {
		t.Errorf("after the order was lifted: %v, %v", e, err)
	}
}

func TestBadRenewalKeepsTheOldCredential(t *testing.T) {
	w := newTown(t)
	h, _ := w.equipped()
	w.pass(28 * 24 * time.Hour)
	w.template = func(t *sdjwt.Template) { t.Type = "https://halfmask.example/vct/other" }
	if _, err := h.Renew(t.Context()); err == nil {
		t.Fatal("no error")
	}
	for _, f := range []credential.Format{credential.SDJWT, credential.BBS2023} {
		if _, err := h.Present(t.Context(), w.ask([]string{spec.Sex}, f).RequestURI, agree); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
	w.template = nil
	if e, err := h.Renew(t.Context()); err != nil || len(e) != 2 {
		t.Errorf("once the issuer is well again: %v, %v", e, err)
	}
}
