package wallet

import (
	"context"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vci"
)

// ClientID is what the wallet calls itself at an issuer where the person logs
// in. All wallets of this program have the same.
const ClientID = "halfmask-wallet"

// Browser takes the person to an issuer that wants them to log in.
type Browser interface {
	// RedirectURI is where the issuer sends the browser back to.
	RedirectURI() string
	// Visit opens the page and gives the address at which the browser came
	// back, with its query.
	Visit(ctx context.Context, page string) (callback string, err error)
}

// logIn redeems an offer that asks the person to log in (OpenID4VCI 1.0
// section 5) for the first configuration.
func (o *obtaining) logIn(ctx context.Context, offer *openid4vci.Offer) error {
	browser := o.w.Browser
	if browser == nil {
		return credential.Failed("offer-grant", "OpenID4VCI 1.0 section 4.1.1", "the offer asks the person to log in, and there is no browser here")
	}
	a, err := o.client.Authorize(ctx, offer, o.wanted, openid4vci.Wallet{ClientID: ClientID, RedirectURI: browser.RedirectURI()})
	if err != nil {
		return err
	}
	callback, err := browser.Visit(ctx, a.URL)
	if err != nil {
		return err
	}
	grant, err := o.client.Redeem(ctx, a, callback)
	if err != nil {
		return err
	}
	b, err := o.bind(o.pending[0])
	if err != nil {
		return err
	}
	raw, _, err := o.client.Obtain(ctx, grant, o.pending[0], b.prover())
	return o.take(raw, err, b)
}
