package centralized

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/halfmask/halfmask/issuer/enrollment/mint"
	"github.com/halfmask/halfmask/spec"
)

// R-CEN-01: ten letters and digits with nothing of the person in them, and a
// certificate that carries them and nothing of the person either.
func TestInternetNumber(t *testing.T) {
	o := newTown(t, Shared)
	app := o.adult()
	if !regexp.MustCompile(`^[A-Z0-9]{10}$`).MatchString(app.InternetNumber) {
		t.Errorf("internet number %q", app.InternetNumber)
	}
	if number, ok := o.service.certified(app.Certificate); !ok || number != app.InternetNumber {
		t.Errorf("the certificate carries %q", number)
	}
	signed, err := jose.ParseSignedCompact(app.Certificate, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	var carried map[string]string
	if err := json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &carried); err != nil {
		t.Fatal(err)
	}
	if len(carried) != 2 || carried["number"] != app.InternetNumber || carried["serial"] == "" {
		t.Errorf("the certificate carries %v", carried)
	}
	if again := newTown(t, Shared).adult(); again.InternetNumber == app.InternetNumber {
		t.Error("the same person has the same number at another service: it follows from the person")
	}
	seen := map[string]bool{}
	for range 10_000 {
		n := newNumber()
		if len(n) != numberLength || strings.Trim(n, numberAlphabet) != "" || seen[n] {
			t.Fatalf("number %q", n)
		}
		seen[n] = true
	}
}

// R-CEN-02, R-CEN-03: each mode logs in, and leaves a row with everything.
func TestEveryModeLogsInAndIsLogged(t *testing.T) {
	for _, variant := range []Variant{Shared, Pairwise} {
		t.Run(string(variant), func(t *testing.T) {
			o := newTown(t, variant)
			p := o.platform("10000001", "0001")
			app := o.adult()
			for i, mode := range Modes {
				o.wait(time.Minute)
				login := o.logIn(app, p, mode)
				if !login.Accepted || login.ResultCode != Success || login.Account == "" || len(login.Attributes) != 0 {
					t.Errorf("%s: %+v", mode, login)
				}
				rows := o.log()
				if len(rows) != i+1 {
					t.Fatalf("%d rows after %d logins", len(rows), i+1)
				}
				got := rows[i]
				if len(got.BizSeq) != bizSeqLength {
					t.Errorf("bizSeq %q", got.BizSeq)
				}
				got.BizSeq = ""
				want := LogRow{At: o.now().UTC(), InternetNumber: app.InternetNumber, OrgID: "10000001", AppID: "0001", Type: mode, ResultCode: Success}
				if got != want {
					t.Errorf("row %+v, want %+v", got, want)
				}
			}
		})
	}
}

func (o *town) log() []LogRow {
	o.t.Helper()
	var rows []LogRow
	if status := o.send(http.MethodGet, o.url+"/log", operatorToken, "", &rows); status != http.StatusOK {
		o.t.Fatalf("log: status %d", status)
	}
	return rows
}

// What passes a platform on its way to the service tells the platform nothing,
// and the service's answer tells who it is by the identifier alone (R-CEN-06).
func TestPlatformSeesNothing(t *testing.T) {
	o := newTown(t, Pairwise)
	p := o.platform("10000001", "0001", spec.AgeOver18)
	s := o.submission(adult, spec.ResidentIdentityCard, mint.Options{})
	app := o.enrolled(s)
	q := o.request(app, p.login(seq(1), WithPasswordFace), spec.AgeOver18)
	passed := asJSON(t, q) + asJSON(t, o.ask(p.key, q))
	for i, part := range strings.FieldsFunc(passed, func(r rune) bool { return strings.ContainsRune(`".{}:,`, r) }) {
		if b, err := base64.RawURLEncoding.DecodeString(part); err == nil {
			passed += fmt.Sprintf(" %d:%s", i, b) // what anybody can decode
		}
	}
	certificate := strings.Split(app.Certificate, ".")
	for what, secret := range map[string]string{
		"internet number": app.InternetNumber, "password": s.Password, "certificate": certificate[1], "signature": certificate[2],
		"face": base64.StdEncoding.EncodeToString(s.Face), "name": adult.Name, "phone": s.Phone, "birth date": adult.BirthDate.String(),
	} {
		if strings.Contains(passed, secret) {
			t.Errorf("the platform sees the %s", what)
		}
	}
	if !strings.Contains(passed, `"age_over_18":true`) {
		t.Error("the platform does not see what was consented to")
	}
}

