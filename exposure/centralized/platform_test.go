package centralized

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

// open begins a login at a platform, as the person's app does.
func (o *town) open(p *shop, mode Mode) LoginRequest {
	o.t.Helper()
	var q LoginRequest
	if status := o.send(http.MethodPost, p.url+"/logins?type="+string(mode), "", "{}", &q); status != http.StatusCreated {
		o.t.Fatalf("status %d", status)
	}
	return q
}

func TestPlatformRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		do     func(o *town, p *shop, app *App, f *Failure) int
		status int
		check  string
	}{
		{"no type", func(o *town, p *shop, _ *App, f *Failure) int {
			return o.send("POST", p.url+"/logins", "", "{}", f)
		}, 400, "type"},
		{"an unknown type", func(o *town, p *shop, _ *App, f *Failure) int {
			return o.send("POST", p.url+"/logins?type=R05", "", "{}", f)
		}, 400, "type"},
		{"a bizSeq that was never opened", func(o *town, p *shop, app *App, f *Failure) int {
			return o.send("POST", p.url+"/logins/"+seq(1), "", o.request(app, p.login(seq(1), Certificate)).LoginAnswer, f)
		}, 404, "bizSeq"},
		{"an answer twice", func(o *town, p *shop, app *App, f *Failure) int {
			q := o.open(p, Certificate)
			answer := o.request(app, q).LoginAnswer
			if status := o.send("POST", p.url+"/logins/"+q.BizSeq, "", answer, new(Login)); status != 200 {
				o.t.Fatalf("the first time: %d", status)
			}
			return o.send("POST", p.url+"/logins/"+q.BizSeq, "", answer, f)
		}, 404, "bizSeq"},
		{"an answer after six minutes", func(o *town, p *shop, app *App, f *Failure) int {
			q := o.open(p, Certificate)
			o.wait(6 * time.Minute)
			return o.send("POST", p.url+"/logins/"+q.BizSeq, "", o.request(app, q).LoginAnswer, f)
		}, 404, "bizSeq"},
		{"an answer with a repeated member", func(o *town, p *shop, _ *App, f *Failure) int {
			return o.send("POST", p.url+"/logins/"+o.open(p, Certificate).BizSeq, "", `{"idCardAuthData":"","idcardauthdata":""}`, f)
		}, 400, "body"},
		{"an answer that names its own mode", func(o *town, p *shop, _ *App, f *Failure) int {
			return o.send("POST", p.url+"/logins/"+o.open(p, WithFace).BizSeq, "", `{"idCardAuthData":"","type":"R01"}`, f)
		}, 400, "body"},
		{"an answer that is too long", func(o *town, p *shop, _ *App, f *Failure) int {
			return o.send("POST", p.url+"/logins/"+o.open(p, Certificate).BizSeq, "", strings.Repeat(" ", maxLoginAnswer+1), f)
		}, 413, "body"},
		{"another path", func(o *town, p *shop, _ *App, f *Failure) int { return o.send("GET", p.url+"/", "", "", f) }, 404, "endpoint"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newTown(t, Shared)
			var f Failure
			if status := c.do(o, o.platform("10000001", "0001"), o.adult(), &f); status != c.status || f.Check != c.check || f.Error == "" {
				t.Errorf("got %d %+v", status, f)
			}
		})
	}
}

// A platform decides which modes will do; a person cannot choose less.
func TestPlatformChoosesModes(t *testing.T) {
	o := newTown(t, Shared)
	app := o.adult()
	key, err := o.service.Register(Application{OrgID: "10000001", AppID: "0001"})
	if err != nil {
		t.Fatal(err)
	}
	bank := &shop{url: o.listen(NewPlatform(PlatformConfig{Service: o.url, OrgID: "10000001", AppID: "0001", Key: key,
		Types: []Mode{WithFace, WithPasswordFace}, Now: o.now}))}
	for _, mode := range Modes {
		_, err := app.LogIn(t.Context(), bank.url, mode, nil)
		var refused *RefusalError
		if mode.face() && err != nil || !mode.face() && (!errors.As(err, &refused) || refused.Check != "type") {
			t.Errorf("%s: %v", mode, err)
		}
	}
	// The mode that was opened counts, whatever the person shows.
	q := o.open(bank, WithFace)
	q.Type = Certificate
	var login Login
	if status := o.send("POST", bank.url+"/logins/"+q.BizSeq, "", o.request(app, q).LoginAnswer, &login); status != 403 || login.ResultCode != BadRequest {
		t.Errorf("R01 in a login opened as R03: %d %+v", status, login)
	}
}

