package issuer

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential/jwpbbs"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
)

// native obtains person-jwp on a link secret and opens it as a wallet does.
func (o *town) native(offer *openid4vci.Offer, secret *jwpbbs.LinkSecret) (*jwpbbs.Credential, string, *openid4vci.Grant, error) {
	o.t.Helper()
	link := &openid4vci.LinkSecret{Secret: secret}
	got, grant, err := o.wallet.Accept(o.t.Context(), offer, PersonJWP, "", link)
	if err != nil {
		return nil, "", grant, err
	}
	c, err := o.receive(got[0], link)
	return c, got[0], grant, err
}

func (o *town) receive(issued string, link *openid4vci.LinkSecret) (*jwpbbs.Credential, error) {
	layout, err := jwpbbs.PersonLayout(o.url)
	if err != nil {
		o.t.Fatal(err)
	}
	return jwpbbs.Receive(issued, layout, o.server.bbsKey.PublicKey(), link.Secret, link.Blinding)
}

func TestNativeForm(t *testing.T) {
	o := newTown(t, "/tenant", nil)
	secret, other := jwpbbs.NewLinkSecret(), jwpbbs.NewLinkSecret()
	c, first, _, err := o.native(o.enroll(o.submission(adult, spec.ResidentIdentityCard, mint.Options{})), secret)
	if err != nil {
		t.Fatal(err)
	}
	claims, err := jwpbbs.ReadPerson(c.Claims())
	if err != nil {
		t.Fatal(err)
	}
	if claims[spec.BirthDate] != "1990-03-05" || claims[spec.AgeOver18] != true || len(claims) != len(spec.Claims)+1 {
		t.Errorf("claims %v", claims)
	}
	_, until := spec.Epoch(o.now())
	if expires, err := c.Expires(); err != nil || !expires.Equal(until) {
		t.Errorf("valid until %v, %v", expires, err)
	}
	_, second, _, err := o.native(o.enroll(o.submission(neighbour, spec.ResidentIdentityCard, mint.Options{})), other)
	if err != nil {
		t.Fatal(err)
	}
	header := func(s string) string { h, _, _ := strings.Cut(s, "."); return h }
	if header(first) != header(second) {
		t.Error("two people have different issuer headers")
	}
	for _, p := range o.server.People() {
		if p.LinkName == "" || p.LinkSecrets != 1 || p.Issued[PersonJWP] != 1 {
			t.Errorf("the issuer remembers %+v", p)
		}
	}
}

// One person is one account per platform: spec/jwpbbs.md section 6.
func TestLinkSecretStays(t *testing.T) {
	o := newTown(t, "", nil)
	person := o.submission(adult, spec.ResidentIdentityCard, mint.Options{})
	secret, other := jwpbbs.NewLinkSecret(), jwpbbs.NewLinkSecret()
	_, _, grant, err := o.native(o.enroll(person), secret)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(err error) {
		t.Helper()
		var refusal *openid4vci.Error
		if !errors.As(err, &refusal) || refusal.Code != openid4vci.InvalidProof {
			t.Errorf("got %v, want %s", err, openid4vci.InvalidProof)
		}
	}
	renew := func(s *jwpbbs.LinkSecret) error {
		t.Helper()
		link := &openid4vci.LinkSecret{Secret: s}
		got, next, err := o.wallet.Renew(t.Context(), grant, PersonJWP, link)
		if next != nil {
			grant = next
		}
		if err == nil {
			_, err = o.receive(got[0], link)
		}
		return err
	}
	refused(renew(other))
	if err := renew(secret); err != nil {
		t.Errorf("renewal: %v", err)
	}

	// Another person may not use it.
	_, _, _, err = o.native(o.enroll(o.submission(neighbour, spec.ResidentIdentityCard, mint.Options{})), secret)
	refused(err)

	// Who enrolls again may begin anew, and the issuer counts that.
	again := func(s *jwpbbs.LinkSecret) error {
		t.Helper()
		person.PhoneCode = o.phoneCode(person.Phone)
		_, _, _, err := o.native(o.enroll(person), s)
		return err
	}
	for _, s := range []*jwpbbs.LinkSecret{secret, other, secret} {
		if err := again(s); err != nil {
			t.Error(err)
		}
	}
	for _, p := range o.server.People() {
		if p.Issued[PersonJWP] > 0 && p.LinkSecrets != 2 {
			t.Errorf("%d link secrets, want 2", p.LinkSecrets)
		}
	}
	refused(renew(other)) // of the first enrollment; the person is at the first link secret now
}

func TestLinkSecretBatch(t *testing.T) {
	o := newTown(t, "", nil)
	offer := o.enroll(o.submission(adult, spec.ResidentIdentityCard, mint.Options{}))
	mixed := batch{{Secret: jwpbbs.NewLinkSecret()}, {Secret: jwpbbs.NewLinkSecret()}}
	_, grant, err := o.wallet.Accept(t.Context(), offer, PersonJWP, "", mixed)
	var refusal *openid4vci.Error
	if !errors.As(err, &refusal) || refusal.Code != openid4vci.InvalidProof {
		t.Errorf("two link secrets in a batch: %v", err)
	}
	one := batch{mixed[0], {Secret: mixed[0].Secret}}
	got, _, err := o.wallet.Renew(t.Context(), grant, PersonJWP, one)
	if err != nil || len(got) != 2 {
		t.Fatalf("one link secret twice: %v", err)
	}
	for i, issued := range got {
		if _, err := o.receive(issued, one[i]); err != nil {
			t.Error(err)
		}
	}
}

// batch asks for several credentials at once.
type batch []*openid4vci.LinkSecret

func (b batch) ProofType() string { return openid4vci.LinkSecretProofs }
func (b batch) Count() int        { return len(b) }
func (b batch) Algs() []string    { return b[0].Algs() }
func (b batch) Prove(audience, nonce string, at time.Time) (all []any, err error) {
	for _, l := range b {
		one, err := l.Prove(audience, nonce, at)
		if err != nil {
			return nil, err
		}
		all = append(all, one...)
	}
	return all, nil
}
