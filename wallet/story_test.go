package wallet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/verifier"
	"github.com/halfmask/halfmask/wallet"
)

func TestAcceptPresentReopen(t *testing.T) {
	w := newTown(t)
	h, path := w.create()
	entries, err := h.Accept(t.Context(), w.offer(openid4vci.OfferOptions{}), "")
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 {
		t.Fatalf("%d credentials, want 2", len(entries))
	}
	for _, e := range entries {
		if e.Issuer != w.issuer.URL || !reflect.DeepEqual(e.Claims, person) || !e.ValidAt(w.now()) || e.ID == "" {
			t.Errorf("entry %+v", e)
		}
	}
	if !reflect.DeepEqual(list(t, h), entries) {
		t.Error("List differs from what Accept gave")
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = w.reopen(path)
	if got := list(t, h); !reflect.DeepEqual(got, entries) {
		t.Errorf("after reopening: %+v", got)
	}
	for _, f := range []credential.Format{credential.BBS2023, credential.SDJWT} {
		p := w.ask([]string{spec.AgeOver18}, f)
		var ask wallet.Ask
		r, err := h.Present(t.Context(), p.RequestURI, func(a wallet.Ask) bool { ask = a; return true })
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		if ask.Verifier != w.address.URL || !slices.Equal(ask.Disclosed(), []string{spec.AgeOver18}) || ask.Problem != nil || len(ask.Shows) != 1 || ask.Shows[0].Credential.Format != f {
			t.Errorf("%s: asked %+v", f, ask)
		}
		if want := map[credential.Format]holder.Linkability{credential.BBS2023: holder.RepeatsNothing, credential.SDJWT: holder.RepeatsForIssuer}[f]; ask.Linkable != want {
			t.Errorf("%s: linkable: %s", f, ask.Linkable)
		}
		if !slices.Equal(r.Disclosed, []string{spec.AgeOver18}) || r.Verifier != w.address.URL {
			t.Errorf("%s: receipt %+v", f, r)
		}
		result := w.result(p)
		if result.Status != verifier.Answered || !result.Verdict.Accepted || !reflect.DeepEqual(result.Verdict.Claims, map[string]any{spec.AgeOver18: true}) {
			t.Errorf("%s: the platform has %+v", f, result)
		}
	}
	var linkable holder.Linkability
	if _, err := h.Present(t.Context(), w.ask([]string{spec.AgeOver18}, credential.SDJWT).ByValue, func(a wallet.Ask) bool { linkable = a.Linkable; return true }); err != nil {
		t.Fatal(err)
	}
	if linkable != holder.RepeatsForAll {
		t.Errorf("second showing of the SD-JWT: %s", linkable)
	}
	for _, e := range list(t, h) {
		if want := map[credential.Format]int{credential.BBS2023: 1, credential.SDJWT: 2}[e.Format]; e.Shown != want {
			t.Errorf("%s shown %d times, want %d", e.Format, e.Shown, want)
		}
	}
	log, err := h.Log()
	if err != nil || len(log) != 4 {
		t.Fatalf("log of %d lines, want 4: %v", len(log), err)
	}
	for i, a := range log {
		if a.Number != uint64(i) || a.Outcome != wallet.Done || !a.Time.Equal(w.now()) {
			t.Errorf("log line %+v", a)
		}
	}
	var request struct {
		Query openid4vp.Query `json:"dcql_query"`
		Nonce string          `json:"nonce"`
	}
	if err := json.Unmarshal(log[1].Request, &request); err != nil || request.Nonce == "" || len(request.Query.Credentials) != 1 {
		t.Errorf("kept request %s: %v", log[1].Request, err)
	}
	var out bytes.Buffer
	var exported []wallet.Activity
	if err := h.ExportLog(&out); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &exported); err != nil || len(exported) != 4 || exported[3].Disclosed[0] != spec.AgeOver18 {
		t.Errorf("exported %s: %v", out.Bytes(), err)
	}
}

func TestEphemeralDoesTheSame(t *testing.T) {
	w := newTown(t)
	h, err := wallet.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	h.Now = w.now
	if _, err := h.Accept(t.Context(), w.offer(openid4vci.OfferOptions{}), "", "person-bbs"); err != nil {
		t.Fatal(err)
	}
	p := w.ask([]string{spec.AgeOver16, spec.Sex})
	if _, err := h.Present(t.Context(), p.RequestURI, agree); err != nil {
		t.Fatal(err)
	}
	if r := w.result(p); !r.Verdict.Accepted || len(list(t, h)) != 1 || lastActivity(t, h).Kind != wallet.Presentation {
		t.Errorf("%+v", r)
	}
}

func TestAcceptWithTransactionCode(t *testing.T) {
	w := newTown(t)
	h, _ := w.create()
	link := w.offer(openid4vci.OfferOptions{TxCode: "4711", TxCodeHint: openid4vci.TxCode{Length: 4}})
	for _, wrong := range []string{"", "47", "4712"} {
		if _, err := h.Accept(t.Context(), link, wrong); err == nil {
			t.Errorf("code %q was accepted", wrong)
		}
	}
	if _, err := h.Accept(t.Context(), link, "4711"); err != nil {
		t.Error(err)
	}
	if n := len(list(t, h)); n != 2 {
		t.Errorf("%d credentials", n)
	}
}

