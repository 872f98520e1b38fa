package jwpbbs

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/halfmask/halfmask/spec"
)

// From one credential: 18 or over, 14 to 17, valid today, known here as X.
func TestOneCredentialAnswersAll(t *testing.T) {
	for _, p := range population() {
		years := spec.Settings{}.Age(p.birth, today)
		if p.kind != spec.ResidentIdentityCard { // ages are those of every kind of document
			continue
		}
		c := enroll(t, p, NewLinkSecret())
		for _, test := range []struct {
			name       string
			from, upTo int
		}{{"18 or over", 18, 0}, {"14 to 17", 14, 18}, {"under 14", 0, 14}} {
			r := askAge(t, test.from, test.upTo)
			want := years >= test.from && (test.upTo == 0 || years < test.upTo)
			presented, err := c.Present(r)
			if !want {
				refused(t, err, "range")
				continue
			}
			if err != nil {
				t.Fatalf("born %v, %s: %v", p.birth, test.name, err)
			}
			v, err := Verify(presented, trusted, r)
			if err != nil {
				t.Fatalf("born %v, %s: %v", p.birth, test.name, err)
			}
			if !reflect.DeepEqual(v.Claims, map[string]any{"vct": PersonType}) || !reflect.DeepEqual(v.Ranges, r.Ranges) || v.Pseudonym != "" {
				t.Errorf("born %v, %s: shown %+v", p.birth, test.name, v)
			}
		}
	}
}

// A person is 18 on the 18th birthday and not the day before, however the
// year falls.
func TestAgeRangesMeetTheBirthday(t *testing.T) {
	for _, settings := range []spec.Settings{{}, {AgeReached: spec.DayAfterBirthday}, {LeapBirthday: spec.LastOfFebruary}} {
		for _, birth := range []spec.Date{{Year: 2008, Month: time.February, Day: 28}, {Year: 2008, Month: time.February, Day: 29}, {Year: 2008, Month: time.March, Day: 1}, {Year: 2000, Month: time.January, Day: 1}} {
			for _, years := range []int{0, 14, 18, 60} {
				reaches := settings.Reaches(birth, years)
				for days, want := range map[int]bool{-1: false, 0: true, 1: true} {
					if years == 0 && days < 0 {
						continue
					}
					on := reaches.AddDays(days)
					r, err := AgeAtLeast(years, on, settings)
					if err != nil {
						t.Fatal(err)
					}
					day, err := Day(birth)
					if err != nil {
						t.Fatal(err)
					}
					if got := r.Lower <= day && day < r.Upper; got != want {
						t.Errorf("born %v, %d on %v (%+v): %v", birth, years, on, settings, got)
					}
				}
			}
		}
	}
}

