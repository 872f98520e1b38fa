package mint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/halfmask/halfmask/issuer/enrollment/document"
	"github.com/halfmask/halfmask/spec"
)

var at = time.Date(2026, time.November, 22, 12, 0, 0, 0, spec.Zone)

func authority(t testing.TB, seed uint64) *Authority {
	t.Helper()
	a, err := NewAuthority(seed)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// people gives n people who differ, born over 100 years.
func people(n int) []Person {
	all := make([]Person, n)
	for i := range all {
		id := fmt.Sprint(i)
		all[i] = Person{ID: id, Sex: document.Female, BirthDate: spec.DateOf(at).AddDays(-i * 36500 / n)}
		all[i].Name, all[i].Latin = SyntheticName(1, id)
		if i%2 == 0 {
			all[i].Sex = document.Male
		}
	}
	return all
}

func kindFor(i int) (spec.DocumentKind, string) {
	kind := spec.AcceptedKinds[i%len(spec.AcceptedKinds)]
	if kind == spec.ForeignPermanentResidentCard {
		return kind, "KAZ"
	}
	return kind, ""
}

func TestSameSeedSameBytes(t *testing.T) {
	make := func(seed uint64) []byte {
		a := authority(t, seed)
		var all []*Document
		for i, p := range people(28) {
			var kind spec.DocumentKind
			kind, p.Nationality = kindFor(i)
			d, err := a.Issue(p, kind, Options{})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, d)
		}
		b, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if !bytes.Equal(make(1), make(1)) {
		t.Error("the same seed gives other bytes")
	}
	if bytes.Equal(make(1), make(2)) {
		t.Error("another seed gives the same bytes")
	}
}

func TestThreeHundredPeopleDiffer(t *testing.T) {
	a := authority(t, 1)
	numbers, faces := map[string]bool{}, map[string]bool{}
	for i, p := range people(300) {
		var kind spec.DocumentKind
		kind, p.Nationality = kindFor(i)
		d, err := a.Issue(p, kind, Options{OldNumber: i%2 == 0})
		if err != nil {
			t.Fatal(err)
		}
		v, err := document.Verify(d.Presented, a.Trust(), at)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if v.BirthDate != p.BirthDate && p.BirthDate.Year > 1927 {
			t.Errorf("%s born %s read as %s", kind, p.BirthDate, v.BirthDate)
		}
		numbers[string(kind)+v.Number], faces[string(v.Portrait)] = true, true
	}
	if len(numbers) != 300 || len(faces) != 300 {
		t.Errorf("%d numbers, %d faces", len(numbers), len(faces))
	}
}

// Numbers stay where document_formats and the package comment say.
func TestNumbersBelongToNobody(t *testing.T) {
	a := authority(t, 1)
	for i, p := range people(200) {
		kind := spec.KnownKinds[i%len(spec.KnownKinds)]
		if kind == spec.ForeignPermanentResidentCard {
			p.Nationality = "FRA"
		}
		d, err := a.Issue(p, kind, Options{OldNumber: i%4 < 2, Macau: i%3 == 0})
		if err != nil {
			t.Fatal(err)
		}
		n := d.Number
		good := false
		switch {
		case kind == spec.ResidentIdentityCard:
			good = strings.HasPrefix(n, "000000")
		case len(n) == 18:
			good = n[14:16] == "99"
		case len(n) == 15:
			good = n[3:7] == "0000"
		case kind == spec.HongKongMacauTravelPermit:
			good = strings.HasPrefix(n[1:], "0000")
		case kind == spec.TaiwanTravelPermit:
			good = strings.HasPrefix(n, "0000")
		case kind == spec.OverseasChinesePassport, kind == spec.ForeignPassport:
			good = n[2:5] == "000"
		default:
			good = strings.HasPrefix(n, "SYN-")
		}
		if !good {
			t.Errorf("%s has number %s", kind, n)
		}
	}
}

func TestNumbersOfOneDayRunOut(t *testing.T) {
	a := authority(t, 1)
	p := Person{Name: "A", Sex: document.Female, BirthDate: spec.Date{Year: 2000, Month: 1, Day: 1}}
	for i := range 5 {
		p.ID = fmt.Sprint(i)
		if _, err := a.Issue(p, spec.TaiwanResidencePermit, Options{}); err != nil {
			t.Fatal(err)
		}
	}
	p.ID = "0"
	if _, err := a.Issue(p, spec.TaiwanResidencePermit, Options{}); err != nil {
		t.Errorf("the same person again: %v", err)
	}
	p.ID = "6"
	if d, err := a.Issue(p, spec.TaiwanResidencePermit, Options{}); err == nil {
		t.Errorf("a sixth person got %s", d.Number)
	}
}

func TestUsualValidity(t *testing.T) {
	a := authority(t, 1)
	for _, c := range []struct {
		kind spec.DocumentKind
		born int
		want string
	}{
		{spec.ResidentIdentityCard, 2015, "2028-12-31"},
		{spec.ResidentIdentityCard, 2005, "2033-12-31"},
		{spec.ResidentIdentityCard, 1990, "2043-12-31"},
		{spec.ResidentIdentityCard, 1970, ""},
		{spec.HongKongMacauResidencePermit, 1990, "2028-12-31"},
		{spec.HongKongMacauTravelPermit, 1990, "2033-12-31"},
		{spec.HongKongMacauTravelPermit, 2015, "2028-12-31"},
		{spec.TaiwanTravelPermit, 1990, "2028-12-31"},
		{spec.OverseasChinesePassport, 2009, "2028-12-31"},
		{spec.OverseasChinesePassport, 1990, "2033-12-31"},
	} {
		d, err := a.Issue(Person{Name: "A", Sex: document.Male, BirthDate: spec.Date{Year: c.born, Month: 6, Day: 1}}, c.kind, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if d.Expires.String() != c.want {
			t.Errorf("%s of one born %d: %s, want %s", c.kind, c.born, d.Expires, c.want)
		}
	}
}

func TestIssueRefuses(t *testing.T) {
	a := authority(t, 1)
	sound := Person{Name: "A", Sex: document.Male, BirthDate: spec.Date{Year: 2000, Month: 1, Day: 1}}
	with := func(change func(*Person)) Person { p := sound; change(&p); return p }
	for name, c := range map[string]struct {
		p    Person
		kind spec.DocumentKind
		o    Options
	}{
		"no name":                          {with(func(p *Person) { p.Name = "" }), spec.ResidentIdentityCard, Options{}},
		"no birth date":                    {with(func(p *Person) { p.BirthDate = spec.Date{} }), spec.ResidentIdentityCard, Options{}},
		"no Latin letters for a zone":      {with(func(p *Person) { p.Name = "测试" }), spec.TaiwanTravelPermit, Options{}},
		"foreign card of no nationality":   {with(func(p *Person) { p.Nationality = "XXA" }), spec.ForeignPermanentResidentCard, Options{}},
		"no kind":                          {sound, spec.NoDocument, Options{}},
		"permanent passport":               {sound, spec.OverseasChinesePassport, Options{Permanent: true}},
		"defect of the other family":       {sound, spec.ResidentIdentityCard, Options{Defect: MissingHash}},
		"unknown defect":                   {sound, spec.ResidentIdentityCard, Options{Defect: "torn"}},
		"check digit where there is none":  {sound, spec.UNHCRCertificate, Options{Defect: WrongCheckDigit}},
		"residence note on a plain permit": {sound, spec.TaiwanTravelPermit, Options{Defect: OtherNote}},
	} {
		if d, err := a.Issue(c.p, c.kind, c.o); err == nil {
			t.Errorf("%s: issued %+v", name, d)
		}
	}
}

func TestSavedAuthorityIsTheSame(t *testing.T) {
	a := authority(t, 42)
	dir := filepath.Join(t.TempDir(), "authority")
	if err := a.Save(dir); err != nil {
		t.Fatal(err)
	}
	b, err := LoadAuthority(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a.Trust(), b.Trust()) {
		t.Error("other keys after loading")
	}
	if _, err := LoadAuthority(t.TempDir()); err == nil {
		t.Error("an empty folder is an authority")
	}
	for _, bad := range []string{"", "{", `{"seed":"x"}`, `{"sed":1}`, "null"} {
		if err := os.WriteFile(filepath.Join(dir, stateFile), []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadAuthority(dir); err == nil {
			t.Errorf("%q is an authority", bad)
		}
	}
}

func TestIssuingAtTheSameTime(t *testing.T) {
	a := authority(t, 1)
	all := people(40)
	numbers := make([]string, len(all))
	var wait sync.WaitGroup
	for i, p := range all {
		wait.Go(func() {
			d, err := a.Issue(p, spec.ResidentIdentityCard, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			numbers[i] = d.Number
		})
	}
	wait.Wait()
	seen := map[string]bool{}
	for _, n := range numbers {
		if seen[n] {
			t.Errorf("number %s given twice", n)
		}
		seen[n] = true
	}
}

// distance is the mean difference of the grey of two faces, square by
// square: the kind of look that a matcher takes.
func distance(t *testing.T, a, b []byte) float64 {
	t.Helper()
	squares := func(picture []byte) (grid [FaceSquares * FaceSquares]float64) {
		img, err := jpeg.Decode(bytes.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		const side = PortraitSide / FaceSquares
		for y := range PortraitSide {
			for x := range PortraitSide {
				grey, _, _, _ := img.At(x, y).RGBA()
				grid[y/side*FaceSquares+x/side] += float64(grey>>8) / (side * side)
			}
		}
		return grid
	}
	ga, gb := squares(a), squares(b)
	sum := 0.0
	for i := range ga {
		sum += max(ga[i]-gb[i], gb[i]-ga[i])
	}
	return sum / float64(len(ga))
}

func TestLiveFaceIsTheHoldersAndNoOther(t *testing.T) {
	for i := range 50 {
		p := Portrait(fmt.Sprint(i))
		live, err := LiveFace(p, uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(live, p) {
			t.Error("a live face is the portrait itself")
		}
		again, _ := LiveFace(p, uint64(i))
		if other, _ := LiveFace(p, uint64(i+1)); !bytes.Equal(live, again) || bytes.Equal(live, other) {
			t.Error("a live face does not follow from its noise seed")
		}
		if d := distance(t, p, live); d > 20 {
			t.Errorf("face %d is %.1f from its own portrait", i, d)
		}
		if d := distance(t, Portrait(fmt.Sprint(i+1)), live); d < 40 {
			t.Errorf("face %d is %.1f from another portrait", i, d)
		}
	}
}

func TestHolderShowsTheFaceOfTheDocument(t *testing.T) {
	d, err := authority(t, 1).Issue(people(1)[0], spec.ResidentIdentityCard, Options{Defect: ChangedPortrait})
	if err != nil {
		t.Fatal(err)
	}
	live, err := LiveFace(d.Portrait, 5)
	if err != nil || !bytes.Equal(live, d.LiveFace(5)) {
		t.Errorf("another face, %v", err)
	}
}

func TestLiveFaceRefuses(t *testing.T) {
	p := Portrait("x")
	for name, picture := range map[string][]byte{"nothing": nil, "no picture": []byte("picture"), "cut off": p[:200]} {
		if _, err := LiveFace(picture, 1); err == nil {
			t.Errorf("%s: taken for a portrait", name)
		}
	}
}

func TestSyntheticNamesAreRecognisable(t *testing.T) {
	seen := map[string]bool{}
	for i := range 256 {
		name, latin := SyntheticName(1, fmt.Sprint(i))
		if !strings.HasPrefix(name, "测试") || !strings.HasPrefix(latin, "CESHI ") {
			t.Errorf("%s, %s", name, latin)
		}
		seen[name] = true
	}
	if len(seen) < 100 {
		t.Errorf("only %d names", len(seen))
	}
}

func BenchmarkIssue(b *testing.B) {
	a := authority(b, 1)
	all := people(300)
	for i := 0; b.Loop(); i++ {
		p := all[i%300]
		var kind spec.DocumentKind
		kind, p.Nationality = kindFor(i % 300)
		if _, err := a.Issue(p, kind, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