// A service that fails, lies or sends the platform elsewhere logs nobody in.
func TestPlatformDoubtsTheService(t *testing.T) {
	o := newTown(t, Shared)
	app := o.adult()
	elsewhere := 0
	other := o.listen(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	for _, c := range []struct {
		name   string
		answer func(w http.ResponseWriter, r *http.Request)
	}{
		{"an answer for another login", func(w http.ResponseWriter, _ *http.Request) {
			reply(w, 200, AuthenticationAnswer{BizSeq: seq(1), ResultCode: Success, Identifier: "somebody"})
		}},
		{"success for nobody", func(w http.ResponseWriter, r *http.Request) {
			var q AuthenticationRequest
			readJSON(w, r, maxAuthentication, &q)
			reply(w, 200, AuthenticationAnswer{BizSeq: q.BizSeq, ResultCode: Success})
		}},
		{"success with an error's status", func(w http.ResponseWriter, r *http.Request) {
			var q AuthenticationRequest
			readJSON(w, r, maxAuthentication, &q)
			reply(w, 500, AuthenticationAnswer{BizSeq: q.BizSeq, ResultCode: Success, Identifier: "somebody"})
		}},
		{"no result", func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, struct{}{}) }},
		{"a failure", func(w http.ResponseWriter, _ *http.Request) { fail(w, 500, "service", "down") }},
		{"two results", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"resultCode":"H0000004","resultCode":"C0000000"}`))
		}},
		{"HTML", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<p>")) }},
		{"an endless answer", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(strings.Repeat(" ", maxResponse+1)))
		}},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other, http.StatusTemporaryRedirect) }},
		{"nothing", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			service := httptest.NewServer(http.HandlerFunc(c.answer))
			defer service.Close()
			p := &shop{url: o.listen(NewPlatform(PlatformConfig{Service: service.URL, OrgID: "10000001", AppID: "0001", Key: "key", Now: o.now}))}
			_, err := app.LogIn(t.Context(), p.url, Certificate, nil)
			var refused *RefusalError
			if !errors.As(err, &refused) || refused.Status != http.StatusBadGateway || refused.Check != "service" {
				t.Errorf("got %v", err)
			}
		})
	}
	if elsewhere != 0 {
		t.Error("the person's data followed a redirect")
	}
}

// What a platform of bad will asks of a person's app.
func TestAppDoubtsThePlatform(t *testing.T) {
	o := newTown(t, Shared)
	app := o.adult()
	finished := false
	asks := func(q LoginRequest) string {
		m := http.NewServeMux()
		m.HandleFunc("POST /logins", func(w http.ResponseWriter, _ *http.Request) { reply(w, 201, q) })
		m.HandleFunc("/", func(http.ResponseWriter, *http.Request) { finished = true })
		return o.listen(m)
	}
	sound := LoginRequest{OrgID: "10000001", AppID: "0001", BizSeq: seq(1), Type: Certificate}
	for name, change := range map[string]func(*LoginRequest){
		"more than was chosen":     func(q *LoginRequest) { q.Type = WithPasswordFace },
		"a path for a bizSeq":      func(q *LoginRequest) { q.BizSeq = "../" + q.BizSeq[3:] },
		"no bizSeq":                func(q *LoginRequest) { q.BizSeq = "" },
		"no organisation":          func(q *LoginRequest) { q.OrgID = "" },
		"an application with path": func(q *LoginRequest) { q.AppID = "a/b" },
	} {
		q := sound
		change(&q)
		if _, err := app.LogIn(t.Context(), asks(q), Certificate, AgreeToAll); err == nil || finished {
			t.Errorf("%s: %v, answered: %v", name, err, finished)
		}
	}
	if _, err := (&App{Service: o.url}).LogIn(t.Context(), asks(sound), Certificate, nil); err == nil || !strings.Contains(err.Error(), "enroll first") {
		t.Errorf("without a certificate: %v", err)
	}
	moved := o.listen(http.RedirectHandler(o.url, http.StatusTemporaryRedirect))
	if _, err := (&App{Service: moved}).Enroll(t.Context(), o.submission(adult, identityCard, mint.Options{})); err == nil {
		t.Error("evidence followed a redirect")
	}
	// Consent to what was not asked for stays with the app.
	p := o.platform("10000001", "0001", spec.AgeOver18, spec.Name)
	asked := o.listen(NewPlatform(PlatformConfig{Service: o.url, OrgID: p.OrgID, AppID: p.AppID, Key: p.key, Attributes: []string{spec.AgeOver18}, Now: o.now}))
	login, err := app.LogIn(t.Context(), asked, Certificate, func([]string) []string { return []string{spec.AgeOver18, spec.Name} })
	if err != nil || len(login.Attributes) != 1 || login.Attributes[spec.AgeOver18] != true {
		t.Errorf("got %+v, %v", login, err)
	}
}

// At most so many logins are open; old ones make room.
func TestPlatformCapacity(t *testing.T) {
	o := newTown(t, Shared)
	p := NewPlatform(PlatformConfig{Now: o.now})
	for i := range maxOpen {
		if !p.remember(LoginRequest{BizSeq: seq(i)}, o.now()) {
			t.Fatalf("login %d was refused", i)
		}
	}
	url := o.listen(p)
	var f Failure
	if status := o.send("POST", url+"/logins?type=R01", "", "{}", &f); status != 503 || f.Check != "capacity" {
		t.Errorf("got %d %+v", status, f)
	}
	o.wait(loginLifetime + time.Second)
	if status := o.send("POST", url+"/logins?type=R01", "", "{}", new(LoginRequest)); status != 201 {
		t.Errorf("after they ended: %d", status)
	}
}
