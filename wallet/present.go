package wallet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/holder"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

// Ask is what the person is shown before anything leaves the wallet.
type Ask struct {
	Verifier string              // scheme, host and port that the answer goes to
	ClientID string              // full client identifier, which presentations are bound to
	Signed   *openid4vp.Verifier // who signed the request; nil: nothing is known but the address
	Asked    []string            // every claim that the verifier names, also as an alternative
	Shows    []Disclosure        // what would be shown, one for each credential
	Linkable holder.Linkability

	// Registered is what the verifier registered to ask for, and why; nil when
	// it showed no valid registration.
	Registered *openid4vp.Registration
	// Warnings say in what the request goes beyond the registration, and what
	// is wrong with one that does not count.
	Warnings []string
	// Agrees are texts that the person agrees to with the answer.
	Agrees []string

	// Problem says why the request cannot be answered; Shows is then empty,
	// and consent means no more than that the verifier is told so, in the
	// words that it would get if the person declined.
	Problem error
}

// Disclosed names the claims that would be shown, each once.
func (a Ask) Disclosed() []string {
	var names []string
	for _, d := range a.Shows {
		for _, c := range d.Claims {
			if !slices.Contains(names, c.Name) {
				names = append(names, c.Name)
			}
		}
	}
	return names
}

// Disclosure is what would be shown of one credential.
type Disclosure struct {
	Credential Entry
	Claims     []holder.Claim
	Always     []string // what every presentation of it shows beside the claims
	Bound      bool     // possession of the holder's key is proved
	Linkable   holder.Linkability
	Proves     []string                  // what is proved about values that stay hidden: ages, validity
	Pseudonym  *openid4vp.PseudonymQuery // set when the platform gets its own name for the person
}

// Receipt says what a presentation did.
type Receipt struct {
	Verifier    string   // as in Ask
	Disclosed   []string // claims
	Proved      []string // about values that did not leave the wallet
	Credentials []string // Entry.ID of those shown from
	RedirectURI string   // where the verifier wants the browser; may be empty
	Activity    uint64   // Activity.Number in the log
}

// Present answers a verifier's request (OpenID4VP 1.0): openid4vp://… by
// value or by reference. It fetches the request, picks the least answer from
// the credentials that are valid now, asks the person, and sends it.
//
// Without consent the verifier gets access_denied and Present ErrDeclined.
// When there is no answer, the verifier gets the same, also only after the
// person was asked (section 15), and Present gives Ask.Problem. A
// verifier that refuses the presentation gives an *openid4vp.Error. All of it
// is in the log; what was sent is noted there before it is sent.
func (w *Wallet) Present(ctx context.Context, requestURI string, consent func(Ask) bool) (*Receipt, error) {
	if consent == nil {
		return nil, errors.New("wallet: present: nobody to ask for consent")
	}
	client := w.presentation()
	request, err := client.Fetch(ctx, requestURI)
	if err != nil {
		client.Report(ctx, err)
		return nil, fmt.Errorf("wallet: present: %w", err)
	}
	a, err := answerTo(request, &client.Trust)
	if err != nil {
		return nil, fmt.Errorf("wallet: present: %w", err)
	}
	if err := w.prepare(a); err != nil {
		return nil, err
	}
	agreed := consent(a.ask)
	switch {
	case a.ask.Problem != nil:
		return nil, w.refuse(ctx, client, a, Failed, fmt.Errorf("wallet: present: %w", a.ask.Problem))
	case !agreed:
		return nil, w.refuse(ctx, client, a, Declined, ErrDeclined)
	}
	token, err := holder.Present(a.selection, request, w.keysOf(a.held), w.now())
	if err != nil {
		return nil, w.refuse(ctx, client, a, Failed, fmt.Errorf("wallet: present: %w", err))
	}
	return w.send(ctx, client, a, token)
}

// answer is a presentation on its way.
type answer struct {
	request   *openid4vp.Request
	ask       Ask
	held      []kept
	selection *holder.Selection
	activity  Activity
}

func answerTo(request *openid4vp.Request, trust *openid4vp.Trust) (*answer, error) {
	u, err := url.Parse(request.ResponseURI)
	if err != nil {
		return nil, errors.New("unreadable response URI")
	}
	a := &answer{request: request, ask: Ask{Verifier: u.Scheme + "://" + u.Host, ClientID: request.ClientID, Signed: request.By}}
	for _, c := range request.Query.Credentials {
		for _, q := range c.Claims {
			if name := q.Path.Name(); !slices.Contains(a.ask.Asked, name) {
				a.ask.Asked = append(a.ask.Asked, name)
			}
		}
	}
	for _, t := range request.Transactions {
		a.ask.Agrees = append(a.ask.Agrees, t.Text)
	}
	a.ask.checkRegistration(request, trust)
	text, err := readable(request)
	if err != nil {
		return nil, err
	}
	a.activity = Activity{Kind: Presentation, Party: a.ask.Verifier, Asked: a.ask.Asked, Request: text, Warned: a.ask.Warnings}
	if request.By != nil {
		a.activity.Signed = request.Received
	}
	return a, nil
}

