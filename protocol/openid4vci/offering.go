package openid4vci

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// OfferOptions say how an offer may be redeemed. The zero value offers every
// configuration by a pre-authorized code and asks for no transaction code.
type OfferOptions struct {
	Configurations []string
	TxCode         string // what the person must enter, sent to them by another way
	TxCodeHint     TxCode // how the wallet should ask for it
	// Authorize offers by authorization code instead: the person logs in at
	// the authorization endpoint before the wallet gets anything.
	Authorize bool
}

// Progress says what became of an offer.
type Progress struct {
	Redeemed bool  // its code was taken
	Deferred bool  // the last credential asked for was not ready
	Issued   int   // credentials handed over
	Event    Event // the wallet's last notification; "" when there was none
}

const progressLifetime = 24 * time.Hour

// Offer authorizes whoever redeems its code to obtain the subject's
// credentials. offerURL serves the same offer until it is redeemed or
// expires; offer and address are secrets. The subject is any name by which
// the Backend knows the person.
func (e *Endpoint) Offer(subject string, o OfferOptions) (offer *Offer, offerURL string, err error) {
	ids := slices.Clone(o.Configurations)
	if ids == nil {
		ids = slices.Sorted(maps.Keys(e.meta.Configurations))
	}
	for _, id := range ids {
		if _, ok := e.meta.Configurations[id]; !ok {
			return nil, "", fmt.Errorf("openid4vci: offer of an unknown configuration %s", id)
		}
	}
	c := code{family: &family{subject: subject, configurations: ids, progress: &Progress{}}}
	offer = &Offer{Issuer: e.meta.Issuer, Configurations: ids}
	switch {
	case o.Authorize && e.options.Login == nil:
		return nil, "", errors.New("openid4vci: the endpoint has no login")
	case o.Authorize && o.TxCode != "":
		return nil, "", errors.New("openid4vci: a transaction code belongs to a pre-authorized code")
	case o.Authorize:
		offer.Grants.AuthorizationCode = &AuthorizationCode{IssuerState: newSecret()}
	default:
		pre := &PreAuthorized{Code: newSecret()}
		if o.TxCode != "" {
			hint := o.TxCodeHint
			if err := errors.Join(hint.checkHint(), hint.checkEntered(o.TxCode)); err != nil {
				return nil, "", fmt.Errorf("openid4vci: transaction code: %w", err)
			}
			sum, tries := digest(o.TxCode), e.tries
			pre.TxCode, c.tx, c.tries = &hint, &sum, &tries
		}
		offer.Grants.PreAuthorized = pre
	}
	if err := offer.check(); err != nil {
		return nil, "", err
	}
	id, err := e.ledger.offer(offer, c, e.now(), e.lives.code)
	if err != nil {
		return nil, "", err
	}
	return offer, e.base + offersPath + id, nil
}

// Progress tells what became of the offer at an address that Offer gave, for
// a day.
func (e *Endpoint) Progress(offerURL string) (Progress, bool) {
	id, ok := strings.CutPrefix(offerURL, e.base+offersPath)
	if !ok {
		return Progress{}, false
	}
	e.ledger.mu.Lock()
	defer e.ledger.mu.Unlock()
	p, ok := e.ledger.progress.get(digest(id), e.now())
	if !ok {
		return Progress{}, false
	}
	return *p, true
}

func (e *Endpoint) serveOffer(w http.ResponseWriter, r *http.Request) error {
	offer, ok := e.ledger.offered(strings.TrimPrefix(r.URL.EscapedPath(), e.path+offersPath), e.now())
	if !ok {
		return refuse(http.StatusNotFound, InvalidRequest, "the offer is unknown, redeemed or expired")
	}
	return answer(w, http.StatusOK, offer)
}

// offer shelves a code, and the offer under the identifier of its URL.
func (l *ledger) offer(o *Offer, c code, now time.Time, life time.Duration) (id string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.codes.room(now) || !l.offers.room(now) || !l.states.room(now) {
		return "", errFull
	}
	id = newSecret()
	c.offer = digest(id)
	if g := o.Grants.AuthorizationCode; g != nil {
		l.states.put(digest(g.IssuerState), c.family, now.Add(life))
	} else {
		l.codes.put(digest(o.Grants.PreAuthorized.Code), c, now.Add(life))
	}
	l.offers.put(c.offer, o, now.Add(life))
	if l.progress.room(now) { // it is told about for as long as there is room
		l.progress.put(c.offer, c.family.progress, now.Add(life+progressLifetime))
	}
	return id, nil
}

func (l *ledger) offered(id string, now time.Time) (*Offer, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.offers.get(digest(id), now)
}

// What follows is called with the ledger's lock held, and for grants that
// came from no offer, too.

func (p *Progress) redeemed() {
	if p != nil {
		p.Redeemed = true
	}
}

func (p *Progress) issued(n int) {
	if p != nil {
		p.Issued, p.Deferred = p.Issued+n, false
	}
}

func (p *Progress) deferred() {
	if p != nil {
		p.Deferred = true
	}
}

func (p *Progress) notified(e Event) {
	if p != nil {
		p.Event = e
	}
}
