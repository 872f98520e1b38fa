package issuer

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
)

func TestApplicantAndOperator(t *testing.T) {
	o := newTown(t, "/tenant", nil)
	applicant := &Applicant{Issuer: o.url, HTTP: o.http}
	operator := &Operator{Issuer: o.url, Token: operatorToken, HTTP: o.http}

	s := o.submission(adult, spec.ResidentIdentityCard, mint.Options{})
	answer, err := applicant.Enroll(t.Context(), *s)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Decision.Outcome != spec.Accepted || answer.Offer == nil || !strings.HasPrefix(answer.Link, openid4vci.OfferScheme+"://") {
		t.Errorf("answer %+v", answer)
	}

	var refused *RefusedError
	if _, err := applicant.Enroll(t.Context(), *s); !errors.As(err, &refused) || refused.Rule != spec.RulePhone || refused.Check != "phone-code-none" {
		t.Errorf("with a phone code that was used: %v", err)
	}
	if err := applicant.SendPhoneCode(t.Context(), "tel"); !errors.As(err, &refused) || refused.Field != "phone" {
		t.Errorf("a code for no number: %v", err)
	}

	order := Order{DocumentType: string(spec.ResidentIdentityCard), DocumentNumber: "1"}
	if _, err := operator.Order(t.Context(), order); !refusedWith(err, "unknown_person") {
		t.Errorf("an order against nobody: %v", err)
	}
	order.DocumentNumber = o.server.People()[0].Attributes.DocumentNumber
	if done, err := operator.Order(t.Context(), order); err != nil || !done.Restricted || done.Since != spec.DateOf(o.now()) || !done.UntilThen.IsZero() {
		t.Errorf("an order before anything was issued: %+v, %v", done, err)
	}
	o.travelTo(o.now().AddDate(0, 0, 3))
	if done, err := operator.Order(t.Context(), order); err != nil || done.Since != spec.DateOf(o.now()).AddDays(-3) {
		t.Errorf("a second order: %+v, %v; want the day of the first", done, err)
	}
	operator.Token = "another"
	if _, err := operator.Order(t.Context(), order); !refusedWith(err, openid4vci.InvalidToken) {
		t.Errorf("without the operator's token: %v", err)
	}
}

func TestApplicantRefuses(t *testing.T) {
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("evidence reached a stranger") }))
	defer stranger.Close()
	for _, c := range []struct {
		name  string
		serve http.HandlerFunc
		want  string
	}{
		{"a redirect to a stranger", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, stranger.URL, http.StatusTemporaryRedirect)
		}, "redirect"},
		{"an endless answer", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(make([]byte, maxAnswer+1)) }, "longer than"},
		{"an answer that is not JSON", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("<html>")) }, "cannot be read"},
		{"an error page", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusBadGateway) }, "502"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(c.serve)
			defer server.Close()
			if err := (&Applicant{Issuer: server.URL}).SendPhoneCode(t.Context(), "+861000000000"); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error that says %q", err, c.want)
			}
		})
	}
	t.Run("http outside this machine", func(t *testing.T) {
		if err := (&Applicant{Issuer: "http://issuer.example"}).SendPhoneCode(t.Context(), "+861000000000"); err == nil || !strings.Contains(err.Error(), "https is required") {
			t.Errorf("got %v", err)
		}
	})
}
