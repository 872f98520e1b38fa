package wallet_test

import (
	"context"
	"errors"
	"testing"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vci"
)

// lost is a browser that never comes back.
type lost struct{}

func (lost) RedirectURI() string { return "http://127.0.0.1:1/callback" }

func (lost) Visit(context.Context, string) (string, error) { return "", errors.New("lost") }

// TestLoginRefuses brings offers that ask the person to log in.
func TestLoginRefuses(t *testing.T) {
	w := newTown(t)
	h, _ := w.create()
	offer := &openid4vci.Offer{
		Issuer: w.issuer.URL, Configurations: []string{"person-bbs"},
		Grants: openid4vci.Grants{AuthorizationCode: &openid4vci.AuthorizationCode{IssuerState: "s"}},
	}
	var failed *credential.Error
	if _, err := h.Accept(t.Context(), offer.URI(), ""); !errors.As(err, &failed) || failed.Check != "offer-grant" {
		t.Errorf("without a browser: %v", err)
	}
	h.Browser = lost{}
	if _, err := h.Accept(t.Context(), offer.URI(), ""); !errors.As(err, &failed) || failed.Check != "grant-type" {
		t.Errorf("at an issuer without a login: %v", err)
	}
	if got := list(t, h); len(got) != 0 {
		t.Errorf("%d credentials", len(got))
	}
}
