package issuer

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
)

// Person is all that the issuer remembers of somebody: what a thief of its
// memory would learn. There is no platform in it, no time of a login, and no
// credential.
type Person struct {
	ID         string // random; in no credential
	Attributes enrollment.Attributes
	Enrolled   spec.Date      // the first time
	Issued     map[string]int // credentials by configuration
	ValidUntil time.Time      // end of the last credential's epoch; zero: none was issued
	Restricted spec.Date      // the day of the order; zero: there is none
	Status     []StatusPlace  // of credentials that have not ended
	Guardian   GuardianState

	// LinkName is the name by which the issuer, and nobody else, knows the link
	// secret in the person's person-jwp. LinkSecrets counts how many there were:
	// above 1 the person has started again under new names.
	LinkName    string
	LinkSecrets int
}

// register holds the people. A person is known by the kind and number of the
// document: whoever enrolls with it again is the same person.
type register struct {
	mu         sync.Mutex
	people     map[string]*Person
	byDocument map[documentKey]string
	byLink     map[string]string // person by LinkName, also former ones
}

type documentKey struct{ kind, number string }

func newRegister() *register {
	return &register{people: map[string]*Person{}, byDocument: map[documentKey]string{}, byLink: map[string]string{}}
}

// restriction is the refusal of a restricted person.
type restriction struct{ person Person }

func (r *restriction) Error() string {
	text := fmt.Sprintf("the issuer was ordered on %s not to renew this person", r.person.Restricted)
	if !r.person.ValidUntil.IsZero() {
		text += "; credentials issued before stay valid until " + r.person.ValidUntil.UTC().Format(time.RFC3339)
	}
	return text
}

// As lets the endpoint send the refusal of a renewal with a code that says
// it (RFC 8628 section 3.5 defines it for the token endpoint).
func (r *restriction) As(target any) bool {
	e, ok := target.(**openid4vci.Error)
	if ok {
		*e = &openid4vci.Error{Status: 400, Code: openid4vci.AccessDenied, Description: r.Error()}
	}
	return ok
}

// denied says the same where credentials are asked for (OpenID4VCI 1.0
// section 8.3.1.2).
func denied(err error) error {
	var r *restriction
	if errors.As(err, &r) {
		return &openid4vci.Error{Status: 400, Code: openid4vci.CredentialRequestDenied, Description: r.Error()}
	}
	return err
}

var errUnknown = &openid4vci.Error{Status: 400, Code: openid4vci.InvalidGrant, Description: "the person is not enrolled"}

// enroll enters a person or brings their attributes up to date. guardian says
// that credentials wait for a guardian's confirmation.
func (g *register) enroll(a enrollment.Attributes, guardian bool, on spec.Date) (id string, err error) {
	key, err := keyOf(a, on)
	if err != nil {
		return "", err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if id, ok := g.byDocument[key]; ok {
		p := g.people[id]
		if !p.Restricted.IsZero() {
			return "", &restriction{p.copy()}
		}
		p.Attributes, p.LinkName = a, "" // the next commitment may be to a new link secret
		p.await(guardian)
		return id, nil
	}
	p := &Person{ID: rand.Text(), Attributes: a, Enrolled: on, Issued: map[string]int{}}
	p.await(guardian)
	g.people[p.ID], g.byDocument[key] = p, p.ID
	return p.ID, nil
}

func keyOf(a enrollment.Attributes, on spec.Date) (documentKey, error) {
	claims := a.Claims(on)
	kind, number := fmt.Sprint(claims[spec.DocumentType]), fmt.Sprint(claims[spec.DocumentNumber])
	if claims[spec.DocumentType] == nil || claims[spec.DocumentNumber] == nil || number == "" {
		return documentKey{}, errors.New("issuer: enrollment without a document number")
	}
	return documentKey{kind, number}, nil
}

// inGoodStanding gives the attributes of a person who may have credentials.
func (g *register) inGoodStanding(id string) (enrollment.Attributes, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p, ok := g.people[id]
	switch {
	case !ok:
		return enrollment.Attributes{}, errUnknown
	case !p.Restricted.IsZero():
		return enrollment.Attributes{}, &restriction{p.copy()}
	}
	return p.Attributes, nil
}

// byNumber finds the person with a document.
func (g *register) byNumber(key documentKey) (Person, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	id, ok := g.byDocument[key]
	if !ok {
		return Person{}, false
	}
	return g.people[id].copy(), true
}

// byPhone gives the IDs of the people with a phone.
func (g *register) byPhone(phone string) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var ids []string
	for id, p := range g.people {
		if p.Attributes.Phone == phone {
			ids = append(ids, id)
		}
	}
	return ids
}

// issuance is what a person is about to get.
type issuance struct {
	configuration string
	credentials   int
	at, until     time.Time // now, and the end of the epoch
	places        []StatusPlace
}

// count remembers that credentials are about to be handed over.
func (g *register) count(id string, i issuance) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	p, ok := g.people[id]
	switch {
	case !ok:
		return errUnknown
	case !p.Restricted.IsZero():
		return &restriction{p.copy()}
	}
	p.Issued[i.configuration] += i.credentials
	p.Status = slices.DeleteFunc(p.Status, func(s StatusPlace) bool { return !i.at.Before(s.Ends) })
	p.Status = append(p.Status, i.places...)
	if i.until.After(p.ValidUntil) {
		p.ValidUntil = i.until
	}
	return nil
}

// restrict puts an order into effect, or lifts it when on is no day.
func (g *register) restrict(key documentKey, on spec.Date) (Person, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	id, ok := g.byDocument[key]
	if !ok {
		return Person{}, false
	}
	p := g.people[id]
	if on.IsZero() || p.Restricted.IsZero() { // a second order keeps the day of the first
		p.Restricted = on
	}
	return p.copy(), true
}

func (p *Person) copy() Person {
	c := *p
	c.Issued = maps.Clone(p.Issued)
	c.Status = slices.Clone(p.Status)
	return c
}

// People gives everything the issuer remembers, ordered by ID.
func (s *Server) People() []Person {
	g := s.register
	g.mu.Lock()
	defer g.mu.Unlock()
	all := make([]Person, 0, len(g.people))
	for _, id := range slices.Sorted(maps.Keys(g.people)) {
		all = append(all, g.people[id].copy())
	}
	return all
}
