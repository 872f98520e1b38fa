package issuer

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/protocol/openid4vci"
	"github.com/halfmask/halfmask/spec"
)

var testWallet = openid4vci.Wallet{ClientID: "test-wallet", RedirectURI: "http://127.0.0.1:4711/callback"}

func withTestWallet(c *Config) {
	c.Clients = map[string]openid4vci.ClientMetadata{testWallet.ClientID: {RedirectURIs: []string{"http://127.0.0.1/callback"}, Name: "A wallet for tests"}}
}

// offerTo has the operator make an offer.
func (o *town) offerTo(s *OfferRequest) *OfferAnswer {
	o.t.Helper()
	answer, err := o.operator().Offer(o.t.Context(), *s)
	if err != nil {
		o.t.Fatal(err)
	}
	return answer
}

func (o *town) operator() *Operator {
	return &Operator{Issuer: o.url, Token: operatorToken, HTTP: o.http}
}

// visit opens the authorization endpoint as a script does.
func (o *town) visit(address string) LoginStep {
	o.t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	return o.step(req, http.StatusOK)
}

func (o *town) step(req *http.Request, want int) LoginStep {
	o.t.Helper()
	res, err := o.http.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	var step LoginStep
	if decodeFlat(b, &step) != nil || res.StatusCode != want {
		o.t.Fatalf("login step: %d %s, want %d", res.StatusCode, b, want)
	}
	return step
}

func (o *town) form(values url.Values) *http.Request {
	o.t.Helper()
	req, err := http.NewRequest(http.MethodPost, o.url+"/authorize", strings.NewReader(values.Encode()))
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	return req
}

// leave sends a form that ends the login, and gives where the browser goes.
func (o *town) leave(values url.Values) string {
	o.t.Helper()
	staying := *o.http
	staying.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := staying.Do(o.form(values))
	if err != nil {
		o.t.Fatal(err)
	}
	res.Body.Close()
	return res.Header.Get("Location")
}

// logIn goes through the login of an authorization with a phone.
func (o *town) logIn(address, phone string) string {
	o.t.Helper()
	step := o.visit(address)
	if step.Needed != "phone" || step.Client != "A wallet for tests" {
		o.t.Fatalf("first step %+v", step)
	}
	step = o.step(o.form(url.Values{"login": {step.Login}, "phone": {phone}}), http.StatusOK)
	code, _ := o.gateway.Read(phone)
	return o.leave(url.Values{"login": {step.Login}, "phone": {phone}, "phone_code": {code}})
}

