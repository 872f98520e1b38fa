package openid4vp_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/protocol/openid4vp"
)

func token(t testing.TB) openid4vp.VPToken {
	t.Helper()
	text, err := openid4vp.TextPresentation("a.b.c~d~e.f.g")
	if err != nil {
		t.Fatal(err)
	}
	object, err := openid4vp.ObjectPresentation([]byte(`{"type":["VerifiableCredential"],"n":1.50}`))
	if err != nil {
		t.Fatal(err)
	}
	return openid4vp.VPToken{"sd": {text}, "ld": {object}}
}

func TestResponseRoundTrip(t *testing.T) {
	for _, r := range []*openid4vp.Response{
		{State: "s", Token: token(t)},
		{State: "s", Err: &openid4vp.Error{Code: openid4vp.AccessDenied, Description: "no"}},
		{Err: &openid4vp.Error{Code: openid4vp.AccessDenied}},
	} {
		body, err := r.Encode(new(openid4vp.Request))
		if err != nil {
			t.Fatal(err)
		}
		got, err := openid4vp.ParseResponse([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, r) {
			t.Errorf("got %+v, want %+v", got, r)
		}
	}
	// the bytes of an object stay as they are, an array holds even one
	b, err := json.Marshal(token(t))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"ld":[{"type":["VerifiableCredential"],"n":1.50}],"sd":["a.b.c~d~e.f.g"]}`; string(b) != want {
		t.Errorf("vp_token %s, want %s", b, want)
	}
	p := token(t)["sd"][0]
	if s, ok := p.Text(); !ok || s != "a.b.c~d~e.f.g" {
		t.Errorf("text %q, %v", s, ok)
	}
	if _, ok := p.Object(); ok {
		t.Error("a string is an object")
	}
	if _, ok := token(t)["ld"][0].Text(); ok {
		t.Error("an object is a string")
	}
}

func TestResponseRefuses(t *testing.T) {
	form := func(pairs ...string) string {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Add(pairs[i], pairs[i+1])
		}
		return v.Encode()
	}
	vp := func(token string) string { return form("state", "s", "vp_token", token) }
	for name, c := range map[string]struct{ body, check string }{
		"nothing":                         {"", "response"},
		"state alone":                     {"state=s", "response"},
		"vp_token and error":              {form("vp_token", `{"a":["b"]}`, "error", "access_denied"), "response"},
		"vp_token twice":                  {form("vp_token", `{"a":["b"]}`, "vp_token", `{"a":["b"]}`), "response"},
		"state twice":                     {form("vp_token", `{"a":["b"]}`, "state", "a", "state", "b"), "response"},
		"state empty":                     {form("vp_token", `{"a":["b"]}`, "state", ""), "response"},
		"state that is not URL safe":      {form("vp_token", `{"a":["b"]}`, "state", "a b"), "response"},
		"error empty":                     {form("error", ""), "response"},
		"error with a line break":         {form("error", "a\nb"), "response"},
		"error_description of 600 bytes":  {form("error", "a", "error_description", strings.Repeat("a", 600)), "response"},
		"a malformed escape":              {"vp_token=%zz", "response"},
		"a semicolon":                     {"vp_token=a;state=b", "response"},
		"vp_token empty":                  {vp(""), "vp-token"},
		"vp_token a string":               {vp(`"a"`), "vp-token"},
		"vp_token an array":               {vp(`["a"]`), "vp-token"},
		"vp_token without a presentation": {vp(`{}`), "vp-token"},
		"a presentation that is no array": {vp(`{"a":"b"}`), "vp-token"},
		"an object that is no array":      {vp(`{"a":{"b":1}}`), "vp-token"},
		"an empty array":                  {vp(`{"a":[]}`), "vp-token"},
		"a number as presentation":        {vp(`{"a":[1]}`), "vp-token"},
		"null as presentation":            {vp(`{"a":[null]}`), "vp-token"},
		"an array in an array":            {vp(`{"a":[["b"]]}`), "vp-token"},
		"an id twice":                     {vp(`{"a":["b"],"a":["c"]}`), "vp-token"},
		"a member twice within an object": {vp(`{"a":[{"b":{"c":1,"c":2}}]}`), "vp-token"},
		"an id that none can have":        {vp(`{"a b":["c"]}`), "vp-token"},
		"65 presentations":                {vp(`{"a":["b"` + strings.Repeat(`,"b"`, 64) + `]}`), "vp-token"},
		"trailing bytes":                  {vp(`{"a":["b"]}x`), "vp-token"},
		"a depth bomb":                    {vp(`{"a":[` + strings.Repeat(`{"a":`, 10000)), "vp-token"},
		"1 MiB":                           {vp(`{"a":["` + strings.Repeat("b", 1<<20) + `"]}`), "response"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := openid4vp.ParseResponse([]byte(c.body))
			var failed *credential.Error
			if !errors.As(err, &failed) || failed.Check != c.check {
				t.Fatalf("error %v, want a failed check %s", err, c.check)
			}
			if got != nil && (got.Token != nil || got.Err != nil) {
				t.Error("a refused response was returned")
			}
		})
	}
	if _, err := openid4vp.ParseVPToken(make([]byte, 1<<20)); err == nil {
		t.Error("a vp_token of 1 MiB is accepted")
	}
	if _, err := openid4vp.ObjectPresentation([]byte(`{"a":1,"a":2}`)); err == nil {
		t.Error("an object with a member twice becomes a presentation")
	}
}

func FuzzResponse(f *testing.F) {
	body, err := (&openid4vp.Response{State: "s", Token: token(f)}).Encode(new(openid4vp.Request))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(body))
	f.Add([]byte("error=access_denied&state=s"))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := openid4vp.ParseResponse(body)
		if err != nil {
			return
		}
		if (r.Token == nil) == (r.Err == nil) {
			t.Fatal("neither or both of token and error")
		}
		for id, list := range r.Token {
			if len(list) == 0 {
				t.Fatalf("%s has no presentation", id)
			}
			for _, p := range list {
				_, text := p.Text()
				_, object := p.Object()
				if text == object {
					t.Fatalf("presentation %s is neither or both of text and object", p.RawMessage)
				}
			}
		}
	})
}
