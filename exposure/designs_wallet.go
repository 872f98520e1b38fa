package exposure

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/exposure/scenario"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/issuer"
	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/protocol/openid4vp"
	"github.com/halfmask/halfmask/verifier"
	"github.com/halfmask/halfmask/wallet"
)

func newSDJWTReused(e *Env) (Design, error) {
	return newWallets(e, issuer.PersonSDJWT, credential.SDJWT, scenario.Batch{Size: 1})
}

func newSDJWTBatch(e *Env) (Design, error) {
	return newWallets(e, issuer.PersonSDJWT, credential.SDJWT, e.Variant.Batch)
}

func newBBS(e *Env) (Design, error) {
	return newWallets(e, issuer.PersonBBS, credential.BBS2023, scenario.Batch{Size: 1})
}

func newBBSPseudonym(e *Env) (Design, error) {
	return newWallets(e, issuer.PersonJWP, credential.JWPBBS, scenario.Batch{Size: 1})
}

// walletDesign gives each person a wallet. Its issuer and verifiers are those
// of the wallet's own world, and so are the messages; where the wallet keeps
// its records differs (pocket).
type walletDesign struct {
	env           *Env
	phones        *enrollment.SimulatedGateway
	configuration string
	format        credential.Format
	batch         scenario.Batch
	platforms     map[string]*verifier.Server
	layout        *jwpbbs.Layout
	bbsKey        *bbs.PublicKey
	status        *statusDesk // nil without
	pockets       map[int]*pocket
}

func newWallets(e *Env, configuration string, format credential.Format, batch scenario.Batch) (*walletDesign, error) {
	signing, err := e.signingKey("sd-jwt")
	if err != nil {
		return nil, err
	}
	bbsKey, err := e.bbsKey()
	if err != nil {
		return nil, err
	}
	desk, phones := e.desk()
	url := "http://" + issuerHost
	authority, err := issuer.New(issuer.Config{URL: url, Desk: desk, BBSKey: bbsKey, OperatorToken: operatorToken,
		Now: e.Clock.Now, Epoch: e.Epoch, SigningKey: signing, BatchSize: batch.Size})
	if err != nil {
		return nil, err
	}
	layout, err := jwpbbs.PersonLayout(url)
	if err != nil {
		return nil, err
	}
	d := &walletDesign{env: e, layout: layout, bbsKey: bbsKey.PublicKey(), phones: phones, configuration: configuration, format: format, batch: batch,
		platforms: make(map[string]*verifier.Server), pockets: make(map[int]*pocket)}
	if d.status, err = newStatusDesk(e); err != nil {
		return nil, err
	}
	e.Network.Handle(issuerHost, Issuer, d.status.besideIssuer(authority))
	trusted := verifier.TrustedIssuers{SDJWT: map[string]jose.JSONWebKeySet{url: authority.JWKS()},
		BBS: []*bbs.PublicKey{d.bbsKey}, JWP: map[string]*bbs.PublicKey{url: d.bbsKey}}
	for _, p := range e.Platforms {
		server, err := verifier.New(verifier.Config{URL: "http://" + platformHost(p.ID), Issuers: trusted, Now: e.Clock.Now})
		if err != nil {
			return nil, err
		}
		d.platforms[p.ID] = server
		e.Network.Handle(platformHost(p.ID), PlatformParty(p.ID), d.status.besidePlatform(p.ID, server))
	}
	return d, nil
}

func (d *walletDesign) client() *openid4vci.Client {
	return &openid4vci.Client{HTTP: d.env.Network.Client(person), Now: d.env.Clock.Now}
}

func (d *walletDesign) Enroll(ctx context.Context, p *Person) error {
	applicant := &issuer.Applicant{Issuer: "http://" + issuerHost, HTTP: d.env.Network.Client(person)}
	s := p.Submission
	s.Password = "" // a wallet's passphrase stays with the wallet
	if err := applicant.SendPhoneCode(ctx, s.Phone); err != nil {
		return err
	}
	s.PhoneCode, _ = d.phones.Read(s.Phone)
	answer, err := applicant.Enroll(ctx, s)
	var refused *issuer.RefusedError
	if errors.As(err, &refused) && refused.Decision != nil {
		return fmt.Errorf("%w: rule %s: %s", ErrNotEnrolled, refused.Rule, refused.Field)
	}
	if err != nil {
		return err
	}
	client := d.client()
	offer, err := client.Offer(ctx, answer.Link)
	if err != nil {
		return err
	}
	k := &pocket{batch: d.batch, secret: jwpbbs.NewLinkSecret(),
		document: issuer.Order{DocumentType: string(s.Document.Kind), DocumentNumber: p.DocumentNumber}}
	prover, err := d.prover(k)
	if err != nil {
		return err
	}
	raw, grant, err := client.Accept(ctx, offer, d.configuration, "", prover)
	if err != nil {
		return err
	}
	d.pockets[p.Index] = k
	return d.take(ctx, k, raw, grant, prover)
}