// R-CEN-04: one number everywhere, or one identifier per application; stable
// in both, also over a second enrollment with the same document.
func TestIdentifierVariants(t *testing.T) {
	for _, variant := range []Variant{Shared, Pairwise} {
		t.Run(string(variant), func(t *testing.T) {
			o := newTown(t, variant)
			// Two applications of one organisation, and the same appID in another.
			platforms := []*shop{o.platform("10000001", "0001"), o.platform("10000001", "0002"), o.platform("10000002", "0001")}
			apps := []*App{o.adult(), o.enrolled(o.submission(guardian, spec.TaiwanTravelPermit, mint.Options{}))}
			owner := map[string]string{} // of an identifier
			for i, app := range apps {
				accounts := map[string]bool{}
				for j, p := range platforms {
					first := o.logIn(app, p, Certificate).Account
					if second := o.logIn(app, p, WithPassword).Account; second != first {
						t.Errorf("identifier changed from %s to %s", first, second)
					}
					accounts[first] = true
					who := fmt.Sprint(i)
					if variant == Pairwise {
						who = fmt.Sprint(i, j)
						if strings.Contains(first, app.InternetNumber) {
							t.Error("the internet number shows")
						}
					}
					if before, ok := owner[first]; ok && before != who {
						t.Errorf("identifier %s is that of %s and of %s", first, before, who)
					}
					owner[first] = who
				}
				if want := map[Variant]int{Shared: 1, Pairwise: len(platforms)}[variant]; len(accounts) != want {
					t.Errorf("%d identifiers at %d platforms, want %d", len(accounts), len(platforms), want)
				}
				if variant == Shared && !accounts[app.InternetNumber] {
					t.Error("the shared identifier is not the internet number")
				}
			}
			before := o.logIn(apps[0], platforms[0], Certificate).Account
			if after := o.logIn(o.adult(), platforms[0], Certificate).Account; after != before {
				t.Errorf("another person after enrolling again: %s, then %s", before, after)
			}
		})
	}
}

// R-CEN-05: everywhere at once, or at one application; from the next login
// on; lifted again. The refused logins are in the log.
func TestRestriction(t *testing.T) {
	o := newTown(t, Pairwise)
	a, b := o.platform("10000001", "0001"), o.platform("10000002", "0001")
	target, other := o.adult(), o.enrolled(o.submission(guardian, spec.ResidentIdentityCard, mint.Options{}))
	expect := func(when string, app *App, barred ...*shop) {
		t.Helper()
		for _, p := range []*shop{a, b} {
			login, err := app.LogIn(t.Context(), p.url, Certificate, nil)
			if slices.Contains(barred, p) {
				if !errors.Is(err, ErrRefused) || login.ResultCode != Restricted || login.Account != "" || login.Accepted {
					t.Errorf("%s: at %s got %+v, %v", when, p.OrgID, login, err)
				}
				rows := o.service.Log()
				if last := rows[len(rows)-1]; last.ResultCode != Restricted || last.InternetNumber != app.InternetNumber || last.OrgID != p.OrgID {
					t.Errorf("%s: row %+v", when, last)
				}
			} else if err != nil {
				t.Errorf("%s: at %s: %v", when, p.OrgID, err)
			}
		}
	}
	everywhere := Restriction{InternetNumber: target.InternetNumber}
	here := Restriction{InternetNumber: target.InternetNumber, OrgID: a.OrgID, AppID: a.AppID}
	lift := func(r Restriction) Restriction { r.Lift = true; return r }

	expect("before", target)
	o.restrict(here, 204)
	expect("at one", target, a)
	o.restrict(everywhere, 204)
	expect("everywhere", target, a, b)
	expect("somebody else", other)
	o.restrict(lift(everywhere), 204)
	expect("lifted everywhere, not at one", target, a)
	o.restrict(lift(here), 204)
	expect("all lifted", target)
}

