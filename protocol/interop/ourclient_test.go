package interop

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/credential/sdjwt"
	"github.com/halfmask/halfmask/protocol/openid4vci"
)

// way is one from an offer of their issuer to a credential, that our
// openid4vci.Client walks. with says what the issuer is to ask for.
type way struct {
	name          string
	with          document
	notify, renew bool
}

// walk walks it, and demands that their issuer reports success.
func (o way) walk(t *testing.T, row *row, issuer *counterpart) {
	t.Helper()
	with := document{"configuration": "member", "vct": memberType, "claims": memberClaims}
	for name, value := range o.with {
		with[name] = value
	}
	var begun struct{ Offer, TxCode string }
	issuer.must("begin", with, &begun)
	err := o.redeem(t.Context(), begun.Offer, begun.TxCode)
	var issued bool
	if issuer.must("issued", nil, &issued); err == nil && !issued {
		err = errors.New("their issuer reports nothing issued")
	}
	if err == nil && o.notify {
		var event openid4vci.Event
		issuer.must("notified", nil, &event)
		err = alike(event, openid4vci.Accepted)
	}
	row.accepts(t, o.name, err)
}

func (o way) redeem(ctx context.Context, link, txCode string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	keys := openid4vci.Keys{{Algorithm: jose.ES256, Key: key}}
	client := &openid4vci.Client{}
	offer, err := client.Offer(ctx, link)
	if err != nil {
		return err
	}
	var credentials []string
	var grant *openid4vci.Grant
	if offer.Grants.PreAuthorized != nil {
		credentials, grant, err = client.Accept(ctx, offer, "member", txCode, keys)
	} else {
		if grant, err = login(ctx, client, offer); err != nil {
			return err
		}
		credentials, grant, err = client.Obtain(ctx, grant, "member", keys)
	}
	var deferred *openid4vci.Deferred
	if errors.As(err, &deferred) {
		time.Sleep(deferred.Interval)
		credentials, grant, err = client.Fetch(ctx, grant, deferred)
	}
	if err == nil && o.renew {
		credentials, grant, err = client.Renew(ctx, grant, "member", keys)
	}
	if err == nil && o.notify {
		err = client.Notify(ctx, grant, openid4vci.Accepted, "")
	}
	if err != nil {
		return err
	}
	if o.with["dpop"] == true && grant.DPoPKey == nil {
		return errors.New("the tokens are bearer tokens")
	}
	return issuedTo(&key.PublicKey, offer.Issuer, credentials)
}

// login lets the person log in, in a browser that goes as far as the redirect
// URI.
func login(ctx context.Context, client *openid4vci.Client, offer *openid4vci.Offer) (*openid4vci.Grant, error) {
	a, err := client.Authorize(ctx, offer, []string{"member"}, openid4vci.Wallet{ClientID: "wallet", RedirectURI: redirectURI})
	if err != nil {
		return nil, err
	}
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	page, err := browser.Get(a.URL)
	if err != nil {
		return nil, err
	}
	defer page.Body.Close()
	return client.Redeem(ctx, a, page.Header.Get("Location"))
}

// issuedTo demands one good credential of an issuer, by the key that it
// publishes, for a holder's key.
func issuedTo(holder *ecdsa.PublicKey, issuer string, credentials []string) error {
	if len(credentials) != 1 {
		return errors.New("not one credential")
	}
	address, err := openid4vci.WellKnown(issuer, "jwt-vc-issuer")
	if err != nil {
		return err
	}
	var published struct{ JWKS jose.JSONWebKeySet }
	if err := getJSON(address, &published); err != nil {
		return err
	}
	v, err := sdjwt.VerifyIssued(credentials[0], func(jws.Signer) (*jose.JSONWebKey, error) { return &published.JWKS.Keys[0], nil }, sdjwt.Policy{Type: memberType})
	if err != nil {
		return err
	}
	if !v.HolderKey.Key.(*ecdsa.PublicKey).Equal(holder) {
		return errors.New("bound to another key")
	}
	return nil
}
