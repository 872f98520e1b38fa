package centralized

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

const operatorToken = "an operator's token for tests"

// town is the service on loopback, the authority whose documents it trusts,
// and a telephone network.
type town struct {
	t         testing.TB
	url       string
	service   *Service
	desk      *enrollment.Desk
	authority *mint.Authority
	gateway   *enrollment.SimulatedGateway
	phones    int

	mu sync.Mutex
	at time.Time
}

func (o *town) now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.at
}

func (o *town) wait(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.at = o.at.Add(d)
}

func newTown(t testing.TB, variant Variant) *town {
	t.Helper()
	o := &town{t: t, gateway: &enrollment.SimulatedGateway{}, at: time.Date(2026, time.November, 22, 12, 0, 0, 0, spec.Zone)}
	var err error
	if o.authority, err = mint.NewAuthority(7); err != nil {
		t.Fatal(err)
	}
	rules, err := spec.LoadRules(spec.National)
	if err != nil {
		t.Fatal(err)
	}
	o.desk = &enrollment.Desk{Rules: rules, Trust: o.authority.Trust(), Now: o.now,
		Phones: &enrollment.PhoneCodes{Sender: o.gateway, Now: o.now}}
	o.service, err = New(Config{Desk: o.desk, Variant: variant, OperatorToken: operatorToken, Now: o.now})
	if err != nil {
		t.Fatal(err)
	}
	o.url = o.listen(o.service)
	return o
}

func (o *town) listen(h http.Handler) string {
	l := httptest.NewServer(h)
	o.t.Cleanup(l.Close)
	return l.URL
}

var (
	adult    = mint.Person{ID: "adult", Name: "测试甲", Latin: "CESHI JIA", Sex: document.Female, BirthDate: spec.Date{Year: 1990, Month: 3, Day: 5}}
	guardian = mint.Person{ID: "guardian", Name: "测试丁", Latin: "CESHI DING", Sex: document.Male, BirthDate: spec.Date{Year: 1985, Month: 7, Day: 9}}
	teen     = mint.Person{ID: "teen", Name: "测试乙", Latin: "CESHI YI", Sex: document.Male, BirthDate: spec.Date{Year: 2008, Month: 12, Day: 15}}
	child    = mint.Person{ID: "child", Name: "测试丙", Latin: "CESHI BING", Sex: document.Female, BirthDate: spec.Date{Year: 2013, Month: 11, Day: 23}}
)

// submission is a sound one, with a phone code that arrived.
func (o *town) submission(p mint.Person, kind spec.DocumentKind, options mint.Options) enrollment.Submission {
	o.t.Helper()
	d, err := o.authority.Issue(p, kind, options)
	if err != nil {
		o.t.Fatal(err)
	}
	o.phones++
	s := enrollment.Submission{Document: d.Presented, Face: d.LiveFace(1), Phone: fmt.Sprintf("+8610000000%02d", o.phones), Password: "13572468", Consent: true}
	app := &App{Service: o.url}
	if err := app.SendPhoneCode(o.t.Context(), s.Phone); err != nil {
		o.t.Fatal(err)
	}
	code, ok := o.gateway.Read(s.Phone)
	if !ok {
		o.t.Fatal("no code reached the phone")
	}
	s.PhoneCode = code
	return s
}

// withGuardian has an adult take a part in a minor's submission.
func (o *town) withGuardian(s enrollment.Submission, by mint.Person, part spec.GuardianPart) enrollment.Submission {
	g := o.submission(by, spec.ResidentIdentityCard, mint.Options{})
	s.Guardian = &enrollment.GuardianSubmission{Document: g.Document, Face: g.Face, Relation: spec.Parent, Part: part, Consent: true}
	return s
}

// enrolled gives the app of a person who was enrolled.
func (o *town) enrolled(s enrollment.Submission) *App {
	o.t.Helper()
	app := &App{Service: o.url, Now: o.now}
	if _, err := app.Enroll(o.t.Context(), s); err != nil {
		o.t.Fatal(err)
	}
	return app
}

func (o *town) adult() *App {
	o.t.Helper()
	return o.enrolled(o.submission(adult, spec.ResidentIdentityCard, mint.Options{}))
}

// shop is a platform of the town.
type shop struct {
	Application
	key, url string
}

// platform registers an application and opens its platform on loopback.
func (o *town) platform(orgID, appID string, attributes ...string) *shop {
	o.t.Helper()
	p := &shop{Application: Application{OrgID: orgID, AppID: appID, Attributes: attributes}}
	var err error
	if p.key, err = o.service.Register(p.Application); err != nil {
		o.t.Fatal(err)
	}
	p.url = o.listen(NewPlatform(PlatformConfig{
		Service: o.url, OrgID: orgID, AppID: appID, Key: p.key, Attributes: attributes, Now: o.now,
	}))
	return p
}

// login makes a login request as the platform would.
func (p *shop) login(bizSeq string, mode Mode) LoginRequest {
	return LoginRequest{OrgID: p.OrgID, AppID: p.AppID, BizSeq: bizSeq, Type: mode, Attributes: p.Attributes}
}

func (o *town) logIn(app *App, p *shop, mode Mode) *Login {
	o.t.Helper()
	login, err := app.LogIn(o.t.Context(), p.url, mode, AgreeToAll)
	if err != nil {
		o.t.Fatal(err)
	}
	return login
}

// request has the app answer a login, as the platform would pass it on.
func (o *town) request(app *App, q LoginRequest, consent ...string) AuthenticationRequest {
	o.t.Helper()
	answer, err := app.Answer(o.t.Context(), q, consent)
	if err != nil {
		o.t.Fatal(err)
	}
	return AuthenticationRequest{OrgID: q.OrgID, AppID: q.AppID, BizSeq: q.BizSeq, Type: q.Type, LoginAnswer: answer}
}

// ask sends the service a request with a platform's key.
func (o *town) ask(key string, q AuthenticationRequest) AuthenticationAnswer {
	o.t.Helper()
	var a AuthenticationAnswer
	o.send(http.MethodPost, o.url+"/authentications", key, q, &a)
	return a
}

// restrict gives the authority's order and expects that status.
func (o *town) restrict(order Restriction, status int) {
	o.t.Helper()
	if got := o.send(http.MethodPost, o.url+"/restrictions", operatorToken, order, nil); got != status {
		o.t.Fatalf("order %+v: status %d, want %d", order, got, status)
	}
}

// send sends a string as it is, anything else as JSON.
func (o *town) send(method, url, token string, body, into any) int {
	o.t.Helper()
	b, ok := body.(string)
	if !ok {
		j, err := json.Marshal(body)
		if err != nil {
			o.t.Fatal(err)
		}
		b = string(j)
	}
	request, err := http.NewRequest(method, url, bytes.NewReader([]byte(b)))
	if err != nil {
		o.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		o.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	if into == nil && len(answer) == 0 {
		return response.StatusCode
	}
	if into == nil {
		into = new(Failure)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		o.t.Fatalf("%s answered %d with no JSON of the expected form (%v): %q", url, response.StatusCode, err, answer)
	}
	return response.StatusCode
}

// seq makes the nth sequence of 32 characters.
func seq(n int) string { return fmt.Sprintf("SEQ%029d", n) }