// An order outlives a second enrollment with the same document: who is barred
// everywhere gets no new certificate, who is barred somewhere stays so.
func TestRestrictedPersonEnrollsAgain(t *testing.T) {
	o := newTown(t, Shared)
	p := o.platform("10000001", "0001")
	first := o.adult()
	o.restrict(Restriction{InternetNumber: first.InternetNumber, OrgID: p.OrgID, AppID: p.AppID}, 204)
	second := o.adult()
	if login, err := second.LogIn(t.Context(), p.url, Certificate, nil); err == nil || login.ResultCode != Restricted {
		t.Errorf("escaped the order at one platform: %+v, %v", login, err)
	}

	o.restrict(Restriction{InternetNumber: first.InternetNumber}, 204)
	third := &App{Service: o.url, Now: o.now}
	s := o.submission(adult, spec.ResidentIdentityCard, mint.Options{})
	s.Password = "97531864"
	_, err := third.Enroll(t.Context(), s)
	var refused *RefusalError
	if !errors.As(err, &refused) || refused.Check != "restriction-order" || refused.Rule != "R-CEN-05" || refused.Field != "document" {
		t.Fatalf("enrolled again under an order: %v", err)
	}
	if third.Certificate != "" || third.Password != "" {
		t.Error("a refused app kept something")
	}

	// Nothing was lost: after both orders are lifted, what was there works.
	o.restrict(Restriction{InternetNumber: first.InternetNumber, Lift: true}, 204)
	o.restrict(Restriction{InternetNumber: first.InternetNumber, OrgID: p.OrgID, AppID: p.AppID, Lift: true}, 204)
	o.logIn(second, p, WithPassword)
}

// R-CEN-06: what was registered for and consented to, and no other.
func TestConsentedAttributesOnly(t *testing.T) {
	o := newTown(t, Pairwise)
	registered := []string{spec.AgeBand, spec.AgeOver18, spec.Sex, spec.DocumentType, MaskedName, MaskedNumber, spec.PhoneNumber}
	p := o.platform("10000001", "0001", registered...)
	s := o.submission(adult, spec.ResidentIdentityCard, mint.Options{})
	app := o.enrolled(s)
	card, err := o.authority.Issue(adult, spec.ResidentIdentityCard, mint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := card.Number
	all := map[string]any{
		spec.AgeBand: "18-59", spec.AgeOver18: true, spec.Sex: "female", spec.DocumentType: "resident-identity-card",
		MaskedName: "测**", MaskedNumber: n[:1] + strings.Repeat("*", len(n)-2) + n[len(n)-1:], spec.PhoneNumber: s.Phone,
	}
	for i, c := range []struct {
		name    string
		consent []string
		want    []string
	}{
		{"to nothing", nil, nil},
		{"to one", []string{spec.AgeBand}, []string{spec.AgeBand}},
		{"to all", registered, registered},
		{"to one twice", []string{spec.Sex, spec.Sex}, []string{spec.Sex}},
		{"beyond registration", append([]string{spec.Name, spec.BirthDate, spec.DocumentNumber, spec.Portrait}, MaskedName), []string{MaskedName}},
		{"to what does not exist", []string{"religion", ""}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			// As an app might that checks nothing itself.
			got := o.ask(p.key, o.request(app, p.login(seq(i), Certificate), c.consent...))
			if got.ResultCode != Success || len(got.Attributes) != len(c.want) {
				t.Fatalf("got %+v", got)
			}
			for _, name := range c.want {
				if got.Attributes[name] != all[name] {
					t.Errorf("%s is %v, want %v", name, got.Attributes[name], all[name])
				}
			}
		})
	}
	for name, consent := range map[string]func([]string) []string{
		"no answer": nil, "none": func([]string) []string { return nil },
	} {
		login, err := app.LogIn(t.Context(), p.url, Certificate, consent)
		if err != nil || len(login.Attributes) != 0 {
			t.Errorf("consent %s gave %v, %v", name, login, err)
		}
	}
	login, err := app.LogIn(t.Context(), p.url, Certificate, AgreeToAll)
	if err != nil || !maps.Equal(login.Attributes, all) {
		t.Errorf("got %v, %v; want %v", login, err, all)
	}
}

