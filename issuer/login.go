package issuer

import (
	"bytes"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/protocol/openid4vci"
)

// login lets enrolled people in at the authorization endpoint, by the
// one-time code of the phone that they enrolled with. A script asks for
// application/json and gets LoginStep in the place of a page.
type login struct{ s *Server }

// LoginStep tells a script where a login stands. What it sends is a form, to
// the authorization endpoint, with the members login, phone and, once a code
// was sent, phone_code; cancel ends the login.
type LoginStep struct {
	Login  string `json:"login"`
	Needed string `json:"needed"`           // "phone", then "phone_code"
	Client string `json:"client"`           // the wallet that asks
	Failed string `json:"failed,omitempty"` // what was wrong with the last answer
	phone  string
	names  []string
}

func (l login) ServeLogin(w http.ResponseWriter, r *http.Request, a openid4vci.Authorizing) (subject string, err error) {
	step := LoginStep{Login: a.ID, Needed: "phone", Client: a.Client, names: a.Configurations}
	phone, code := a.Form.Get("phone"), a.Form.Get("phone_code")
	switch {
	case a.Form.Has("cancel"):
		return "", &openid4vci.Error{Status: http.StatusForbidden, Code: openid4vci.AccessDenied, Description: "the person ended the login"}
	case phone == "":
		return "", step.show(w, r, http.StatusOK)
	case code == "":
		// A phone that nobody enrolled with gets no code, and the answer
		// does not tell.
		if len(l.people(phone, a.Subject)) > 0 {
			err = l.s.desk.SendPhoneCode(r.Context(), phone)
		}
	default:
		if err = l.s.desk.Phones.Check(phone, code); err == nil {
			return l.enter(phone, a.Subject)
		}
	}
	status := http.StatusOK
	var evidence *enrollment.EvidenceError
	switch {
	case errors.As(err, &evidence):
		status, step.Failed = http.StatusForbidden, evidence.Err.Error()
	case err != nil:
		return "", err
	}
	if evidence == nil || evidence.Field != "phone" {
		step.Needed, step.phone = "phone_code", phone
	}
	return "", step.show(w, r, status)
}

// enter finds the one person whose phone it is.
func (l login) enter(phone, subject string) (string, error) {
	refused := func(text string) error {
		return &openid4vci.Error{Status: http.StatusForbidden, Code: openid4vci.AccessDenied, Description: text}
	}
	switch found := l.people(phone, subject); len(found) {
	case 0:
		return "", refused("nobody who may log in here enrolled with that phone")
	case 1:
		if _, err := l.s.register.inGoodStanding(found[0]); err != nil {
			return "", err
		}
		return found[0], nil
	default:
		return "", refused("several people enrolled with that phone: start with an offer made for one of them")
	}
}

// people gives the IDs of those with the phone; only subject, if it is not
// "".
func (l login) people(phone, subject string) []string {
	found := l.s.register.byPhone(phone)
	if subject == "" {
		return found
	}
	return slices.DeleteFunc(found, func(id string) bool { return id != subject })
}

func (s LoginStep) show(w http.ResponseWriter, r *http.Request, status int) error {
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		return answer(w, status, s)
	}
	var page bytes.Buffer
	err := loginPage.Execute(&page, map[string]any{"Step": s, "Phone": s.phone, "Names": s.names, "Code": s.Needed == "phone_code"})
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes()) // the browser is gone if this fails
	return nil
}

// loginPage is the whole page. Its form goes where it came from.
var loginPage = template.Must(template.New("login").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Log in</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:28rem;margin:3rem auto;padding:0 1rem}input,button{font:inherit;padding:.4rem;margin:.3rem 0}[role=alert]{color:#a00}</style></head>
<body><h1>Log in</h1>
<p>The wallet <strong>{{.Step.Client}}</strong> asks for {{range $i, $n := .Names}}{{if $i}}, {{end}}<strong>{{$n}}</strong>{{end}}. Go on only if you started this in your own wallet.</p>
{{with .Step.Failed}}<p role="alert">{{.}}</p>{{end}}
<form method="post" action="?" id="f"><input type="hidden" name="login" value="{{.Step.Login}}">
{{if .Code}}<input type="hidden" name="phone" value="{{.Phone}}"><p>If you enrolled with {{.Phone}}, a code is on its way.</p>
<label>Code from the message<br><input name="phone_code" inputmode="numeric" autocomplete="one-time-code" required autofocus></label>
{{else}}<label>Phone that you enrolled with<br><input name="phone" type="tel" placeholder="+8610000000001" required autofocus></label>
{{end}}<br><button>Go on</button> <button name="cancel" value="1" formnovalidate>Cancel</button></form>
</body></html>
`))
