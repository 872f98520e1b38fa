package jwpbbs

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/halfmask/halfmask/credential"
	"github.com/halfmask/halfmask/credential/bbs"
	"github.com/halfmask/halfmask/spec"
)

const (
	testIssuer   = "https://issuer.example"
	testNonce    = "f4Oa3wT0r8m2Vn1pQ7sKdA"
	testAudience = "redirect_uri:https://platform.example/responses"
)

var (
	today      = spec.Date{Year: 2026, Month: time.November, Day: 22}
	_, expires = spec.Epoch(today.Time())
)

var testKey = sync.OnceValue(func() *bbs.SecretKey {
	key, err := bbs.SHA256.KeyGen([]byte("a key for the tests of jwpbbs, and for nothing else"), nil, nil)
	if err != nil {
		panic(err)
	}
	return key
})

func trusted(issuer string) (*bbs.PublicKey, error) {
	if issuer != testIssuer {
		return nil, errors.New("not trusted")
	}
	return testKey().PublicKey(), nil
}

// person is somebody who enrolled.
type person struct {
	name      string
	kind      spec.DocumentKind
	birth     spec.Date
	permanent bool
	guardian  bool
}

// claims are as enrollment.Attributes.Claims gives them.
func (p person) claims() map[string]any {
	years := spec.Settings{}.Age(p.birth, today)
	expiry := "2031-05-06"
	if p.permanent {
		expiry = "permanent"
	}
	claims := map[string]any{
		spec.RealPerson:      true,
		spec.AgeBand:         spec.AgeBandOf(years),
		spec.GuardianConsent: p.guardian,
		spec.Sex:             []string{"female", "male", "unspecified"}[len(p.name)%3],
		spec.Name:            p.name,
		spec.BirthDate:       p.birth.String(),
		spec.DocumentType:    string(p.kind),
		spec.DocumentNumber:  "EXAMPLE " + p.name,
		spec.DocumentExpiry:  expiry,
		spec.PhoneNumber:     fmt.Sprintf("+861000000%04d", len(p.name)),
		spec.Portrait:        "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
	}
	for _, threshold := range spec.AgeThresholds {
		claim, _ := spec.AgeOver(threshold)
		claims[claim] = years >= threshold
	}
	return claims
}

// population is people of all kinds: every document, every tier and its
// edges, guardians, permanent documents, names of any script and length.
func population() []person {
	var people []person
	births := []spec.Date{
		{Year: 1905, Month: time.March, Day: 1}, {Year: 1966, Month: time.November, Day: 22},
		{Year: 1990, Month: time.February, Day: 3}, {Year: 2008, Month: time.November, Day: 22},
		{Year: 2008, Month: time.November, Day: 23}, {Year: 2012, Month: time.February, Day: 29},
		{Year: 2012, Month: time.November, Day: 22}, {Year: 2012, Month: time.November, Day: 23},
		{Year: 2026, Month: time.November, Day: 1},
	}
	names := []string{"李例", "LI EXAMPLE", "O", "Nguyễn <Thị> & \"Ví dụ\"", "阿卜杜热西提·例子", "A VERY LONG NAME OF A VERY LONG LINE OF EXAMPLES THAT GOES ON AND ON"}
	for i, kind := range spec.KnownKinds {
		for j, birth := range births {
			young := spec.Settings{}.Age(birth, today) < 18
			people = append(people, person{names[(i+j)%len(names)], kind, birth, (i+j)%4 == 0, young})
		}
	}
	return people
}

var adult = person{"LI EXAMPLE", spec.TaiwanResidencePermit, spec.Date{Year: 1998, Month: time.April, Day: 5}, false, false}

func layout(t testing.TB) *Layout {
	t.Helper()
	l, err := PersonLayout(testIssuer)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// enroll issues a person's credential on a link secret.
func enroll(t testing.TB, p person, secret *LinkSecret) *Credential {
	t.Helper()
	c, _, err := tryEnroll(t, p, secret)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func tryEnroll(t testing.TB, p person, secret *LinkSecret) (*Credential, string, error) {
	t.Helper()
	claims, err := PersonClaims(p.claims(), expires)
	if err != nil {
		return nil, "", err
	}
	commitment, blinding := commitTo(t, secret)
	issued, err := Issue(testKey(), layout(t), claims, commitment)
	if err != nil {
		return nil, "", err
	}
	c, err := Receive(issued, layout(t), testKey().PublicKey(), secret, blinding)
	return c, issued, err
}

// commitTo sends a commitment to the issuer, which checks it.
func commitTo(t testing.TB, secret *LinkSecret) (*Commitment, *bbs.Blinding) {
	t.Helper()
	octets, blinding, err := secret.Commit(testIssuer, testNonce)
	if err != nil {
		t.Fatal(err)
	}
	commitment, err := ParseCommitment(octets, testIssuer, testNonce)
	if err != nil {
		t.Fatal(err)
	}
	return commitment, blinding
}

// ask is a request without claims.
func ask() Request {
	return Request{Type: PersonType, Nonce: testNonce, Audience: testAudience, ValidAt: today.Time()}
}

func askAge(t testing.TB, from, upTo int) Request {
	t.Helper()
	r := ask()
	age, err := AgeAtLeast(from, today, spec.Settings{})
	if upTo > 0 {
		age, err = AgeBetween(from, upTo, today, spec.Settings{})
	}
	if err != nil {
		t.Fatal(err)
	}
	r.Ranges = []Range{age}
	return r
}

// everything asks for one of each: a claim, a range and a name.
func everything(t testing.TB) Request {
	r := askAge(t, 18, 0)
	r.Disclose = []Path{{spec.RealPerson}}
	r.Pseudonym = new(Scope)
	return r
}

func refused(t testing.TB, err error, check string) {
	t.Helper()
	var failed *credential.Error
	switch {
	case err == nil:
		t.Errorf("accepted, want a refusal by check %s", check)
	case !errors.As(err, &failed):
		t.Errorf("not a *credential.Error: %v", err)
	case failed.Check != check:
		t.Errorf("refused by %s, want %s: %v", failed.Check, check, err)
	case failed.Clause == "":
		t.Errorf("no clause: %v", err)
	}
}