// TestDecliningTellsTheVerifierNothingMore is about consent, R-PRE-05.
func TestDecliningTellsTheVerifierNothingMore(t *testing.T) {
	w := newTown(t)
	h, _ := w.equipped()
	declined, missing := w.ask([]string{spec.Name}), w.ask([]string{"shoe_size"})
	_, err := h.Present(t.Context(), declined.RequestURI, func(wallet.Ask) bool { return false })
	if !errors.Is(err, wallet.ErrDeclined) {
		t.Errorf("got %v, want ErrDeclined", err)
	}
	if a := lastActivity(t, h); a.Outcome != wallet.Declined || len(a.Disclosed) != 0 || !slices.Contains(a.Asked, spec.Name) || a.Request == nil {
		t.Errorf("log line %+v", a)
	}
	var problem error
	_, err = h.Present(t.Context(), missing.RequestURI, func(a wallet.Ask) bool { problem = a.Problem; return true })
	var failed *credential.Error
	if !errors.As(err, &failed) || problem == nil {
		t.Errorf("got %v, the person saw %v", err, problem)
	}
	if a := lastActivity(t, h); a.Outcome != wallet.Failed || len(a.Disclosed) != 0 {
		t.Errorf("log line %+v", a)
	}
	one, two := w.result(declined), w.result(missing)
	if one.Status != verifier.Refused || one.Error != openid4vp.AccessDenied || !reflect.DeepEqual(one, two) {
		t.Errorf("the platform can tell %+v from %+v", one, two)
	}
	for _, e := range list(t, h) {
		if e.Shown != 0 {
			t.Errorf("%s counts as shown", e.Format)
		}
	}
}

func TestExpiredCredentialsAreNotShown(t *testing.T) {
	w := newTown(t)
	h, _ := w.equipped()
	w.pass(60 * 24 * time.Hour)
	_, err := h.Present(t.Context(), w.ask([]string{spec.Name}).RequestURI, agree)
	if err == nil || !strings.Contains(err.Error(), "2 more in the wallet, not valid now") {
		t.Errorf("got %v", err)
	}
}

func TestVerifierRefusalIsReported(t *testing.T) {
	w := newTown(t)
	h, _ := w.equipped()
	p := w.ask([]string{spec.Name})
	if _, err := h.Present(t.Context(), p.RequestURI, agree); err != nil {
		t.Fatal(err)
	}
	_, err := h.Present(t.Context(), p.ByValue, agree) // a second answer to one request
	var refused *openid4vp.Error
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want *openid4vp.Error", err)
	}
	if a := lastActivity(t, h); a.Outcome != wallet.Refused || len(a.Disclosed) != 1 {
		t.Errorf("log line %+v", a)
	}
}

func TestLostAnswerStaysInTheLog(t *testing.T) {
	w := newTown(t)
	h, _ := w.equipped()
	p := w.ask([]string{spec.Name})
	_, err := h.Present(t.Context(), p.RequestURI, func(wallet.Ask) bool { w.address.CloseClientConnections(); w.address.Close(); return true })
	if err == nil {
		t.Fatal("no error")
	}
	if a := lastActivity(t, h); a.Outcome != wallet.Sent || len(a.Disclosed) != 1 || a.Reason == "" {
		t.Errorf("log line %+v", a)
	}
}

func TestConcurrentPresentations(t *testing.T) {
	w := newTown(t)
	h, _ := w.equipped()
	var wg sync.WaitGroup
	for range 8 {
		uri := w.ask([]string{spec.AgeOver18}, credential.SDJWT).RequestURI
		wg.Go(func() {
			if _, err := h.Present(context.Background(), uri, agree); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	log, err := h.Log()
	if err != nil || len(log) != 9 {
		t.Errorf("log of %d lines, want 9: %v", len(log), err)
	}
	for _, e := range list(t, h) {
		if e.Format == credential.SDJWT && e.Shown != 8 {
			t.Errorf("shown %d times, want 8", e.Shown)
		}
	}
}

func TestPresentRefusesRequests(t *testing.T) {
	w := newTown(t)
	h, _ := w.equipped()
	called := false
	for name, uri := range map[string]string{
		"another scheme":     "https://platform.example/?client_id=x",
		"no client":          "openid4vp://?request_uri=" + w.address.URL,
		"an unknown request": openid4vp.ByReference(w.platform.ClientID(), w.address.URL+"/requests/none"),
		"plain http outside": openid4vp.ByReference("redirect_uri:http://platform.example/r", "http://platform.example/requests/1"),
		"nothing":            "",
	} {
		if _, err := h.Present(t.Context(), uri, func(wallet.Ask) bool { called = true; return true }); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if called {
		t.Error("the person was asked about an unusable request")
	}
	if _, err := h.Present(t.Context(), w.ask([]string{spec.Name}).RequestURI, nil); err == nil {
		t.Error("presented without anybody to ask")
	}
}