// Minors enroll with a guardian, as the rules say, and log in by themselves.
func TestMinorsWithGuardians(t *testing.T) {
	o := newTown(t, Pairwise)
	p := o.platform("10000001", "0001", spec.AgeBand, spec.GuardianConsent)
	for _, c := range []struct {
		person mint.Person
		part   spec.GuardianPart
		band   string
	}{{child, spec.Applies, "12-15"}, {teen, spec.Supervises, "16-17"}} {
		s := o.withGuardian(o.submission(c.person, spec.ResidentIdentityCard, mint.Options{}), guardian, c.part)
		login := o.logIn(o.enrolled(s), p, WithPasswordFace)
		if login.Attributes[spec.AgeBand] != c.band || login.Attributes[spec.GuardianConsent] != true {
			t.Errorf("%s: %v", c.person.ID, login.Attributes)
		}
	}
	// The child's attributes grow up with the child.
	app := o.enrolled(o.withGuardian(o.submission(child, spec.ResidentIdentityCard, mint.Options{}), guardian, spec.Applies))
	o.wait(6 * 366 * 24 * time.Hour)
	if login := o.logIn(app, p, Certificate); login.Attributes[spec.AgeBand] != "18-59" || login.Attributes[spec.GuardianConsent] != false {
		t.Errorf("six years later: %v", login.Attributes)
	}
}

// Many people log in at once while orders come and go; every login gets its
// own answer and its row.
func TestParallelLogins(t *testing.T) {
	o := newTown(t, Pairwise)
	platforms := []*shop{o.platform("10000001", "0001"), o.platform("10000002", "0001")}
	apps := []*App{o.adult(), o.enrolled(o.submission(guardian, spec.ResidentIdentityCard, mint.Options{}))}
	nobody := o.enrolled(o.submission(adult, spec.TaiwanTravelPermit, mint.Options{}))
	const each = 6
	var wg sync.WaitGroup
	var mu sync.Mutex
	accounts := map[string]bool{}
	for _, app := range apps {
		for _, p := range platforms {
			for i := range each {
				wg.Go(func() {
					login, err := app.LogIn(t.Context(), p.url, Modes[i%len(Modes)], nil)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					defer mu.Unlock()
					accounts[login.Account] = true
				})
			}
		}
	}
	for i := range 10 {
		o.restrict(Restriction{InternetNumber: nobody.InternetNumber, Lift: i%2 == 1}, 204)
		o.log()
	}
	wg.Wait()
	if len(accounts) != len(apps)*len(platforms) {
		t.Errorf("%d accounts of %d people at %d platforms", len(accounts), len(apps), len(platforms))
	}
	sequences := map[string]bool{}
	for _, row := range o.service.Log() {
		sequences[row.BizSeq] = true
	}
	if want := len(apps) * len(platforms) * each; len(sequences) != want || len(o.service.Log()) != want {
		t.Errorf("%d rows with %d sequences, want %d", len(o.service.Log()), len(sequences), want)
	}
}
