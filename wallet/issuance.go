package wallet

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/wallet/internal/vault"
)

// Accept redeems a credential offer (OpenID4VCI 1.0 section 4.1): the link
// openid-credential-offer://… or the https address of one. txCode is "" when
// the offer asks for none; an offer that asks the person to log in takes them
// to the Browser. Of the offered configurations those named are
// obtained, or, when none is named, all that this wallet keeps (dc+sd-jwt,
// ldp_vc, and the JWP form of spec/jwpbbs.md).
//
// Each credential is verified before anything is kept: issuer's signature,
// type, time, and that it is bound to the key made for it. Either all of them
// are kept, with what renews them, or none. A full disk is found out, as
// ErrFull, before the offer's one-time code is sent. When the issuer took the
// code but the credentials could not be fetched, the grant is kept and Renew
// tries again; should that grant not be kept either, the offer is used up and
// the error says so. The errors about content are *credential.Error, the
// issuer's refusals *openid4vci.Error.
func (w *Wallet) Accept(ctx context.Context, offerURI, txCode string, configurations ...string) ([]Entry, error) {
	w.issuing.Lock()
	defer w.issuing.Unlock()
	o := w.obtain(nil)
	offer, err := o.client.Offer(ctx, offerURI)
	if err != nil {
		return nil, fmt.Errorf("wallet: accept: %w", err)
	}
	entries, err := o.accept(ctx, offer, txCode, configurations)
	if err != nil {
		noteErr := w.note(Activity{Kind: Issuance, Outcome: outcomeOf(err), Party: offer.Issuer, Reason: err.Error()})
		return nil, errors.Join(fmt.Errorf("wallet: accept: %w", err), noteErr)
	}
	return entries, nil
}

func (o *obtaining) accept(ctx context.Context, offer *openid4vci.Offer, txCode string, wanted []string) ([]Entry, error) {
	err := o.meet(ctx, offer.Issuer)
	if err != nil {
		return nil, err
	}
	if o.wanted, err = choose(offer, o.metadata, wanted); err != nil {
		return nil, err
	}
	o.pending = o.wanted
	if err := o.w.reserve(len(o.wanted)); err != nil {
		return nil, fmt.Errorf("%w (the offer is not used up: make room and accept it again)", err)
	}
	err = o.first(ctx, offer, txCode)
	for err == nil && len(o.pending) > 0 {
		err = o.next(ctx)
	}
	var entries []Entry
	if err == nil {
		entries, err = o.keep(Activity{Kind: Issuance, Outcome: Done, Party: offer.Issuer})
	}
	if err != nil {
		return nil, errors.Join(o.advise(err), o.abandon(err))
	}
	return entries, nil
}

// advise tells the person what is left of the offer.
func (o *obtaining) advise(why error) error {
	switch {
	case o.grant == nil:
		return why
	case o.unfinished(why):
		return fmt.Errorf("%w (the offer is redeemed; renew fetches the rest)", why)
	default:
		return fmt.Errorf("%w (the offer is used up; enroll again for a new one)", why)
	}
}

// choose gives the configurations to obtain, in the order of the offer when
// none is named.
func choose(offer *openid4vci.Offer, metadata *openid4vci.IssuerMetadata, named []string) ([]string, error) {
	const clause = "OpenID4VCI 1.0 section 4.1.1"
	if len(named) > 0 {
		for i, name := range named {
			if !offer.Offers(name) {
				return nil, credential.Failed("offer-configuration", clause, "%.80q is not offered; offered: %q", name, offer.Configurations)
			}
			if slices.Contains(named[:i], name) {
				return nil, fmt.Errorf("configuration %q is named twice", name)
			}
		}
		return slices.Clone(named), nil
	}
	var chosen []string
	for _, name := range offer.Configurations {
		if keeps(metadata.Configurations[name]) {
			chosen = append(chosen, name)
		}
	}
	if len(chosen) == 0 {
		return nil, credential.Failed("offer-configuration", clause, "none of the offered configurations %q is of a format that this wallet keeps", offer.Configurations)
	}
	return chosen, nil
}

func keeps(c openid4vci.CredentialConfiguration) bool {
	switch c.Format {
	case credential.SDJWT, credential.BBS2023:
		return true
	case credential.JWPBBS:
		return c.Type == jwpbbs.PersonType
	}
	return false
}

// obtaining is an issuance on its way.
type obtaining struct {
	w        *Wallet
	client   *openid4vci.Client
	metadata *openid4vci.IssuerMetadata
	keys     *issuerKeys
	grant    *keptGrant // nil until the issuer gave one
	stored   bool       // the vault has the grant with the token that is good now
	wanted   []string   // configurations to obtain
	pending  []string   // those of them still to come
	came     []kept
	made     []string // names of keys made on the way
	old      []string // names of keys that are replaced
}

// obtain begins an issuance.
func (w *Wallet) obtain(grant *keptGrant) *obtaining {
	o := &obtaining{w: w, client: w.issuance(), grant: grant, stored: grant != nil}
	o.client.Granted = o.granted
	return o
}

// meet fetches what the issuer says of itself, before anything is spent.
func (o *obtaining) meet(ctx context.Context, issuer string) (err error) {
	if o.metadata, err = o.client.Metadata(ctx, issuer); err != nil {
		return err
	}
	o.keys, err = o.w.issuerKeys(ctx, issuer)
	return err
}

