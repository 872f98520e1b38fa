package exposure

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/spec"
	"github.com/halfmask/halfmask/wallet"
)

// A Form is a form of credential that the project's issuer and verifier do
// not know. NewForm makes a Design of it, over messages of the lab's own:
//
//	person -> authority   POST /enrollments/phone-codes, POST /enrollments, POST /renewals
//	person -> platform    POST /challenges, POST /presentations
//
// Whoever enrolls goes through the same desk as in every other design.
type Form interface {
	// Issue signs the claims of a person, at the authority.
	Issue(claims map[string]any, from, until time.Time) (credential string, err error)
	// Show makes a presentation of the asked claims, on the person's device.
	Show(credential string, asked []string, audience, nonce string) (shown string, err error)
	// Check gives the claims of a presentation that holds, at the platform.
	Check(shown string, asked []string, audience, nonce string, now time.Time) (map[string]any, error)
}

// NewForm makes the design in which each person has one credential of a form.
func NewForm(e *Env, f Form) (Design, error) {
	desk, phones := e.desk()
	status, err := newStatusDesk(e)
	if err != nil {
		return nil, err
	}
	d := &formDesign{env: e, form: f, desk: desk, phones: phones, status: status,
		enrolled: make(map[string]*enrollment.Attributes), ordered: make(map[string]bool), pockets: make(map[int]*formPocket)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /enrollments/phone-codes", d.servePhoneCode)
	mux.HandleFunc("POST /enrollments", d.serveEnrollment)
	mux.HandleFunc("POST /renewals", d.serveRenewal)
	mux.HandleFunc("POST /restrictions", d.serveRestriction)
	e.Network.Handle(issuerHost, Issuer, status.besideIssuer(mux))
	for _, p := range e.Platforms {
		door := &formDoor{form: f, clock: e.Clock, asked: e.Asked(p), audience: "http://" + platformHost(p.ID), nonces: make(map[string]bool),
			write: func(ctx context.Context, claims map[string]any) {
				e.Network.Write(ctx, PlatformParty(p.ID), account{At: e.Clock.Now(), Claims: claims})
			}}
		e.Network.Handle(platformHost(p.ID), PlatformParty(p.ID), status.besidePlatform(p.ID, door))
	}
	return d, nil
}

type formDesign struct {
	env    *Env
	form   Form
	desk   *enrollment.Desk
	phones *enrollment.SimulatedGateway
	status *statusDesk

	mu       sync.Mutex // of the authority's register
	enrolled map[string]*enrollment.Attributes
	ordered  map[string]bool // by document number

	pockets map[int]*formPocket
}

// formPocket is what a person's device keeps.
type formPocket struct {
	issued
	until  time.Time
	place  int
	number string // of the document, by which the authority knows the person
}

// issued is the authority's answer.
type issued struct {
	Credential string `json:"credential"`
	Renewal    string `json:"renewal_token"`
}

func (d *formDesign) Enroll(ctx context.Context, p *Person) error {
	client := d.env.Network.Client(person)
	s := p.Submission
	s.Password = ""
	if err := d.post(ctx, client, "/enrollments/phone-codes", map[string]string{"phone": s.Phone}, nil); err != nil {
		return err
	}
	s.PhoneCode, _ = d.phones.Read(s.Phone)
	k := &formPocket{number: p.DocumentNumber}
	if err := d.post(ctx, client, "/enrollments", s, &k.issued); err != nil {
		return err
	}
	d.pockets[p.Index] = k
	return d.keep(ctx, k)
}

// keep notes until when a fresh credential is good, and gives it its place.
func (d *formDesign) keep(ctx context.Context, k *formPocket) (err error) {
	_, k.until = d.env.Epoch(d.env.Clock.Now())
	k.place, err = d.status.place(ctx)
	return err
}

func (d *formDesign) LogIn(ctx context.Context, p *Person, l Login) error {
	k := d.pockets[p.Index]
	if !d.env.Clock.Now().Before(k.until) {
		return fmt.Errorf("%w: no credential is valid any more", ErrCutOff)
	}
	err := d.present(ctx, k, l)
	if refused := (*statusError)(nil); errors.As(err, &refused) {
		if _, ok := d.form.(fallible); ok {
			err = d.present(ctx, k, l)
		}
	}
	if err != nil {
		return err
	}
	return d.status.show(ctx, l.Platform.ID, k.place)
}

// fallible is a form of which a good presentation is refused now and then, by
// a fault of its library. The wallet then makes another one, once.
type fallible interface{ fallible() }

func (d *formDesign) present(ctx context.Context, k *formPocket, l Login) error {
	client, door := d.env.Network.Client(person), "http://"+platformHost(l.Platform.ID)
	var challenge challenge
	answer, err := exchange(ctx, client, http.MethodPost, door+"/challenges", nil)
	if err == nil {
		err = json.Unmarshal(answer, &challenge)
	}
	if err != nil {
		return err
	}
	shown, err := d.form.Show(k.Credential, challenge.Asked, door, challenge.Nonce)
	if err != nil {
		return err
	}
	body, err := json.Marshal(presentation{challenge.Nonce, shown})
	if err != nil {
		return err
	}
	_, err = exchange(ctx, client, http.MethodPost, door+"/presentations", body)
	return err
}

func (d *formDesign) Renew(ctx context.Context, p *Person) error {
	k := d.pockets[p.Index]
	if d.env.Clock.Now().Add(wallet.RenewAhead).Before(k.until) {
		return nil
	}
	if err := d.post(ctx, d.env.Network.Client(person), "/renewals", issued{Renewal: k.Renewal}, &k.issued); err != nil {
		return err
	}
	return d.keep(ctx, k)
}

// Order has the authority decline to renew: all that it can do.
func (d *formDesign) Order(ctx context.Context, p *Person) error {
	return order(ctx, d.env.Network, map[string]string{"document_number": d.pockets[p.Index].number})
}

// post sends JSON to the authority and reads its answer. A refusal by the
// rules and an order come back as what they are.
func (d *formDesign) post(ctx context.Context, client *http.Client, path string, question, answer any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	var status *statusError
	text, err := exchange(ctx, client, http.MethodPost, "http://"+issuerHost+path, body)
	switch {
	case errors.As(err, &status) && status.code == http.StatusForbidden && path == "/renewals":
		return fmt.Errorf("%w: %w", ErrCutOff, err)
	case errors.As(err, &status) && status.code == http.StatusForbidden:
		return fmt.Errorf("%w: %w", ErrNotEnrolled, err)
	case err != nil || answer == nil:
		return err
	}
	return json.Unmarshal(text, answer)
}

func (d *formDesign) servePhoneCode(w http.ResponseWriter, r *http.Request) {
	var q struct{ Phone string }
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := d.desk.SendPhoneCode(r.Context(), q.Phone); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

func (d *formDesign) serveEnrollment(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	submission, err := enrollment.ParseSubmission(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	enrolled, err := d.desk.Enroll(r.Context(), *submission)
	var refusal *enrollment.Refusal
	switch {
	case errors.As(err, &refusal):
		against := refusal.Decision.Against()
		http.Error(w, fmt.Sprintf("rule %s: %s", against[0].Rule, against[0].Field), http.StatusForbidden)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	d.issue(w, &enrolled.Attributes)
}

func (d *formDesign) serveRenewal(w http.ResponseWriter, r *http.Request) {
	var q issued
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	d.mu.Lock()
	attributes := d.enrolled[q.Renewal]
	delete(d.enrolled, q.Renewal)
	ordered := attributes != nil && d.ordered[attributes.DocumentNumber]
	d.mu.Unlock()
	if attributes == nil || ordered {
		http.Error(w, "not renewed", http.StatusForbidden)
		return
	}
	d.issue(w, attributes)
}

// issue answers with a fresh credential, and a token that is good for the
// next.
func (d *formDesign) issue(w http.ResponseWriter, attributes *enrollment.Attributes) {
	now := d.env.Clock.Now()
	from, until := d.env.Epoch(now)
	credential, err := d.form.Issue(attributes.Claims(spec.DateOf(now)), from, until)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	token := rand.Text()
	d.mu.Lock()
	d.enrolled[token] = attributes
	d.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(issued{credential, token})
}

func (d *formDesign) serveRestriction(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Number string `json:"document_number"`
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil || r.Header.Get("Authorization") != "Bearer "+operatorToken {
		http.Error(w, "not an order", http.StatusForbidden)
		return
	}
	d.mu.Lock()
	d.ordered[q.Number] = true
	d.mu.Unlock()
}

// formDoor is a platform.
type formDoor struct {
	form     Form
	clock    *Clock
	asked    []string
	audience string
	write    func(context.Context, map[string]any)

	mu     sync.Mutex
	nonces map[string]bool
}

type challenge struct {
	Nonce string   `json:"nonce"`
	Asked []string `json:"asked"`
}

type presentation struct {
	Nonce string `json:"nonce"`
	Shown string `json:"presentation"`
}

func (f *formDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/challenges":
		c := challenge{rand.Text(), f.asked}
		f.mu.Lock()
		f.nonces[c.Nonce] = true
		f.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(c)
	case "/presentations":
		if err := f.take(r); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	default:
		http.NotFound(w, r)
	}
}

func (f *formDoor) take(r *http.Request) error {
	var p presentation
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
		return err
	}
	f.mu.Lock()
	known := f.nonces[p.Nonce]
	delete(f.nonces, p.Nonce)
	f.mu.Unlock()
	if !known {
		return errors.New("no such challenge")
	}
	claims, err := f.form.Check(p.Shown, f.asked, f.audience, p.Nonce, f.clock.Now())
	if err != nil {
		return err
	}
	for _, name := range f.asked {
		if _, ok := claims[name]; !ok {
			return fmt.Errorf("%s is missing", name)
		}
	}
	f.write(r.Context(), claims)
	return nil
}
