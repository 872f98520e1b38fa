package centralized

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

// TestServiceRefusesCallers sends what is no platform's authentication: an
// error in JSON, and no row, or anybody could fill the log.
func TestServiceRefusesCallers(t *testing.T) {
	o := newTown(t, Shared)
	p, other := o.platform("10000001", "0001"), o.platform("10000001", "0002")
	app := o.adult()
	sound := func() AuthenticationRequest { return o.request(app, p.login(seq(1), Certificate)) }
	for _, c := range []struct {
		name, key string
		change    func(*AuthenticationRequest)
		status    int
		code      ResultCode
	}{
		{"no key", "", nil, 401, UnknownApplication},
		{"a wrong key", strings.Repeat("A", len(p.key)), nil, 401, UnknownApplication},
		{"a longer key", p.key + "A", nil, 401, UnknownApplication},
		{"another application's key", other.key, nil, 401, UnknownApplication},
		{"the operator's token", operatorToken, nil, 401, UnknownApplication},
		{"an unknown application", p.key, func(q *AuthenticationRequest) { q.AppID = "0003" }, 401, UnknownApplication},
		{"an unknown organisation", p.key, func(q *AuthenticationRequest) { q.OrgID = "10000009" }, 401, UnknownApplication},
		{"a split of the names that meets another's", p.key, func(q *AuthenticationRequest) { q.OrgID, q.AppID = "1000000", "10001" }, 401, UnknownApplication},
		{"a short bizSeq", p.key, func(q *AuthenticationRequest) { q.BizSeq = q.BizSeq[1:] }, 400, BadRequest},
		{"a long bizSeq", p.key, func(q *AuthenticationRequest) { q.BizSeq += "0" }, 400, BadRequest},
		{"a bizSeq with other characters", p.key, func(q *AuthenticationRequest) { q.BizSeq = "\n" + q.BizSeq[1:] }, 400, BadRequest},
		{"an unknown type", p.key, func(q *AuthenticationRequest) { q.Type = "R05" }, 400, BadRequest},
		{"no type", p.key, func(q *AuthenticationRequest) { q.Type = "" }, 400, BadRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := sound()
			if c.change != nil {
				c.change(&q)
			}
			var a AuthenticationAnswer
			status := o.send(http.MethodPost, o.url+"/authentications", c.key, q, &a)
			if status != c.status || a.ResultCode != c.code || a.ResultDesc == "" || a.Identifier != "" {
				t.Errorf("got %d %+v", status, a)
			}
		})
	}
	if rows := o.service.Log(); len(rows) != 0 {
		t.Errorf("rows %+v", rows)
	}
	if a := o.ask(p.key, sound()); a.ResultCode != Success {
		t.Errorf("the login itself: %+v", a)
	}
}

// Bodies that two readers could take differently, or that are too much.
func TestServiceRefusesBodies(t *testing.T) {
	o := newTown(t, Shared)
	p := o.platform("10000001", "0001")
	for _, c := range []struct {
		name, body, text string
		status           int
	}{
		{"a repeated member", `{"orgID":"10000001","orgID":"10000002"}`, `occurs twice: "orgID"`, 400},
		{"a member repeated in another case", `{"orgID":"10000001","ORGID":"10000002"}`, `unknown member "ORGID"`, 400},
		{"a member in letters that Go folds", `{"bizSeq":"a","bizſeq":"b"}`, "unknown member", 400},
		{"an unknown member", `{"orgID":"10000001","admin":true}`, "unknown member", 400},
		{"a member of the wrong type", `{"orgID":10000001}`, `"orgID" cannot be this JSON number`, 400},
		{"something behind it", `{} {}`, "follows", 400},
		{"an array", `[]`, "not a JSON object", 400},
		{"no JSON", `orgID=10000001`, "not JSON", 400},
		{"an open object", `{"orgID":"10000001"`, "not JSON", 400},
		{"nothing", ``, "not JSON", 400},
		{"deep nesting", `{"orgID":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`, "nested", 400},
		{"no UTF-8", "{\"orgID\":\"\xff\"}", "not JSON", 400},
		{"a mebibyte and more", `"` + strings.Repeat("x", maxAuthentication) + `"`, "longer than", 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			var f Failure
			if status := o.send(http.MethodPost, o.url+"/authentications", p.key, c.body, &f); status != c.status || f.Check != "body" || !strings.Contains(f.Error, c.text) {
				t.Errorf("got %d %+v", status, f)
			}
			if strings.Contains(f.Error, "centralized.") {
				t.Errorf("names of our types: %s", f.Error)
			}
		})
	}
	response, err := http.Post(o.url+"/authentications", "text/plain", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("text/plain: status %d", response.StatusCode)
	}
	for _, r := range [][2]string{{http.MethodGet, "/authentications"}, {http.MethodDelete, "/log"}, {http.MethodGet, "/"}} {
		var f Failure
		if status := o.send(r[0], o.url+r[1], p.key, "", &f); status != 404 || f.Check != "endpoint" {
			t.Errorf("%s: %d %+v", r, status, f)
		}
	}
}

