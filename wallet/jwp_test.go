package wallet_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
	"github.com/halfmask/halfmask/wallet"
)

var native = openid4vci.OfferOptions{Configurations: []string{"person-jwp"}}

// prove asks for an age and a pseudonym, and gives the account.
func (w *town) prove(h *wallet.Wallet, consent func(wallet.Ask) bool) (account string) {
	w.t.Helper()
	p, err := w.platform.Request(verifier.Proving(&openid4vp.PseudonymQuery{}, spec.RealPerson, "age_over_21"))
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := h.Present(context.Background(), p.RequestURI, consent); err != nil {
		w.t.Fatal(err)
	}
	r := w.result(p)
	if r.Verdict == nil || !r.Verdict.Accepted || !reflect.DeepEqual(r.Verdict.Claims, map[string]any{spec.RealPerson: true, "age_over_21": true}) {
		w.t.Fatalf("the platform has %+v", r)
	}
	return r.Verdict.Account
}

func TestNativeForm(t *testing.T) {
	w := newTown(t)
	h, path := w.create()
	entries, err := h.Accept(t.Context(), w.offer(native), "")
	if err != nil {
		t.Fatal(err)
	}
	e := entries[0]
	_, until := spec.Epoch(w.now())
	if len(entries) != 1 || e.Format != credential.JWPBBS || e.Type != jwpbbs.PersonType || !reflect.DeepEqual(e.Claims, person) || !e.ValidFrom.IsZero() || !e.ValidUntil.Equal(until) {
		t.Errorf("entry %+v", entries)
	}
	var ask wallet.Ask
	account := w.prove(h, func(a wallet.Ask) bool { ask = a; return true })
	shows := ask.Shows[0]
	if ask.Linkable != holder.RepeatsHere || shows.Pseudonym == nil || !slices.Equal(shows.Proves, []string{"21 or over on 2026-11-22", "the credential is valid on 2026-11-22"}) {
		t.Errorf("the person is asked %+v", ask)
	}
	for _, c := range shows.Claims {
		if (c.Proved == "") != (c.Name == spec.RealPerson) {
			t.Errorf("claim %+v", c)
		}
	}
	a := lastActivity(t, h)
	if !a.Pseudonym || len(a.Proved) != 2 || !slices.Equal(a.Disclosed, []string{spec.RealPerson, "age_over_21"}) {
		t.Errorf("log line %+v", a)
	}

	// Elsewhere, and later, with the same link secret.
	if err := h.Backup(path + ".backup"); err != nil {
		t.Fatal(err)
	}
	if err := h.Backup(path + ".backup"); !errors.Is(err, wallet.ErrExists) {
		t.Errorf("a backup replaces another: %v", err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{path, path + ".backup"} {
		again := w.reopen(file)
		if got := list(t, again); len(got) != 1 || got[0].ID != e.ID || !reflect.DeepEqual(got[0].Claims, e.Claims) {
			t.Errorf("%s: after reopening %+v", filepath.Base(file), got)
		}
		if got := w.prove(again, agree); got != account {
			t.Errorf("%s: another account", filepath.Base(file))
		}
		again.Close()
	}
	h = w.reopen(path)
	w.pass(30 * 24 * time.Hour)
	renewed, err := h.Renew(t.Context())
	if err != nil || len(renewed) != 1 || renewed[0].ID != e.ID || !renewed[0].ValidUntil.After(e.ValidUntil) {
		t.Fatalf("renewed %+v, %v", renewed, err)
	}
	if len(w.linkNames) != 2 || w.linkNames[0] != w.linkNames[1] {
		t.Errorf("the issuer knows the link secret by %q", w.linkNames)
	}
	if got := w.prove(h, agree); got != account {
		t.Error("another account after the renewal")
	}
	if _, err := h.Accept(t.Context(), w.offer(native), ""); err != nil {
		t.Fatal(err)
	}
	if w.linkNames[2] != w.linkNames[0] {
		t.Error("another link secret for another offer")
	}
}

// An issuer that waits for a guardian is asked again by Renew.
func TestDeferredIssuanceIsFinishedByRenew(t *testing.T) {
	w := newTown(t)
	h, _ := w.create()
	w.waiting = true
	var later *openid4vci.Deferred
	if _, err := h.Accept(t.Context(), w.offer(native), ""); !errors.As(err, &later) || !strings.Contains(err.Error(), "renew fetches the rest") {
		t.Fatalf("an issuer that waits: %v", err)
	}
	if _, err := h.Renew(t.Context()); !errors.As(err, &later) {
		t.Errorf("still waiting: %v", err)
	}
	w.waiting = false
	got, err := h.Renew(t.Context())
	if err != nil || len(got) != 1 || got[0].Format != credential.JWPBBS {
		t.Errorf("got %+v, %v", got, err)
	}
	w.prove(h, agree)
}

func TestEphemeralHasItsOwnLinkSecret(t *testing.T) {
	w := newTown(t)
	var secrets [][]byte
	for range 2 {
		h, err := wallet.Ephemeral()
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		h.Now = w.now
		if _, err := h.Accept(t.Context(), w.offer(native), ""); err != nil {
			t.Fatal(err)
		}
		w.prove(h, agree)
		secrets = append(secrets, h.LinkSecret())
		if err := h.Backup(filepath.Join(t.TempDir(), "backup")); err == nil {
			t.Error("a wallet in memory is backed up")
		}
	}
	if bytes.Equal(secrets[0], secrets[1]) || w.linkNames[0] == w.linkNames[1] {
		t.Error("two wallets have one link secret")
	}
}

func TestNativeFormRefuses(t *testing.T) {
	stranger, err := bbs.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		check string
		set   func(*town)
	}{
		"signed by a key that is not published": {"bbs-blind-signature", func(w *town) { w.jwpKey = stranger }},
		"a claim left out, which tells apart":   {"credential-claims", func(w *town) { w.days = func(c map[string]any) { delete(c, spec.Sex) } }},
		"an end of its own": {"credential-times", func(w *town) {
			w.days = func(c map[string]any) { c[jwpbbs.Expires] = c[jwpbbs.Expires].(int64) + 60 }
		}},
		"an end that is past": {"credential-times", func(w *town) {
			w.days = func(c map[string]any) { c[jwpbbs.Expires] = int64(1) << 28 }
		}},
		"a date that is none": {"claims", func(w *town) { w.days = func(c map[string]any) { c[spec.BirthDate] = uint64(1) << 40 } }},
		"a claim changed":     {"bbs-blind-signature", func(w *town) { w.after = replaceIn("~", 3) }},
		"a header of its own": {"issuer-header-population", func(w *town) { w.after = replaceIn(".", 0) }},
		"cut short":           {"form", func(w *town) { w.after = func(_, c string) string { return c[:len(c)/3] } }},
		"on another link secret": {"bbs-blind-signature", func(w *town) {
			first := ""
			w.after = func(_, c string) string {
				if first == "" {
					first = c
					return "" // the client refuses it, and its blinding is lost
				}
				return first
			}
		}},
		"no key published":  {"issuer-keys", func(w *town) { w.keys = func(d map[string]any) { delete(d, "bbs_verification_method") } }},
		"another key named": {"bbs-blind-signature", func(w *town) { w.keys = func(d map[string]any) { d["bbs_verification_method"] = methodOf(stranger) } }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			h, _ := w.create()
			c.set(w)
			if name == "on another link secret" {
				if _, err := h.Accept(t.Context(), w.offer(native), ""); err == nil {
					t.Fatal("an empty credential is accepted")
				}
			}
			_, err := h.Accept(t.Context(), w.offer(native), "")
			var failed *credential.Error
			if !errors.As(err, &failed) || failed.Check != c.check || failed.Clause == "" {
				t.Errorf("got %v, want a failed check %s", err, c.check)
			}
			if len(list(t, h)) != 0 {
				t.Error("it is kept")
			}
		})
	}
}

// replaceIn changes one part of a credential.
func replaceIn(separator string, part int) func(string, string) string {
	return func(_, c string) string {
		parts := strings.Split(c, separator)
		b, err := base64.RawURLEncoding.DecodeString(parts[part])
		if err != nil {
			panic(err)
		}
		if separator == "." {
			b = append([]byte(`{"x":1,`), b[1:]...)
		} else {
			b = []byte(map[bool]string{true: "false", false: "true"}[string(b) == "true"])
		}
		parts[part] = base64.RawURLEncoding.EncodeToString(b)
		return strings.Join(parts, separator)
	}
}

func methodOf(k *bbs.SecretKey) string { return bbs2023.VerificationMethod(k.PublicKey()) }