func TestDocumentValidOnItsLastDay(t *testing.T) {
	p := adult
	last := spec.Date{Year: 2031, Month: time.May, Day: 6} // of document_expiry
	for _, test := range []struct {
		on        spec.Date
		permanent bool
		want      bool
	}{{last, false, true}, {last.AddDays(1), false, false}, {last.AddDays(1), true, true}, {spec.Date{Year: 9999, Month: time.December, Day: 30}, true, true}} {
		p.permanent = test.permanent
		c := enroll(t, p, NewLinkSecret())
		r := ask()
		valid, err := DocumentValid(test.on)
		if err != nil {
			t.Fatal(err)
		}
		r.Ranges = []Range{valid}
		presented, err := c.Present(r)
		if !test.want {
			refused(t, err, "range")
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(presented, trusted, r); err != nil {
			t.Errorf("on %v, permanent %v: %v", test.on, test.permanent, err)
		}
	}
}

func TestClaimsComeBackAsTheyWere(t *testing.T) {
	r := ask()
	for _, name := range spec.Claims {
		r.Disclose = append(r.Disclose, Path{name})
	}
	for _, p := range []person{adult, {"阿卜杜热西提·例子", spec.UNHCRCertificate, spec.Date{Year: 2015, Month: time.May, Day: 1}, true, true}} {
		c := enroll(t, p, NewLinkSecret())
		presented, err := c.Present(r)
		if err != nil {
			t.Fatal(err)
		}
		v, err := Verify(presented, trusted, r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadPerson(v.Claims)
		if err != nil {
			t.Fatal(err)
		}
		want := p.claims()
		want["vct"] = PersonType
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		own, err := ReadPerson(c.Claims())
		if err != nil {
			t.Fatal(err)
		}
		want["exp"] = json.Number("1798732800")
		delete(want, "vct")
		if !reflect.DeepEqual(own, want) {
			t.Errorf("the holder's own: got %v\nwant %v", own, want)
		}
	}
}

// An expiry that is asked for in the clear is read, not proved.
func TestDisclosedExpiryIsRead(t *testing.T) {
	c := enroll(t, adult, NewLinkSecret())
	r := ask()
	r.Disclose = []Path{{Expires}}
	presented, err := c.Present(r)
	if err != nil {
		t.Fatal(err)
	}
	v, err := Verify(presented, trusted, r)
	if err != nil {
		t.Fatal(err)
	}
	if v.Claims[Expires] != json.Number("1798732800") || strings.Count(presented, "~") != len(spec.Claims) {
		t.Errorf("shown %v in %s", v.Claims, presented)
	}
	later := r
	later.ValidAt = expires
	_, err = c.Present(later)
	refused(t, err, "expired")
	_, err = Verify(presented, trusted, later)
	refused(t, err, "expired")
}

// Objects, arrays shorter than their layout and absent leaves: what is not
// there is a decoy, and is left out of what a verifier gets.
func TestDecoysFillWhatIsAbsent(t *testing.T) {
	l, err := NewLayout(testIssuer, "t",
		Member{"given_name", Text()},
		Member{"email", Text()},
		Member{"address", Object(Member{"street", Text()}, Member{"number", Integer()})},
		Member{"nationalities", Array(Text(), Text(), Text())},
		Member{"height", Integer()},
		Member{"more", Text()})
	if err != nil {
		t.Fatal(err)
	}
	secret := NewLinkSecret()
	commitment, blinding := commitTo(t, secret)
	issued, err := Issue(testKey(), l, map[string]any{
		"given_name":    "Erika",
		"address":       map[string]any{"number": 17},
		"nationalities": []any{"DE", "FR"},
		"more":          map[string]any{"list": []any{1, "two", nil, true, 2.5}},
	}, commitment)
	if err != nil {
		t.Fatal(err)
	}
	form, err := parseCompact(issued, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{`"Erika"`, decoy, decoy, "17", `"DE"`, `"FR"`, decoy, decoyScalar.String(), `{"list":[1,"two",null,true,2.5]}`} {
		if string(form.payloads[i]) != want {
			t.Errorf("payload %d is %s, not %s", i, form.payloads[i], want)
		}
	}
	c, err := Receive(issued, l, testKey().PublicKey(), secret, blinding)
	if err != nil {
		t.Fatal(err)
	}
	r := ask()
	r.Type = "t"
	r.Disclose = []Path{{"address"}, {"nationalities"}, {"more"}}
	presented, err := c.Present(r)
	if err != nil {
		t.Fatal(err)
	}
	v, err := Verify(presented, trusted, r)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(v.Claims)
	const want = `{"address":{"number":17},"more":{"list":[1,"two",null,true,2.5]},"nationalities":["DE","FR"],"vct":"t"}`
	if err != nil || string(text) != want {
		t.Errorf("got %s, %v", text, err)
	}

	for _, path := range []Path{{"email"}, {"address", "street"}, {"nationalities", "2"}} {
		r := r
		r.Disclose = []Path{path}
		_, err := c.Present(r)
		refused(t, err, "claim-absent")
	}
	r.Disclose = nil
	r.Ranges = []Range{{Path{"height"}, 0, 1 << 63}}
	_, err = c.Present(r)
	refused(t, err, "range")
}

func TestDecoyIsTheDrafts(t *testing.T) {
	if decoy != "JWP-BBS-DECOY" || len(decoy) != 13 {
		t.Error("another decoy")
	}
	if _, err := readJSON([]byte(decoy)); err == nil {
		t.Error("the decoy is JSON")
	}
	if !strings.HasPrefix(suite.ID(), "BBS-MOD_BLS12381G1_XMD:SHA-256_SSWU_RO_BLIND_H2G_HM2S_") {
		t.Errorf("the suite is %s", suite.ID())
	}
}

// A statement of one range can be asked for together with others about the
// same leaf; they share a commitment.
func TestRangesOfOneLeafShareACommitment(t *testing.T) {
	c := enroll(t, adult, NewLinkSecret())
	r := askAge(t, 18, 0)
	r.Ranges = append(r.Ranges, Range{Path{spec.BirthDate}, 100, 65000}, Range{Path{Expires}, 0, 1 << 40})
	presented, err := c.Present(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(presented, trusted, r); err != nil {
		t.Error(err)
	}
	form, err := parseCompact(presented, 2)
	if err != nil || len(form.proof) != 5 {
		t.Errorf("%d proof values, %v", len(form.proof), err)
	}
}