// Orders and the log are the operator's alone.
func TestOperatorRefuses(t *testing.T) {
	o := newTown(t, Shared)
	p := o.platform("10000001", "0001")
	app := o.adult()
	sound := Restriction{InternetNumber: app.InternetNumber}
	for _, c := range []struct {
		name, method, path, token string
		body                      any
		status                    int
		check                     string
	}{
		{"an order without token", "POST", "/restrictions", "", sound, 401, "operator-token"},
		{"an order with a platform's key", "POST", "/restrictions", p.key, sound, 401, "operator-token"},
		{"an order with part of the token", "POST", "/restrictions", operatorToken[:20], sound, 401, "operator-token"},
		{"the log without token", "GET", "/log", "", "", 401, "operator-token"},
		{"the log with a platform's key", "GET", "/log", p.key, "", 401, "operator-token"},
		{"an order against nobody", "POST", "/restrictions", operatorToken, Restriction{InternetNumber: "NOBODY0000"}, 404, "internet-number"},
		{"an order without a number", "POST", "/restrictions", operatorToken, Restriction{}, 404, "internet-number"},
		{"an order at an unknown application", "POST", "/restrictions", operatorToken,
			Restriction{InternetNumber: app.InternetNumber, OrgID: "10000001", AppID: "0009"}, 404, "application"},
		{"an order at an organisation without application", "POST", "/restrictions", operatorToken,
			Restriction{InternetNumber: app.InternetNumber, OrgID: "10000001"}, 404, "application"},
		{"an order against two", "POST", "/restrictions", operatorToken,
			`{"internet_number":"` + app.InternetNumber + `","internet_number":"NOBODY0000"}`, 400, "body"},
		{"a long order", "POST", "/restrictions", operatorToken, strings.Repeat(" ", maxRestriction+1), 413, "body"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var f Failure
			if status := o.send(c.method, o.url+c.path, c.token, c.body, &f); status != c.status || f.Check != c.check {
				t.Errorf("got %d %+v", status, f)
			}
		})
	}
	request, _ := http.NewRequest(http.MethodGet, o.url+"/log", nil)
	request.Header.Set("Authorization", operatorToken) // without Bearer
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized || response.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("a token without scheme: %s", response.Status)
	}
	o.logIn(app, p, Certificate) // no order took effect
}

