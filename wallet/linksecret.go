package wallet

import (
	"errors"
	"fmt"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/credential/bbs2023"
	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/wallet/internal/vault"
)

// A wallet has one link secret for all its credentials in JWP form. It is
// drawn before the first of them is asked for and never replaced: the names
// by which platforms know the person are made of it.

const linkSecretName = "link"

// linkSecret gives the link secret, and draws it on first use. It is written
// before it is used, so that no credential is on one that is lost.
func (w *Wallet) linkSecret() (*jwpbbs.LinkSecret, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	octets, err := w.vault.Read(kindLinkSecret, linkSecretName)
	if errors.Is(err, vault.ErrNotFound) {
		secret := keptLinkSecret{jwpbbs.NewLinkSecret()}
		if err := w.write(secret); err != nil {
			return nil, err
		}
		return secret.LinkSecret, nil
	}
	if err != nil {
		return nil, fmt.Errorf("wallet: %w", err)
	}
	secret, err := jwpbbs.ParseLinkSecret(octets)
	if err != nil {
		return nil, fmt.Errorf("wallet: %s: %w: %w", kindLinkSecret, ErrDamaged, err)
	}
	return secret, nil
}

type keptLinkSecret struct{ *jwpbbs.LinkSecret }

func (k keptLinkSecret) record() (vault.Record, error) {
	return vault.Record{Kind: kindLinkSecret, Name: linkSecretName, Value: k.Bytes()}, nil
}

// verifyJWP checks a credential in JWP form: that the issuer signed it on
// this wallet's link secret, under the header that everybody gets.
func verifyJWP(r received, k *kept) error {
	if r.config.Type != jwpbbs.PersonType {
		return credential.Failed("credential-type", "spec/jwpbbs.md section 7", "of the JWP form this wallet keeps the type %s alone", jwpbbs.PersonType)
	}
	if r.link == nil || r.link.Blinding == nil {
		return credential.Failed("link-secret", "spec/jwpbbs.md section 2", "no commitment to the link secret was asked for")
	}
	if r.keys.bbs == "" {
		return credential.Failed("issuer-keys", clauseIssuerMetadata, "%s publishes no bbs_verification_method", r.keys.issuer)
	}
	k.Type, k.IssuerKey, k.Blinding = r.config.Type, r.keys.bbs, r.link.Blinding.Bytes()
	c, err := k.receive(r.link.Secret)
	if err != nil {
		return err
	}
	if k.Claims, err = jwpbbs.ReadPerson(c.Claims()); err != nil {
		return err
	}
	expires, err := c.Expires()
	if err != nil {
		return err
	}
	k.ValidUntil = expires.UTC()
	delete(k.Claims, jwpbbs.Expires)
	for _, name := range spec.Claims {
		if k.Claims[name] == nil {
			return credential.Failed("credential-claims", clauseClaims, "it has no %s", name)
		}
	}
	return nil
}

// receive makes a kept credential in JWP form usable.
func (k *kept) receive(secret *jwpbbs.LinkSecret) (*jwpbbs.Credential, error) {
	layout, err := jwpbbs.PersonLayout(k.Issuer)
	if err != nil {
		return nil, err
	}
	key, err := bbs2023.ParseVerificationMethod(k.IssuerKey)
	if err != nil {
		return nil, err
	}
	blinding, err := bbs.ParseBlinding(k.Blinding)
	if err != nil {
		return nil, err
	}
	if secret == nil {
		return nil, errors.New("wallet: no link secret")
	}
	return jwpbbs.Receive(k.Raw, layout, key, secret, blinding)
}

// inHand gives a credential to package holder.
func (w *Wallet) inHand(k *kept) (holder.Held, error) {
	held := holder.Held{ID: k.ID, Format: k.Format, Raw: k.Raw, Shown: k.Shown}
	if k.Format != credential.JWPBBS {
		return held, nil
	}
	secret, err := w.linkSecret()
	if err == nil {
		held.JWP, err = k.receive(secret)
	}
	if err != nil {
		return held, fmt.Errorf("wallet: credential %s: %w", k.ID, err)
	}
	return held, nil
}
