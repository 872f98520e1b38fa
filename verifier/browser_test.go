package verifier_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/verifier"
)

// browser keeps the cookies of one browser.
type browser struct{ cookies []*http.Cookie }

func (b *browser) begin(w *world, t verifier.Terms) *verifier.Pending {
	w.Helper()
	rec := httptest.NewRecorder()
	p := must[*verifier.Pending](w)(w.server.Begin(rec, verifier.QueryFor(adult), t))
	b.cookies = rec.Result().Cookies()
	return p
}

func (b *browser) back(w *world, code string) (verifier.Result, error) {
	r := httptest.NewRequest(http.MethodGet, "/back", nil)
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	return w.server.Return(r, code)
}

// answer has the person with the wallet answer, and gives the response code.
func (w *world) answer(p *verifier.Pending) string {
	w.Helper()
	r := must[*openid4vp.Request](w)(w.wallet.Fetch(context.Background(), p.RequestURI))
	redirect := must[string](w)(w.wallet.Respond(context.Background(), r, w.present(r, w.bbs)))
	_, code, _ := strings.Cut(redirect, "#response_code=")
	return code
}

func failsCheck(t *testing.T, err error, check string) {
	t.Helper()
	var failed *credential.Error
	if !errors.As(err, &failed) || failed.Check != check {
		t.Errorf("error %v, want a failed check %s", err, check)
	}
}

var returning = verifier.Terms{ReturnTo: "https://platform.example/back"}

func TestSameDevice(t *testing.T) {
	w := newWorld(t)
	var own browser
	p := own.begin(w, returning)
	if c := own.cookies[0]; !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || strings.Contains(p.RequestURI, c.Value) {
		t.Errorf("cookie %v", c)
	}
	if r, err := own.back(w, ""); err != nil || r.Status != verifier.Waiting {
		t.Errorf("before the answer: %+v, %v", r, err)
	}
	r, err := own.back(w, w.answer(p))
	if err != nil || r.Verdict == nil || !r.Verdict.Accepted {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestCrossDevice(t *testing.T) {
	w := newWorld(t)
	var own, other browser
	p := own.begin(w, verifier.Terms{})
	if code := w.answer(p); code != "" {
		t.Errorf("a response code %q where nobody returns", code)
	}
	if r, err := own.back(w, ""); err != nil || r.Verdict == nil || !r.Verdict.Accepted {
		t.Errorf("%+v, %v", r, err)
	}
	_, err := other.back(w, "")
	failsCheck(t, err, "browser-session")
}

// TestCrossDeviceFixation: an attacker begins a login, has somebody else
// answer it, and gets nothing; nor is that person logged in as the attacker.
func TestCrossDeviceFixation(t *testing.T) {
	w := newWorld(t)
	var attacker, victim browser
	p := attacker.begin(w, returning)
	victim.begin(w, returning) // a login of his own
	code := w.answer(p)        // the wallet's browser, which is the victim's, gets the code
	r, err := attacker.back(w, "")
	failsCheck(t, err, "response-code")
	if r.Verdict != nil {
		t.Error("the attacker got the verdict")
	}
	_, err = attacker.back(w, "guessed")
	failsCheck(t, err, "response-code")
	if r, err = victim.back(w, code); err == nil && r.Verdict != nil {
		t.Error("the victim's browser took the answer to the attacker's request")
	}
	_, err = (&browser{}).back(w, code)
	failsCheck(t, err, "browser-session")
	_, err = (&browser{[]*http.Cookie{{Name: attacker.cookies[0].Name, Value: p.ID + "."}}}).back(w, code)
	failsCheck(t, err, "browser-session")
}

// Requests that no browser began have no browser to return to.
func TestReturnNeedsBegin(t *testing.T) {
	w := newWorld(t)
	p := w.request(verifier.QueryFor(adult))
	w.answer(p)
	_, err := (&browser{[]*http.Cookie{{Name: "halfmask-login", Value: p.ID + "."}}}).back(w, "")
	failsCheck(t, err, "browser-session")
}
