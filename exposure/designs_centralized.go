package exposure

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/halfmask/halfmask/exposure/centralized"
	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/spec"
)

// The authority's host is the same in every design.
const issuerHost = "authority.localhost"

func platformHost(id string) string { return id + ".localhost" }

// operatorToken is the authority's own; the lab is the authority.
const operatorToken = "the-authority-of-the-lab"

// desk is the enrollment desk, and the phones that its codes go to.
func (e *Env) desk() (*enrollment.Desk, *enrollment.SimulatedGateway) {
	phones := new(enrollment.SimulatedGateway)
	return &enrollment.Desk{Rules: e.Rules, Trust: e.Trust, Now: e.Clock.Now,
		Phones: &enrollment.PhoneCodes{Sender: phones, Now: e.Clock.Now}}, phones
}

func newCentralizedShared(e *Env) (Design, error)   { return newCentralized(e, centralized.Shared) }
func newCentralizedPairwise(e *Env) (Design, error) { return newCentralized(e, centralized.Pairwise) }

// centralizedDesign is the baseline, in either variant. Of the modifiers it
// takes what platforms ask for: it has no credential that could carry a time,
// and the service is asked about everybody's status at every login anyway.
type centralizedDesign struct {
	env    *Env
	phones *enrollment.SimulatedGateway
	apps   map[int]*centralized.App // by person
}

func newCentralized(e *Env, variant centralized.Variant) (Design, error) {
	desk, phones := e.desk()
	service, err := centralized.New(centralized.Config{Desk: desk, Variant: variant, OperatorToken: operatorToken, Now: e.Clock.Now,
		Record: func(ctx context.Context, row centralized.LogRow) { e.Network.Write(ctx, Issuer, row) }})
	if err != nil {
		return nil, err
	}
	e.Network.Handle(issuerHost, Issuer, service)
	for i, p := range e.Platforms {
		a := centralized.Application{OrgID: fmt.Sprintf("%08d", 10_000_000+i), AppID: fmt.Sprintf("%04d", 1+i), Name: p.ID, Attributes: attributes(e.Asked(p))}
		key, err := service.Register(a)
		if err != nil {
			return nil, err
		}
		party := PlatformParty(p.ID)
		e.Network.Handle(platformHost(p.ID), party, centralized.NewPlatform(centralized.PlatformConfig{
			Service: "http://" + issuerHost, OrgID: a.OrgID, AppID: a.AppID, Key: key,
			Attributes: a.Attributes, HTTP: e.Network.Client(party), Now: e.Clock.Now,
		}))
	}
	return &centralizedDesign{env: e, phones: phones, apps: make(map[int]*centralized.App)}, nil
}

// attributes are what a platform asks the service for: its claims but for
// real_person, which the result itself says.
func attributes(claims []string) []string {
	return slices.DeleteFunc(slices.Clone(claims), func(c string) bool { return c == spec.RealPerson })
}

func (d *centralizedDesign) Enroll(ctx context.Context, p *Person) error {
	app := &centralized.App{Service: "http://" + issuerHost, HTTP: d.env.Network.Client(person), Now: d.env.Clock.Now}
	s := p.Submission
	if err := app.SendPhoneCode(ctx, s.Phone); err != nil {
		return err
	}
	s.PhoneCode, _ = d.phones.Read(s.Phone)
	_, err := app.Enroll(ctx, s)
	var refusal *centralized.RefusalError
	if errors.As(err, &refusal) && refusal.Decision != nil {
		return fmt.Errorf("%w: rule %s: %s", ErrNotEnrolled, refusal.Rule, refusal.Field)
	}
	if err != nil {
		return err
	}
	d.apps[p.Index] = app
	return nil
}

func (d *centralizedDesign) LogIn(ctx context.Context, p *Person, l Login) error {
	login, err := d.apps[p.Index].LogIn(ctx, "http://"+platformHost(l.Platform.ID), l.Mode, centralized.AgreeToAll)
	if login != nil && login.ResultCode == centralized.Restricted {
		return fmt.Errorf("%w: %w", ErrCutOff, err)
	}
	if err != nil {
		return err
	}
	for _, name := range attributes(d.env.Asked(l.Platform)) {
		if _, ok := login.Attributes[name]; !ok {
			return fmt.Errorf("platform %s did not get %s", l.Platform.ID, name)
		}
	}
	d.env.Network.Write(ctx, PlatformParty(l.Platform.ID), account{At: d.env.Clock.Now(), Name: login.Account, Claims: login.Attributes})
	return nil
}

// Renew does nothing: a certificate is good until the service says otherwise.
func (d *centralizedDesign) Renew(context.Context, *Person) error { return nil }

func (d *centralizedDesign) Order(ctx context.Context, p *Person) error {
	return order(ctx, d.env.Network, centralized.Restriction{InternetNumber: d.apps[p.Index].InternetNumber})
}

// order posts a restriction to the authority, as its operator.
func order(ctx context.Context, n *Network, restriction any) error {
	body, err := json.Marshal(restriction)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+issuerHost+"/restrictions", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+operatorToken)
	response, err := n.Client(person).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return fmt.Errorf("the authority's order was answered with %s", response.Status)
	}
	return nil
}