func TestAuthorizationCodeByPhone(t *testing.T) {
	o := newTown(t, "/tenant", withTestWallet)
	s := o.submission(adult, spec.ResidentIdentityCard, mint.Options{})
	o.enroll(s)
	p := o.server.People()[0]
	made := o.offerTo(&OfferRequest{DocumentType: string(p.Attributes.DocumentKind), DocumentNumber: p.Attributes.DocumentNumber, Configurations: []string{PersonSDJWT}, Authorize: true})
	offer, err := o.wallet.Offer(t.Context(), made.Whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, offer := range []*openid4vci.Offer{offer, {Issuer: o.url, Configurations: []string{PersonSDJWT}}} {
		a, err := o.wallet.Authorize(t.Context(), offer, []string{PersonSDJWT}, testWallet)
		if err != nil {
			t.Fatal(err)
		}
		grant, err := o.wallet.Redeem(t.Context(), a, o.logIn(a.URL, s.Phone))
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := o.wallet.Obtain(t.Context(), grant, PersonSDJWT, holderKeys(t, 1))
		if err != nil {
			t.Fatal(err)
		}
		if v := o.verify(got[0]); v.Claims[spec.Name] != "测试甲" {
			t.Errorf("the credential is of %v", v.Claims[spec.Name])
		}
	}
	status, err := o.operator().OfferStatus(t.Context(), made.OfferURI)
	if err != nil || status.State != "issued" || status.Issued != 1 {
		t.Errorf("status %+v, %v", status, err)
	}
}

// TestLoginRefuses: R-ISS-03.
func TestLoginRefuses(t *testing.T) {
	o := newTown(t, "", withTestWallet)
	s := o.submission(adult, spec.ResidentIdentityCard, mint.Options{})
	o.enroll(s)
	other := o.submission(mint.Person{ID: "other", Name: "测试丁", Latin: "CESHI DING", Sex: adult.Sex, BirthDate: adult.BirthDate}, spec.ResidentIdentityCard, mint.Options{})
	o.enroll(other)
	begin := func(offer *openid4vci.Offer) (LoginStep, *openid4vci.Authorization) {
		if offer == nil {
			offer = &openid4vci.Offer{Issuer: o.url, Configurations: []string{PersonBBS}}
		}
		a, err := o.wallet.Authorize(t.Context(), offer, []string{PersonBBS}, testWallet)
		if err != nil {
			t.Fatal(err)
		}
		return o.visit(a.URL), a
	}
	t.Run("a phone that nobody enrolled with, without telling", func(t *testing.T) {
		step, _ := begin(nil)
		step = o.step(o.form(url.Values{"login": {step.Login}, "phone": {"+8619999999999"}}), http.StatusOK)
		if _, sent := o.gateway.Read("+8619999999999"); sent || step.Needed != "phone_code" {
			t.Errorf("sent %v, %+v", sent, step)
		}
	})
	t.Run("no phone number at all", func(t *testing.T) {
		step, _ := begin(nil)
		if step = o.step(o.form(url.Values{"login": {step.Login}, "phone": {"me"}}), http.StatusOK); step.Needed != "phone_code" {
			t.Errorf("%+v", step)
		}
	})
	t.Run("a wrong phone code", func(t *testing.T) {
		step, _ := begin(nil)
		o.step(o.form(url.Values{"login": {step.Login}, "phone": {s.Phone}}), http.StatusOK)
		o.gateway.Read(s.Phone)
		for range 6 {
			if step = o.step(o.form(url.Values{"login": {step.Login}, "phone": {s.Phone}, "phone_code": {"no"}}), http.StatusForbidden); step.Failed == "" {
				t.Errorf("%+v", step)
			}
		}
	})
	t.Run("another person than the offer was made for", func(t *testing.T) {
		var made *OfferAnswer
		for _, p := range o.server.People() {
			if p.Attributes.Phone == other.Phone {
				made = o.offerTo(&OfferRequest{DocumentType: string(p.Attributes.DocumentKind), DocumentNumber: p.Attributes.DocumentNumber, Authorize: true})
			}
		}
		step, _ := begin(made.Offer)
		o.travelTo(o.now().Add(6 * 60e9)) // the wrong codes before are forgotten
		o.step(o.form(url.Values{"login": {step.Login}, "phone": {s.Phone}}), http.StatusOK)
		if _, sent := o.gateway.Read(s.Phone); sent {
			t.Error("a code was sent to somebody whom the offer is not for")
		}
	})
	t.Run("somebody who cancels", func(t *testing.T) {
		step, a := begin(nil)
		if _, err := o.wallet.Redeem(t.Context(), a, o.leave(url.Values{"login": {step.Login}, "cancel": {"1"}})); err == nil || !strings.Contains(err.Error(), openid4vci.AccessDenied) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a person who is restricted", func(t *testing.T) {
		p := o.server.People()[0]
		if status, m := o.post("/restrictions", operatorToken, Order{DocumentType: string(p.Attributes.DocumentKind), DocumentNumber: p.Attributes.DocumentNumber}); status != 200 {
			t.Fatal(m)
		}
		a, err := o.wallet.Authorize(t.Context(), &openid4vci.Offer{Issuer: o.url, Configurations: []string{PersonBBS}}, []string{PersonBBS}, testWallet)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.wallet.Redeem(t.Context(), a, o.logIn(a.URL, p.Attributes.Phone)); err == nil || !strings.Contains(err.Error(), openid4vci.AccessDenied) {
			t.Errorf("got %v", err)
		}
	})
}

// TestLoginPage reads the page as a browser gets it.
func TestLoginPage(t *testing.T) {
	o := newTown(t, "", func(c *Config) {
		c.Clients = map[string]openid4vci.ClientMetadata{testWallet.ClientID: {RedirectURIs: []string{testWallet.RedirectURI}, Name: `<script>alert("x")</script>`}}
	})
	a, err := o.wallet.Authorize(t.Context(), &openid4vci.Offer{Issuer: o.url, Configurations: []string{PersonBBS}}, []string{PersonBBS}, testWallet)
	if err != nil {
		t.Fatal(err)
	}
	res, err := o.http.Get(a.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	if !strings.Contains(page, `name="login"`) || !strings.Contains(page, PersonBBS) || strings.Contains(page, "<script>") {
		t.Errorf("page:\n%s", page)
	}
	if !strings.Contains(res.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", res.Header)
	}
}

func TestApplicantLogsIn(t *testing.T) {
	o := newTown(t, "/tenant", withTestWallet)
	s := o.submission(adult, spec.ResidentIdentityCard, mint.Options{})
	o.enroll(s)
	device := &Applicant{Issuer: o.url, HTTP: o.http}
	logIn := func(phone, code string) (*openid4vci.Authorization, string, error) {
		a, err := o.wallet.Authorize(t.Context(), &openid4vci.Offer{Issuer: o.url, Configurations: []string{PersonBBS}}, []string{PersonBBS}, testWallet)
		if err != nil {
			t.Fatal(err)
		}
		callback, err := device.LogIn(t.Context(), a.URL, phone, func(context.Context) (string, error) {
			sent, _ := o.gateway.Read(phone)
			return cmp.Or(code, sent, "000000"), nil
		})
		return a, callback, err
	}
	a, callback, err := logIn(s.Phone, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.wallet.Redeem(t.Context(), a, callback); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct{ phone, code string }{
		"wrong code": {s.Phone, "nothing"}, "phone that nobody enrolled with": {"+8619999999999", ""}, "no phone number": {"me", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if _, callback, err := logIn(c.phone, c.code); err == nil || callback != "" {
				t.Errorf("got %q, %v", callback, err)
			}
		})
	}
	t.Run("page of somebody else", func(t *testing.T) {
		if _, err := device.LogIn(t.Context(), "https://evil.example/authorize", s.Phone, nil); err == nil {
			t.Error("visited")
		}
	})
}
