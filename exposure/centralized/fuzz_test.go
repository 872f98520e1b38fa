package centralized

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/spec"
)

// post has the service answer a request in memory.
func (o *town) post(path, token, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	o.service.ServeHTTP(w, r)
	return w
}

func asJSON(t testing.TB, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// FuzzRequests sends any body to every endpoint: the answer is JSON and never
// the service's own failure, and nobody logs in who has no app.
func FuzzRequests(f *testing.F) {
	o := newTown(f, Pairwise)
	p := o.platform("10000001", "0001", spec.AgeOver18)
	app := o.adult()
	q := o.request(app, p.login(seq(1), WithPasswordFace), spec.AgeOver18)
	if a := o.ask(p.key, q); a.ResultCode != Success {
		f.Fatalf("%+v", a)
	}
	f.Add(asJSON(f, q))
	f.Add(asJSON(f, Restriction{InternetNumber: "NOBODY0000", OrgID: "10000001", AppID: "0001"}))
	f.Add(asJSON(f, map[string]string{"phone": "+861000000001"}))
	f.Add(asJSON(f, LoginAnswer{IDCardAuthData: q.IDCardAuthData}))
	f.Add(`{"orgID":"10000001","ORGID":""}`)
	f.Fuzz(func(t *testing.T, body string) {
		for path, token := range map[string]string{
			"/authentications": p.key, "/restrictions": operatorToken, "/enrollments": "", "/enrollments/phone-codes": "",
		} {
			w := o.post(path, token, body)
			if w.Code >= 500 || w.Body.Len() > 0 && !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s answered %d %q", path, w.Code, w.Body)
			}
			var a AuthenticationAnswer
			if path == "/authentications" && json.Unmarshal(w.Body.Bytes(), &a) == nil && (a.ResultCode == Success || a.Identifier != "") {
				t.Errorf("somebody logged in: %+v", a)
			}
		}
	})
}

// FuzzSealed encrypts anything to the service, as a platform can: only what
// holds the certificate and names this login succeeds, and gives no more than
// was registered for.
func FuzzSealed(f *testing.F) {
	o := newTown(f, Pairwise)
	p := o.platform("10000001", "0001", spec.AgeOver18)
	app := o.adult()
	c := &crime{town: o, p: p}
	plain := func(certificate string, consent ...string) string {
		return asJSON(f, idCardAuthData{p.OrgID, p.AppID, seq(1), Certificate, o.now().Unix(), certificate, consent})
	}
	f.Add(plain(app.Certificate, spec.AgeOver18, spec.Name))
	f.Add(plain("", spec.AgeOver18))
	f.Add(asJSON(f, certPwdData{[]byte("x"), "13572468"}))
	f.Add(`{"certificate":"","Certificate":""}`)
	f.Fuzz(func(t *testing.T, inside string) {
		o.t, o.service.used = t, sequences{limit: maxSequences}
		w := o.post("/authentications", p.key, asJSON(t, c.inside(inside)))
		var a AuthenticationAnswer
		if err := decodeStrict(w.Body.Bytes(), &a); err != nil || w.Code != 200 {
			t.Fatalf("answered %d %q", w.Code, w.Body)
		}
		for name := range a.Attributes {
			if !slices.Contains(p.Attributes, name) {
				t.Errorf("gave %s", name)
			}
		}
		held := strings.Contains(inside, app.Certificate) && strings.Contains(inside, seq(1))
		if (a.ResultCode == Success) != (a.Identifier != "") || a.ResultCode == Success && !held {
			t.Errorf("%q gave %+v", inside, a)
		}
	})
}