// checkRegistration compares what is asked with what was registered.
func (a *Ask) checkRegistration(request *openid4vp.Request, trust *openid4vp.Trust) {
	registered, err := trust.Registration(request)
	switch {
	case err != nil:
		a.Warnings = append(a.Warnings, "its registration does not count: "+err.Error())
	case registered != nil:
		a.Registered = registered
		for _, beyond := range registered.Beyond(request.Query) {
			a.Warnings = append(a.Warnings, "it did not register to ask for "+beyond)
		}
	}
}

// readable gives the claims of the request object, for the log.
func readable(request *openid4vp.Request) (json.RawMessage, error) {
	return request.Claims()
}

// prepare picks the least answer, or finds the problem.
func (w *Wallet) prepare(a *answer) error {
	all, err := w.credentials()
	if err != nil {
		return err
	}
	var hand []holder.Held
	for _, k := range all {
		if k.ValidAt(w.now()) {
			a.held = append(a.held, k)
			held, err := w.inHand(&k)
			if err != nil {
				return err
			}
			hand = append(hand, held)
		}
	}
	a.selection, a.ask.Problem = holder.Match(a.request.Query, hand)
	if a.ask.Problem != nil {
		if n := len(all) - len(hand); n > 0 {
			a.ask.Problem = fmt.Errorf("%w (%d more in the wallet, not valid now)", a.ask.Problem, n)
		}
		return nil
	}
	if _, err := a.request.TransactionsFor("", a.selection.Answers); err != nil {
		a.ask.Problem = err
		return nil
	}
	a.ask.Linkable = a.selection.Linkable()
	for _, p := range a.selection.Picks {
		i := slices.IndexFunc(a.held, func(k kept) bool { return k.ID == p.HeldID })
		a.ask.Shows = append(a.ask.Shows, Disclosure{a.held[i].Entry, p.Claims, p.Always, p.Bound, p.Linkable, p.Proves, p.Pseudonym})
	}
	return nil
}

func (w *Wallet) keysOf(held []kept) func(id string) (jose.SigningKey, error) {
	return func(id string) (jose.SigningKey, error) {
		for _, k := range held {
			if k.ID == id && k.Key != "" {
				key, err := w.vault.Key(k.Key)
				if err != nil {
					return jose.SigningKey{}, err
				}
				return key.SigningKey(), nil
			}
		}
		return jose.SigningKey{}, fmt.Errorf("no key for credential %s", id)
	}
}

// send notes what is about to be shown, shows it, and notes what came of it.
func (w *Wallet) send(ctx context.Context, client *openid4vp.Client, a *answer, token openid4vp.VPToken) (*Receipt, error) {
	r := &Receipt{Verifier: a.ask.Verifier, Disclosed: a.selection.Disclosed()}
	for _, p := range a.selection.Picks {
		if !slices.Contains(r.Credentials, p.HeldID) {
			r.Credentials = append(r.Credentials, p.HeldID)
		}
	}
	a.activity.Outcome, a.activity.Credentials, a.activity.Disclosed = Sent, r.Credentials, r.Disclosed
	for _, d := range a.ask.Shows {
		r.Proved = append(r.Proved, d.Proves...)
		a.activity.Pseudonym = a.activity.Pseudonym || d.Pseudonym != nil
	}
	a.activity.Proved = r.Proved
	if err := w.noteSent(a); err != nil {
		return nil, err // and nothing was shown
	}
	r.Activity = a.activity.Number
	redirect, err := client.Respond(ctx, a.request, token)
	var refusal *openid4vp.Error
	switch {
	case err == nil:
		a.activity.Outcome, r.RedirectURI = Done, redirect
	case errors.As(err, &refusal):
		a.activity.Outcome, a.activity.Reason = Refused, err.Error()
	default:
		a.activity.Reason = err.Error() // it may have arrived
	}
	if err != nil {
		err = fmt.Errorf("wallet: present: %w", err)
	}
	if err := errors.Join(err, w.write(a.activity)); err != nil {
		return nil, err
	}
	return r, nil
}

// noteSent writes the log line and counts the showing in one transaction.
func (w *Wallet) noteSent(a *answer) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	now, err := w.credentials()
	if err != nil {
		return err
	}
	var n count
	a.activity, n = w.next(a.activity)
	things := []recorder{a.activity, n}
	for _, k := range now {
		shown := slices.ContainsFunc(a.held, func(h kept) bool { return h.ID == k.ID && h.Raw == k.Raw })
		if shown && slices.Contains(a.activity.Credentials, k.ID) {
			k.Shown++
			things = append(things, k)
		}
	}
	return w.write(things...)
}

// refuse tells the verifier access_denied, whatever the reason, and gives the
// reason to the person.
func (w *Wallet) refuse(ctx context.Context, client *openid4vp.Client, a *answer, outcome Outcome, why error) error {
	a.activity.Outcome, a.activity.Reason = outcome, why.Error()
	noteErr := w.note(a.activity)
	if _, err := client.Refuse(ctx, a.request, openid4vp.AccessDenied); err != nil {
		var answered *openid4vp.Error
		if !errors.As(err, &answered) {
			return errors.Join(why, noteErr, fmt.Errorf("the verifier could not be told: %w", err))
		}
	}
	return errors.Join(why, noteErr)
}
