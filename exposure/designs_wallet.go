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

	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/issuer"
	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/verifier"
	"github.com/halfmask/halfmask/wallet"
)

func newSDJWTReused(e *Env) (Design, error) { return newWallets(e, issuer.PersonSDJWT) }
func newBBS(e *Env) (Design, error)         { return newWallets(e, issuer.PersonBBS) }

// walletDesign gives each person a wallet with one credential. Its issuer and
// verifiers are those of the wallet's own world; only where the wallet keeps
// its records differs: in memory.
type walletDesign struct {
	network       *Network
	clock         *Clock
	phones        *enrollment.SimulatedGateway
	configuration string
	platforms     map[string]*verifier.Server
	wallets       map[int]*wallet.Wallet
	documents     map[int]issuer.Order // what the authority knows people by
}

func newWallets(e *Env, configuration string) (Design, error) {
	signing, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	bbsKey, err := bbs.GenerateKey()
	if err != nil {
		return nil, err
	}
	desk, phones := e.desk()
	url := "http://" + issuerHost
	authority, err := issuer.New(issuer.Config{URL: url, Desk: desk, BBSKey: bbsKey, OperatorToken: operatorToken, Now: e.Clock.Now,
		SigningKey: jose.SigningKey{Algorithm: jose.ES256, Key: signing}})
	if err != nil {
		return nil, err
	}
	e.Network.Handle(issuerHost, Issuer, authority)
	d := &walletDesign{network: e.Network, clock: e.Clock, phones: phones, configuration: configuration,
		platforms: make(map[string]*verifier.Server), wallets: make(map[int]*wallet.Wallet), documents: make(map[int]issuer.Order)}
	trusted := verifier.TrustedIssuers{SDJWT: map[string]jose.JSONWebKeySet{url: authority.JWKS()}, BBS: []*bbs.PublicKey{bbsKey.PublicKey()}}
	for _, p := range e.Platforms {
		server, err := verifier.New(verifier.Config{URL: "http://" + platformHost(p.ID), Issuers: trusted, Now: e.Clock.Now})
		if err != nil {
			return nil, err
		}
		d.platforms[p.ID] = server
		e.Network.Handle(platformHost(p.ID), PlatformParty(p.ID), server)
	}
	return d, nil
}

func (d *walletDesign) Enroll(ctx context.Context, p *Person) error {
	client := d.network.Client(person)
	applicant := &issuer.Applicant{Issuer: "http://" + issuerHost, HTTP: client}
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
	w, err := wallet.Ephemeral()
	if err != nil {
		return err
	}
	w.HTTP, w.Now = client, d.clock.Now
	if _, err := w.Accept(ctx, answer.Link, "", d.configuration); err != nil {
		return err
	}
	d.wallets[p.Index] = w
	d.documents[p.Index] = issuer.Order{DocumentType: string(s.Document.Kind), DocumentNumber: p.DocumentNumber}
	return nil
}

func (d *walletDesign) LogIn(ctx context.Context, p *Person, l Login) error {
	platform := d.platforms[l.Platform.ID]
	request, err := platform.Request(verifier.QueryFor(l.Platform.Claims))
	if err != nil {
		return err
	}
	_, err = d.wallets[p.Index].Present(ctx, request.RequestURI, func(a wallet.Ask) bool {
		// Consent to what was asked for and to no more.
		for _, name := range a.Disclosed() {
			if !slices.Contains(l.Platform.Claims, name) {
				return false
			}
		}
		return a.Problem == nil
	})
	if err != nil {
		if d.expired(p) {
			return fmt.Errorf("%w: no credential is valid any more: %w", ErrCutOff, err)
		}
		return err
	}
	result, err := platform.Result(request.ID)
	if err != nil {
		return err
	}
	if result.Verdict == nil || !result.Verdict.Accepted || len(result.Verdict.Claims) != len(l.Platform.Claims) {
		return fmt.Errorf("platform %s did not accept what it asked for", l.Platform.ID)
	}
	return nil
}

// expired reports whether the person's wallet has no credential that is valid
// now.
func (d *walletDesign) expired(p *Person) bool {
	entries, err := d.wallets[p.Index].List()
	return err == nil && !slices.ContainsFunc(entries, func(e wallet.Entry) bool { return e.ValidAt(d.clock.Now()) })
}

func (d *walletDesign) Renew(ctx context.Context, p *Person) error {
	_, err := d.wallets[p.Index].Renew(ctx)
	var refused *wallet.RenewalRefused
	if errors.As(err, &refused) {
		return fmt.Errorf("%w: %w", ErrCutOff, err)
	}
	return err
}

// Order has the issuer decline to renew: all that it can do.
func (d *walletDesign) Order(ctx context.Context, p *Person) error {
	return order(ctx, d.network, d.documents[p.Index])
}
