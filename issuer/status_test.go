package issuer

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/credential/jws"
	"github.com/halfmask/halfmask/credential/statuslist"
	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

var neighbour = mint.Person{ID: "neighbour", Name: "测试丁", Latin: "CESHI DING", Sex: document.Male, BirthDate: spec.Date{Year: 1980, Month: 1, Day: 2}}

func withStatus(c *Config) { c.StatusPlaces = 64 }

func (o *town) get(address, accept string) (*http.Response, []byte) {
	o.t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Accept", accept)
	res, err := o.http.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return res, body
}

func (o *town) statusKey(jws.Signer) (*jose.JSONWebKey, error) { return &o.server.JWKS().Keys[0], nil }

// status is what a verifier finds out about a credential, in both forms.
func (o *town) status(r *statuslist.Reference) statuslist.Status {
	o.t.Helper()
	res, text := o.get(r.URI, "")
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != statuslist.JWTMediaType {
		o.t.Fatalf("%d %s: %s", res.StatusCode, res.Header.Get("Content-Type"), text)
	}
	inJWT, err := statuslist.VerifyJWT(string(text), o.statusKey, r.URI, o.now())
	if err != nil {
		o.t.Fatal(err)
	}
	res, octets := o.get(r.URI, statuslist.CWTMediaType)
	if res.Header.Get("Content-Type") != statuslist.CWTMediaType {
		o.t.Fatalf("asked for a CWT, got %s", res.Header.Get("Content-Type"))
	}
	inCWT, err := statuslist.VerifyCWT(octets, o.statusKey, r.URI, o.now())
	if err != nil {
		o.t.Fatal(err)
	}
	a, errA := inJWT.List.Get(r.Index)
	b, errB := inCWT.List.Get(r.Index)
	if errA != nil || errB != nil || a != b {
		o.t.Fatalf("%v %v in JWT, %v %v in CWT", a, errA, b, errB)
	}
	return a
}

// R-STA-02: an order revokes what has a place. R-STA-03: places of their own,
// and no past lists.
func TestStatusLists(t *testing.T) {
	o := newTown(t, "/base", withStatus)
	submission := o.submission(adult, spec.ResidentIdentityCard, mint.Options{})
	batch, _ := o.accept(o.enroll(submission), PersonSDJWT, holderKeys(t, 4))
	other, _ := o.accept(o.enroll(o.submission(neighbour, spec.ResidentIdentityCard, mint.Options{})), PersonSDJWT, holderKeys(t, 1))

	seen := map[statuslist.Reference]bool{}
	references := func(credentials []string) (list []*statuslist.Reference) {
		for _, c := range credentials {
			r, err := statuslist.ReferenceIn(o.verify(c).Claims)
			if err != nil || r == nil {
				t.Fatalf("%v, %v", r, err)
			}
			if seen[*r] {
				t.Error("two credentials have one place")
			}
			seen[*r] = true
			list = append(list, r)
		}
		return list
	}
	mine, theirs := references(batch), references(other)
	for _, r := range append(mine, theirs...) {
		if s := o.status(r); s != statuslist.Valid {
			t.Errorf("a new credential is %v", s)
		}
	}
	order := Order{DocumentType: string(spec.ResidentIdentityCard), DocumentNumber: o.verify(batch[0]).Claims[spec.DocumentNumber].(string)}
	if status, m := o.post("/restrictions", operatorToken, order); status != http.StatusOK {
		t.Fatalf("%d %v", status, m)
	}
	for _, r := range mine {
		if s := o.status(r); s != statuslist.Invalid {
			t.Errorf("after the order a credential is %v", s)
		}
	}
	if s := o.status(theirs[0]); s != statuslist.Valid {
		t.Errorf("somebody else's credential is %v", s)
	}

	res, _ := o.get(mine[0].URI+"?time=1", "")
	if res.StatusCode != http.StatusNotImplemented {
		t.Errorf("a past list: %d", res.StatusCode)
	}
	for _, path := range []string{"/statuslists/", "/statuslists/2020-01-01", "/statuslists/../enrollments"} {
		if res, _ := o.get(o.url+path, ""); res.StatusCode == http.StatusOK {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	o.travelTo(o.now().AddDate(0, 3, 0))
	if res, _ := o.get(mine[0].URI, ""); res.StatusCode != http.StatusNotFound {
		t.Errorf("the list of an epoch that is over: %d", res.StatusCode)
	}
}

func TestStatusTokensAreFresh(t *testing.T) {
	o := newTown(t, "", withStatus)
	got, _ := o.accept(o.enroll(o.submission(adult, spec.ResidentIdentityCard, mint.Options{})), PersonSDJWT, holderKeys(t, 1))
	r, err := statuslist.ReferenceIn(o.verify(got[0]).Claims)
	if err != nil {
		t.Fatal(err)
	}
	_, first := o.get(r.URI, "")
	_, again := o.get(r.URI, "")
	if string(first) != string(again) {
		t.Error("signed anew for every reader")
	}
	o.travelTo(o.now().Add(statusTTL))
	_, later := o.get(r.URI, "")
	token, err := statuslist.VerifyJWT(string(later), o.statusKey, r.URI, o.now())
	if err != nil || !token.IssuedAt.Equal(o.now().Truncate(time.Second)) {
		t.Errorf("%v, %v: not a fresh token", token, err)
	}
}

func TestFullStatusListRefusesIssuance(t *testing.T) {
	o := newTown(t, "", func(c *Config) { c.StatusPlaces = 8 })
	offer := o.enroll(o.submission(adult, spec.ResidentIdentityCard, mint.Options{}))
	o.accept(offer, PersonSDJWT, holderKeys(t, 4))
	offer = o.enroll(o.submission(neighbour, spec.ResidentIdentityCard, mint.Options{}))
	if got, _, err := o.wallet.Accept(t.Context(), offer, PersonSDJWT, "", holderKeys(t, 1)); err == nil {
		t.Errorf("issued %d credentials without a place", len(got))
	}
}

// R-STA-02: only on request.
func TestWithoutStatusLists(t *testing.T) {
	o := newTown(t, "", nil)
	got, _ := o.accept(o.enroll(o.submission(adult, spec.ResidentIdentityCard, mint.Options{})), PersonSDJWT, holderKeys(t, 1))
	if _, ok := o.verify(got[0]).Claims["status"]; ok || strings.Contains(got[0], "statuslists") {
		t.Error("a place that nobody asked for")
	}
	if res, _ := o.get(o.url+"/statuslists/2026-11-01", ""); res.StatusCode != http.StatusNotFound {
		t.Errorf("%d", res.StatusCode)
	}
}