// first redeems the offer for the first configuration.
func (o *obtaining) first(ctx context.Context, offer *openid4vci.Offer, txCode string) error {
	if offer.Grants.PreAuthorized == nil {
		return o.logIn(ctx, offer)
	}
	b, err := o.bind(o.pending[0])
	if err != nil {
		return err
	}
	raw, _, err := o.client.Accept(ctx, offer, o.pending[0], txCode, b.prover())
	return o.take(raw, err, b)
}

// next uses the grant for the next configuration.
func (o *obtaining) next(ctx context.Context) error {
	if o.grant == nil || o.grant.RefreshToken == "" {
		return fmt.Errorf("%q was not obtained: the issuer gave no refresh token, so its offer is good for one configuration", o.pending)
	}
	o.grant.Pending = o.wanted
	if err := o.w.write(o.grant); err != nil { // a full disk shows before the token is spent
		return err
	}
	b, err := o.bind(o.pending[0])
	if err != nil {
		return err
	}
	last := o.grant.Grant
	raw, _, err := o.client.Renew(ctx, &last, o.pending[0], b.prover())
	return o.take(raw, err, b)
}

// bound is what a credential is asked to be bound to: a key of its own, the
// wallet's link secret, or neither.
type bound struct {
	key  *vault.Key
	link *openid4vci.LinkSecret
}

func (b bound) prover() openid4vci.Prover {
	switch {
	case b.key != nil:
		return openid4vci.Keys{b.key.SigningKey()}
	case b.link != nil:
		return b.link
	}
	return nil
}

func (o *obtaining) bind(configuration string) (bound, error) {
	config := o.metadata.Configurations[configuration]
	switch {
	case !config.BindsKey():
		return bound{}, nil
	case config.Format == credential.JWPBBS:
		secret, err := o.w.linkSecret()
		return bound{link: &openid4vci.LinkSecret{Secret: secret}}, err
	}
	key, err := o.w.vault.NewKey()
	if err != nil {
		return bound{}, err
	}
	o.made = append(o.made, key.ID)
	return bound{key: key}, nil
}

// granted keeps a grant as soon as the issuer gave it, because the code or
// token before it is spent.
func (o *obtaining) granted(grant *openid4vci.Grant) error {
	if o.grant == nil {
		o.grant = &keptGrant{Name: newName()}
	}
	o.stored = o.stored && grant.RefreshToken == o.grant.RefreshToken
	o.grant.Grant, o.grant.Pending = *grant, o.wanted // what came is not kept yet
	if grant.RefreshToken == "" {
		return nil
	}
	if err := o.w.write(o.grant); err != nil {
		return err
	}
	o.stored = true
	return nil
}

// take looks at the credential that came.
func (o *obtaining) take(raw []string, err error, b bound) error {
	if err != nil {
		return err
	}
	if len(raw) != 1 {
		return credential.Failed("credential-response", clauseReceived, "%d credentials came for one key", len(raw))
	}
	name := o.pending[0]
	k, err := o.w.verify(received{raw[0], name, o.metadata.Configurations[name], o.keys, b})
	if err != nil {
		return &unverified{err}
	}
	k.ID, k.Grant, k.Place = newName(), o.grant.Name, len(o.came)
	o.came = append(o.came, *k)
	o.pending = o.pending[1:]
	return nil
}

// unverified marks what an issuer sent and should not have: a grant that
// gave it is not worth keeping.
type unverified struct{ error }

func (u *unverified) Unwrap() error { return u.error }

// keep writes what came, its grant and the log line in one transaction.
func (o *obtaining) keep(a Activity) ([]Entry, error) {
	a.Credentials = ids(o.came)
	o.w.mu.Lock()
	defer o.w.mu.Unlock()
	a, n := o.w.next(a)
	things := []recorder{a, n}
	if o.grant != nil {
		o.grant.Pending = nil
		things = append(things, o.grant)
	}
	entries := make([]Entry, len(o.came))
	for i, k := range o.came {
		things = append(things, k)
		entries[i] = k.Entry
	}
	if err := o.w.write(things...); err != nil {
		return nil, err
	}
	return entries, o.deleteKeys(o.old)
}

// unfinished tells that the vault has a grant with which to try again, and
// that it brought nothing bad.
func (o *obtaining) unfinished(why error) bool {
	var bad *unverified
	return o.stored && !errors.As(why, &bad)
}

// abandon forgets the keys that were made, and the grant too when what it
// brought was bad or its token is spent.
func (o *obtaining) abandon(why error) error {
	if o.grant != nil && !o.unfinished(why) {
		if err := o.w.write(forgotten{kindGrant, o.grant.Name}); err != nil {
			return err
		}
	}
	return o.deleteKeys(o.made)
}

func (o *obtaining) deleteKeys(names []string) error {
	for _, name := range names {
		if err := o.w.vault.DeleteKey(name); err != nil {
			return err
		}
	}
	return nil
}

func outcomeOf(err error) Outcome {
	var refusal *openid4vci.Error
	if errors.As(err, &refusal) {
		return Refused
	}
	return Failed
}