// prover makes what the credentials of a batch are bound to: a key each, or a
// commitment to the link secret; nothing for those that are bound to nothing.
func (d *walletDesign) prover(k *pocket) (openid4vci.Prover, error) {
	switch d.format {
	case credential.JWPBBS:
		return &openid4vci.LinkSecret{Secret: k.secret}, nil
	case credential.BBS2023:
		return nil, nil
	}
	if d.batch.Policy == "" && len(k.copies) == 1 {
		return openid4vci.Keys{k.copies[0].key}, nil // one key for good, which accounts hang on
	}
	keys := make(openid4vci.Keys, d.batch.Size)
	for i := range keys {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		keys[i] = jose.SigningKey{Algorithm: jose.ES256, Key: key}
	}
	return keys, nil
}

// take puts a batch into the pocket.
func (d *walletDesign) take(ctx context.Context, k *pocket, raw []string, grant *openid4vci.Grant, prover openid4vci.Prover) error {
	_, until := d.env.Epoch(d.env.Clock.Now())
	k.grant = grant
	copies := make([]*copied, len(raw))
	for i, text := range raw {
		copies[i] = &copied{Held: holder.Held{ID: "copy", Format: d.format, Raw: text}}
		var err error
		switch p := prover.(type) {
		case openid4vci.Keys:
			copies[i].key = p[i]
		case *openid4vci.LinkSecret:
			if copies[i].JWP, err = jwpbbs.Receive(text, d.layout, d.bbsKey, p.Secret, p.Blinding); err != nil {
				return err
			}
		}
		if copies[i].place, err = d.status.place(ctx); err != nil {
			return err
		}
	}
	k.fill(copies, until)
	return nil
}

func (d *walletDesign) LogIn(ctx context.Context, p *Person, l Login) error {
	k := d.pockets[p.Index]
	now := d.env.Clock.Now()
	if !now.Before(k.until) {
		return fmt.Errorf("%w: no credential is valid any more", ErrCutOff)
	}
	if k.spent(l.Platform.ID) {
		if err := d.refill(ctx, k); err != nil {
			return err
		}
	}
	c := k.choose(l.Platform.ID, now)
	asked := d.env.Asked(l.Platform)
	platform := d.platforms[l.Platform.ID]
	request, err := platform.Request(d.query(asked))
	if err != nil {
		return err
	}
	if err := d.present(ctx, c, request.RequestURI, asked); err != nil {
		return err
	}
	result, err := platform.Result(request.ID)
	if err != nil {
		return err
	}
	if result.Verdict == nil || !result.Verdict.Accepted || len(result.Verdict.Claims) != len(asked) {
		return fmt.Errorf("platform %s did not accept what it asked for", l.Platform.ID)
	}
	d.env.Network.Write(ctx, PlatformParty(l.Platform.ID), account{At: now, Name: result.Verdict.Account, Claims: result.Verdict.Claims})
	return d.status.show(ctx, l.Platform.ID, c.place)
}

func (d *walletDesign) query(claims []string) openid4vp.Query {
	return verifier.QueryFor(claims, d.format)
}

// present answers a request as package wallet does, with consent to what was
// asked for and to no more.
func (d *walletDesign) present(ctx context.Context, c *copied, uri string, asked []string) error {
	client := &openid4vp.Client{HTTP: d.env.Network.Client(person)}
	request, err := client.Fetch(ctx, uri)
	if err != nil {
		return err
	}
	selection, err := holder.Match(request.Query, []holder.Held{c.Held})
	if err != nil {
		return err
	}
	for _, name := range selection.Disclosed() {
		if !slices.Contains(asked, name) {
			return fmt.Errorf("exposure: %s would be disclosed and was not asked for", name)
		}
	}
	keys := func(string) (jose.SigningKey, error) { return c.key, nil }
	token, err := holder.Present(selection, request, keys, d.env.Clock.Now())
	if err != nil {
		return err
	}
	c.Shown++
	_, err = client.Respond(ctx, request, token)
	return err
}

// Renew does what package wallet does: it replaces what ends soon.
func (d *walletDesign) Renew(ctx context.Context, p *Person) error {
	k := d.pockets[p.Index]
	if d.env.Clock.Now().Add(wallet.RenewAhead).Before(k.until) {
		return nil
	}
	return d.refill(ctx, k)
}

// refill fetches a fresh batch.
func (d *walletDesign) refill(ctx context.Context, k *pocket) error {
	prover, err := d.prover(k)
	if err != nil {
		return err
	}
	raw, grant, err := d.client().Renew(ctx, k.grant, d.configuration, prover)
	var refused *openid4vci.Error
	if errors.As(err, &refused) && refused.Code == openid4vci.AccessDenied {
		return fmt.Errorf("%w: %w", ErrCutOff, err)
	}
	if err != nil {
		return err
	}
	return d.take(ctx, k, raw, grant, prover)
}

// Order has the issuer decline to renew: all that it can do.
func (d *walletDesign) Order(ctx context.Context, p *Person) error {
	return order(ctx, d.env.Network, d.pockets[p.Index].document)
}
