package wallet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/halfmask/halfmask/protocol/openid4vci"
)

// RenewAhead is how long before its end a credential is renewed.
const RenewAhead = 14 * 24 * time.Hour

// RenewalRefused says that an issuer declined to renew. The credentials are
// still there and good until their end.
type RenewalRefused struct {
	Issuer      string
	Credentials []string          // Entry.ID
	ValidUntil  time.Time         // the earliest end among them; zero when the wallet holds none
	Err         *openid4vci.Error // as the issuer put it
}

func (r *RenewalRefused) Error() string {
	s := "wallet: " + r.Issuer + " declined to renew: " + r.Err.Error()
	if !r.ValidUntil.IsZero() {
		s += "; what you have is good until " + r.ValidUntil.UTC().Format(time.RFC3339)
	}
	return s
}

func (r *RenewalRefused) Unwrap() error { return r.Err }

// Renew replaces the credentials that end within RenewAhead, and fetches
// those whose issuance was cut off. It tries every grant and gives what it
// renewed; the error joins what went wrong, with a *RenewalRefused for each
// issuer that declined. A renewed credential keeps its ID and gets a fresh
// key; until it is verified and written, the old one stays.
func (w *Wallet) Renew(ctx context.Context) ([]Entry, error) {
	w.issuing.Lock()
	defer w.issuing.Unlock()
	grants, err := w.grants()
	if err != nil {
		return nil, err
	}
	all, err := w.credentials()
	if err != nil {
		return nil, err
	}
	var renewed []Entry
	var failures []error
	for _, g := range grants {
		var mine []kept
		for _, k := range all {
			if k.Grant == g.Name {
				mine = append(mine, k)
			}
		}
		entries, err := w.renew(ctx, g, mine)
		renewed = append(renewed, entries...)
		if err != nil {
			failures = append(failures, err)
		}
	}
	return renewed, errors.Join(failures...)
}

// renew uses one grant; mine are the credentials that came from it.
func (w *Wallet) renew(ctx context.Context, g keptGrant, mine []kept) ([]Entry, error) {
	o := w.obtain(&g)
	o.pending = slices.Clone(g.Pending)
	var due []kept
	for _, k := range mine {
		if !w.now().Add(RenewAhead).Before(k.ValidUntil) && !slices.Contains(o.pending, k.Configuration) {
			o.pending = append(o.pending, k.Configuration)
		}
		if slices.Contains(o.pending, k.Configuration) {
			due = append(due, k)
		}
	}
	if len(o.pending) == 0 {
		return nil, nil
	}
	o.wanted = o.pending
	err := w.reserve(len(o.wanted))
	if err == nil {
		err = o.meet(ctx, g.Issuer)
	}
	for err == nil && len(o.pending) > 0 {
		err = o.next(ctx)
	}
	if err != nil {
		return nil, w.renewalFailed(o, due, err)
	}
	for i := range o.came {
		for _, k := range due {
			if k.Configuration == o.came[i].Configuration {
				o.came[i].ID = k.ID
				if k.Key != "" {
					o.old = append(o.old, k.Key)
				}
			}
		}
	}
	entries, err := o.keep(Activity{Kind: Renewal, Outcome: Done, Party: g.Issuer})
	if entries == nil {
		return nil, w.renewalFailed(o, due, err)
	}
	return entries, err
}

func (w *Wallet) renewalFailed(o *obtaining, due []kept, why error) error {
	a := Activity{Kind: Renewal, Outcome: outcomeOf(why), Party: o.grant.Issuer, Credentials: ids(due), Reason: why.Error()}
	cleanup := errors.Join(o.deleteKeys(o.made), w.note(a))
	if !o.stored {
		cleanup = errors.Join(fmt.Errorf("wallet: %s cannot be asked to renew any more; enroll again for a new offer", o.grant.Issuer), cleanup)
	}
	var refusal *openid4vci.Error
	if !errors.As(why, &refusal) {
		return errors.Join(fmt.Errorf("wallet: renew with %s: %w", o.grant.Issuer, why), cleanup)
	}
	r := &RenewalRefused{Issuer: o.grant.Issuer, Credentials: ids(due), Err: refusal}
	for _, k := range due {
		if r.ValidUntil.IsZero() || k.ValidUntil.Before(r.ValidUntil) {
			r.ValidUntil = k.ValidUntil
		}
	}
	return errors.Join(r, cleanup)
}