func TestNewRefuses(t *testing.T) {
	desk := &enrollment.Desk{}
	for name, c := range map[string]Config{
		"no desk":                {Variant: Shared, OperatorToken: operatorToken},
		"no variant":             {Desk: desk, OperatorToken: operatorToken},
		"an unknown variant":     {Desk: desk, Variant: "both", OperatorToken: operatorToken},
		"no operator token":      {Desk: desk, Variant: Shared},
		"a short operator token": {Desk: desk, Variant: Shared, OperatorToken: "short"},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestRegisterRefuses(t *testing.T) {
	o := newTown(t, Shared)
	o.platform("10000001", "0001")
	for name, a := range map[string]Application{
		"no orgID":             {AppID: "0001"},
		"no appID":             {OrgID: "10000001"},
		"a slash":              {OrgID: "10000001/0001", AppID: "1"},
		"a character 0":        {OrgID: "10000001", AppID: "0001\x00"},
		"a long name":          {OrgID: strings.Repeat("1", 33), AppID: "0001"},
		"an unknown attribute": {OrgID: "10000002", AppID: "0001", Attributes: []string{"religion"}},
		"a second time":        {OrgID: "10000001", AppID: "0001"},
	} {
		if key, err := o.service.Register(a); err == nil || key != "" {
			t.Errorf("%s was accepted", name)
		}
	}
	// A caller who changes its list afterwards registers nothing more.
	list := []string{spec.AgeOver18}
	key, err := o.service.Register(Application{OrgID: "10000003", AppID: "0001", Attributes: list})
	if err != nil {
		t.Fatal(err)
	}
	list[0] = spec.Name
	p := &shop{Application: Application{OrgID: "10000003", AppID: "0001"}, key: key}
	if a := o.ask(key, o.request(o.adult(), p.login(seq(1), Certificate), spec.Name, spec.AgeOver18)); a.Attributes[spec.Name] != nil || a.Attributes[spec.AgeOver18] != true {
		t.Errorf("got %+v", a)
	}
}

// Five wrong passwords in a row lock the password, also for the right one and
// for tries at once, until the person enrolls again. The other modes work.
func TestPasswordLock(t *testing.T) {
	o := newTown(t, Shared)
	p := o.platform("10000001", "0001")
	app := o.adult()
	thief := &App{Service: o.url, Now: o.now, Certificate: app.Certificate, Password: "86427531"}
	try := func(a *App) ResultCode {
		login, err := a.LogIn(t.Context(), p.url, WithPassword, nil)
		if login == nil {
			t.Error(err)
			return ""
		}
		return login.ResultCode
	}
	for range maxMisses - 1 {
		if got := try(thief); got != WrongPassword {
			t.Fatalf("got %s", got)
		}
	}
	if got := try(app); got != Success {
		t.Fatalf("the right one before the lock: %s", got)
	}

	const tries = 4 * maxMisses
	codes := make(chan ResultCode, tries)
	var wg sync.WaitGroup
	for range tries {
		wg.Go(func() { codes <- try(thief) })
	}
	wg.Wait()
	close(codes)
	count := map[ResultCode]int{}
	for code := range codes {
		count[code]++
	}
	if count[WrongPassword] != maxMisses || count[PasswordLocked] != tries-maxMisses {
		t.Errorf("tries at once: %v", count)
	}
	if got := try(app); got != PasswordLocked {
		t.Errorf("the right one after the lock: %s", got)
	}
	o.logIn(app, p, Certificate)
	o.logIn(app, p, WithFace)
	o.logIn(o.adult(), p, WithPassword) // enrolled again
}

// A platform that sends one wrong password again and again locks nobody out.
func TestReplayedPasswordCountsOnce(t *testing.T) {
	o := newTown(t, Shared)
	p := o.platform("10000001", "0001")
	app := o.adult()
	mistyped := &App{Service: o.url, Now: o.now, Certificate: app.Certificate, Password: "86427531"}
	q := o.request(mistyped, p.login(seq(1), WithPassword))
	for i := range 2 * maxMisses {
		want := Replayed
		if i == 0 {
			want = WrongPassword
		}
		if a := o.ask(p.key, q); a.ResultCode != want {
			t.Errorf("time %d: %+v", i+1, a)
		}
	}
	o.logIn(app, p, WithPassword)
}

// slowFaces compares when it is told to.
type slowFaces struct {
	enrollment.SyntheticFaces
	began, proceed chan struct{}
}

func (f *slowFaces) MatchFace(ctx context.Context, live, portrait []byte) error {
	f.began <- struct{}{}
	<-f.proceed
	return f.SyntheticFaces.MatchFace(ctx, live, portrait)
}

// While one face is compared everybody else is served, and an order that
// comes meanwhile counts.
func TestSlowFaceHoldsNobodyUp(t *testing.T) {
	o := newTown(t, Shared)
	p := o.platform("10000001", "0001")
	slow, other := o.adult(), o.enrolled(o.submission(guardian, identityCard, mint.Options{}))
	faces := &slowFaces{began: make(chan struct{}), proceed: make(chan struct{})}
	o.service.face = faces
	refused := make(chan error)
	go func() {
		_, err := slow.LogIn(context.Background(), p.url, WithFace, nil)
		refused <- err
	}()
	<-faces.began
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := other.LogIn(ctx, p.url, WithPassword, nil); err != nil {
		t.Errorf("held up: %v", err)
	}
	o.restrict(Restriction{InternetNumber: slow.InternetNumber}, 204)
	close(faces.proceed)
	if err := <-refused; !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), string(Restricted)) {
		t.Errorf("an order while the face was compared: %v", err)
	}
}
